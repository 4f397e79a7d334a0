"""A second person looks at a recommendation, and decides or sends it back. Nobody moderates their own.

Pages decide through `charter.improvement.with_plan`, so that the employer's plan follows.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.review import deciding, sending_back
from charter.review.handing_out.allocation import check_did_not_work, check_independent, locked
from charter.review.models import Moderation, ModerationOutcome, Review
from charter.review.recommendation import check_length, check_level
from charter.review.second import second_looks
from charter.review.status import REFER, ReviewStatus


def agree(session: Session, review: Review, *, reasons: str = "", by: User, at: datetime, on: date) -> Moderation:
    """Decide as was recommended. The employer reads `reasons`, or the assessor's own when there are none."""
    review = for_moderation(session, review, by)
    assert review.recommended_level is not None
    check_level(session, review, level=review.recommended_level, on=on)
    return _finish(
        session,
        review,
        ModerationOutcome.AGREED,
        level=review.recommended_level,
        reasons=reasons.strip() or review.recommendation,
        by=by,
        at=at,
        on=on,
    )


def change(
    session: Session, review: Review, *, level: int, reasons: str, by: User, at: datetime, on: date
) -> Moderation:
    """Decide on another level than was recommended, at most what the findings reach, with reasons."""
    review = for_moderation(session, review, by)
    reasons = _needed(reasons, "Say why you change the level. The employer reads it.")
    if level == review.recommended_level:
        raise Refusal("That is the level that was recommended. Agree to it, or choose another.", field="level")
    check_level(session, review, level=level, on=on)
    return _finish(session, review, ModerationOutcome.CHANGED, level=level, reasons=reasons, by=by, at=at, on=on)


def send_back(session: Session, review: Review, *, reasons: str, by: User, at: datetime) -> Moderation:
    """Give the case back to its assessor, who is told, with reasons only the scheme's staff read."""
    review = for_moderation(session, review, by)
    reasons = _needed(reasons, "Say what the assessor should look at again.")
    recommended = sending_back.to_its_assessor(session, review, sent_by=by.name, by=by, at=at)
    return _note(
        session, review, ModerationOutcome.SENT_BACK, recommended=recommended, level=None, reasons=reasons, by=by, at=at
    )


def for_moderation(session: Session, review: Review, by: User) -> Review:
    """A recommended case, held for somebody who may moderate it; `Refusal` for everybody else."""
    review = locked(session, review)
    _check(session, review, by)
    return review


def why_not(session: Session, review: Review, user: User) -> str | None:
    """Why `user` may not decide on a recommendation, in a sentence, before they type anything; None when they may."""
    try:
        _check(session, review, user)
    except Refusal as refusal:
        return str(refusal)
    return None


def _check(session: Session, review: Review, by: User) -> None:
    if review.status is ReviewStatus.DECIDED:
        raise Refusal("This case has been decided already.")
    if review.status is not ReviewStatus.RECOMMENDED:
        raise Refusal("There is no recommendation to look at yet.")
    if by.id in {review.recommended_by_id, review.assessor_id}:
        raise Refusal("You recommended this level, so somebody else must decide.")
    check_moderates(session, review, by)


def check_moderates(session: Session, review: Review, by: User) -> None:
    """Refuse who worked on a case, has an interest in its employer, or has not made the second look that it gets."""
    check_did_not_work(session, by, review)
    check_independent(session, by, review)
    second_looks.check_moderates(session, review, by)


def _needed(reasons: str, message: str) -> str:
    reasons = reasons.strip()
    if not reasons:
        raise Refusal(message, field="reasons")
    check_length(reasons)
    return reasons


def _finish(
    session: Session,
    review: Review,
    outcome: ModerationOutcome,
    *,
    level: int,
    reasons: str,
    by: User,
    at: datetime,
    on: date,
) -> Moderation:
    """What a moderator who is content does: decide, or put the case before the panel where the level asks for one."""
    check_length(reasons)
    recommended = review.recommended_level
    assert recommended is not None
    moderation = _note(session, review, outcome, recommended=recommended, level=level, reasons=reasons, by=by, at=at)
    aimed_at = review.assessment.framework.content.level(review.assessment.target_level)
    if aimed_at is not None and aimed_at.review.panel:
        review.move(REFER, at=at)
        audit.record(
            session,
            "case:refer",
            review,
            by=by.id,
            at=at,
            case=review.assessment_id,
            recommended=recommended,
            level=level,
        )
    else:
        deciding.decide(session, review, level=level, reasons=reasons, outcome=outcome.value, by=by, at=at, on=on)
    return moderation


def _note(
    session: Session,
    review: Review,
    outcome: ModerationOutcome,
    *,
    recommended: int,
    level: int | None,
    reasons: str,
    by: User,
    at: datetime,
) -> Moderation:
    moderation = Moderation(
        review_id=review.id,
        moderator_id=by.id,
        outcome=outcome,
        recommended_level=recommended,
        level=level,
        reasons=reasons,
        at=at,
    )
    session.add(moderation)
    return moderation
