"""A staff survey: what is asked until when, how many answered, and the sums of what they said. No answer is a row."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.framework.models import Framework
from charter.lifecycle import HasStatus, Status, Transition
from charter.organisation.models import Organisation
from charter.orm import Base

_open = sa.text("status = 'open'")


class SurveyStatus(Status):
    """Whether staff can still answer."""

    OPEN = "open"
    CLOSED = "closed"


CLOSE = Transition("close", frozenset({SurveyStatus.OPEN}), SurveyStatus.CLOSED)


class Survey(HasStatus, Base):
    """One round of asking an employer's staff.

    What somebody answers is added to `sums` and kept nowhere else, so that nobody can take an answer apart again: not
    the employer, not the scheme, not whoever reads the database later.
    """

    __tablename__ = "survey"
    __table_args__ = (
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_date"),
        sa.CheckConstraint("opens_on <= closes_on", name="opens_before_it_closes"),
        sa.CheckConstraint("answers >= 0 AND answers <= people", name="answers_fit_the_people"),
        sa.Index("uq_survey_one_open", "organisation_id", unique=True, sqlite_where=_open, postgresql_where=_open),
        sa.Index("ix_survey_organisation_id", "organisation_id"),
        sa.Index("ix_survey_status_closes_on", "status", "closes_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"))
    """The version of the charter whose questions it asks."""
    title: Mapped[str] = mapped_column(sa.String(120))
    people: Mapped[int]
    """How many people are asked, and so how many codes there are."""
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    """The last day on which somebody can answer."""
    status: Mapped[SurveyStatus]
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    closed_at: Mapped[datetime | None]
    codes_made_at: Mapped[datetime | None]
    """When the codes were last made; empty while there are none."""
    answers: Mapped[int]
    """How many people answered."""
    sums: Mapped[dict[str, Any]]
    """For each question's code: how often each value of the scale was chosen."""
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    framework: Mapped[Framework] = relationship()

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it yet. After its last day it takes no answers all the same."""
        return self.status is SurveyStatus.OPEN


class Ballot(Base):
    """One code that lets one person answer once. It knows whether it was used, and not when, by whom or for what."""

    __tablename__ = "survey_ballot"
    __table_args__ = (sa.UniqueConstraint("token_hash"), sa.Index("ix_survey_ballot_survey_id", "survey_id"))

    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survey.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    used: Mapped[bool]
