"""A moderator or an administrator gives cases to people: many at once, or one from its page.

Many are given in two steps. `plan` says who would get which case and which are left out and why; `give` does exactly
that, or nothing when it no longer holds.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import day_in_words
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review.handing_out import allocation, queue, workload
from charter.review.models import Review
from charter.review.status import CLAIM, ReviewStatus

REASON_LENGTH = 300
MOST_AT_ONCE = 200
"""Cases that one page can ask for: more would be a page that nobody reads before confirming it."""
MOVABLE = frozenset({ReviewStatus.WAITING, ReviewStatus.IN_REVIEW, ReviewStatus.WITH_EMPLOYER})
"""A case can be given to somebody else until a level is recommended."""


@dataclass(frozen=True)
class Work:
    """One case that may be given."""

    id: UUID
    organisation_id: UUID
    employer: str
    level: str
    due_on: date
    status: ReviewStatus
    assessor_id: UUID | None


@dataclass(frozen=True)
class Hand:
    """One person who may be given cases."""

    id: UUID
    name: str
    cases: int
    away_until: date | None
    interests: frozenset[UUID]
    kept_from: Mapping[UUID, str] = field(default_factory=dict)
    """The cases that they may not have for another reason, each with it (`allocation.kept_from`)."""


@dataclass(frozen=True)
class Gift:
    """One case and who gets it."""

    work: Work
    to: Hand

    @property
    def key(self) -> str:
        """Both in one word, as the form that confirms it carries them."""
        return f"{self.work.id}:{self.to.id}"


@dataclass(frozen=True)
class Left:
    """One case that nobody gets, and why, in a sentence."""

    work: Work
    why: str


@dataclass(frozen=True)
class Plan:
    """Who would get which case, and which are left out."""

    gifts: tuple[Gift, ...]
    left: tuple[Left, ...]
    most: int
    """How many cases one person should have at most."""

    def by_person(self) -> Sequence[tuple[Hand, Sequence[Gift]]]:
        """The cases of each person who would get some, by name."""
        people: dict[UUID, Hand] = {gift.to.id: gift.to for gift in self.gifts}
        hands = sorted(people.values(), key=lambda hand: (hand.name, str(hand.id)))
        return [(hand, [gift for gift in self.gifts if gift.to.id == hand.id]) for hand in hands]

    @property
    def keys(self) -> frozenset[str]:
        """What the form that confirms it carries."""
        return frozenset(gift.key for gift in self.gifts)


def share(works: Sequence[Work], hands: Sequence[Hand], *, most: int, names: Mapping[UUID, str]) -> Plan:
    """Share cases out, in the order given, to whoever has the fewest of those who may have each. Pure.

    With one hand, all go to that person as far as may be. `names` are those of people who have a case already.
    """
    load = {hand.id: hand.cases for hand in hands}
    gifts, left = [], []
    for work in works:
        if work.status is not ReviewStatus.WAITING:
            left.append(Left(work, _not_waiting(work, names)))
            continue
        able = [hand for hand in hands if _obstacle(work, hand, load[hand.id], most) is None]
        if not able:
            left.append(Left(work, _why(work, hands, load, most)))
            continue
        hand = min(able, key=lambda one: (load[one.id], one.name, str(one.id)))
        load[hand.id] += 1
        gifts.append(Gift(work, hand))
    return Plan(tuple(gifts), tuple(left), most)


def _not_waiting(work: Work, names: Mapping[UUID, str]) -> str:
    if work.status in MOVABLE and work.assessor_id is not None and work.assessor_id in names:
        return f"{names[work.assessor_id]} has it. Open the case to give it to somebody else."
    return f"It is not waiting for an assessor: {work.status.label.lower()}."


def _obstacle(work: Work, hand: Hand, cases: int, most: int) -> str | None:
    if work.organisation_id in hand.interests:
        return f"{hand.name} has an interest in this employer."
    if work.id in hand.kept_from:
        return f"{hand.name} {hand.kept_from[work.id]}."
    if hand.away_until is not None:
        return f"{hand.name} is away until {day_in_words(hand.away_until)}."
    if cases >= most:
        return f"{hand.name} would have more than {most} open cases."
    return None


def _why(work: Work, hands: Sequence[Hand], load: Mapping[UUID, int], most: int) -> str:
    if not hands:
        return "There is nobody to give it to."
    whys = [_obstacle(work, hand, load[hand.id], most) or "" for hand in hands]
    return whys[0] if len(hands) == 1 else f"Nobody can take it. {' '.join(whys)}"


# Many at once ------------------------------------------------------------------------------------------------------


def plan(session: Session, ids: Collection[UUID], *, to: UUID | None, by: User, on: date) -> Plan:
    """Who would get these cases: all one person (`to`), or shared out by workload (None). Nine queries, however many.

    Cases of employers that `by` has an interest in are not theirs to give, nor to see: they are not in it.
    Raises `Refusal` on "to" when that person may not have cases, and when too many are asked for.
    """
    if not ids:
        raise Refusal("Tick at least one case, or say how many of the oldest.", field="cases")
    if len(ids) > MOST_AT_ONCE:
        raise Refusal(f"Choose {MOST_AT_ONCE} cases at most at a time.", field="cases")
    hands = _hands(session, workload.desk(session, on=on), on=on)
    chosen = [hand for hand in hands if to is None or hand.id == to]
    if to is not None and not chosen:
        raise Refusal("Choose somebody who works on cases.", field="to")
    works = _works(session, ids, hidden=interests.by_person(session, [by.id]).get(by.id, frozenset()))
    return share(works, chosen, most=workload.most(session), names={hand.id: hand.name for hand in hands})


def give(
    session: Session,
    ids: Collection[UUID],
    *,
    to: UUID | None,
    confirmed: Collection[str],
    by: User,
    at: datetime,
    on: date,
) -> Sequence[Gift]:
    """Do what `plan` said, exactly (`confirmed` are its keys), all or nothing; each person is told once.

    Sent twice, nothing is done the second time. Raises `Refusal` when something changed since the plan was shown: a
    case was taken, somebody went away or declared an interest, or the most for one person changed.
    """
    wanted = dict(_pair(key) for key in confirmed)
    assessments = sa.select(Review.assessment_id).where(Review.id.in_(ids))
    # Everybody takes assessments first and in one order, so that no two wait for each other in turn.
    session.execute(
        sa.select(Assessment.id).where(Assessment.id.in_(assessments)).order_by(Assessment.id).with_for_update()
    )
    reviews = {
        review.id: review
        for review in session.scalars(
            sa.select(Review).where(Review.id.in_(ids)).order_by(Review.id).execution_options(populate_existing=True)
        )
    }
    session.execute(sa.select(User.id).where(User.id.in_(set(wanted.values()))).order_by(User.id).with_for_update())
    if wanted and all(key in reviews and reviews[key].assessor_id == to_whom for key, to_whom in wanted.items()):
        return ()  # the same form again
    now_so = plan(session, ids, to=to, by=by, on=on)
    if now_so.keys != frozenset(confirmed):
        raise Refusal(
            "Something changed since you opened this page, such as a case that somebody took. Nothing was given. Look "
            "at who would get what now, then confirm again."
        )
    if not now_so.gifts:
        raise Refusal("There is no case here to give.")
    for gift in now_so.gifts:
        _hand_over(reviews[gift.work.id], gift.to.id, at=at)
        _record(session, reviews[gift.work.id], to=gift.to.id, before=None, by=by, at=at)
    for hand, gifts in now_so.by_person():
        if hand.id != by.id:
            _tell(session, hand.id, [gift.work for gift in gifts], reason="", by=by, at=at)
    return now_so.gifts


def _pair(key: str) -> tuple[UUID, UUID]:
    case, _, person = key.partition(":")
    try:
        return UUID(case), UUID(person)
    except ValueError:
        raise Refusal("This page was changed on its way. Choose the cases again.") from None


def _works(session: Session, ids: Collection[UUID], *, hidden: frozenset[UUID]) -> list[Work]:
    rows = session.execute(
        sa.select(Review, Organisation.id, Organisation.name, Assessment)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .join(Organisation, Organisation.id == Assessment.organisation_id)
        .where(Review.id.in_(ids), Organisation.id.not_in(hidden))
        .order_by(queue.answered_first(), Review.due_on, Review.waiting_since, Review.id)
    ).all()
    return [
        Work(
            review.id,
            organisation_id,
            name,
            assessment.framework.content.level_title(assessment.target_level),
            review.due_on,
            review.status,
            review.assessor_id,
        )
        for review, organisation_id, name, assessment in rows
    ]


# One, from its page ------------------------------------------------------------------------------------------------


def can_have(session: Session, review: Review, *, on: date) -> Sequence[tuple[Hand, str | None]]:
    """Everybody who might be given a case, each with why they may not, in a sentence (eight queries)."""
    hands = _hands(session, workload.desk(session, on=on), on=on)
    most = workload.most(session)
    (work,) = _works(session, [review.id], hidden=frozenset())
    return [(hand, _obstacle(work, hand, hand.cases, most)) for hand in hands if hand.id != review.assessor_id]


def reassign(
    session: Session,
    review: Review,
    *,
    to: UUID,
    reason: str,
    seen: UUID | None,
    by: User,
    at: datetime,
    on: date,
) -> None:
    """Give one case to another person, for a reason that staff read. Findings stay. Sent twice, it is done once.

    `seen` is who had it when the page was opened. Raises `Refusal` when somebody else has it by now or a level is
    recommended, on "reason" without one, and on "to" when that person may not have it: interest, away, workload.
    """
    review = allocation.locked(session, review)
    session.execute(sa.select(User.id).where(User.id == to).with_for_update())
    if review.assessor_id == to:
        return
    allocation.check_independent(session, by, review)
    if review.status not in MOVABLE:
        raise Refusal("A level is recommended or decided, so this case cannot be given to somebody else now.")
    if review.assessor_id != seen:
        raise Refusal("Somebody else has this case since you opened this page. Look who has it now, then choose again.")
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why somebody else gets this case.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal(f"Say it in {REASON_LENGTH} characters or fewer.", field="reason")
    hand, why_not = next(((hand, why) for hand, why in can_have(session, review, on=on) if hand.id == to), (None, None))
    if hand is None:
        raise Refusal("Choose somebody who works on cases.", field="to")
    if why_not is not None:
        raise Refusal(f"{why_not} Choose somebody else.", field="to")
    before = review.assessor_id
    (work,) = _works(session, [review.id], hidden=frozenset())
    _hand_over(review, to, at=at)
    _record(session, review, to=to, before=before, by=by, at=at)
    if to != by.id:
        _tell(session, to, [work], reason=reason, by=by, at=at)
    if before is not None and before != by.id:
        emails.case_went_on(
            session,
            to=session.get_one(User, before),
            organisation_name=work.employer,
            who=hand.name,
            given_by=by.name,
            reason=reason,
            event_key=f"case-went-on:{review.id}:{at.isoformat()}",
            at=at,
        )


# Inside ------------------------------------------------------------------------------------------------------------


def _hands(session: Session, desk: Sequence[workload.AtDesk], *, on: date) -> list[Hand]:
    """What stands for and against giving each of these people a case (three queries)."""
    people = [one.user.id for one in desk]
    declared, kept = interests.by_person(session, people), allocation.kept_from(session, people)
    return [
        Hand(
            one.user.id,
            one.user.name,
            one.cases,
            one.away.ends_on if one.away and one.away.has_begun(on) else None,
            declared.get(one.user.id, frozenset()),
            kept.get(one.user.id, {}),
        )
        for one in desk
    ]


def _hand_over(review: Review, to: UUID, *, at: datetime) -> None:
    if review.status is ReviewStatus.WAITING:
        review.move(CLAIM, at=at)
    review.assessor_id, review.claimed_at = to, at


def _record(session: Session, review: Review, *, to: UUID, before: UUID | None, by: User, at: datetime) -> None:
    audit.record(
        session,
        "case:allocate",
        review,
        by=by.id,
        at=at,
        case=review.assessment_id,
        assessor=str(to),
        before=str(before) if before else None,
    )


def _tell(session: Session, to: UUID, works: Sequence[Work], *, reason: str, by: User, at: datetime) -> None:
    emails.cases_given(
        session,
        to=session.get_one(User, to),
        given_by=by.name,
        cases=[(work.employer, work.level, work.due_on, f"/admin/reviews/{work.id}") for work in works],
        reason=reason,
        event_key=f"cases-given:{works[0].id}:{at.isoformat()}",
        at=at,
    )
