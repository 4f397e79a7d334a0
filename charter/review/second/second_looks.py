"""A second person looks at a case question by question, and makes their own findings before they see the first's.

A second assessor does so beside the first where the level aimed at asks for two; a moderator does so after the
recommendation where the case always gets a second look, was drawn, or its assessor is not sure (`sampling`). What each
found is kept as it was when the two were compared, so that agreement can be counted honestly (`agreement`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from charter import audit
from charter.account.models import AT_THE_DESK, Role, User
from charter.assessment.level import counts_on
from charter.assessment.models import Assessment
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.framework.content import Criterion
from charter.organisation import interests
from charter.review import submitted
from charter.review.findings import Desk, Given, met_by_awards, of_review, requests_of, stand_ins, standing
from charter.review.handing_out.allocation import check_independent, has_judged, is_second, locked, why_worked
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Finding, Review
from charter.review.private import NO_NOTE
from charter.review.second import conversations, sampling
from charter.review.second.second_models import (
    LookKind,
    SecondFinding,
    SecondLook,
)
from charter.review.status import OPEN, ReviewStatus

MIXED = "Another finding was saved here after you opened this page. Look at both, then save the one you want."
LONGEST_NOTE = 2000
"""The most characters of why two assessors leave a difference open."""


# Who -----------------------------------------------------------------------------------------------------------------


def _look_of(session: Session, review: Review, user: User) -> SecondLook | None:
    """The look of somebody at this round of a case."""
    return session.scalars(
        sa.select(SecondLook).where(
            SecondLook.review_id == review.id,
            SecondLook.round == review.assessment.round,
            SecondLook.by_id == user.id,
        )
    ).first()


def second_assessor(session: Session, review: Review) -> SecondLook | None:
    """The newest look of the case's second assessor, of whichever round; None when there is none who still may: they
    declared an interest since, or an appeal opened the case again for other people. What somebody compared in this
    round before they left the desk counts."""
    here = sa.and_(User.role.in_(AT_THE_DESK), User.disabled_at.is_(None))
    compared = sa.and_(SecondLook.round == review.assessment.round, SecondLook.compared_at.is_not(None))
    return session.scalars(
        sa.select(SecondLook)
        .join(SecondLook.by)
        .where(
            SecondLook.review_id == review.id,
            SecondLook.kind == LookKind.ASSESSOR,
            SecondLook.by_id != (review.assessor_id or UUID(int=0)),
            ~interests.interested(review.assessment.organisation_id),
            ~sa.exists().where(SetApart.review_id == review.id, SetApart.user_id == SecondLook.by_id),
            sa.or_(here, compared),
        )
        .order_by(SecondLook.round.desc(), SecondLook.begun_at.desc(), SecondLook.id.desc())
        .options(contains_eager(SecondLook.by))
        .limit(1)
    ).first()


def check_takes(session: Session, review: Review, by: User) -> None:
    """Refuse whoever may not become the second assessor of a case."""
    if not sampling.rule(review).second_assessor:
        raise Refusal("One assessor is enough for this level.")
    if review.status is not ReviewStatus.IN_REVIEW:
        raise Refusal("A second assessor joins while the case is in review.")
    check_independent(session, by, review)
    if review.assessor_id == by.id:
        raise Refusal("You have this case, so somebody else must be its second assessor.")
    there = second_assessor(session, review)
    if there is not None:
        raise Refusal(
            "You are the second assessor of this case already."
            if there.by_id == by.id
            else f"{there.by.name} is the second assessor of this case."
        )
    if has_judged(session, by, review):
        raise Refusal("You worked on this case, so somebody else must be its second assessor.")


def take(session: Session, review: Review, *, by: User, at: datetime) -> SecondLook:
    """`by` becomes the second assessor of a case in review. Of two at once, one does and the other is told who."""
    review = locked(session, review)
    check_takes(session, review, by)
    return _begin(session, review, LookKind.ASSESSOR, by, at)


def _begin(session: Session, review: Review, kind: LookKind, by: User, at: datetime) -> SecondLook:
    look = SecondLook(review_id=review.id, round=review.assessment.round, kind=kind, by_id=by.id, begun_at=at)
    session.add(look)
    session.flush()  # for its id
    audit.record(
        session,
        "second-look:begin",
        look,
        by=by.id,
        at=at,
        case=review.assessment_id,
        kind=kind.value,
        round=look.round,
    )
    return look


def give_back(session: Session, review: Review, *, by: User, at: datetime) -> None:
    """The second assessor steps back before the two are compared; a moderator may do it for them.

    What they found alone goes with them: the next one looks for themselves.
    """
    review = locked(session, review)
    look = second_assessor(session, review)
    if look is None or look.round != review.assessment.round:
        raise Refusal("This case has no second assessor in this round.")
    if look.by_id != by.id and by.role is not Role.MODERATOR:
        raise Refusal("Only the second assessor, or a moderator, can give it back.")
    if look.compared_at is not None:
        raise Refusal("The findings have been compared, so they stay.")
    _take_out(session, review, look, by=by, at=at)


def hand_back(session: Session, holder: User, *, by: User, at: datetime) -> int:
    """`holder` leaves the desk: they are the second assessor no more of the cases where they have not compared; how
    many. What they found alone goes with them. A look that was compared stays, in this round and in earlier ones."""
    given = 0
    for review in second_of(session, holder):
        locked(session, review)
        look = _look_of(session, review, holder)
        if look is not None and look.kind is LookKind.ASSESSOR and look.compared_at is None:  # as it is now
            _take_out(session, review, look, by=by, at=at)
            given += 1
    return given


def second_of(session: Session, user: User) -> Sequence[Review]:
    """The open cases of which `user` is the second assessor, and has not compared in this round; in the order in which
    they are locked."""
    return session.scalars(
        sa.select(Review)
        .join(SecondLook, SecondLook.review_id == Review.id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(
            SecondLook.by_id == user.id,
            SecondLook.kind == LookKind.ASSESSOR,
            SecondLook.compared_at.is_(None),
            SecondLook.round == Assessment.round,
            Review.status.in_(OPEN),
        )
        .order_by(Assessment.id)
    ).all()


def _take_out(session: Session, review: Review, look: SecondLook, *, by: User, at: datetime) -> None:
    audit.record(session, "second-look:give-back", look, by=by.id, at=at, case=review.assessment_id)
    session.execute(sa.delete(SecondFinding).where(SecondFinding.look_id == look.id))
    session.delete(look)


# Finding -------------------------------------------------------------------------------------------------------------


def check_looks(session: Session, review: Review, by: User) -> None:
    """Refuse whoever may not make second findings in a case now."""
    kind_now(session, review, by)


def kind_now(session: Session, review: Review, by: User) -> LookKind:
    """As what somebody may look at a case now. Raises `Refusal` with the reason when they may not."""
    check_independent(session, by, review)
    if by.id in {review.assessor_id, review.recommended_by_id}:
        raise Refusal("The first findings are yours, so somebody else must look a second time.")
    if review.status is ReviewStatus.IN_REVIEW:
        if not sampling.rule(review).second_assessor:
            raise Refusal("This case waits for its recommendation. There is nothing to look at a second time yet.")
        there = second_assessor(session, review)
        if there is None or there.by_id != by.id:
            raise Refusal("Become the second assessor of this case before you look at it.")
        return LookKind.ASSESSOR
    if review.status is not ReviewStatus.RECOMMENDED:
        raise Refusal("A second look is made while a case is in review, or waits for a moderator.")
    if by.role is not Role.MODERATOR:
        raise Refusal("Only a moderator looks at a case after its recommendation.")
    if not sampling.why(session, review):
        raise Refusal("This case needs no second look, question by question. A second person signs it off.")
    if is_second(session, by, review):
        raise Refusal("You are this case's second assessor, so somebody else must moderate it.")
    if why_worked(session, by, review) is not None:
        raise Refusal("You worked on this case, so somebody else must moderate it.")
    return LookKind.MODERATOR


def save_all(
    session: Session, review: Review, *, given: Sequence[Given], by: User, at: datetime
) -> Mapping[str, Refusal]:
    """Save a page of somebody's own second findings: each that can stand is kept; of the others, the refusals.

    `feedback` is not theirs to give, and is left out. A version that is not the one seen raises no error: its `Stale`
    is among the refusals. Raises `Refusal` when they may not look at this case.
    """
    desk = Desk(session, review, by, at, may=check_looks)
    review = desk.review
    kind = kind_now(session, review, by)
    look = _look_of(session, review, by) or _begin(session, review, kind, by, at)
    if look.compared_at is not None:
        raise Refusal("You have compared your findings with the first ones, so they stay as they are.")
    there = {one.criterion: one for one in _of_look(session, look)}
    before = _standing(session, review, by)
    refused: dict[str, Refusal] = {}
    for one in given:
        try:
            _save(session, desk, look, there.get(one.criterion), before.get(one.criterion), one)
        except Refusal as refusal:
            refused[one.criterion] = refusal
    return refused


def _save(
    session: Session,
    desk: Desk,
    look: SecondLook,
    own: SecondFinding | None,
    stands: SecondFinding | None,
    given: Given,
) -> None:
    said = (stands.stands, stands.private_note) if stands else (None, NO_NOTE)
    if (given.outcome, given.private_note) == said:
        return
    if own is not None and own.version != given.seen_version:
        raise Stale(MIXED, current=own)
    desk.check(given)
    if own is None:
        own = SecondFinding(look_id=look.id, criterion=given.criterion)
        session.add(own)
    own.outcome, own.private_note, own.found_at = given.outcome, given.private_note, desk.at
    audit.record(
        session,
        "second-finding:save",
        own,
        by=desk.by.id,
        at=desk.at,
        case=desk.review.assessment_id,
        criterion=given.criterion,
        round=look.round,
        outcome=given.outcome,
    )


def _of_look(session: Session, look: SecondLook) -> Sequence[SecondFinding]:
    return session.scalars(
        sa.select(SecondFinding).where(SecondFinding.look_id == look.id).order_by(SecondFinding.criterion)
    ).all()


def all_found(session: Session, review: Review) -> Sequence[SecondFinding]:
    """Every second finding of a case, of all rounds and people, the earliest round first."""
    return session.scalars(
        sa.select(SecondFinding)
        .join(SecondFinding.look)
        .where(SecondLook.review_id == review.id)
        .order_by(SecondLook.round, SecondFinding.criterion, SecondFinding.id)
        .options(contains_eager(SecondFinding.look))
    ).all()


def _standing(session: Session, review: Review, by: User) -> Mapping[str, SecondFinding]:
    """What somebody found alone in a case and what still counts in this round, by criterion."""
    mine = [one for one in all_found(session, review) if one.look.by_id == by.id]
    return standing(mine, requests_of(session, review.id), review.assessment.round)


def on_criterion(
    session: Session, review: Review, criterion: str, *, by: User
) -> tuple[SecondFinding | None, SecondFinding | None]:
    """What `by` found alone on one criterion in this round, and what counts of theirs (maybe of an earlier one)."""
    stands = _standing(session, review, by).get(criterion)
    return stands if stands is not None and stands.round == review.assessment.round else None, stands


def needed(session: Session, review: Review, *, on: date) -> tuple[Criterion, ...]:
    """The criteria on which the second person needs a finding: all that count and that no award stands in for."""
    assessment = review.assessment
    said = submitted.latest(session, assessment)
    met = met_by_awards(review, said, stand_ins(session, review, on=on))
    return tuple(one for one in submitted.asked(assessment, said) if counts_on(one, on) and one.code not in met)


# Comparing -----------------------------------------------------------------------------------------------------------


def compare(session: Session, review: Review, *, by: User, at: datetime) -> SecondLook:
    """Put both people's findings side by side, for good: each has found everything alone.

    A moderator compares their own; a second assessor's is compared by either of the two. Comparing again changes
    nothing. Raises `Refusal` with what is missing.
    """
    review = locked(session, review)
    look = _to_compare(session, review, by, at)
    if look.compared_at is not None:
        return look
    session.flush()  # so that what was saved with it is found
    asked = needed(session, review, on=local_date(at))
    second = _standing(session, review, look.by)
    first = standing(of_review(session, review), requests_of(session, review.id), review.assessment.round)
    whose = {"first": "You have" if review.assessor_id == by.id else "The first assessor has"}
    whose["second"] = "You have" if look.by_id == by.id else f"{look.by.name} has"
    for who, outcomes in (
        (whose["second"], {code: one.outcome for code, one in second.items()}),
        (whose["first"], {code: one.outcome for code, one in first.items()}),
    ):
        missing = [one.title for one in asked if outcomes.get(one.code) is None]
        if missing:
            more = f", and on {len(missing) - 1} more" if len(missing) > 1 else ""
            raise Refusal(f"{who} no finding on “{missing[0]}” yet{more}.")
    for one in _of_look(session, look):
        mine = first.get(one.criterion)
        one.first_outcome = mine.outcome if mine and one.outcome else None
    look.compared_at = at
    audit.record(
        session,
        "second-look:compare",
        look,
        by=by.id,
        at=at,
        case=review.assessment_id,
        kind=look.kind.value,
        differ=sorted(code for code, one in second.items() if code in first and first[code].outcome != one.stands),
    )
    return look


def _to_compare(session: Session, review: Review, by: User, at: datetime) -> SecondLook:
    if review.status is ReviewStatus.IN_REVIEW and sampling.rule(review).second_assessor:
        check_independent(session, by, review)
        look = second_assessor(session, review)
        if look is None or look.round != review.assessment.round:
            raise Refusal("The second assessor has found nothing in this round yet.")
        if by.id not in {look.by_id, review.assessor_id}:
            raise Refusal("Only its two assessors compare the findings of this case.")
        return look
    kind = kind_now(session, review, by)
    return _look_of(session, review, by) or _begin(session, review, kind, by, at)


# Settling ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """What two people found on one criterion, now."""

    code: str
    first: Finding | None
    second: SecondFinding

    @property
    def differs(self) -> bool:
        """Whether they hold different things. Where only one made a finding there is nothing to settle."""
        return self.first is not None and self.second.stands is not None and self.first.outcome != self.second.stands

    @property
    def is_alone(self) -> bool:
        """Whether only the second person made a finding, such as where an award of another scheme stands in."""
        return self.first is None and self.second.stands is not None

    @property
    def is_open(self) -> bool:
        """Whether they differ and have not left it at that."""
        return self.differs and not self.second.left_open


def pairs(first: Mapping[str, Finding], second: Mapping[str, SecondFinding], order: Sequence[str]) -> tuple[Pair, ...]:
    """Both findings on each criterion, in the order of the page."""
    return tuple(Pair(code, first.get(code), second[code]) for code in order if code in second)


def come_round(
    session: Session, review: Review, criterion: str, *, seen_version: int, by: User, at: datetime
) -> SecondFinding:
    """The second assessor now holds what the first does. What they found alone is kept."""
    own, first = _difference(session, review, criterion, seen_version, by)
    if own.look.by_id != by.id:
        raise Refusal("Only the second assessor can change the second finding. Change your own on the case.")
    own.settled_outcome, own.left_open = first.outcome, ""
    _settled(session, review, own, "second-finding:come-round", by, at)
    return own


def leave_open(
    session: Session, review: Review, criterion: str, *, reason: str, seen_version: int, by: User, at: datetime
) -> SecondFinding:
    """Either assessor says why the two leave a difference to whoever decides."""
    own, _ = _difference(session, review, criterion, seen_version, by)
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why you two differ. Only staff and the panel read it.", field="reason")
    if len(reason) > LONGEST_NOTE:
        raise Refusal(f"Say it in {LONGEST_NOTE:,} characters or fewer. It has {len(reason):,}.", field="reason")
    own.left_open = reason
    _settled(session, review, own, "second-finding:leave-open", by, at)
    return own


def _difference(
    session: Session, review: Review, criterion: str, seen_version: int, by: User
) -> tuple[SecondFinding, Finding]:
    review = locked(session, review)
    if review.status is not ReviewStatus.IN_REVIEW:
        raise Refusal("Findings can change only while the case is in review.")
    check_independent(session, by, review)
    look = second_assessor(session, review)
    if look is None or look.compared_at is None or look.round != review.assessment.round:
        raise Refusal("Compare the findings of this case first.")
    if by.id not in {look.by_id, review.assessor_id}:
        raise Refusal("Only the two assessors of this case settle where they differ.")
    own = _standing(session, review, look.by).get(criterion)
    requests = requests_of(session, review.id)
    first = standing(of_review(session, review), requests, review.assessment.round).get(criterion)
    if own is None or first is None or own.stands == first.outcome:
        raise Refusal("You two do not differ on this.")
    if own.version != seen_version:
        raise Stale("The other assessor settled this after you opened the page. Look at what it says now.", current=own)
    return own, first


def _settled(session: Session, review: Review, own: SecondFinding, deed: str, by: User, at: datetime) -> None:
    own.settled_by_id, own.settled_at = by.id, at
    audit.record(session, deed, own, by=by.id, at=at, case=review.assessment_id, criterion=own.criterion)


# What stands in the way ----------------------------------------------------------------------------------------------


def open_points(session: Session, review: Review) -> tuple[str, ...]:
    """What the level aimed at asks for before a recommendation and is not there, a sentence each."""
    asks = sampling.rule(review)
    said: list[str] = []
    if asks.conversation and not conversations.is_there(session, review):
        said.append("No visit to the employer, or conversation with it, is on record yet.")
    if asks.second_assessor:
        said.extend(_of_second(session, review))
    return tuple(said)


def _of_second(session: Session, review: Review) -> Sequence[str]:
    look = second_assessor(session, review)
    if look is None:
        return ["No second assessor has looked at this case yet."]
    if look.round != review.assessment.round or look.compared_at is None:
        return [f"Your findings and those of {look.by.name}, the second assessor, have not been compared yet."]
    requests = requests_of(session, review.id)
    first = standing(of_review(session, review), requests, review.assessment.round)
    second = _standing(session, review, look.by)
    titles = {one.code: one.title for one in review.assessment.framework.content.criteria}
    return [
        f"You and {look.by.name}, the second assessor, differ on “{titles.get(one.code, one.code)}”."
        for one in pairs(first, second, sorted(second))
        if one.is_open
    ]


def check_moderates(session: Session, review: Review, by: User) -> None:
    """Refuse a moderator who was the second assessor, and one who has not made the second look that a case gets."""
    if is_second(session, by, review):
        raise Refusal("You are this case's second assessor, so somebody else must decide.")
    if not sampling.why(session, review):
        return
    look = _look_of(session, review, by)
    if look is None or look.compared_at is None:
        raise Refusal(
            "This case gets a second look. Make your own finding on each question and compare it with the "
            "assessor's before you decide."
        )
