"""Where employers stop, question by question: how long each takes, where drafts were left, what assessors ask about.

Each figure is of one version of the charter. It tells nobody which employer it is about, and no median is shown of
fewer than five: it is there to say which question to word better.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.level import counts_on
from charter.assessment.models import Answer, Assessment, Declaration, MetricReturn
from charter.assessment.queries import in_order
from charter.assessment.sharing import DECLARATIONS, FIGURES
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from charter.review.models import About, InformationRequest, Review
from charter.review.status import ReviewStatus
from charter.time_spent.models import TimeSpent
from charter.time_spent.typical import FEWEST, first_time

STOPPED = timedelta(days=30)
"""A draft that nobody saved for so long has stopped."""
RECENT = 1_000
"""Times are of so many employers that began last, and drafts are so many that were begun last: what was asked years ago
says little about today's words, and the page costs the same however many employers there are."""
LISTED = 3
"""How many questions of each kind are named to look at first."""

Standing = tuple[int, str]
"""A level aimed at and a size band, which together say what is asked."""


@dataclass(frozen=True)
class Task:
    """One criterion, or the declarations or the figures, and what is known of it."""

    code: str
    title: str
    theme: str
    seconds: int | None
    """The median of the employers that were timed; None when there are too few."""
    employers: int
    """How many were timed."""
    stopped_after: int
    """How many stopped drafts were left right after it."""
    open: int
    """How many stopped drafts are without it."""
    stopped: int
    """Of so many that ask it."""
    asked_about: int
    """In how many cases the assessor asked for more on it."""
    cases: int
    """Of so many that asked it and that an assessor took."""

    @property
    def share_open(self) -> float:
        """The share of stopped drafts that are without it."""
        return self.open / self.stopped if self.stopped else 0.0

    @property
    def share_asked_about(self) -> float:
        """The share of cases in which the assessor asked about it."""
        return self.asked_about / self.cases if self.cases else 0.0


@dataclass(frozen=True)
class Stops:
    """What is known of one version, as counted at `at`."""

    at: datetime
    tasks: tuple[Task, ...]
    """In the order of the pages."""
    drafts: int
    """Stopped drafts, of the `RECENT` begun last."""
    not_begun: int
    """Of these, those in which nothing was ever saved."""

    @property
    def slowest(self) -> tuple[Task, ...]:
        """Those that take longest."""
        return _most(self.tasks, lambda task: task.seconds or 0)

    @property
    def left(self) -> tuple[Task, ...]:
        """Those after which most drafts were left."""
        return _most(self.tasks, lambda task: task.stopped_after)

    @property
    def unclear(self) -> tuple[Task, ...]:
        """Those that assessors ask about most often, where enough cases say so."""
        return _most(self.tasks, lambda task: task.share_asked_about if task.cases >= FEWEST else 0)


def _most(tasks: Sequence[Task], of: Any) -> tuple[Task, ...]:
    found = [task for task in tasks if of(task)]
    return tuple(sorted(found, key=of, reverse=True)[:LISTED])


SORTS: Mapping[str, Any] = {
    "order": None,
    "time": lambda task: task.seconds or 0,
    "stopped": lambda task: task.stopped_after,
    "open": lambda task: task.share_open,
    "asked": lambda task: task.share_asked_about,
}
"""What the questions can be sorted by: the most first, and those that are equal in the order of the pages."""


def in_the_order_of(tasks: Sequence[Task], sort: str) -> Sequence[Task]:
    """The questions sorted by one of `SORTS`; by anything else as they are."""
    key = SORTS.get(sort)
    return sorted(tasks, key=key, reverse=True) if key else tasks


def count(session: Session, framework: Framework, *, size_band: str | None = None, at: datetime) -> Stops:
    """Count what is known of a version, of employers of all sizes or of one (five queries)."""
    content = framework.content
    scope = _Scope(framework.id, size_band)
    times = _times(session, scope)
    idle = _idle(session, scope, at - STOPPED)
    last = Counter(draft.last for draft in idle)
    drafts = Counter(draft.standing for draft in idle)
    said = Counter((draft.standing, task) for draft in idle for task in draft.said)
    cases, asked = _cases(session, scope), _asked_about(session, scope)
    asks = {standing: _tasks_of(content, standing, at) for standing in {*drafts, *cases, *(one for one, _ in said)}}
    made = []
    for code, title, theme in _all_tasks(content):
        fitting = [standing for standing, own in asks.items() if code in own]
        stopped = sum(drafts[standing] for standing in fitting)
        found = times.get(code, [])
        employers = len({employer for employer, _ in found})
        made.append(
            Task(
                code=code,
                title=title,
                theme=theme,
                seconds=round(median(seconds for _, seconds in found)) if employers >= FEWEST else None,
                employers=employers,
                stopped_after=last[code],
                open=stopped - sum(said[standing, code] for standing in fitting),
                stopped=stopped,
                asked_about=asked[code],
                cases=sum(cases[standing] for standing in fitting),
            )
        )
    return Stops(at=at, tasks=tuple(made), drafts=sum(drafts.values()), not_begun=last[None])


