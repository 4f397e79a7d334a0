"""Try a draft's rules on past decisions: which of them would have come out otherwise, and why. It decides nothing.

Each employer's latest decision of a period is judged twice from the same findings, declarations and figures, on the day
it was decided: by the rules of its own version, and by the draft's. What is asked by the draft alone was never looked
at, so there are two readings of it: as not in place, and left out as if it were not asked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, undefer
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.assessment import metrics
from charter.assessment.level import Attainment, attained_level, outcomes_of_findings
from charter.assessment.models import Assessment, Submission
from charter.assessment.standing_in import counting_as_met, standing_in
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.content import Content, Extent
from charter.organisation.models import Organisation, Recognition
from charter.review import findings, submitted
from charter.review.models import Finding, InformationRequest, Review
from charter.review.status import ReviewStatus
from charter.review.submitted import Submitted
from charter.versions import drafting
from charter.versions.models import FrameworkDraft, FrameworkTrial, TrialState

AT_ONCE = 200
"""So many cases are tried while the person waits; more are left to the worker, which says how far it is."""
BATCH = 100
"""How many cases are read into memory, and kept, together."""
NAMED = 12
"""Of the reasons for one case, no more than so many are kept."""


@dataclass(frozen=True)
class Reading:
    """What the draft's rules make of one case in one reading."""

    level: int
    criteria: tuple[str, ...]
    """The criteria that stand between the two levels: missing for the higher under the rules that give the lower."""
    other: tuple[str, ...]
    """What else stands between them, in sentences."""


@dataclass(frozen=True)
class Tried:
    """One past decision, judged by its own rules and by the draft's."""

    review_id: UUID
    organisation_id: UUID
    target: int
    decided: int
    """The level that was decided."""
    own: int
    """What its own version's rules make of the findings."""
    strict: Reading
    """By the draft, with what was never looked at as not there."""
    lenient: Reading
    """By the draft, without what was never looked at."""
    not_found: tuple[str, ...]
    """The criteria that the draft asks and nobody has looked at."""

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "review": str(self.review_id),
            "organisation": str(self.organisation_id),
            "target": self.target,
            "decided": self.decided,
            "own": self.own,
            "not_found": list(self.not_found),
            **{
                name: {"level": one.level, "criteria": list(one.criteria), "other": list(one.other)}
                for name, one in (("strict", self.strict), ("lenient", self.lenient))
            },
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Tried":
        """What was kept."""
        strict, lenient = (
            Reading(one["level"], tuple(one["criteria"]), tuple(one["other"]))
            for one in (kept["strict"], kept["lenient"])
        )
        return cls(
            UUID(kept["review"]),
            UUID(kept["organisation"]),
            kept["target"],
            kept["decided"],
            kept["own"],
            strict,
            lenient,
            tuple(kept["not_found"]),
        )


@dataclass(frozen=True)
class Outcome:
    """What a trial found in one reading."""

    tried: tuple[Tried, ...]
    is_strict: bool

    def reading(self, one: Tried) -> Reading:
        """What this reading makes of a case."""
        return one.strict if self.is_strict else one.lenient

    @property
    def moved(self) -> tuple[Tried, ...]:
        """The cases that would have another level, those that would lose most first."""
        other = [one for one in self.tried if self.reading(one).level != one.own]
        return tuple(sorted(other, key=lambda one: (self.reading(one).level - one.own, str(one.organisation_id))))

    @property
    def lower(self) -> int:
        """How many would have a lower level."""
        return sum(self.reading(one).level < one.own for one in self.tried)

    @property
    def higher(self) -> int:
        """How many would have a higher one."""
        return sum(self.reading(one).level > one.own for one in self.tried)

    @property
    def because(self) -> tuple[tuple[str, int], ...]:
        """For how many cases each criterion stands between the two levels, the one for most first."""
        counts: dict[str, int] = {}
        for one in self.moved:
            for code in self.reading(one).criteria:
                counts[code] = counts.get(code, 0) + 1
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def between(self) -> tuple[tuple[int, int, int], ...]:
        """From which level to which, and how many."""
        counts: dict[tuple[int, int], int] = {}
        for one in self.moved:
            pair = one.own, self.reading(one).level
            counts[pair] = counts.get(pair, 0) + 1
        return tuple((before, after, count) for (before, after), count in sorted(counts.items()))


# The judging, which needs no database --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """All that a decision was made from."""

    review: Review
    stands: tuple[Finding, ...]
    said: Submitted
    held: tuple[Recognition, ...]


