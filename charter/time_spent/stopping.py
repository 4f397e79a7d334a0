"""Where employers stop, question by question: how long each takes, where drafts were left, what assessors ask about.

Each figure is of one version of the charter. It tells nobody which employer it is about, and no median is shown of
fewer than five: it is there to say which question to word better.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.level import counts_on
from charter.assessment.models import Answer, Assessment, Declaration, MetricReturn
from charter.assessment.queries import in_order
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from charter.review.models import About, InformationRequest, Review
from charter.review.status import ReviewStatus
from charter.time_spent.models import DECLARATIONS, FIGURES, TimeSpent
from charter.time_spent.typical import FEWEST, first_time

STOPPED = timedelta(days=30)
"""A draft that nobody saved for so long has stopped."""
RECENT = 1_000
"""Times are of so many employers that began last."""
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
    """Stopped drafts."""
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
    idle = _idle(scope, at - STOPPED)
    last: Counter[str | None] = Counter()
    drafts: Counter[Standing] = Counter()
    for level, band, task, number in session.execute(
        sa.select(idle.c.level, idle.c.band, idle.c.task, sa.func.count()).group_by(
            idle.c.level, idle.c.band, idle.c.task
        )
    ):
        last[task] += number
        drafts[level, band] += number
    said = _said(session, idle)
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


def _idle(scope: _Scope, since: datetime) -> sa.Subquery:
    """The drafts that nobody saved after `since`: what they aim for, and the task that was saved last, if any."""
    draft = scope.of(
        sa.select(
            Assessment.id,
            Assessment.started_at,
            Assessment.target_level.label("level"),
            Organisation.size_band.label("band"),
        ).select_from(Assessment)
    ).where(Assessment.status == AssessmentStatus.DRAFT)
    drafts = draft.cte("drafts")
    looked_at = sa.case((Answer.confirmed_at > Answer.saved_at, Answer.confirmed_at), else_=Answer.saved_at)
    saves = sa.union_all(
        _saves(Answer, drafts, Answer.criterion, looked_at).where(_own_answer()),
        _saves(Declaration, drafts, sa.literal(DECLARATIONS), Declaration.saved_at),
        _saves(MetricReturn, drafts, sa.literal(FIGURES), MetricReturn.saved_at),
    ).subquery()
    place = sa.func.row_number().over(
        partition_by=saves.c.assessment_id, order_by=(saves.c.at.desc(), saves.c.task.desc())
    )
    ranked = sa.select(saves, place.label("place")).subquery()
    return (
        sa.select(drafts.c.id, drafts.c.level, drafts.c.band, ranked.c.task)
        .join(ranked, sa.and_(ranked.c.assessment_id == drafts.c.id, ranked.c.place == 1), isouter=True)
        .where(sa.func.coalesce(ranked.c.at, drafts.c.started_at) < since)
        .subquery()
    )


def _saves(model: Any, drafts: sa.CTE, task: Any, at: Any) -> sa.Select[Any]:
    """Each save of one kind in the drafts."""
    return sa.select(model.assessment_id, task.label("task"), at.label("at")).join(
        drafts, drafts.c.id == model.assessment_id
    )


def _own_answer() -> sa.ColumnElement[bool]:
    """Not one that came along from last time and that nobody has looked at again."""
    return sa.or_(Answer.carried_at.is_(None), Answer.confirmed_at.is_not(None))


def _said(session: Session, idle: sa.Subquery) -> Counter[tuple[Standing, str]]:
    """How many of the stopped drafts have each task answered, by what they aim for (one query)."""
    there = sa.union_all(
        sa.select(Answer.assessment_id, Answer.criterion.label("task"))
        .join(idle, idle.c.id == Answer.assessment_id)
        .where(Answer.value.is_not(None), _own_answer()),
        sa.select(Declaration.assessment_id, sa.literal(DECLARATIONS).label("task"))
        .join(idle, idle.c.id == Declaration.assessment_id)
        .distinct(),
        sa.select(MetricReturn.assessment_id, sa.literal(FIGURES).label("task")).join(
            idle, idle.c.id == MetricReturn.assessment_id
        ),
    ).subquery()
    rows = (
        sa.select(idle.c.level, idle.c.band, there.c.task, sa.func.count())
        .join(there, there.c.assessment_id == idle.c.id)
        .group_by(idle.c.level, idle.c.band, there.c.task)
    )
    return Counter({((level, band), task): number for level, band, task, number in session.execute(rows)})


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
