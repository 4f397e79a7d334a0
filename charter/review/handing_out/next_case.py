"""Take the next one: the case most in need of all that a person may have, an employer that answered before all."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account import away
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import day_in_words
from charter.errors import Refusal
from charter.organisation import interests
from charter.review.handing_out import allocation, queue, workload
from charter.review.models import Review
from charter.review.status import ReviewStatus


def last_taken_at(session: Session, person: User) -> datetime | None:
    """When a person took, or was given, the newest of their cases. A form carries it, so that pressed twice it takes
    one."""
    return session.scalar(sa.select(sa.func.max(Review.claimed_at)).where(Review.assessor_id == person.id))


def take(session: Session, *, seen: datetime | None, by: User, at: datetime, on: date) -> Review:
    """`by` takes the case that is due first of those that wait and that they may have; before
    all, one whose employer has answered what somebody else asked.

    `seen` is what `last_taken_at` was when they were offered it: when they took a case since, that one is given again.
    Two who take at once get two cases: a case that somebody else holds in this moment is passed over.

    Raises `Refusal` when they are away, have as many cases as one person should, or nothing waits that they may have.
    """
    # The person's row is held first, so that two windows of one person do not both take.
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    last = last_taken_at(session, by)
    if last is not None and (seen is None or last > seen):
        newest = sa.select(Review).where(Review.assessor_id == by.id, Review.claimed_at == last).order_by(Review.id)
        return session.scalars(newest.limit(1)).one()
    check_room(session, by, on=on)
    passed: set[UUID] = set()
    while True:
        found = _first(session, by, passed)
        if found is None:
            raise _nothing(session)
        # Its assessment is held by now, as every step of a case begins. Somebody who was first may have let go of it
        # between our look and our lock, so it is read again.
        review = allocation.locked(session, session.get_one(Review, found))
        if review.status is ReviewStatus.WAITING:
            allocation.claim(session, review, by=by, at=at)
            return review
        passed.add(found)


def check_room(session: Session, person: User, *, on: date) -> None:
    """Refuse somebody who is away, or has as many cases as one person should have."""
    back = away.until(session, on=on).get(person.id)
    if back is not None:
        raise Refusal(
            f"Your away dates say that you are away until {day_in_words(back)}. If you are back, end them first."
        )
    most, has = workload.most(session), workload.held(session, [person.id]).get(person.id, 0)
    if has >= most:
        raise Refusal(
            f"You have {has} open cases, and one person should have {most} at most. Recommend a level for one, or give "
            "one back to the queue, then take the next."
        )


def _first(session: Session, by: User, passed: set[UUID]) -> UUID | None:
    declared = interests.by_person(session, [by.id]).get(by.id, frozenset())
    kept = allocation.kept_from(session, [by.id]).get(by.id, {}).keys()
    return session.scalars(
        sa.select(Review.id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(
            Review.status == ReviewStatus.WAITING,
            Assessment.organisation_id.not_in(declared),
            Review.id.not_in(passed | kept),
        )
        .order_by(queue.answered_first(), Review.due_on, Review.waiting_since, Review.id)
        .limit(1)
        .with_for_update(of=Assessment, skip_locked=True)
    ).first()


def _nothing(session: Session) -> Refusal:
    waits = session.scalar(sa.select(sa.exists().where(Review.status == ReviewStatus.WAITING)))
    if waits:
        return Refusal(
            "No case waits that you can have: you declared an interest in those employers, had a part in those cases "
            "before, or somebody else is taking them right now. Somebody else must take them."
        )
    return Refusal("No case waits for an assessor. There is nothing to take.")
