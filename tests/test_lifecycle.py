"""A status changes only by a step that starts from where it is."""

import pytest

from charter.assessment import status as assessments
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.award import status as awards
from charter.errors import Refusal
from charter.lifecycle import Transition
from charter.review import status as reviews

STEPS = [
    step for module in (assessments, awards, reviews) for step in vars(module).values() if isinstance(step, Transition)
]


@pytest.mark.parametrize(
    "step", [one for one in STEPS if isinstance(one.target, AssessmentStatus)], ids=lambda s: s.name
)
@pytest.mark.parametrize("status", list(AssessmentStatus))
def test_an_assessment_moves_by_its_table_and_not_otherwise(step: Transition, status: AssessmentStatus) -> None:
    assessment = Assessment(status=status)
    if status in step.sources:
        assessment.move(step)
        assert assessment.status is step.target
    else:
        with pytest.raises(Refusal, match=f"You cannot {step.name} an assessment"):
            assessment.move(step)
        assert assessment.status is status


BY_APPEAL = (assessments.REOPEN, reviews.REOPEN, awards.RESTORE)


def test_nothing_but_an_appeal_leaves_an_end() -> None:
    for end in (
        assessments.AssessmentStatus.DECIDED,
        assessments.AssessmentStatus.WITHDRAWN,
        awards.AwardStatus.REVOKED,
    ):
        assert [step for step in STEPS if end in step.sources and step not in BY_APPEAL] == []
