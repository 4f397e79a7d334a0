"""What changed in the charter since the answers of a draft were first given."""

from charter.assessment.models import Assessment
from charter.assessment.queries import headcount_ceiling
from charter.assessment.status import AssessmentStatus
from charter.framework.changes import Changes, changes


def since(assessment: Assessment) -> Changes | None:
    """What is different, as far as this employer is asked it; None when nothing is, or when nothing came along."""
    if assessment.status is not AssessmentStatus.DRAFT or assessment.came_from is None:
        return None
    found = changes(
        assessment.came_from.content,
        assessment.framework.content,
        rank=assessment.target_level,
        headcount_ceiling=headcount_ceiling(assessment),
    )
    return found or None
