"""The time that the pages of an assessment took: one sum for each of its tasks, and nothing about a person."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from charter.orm import Base


class TimeSpent(Base):
    """The time spent on one task of one assessment: a criterion by its code, or one of `sharing.PAGES`."""

    __tablename__ = "time_spent"
    __table_args__ = (
        sa.UniqueConstraint("assessment_id", "task"),
        sa.CheckConstraint("seconds >= 0", name="time_runs_forward"),
        sa.Index("ix_time_spent_counted_at", "counted_at"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(sa.String(32))
    seconds: Mapped[int]
    counted_at: Mapped[datetime]
    """When time was last added: a page that was opened before then adds nothing more."""