def judge(past: Past, draft: Content) -> Tried:
    """One past decision by its own rules and, in both readings, by the draft's."""
    assessment = past.review.assessment
    own = assessment.framework.content
    decided_at = past.review.decided_at
    assert decided_at is not None
    on = local_date(decided_at)
    target = assessment.target_level
    found = {one.criterion for one in past.stands if own.outcome(one.outcome) is not None}
    returned = _returned(past, own, target)
    before = _attained(past, own, on, _met(past, own, on), returned)
    asked = draft.asked(target, _ceiling(draft, past.said))
    met = _met(past, draft, on)
    not_found = tuple(one.code for one in asked if one.code not in found and one.code not in met)
    again = returned if _same_figures(own, draft) else _returned(past, draft, target)
    strict = _attained(past, draft, on, met, again)
    more = {one.code for one in draft.metrics_for(target)} - {one.code for one in own.metrics_for(target)}
    pledged = {one.code for one in draft.declarations} - {one.code for one in own.declarations}
    is_new = not_found or more or pledged
    lenient = _attained(past, draft, on, met, again | more, pledged, not_found) if is_new else strict
    reached = min(before.level, target)
    return Tried(
        review_id=past.review.id,
        organisation_id=assessment.organisation_id,
        target=target,
        decided=past.review.decided_level or 0,
        own=reached,
        strict=_reading(before, strict, reached, target),
        lenient=_reading(before, lenient, reached, target),
        not_found=not_found,
    )


def _reading(before: Attainment, after: Attainment, reached: int, target: int) -> Reading:
    level = min(after.level, target)
    worse, better = (after, max(reached, level)) if level < reached else (before, max(reached, level))
    missing = worse.missing_for(better) if level != reached else ()
    codes = dict.fromkeys(code for one in missing for code in one.criteria)
    other = dict.fromkeys(one.sentence for one in missing if not one.criteria)
    return Reading(level, tuple(codes)[:NAMED], tuple(other)[:NAMED])


def _attained(
    past: Past,
    content: Content,
    on: date,
    met: Collection[str],
    returned: Collection[str],
    agreed: Collection[str] = (),
    left_out: Collection[str] = (),
) -> Attainment:
    """The level by the rules of one version: `agreed` comes to what was agreed to, `left_out` counts nowhere."""
    said = past.said
    outcomes = outcomes_of_findings(content, past.stands, met=met)
    return attained_level(
        content,
        outcomes | dict.fromkeys(left_out, Extent.NOT_APPLICABLE),
        agreed=said.agreed.union(agreed),
        returned=returned,
        headcount_ceiling=_ceiling(content, said),
        on=on,
        unknown=metrics.not_known(content, said.unknown),
        promised=said.promised,
    )


def _returned(past: Past, content: Content, target: int) -> frozenset[str]:
    return frozenset(metrics.returned(content, past.said.inputs, target, past.said.unknown))


def _same_figures(one: Content, other: Content) -> bool:
    """Whether the figures of two versions are worked out alike: that takes most of the time."""
    return (one.metrics, one.context_fields) == (other.metrics, other.context_fields)


def _met(past: Past, content: Content, on: date) -> frozenset[str]:
    answers = {code: answer.value for code, answer in past.said.answers.items()}
    return counting_as_met(content, standing_in(content, past.held, on=on), answers)


def _ceiling(content: Content, said: Submitted) -> int | None:
    band = content.size_band(said.size_band)
    return band.max if band else None


# The cases of a trial ------------------------------------------------------------------------------------------------


def cases(session: Session, *, decided_from: date | None, decided_to: date | None) -> list[UUID]:
    """The latest decision of each employer within a period (both days count), the oldest first (one query)."""
    rows: Iterable[Any] = session.execute(
        sa.select(Review.id, Assessment.organisation_id, Review.decided_at)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(Review.status == ReviewStatus.DECIDED)
        .order_by(Review.decided_at, Review.id)
    )
    latest: dict[UUID, UUID] = {}
    for review_id, organisation_id, decided_at in rows:
        day = local_date(decided_at)
        if (decided_from is None or decided_from <= day) and (decided_to is None or day <= decided_to):
            latest.pop(organisation_id, None)
            latest[organisation_id] = review_id
    return list(latest.values())


def read(session: Session, review_ids: Sequence[UUID]) -> list[Past]:
    """All that these cases were decided from (five queries, however many there are)."""
    reviews = session.scalars(
        sa.select(Review)
        .where(Review.id.in_(review_ids))
        .options(joinedload(Review.assessment).joinedload(Assessment.framework))
    ).all()
    mine = {review.assessment_id: review for review in reviews}
    found = _by(session.scalars(sa.select(Finding).where(Finding.review_id.in_(review_ids))), "review_id")
    asked = _by(
        session.scalars(sa.select(InformationRequest).where(InformationRequest.review_id.in_(review_ids))), "review_id"
    )
    employers = {review.assessment.organisation_id for review in reviews}
    held = _by(
        session.scalars(
            sa.select(Recognition).where(
                Recognition.organisation_id.in_(employers), Recognition.checked_at.is_not(None)
            )
        ),
        "organisation_id",
    )
    last = (
        sa.select(Submission.assessment_id, sa.func.max(Submission.round).label("round"))
        .where(Submission.assessment_id.in_(mine))
        .group_by(Submission.assessment_id)
        .subquery()
    )
    snapshots = session.execute(
        sa.select(Submission.assessment_id, Submission.snapshot).join(
            last, sa.and_(last.c.assessment_id == Submission.assessment_id, last.c.round == Submission.round)
        )
    )
    past = {}
    for assessment_id, snapshot in snapshots:
        review = mine[assessment_id]
        stands = findings.standing(found.get(review.id, ()), asked.get(review.id, ()), review.assessment.round)
        past[review.id] = Past(
            review,
            tuple(stands.values()),
            submitted.read(snapshot),
            tuple(held.get(review.assessment.organisation_id, ())),
        )
    return [past[review_id] for review_id in review_ids if review_id in past]


