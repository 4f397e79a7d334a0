"""The partners, their meetings, who came, what was on the agenda, what was decided, and the minutes."""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.assessment.models import Assessment
from charter.lifecycle import HasStatus
from charter.orm import Base
from charter.panel.status import MeetingStatus, Outcome, Presence
from charter.review.models import Review

NAME = 120
TITLE = 200


class Partner(Base):
    """An organisation that decides with others. Retired, never deleted: minutes name it."""

    __tablename__ = "panel_partner"
    __table_args__ = (sa.UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(sa.String(NAME))
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it takes part today."""
        return self.retired_at is None


class Meeting(HasStatus, Base):
    """A meeting of the panel."""

    __tablename__ = "panel_meeting"
    __table_args__ = (
        sa.CheckConstraint("quorum > 0", name="quorum_is_a_number"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_because <> '')", name="cancelled_says_why"),
        sa.Index("ix_panel_meeting_meets_on", "meets_on"),
    )

    meets_on: Mapped[date]
    begins: Mapped[time]
    """By the clock on the wall where it is held."""
    place: Mapped[str] = mapped_column(sa.String(TITLE))
    """A place, or that it is online."""
    chair: Mapped[str] = mapped_column(sa.String(NAME))
    quorum: Mapped[int]
    """How many partners must be there for an item."""
    status: Mapped[MeetingStatus]
    cancelled_because: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column()

    seats: Mapped[list["Seat"]] = relationship(order_by="(Seat.position, Seat.id)", back_populates="meeting")
    items: Mapped[list["Item"]] = relationship(order_by="(Item.position, Item.id)", back_populates="meeting")

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_open(self) -> bool:
        """Whether something can still be written into it."""
        return self.status in {MeetingStatus.PLANNED, MeetingStatus.HELD}

    @property
    def present(self) -> tuple["Seat", ...]:
        """Who came."""
        return tuple(seat for seat in self.seats if seat.presence is Presence.PRESENT)

    @property
    def left_to_do(self) -> tuple["Item", ...]:
        """The items about which nothing is written down yet, though there is something to decide."""
        return tuple(item for item in self.items if item.waits)


class Seat(Base):
    """Somebody who speaks for a partner in one meeting, and whether they came."""

    __tablename__ = "panel_seat"
    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "partner_id", "person"),
        sa.Index("ix_panel_seat_partner_id", "partner_id"),
    )

    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_meeting.id"))
    partner_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_partner.id"))
    position: Mapped[int]
    person: Mapped[str] = mapped_column(sa.String(NAME))
    role: Mapped[str] = mapped_column(sa.String(NAME), default="")
    """What they are at the partner."""
    presence: Mapped[Presence]

    meeting: Mapped[Meeting] = relationship(back_populates="seats")
    partner: Mapped[Partner] = relationship(lazy="joined", innerjoin=True)


_undecided = sa.text("outcome IS NULL AND review_id IS NOT NULL")


class Item(Base):
    """One thing on the agenda of a meeting: a case, or other business in words; and what came of it."""

    __tablename__ = "panel_item"
    __table_args__ = (
        sa.CheckConstraint("review_id IS NOT NULL OR title <> ''", name="is_about_something"),
        sa.CheckConstraint("(outcome IS NULL) = (recorded_at IS NULL)", name="outcome_has_date"),
        sa.CheckConstraint("(recorded_at IS NULL) = (recorded_by_id IS NULL)", name="recorded_by_someone"),
        sa.CheckConstraint(
            "outcome IS NULL OR (outcome = 'noted') = (review_id IS NULL)", name="cases_are_decided_business_is_noted"
        ),
        sa.CheckConstraint(
            "(outcome IS NOT NULL AND outcome IN ('awarded', 'not_awarded')) = (level IS NOT NULL)",
            name="decision_has_level",
        ),
        sa.Index("ix_panel_item_meeting_id", "meeting_id", "position"),
        sa.Index("ix_panel_item_review_id", "review_id"),
        sa.Index(
            "uq_panel_item_waiting_case",
            "review_id",
            unique=True,
            sqlite_where=_undecided,
            postgresql_where=_undecided,
        ),
    )

    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_meeting.id"))
    position: Mapped[int]
    review_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("review.id"))
    title: Mapped[str] = mapped_column(sa.String(TITLE), default="")
    """What other business is about; empty for a case."""
    outcome: Mapped[Outcome | None]
    level: Mapped[int | None]
    """The level decided on; 0 for no award."""
    reasons: Mapped[str] = mapped_column(sa.Text, default="")
    """Why. Of a decision the employer reads them, of anything else only who reads the minutes."""
    discussion: Mapped[str] = mapped_column(sa.Text, default="")
    """What was said, for the minutes. No employer reads it."""
    recorded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    meeting: Mapped[Meeting] = relationship(back_populates="items")
    review: Mapped[Review | None] = relationship()
    absences: Mapped[list["Absence"]] = relationship(order_by="Absence.id", back_populates="item")

    __mapper_args__ = {"version_id_col": version}

    @property
    def assessment(self) -> Assessment | None:
        """The assessment that it is about; so whoever belongs to the employer is found by the permissions."""
        return self.review.assessment if self.review else None

    @property
    def was_withdrawn(self) -> bool:
        """Whether the employer withdrew before anything was decided."""
        return self.outcome is None and self.review is not None and not self.review.is_open

    @property
    def waits(self) -> bool:
        """Whether something is still to be written down about it."""
        return self.outcome is None and not self.was_withdrawn

    @property
    def there(self) -> tuple[Seat, ...]:
        """Who was in the room for it: who came, without those who left because of an interest."""
        gone = {absence.seat_id for absence in self.absences}
        return tuple(seat for seat in self.meeting.present if seat.id not in gone)

    @property
    def partners(self) -> Sequence[str]:
        """The partners that somebody in the room spoke for, in the order of the attendance."""
        return list(dict.fromkeys(seat.partner.name for seat in self.there))

    @property
    def is_quorate(self) -> bool:
        """Whether enough partners were in the room."""
        return len(self.partners) >= self.meeting.quorum


class Absence(Base):
    """Somebody left the room for one item, because of an interest in the employer."""

    __tablename__ = "panel_absence"
    __table_args__ = (sa.UniqueConstraint("item_id", "seat_id"),)

    item_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_item.id", ondelete="CASCADE"))
    seat_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_seat.id"))

    item: Mapped[Item] = relationship(back_populates="absences")
    seat: Mapped[Seat] = relationship(lazy="joined", innerjoin=True)


class Minutes(Base):
    """The minutes of a meeting as they were agreed: the very document, and its hash. Never changed."""

    __tablename__ = "panel_minutes"
    __table_args__ = (sa.UniqueConstraint("meeting_id"),)

    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_meeting.id"))
    document: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    agreed_at: Mapped[datetime]
    agreed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))


class Correction(Base):
    """A note on minutes that were agreed: what in them is not so. It is added and never changed."""

    __tablename__ = "panel_correction"
    __table_args__ = (sa.Index("ix_panel_correction_meeting_id", "meeting_id"),)

    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey("panel_meeting.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    noted_at: Mapped[datetime]
    noted_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
