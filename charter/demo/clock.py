"""Time in the demo: an employer that has not answered for long, one that was given more time, and the reminders."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.review import more_information, submitted
from charter.review.models import About, Review, Subject
from charter.review.status import ReviewStatus
from charter.review.timing import patience, reminding, silence, working_days

ASKED, ANSWER_BY = timedelta(days=-18), timedelta(days=-9)
"""When the silent employer was asked and was to answer, from the demo's day."""


def add(staff: Staff, on: date) -> None:
    """Make them through the scheme's own verbs, the reminders on the days on which they went out."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        patience.set_days(session, 4, by=administrator, at=at(on - timedelta(days=100)))
        _fall_silent(session, on)
    for days in range(ASKED.days, 1):
        with transaction() as session:
            day = on + timedelta(days=days)
            reminding.remind(session, day, at(day, 6))
    with transaction() as session:
        _give_time(session, on)


def _fall_silent(session: Session, on: date) -> None:
    """The case that has been in review longest, of those for a level that one person looks at: nobody answers it."""
    reviews = session.scalars(
        sa.select(Review)
        .join(Review.assessment)
        .where(Review.status == ReviewStatus.IN_REVIEW, Review.claimed_at < at(on + ASKED))
        .order_by(Assessment.target_level, Review.waiting_since, Review.id)
    )
    review = next((one for one in reviews if one.assessment.round == 1), None)
    if review is None:
        return
    criteria = submitted.asked(review.assessment, submitted.latest(session, review.assessment))
    more_information.ask(
        session,
        review,
        questions={
            Subject(About.CRITERION, criteria[0].code): "Please tell us who in your team this covers, and since when.",
        },
        answer_by=on + ANSWER_BY,
        by=session.get_one(User, review.assessor_id),
        at=at(on + ASKED, 14),
    )


def _give_time(session: Session, on: date) -> None:
    """The employer that was asked last has rung its assessor."""
    reviews = session.scalars(
        sa.select(Review).where(Review.status == ReviewStatus.WITH_EMPLOYER).order_by(Review.due_on.desc(), Review.id)
    )
    for review in reviews:
        requests = silence.asked(session, review)
        before = max(one.answer_by for one in requests)
        if before > on:
            silence.more_time(
                session,
                review,
                answer_by=working_days.after(before, 3),
                seen=before,
                by=session.get_one(User, review.assessor_id),
                at=at(on - timedelta(days=1), 15),
            )
            return
