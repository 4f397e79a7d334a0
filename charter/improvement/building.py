"""The improvement plan is built: from what an employer planned, and from what stands before its next level.

It is built again after each sending and each decision; what a person wrote or closed stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from charter import audit
from charter.assessment import answers, progress, queries
from charter.assessment.level import Missing, counts_on
from charter.assessment.models import Assessment
from charter.assessment.queries import Material
from charter.assessment.standing_in import StandIn, standing_in
from charter.assessment.status import AssessmentStatus
from charter.clock import day_in_words, local_date
from charter.errors import Refusal
from charter.framework.content import Content, Criterion, Extent
from charter.improvement import actions
from charter.improvement.models import FIGURES_KEY, Action, ActionSource, ActionStatus
from charter.organisation.models import Organisation, Recognition
from charter.review import attainment, findings, submitted
from charter.review import queries as cases


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
            f"{gone.passport.title} stood in for this until {day_in_words(gone.until)}. "
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
