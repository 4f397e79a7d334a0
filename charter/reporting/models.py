"""What the board counts and measures."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.lifecycle import Status
from charter.orm import Base


class Direction(Status):
    """Which way a measure should go."""

    UP = "up"
    DOWN = "down"


class Measure(Base):
    """A measure of the strategy, for one geography."""

    __tablename__ = "measure"
    __table_args__ = (sa.UniqueConstraint("code", "geography"),)

    position: Mapped[int]
    """Its place in the strategy's own order."""
    priority: Mapped[str] = mapped_column(sa.String(16))
    code: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(200))
    geography: Mapped[str] = mapped_column(sa.String(64))
    unit: Mapped[str] = mapped_column(sa.String(32))
    direction: Mapped[Direction]
    baseline: Mapped[Decimal | None] = mapped_column(sa.Numeric(14, 3))
    source: Mapped[str] = mapped_column(sa.String(200))
    note: Mapped[str] = mapped_column(sa.String(500))
    derived_from: Mapped[str | None] = mapped_column(sa.String(64))
    """The scheme whose recognitions the portal counts for it; empty when only returns say."""
    takes_returns: Mapped[bool] = mapped_column(default=True)
    """Whether values are also returned by its owner; not for a measure that only the portal counts."""

    targets: Mapped[list["Target"]] = relationship(
        back_populates="measure", order_by="Target.financial_year", cascade="all, delete-orphan"
    )
    returns: Mapped[list["Return"]] = relationship(back_populates="measure", order_by="Return.as_at.desc()")


class Target(Base):
    """What a measure should reach by the end of a financial year (April to March), written '2025/26'."""

    __tablename__ = "target"
    __table_args__ = (sa.UniqueConstraint("measure_id", "financial_year"),)

    measure_id: Mapped[UUID] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    financial_year: Mapped[str] = mapped_column(sa.String(7))
    value: Mapped[Decimal] = mapped_column(sa.Numeric(14, 3))

    measure: Mapped[Measure] = relationship(back_populates="targets")


class Return(Base):
    """A value reported for a date, with its source. A correction is a later row for the same date; both are kept."""

    __tablename__ = "measure_return"
    __table_args__ = (sa.Index("ix_measure_return_measure_id_as_at", "measure_id", "as_at"),)

    measure_id: Mapped[UUID] = mapped_column(sa.ForeignKey("measure.id"))
    value: Mapped[Decimal] = mapped_column(sa.Numeric(14, 3))
    as_at: Mapped[date]
    source: Mapped[str] = mapped_column(sa.String(300))
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))

    measure: Mapped[Measure] = relationship(back_populates="returns")
