"""The improvement plan: built from what an employer planned, and from what stands before its next level."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload
from uuid_utils.compat import uuid7

from charter import audit
from charter.assessment import answers, progress, queries, recognising, shelf
from charter.assessment.evidence_dates import State
from charter.assessment.level import Missing, counts_on
from charter.assessment.models import Assessment, Submission
from charter.assessment.queries import Material
from charter.assessment.standing_in import StandIn, standing_in
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.content import Content, Criterion, Extent
from charter.improvement import actions
from charter.improvement.models import FIGURES_KEY, Action, ActionSource, ActionStatus
from charter.organisation.models import Organisation, Recognition
from charter.review import attainment, findings, submitted
from charter.review import queries as cases

SOON = timedelta(days=60)
"""What is due within so long is among the first things to do."""
AT_ONCE = 3
"""How many things to do next a plan shows at least: a few can be done, a long list is put away."""


# Building -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """One action that an assessment asks for."""

    key: str
    criterion: Criterion | None
    source: ActionSource
    title: str
    level: int
    why: str = ""
    feedback: str = ""
    detail: str = ""
    owner_name: str = ""
    due_on: date | None = None
    said_at: datetime | None = None
    """When the employer last said what it plans."""


@dataclass(frozen=True)
class Built:
    """What building a plan changed."""

    added: int
    changed: int
    proposed: int
    """How many actions seem done now, and wait for somebody to say so."""


def refresh(session: Session, assessment: Assessment, *, at: datetime, on: date) -> Built:
    """Bring the employer's plan up to date with an assessment: its answers, or once it is decided the findings.

    Actions come from what was planned (the employer's words, owner and day) and from what stands before the next level,
    with what the assessor said. What needs only some of several things gets the smallest of them. An action that is
    there keeps what people wrote, unless the employer said something newer in an answer; one that is done or dropped is
    never made again, unless another assessment promises it anew; one whose gap is closed is proposed as done. Building
    a plan again changes nothing.

    Raises `Refusal` for an assessment that was withdrawn.
    """
    if assessment.status is AssessmentStatus.WITHDRAWN:
        raise Refusal("This assessment was withdrawn, so there is no plan to make from it.")
    # The employer's row is locked, so that two of its people cannot build the plan at once.
    session.execute(sa.select(Organisation.id).where(Organisation.id == assessment.organisation_id).with_for_update())
    said = queries.material(session, assessment)
    there = session.scalars(
        sa.select(Action)
        .where(Action.organisation_id == assessment.organisation_id, Action.key.is_not(None))
        .order_by(Action.created_at, Action.id)
        .options(joinedload(Action.owner))
        .with_for_update(of=Action)  # so that nobody changes one meanwhile
        .execution_options(populate_existing=True)
    ).all()
    judged = _judged(session, said, on=on)
    wanted = tuple(_wanted(said, judged, there, on=on))
    open_ones = {_about(action.key): action for action in there if action.status is ActionStatus.TO_DO}
    closed: dict[str, list[Action]] = {}
    for old in there:
        if old.status is not ActionStatus.TO_DO:
            closed.setdefault(_about(old.key), []).append(old)
    added = changed = 0
    for one in wanted:
        action = open_ones.get(one.key)
        if action is not None:
            changed += _update(action, one, assessment, at=at)
        elif not closed.get(one.key):
            _add(session, said, one, one.key, at=at)
            added += 1
        elif one.source is ActionSource.PLANNED and all(old.assessment_id != assessment.id for old in closed[one.key]):
            _add(session, said, one, f"{one.key}@{assessment.id.hex}", at=at)
            added += 1
    keys = {one.key for one in wanted}
    proposed = sum(
        _propose(action, key not in keys and judged.closes(said.content, action), at=at)
        for key, action in open_ones.items()
    )
    if added or changed or proposed:
        audit.record(
            session,
            "plan:build",
            assessment.organisation,
            by=None,
            at=at,
            assessment=str(assessment.id),
            added=added,
            changed=changed,
            proposed=proposed,
        )
    return Built(added, changed, proposed)


@dataclass(frozen=True)
class _Judged:
    """What is known of each criterion, and what stands before the next level."""

    missing: tuple[Missing, ...]
    closed: frozenset[str]
    """The criteria that are in place, or do not apply."""
    feedback: Mapping[str, str]
    decided: bool
    ended: Mapping[str, StandIn]
    """The awards of other schemes that stood in for criteria until they ended."""

    def lacks(self, criterion: Criterion, sentence: str) -> str:
        """What an action about a criterion says of why it is there, from what the rules say is missing."""
        gone = self.ended.get(criterion.code)
        if gone is None or gone.until is None:
            return _more(sentence, criterion)
        return (
            f"{gone.passport.title} stood in for this until {gone.until.day} {gone.until:%B %Y}. "
            "Tell us of the new certificate, or put it in place yourself."
        )

    def closes(self, content: Content, action: Action) -> bool:
        """Whether nothing is left of what an action is about."""
        if action.criterion is not None:
            return action.criterion in self.closed
        return content.level(action.level or 0) is not None


def _judged(session: Session, said: Material, *, on: date) -> _Judged:
    """By the findings once the assessment is decided, by the employer's own answers before."""
    assessment = said.assessment
    if assessment.status is not AssessmentStatus.DECIDED:
        reached = progress.attainment(said, on=on)
        said_so = {code for code, answer in said.answers.items() if answer.value}
        gone = _ended(said.content, said.held, said_so, on=on)
        return _Judged(reached.missing, _in_place(reached.extents), {}, decided=False, ended=gone)
    review = cases.of_assessment(session, assessment)
    if review is None:  # an award without a case, as older records have it
        return _Judged((), frozenset(), {}, decided=True, ended={})
    stands = cases.feedback(session, assessment, review)
    last = submitted.latest(session, assessment)
    met = findings.met_by_awards(review, last, findings.stand_ins(session, review, on=on))
    found = attainment.of_findings(assessment, stands.values(), last, on=on, met=met)
    return _Judged(
        found.missing_for(min(found.level, review.decided_level or 0) + 1),
        _in_place(found.extents),
        {code: finding.feedback for code, finding in stands.items() if finding.feedback},
        decided=True,
        ended=_ended(said.content, said.held, {code for code, one in stands.items() if one.outcome}, on=on),
    )


def _ended(content: Content, held: Iterable[Recognition], judged: Collection[str], *, on: date) -> dict[str, StandIn]:
    """What stood in for criteria until its last day, by criterion, where nothing else was said.

    `judged` are the criteria that have an answer or a finding of their own.
    """
    found: dict[str, StandIn] = {}
    for award in sorted((one for one in held if one.ends_on is not None and one.ends_on < on), key=_last_day):
        for code, one in standing_in(content, [award], on=_last_day(award)).items():
            if one.is_met and code not in judged:
                found[code] = one  # the last to end is the one that is told of
    return found


def _last_day(award: Recognition) -> date:
    assert award.ends_on is not None, "only those that end are asked"
    return award.ends_on


def _in_place(extents: Mapping[str, Extent]) -> frozenset[str]:
    return frozenset(code for code, extent in extents.items() if extent in {Extent.MET, Extent.NOT_APPLICABLE})


def _wanted(said: Material, judged: _Judged, there: Sequence[Action], *, on: date) -> Iterable[Wanted]:
    """The actions that an assessment asks for, each thing once."""
    content = said.content
    lacks = {item.criteria[0]: item.sentence for item in judged.missing if len(item.criteria) == 1}
    planned: set[str] = set()
    for criterion in said.asked:
        answer = said.answers.get(criterion.code)
        if (
            answer is None
            or not answer.action
            or not answers.plans(content, answer.value)
            or criterion.code in judged.closed
        ):
            continue
        planned.add(criterion.code)
        yield Wanted(
            key=_key(criterion),
            criterion=criterion,
            source=ActionSource.PLANNED,
            title=criterion.title,
            level=criterion.level,
            why=judged.lacks(criterion, lacks.get(criterion.code, "")),
            feedback=judged.feedback.get(criterion.code, ""),
            detail=answer.action,
            owner_name=answer.action_owner,
            due_on=answer.action_due,
            said_at=answer.saved_at,
        )
    chosen = _chosen(content, judged.missing, there, planned, on=on)
    source = ActionSource.FEEDBACK if judged.decided else ActionSource.GAP
    for code, item in chosen.items():
        found = content.criterion(code)
        if found is not None and code not in planned:
            why = judged.lacks(found, lacks.get(code) or item.sentence)
            yield Wanted(_key(found), found, source, found.title, item.level, why, judged.feedback.get(code, ""))
    for item in judged.missing:
        if item.declarations:
            yield Wanted("declarations", None, source, "Say yes to the legal basics", item.level, item.sentence)
    figures: dict[int, list[str]] = {}
    for item in judged.missing:
        if item.metrics:
            figures.setdefault(item.level, []).append(item.sentence)
    for level, sentences in figures.items():
        title = f"Give the figures for {content.level_title(level)}"
        yield Wanted(f"{FIGURES_KEY}{level}", None, source, title, level, " ".join(sentences))


def _more(sentence: str, criterion: Criterion) -> str:
    """What a sentence about a criterion says beyond that it must be met: the plan shows that by being there."""
    if sentence == f"Meet “{criterion.title}”, or plan it with an owner and a date.":
        return "Put it in place, or plan it with an owner and a date."
    return sentence.removeprefix(f"Fully meet “{criterion.title}”.").strip()


def _chosen(
    content: Content, missing: Iterable[Missing], there: Sequence[Action], planned: set[str], *, on: date
) -> dict[str, Missing]:
    """The criteria to work on, with what they are missing for.

    All of those that are needed; and where some of several are enough, as many as are: first what is needed, planned or
    in the plan anyway, then the smallest. What was dropped is not chosen while something else would do.
    """
    items = [item for item in missing if item.criteria]
    chosen = {code: item for item in items if item.least is None for code in item.criteria}
    kept = {action.criterion for action in there if action.status is not ActionStatus.DROPPED}
    dropped = {action.criterion for action in there if action.status is ActionStatus.DROPPED}
    for item in items:
        if item.least is None:
            continue
        order = sorted(
            (found for code in item.criteria if (found := content.criterion(code)) and counts_on(found, on)),
            key=lambda one: (
                one.code not in chosen and one.code not in planned,
                one.code in dropped,
                one.code not in kept,
                content.effort(one),
            ),
        )
        for one in order[: item.least]:
            chosen.setdefault(one.code, item)
    return chosen


def _key(criterion: Criterion) -> str:
    return f"criterion:{criterion.code}"


def _about(key: str | None) -> str:
    """What a key is about, without the assessment that promised it anew."""
    return (key or "").partition("@")[0]


def _add(session: Session, said: Material, one: Wanted, key: str, *, at: datetime) -> None:
    assessment = said.assessment
    session.add(
        Action(
            id=uuid7(),
            organisation_id=assessment.organisation_id,
            assessment_id=assessment.id,
            key=key,
            criterion=one.criterion.code if one.criterion else None,
            level=one.level,
            source=one.source,
            title=one.title[: actions.TITLE_LIMIT],
            detail=one.detail[: actions.TEXT_LIMIT],
            why=one.why,
            feedback=one.feedback,
            effort=said.content.effort(one.criterion),
            owner_id=None,
            owner_name=one.owner_name[: actions.NAME_LIMIT],
            due_on=one.due_on,
            status=ActionStatus.TO_DO,
            seems_done_at=None,
            closed_at=None,
            closed_by_id=None,
            closing_note="",
            created_at=at,
            created_by_id=None,
            changed_at=at,
            written_at=one.said_at or at,
            reminded_for=actions.dated(one.due_on, on=local_date(at)),
            overdue_told_for=None,
        )
    )


def _update(action: Action, one: Wanted, assessment: Assessment, *, at: datetime) -> bool:
    """Bring an action that is still to do up to date; says whether anything changed."""
    new: dict[str, object] = {"source": one.source, "level": one.level, "why": one.why}
    new |= {"feedback": one.feedback, "seems_done_at": None}
    if one.said_at is not None and one.said_at > action.written_at:  # the answer is the newer word
        new |= {"detail": one.detail[: actions.TEXT_LIMIT], "written_at": one.said_at}
        if one.due_on != action.due_on:
            new |= {"due_on": one.due_on, "reminded_for": actions.dated(one.due_on, on=local_date(at))}
        if action.owner is None:
            new["owner_name"] = one.owner_name[: actions.NAME_LIMIT]
    changed = {name: value for name, value in new.items() if getattr(action, name) != value}
    if not changed:
        return False
    for name, value in {**changed, "assessment_id": assessment.id, "changed_at": at}.items():
        setattr(action, name, value)
    return True


def _propose(action: Action, seems_done: bool, *, at: datetime) -> bool:
    if not seems_done or action.seems_done_at is not None:
        return False
    action.seems_done_at = action.changed_at = at
    return True


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """An employer's plan as its page shows it on a day."""

    organisation: Organisation
    actions: Sequence[Action]
    content: Content
    assessment: Assessment | None
    """The newest assessment: the one that the plan is built from."""
    reached: int
    """The level that the newest assessment reached, by its decision or its own answers; 0 for none."""
    on: date

    @property
    def next_level(self) -> int | None:
        """The rank of the level that comes next; none at the top."""
        return self.reached + 1 if self.content.level(self.reached + 1) else None

    def of_status(self, status: ActionStatus) -> list[Action]:
        """The actions with this status."""
        return [action for action in self.actions if action.status is status]

    @cached_property
    def to_do(self) -> list[Action]:
        """What is to be done, in order: what is due soon by its day, then the next level first, the smallest first."""
        until = self.on + SOON
        soon = [one for one in self._open if one.due_on is not None and one.due_on <= until]
        rest = [one for one in self._open if one not in soon]
        soon.sort(key=lambda one: (one.due_on or until, one.effort, one.created_at, one.id))
        rest.sort(
            key=lambda one: (one.level or 0, one.effort, one.due_on or date.max, one.created_at, one.title, one.id)
        )
        return [*soon, *rest]

    @cached_property
    def _open(self) -> list[Action]:
        return self.of_status(ActionStatus.TO_DO)

    @property
    def do_next(self) -> list[Action]:
        """The first of them: all that is due soon or seems done, and a few at least."""
        soon = sum(one.due_on is not None and one.due_on <= self.on + SOON for one in self.to_do)
        first = self.to_do[: max(soon, AT_ONCE)]
        return [one for one in self.to_do if one in first or one.seems_done_at is not None]

    @property
    def bare(self) -> int:
        """How many of those to do have neither a day nor anybody to do them: it is said once, not of each."""
        return sum(one.due_on is None and not one.doer for one in self.to_do)

    @property
    def later(self) -> list[Action]:
        """The others."""
        first = self.do_next
        return [one for one in self.to_do if one not in first]

    @property
    def done(self) -> list[Action]:
        """What is done, the latest first."""
        found = self.of_status(ActionStatus.DONE)
        return sorted(found, key=lambda one: (one.closed_at or one.created_at, one.id), reverse=True)

    @property
    def dropped(self) -> list[Action]:
        """What was dropped, the latest first."""
        found = self.of_status(ActionStatus.DROPPED)
        return sorted(found, key=lambda one: (one.closed_at or one.created_at, one.id), reverse=True)

    @property
    def counted(self) -> int:
        """How many actions there are, those that were dropped left out."""
        return len(self.to_do) + len(self.done)

    @property
    def criteria(self) -> list[Criterion]:
        """The criteria that the actions to do are about."""
        codes = dict.fromkeys(action.criterion for action in self.to_do if action.criterion)
        return [found for code in codes if (found := self.content.criterion(code))]


def of(session: Session, organisation: Organisation, *, content: Content, on: date) -> Plan:
    """An employer's plan (three queries). `content` is the charter to speak of when there is no assessment yet."""
    assessments = session.scalars(
        sa.select(Assessment)
        .where(Assessment.organisation_id == organisation.id, Assessment.status != AssessmentStatus.WITHDRAWN)
        .options(joinedload(Assessment.framework))
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
        .limit(2)  # the one under way, and the one before it
    ).all()
    own = actions.all_of(session, organisation.id)
    judged = next((one for one in assessments if one.status is not AssessmentStatus.DRAFT), None)
    return Plan(
        organisation=organisation,
        actions=own,
        content=assessments[0].framework.content if assessments else content,
        assessment=assessments[0] if assessments else None,
        reached=_reached(session, judged) if judged else _below(own),
        on=on,
    )


def _reached(session: Session, assessment: Assessment) -> int:
    """The level of the decision; before it, the one that the employer's own answers reached."""
    if assessment.status is AssessmentStatus.DECIDED:
        review = cases.of_assessment(session, assessment)
        return (review.decided_level or 0) if review else 0
    return (
        session.scalar(
            sa.select(Submission.attained_level)
            .where(Submission.assessment_id == assessment.id)
            .order_by(Submission.round.desc())
            .limit(1)
        )
        or 0
    )


def _below(own: Sequence[Action]) -> int:
    """The level below the first that a plan works towards, where nothing was submitted yet."""
    levels = [one.level for one in own if one.level is not None and one.key is not None]
    return min(levels) - 1 if levels else 0


@dataclass(frozen=True)
class Outlook:
    """A plan in a line: how much is to be done, and when the first of it is due; and what will soon hold no more."""

    to_do: int
    done: int
    next_due: date | None
    awards_soon: int = 0
    """How many checked awards of other schemes end soon, with none to carry them on."""
    award_ends_on: date | None = None
    """When the first of them ends."""
    evidence: Mapping[State, int] = field(default_factory=dict)
    """How many pieces of evidence are to be renewed or replaced, by why."""


def outlook(session: Session, organisation_id: UUID, *, on: date) -> Outlook:
    """The plan in a line (one query)."""
    row = session.execute(_outlook(on), {"employer": organisation_id}).one()
    counts = {state: number for state, number in zip(shelf.TO_RENEW, row[5:], strict=True) if number}
    return Outlook(row[0], row[1], row[2], row[3], row[4], counts)


@lru_cache(maxsize=2)
def _outlook(on: date) -> sa.Select[*tuple[Any, ...]]:
    """The query, put together once a day: each home asks it, and putting it together takes longer than asking it."""
    organisation_id = sa.bindparam("employer", type_=Action.organisation_id.type)
    is_open = Action.status == ActionStatus.TO_DO
    later = aliased(Recognition)
    ending = (
        Recognition.organisation_id == organisation_id,
        Recognition.checked_at.is_not(None),
        Recognition.ends_on.between(on, on + timedelta(days=max(recognising.WARN_DAYS))),
        ~sa.exists().where(
            later.organisation_id == organisation_id,
            later.checked_at.is_not(None),
            later.scheme == Recognition.scheme,
            later.id != Recognition.id,
            sa.or_(later.ends_on.is_(None), later.ends_on > Recognition.ends_on),
        ),
    )
    return sa.select(
        sa.func.count().filter(is_open),
        sa.func.count().filter(Action.status == ActionStatus.DONE),
        sa.func.min(Action.due_on).filter(is_open),
        sa.select(sa.func.count()).where(*ending).scalar_subquery(),
        sa.select(sa.func.min(Recognition.ends_on)).where(*ending).scalar_subquery(),
        *shelf.to_renew(organisation_id, on=on),
    ).where(Action.organisation_id == organisation_id)
