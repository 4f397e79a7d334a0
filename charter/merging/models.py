"""Pairs of employers that may be one and the same."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.organisation.models import Organisation
from charter.orm import Base


class LikelyPair(Base):
    """Two employers that look like one. `first_id` is the smaller of the two, so that a pair is here once.

    The worker finds them anew each day; what somebody said of a pair stays.
    """

    __tablename__ = "likely_pair"
    __table_args__ = (
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id < second_id", name="in_order"),
        sa.CheckConstraint("(dismissed_at IS NULL) = (dismissed_by_id IS NULL)", name="dismissed_by_someone"),
        sa.Index("ix_likely_pair_score", "score"),
        sa.Index("ix_likely_pair_second_id", "second_id"),
    )

    first_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    second_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    score: Mapped[int]
    """How much speaks for it; the pairs are shown in order of this."""
    reasons: Mapped[list[Any]]
    """What they have in common, as values of `duplicates.Reason`."""
    found_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]
    """When somebody said that they are two."""
    dismissed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))

    first: Mapped[Organisation] = relationship(foreign_keys=first_id)
    second: Mapped[Organisation] = relationship(foreign_keys=second_id)
