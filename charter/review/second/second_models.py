"""The second look at a case: which cases get one, what the second person finds, and what came of the difference.

Tables only. `sampling` says which cases are drawn, `second_looks` what is found, `conversations` who was spoken to.
"""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.lifecycle import Status
from charter.orm import Base
from charter.review.private import NO_NOTE, PrivateNote, PrivateText


class SampleShare(Base):
    """From when on which share of the cases is drawn. Rows are only ever added; the newest counts."""

    __tablename__ = "sample_share"
    __table_args__ = (sa.CheckConstraint("percent BETWEEN 0 AND 100", name="is_a_share"),)

    percent: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(index=True)
    set_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    """Nobody for the share that the portal came with."""

    set_by: Mapped[User | None] = relationship()


class SampleDraw(Base):
    """The lot of one case, drawn once and for all when it is first recommended."""

    __tablename__ = "sample_draw"
    __table_args__ = (sa.UniqueConstraint("review_id"),)

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    seed: Mapped[str] = mapped_column(sa.String(64))
    percent: Mapped[int]
    """The share on that day."""
    value: Mapped[int]
    """What `sampling.value` makes of the seed and the case: 0 to 9,999."""
    drawn: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)


class Doubt(Base):
    """An assessor who recommends is not sure, and says why: the case gets a second look. Staff only."""

    __tablename__ = "doubt"

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]


class LookKind(Status):
    """Who looks a second time."""

    ASSESSOR = "assessor"
    """A second assessor, before a level is recommended."""
    MODERATOR = "moderator"
    """A moderator, after it."""

    @property
    def label(self) -> str:
        """The kind in the scheme's words."""
        return "Second assessor" if self is LookKind.ASSESSOR else "Moderator"


class SecondLook(Base):
    """One person's own look at one round of a case. Until it is compared it hides the first person's findings."""

    __tablename__ = "second_look"
    __table_args__ = (sa.UniqueConstraint("review_id", "round", "by_id"),)

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    round: Mapped[int]
    kind: Mapped[LookKind]
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    begun_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]
    """When both had found everything and saw each other's findings."""

    by: Mapped[User] = relationship()


class SecondFinding(Base):
    """What the second person found on one criterion, by themselves. Nothing here is for the employer."""

    __tablename__ = "second_finding"
    __table_args__ = (sa.UniqueConstraint("look_id", "criterion"),)

    look_id: Mapped[UUID] = mapped_column(sa.ForeignKey("second_look.id", ondelete="CASCADE"))
    criterion: Mapped[str] = mapped_column(sa.String(32))
    outcome: Mapped[str | None] = mapped_column(sa.String(32))
    """One of the framework's assessor outcomes; stays what it was once the two have been compared."""
    private_note: Mapped[PrivateNote] = mapped_column(PrivateText, default=NO_NOTE)
    found_at: Mapped[datetime]
    first_outcome: Mapped[str | None] = mapped_column(sa.String(32))
    """What the first person had found when the two were compared."""
    settled_outcome: Mapped[str | None] = mapped_column(sa.String(32))
    """What the second person holds now, when they came round to the first."""
    left_open: Mapped[str] = mapped_column(sa.Text, default="")
    """Why the two leave it at that, for whoever decides. Staff only."""
    settled_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    settled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    look: Mapped[SecondLook] = relationship()

    @property
    def round(self) -> int:
        """The round of the case that it was made in."""
        return self.look.round

    @property
    def stands(self) -> str | None:
        """What the second person holds: what they found, or what they came round to."""
        return self.settled_outcome or self.outcome

    __mapper_args__ = {"version_id_col": version}


class FindingChange(Base):
    """A moderator changed a finding: what it said, what it says since, who, and why (for staff). Only ever added."""

    __tablename__ = "finding_change"

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), index=True)
    round: Mapped[int]
    criterion: Mapped[str] = mapped_column(sa.String(32))
    outcome_before: Mapped[str | None] = mapped_column(sa.String(32))
    feedback_before: Mapped[str] = mapped_column(sa.Text)
    outcome: Mapped[str] = mapped_column(sa.String(32))
    feedback: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]

    by: Mapped[User] = relationship()


class ConversationKind(Status):
    """How the scheme met an employer."""

    VISIT = "visit"
    VIDEO = "video"
    PHONE = "phone"

    @property
    def label(self) -> str:
        """The kind in words."""
        return {"visit": "Visit", "video": "Video call", "phone": "Phone call"}[self.value]


class Conversation(Base):
    """A visit to an employer, or a conversation with it. The notes are for staff; the summary is for the employer."""

    __tablename__ = "conversation"

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), index=True)
    held_on: Mapped[date]
    kind: Mapped[ConversationKind]
    for_employer: Mapped[str] = mapped_column(sa.Text)
    """Who took part for the employer: what they do there, never their names."""
    for_scheme: Mapped[str] = mapped_column(sa.Text)
    notes: Mapped[str] = mapped_column(sa.Text)
    summary: Mapped[str] = mapped_column(sa.Text)
    recorded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    recorded_at: Mapped[datetime]

    recorded_by: Mapped[User] = relationship()
