"""An employer has not answered: its assessor gives it more time, or goes on with what is there.

Neither comes by surprise. The employer is told of its day twice before it and once after, with the day until which we
wait; and of each of these steps when it is taken.
"""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import sign_off
from charter.assessment import status as assessment_status
from charter.clock import day_in_words, local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.review import telling
from charter.review.handing_out.allocation import check_holds, locked
from charter.review.models import InformationRequest, Review
from charter.review.status import GO_ON, ReviewStatus
from charter.review.timing import clock, patience, reminding, working_days

LATEST = timedelta(days=183)
"""So far ahead a new day may be."""
ANSWERED = "The employer is not asked anything now. Look at the case again: it may have answered."


def asked(session: Session, review: Review) -> tuple[InformationRequest, ...]:
    """What the employer is asked in this round (one query)."""
    query = sa.select(InformationRequest).where(
        InformationRequest.review_id == review.id, InformationRequest.round == review.assessment.round
    )
    return tuple(session.scalars(query.order_by(InformationRequest.about, InformationRequest.code)))


def more_time(session: Session, review: Review, *, answer_by: date, seen: date, by: User, at: datetime) -> None:
    """Give the employer a later day to answer by, and tell it. The same again changes nothing.

    `seen` is the day that held when the page was opened. Raises `Refusal` when the case is somebody else's, the
    employer is not asked anything, or somebody changed the day meanwhile, and on "answer_by" for a day that is past,
    not later, or too far ahead.
    """
    review = locked(session, review)
    check_holds(session, by, review)
    requests = _open(session, review)
    before, on = max(one.answer_by for one in requests), local_date(at)
    if answer_by == before:
        return
    if seen != before:
        raise Refusal(f"The day was changed to {day_in_words(before)} since you opened this page. Choose again.")
    if answer_by <= on:
        raise Refusal("The day to answer by must be in the future.", field="answer_by")
    if answer_by < before:
        raise Refusal(f"The employer has until {day_in_words(before)} already. Choose a later day.", field="answer_by")
    if answer_by > on + LATEST:
        raise Refusal("Choose a day within the next six months.", field="answer_by")
    for one in requests:
        one.answer_by = answer_by
    review.turns[-1].reminded_days = reminding.told_of(on, answer_by)
    audit.record(
        session,
        "case:more-time",
        review,
        by=by.id,
        at=at,
        case=review.assessment_id,
        before=before.isoformat(),
        after=answer_by.isoformat(),
    )
    emails.more_time_given(
        session,
        **telling.about(session, review.assessment, level=review.assessment.target_level),
        reply_by=answer_by,
        event_key=f"more-time:{review.id}:{review.assessment.round}:{answer_by.isoformat()}",
        at=at,
    )


def may_go_on(answer_by: date, waits: int, on: date) -> bool:
    """Whether an answer that was to come by `answer_by` is so late that we may go on: `waits` working days and more."""
    return on > working_days.after(answer_by, waits)


def go_on(session: Session, review: Review, *, by: User, at: datetime, on: date) -> None:
    """Take up a case again without the answer. What the employer sent before counts; it is told, with the new day.

    The round stays: nothing was sent. What the employer changed and did not send is kept for it.

    Raises `Refusal` when the case is somebody else's, the employer has answered, or it still has time.
    """
    review = locked(session, review)
    check_holds(session, by, review)
    requests = _open(session, review)
    day = max(one.answer_by for one in requests)
    waits_until = patience.ends_on(session, day)
    if on <= waits_until:
        raise Refusal(f"The employer was told that we wait until {day_in_words(waits_until)}. Go on after that day.")
    assessment = review.assessment
    review.move(GO_ON, at=at)
    assessment.move(assessment_status.GO_ON)
    sign_off.end(session, assessment, by=by, at=at)
    review.due_on = clock.due_on(telling.clock_of(review, on=on), on)
    audit.record(
        session,
        "case:go-on",
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        round=assessment.round,
        answer_by=day.isoformat(),
        due_on=review.due_on.isoformat(),
    )
    emails.went_on_without_answer(
        session,
        **telling.about(session, assessment, level=assessment.target_level),
        reply_by=day,
        due_on=review.due_on,
        event_key=f"go-on:{review.id}:{assessment.round}",
        at=at,
    )


def went_on(session: Session, review: Review) -> bool:
    """Whether the case went on in this round without the answer to what was asked in it (one query)."""
    return review.status is not ReviewStatus.WITH_EMPLOYER and bool(asked(session, review))


def _open(session: Session, review: Review) -> tuple[InformationRequest, ...]:
    requests = asked(session, review) if review.status is ReviewStatus.WITH_EMPLOYER else ()
    if not requests:
        raise Refusal(ANSWERED)
    return requests
