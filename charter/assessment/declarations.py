"""Save the employer's yes or no to each baseline declaration."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.answers import FROZEN
from charter.assessment.models import Assessment, Declaration
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal


def save(session: Session, assessment: Assessment, *, agreed: Mapping[str, bool], by: User, at: datetime) -> None:
    """Save the declarations named in `agreed`; the others stay as they were.

    Raises Refusal when the assessment is not in progress, or a code is not one of the framework's.
    """
    author = by.id  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal(FROZEN)
    known = {declaration.code for declaration in assessment.framework.content.declarations}
    if not agreed.keys() <= known:
        raise Refusal("This is not one of the declarations of your assessment.")
    stored = {
        declaration.code: declaration
        for declaration in session.scalars(sa.select(Declaration).where(Declaration.assessment_id == assessment.id))
    }
    for code, yes in agreed.items():
        declaration = stored.get(code)
        if declaration is None:
            declaration = Declaration(assessment_id=assessment.id, code=code)
            session.add(declaration)
        elif declaration.agreed == yes:
            continue
        declaration.agreed = yes
        declaration.saved_at = at
        declaration.saved_by_id = author
        audit.record(
            session, "declaration:save", declaration, by=author, at=at, case=assessment.id, code=code, agreed=yes
        )
