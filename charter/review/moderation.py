"""A second person looks at a recommendation, and decides or sends it back. Nobody moderates their own.

Pages decide through `charter.improvement.with_plan`, so that the employer's plan follows.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import status as assessment_status
from charter.award import issuing
from charter.errors import Refusal
from charter.notification import emails
from charter.review import submitted, telling
from charter.review.allocation import check_independent, locked
from charter.review.attainment import headcount
from charter.review.models import Moderation, ModerationOutcome, Review
from charter.review.recommendation import check_length, check_level
from charter.review.status import DECIDE, SEND_BACK, ReviewStatus


def agree(session: Session, review: Review, *, reasons: str = "", by: User, at: datetime, on: date) -> Moderation:
    """Decide as was recommended. The employer reads `reasons`, or the assessor's own when there are none."""
    review = _for_moderation(session, review, by)
    assert review.recommended_level is not None
    check_level(session, review, level=review.recommended_level, on=on)
    return _decide(
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
    review = _for_moderation(session, review, by)
    reasons = _needed(reasons, "Say why you change the level. The employer reads it.")
    if level == review.recommended_level:
        raise Refusal("That is the level that was recommended. Agree to it, or choose another.", field="level")
    check_level(session, review, level=level, on=on)
    return _decide(session, review, ModerationOutcome.CHANGED, level=level, reasons=reasons, by=by, at=at, on=on)


def send_back(session: Session, review: Review, *, reasons: str, by: User, at: datetime) -> Moderation:
    """Give the case back to its assessor, with reasons only the scheme's staff read."""
    review = _for_moderation(session, review, by)
    reasons = _needed(reasons, "Say what the assessor should look at again.")
    recommended = review.recommended_level
    assert recommended is not None
    review.move(SEND_BACK)
    review.recommended_level = review.recommended_by_id = review.recommended_at = None
    moderation = _note(
        session, review, ModerationOutcome.SENT_BACK, recommended=recommended, level=None, reasons=reasons, by=by, at=at
    )
    audit.record(session, "case:send-back", review, by=by.id, at=at, case=review.assessment_id, recommended=recommended)
    return moderation


def _for_moderation(session: Session, review: Review, by: User) -> Review:
    review = locked(session, review)
    if review.status is ReviewStatus.DECIDED:
        raise Refusal("This case has been decided already.")
    if review.status is not ReviewStatus.RECOMMENDED:
        raise Refusal("There is no recommendation to look at yet.")
    if by.id in {review.recommended_by_id, review.assessor_id}:
        raise Refusal("You recommended this level, so somebody else must decide.")
    check_independent(session, by, review)
    return review


def _needed(reasons: str, message: str) -> str:
    reasons = reasons.strip()
    if not reasons:
        raise Refusal(message, field="reasons")
    check_length(reasons)
    return reasons


def _decide(
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
    """One decision: the case, the assessment, the award and what the employer is told, all or nothing."""
    check_length(reasons)
    assessment, recommended = review.assessment, review.recommended_level
    assert recommended is not None
    review.move(DECIDE)
    review.decided_level, review.decided_by_id, review.decided_at, review.reasons = level, by.id, at, reasons
    assessment.move(assessment_status.DECIDE)
    assessment.decided_at, assessment.decided_level = at, level
    moderation = _note(session, review, outcome, recommended=recommended, level=level, reasons=reasons, by=by, at=at)
    audit.record(
        session,
        "case:decide",
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        recommended=recommended,
        level=level,
        outcome=outcome.value,
    )
    if level > 0:
        said = submitted.latest(session, assessment)
        award = issuing.issue(
            session, assessment, level=level, headcount=headcount(assessment, said), by=by, at=at, on=on
        )
        emails.decision_awarded(
            session,
            **telling.about(session, assessment, level=level),
            valid_until=award.ends_on,
            valid_from=award.starts_on if award.starts_on > on else None,
            certificate_code=award.code,
            event_key=f"decision:{review.id}",
            at=at,
        )
    else:
        emails.decision_not_awarded(
            session,
            **telling.about(session, assessment, level=assessment.target_level),
            event_key=f"decision:{review.id}",
            at=at,
        )
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
