"""An assessment comes in: its case opens, or comes back to the assessor who asked for more.

Pages send through `charter.improvement.with_plan`, so that the employer's plan follows.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import submission as submitting
from charter.assessment.models import Assessment, Submission
from charter.notification import emails
from charter.review import allocation, telling, working_days
from charter.review.models import Review
from charter.review.status import CLOSE, RECEIVE, ReviewStatus


def submit(
    session: Session,
    assessment: Assessment,
    *,
    declared_by: str,
    declared_role: str,
    by: User,
    at: datetime,
    on: date,
    only_owner: bool | None = None,
) -> Submission:
    """Submit an assessment and put it on a desk: a new case waits for an assessor, an old one returns to its own.

    The employer's people are told by when to expect a decision: so many working days from `on` as the level says.
    """
    submission = submitting.submit(
        session,
        assessment,
        declared_by=declared_by,
        declared_role=declared_role,
        by=by,
        at=at,
        on=on,
        only_owner=only_owner,
    )
    due_on = due(assessment, on)
    review = _case_of(session, assessment)
    tell = emails.submission_received if review is None else emails.resubmission_received
    if review is None:
        review = Review(
            assessment_id=assessment.id,
            assessment=assessment,
            status=ReviewStatus.WAITING,
            waiting_since=at,
            due_on=due_on,
            assessor_id=None,
            claimed_at=None,
            recommended_level=None,
            recommended_by_id=None,
            recommended_at=None,
            recommendation="",
            decided_level=None,
            decided_by_id=None,
            decided_at=None,
            reasons="",
        )
        session.add(review)
        action = "case:open"
    else:
        review.move(RECEIVE)
        review.due_on = due_on
        allocation.let_go_if_unable(session, review, at=at)
        action = "case:receive"
    audit.record(
        session, action, review, by=by.id, at=at, case=assessment.id, round=assessment.round, due_on=due_on.isoformat()
    )
    tell(
        session,
        **telling.about(session, assessment, level=assessment.target_level),
        due_on=due_on,
        event_key=f"submission:{assessment.id}:{assessment.round}",
        at=at,
    )
    return submission


def withdraw(session: Session, assessment: Assessment, *, by: User, at: datetime) -> None:
    """Take an assessment back, and its case, if it has one, off the desk."""
    submitting.withdraw(session, assessment, by=by, at=at)
    review = _case_of(session, assessment)
    if review is not None:
        review.move(CLOSE)
        audit.record(session, "case:close", review, by=by.id, at=at, case=assessment.id)


def due(assessment: Assessment, on: date) -> date:
    """The day by which a case that came in on `on` should be decided, as its level promises."""
    level = assessment.framework.content.level(assessment.target_level)
    assert level is not None, "an assessment aims for a level of its own version"
    return working_days.after(on, level.target_decision_working_days)


def _case_of(session: Session, assessment: Assessment) -> Review | None:
    return session.scalars(
        sa.select(Review)
        .where(Review.assessment_id == assessment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
