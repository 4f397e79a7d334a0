"""A case that was recommended goes back to its assessor, whoever sends it: a moderator or the panel."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.notification import emails
from charter.review.handing_out.allocation import let_go_if_unable
from charter.review.models import Review
from charter.review.status import SEND_BACK


def to_its_assessor(session: Session, review: Review, *, sent_by: str, by: User, at: datetime) -> int:
    """Send back a case that is held (`allocation.locked`) and tell its assessor; the level that was recommended.

    An assessor who cannot work on it any more is not told: the case waits for another one. The email names who sent it
    (`sent_by`) and where the case is; why it comes back stands there. Who may, and the reasons, the callers check.
    """
    recommended = review.recommended_level
    assert recommended is not None, "only a case with a recommendation is sent back"
    review.move(SEND_BACK, at=at)
    review.recommended_level = review.recommended_by_id = review.recommended_at = None
    let_go = let_go_if_unable(session, review, at=at)
    audit.record(session, "case:send-back", review, by=by.id, at=at, case=review.assessment_id, recommended=recommended)
    if not let_go:
        assert review.assessor_id is not None, "a case in review has an assessor"
        emails.case_sent_back(
            session,
            to=session.get_one(User, review.assessor_id),
            organisation_name=review.assessment.organisation.name,
            sent_by=sent_by,
            due_on=review.due_on,
            path=f"/admin/reviews/{review.id}",
            event_key=f"case-sent-back:{review.id}:{at.isoformat()}",
            at=at,
        )
    return recommended