def _by(rows: Iterable[Any], name: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


# A trial -------------------------------------------------------------------------------------------------------------


def ask(
    session: Session,
    draft: FrameworkDraft,
    *,
    decided_from: date | None = None,
    decided_to: date | None = None,
    by: User,
    at: datetime,
) -> FrameworkTrial:
    """Begin to try a draft on past decisions, in place of any trial of it before; few are tried at once.

    Raises `Refusal` while something is wrong with the draft, and when nothing was decided in the period.
    """
    content = drafting.content_of(draft)
    if decided_from and decided_to and decided_to < decided_from:
        raise Refusal("The last day comes before the first. Change one of them.", field="decided_to")
    ids = cases(session, decided_from=decided_from, decided_to=decided_to)
    if not ids:
        raise Refusal("Nothing was decided in this time. Choose other days.", field="decided_from")
    assert draft.content_hash is not None
    assert draft.document is not None
    session.execute(sa.delete(FrameworkTrial).where(FrameworkTrial.framework_draft_id == draft.id))
    trial = FrameworkTrial(
        id=uuid7(),
        framework_draft_id=draft.id,
        content_hash=draft.content_hash,
        document=draft.document,
        decided_from=decided_from,
        decided_to=decided_to,
        state=TrialState.WAITING,
        cases=[str(one) for one in ids],
        total=len(ids),
        done=0,
        found=[],
        asked_at=at,
        asked_by_id=by.id,
        finished_at=None,
    )
    session.add(trial)
    audit.record(
        session,
        "framework_draft:try",
        draft,
        by=by.id,
        at=at,
        content_hash=draft.content_hash,
        cases=len(ids),
        decided_from=decided_from.isoformat() if decided_from else None,
        decided_to=decided_to.isoformat() if decided_to else None,
    )
    session.flush()
    if len(ids) <= AT_ONCE:
        _go_on(session, trial, content, at=at, most=AT_ONCE)
    return trial


def go_on(session: Session, *, at: datetime) -> bool:
    """Try the next cases of the oldest trial that is not done, in the worker; says whether there was one."""
    trial = session.scalars(
        sa.select(FrameworkTrial)
        .where(FrameworkTrial.state != TrialState.DONE)
        .options(undefer(FrameworkTrial.document), undefer(FrameworkTrial.cases), undefer(FrameworkTrial.found))
        .order_by(FrameworkTrial.asked_at, FrameworkTrial.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if trial is None:
        return False
    _go_on(session, trial, Content.model_validate(trial.document), at=at, most=BATCH)
    return True


def _go_on(session: Session, trial: FrameworkTrial, content: Content, *, at: datetime, most: int) -> None:
    todo = [UUID(one) for one in trial.cases[trial.done : trial.done + most]]
    parts = [todo[start : start + BATCH] for start in range(0, len(todo), BATCH)]
    found = [judge(past, content).plain() for ids in parts for past in read(session, ids)]
    trial.found = [*trial.found, *found]
    trial.done += len(todo)
    trial.state = TrialState.DONE if trial.done >= trial.total else TrialState.RUNNING
    trial.finished_at = at if trial.state is TrialState.DONE else None


def latest(session: Session, draft: FrameworkDraft) -> FrameworkTrial | None:
    """The last trial of a draft, with what it found (one query)."""
    query = (
        sa.select(FrameworkTrial)
        .where(FrameworkTrial.framework_draft_id == draft.id)
        .options(undefer(FrameworkTrial.found), joinedload(FrameworkTrial.asked_by), defer(FrameworkTrial.cases))
        .order_by(FrameworkTrial.asked_at.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def outcomes(trial: FrameworkTrial) -> tuple[Outcome, Outcome]:
    """Both readings of what a trial found so far: with what nobody looked at as not there, and left out."""
    tried = tuple(Tried.of(one) for one in trial.found)
    return Outcome(tried, is_strict=True), Outcome(tried, is_strict=False)


def names(session: Session, tried: Iterable[Tried]) -> dict[UUID, str]:
    """The names of the employers of some cases (one query)."""
    ids = {one.organisation_id for one in tried}
    rows = session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in rows}
