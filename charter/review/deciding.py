"""The decision on a case, whoever takes it: the case, the assessment, the award and what the employer is told."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import status as assessment_status
from charter.award import issuing
from charter.notification import emails
from charter.review import submitted, telling
from charter.review.attainment import headcount
from charter.review.models import Review
from charter.review.status import DECIDE


def decide(
    session: Session,
    review: Review,
    *,
    level: int,
    reasons: str,
    outcome: str,
    by: User,
    at: datetime,
    on: date,
) -> None:
    """Decide a case that is held (`allocation.locked`) on `level`, 0 for no award: all of it or nothing.

    `reasons` are what the employer reads; `outcome` says, for the trail, how the decision stands to the recommendation.
    Who may decide, and which levels, the callers check: `moderation` and the panel.
    """
    assessment, recommended = review.assessment, review.recommended_level
    review.move(DECIDE)
    review.decided_level, review.decided_by_id, review.decided_at, review.reasons = level, by.id, at, reasons
    assessment.move(assessment_status.DECIDE)
    assessment.decided_at, assessment.decided_level = at, level
    audit.record(
        session,
        "case:decide",
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        recommended=recommended,
        level=level,
        outcome=outcome,
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
