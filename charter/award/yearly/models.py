"""One year's figures of an employer that holds an award."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from charter.award.models import Award
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.lifecycle import Status
from charter.organisation.models import Organisation
from charter.orm import Base

TAKEN_FOR = timedelta(days=300)
"""So long after its day a return is still asked for and taken; then the next year's begins."""


class ReturnState(Status):
    """Where a yearly return stands on a day."""

    DUE = "due"
    OVERDUE = "overdue"
    RETURNED = "returned"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The state in the scheme's words."""
        return {
            "due": "Due",
            "overdue": "Overdue",
            "returned": "Given",
            "lapsed": "No longer asked for",
        }[self.value]


class YearlyReturn(Base):
    """The figures that are due on one anniversary of an award: a draft until they are sent, and frozen then.

    `inputs`, `notes` and `unknown` are those of `assessment.models.MetricReturn`.
    """

    __tablename__ = "yearly_return"
    __table_args__ = (
        sa.UniqueConstraint("award_id", "due_on"),
        sa.CheckConstraint("(sent_at IS NULL) = (sent_by_id IS NULL)", name="sent_by_someone"),
        sa.CheckConstraint("sent_at IS NULL OR period_end IS NOT NULL", name="sent_for_a_year"),
        sa.Index("ix_yearly_return_organisation_id", "organisation_id", "due_on"),
        sa.Index("ix_yearly_return_due_on", "due_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    award_id: Mapped[UUID] = mapped_column(sa.ForeignKey("award.id", ondelete="CASCADE"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"), index=True)
    level: Mapped[int]
    """The level held, which says what is asked."""
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    reminded_days: Mapped[int | None]
    """How many days before its day the owners were last reminded; negative for days after it."""
    period_end: Mapped[date | None]
    """The last day of the twelve months the figures cover."""
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unknown: Mapped[list[Any]] = mapped_column(default=list)
    saved_at: Mapped[datetime | None]
    saved_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    declared_by: Mapped[str] = mapped_column(sa.String(120), default="")
    declared_role: Mapped[str] = mapped_column(sa.String(120), default="")
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    award: Mapped[Award] = relationship()
    framework: Mapped[Framework] = relationship()
    held: Mapped[list[Award]] = relationship(
        primaryjoin=lambda: foreign(remote(Award.organisation_id)) == YearlyReturn.organisation_id,
        viewonly=True,
        uselist=True,
    )
    """All the awards of the employer."""

    __mapper_args__ = {"version_id_col": version}

    @property
    def content(self) -> Content:
        """The version of the charter that says what is asked: that of the award."""
        return self.framework.content

    def state(self, on: date) -> ReturnState:
        """Where it stands on the day `on`. One that is not asked for any more is never late."""
        if self.sent_at is not None:
            return ReturnState.RETURNED
        if not self._counts_on(on) or on > self.due_on + TAKEN_FOR:
            return ReturnState.LAPSED
        return ReturnState.OVERDUE if on > self.due_on else ReturnState.DUE

    def _counts_on(self, on: date) -> bool:
        """Whether its award is the one that counts on the day `on`: after a merge an employer may hold several."""
        if not self.award.is_valid_on(on):
            return False
        if not self.award.beside_another:  # then nobody needs to look
            return True
        return all(one.standing <= self.award.standing for one in self.held if one.is_valid_on(on))

    def is_asked_for(self, on: date) -> bool:
        """Whether it can still be given on the day `on`."""
        return self.state(on) in {ReturnState.DUE, ReturnState.OVERDUE}
