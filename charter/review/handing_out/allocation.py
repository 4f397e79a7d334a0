"""Who works on a case, and who may not because they have an interest in the employer."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import AT_THE_DESK, Role, User
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.organisation import interests
from charter.organisation.models import Conflict, InterestKind, Organisation
from charter.review.handing_out import set_apart
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.second.second_models import LookKind, SecondLook
from charter.review.status import CLAIM, OPEN, RELEASE, ReviewStatus

WORK = "work on its case"
"""What somebody without an interest must do instead."""


def locked(session: Session, review: Review) -> Review:
    """The case as it is now, held until the transaction ends, so that no two people move it at once.

    Its assessment is held with it, and before it: the employer's steps begin there, and two people who wait for each
    other in turn would both wait for ever. The locks are taken first and the rows read after: reading them with the
    lock raises StaleDataError for whoever waited, and the verb could not say who was first.
    """
    session.execute(sa.select(Assessment.id).where(Assessment.id == review.assessment_id).with_for_update())
    session.execute(sa.select(Review.id).where(Review.id == review.id).with_for_update())
    session.refresh(review)
    session.refresh(review.assessment)
    return review


def why_conflicted(session: Session, user: User, organisation_id: UUID) -> str | None:
    """Why `user` may not work on this employer's cases, in a sentence; None when they may."""
    return interests.why_not(session, user, organisation_id, WORK)


def conflicted(session: Session, user: User, organisation: Organisation) -> bool:
    """Whether `user` belongs to this employer, or has declared an interest in it."""
    return why_conflicted(session, user, organisation.id) is not None


def check_independent(session: Session, user: User, review: Review) -> None:
    """Refuse somebody with an interest in the employer whose case this is, and whoever had a part in a decision on it
    that an appeal overturned."""
    interests.check_none(session, user, review.assessment.organisation_id, WORK)
    why = set_apart.why_not(session, user, review.id)
    if why is not None:
        raise Refusal(why)


def check_holds(session: Session, user: User, review: Review) -> None:
    """Refuse anyone but the assessor whose case this is, and anyone with an interest in the employer."""
    if review.assessor_id is None:
        raise Refusal("Take this case before you work on it.")
    if review.assessor_id != user.id:
        raise Refusal("Somebody else has this case. Only the assessor who has a case can work on it.")
    check_independent(session, user, review)


def is_second(session: Session, user: User, review: Review) -> bool:
    """Whether somebody has looked at a case as its second assessor: then they never have it, and never decide it."""
    theirs = sa.exists().where(
        SecondLook.review_id == review.id, SecondLook.by_id == user.id, SecondLook.kind == LookKind.ASSESSOR
    )
    return bool(session.scalar(sa.select(theirs)))


TOOK_PART, SECOND = "took part in the decision that was appealed", "is the second assessor of this case"
"""Why somebody without an interest in an employer may not have one of its cases, after their name."""


def kept_from(session: Session, user_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, str]]:
    """For each of these people, the open cases that they may never have whatever they declared, each with why, to be
    read after their name (one query). What `claim` refuses, whoever gives a case out must know too."""
    apart = sa.select(SetApart.user_id, SetApart.review_id, sa.literal(TOOK_PART))
    seconds = sa.select(SecondLook.by_id, SecondLook.review_id, sa.literal(SECOND))
    found: dict[UUID, dict[UUID, str]] = {}
    for user_id, review_id, why in session.execute(
        sa.union(
            apart.join(Review, Review.id == SetApart.review_id).where(
                SetApart.user_id.in_(user_ids), Review.status.in_(OPEN)
            ),
            seconds.join(Review, Review.id == SecondLook.review_id).where(
                SecondLook.by_id.in_(user_ids), SecondLook.kind == LookKind.ASSESSOR, Review.status.in_(OPEN)
            ),
        )
    ):
        theirs = found.setdefault(user_id, {})
        theirs[review_id] = TOOK_PART if why == TOOK_PART else theirs.get(review_id, why)
    return found


FOUND, CHANGED, RECOMMENDED = "finding:save", "finding:change", "case:recommend"
"""What the trail calls the deeds of whoever judges a case. It keeps them also when somebody else wrote over them."""


def why_worked(session: Session, user: User, review: Review) -> str | None:
    """Why `user` may have no part in deciding a case, in a sentence: they found something or recommended a level in it,
    also before it was sent back, given to somebody else or found anew. None when they did neither (one query).

    To change a finding as its moderator is part of moderating; to find the same as its assessor, before or after, is
    not.
    """
    worked = session.scalar(sa.select(_did(user, review, FOUND, RECOMMENDED)))
    return "You worked on this case, so somebody else must decide." if worked else None


def has_judged(session: Session, user: User, review: Review) -> bool:
    """Whether `user` found, changed or recommended anything in a case, or looked at it as its moderator: they are no
    second pair of eyes, and saw what the first found."""
    looked = sa.exists().where(
        SecondLook.review_id == review.id, SecondLook.by_id == user.id, SecondLook.kind == LookKind.MODERATOR
    )
    return bool(session.scalar(sa.select(sa.or_(_did(user, review, FOUND, CHANGED, RECOMMENDED), looked))))


def _did(user: User, review: Review, *actions: str) -> sa.Exists:
    return sa.exists().where(
        audit.AuditEvent.case_id == review.assessment_id,
        audit.AuditEvent.actor_id == user.id,
        audit.AuditEvent.action.in_(actions),
    )


def check_did_not_work(session: Session, user: User, review: Review) -> None:
    """Refuse to moderate whoever worked on a case (`why_worked`): nobody moderates their own review."""
    why = why_worked(session, user, review)
    if why is not None:
        raise Refusal(why)


