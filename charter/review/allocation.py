"""Who works on a case, and who may not because they have an interest in the employer."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.organisation import interests
from charter.organisation.models import Conflict, InterestKind, Organisation
from charter.review import set_apart
from charter.review.models import Finding, Review
from charter.review.second_models import FindingChange, LookKind, SecondLook
from charter.review.status import CLAIM, RELEASE, ReviewStatus

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


def check_did_not_work(session: Session, user: User, review: Review) -> None:
    """Refuse to moderate whoever wrote a finding or recommended a level in this case, also before it was sent back or
    given to somebody else: nobody moderates their own review."""
    changed = sa.exists().where(  # a moderator's own change of a finding is part of moderating
        FindingChange.review_id == review.id,
        FindingChange.criterion == Finding.criterion,
        FindingChange.by_id == user.id,
    )
    wrote = sa.select(Finding.id).where(Finding.review_id == review.id, Finding.found_by_id == user.id, ~changed)
    recommended = sa.select(audit.AuditEvent.id).where(
        audit.AuditEvent.case_id == review.assessment_id,
        audit.AuditEvent.action == "case:recommend",
        audit.AuditEvent.actor_id == user.id,
    )
    if session.scalar(sa.select(sa.or_(wrote.exists(), recommended.exists()))):
        raise Refusal("You worked on this case, so somebody else must decide.")


def claim(session: Session, review: Review, *, by: User, at: datetime) -> None:
    """`by` takes a case that waits. Of two who take it at once, one gets it and the other is told who did."""
    review = locked(session, review)
    check_independent(session, by, review)
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
    review.move(RELEASE, at=at)
    audit.record(
        session, "case:release", review, by=by.id, at=at, case=review.assessment_id, assessor=str(review.assessor_id)
    )
    review.assessor_id = review.claimed_at = None


def let_go_if_interested(session: Session, review: Review, *, at: datetime) -> bool:
    """A case that has come back to its assessor waits for another one when that person has an interest by now: they
    declared it while the case was with the employer, a moderator or the panel. Says whether it does."""
    holder = session.get(User, review.assessor_id) if review.assessor_id else None
    if holder is None or not conflicted(session, holder, review.assessment.organisation):
        return False
    let_go(session, review, because="interest", at=at)
    return True


def let_go(session: Session, review: Review, *, because: str, at: datetime) -> None:
    """The portal puts a case back on the queue; `because` is why, in a word for the trail."""
    review.move(RELEASE, at=at)
    audit.record(
        session,
        "case:release",
        review,
        by=None,
        at=at,
        case=review.assessment_id,
        assessor=str(review.assessor_id),
        because=because,
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
    for review in _held(session, by, organisation):
        release(session, review, by=by, at=at)
    return conflict


def _held(session: Session, user: User, organisation: Organisation) -> list[Review]:
    return list(
        session.scalars(
            sa.select(Review)
            .join(Assessment, Assessment.id == Review.assessment_id)
            .where(
                Assessment.organisation_id == organisation.id,
                Review.assessor_id == user.id,
                Review.status == ReviewStatus.IN_REVIEW,
            )
            .order_by(Review.id)
        )
    )
