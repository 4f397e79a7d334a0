"""Who did what, and when: events that are only ever added, each sealed to the one before it by its hash.

A verb calls `record` while it works. `transaction()` calls `seal` just before it commits, so that the lock on the end
of the chain is always the last one taken and held for the shortest time. `verify` proves the chain.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from charter import chain
from charter.chain import Verdict
from charter.orm import Base

_PENDING = "audit_pending"


class AuditEvent(chain.Link):
    """One thing that one person (or the portal itself, when `actor_id` is empty) did to one subject."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index("ix_audit_event_case_id_sequence", "case_id", "sequence"),
        sa.Index("ix_audit_event_subject_id", "subject_id"),
        sa.Index("ix_audit_event_subject_type_sequence", "subject_type", "sequence"),
    )

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(sa.String(64))
    subject_type: Mapped[str] = mapped_column(sa.String(64))
    subject_id: Mapped[UUID]
    case_id: Mapped[UUID | None]
    """The assessment whose timeline shows the event."""
    details: Mapped[dict[str, Any]]

    def said(self) -> dict[str, Any]:
        """Everything the event says, with the hash before it."""
        return {
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(),
            "actor": str(self.actor_id) if self.actor_id else None,
            "action": self.action,
            "subject": f"{self.subject_type}:{self.subject_id}",
            "case": str(self.case_id) if self.case_id else None,
            "details": self.details,
            "previous": self.previous_hash,
        }


class AuditHead(chain.Head):
    """The end of the chain."""

    __tablename__ = "audit_head"


def record(
    session: Session,
    action: str,
    subject: Base,
    *,
    by: UUID | None,
    at: datetime,
    case: UUID | None = None,
    **details: Any,
) -> None:
    """Note that `by` did `action` to `subject` at `at`.

    `action` is written "noun:verb". `case` is the id of the assessment on whose timeline it belongs. `details` are
    plain JSON values and hold no personal data: ids, codes, old and new values of what is not about a person.
    """
    if subject.id is None:
        subject.id = uuid7()
    event = AuditEvent(
        id=uuid7(),
        at=at,
        actor_id=by,
        action=action,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        case_id=case,
        details=details,
    )
    session.info.setdefault(_PENDING, []).append(event)


def forget(session: Session) -> None:
    """Drop what was noted but not sealed: the work it describes was undone."""
    session.info.pop(_PENDING, None)


def seal(session: Session) -> None:
    """Add the noted events to the chain, in the transaction of the work they describe."""
    pending: list[AuditEvent] = session.info.pop(_PENDING, [])
    if not pending:
        return
    chain.add(session, AuditHead, pending)


def verify(session: Session) -> Verdict:
    """Walk the whole chain and say what does not fit."""
    return chain.verify(_all(session), session.get(AuditHead, chain.HEAD_ID), noun="Event")


def _all(session: Session) -> Iterator[AuditEvent]:
    query = sa.select(AuditEvent).order_by(AuditEvent.sequence).execution_options(yield_per=1000)
    return iter(session.scalars(query))


def timeline(session: Session, case: UUID) -> Sequence[AuditEvent]:
    """What happened to one assessment, oldest first."""
    return session.scalars(sa.select(AuditEvent).where(AuditEvent.case_id == case).order_by(AuditEvent.sequence)).all()


def newest(session: Session, *subject_types: str) -> tuple[str | None, ...]:
    """The hash of the newest event about each kind of thing: while none of them changes, nothing happened to any."""
    return tuple(session.execute(_newest(subject_types)).one())


@cache
def _newest(subject_types: tuple[str, ...]) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        *(
            sa.select(AuditEvent.hash)
            .where(AuditEvent.subject_type == one)
            .order_by(AuditEvent.sequence.desc())
            .limit(1)
            .scalar_subquery()
            for one in subject_types
        )
    )