def is_at_desk(user: User) -> bool:
    """Whether somebody works on cases: their role says so, and their account is open."""
    return user.role in AT_THE_DESK and user.disabled_at is None


def _check_at_desk(session: Session, user: User) -> None:
    """Refuse somebody whose account was closed, or whose role was changed, since they opened the page. Their row is
    held, so that nobody closes it before the case is theirs and can be handed back with the others."""
    open_now = sa.select(User.id).where(User.id == user.id, User.disabled_at.is_(None), User.role.in_(AT_THE_DESK))
    if session.scalars(open_now.with_for_update(read=True)).first() is None:
        raise Refusal("You do not work on cases any more. Ask an administrator.")


def claim(session: Session, review: Review, *, by: User, at: datetime) -> None:
    """`by` takes a case that waits. Of two who take it at once, one gets it and the other is told who did."""
    review = locked(session, review)
    check_independent(session, by, review)
    _check_at_desk(session, by)
    if review.assessor_id == by.id:
        raise Refusal("You already have this case.")
    if review.status is not ReviewStatus.WAITING and review.assessor_id is not None:
        holder = session.get(User, review.assessor_id)
        raise Refusal(f"{holder} has just taken this case.")
    if is_second(session, by, review):
        raise Refusal("You are this case's second assessor, so somebody else must take it.")
    review.move(CLAIM, at=at)
    review.assessor_id, review.claimed_at = by.id, at
    audit.record(session, "case:claim", review, by=by.id, at=at, case=review.assessment_id)


def release(session: Session, review: Review, *, by: User, at: datetime) -> None:
    """The assessor gives a case back to the queue; a moderator may too, when its assessor cannot. Findings stay."""
    review = locked(session, review)
    if review.assessor_id != by.id and by.role is not Role.MODERATOR:
        raise Refusal("Only the assessor who has this case, or a moderator, can give it back.")
    let_go(session, review, by=by, at=at)


def holder_of(session: Session, review: Review) -> User | None:
    """Who has a case, held and read again: whoever closes the account in this moment hands back what they have by
    then."""
    if review.assessor_id is None:
        return None
    return session.get_one(User, review.assessor_id, with_for_update={"read": True}, populate_existing=True)


def why_unable(session: Session, holder: User, review: Review) -> str | None:
    """Why whoever has a case cannot work on it any more, in a word for the trail: "left" the desk, or an "interest"."""
    if not is_at_desk(holder):
        return "left"
    return "interest" if conflicted(session, holder, review.assessment.organisation) else None


def let_go_if_unable(session: Session, review: Review, *, at: datetime) -> bool:
    """A case that has come back to its assessor waits for another one when that person cannot work on it by now: they
    declared an interest, or left the desk, while it was with a moderator or the panel. Whether it does."""
    holder = holder_of(session, review)
    because = why_unable(session, holder, review) if holder else None
    if because:
        let_go(session, review, because=because, by=None, at=at)
    return because is not None


def let_go_of_interests(session: Session, on: date, at: datetime) -> int:
    """Cases in review whose assessor came to have an interest in the employer go back to the queue; how many.

    Who declares one gives the case back at once. But one declared of an employer to come binds when an employer takes
    that name or number, and goes along when two employers are merged: then nobody is at the desk who would.
    """
    theirs = interests.has_one(Review.assessor_id, Assessment.organisation_id)
    given = 0
    for found in session.scalars(
        sa.select(Review)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(Review.status == ReviewStatus.IN_REVIEW, theirs)
        .order_by(Assessment.id)
    ).all():
        review = locked(session, found)
        if review.status is ReviewStatus.IN_REVIEW:  # as it is now
            given += let_go_if_unable(session, review, at=at)
    return given


def hand_back(session: Session, holder: User, *, by: User, at: datetime) -> int:
    """Every case that `holder` has in review goes back to the queue, because they leave the desk; how many. Findings
    stay. What is with the employer, a moderator or the panel stays there, and is let go when it comes back."""
    given = 0
    for found in in_review(session, holder):
        review = locked(session, found)
        if review.assessor_id == holder.id and review.status is ReviewStatus.IN_REVIEW:  # as it is now
            let_go(session, review, by=by, at=at)
            given += 1
    return given


def let_go(session: Session, review: Review, *, because: str = "", by: User | None, at: datetime) -> None:
    """A case goes back to the queue. `by` is None where the portal does it; then `because` says why, in a word."""
    review.move(RELEASE, at=at)
    said = {"because": because} if because else {}
    audit.record(
        session,
        "case:release",
        review,
        by=by.id if by else None,
        at=at,
        case=review.assessment_id,
        assessor=str(review.assessor_id),
        **said,
    )
    review.assessor_id = review.claimed_at = None


def declare_conflict(
    session: Session,
    organisation: Organisation,
    *,
    reason: str,
    kind: InterestKind = InterestKind.OTHER,
    since: date | None = None,
    by: User,
    at: datetime,
) -> Conflict:
    """`by` says that they have an interest in this employer. A case of its that they have goes back to the queue."""
    conflict = interests.declare(session, organisation, reason=reason, kind=kind, since=since, by=by, at=at)
    for review in in_review(session, by, organisation):
        release(session, review, by=by, at=at)
    return conflict


def in_review(session: Session, user: User, organisation: Organisation | None = None) -> list[Review]:
    """The cases that `user` has in review, of one employer or of all, in the order in which they are locked."""
    return list(
        session.scalars(
            sa.select(Review)
            .join(Assessment, Assessment.id == Review.assessment_id)
            .where(
                Assessment.organisation_id == organisation.id if organisation else sa.true(),
                Review.assessor_id == user.id,
                Review.status == ReviewStatus.IN_REVIEW,
            )
            .order_by(Assessment.id)
        )
    )
