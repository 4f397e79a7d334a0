"""The programmes that help employers, and who asked for which."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.lifecycle import Status
from charter.organisation.models import Organisation
from charter.orm import Base


class ProgrammeStatus(Status):
    """Whether the directory shows a programme."""

    OPEN = "open"
    RETIRED = "retired"


class Programme(Base):
    """Something that helps employers or their staff. Codes (county, theme, criterion) are those of the framework."""

    __tablename__ = "programme"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("size_min IS NULL OR size_max IS NULL OR size_min <= size_max", name="sizes_in_order"),
        sa.CheckConstraint("(changed_at IS NULL) = (changed_by_id IS NULL)", name="changed_by_someone"),
        sa.Index("ix_programme_status_name", "status", "name"),
    )

    code: Mapped[str] = mapped_column(sa.String(64))
    """Names it in addresses; never changes."""
    name: Mapped[str] = mapped_column(sa.String(160))
    provider: Mapped[str] = mapped_column(sa.String(160))
    county: Mapped[str | None] = mapped_column(sa.String(32))
    """Where it is offered; empty when in every county of the scheme."""
    for_whom: Mapped[str] = mapped_column(sa.String(300))
    offers: Mapped[str] = mapped_column(sa.String(1000))
    themes: Mapped[list[Any]]
    """Codes of the themes it helps with."""
    criteria: Mapped[list[Any]]
    """Codes of the criteria it helps with, where that is known more finely than by theme."""
    size_min: Mapped[int | None]
    """The fewest people an employer may have."""
    size_max: Mapped[int | None]
    """The most people an employer may have."""
    how_to_start: Mapped[str] = mapped_column(sa.String(1000))
    contact_email: Mapped[str | None] = mapped_column(sa.String(254))
    """Who is told when an employer asks; the scheme itself when nobody is named."""
    website: Mapped[str | None] = mapped_column(sa.String(300))
    source: Mapped[str] = mapped_column(sa.String(300))
    """Where the scheme has this from."""
    review_by: Mapped[date]
    """The day by which somebody should check that all of this is still so."""
    status: Mapped[ProgrammeStatus]
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When a person last changed or confirmed it; loading a table leaves it alone from then on."""
    changed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name

    def suits(self, *, fewest: int | None, most: int | None) -> bool:
        """Whether an employer with between `fewest` and `most` people may take part.

        Nothing known of the fewest means one; of the most, no limit: who may be too large is not promised help.
        """
        if fewest is None and self.size_max is not None and (most is None or most > self.size_max):
            return False
        too_large = self.size_max is not None and fewest is not None and fewest > self.size_max
        too_small = self.size_min is not None and most is not None and most < self.size_min
        return not too_large and not too_small


class ProgrammeRequest(Base):
    """An employer asked for a programme on a day. Asked twice on one day, it is one request."""

    __tablename__ = "programme_request"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "programme_id", "asked_on"),
        sa.Index("ix_programme_request_programme_id", "programme_id"),
        sa.Index("ix_programme_request_asked_at", "asked_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    programme_id: Mapped[UUID] = mapped_column(sa.ForeignKey("programme.id"))
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    asked_on: Mapped[date]
    message: Mapped[str] = mapped_column(sa.String(1000))
    """What the employer wants to say to the programme; may be empty."""
    action_id: Mapped[UUID | None]
    """The action of the employer's plan that it is meant to move on."""

    organisation: Mapped[Organisation] = relationship()
    programme: Mapped[Programme] = relationship()
    asked_by: Mapped[User] = relationship()
