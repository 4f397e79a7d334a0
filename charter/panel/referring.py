"""A moderator puts a case before the panel though the version of the charter it is on does not ask for that."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.organisation import interests
from charter.review import moderation
from charter.review.handing_out import allocation
from charter.review.models import Moderation, ModerationOutcome, Review
from charter.review.recommendation import check_length
from charter.review.status import REFER, ReviewStatus

DEED = "look at its recommendation"
"""What somebody without an interest must do instead."""


def why_not(session: Session, review: Review, user: User) -> str | None:
    """Why `user` may not put a case before the panel, in a sentence; None when they may."""
    if review.status is not ReviewStatus.RECOMMENDED:
        return "Only a case with a recommendation that nobody has decided on can go to the panel."
    if user.id in {review.recommended_by_id, review.assessor_id}:
        return "You recommended this level, so somebody else must look at it."
    why = interests.why_not(session, user, review.assessment.organisation_id, DEED)
    if why is not None:
        return why
    try:  # it is a moderator's agreement, and asks of whoever gives it what moderating does
        moderation.check_moderates(session, review, user)
    except Refusal as refusal:
        return str(refusal)
    return None


def refer(session: Session, review: Review, *, reasons: str, by: User, at: datetime) -> Moderation:
    """Agree with a recommendation and let the partners decide; `reasons` are for them and the scheme's staff.

    Raises `Refusal` when there is no recommendation, without reasons, and for who recommended it or has an interest.
    """
    review = allocation.locked(session, review)
    reason = why_not(session, review, by)
    if reason is not None:
        raise Refusal(reason)
    reasons = reasons.strip()
    if not reasons:
        raise Refusal("Say why the partners should decide.", field="reasons")
    check_length(reasons)
    level = review.recommended_level
    assert level is not None, "a recommendation has a level"
    agreed = Moderation(
        review_id=review.id,
        moderator_id=by.id,
        outcome=ModerationOutcome.AGREED,
        recommended_level=level,
        level=level,
        reasons=reasons,
        at=at,
    )
    session.add(agreed)
    review.move(REFER, at=at)
    audit.record(
        session, "case:refer", review, by=by.id, at=at, case=review.assessment_id, recommended=level, level=level
    )
    return agreed
