"""What every email and page about a case has in common: who gets it, the names in it, and its clock."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.organisation import queries as organisations
from charter.review.models import Review
from charter.review.timing import clock
from charter.review.timing.clock import Clock


def about(session: Session, assessment: Assessment, *, level: int) -> dict[str, Any]:
    """The arguments that emails about a case share: to all the employer's people, on a level of the charter."""
    return {
        "to": [membership.user for membership in organisations.team(session, assessment.organisation)],
        "organisation_name": assessment.organisation.name,
        "level_title": assessment.framework.content.level_title(level),
        "assessment_id": assessment.id,
    }


def clock_of(review: Review, *, on: date) -> Clock:
    """The clock of a case, against what the level it aims for promises."""
    assessment = review.assessment
    level = assessment.framework.content.level(assessment.target_level)
    assert level is not None, "an assessment aims for a level of its own version"
    spans = (turn.span for turn in review.turns)
    return clock.read(spans, promised=level.target_decision_working_days, since=review.waiting_since, on=on)
