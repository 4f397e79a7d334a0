"""A moderator changes a single finding, with a reason. What it said before, and who changed it, is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.review.findings import Desk, Given
from charter.review.models import Finding, Review
from charter.review.moderation import for_moderation
from charter.review.private import NO_NOTE
from charter.review.recommendation import LONGEST
from charter.review.second.second_models import FindingChange

MIXED = "This finding was changed after you opened this page. Look at what it says now, then save yours if it stands."


def change_finding(
    session: Session,
    review: Review,
    *,
    criterion: str,
    outcome: str | None,
    feedback: str,
    reason: str,
    seen: tuple[str | None, str],
    by: User,
    at: datetime,
) -> Finding:
    """Change the finding that stands on one criterion of a recommended case; the employer reads the new one.

    `seen` is the outcome and the feedback as the moderator saw them. Raises `Stale` when they are others now, and
    `Refusal` when `by` may not moderate the case, nothing is changed, the reason is missing or the finding cannot
    stand. A finding of an earlier round stays as it was then: the change is a finding of this round.
    """
    desk = Desk(session, review, by, at, may=for_moderation)
    review = desk.review
    stands = desk.stands.get(criterion)
    if stands is None or stands.outcome is None:
        raise Refusal("There is no finding to change here.")
    reason, feedback = reason.strip(), feedback.strip()
    if (stands.outcome, stands.feedback) != seen:
        raise Stale(MIXED, current=stands)
    if outcome is None:
        raise Refusal("Choose what you found.", field="outcome")
    if (outcome, feedback) == (stands.outcome, stands.feedback):
        raise Refusal("That is what the finding says already. Change the finding or the feedback.", field="outcome")
    if not reason:
        raise Refusal("Say why you change it. Only staff read this.", field="reason")
    if len(reason) > LONGEST:
        raise Refusal(f"The reason must be {LONGEST:,} characters or fewer. It has {len(reason):,}.", field="reason")
    asks = desk.content.outcome(outcome)
    if asks is not None and asks.asks_employer:
        raise Refusal("To ask the employer for more, send the case back to its assessor.", field="outcome")
    desk.check(Given(criterion, outcome, feedback, stands.private_note, 0))
    kept = FindingChange(
        review_id=review.id,
        round=desk.round,
        criterion=criterion,
        outcome_before=stands.outcome,
        feedback_before=stands.feedback,
        outcome=outcome,
        feedback=feedback,
        reason=reason,
        by_id=by.id,
        at=at,
    )
    session.add(kept)
    finding = stands
    if finding.round != desk.round:
        finding = Finding(
            review_id=review.id,
            round=desk.round,
            criterion=criterion,
            private_note=NO_NOTE,
            found_at=at,
            found_by_id=by.id,
        )
        session.add(finding)
    finding.outcome, finding.feedback = outcome, feedback
    audit.record(
        session,
        "finding:change",
        finding,
        by=by.id,
        at=at,
        case=review.assessment_id,
        criterion=criterion,
        round=desk.round,
        before=kept.outcome_before,
        outcome=outcome,
    )
    return finding
