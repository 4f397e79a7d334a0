"""What the scheme has asked of an employer, and where its case stands: what its pages read of a review."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.review.models import Finding, InformationRequest, Review


def case_of(session: Session, assessment: Assessment) -> Review | None:
    """The scheme's work on this assessment, once there is any."""
    return session.scalars(sa.select(Review).where(Review.assessment_id == assessment.id)).first()


def requests(session: Session, assessment: Assessment) -> Sequence[InformationRequest]:
    """What the assessor asked for in this round; nothing unless it is the employer's turn."""
    if assessment.status is not AssessmentStatus.MORE_INFORMATION:
        return ()
    return session.scalars(
        sa.select(InformationRequest)
        .join(Review, Review.id == InformationRequest.review_id)
        .where(Review.assessment_id == assessment.id, InformationRequest.round == assessment.round)
        .order_by(InformationRequest.criterion)
    ).all()


def open_criteria(session: Session, assessment: Assessment) -> frozenset[str] | None:
    """The criteria that the employer may change; None when that is not limited."""
    return opened_by(assessment, requests(session, assessment))


def opened_by(assessment: Assessment, asked_for: Sequence[InformationRequest]) -> frozenset[str] | None:
    """The same, when what was asked is known already."""
    if assessment.status is not AssessmentStatus.MORE_INFORMATION:
        return None
    return frozenset(request.criterion for request in asked_for)


def findings(session: Session, review: Review) -> dict[str, Finding]:
    """The last finding on each criterion, for feedback once the case is decided."""
    found = session.scalars(sa.select(Finding).where(Finding.review_id == review.id).order_by(Finding.round))
    return {finding.criterion: finding for finding in found}
