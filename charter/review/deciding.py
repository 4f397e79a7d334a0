"""The decision on a case, whoever takes it: the case, the assessment, the award and what the employer is told."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import status as assessment_status
from charter.award import issuing, log
from charter.award.models import Award
from charter.notification import emails
from charter.review import submitted, telling
from charter.review.attainment import headcount
from charter.review.handing_out.set_apart import was_opened_again
from charter.review.models import Review
from charter.review.record import explanation
from charter.review.record.wording import Together
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
    together: Together | None = None,
) -> None:
    """Decide a case that is held (`allocation.locked`) on `level`, 0 for no award: all of it or nothing.

    A case that an appeal opened again never ends below what its employer holds by it: what is to be taken away needs a
    step of its own, with the employer's right to reply (`charter.aftercare.steps`).
    `reasons` are what the employer reads; `outcome` says, for the trail, how the decision stands to the recommendation.
    `together` says who took it when more than one did. What explains it is kept with it (`explanation`).
    Who may decide, and which levels, the callers check: `moderation` and the panel.
    """
    assessment, recommended, found = review.assessment, review.recommended_level, level
    again = was_opened_again(session, review)
    before = _before(session, review) if again else None
    holds = before is not None and before.status in issuing.STANDING and before.ends_on >= on
    if before is not None and holds:
        level = max(level, before.level)
    review.move(DECIDE, at=at)
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
        **({} if found == level else {"found": found}),
    )
    award: Award | None = before
    if level > 0 and not (before is not None and holds and before.level == level):
        said = submitted.latest(session, assessment)
        award = issuing.issue(
            session,
            assessment,
            level=level,
            headcount=headcount(assessment, said),
            replaces=before.id if before is not None else None,
            by=by,
            at=at,
            on=on,
        )
    record = explanation.keep(
        session,
        review,
        award=award if level else None,
        by=by,
        at=at,
        on=on,
        together=together,
        found=None if found == level else found,
    )
    if award is not None:
        log.rests_on(session, award, record.sha256)
    if level > 0:
        assert award is not None
        emails.decision_awarded(
            session,
            **telling.about(session, assessment, level=level),
            valid_until=award.ends_on,
            valid_from=award.starts_on if award.starts_on > on else None,
            certificate_code=award.code,
            event_key=f"decision:{review.id}:{at.isoformat()}" if again else f"decision:{review.id}",
            at=at,
        )
    else:
        emails.decision_not_awarded(
            session,
            **telling.about(session, assessment, level=assessment.target_level),
            event_key=f"decision:{review.id}:{at.isoformat()}" if again else f"decision:{review.id}",
            at=at,
        )


def _before(session: Session, review: Review) -> Award | None:
    """The award that this case gave before an appeal opened it again: the newest, whatever became of it."""
    query = sa.select(Award).where(Award.assessment_id == review.assessment_id)
    return session.scalars(query.order_by(Award.issued_at.desc(), Award.id.desc()).limit(1)).first()
