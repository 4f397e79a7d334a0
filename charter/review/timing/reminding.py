"""An employer that was asked for more is reminded before its day, and told on the day after what happens now."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.notification import emails
from charter.review import telling
from charter.review.models import InformationRequest, Review
from charter.review.status import ReviewStatus
from charter.review.timing import patience, working_days
from charter.review.timing.turns import Turn

BEFORE = (5, 1)
"""Working days before the day to answer by on which an employer is reminded."""
AFTER = -1
"""Stands for the day after."""
MOST = 200
"""So many cases at a time; the rest are told the next hour."""


def told_of(on: date, answer_by: date) -> int | None:
    """Which reminder has come by a day: the working days before, `AFTER`, or None when it is too early for any.

    What tells an employer of its day tells it as much as this reminder would, so the turn keeps it as sent.
    """
    if on > answer_by:
        return AFTER
    left = working_days.between(on, answer_by)
    return min((days for days in BEFORE if left <= days), default=None)


def remind(session: Session, on: date, at: datetime) -> int:
    """Send each reminder that has come and was not sent, one for a case at most. Says for how many cases."""
    found = _waiting(session, on)
    for review, turn, answer_by in found:
        now_told = told_of(on, answer_by)
        turn.reminded_days = now_told
        assessment = review.assessment
        what = {
            **telling.about(session, assessment, level=assessment.target_level),
            "reply_by": answer_by,
            "waits_until": patience.ends_on(session, answer_by),
            "event_key": f"answer:{review.id}:{turn.number}:{answer_by.isoformat()}:{now_told}",
            "at": at,
        }
        if now_told == AFTER:
            emails.answer_late(session, **what)
        else:
            emails.answer_due(session, days_left=working_days.between(on, answer_by), **what)
    return len(found)


def answer_by() -> sa.ScalarSelect[date]:
    """The day by which the employer of a case was asked to answer in this round, for a query on `Review` joined with
    `Assessment`; null when nothing is asked."""
    return (
        sa.select(sa.func.max(InformationRequest.answer_by))
        .where(InformationRequest.review_id == Review.id, InformationRequest.round == Assessment.round)
        .correlate(Review, Assessment)
        .scalar_subquery()
    )


def _waiting(session: Session, on: date) -> Sequence[tuple[Review, Turn, date]]:
    """The cases with an employer whose day is near or past and that were not told of that, the earliest first; kept
    from another worker meanwhile."""
    day, told = answer_by(), Turn.reminded_days
    # A day that is no working day is as near as the working day before it: it is before the next working day.
    near = [
        sa.and_(day >= on, day < working_days.after(on, days + 1), sa.or_(told.is_(None), told > days))
        for days in BEFORE
    ]
    past = sa.and_(day < on, sa.or_(told.is_(None), told > AFTER))
    rows = session.execute(
        sa.select(Review, Turn, day)
        .join(Review.assessment)
        .join(Turn, sa.and_(Turn.review_id == Review.id, Turn.ended_at.is_(None)))
        .where(Review.status == ReviewStatus.WITH_EMPLOYER, sa.or_(past, *near))
        .order_by(day, Review.id)
        .limit(MOST)
        .with_for_update(of=Turn, skip_locked=True)
    ).all()
    return [(review, turn, by) for review, turn, by in rows]
