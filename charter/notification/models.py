"""Messages waiting to leave, and those that left."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from charter.lifecycle import Status
from charter.orm import Base


class MessageStatus(Status):
    """Where a message stands on its way out."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Message(Base):
    """An email, written in the same transaction as the change it tells of. One for each event and recipient."""

    __tablename__ = "message"
    __table_args__ = (
        sa.UniqueConstraint("event_key"),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_date"),
        sa.Index("ix_message_status_not_before", "status", "not_before"),
    )

    event_key: Mapped[str] = mapped_column(sa.String(200))
    """Names the event and the recipient, so that telling twice is impossible."""
    kind: Mapped[str] = mapped_column(sa.String(64))
    to_address: Mapped[str] = mapped_column(sa.String(254))
    to_user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[MessageStatus]
    written_at: Mapped[datetime]
    not_before: Mapped[datetime]
    """When to try (again)."""
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
