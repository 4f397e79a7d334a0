"""A draft of a version of the charter, and what became of trying it against past decisions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.framework.models import Framework
from charter.lifecycle import Status
from charter.orm import Base, Json

NAME_LENGTH = 120


class FrameworkDraft(Base):
    """A version in the making. `text` is what people edit; `document` the same, checked, while nothing is wrong."""

    __tablename__ = "framework_draft"
    __table_args__ = (
        sa.CheckConstraint("(framework_id IS NULL) = (published_at IS NULL)", name="published_has_date"),
        sa.CheckConstraint("framework_id IS NULL OR document IS NOT NULL", name="published_is_checked"),
    )

    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    """What the team calls it while it is worked on."""
    base_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"))
    """The published version that it began from, or that was the newest when its file came in."""
    text: Mapped[str] = mapped_column(sa.Text, deferred=True)
    document: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    content_hash: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the checked document; nothing while there is a mistake in the text."""
    faults: Mapped[int]
    """How many mistakes there are."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    framework_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("framework.id"))
    """The version that it was published as. From then on it never changes either."""
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    base: Mapped[Framework] = relationship(foreign_keys=base_id)
    framework: Mapped[Framework | None] = relationship(foreign_keys=framework_id)
    created_by: Mapped[User] = relationship(foreign_keys=created_by_id)
    changed_by: Mapped[User] = relationship(foreign_keys=changed_by_id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it, so that it can be looked at, tried and published."""
        return self.content_hash is not None


class TrialState(Status):
    """How far a trial is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"

    @property
    def label(self) -> str:
        """The state in the scheme's words."""
        return {"waiting": "Waiting to start", "running": "Being worked out", "done": "Done"}[self.value]


class FrameworkTrial(Base):
    """One time that a draft's rules were tried on past decisions. It decides nothing: only sums and codes are kept."""

    __tablename__ = "framework_trial"
    __table_args__ = (sa.Index("ix_framework_trial_framework_draft_id", "framework_draft_id"),)

    framework_draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework_draft.id", ondelete="CASCADE"))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    """Of the draft as it was tried."""
    document: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    """The draft as it was tried."""
    decided_from: Mapped[date | None]
    decided_to: Mapped[date | None]
    state: Mapped[TrialState]
    cases: Mapped[list[Any]] = mapped_column(deferred=True)
    """The ids of the cases that are tried, in order."""
    total: Mapped[int]
    done: Mapped[int]
    found: Mapped[list[Any]] = mapped_column(deferred=True)
    """What was found of each case, as `trying.Tried` writes it."""
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    finished_at: Mapped[datetime | None]

    asked_by: Mapped[User] = relationship()
