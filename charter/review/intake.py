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
from charter.review import telling
from charter.review.models import Review
from charter.review.status import CLOSE, RECEIVE, ReviewStatus
from charter.review.timing import clock, returning, working_days


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

    The employer's people are told by when to expect a decision: so many working days from `on` as the level says, and
    after more was asked what is left of them (`clock.due_on`).
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
    review = _case_of(session, assessment)
    about = telling.about(session, assessment, level=assessment.target_level)
    event_key = f"submission:{assessment.id}:{assessment.round}"
    if review is None:
        due_on = due(assessment, on)
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
        review.begin(at)
        session.add(review)
        _record(session, "case:open", review, by=by, at=at)
        emails.submission_received(session, **about, due_on=due_on, event_key=event_key, at=at)
    else:
        review.move(RECEIVE, at=at)
        count = telling.clock_of(review, on=on)
        review.due_on = clock.due_on(count, on)
        _record(session, "case:receive", review, by=by, at=at)
        stays = returning.to_its_assessor(session, review, at=at, on=on)
        emails.resubmission_received(
            session,
            **about,
            due_on=review.due_on,
            ours=count.ours,
            theirs=count.theirs,
            promised=count.promised,
            is_late=count.is_late,
            is_longer=count.is_longer,
            same_person=stays,
            event_key=event_key,
            at=at,
        )
    return submission


def withdraw(session: Session, assessment: Assessment, *, by: User, at: datetime) -> None:
    """Take an assessment back, and its case, if it has one, off the desk."""
    submitting.withdraw(session, assessment, by=by, at=at)
    review = _case_of(session, assessment)
    if review is not None:
        review.move(CLOSE, at=at)
        audit.record(session, "case:close", review, by=by.id, at=at, case=assessment.id)


def due(assessment: Assessment, on: date) -> date:
    """The day by which a case that came in on `on` should be decided, as its level promises."""
    level = assessment.framework.content.level(assessment.target_level)
    assert level is not None, "an assessment aims for a level of its own version"
    return working_days.after(on, level.target_decision_working_days)


def _record(session: Session, action: str, review: Review, *, by: User, at: datetime) -> None:
    assessment = review.assessment
    audit.record(
        session,
        action,
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        round=assessment.round,
        due_on=review.due_on.isoformat(),
    )


def _case_of(session: Session, assessment: Assessment) -> Review | None:
    return session.scalars(
        sa.select(Review)
        .where(Review.assessment_id == assessment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
