"""What an employer planned when it was last awarded a level, and by when: at renewal it has to show as done.

Source of the rule: schemes that took promises and never looked again lost their name; the Good Business Charter asks at
renewal for what was promised. The version of the charter says with `planned_again` whether it is so.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Answer, Assessment
from charter.framework.content import Content, Extent


def of(session: Session, assessment: Assessment) -> Mapping[str, date]:
    """The criteria that were planned, or under way, in the employer's last assessment that was awarded a level, each
    with the day it was promised for (one query, none where the version does not ask)."""
    earlier = (Assessment.id != assessment.id, Assessment.started_at < assessment.started_at)
    return _of_last(session, assessment.organisation_id, assessment.framework.content, *earlier)


def of_last_award(session: Session, organisation_id: UUID, content: Content) -> Mapping[str, date]:
    """The same for an assessment that is yet to begin, on this version of the charter."""
    return _of_last(session, organisation_id, content)


def _of_last(
    session: Session, organisation_id: UUID, content: Content, *earlier: sa.ColumnElement[bool]
) -> Mapping[str, date]:
    if content.meta.planned_again:
        return {}
    last = (
        sa.select(Assessment.id)
        .where(Assessment.organisation_id == organisation_id, Assessment.decided_level > 0, *earlier)
        .order_by(Assessment.decided_at.desc(), Assessment.id.desc())
        .limit(1)
    )
    found = sa.select(Answer.criterion, Answer.value, Answer.action_due).where(
        Answer.assessment_id == last.scalar_subquery(), Answer.action_due.is_not(None)
    )
    return {row.criterion: row.action_due for row in session.execute(found) if _is_promise(content, row.value)}


def counts(assessment: Assessment, value: str | None) -> bool:
    """Whether an answer of this value, given for an award before, is a promise that this assessment is held to."""
    return _is_promise(assessment.framework.content, value)


def _is_promise(content: Content, value: str | None) -> bool:
    chosen = content.scale_value(value)
    return not content.meta.planned_again and chosen is not None and chosen.extent is Extent.IN_PROGRESS
