"""Dated facts that an employer took part in something. Verbs write them; reporting counts them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter.lifecycle import Status
from charter.organisation.models import Organisation
from charter.orm import Base


class EngagementKind(Status):
    """What an employer took part in."""

    REGISTERED = "registered"
    STARTED = "started"
    SUBMITTED = "submitted"
    ACCREDITED = "accredited"
    RENEWED = "renewed"
    PROGRAMME = "programme"

    @property
    def label(self) -> str:
        """What the employer did, in words."""
        return "Took up a programme" if self is EngagementKind.PROGRAMME else super().label


class Engagement(Base):
    """One dated fact that an employer took part in something, written by the verb that caused it."""

    __tablename__ = "engagement"
    __table_args__ = (
        sa.Index("ix_engagement_counting", "kind", "on", "county"),
        sa.Index("ix_engagement_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    kind: Mapped[EngagementKind]
    on: Mapped[date]
    county: Mapped[str] = mapped_column(sa.String(32))
    size_band: Mapped[str] = mapped_column(sa.String(16))
    sector: Mapped[str] = mapped_column(sa.String(4))
    level: Mapped[int | None]
    """The level aimed at or reached, where there is one."""


def note(
    session: Session, organisation: Organisation, kind: EngagementKind, *, on: date, level: int | None = None
) -> None:
    """Note that `organisation` took part in something on the local date `on`."""
    session.add(
        Engagement(
            organisation_id=organisation.id,
            kind=kind,
            on=on,
            county=organisation.county,
            size_band=organisation.size_band,
            sector=organisation.sector,
            level=level,
        )
    )
