"""What an employer sends when more was asked goes back to whoever asked, unless that person cannot take it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from charter.account import away
from charter.account.models import User
from charter.notification import emails
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.timing import working_days

LONG = 5
"""Away for more working days than this from now is too long for an employer to wait."""


def to_its_assessor(session: Session, review: Review, *, at: datetime, on: date) -> bool:
    """Whether a case that is in review again stays with its assessor.

    When that person has left, is away for long, or has declared an interest by now, it waits for another one, and comes
    before all that were never asked about (`next_case`). The person is told in either case, unless they have left.
    """
    holder = allocation.holder_of(session, review)
    assert holder is not None, "a case that the employer was asked about has an assessor"
    because = _why_not(session, holder, review, on=on)
    said: dict[str, Any] = {"to": holder, "organisation_name": review.assessment.organisation.name}
    round = review.assessment.round
    if because is None:
        emails.answer_came(
            session,
            **said,
            due_on=review.due_on,
            review_id=review.id,
            event_key=f"answer-came:{review.id}:{round}",
            at=at,
        )
        return True
    allocation.let_go(session, review, because=because, by=None, at=at)
    emails.answer_went_on(session, **said, because=because, event_key=f"answer-went-on:{review.id}:{round}", at=at)
    return False


def _why_not(session: Session, holder: User, review: Review, *, on: date) -> str | None:
    """In a word for the trail and the email: "left", "interest" or "away"; None when the person can take it."""
    unable = allocation.why_unable(session, holder, review)
    if unable is not None:
        return unable
    back = away.until(session, on=on).get(holder.id)
    if back is not None and working_days.between(on, back) > LONG:
        return "away"
    return None
