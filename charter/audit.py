"""Who did what, and when: events that are only ever added, each sealed to the one before it by its hash.

A verb calls `record` while it works. `transaction()` calls `seal` just before it commits, so that the lock on the end
of the chain is always the last one taken and held for the shortest time. `verify` proves the chain.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from charter.orm import Base

GENESIS = "0" * 64
_PENDING = "audit_pending"


class AuditEvent(Base):
    """One thing that one person (or the portal itself, when `actor_id` is empty) did to one subject."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index("ix_audit_event_case_id_sequence", "case_id", "sequence"),
        sa.Index("ix_audit_event_subject_id", "subject_id"),
        sa.Index("ix_audit_event_subject_type_sequence", "subject_type", "sequence"),
    )

    sequence: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(sa.String(64))
    subject_type: Mapped[str] = mapped_column(sa.String(64))
    subject_id: Mapped[UUID]
    case_id: Mapped[UUID | None]
    """The assessment whose timeline shows the event."""
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


class AuditHead(Base):
    """The end of the chain: one row, locked by whoever adds to it."""

    __tablename__ = "audit_head"

    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))


HEAD_ID = UUID(int=1)


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
    session.flush()  # the work first: the end of the chain is the last lock taken
    head = _end(session)
    for event in pending:
        event.sequence = head.sequence + 1
        event.previous_hash = head.hash
        event.hash = digest(event)
        head.sequence, head.hash = event.sequence, event.hash
    session.add_all(pending)


def _end(session: Session) -> AuditHead:
    """The end of the chain, locked. Two writers of the very first event are settled by the key of the one row."""
    head = session.get(AuditHead, HEAD_ID, with_for_update=True, populate_existing=True)
    if head is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        begin = insert(AuditHead).values(id=HEAD_ID, sequence=0, hash=GENESIS)
        session.execute(begin.on_conflict_do_nothing())
        head = session.get_one(AuditHead, HEAD_ID, with_for_update=True, populate_existing=True)
    return head


def digest(event: AuditEvent) -> str:
    """The SHA-256, in hexadecimal, of everything the event says and of the hash before it."""
    said = {
        "sequence": event.sequence,
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": str(event.actor_id) if event.actor_id else None,
        "action": event.action,
        "subject": f"{event.subject_type}:{event.subject_id}",
        "case": str(event.case_id) if event.case_id else None,
        "details": event.details,
        "previous": event.previous_hash,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What checking the chain found: how many events, the hash at its end, and each fault in a sentence."""

    events: int
    head: str
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was changed, removed, added or moved."""
        return not self.faults


def verify(session: Session) -> Verdict:
    """Walk the whole chain and say what does not fit."""
    faults: list[str] = []
    sequence, previous = 0, GENESIS
    for event in _all(session):
        sequence += 1
        if event.sequence != sequence:
            faults.append(f"Event {sequence} is missing: the next one found is {event.sequence}.")
            sequence = event.sequence
        if event.previous_hash != previous:
            faults.append(f"Event {event.sequence} does not follow the event before it.")
        if event.hash != digest(event):
            faults.append(f"Event {event.sequence} was changed after it was written.")
        previous = event.hash
    head = session.get(AuditHead, HEAD_ID)
    end = (head.sequence, head.hash) if head else (0, GENESIS)
    if end != (sequence, previous):
        faults.append(f"The chain ends at event {sequence}, but {end[0]} events were sealed.")
    return Verdict(sequence, previous, tuple(faults))


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
