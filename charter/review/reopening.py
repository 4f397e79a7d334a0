"""A case that was decided is opened again, for a new decision by other people: what an appeal brings about."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import STAFF, User
from charter.assessment import status as assessment_status
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.review import intake
from charter.review.handing_out.allocation import locked
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Finding, InformationRequest, Moderation, Review
from charter.review.status import REOPEN


def took_part(session: Session, review: Review) -> frozenset[UUID]:
    """Everybody of the scheme who had a part in the case: who reviewed, asked, moderated or decided it, and whoever
    did anything else to it that the trail tells, as recording the panel's decision (a fixed number of queries)."""
    people = {review.assessor_id, review.recommended_by_id, review.decided_by_id}
    for column, model in (
        (Finding.found_by_id, Finding),
        (InformationRequest.asked_by_id, InformationRequest),
        (Moderation.moderator_id, Moderation),
    ):
        people.update(session.scalars(sa.select(column).where(model.review_id == review.id).distinct()))
    acted = sa.select(audit.AuditEvent.actor_id).where(audit.AuditEvent.case_id == review.assessment_id)
    acted = acted.where(~audit.AuditEvent.action.startswith("appeal:"))
    people.update(session.scalars(sa.select(User.id).where(User.id.in_(acted), User.role.in_(STAFF))))
    people.update(session.scalars(sa.select(SetApart.user_id).where(SetApart.review_id == review.id)))
    return frozenset(one for one in people if one is not None)


def open_again(session: Session, review: Review, *, apart: Iterable[UUID], by: User, at: datetime, on: date) -> None:
    """Put a decided case back on the queue, for other people than those `apart`. Its findings stay to be looked at.

    What was awarded stands until the new decision. The employer has done nothing, so its answers are not opened.
    Raises `Refusal` when the case is not decided, or the employer has begun another assessment that is with us.
    """
    review = locked(session, review)
    assessment = review.assessment
    under_way = sa.select(Assessment.id).where(
        Assessment.organisation_id == assessment.organisation_id, Assessment.status.in_(assessment_status.OPEN)
    )
    if session.scalar(under_way.limit(1)) is not None:
        raise Refusal(
            "The employer has another assessment under way, and can have one at a time. Ask it to take that one back, "
            "or decide that first."
        )
    due_on = intake.due(assessment, on)
    there = set(session.scalars(sa.select(SetApart.user_id).where(SetApart.review_id == review.id)))
    review.move(REOPEN, at=at)
    assessment.move(assessment_status.REOPEN)
    before = review.decided_level
    review.waiting_since, review.due_on = at, due_on
    review.assessor_id = review.claimed_at = None
    review.recommended_level = review.recommended_by_id = review.recommended_at = None
    review.recommendation = ""
    review.decided_level = review.decided_by_id = review.decided_at = None
    review.reasons = ""
    assessment.decided_at = assessment.decided_level = None
    session.add_all(SetApart(review_id=review.id, user_id=one) for one in sorted(set(apart) - there))
    audit.record(
        session,
        "case:open-again",
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        level=before,
        due_on=review.due_on.isoformat(),
    )
