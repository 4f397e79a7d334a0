"""The level an employer holds, from a date to a date."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.award.status import AwardStatus
from charter.framework.models import Framework
from charter.lifecycle import HasStatus
from charter.organisation.models import Organisation, Scope
from charter.orm import Base


class Award(HasStatus, Base):
    """A level held. What the certificate prints, and what the board counts by, is kept as it was on the day."""

    __tablename__ = "award"
    __table_args__ = (
        sa.Index(  # a case that is opened again by an appeal may give its assessment a newer one
            "uq_award_assessment_id",
            "assessment_id",
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("ends_on > starts_on", name="ends_after_it_starts"),
        sa.CheckConstraint("(status IN ('superseded', 'revoked')) = (ended_on IS NOT NULL)", name="ended_has_date"),
        sa.Index("ix_award_starts_on", "starts_on"),  # whose anniversary comes
        sa.Index(
            "ix_award_held",
            "organisation_id",
            "starts_on",
            "ends_on",
            "ended_on",
            "level",
            "beside_another",
            "ever_suspended",
        ),
        sa.Index(  # all that is counted, so that counting reads the index alone
            "ix_award_counting",
            *("ends_on", "starts_on", "ended_on", "level", "county", "size_band", "sector", "headcount"),
            "organisation_id",
            "beside_another",
            "ever_suspended",
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"))
    level: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(32))
    """The certificate's number, which people read: in order and without gaps."""
    code: Mapped[str] = mapped_column(sa.String(32))
    """The certificate's address, which nobody can guess: 128 random bits."""
    status: Mapped[AwardStatus]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day on which the award is valid."""
    ended_on: Mapped[date | None]
    """The first day on which it is no longer valid because it was superseded or revoked."""
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    reminded_days: Mapped[int | None]
    """How many days before the end the owners were last reminded; negative once they were told that it ended."""
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(sa.String(160))
    """The employer's name as printed."""
    scope: Mapped[Scope]
    county: Mapped[str] = mapped_column(sa.String(32))
    size_band: Mapped[str] = mapped_column(sa.String(16))
    sector: Mapped[str] = mapped_column(sa.String(4))
    headcount: Mapped[int | None]
    """Employees on the payroll, from the employer's return; in scope 'local' those in the two counties."""
    beside_another: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether its employer may hold another on the same day, for it was here twice and was merged. One counts then."""

    ever_suspended: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it was not valid for a while. Only for these few anybody looks at `suspensions`."""

    organisation: Mapped[Organisation] = relationship()
    framework: Mapped[Framework] = relationship()
    suspensions: Mapped[list["Suspension"]] = relationship(order_by="Suspension.from_on, Suspension.id")

    @property
    def standing(self) -> tuple[int, date, UUID]:
        """Of several awards that an employer holds on one day, the one where this is greatest counts."""
        return self.level, self.starts_on, self.id

    def is_valid_on(self, day: date) -> bool:
        """Whether the award may be relied on that day. An award under review stays valid until it is decided."""
        if not self.starts_on <= day <= self.ends_on or (self.ended_on is not None and day >= self.ended_on):
            return False
        return not self.ever_suspended or not any(one.covers(day) for one in self.suspensions)


class Suspension(Base):
    """Days on which an award did not count, in the past or still: kept for ever, so that any day can be counted."""

    __tablename__ = "suspension"
    __table_args__ = (
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name="ends_after_it_begins"),
        sa.Index("ix_suspension_award_id", "award_id", "from_on", "to_on"),
        sa.Index(
            "uq_suspension_one_open",
            "award_id",
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        ),
    )

    award_id: Mapped[UUID] = mapped_column(sa.ForeignKey("award.id", ondelete="CASCADE"))
    from_on: Mapped[date]
    """The first day on which the award does not count."""
    to_on: Mapped[date | None]
    """The first day on which it counts again; None while nobody restored it."""
    reason: Mapped[str] = mapped_column(sa.Text)
    """As the employer reads it."""

    def covers(self, day: date) -> bool:
        """Whether the award did not count that day because of this."""
        return self.from_on <= day and (self.to_on is None or day < self.to_on)


class Counter(Base):
    """The last number used in a series, taken under a lock: `UPDATE ... RETURNING` leaves no gap and no double."""

    __tablename__ = "counter"
    __table_args__ = (sa.UniqueConstraint("series"),)

    series: Mapped[str] = mapped_column(sa.String(32))
    last: Mapped[int]
