"""What every email about a case has in common: who gets it, and the names in it."""

from typing import Any

from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.organisation import queries as organisations


def about(session: Session, assessment: Assessment, *, level: int) -> dict[str, Any]:
    """The arguments that emails about a case share: to all the employer's people, on a level of the charter."""
    return {
        "to": [membership.user for membership in organisations.team(session, assessment.organisation)],
        "organisation_name": assessment.organisation.name,
        "level_title": assessment.framework.content.level_title(level),
        "assessment_id": assessment.id,
    }