@dataclass(frozen=True)
class _Scope:
    """Which assessments are looked at: those of one version, of employers of one size or of all."""

    framework_id: UUID
    size_band: str | None

    def of(self, query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
        """The same query of these assessments; it names `Assessment`."""
        narrowed = query.join(Organisation, Organisation.id == Assessment.organisation_id).where(
            Assessment.framework_id == self.framework_id
        )
        return narrowed.where(Organisation.size_band == self.size_band) if self.size_band else narrowed


def _all_tasks(content: Content) -> Iterable[tuple[str, str, str]]:
    """Each task with its title and its theme's, in the order of the pages."""
    for criterion in in_order(content, content.criteria):
        yield criterion.code, criterion.title, content.theme(criterion.theme).title
    yield DECLARATIONS, "The legal basics", ""
    yield FIGURES, "The figures", ""


def _tasks_of(content: Content, standing: Standing, at: datetime) -> frozenset[str]:
    """What is asked for a level of an employer of a size, and counts already."""
    level, band = standing
    size = content.size_band(band)
    asked = content.asked(level, size.max if size else None)
    return frozenset({DECLARATIONS, FIGURES, *(one.code for one in asked if counts_on(one, local_date(at)))})


def _times(session: Session, scope: _Scope) -> Mapping[str, list[tuple[UUID, int]]]:
    """The seconds of each task, with the employer, in the first assessments of those that began last (one query)."""
    recent = (
        scope.of(sa.select(Assessment.id, Assessment.organisation_id))
        .where(first_time(), sa.exists().where(TimeSpent.assessment_id == Assessment.id))
        .order_by(Assessment.id.desc())
        .limit(RECENT)
        .subquery()
    )
    found: dict[str, list[tuple[UUID, int]]] = defaultdict(list)
    rows = sa.select(TimeSpent.task, recent.c.organisation_id, TimeSpent.seconds).join(
        recent, recent.c.id == TimeSpent.assessment_id
    )
    for task, employer, seconds in session.execute(rows):
        found[task].append((employer, seconds))
    return found


@dataclass
class _Draft:
    """A draft: what it aims for, when it was begun and last saved, and what was said in it."""

    standing: Standing
    saved_at: datetime
    last: str | None = None
    """The task that was saved last; None when none was."""
    said: set[str] = field(default_factory=set)


def _idle(session: Session, scope: _Scope, since: datetime) -> list[_Draft]:
    """Of the drafts begun last, those that nobody saved after `since` (two queries)."""
    begun = scope.of(
        sa.select(Assessment.id, Assessment.target_level, Organisation.size_band, Assessment.started_at).select_from(
            Assessment
        )
    ).where(Assessment.status == AssessmentStatus.DRAFT, Assessment.started_at < since)
    rows = session.execute(begun.order_by(Assessment.id.desc()).limit(RECENT))
    drafts = {key: _Draft((level, band), started_at) for key, level, band, started_at in rows}
    looked_at = sa.case((Answer.confirmed_at > Answer.saved_at, Answer.confirmed_at), else_=Answer.saved_at)
    own = sa.or_(Answer.carried_at.is_(None), Answer.confirmed_at.is_not(None))  # not one that only came along
    saves = sa.union_all(
        _saves(Answer, drafts, Answer.criterion, looked_at, Answer.value.is_not(None)).where(own),
        _saves(Declaration, drafts, sa.literal(DECLARATIONS), Declaration.saved_at, sa.true()),
        _saves(MetricReturn, drafts, sa.literal(FIGURES), MetricReturn.saved_at, sa.true()),
    )
    for key, task, moment, is_said in session.execute(saves):
        draft = drafts[key]
        if is_said:
            draft.said.add(task)
        if draft.last is None or (moment, task) > (draft.saved_at, draft.last):
            draft.saved_at, draft.last = moment, task
    return [draft for draft in drafts.values() if draft.saved_at < since]


def _saves(model: Any, drafts: Collection[UUID], task: Any, at: Any, is_said: Any) -> sa.Select[Any]:
    """Each save of one kind in the drafts: in which, of which task, when, and whether it says anything."""
    return sa.select(model.assessment_id, task.label("task"), at.label("at"), is_said.label("said")).where(
        model.assessment_id.in_(drafts)
    )


def _cases(session: Session, scope: _Scope) -> Counter[Standing]:
    """How many cases an assessor took, by what they aim for (one query)."""
    rows = scope.of(
        sa.select(Assessment.target_level, Organisation.size_band, sa.func.count())
        .select_from(Review)
        .join(Assessment, Assessment.id == Review.assessment_id)
    ).where(Review.status.not_in((ReviewStatus.WAITING, ReviewStatus.CLOSED)))
    grouped = rows.group_by(Assessment.target_level, Organisation.size_band)
    return Counter({(level, band): number for level, band, number in session.execute(grouped)})


def _asked_about(session: Session, scope: _Scope) -> Counter[str]:
    """In how many of these cases the assessor asked for more on each task (one query)."""
    task = sa.case(
        (InformationRequest.about == About.DECLARATION, DECLARATIONS),
        (InformationRequest.about == About.FIGURE, FIGURES),
        else_=InformationRequest.code,
    )
    rows = scope.of(
        sa.select(task, sa.func.count(Review.id.distinct()))
        .select_from(InformationRequest)
        .join(Review, Review.id == InformationRequest.review_id)
        .join(Assessment, Assessment.id == Review.assessment_id)
    ).where(Review.status.not_in((ReviewStatus.WAITING, ReviewStatus.CLOSED)))
    return Counter(dict(iter(session.execute(rows.group_by(task)))))
