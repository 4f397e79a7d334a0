"""An employer's surveys."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.organisation.models import Organisation
from charter.survey.models import Survey


def of_organisation(session: Session, organisation: Organisation) -> Sequence[Survey]:
    """All of an employer's surveys, the newest first (one query)."""
    return session.scalars(_with_questions(organisation).order_by(Survey.created_at.desc(), Survey.id.desc())).all()


def one(session: Session, organisation: Organisation, survey_id: UUID) -> Survey | None:
    """One of an employer's surveys; None when it is not there or another employer's."""
    return session.scalars(_with_questions(organisation).where(Survey.id == survey_id)).first()


def _with_questions(organisation: Organisation) -> sa.Select[Survey]:
    return sa.select(Survey).where(Survey.organisation_id == organisation.id).options(joinedload(Survey.framework))
