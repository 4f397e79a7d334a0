"""The public log of awards: what was decided about each certificate, chained, so that nothing can be changed unseen.

It names no employer: a number, a level, days, and the hashes of the certificate and of the record of the decision.
Whoever keeps an end of the chain, which every sealed certificate does, can prove that nothing before it was changed,
moved or removed. A verb calls `note` while it works; `transaction()` calls `seal` just before it commits.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from joserfc import jws
from sqlalchemy.orm import Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from charter import chain
from charter.award import documents
from charter.award.documents import AwardDocument, Press
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.chain import Verdict
from charter.clock import local_date
from charter.keys import ALGORITHM, SIGNATURES, Keys
from charter.lifecycle import Status

PAGE = 1000
"""How many entries one page of the log holds."""
HEAD_TYPE = "charter-log-head+jwt"
"""What kind of thing a signed end of the log is, so that it is never taken for a badge."""
_PENDING = "award_log_pending"


class LogKind(Status):
    """What happened to an award."""

    ISSUED = "issued"
    RENEWED = "renewed"
    SUPERSEDED = "superseded"
    REVIEW_OPENED = "review_opened"
    REVIEW_CLOSED = "review_closed"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REVOKED = "revoked"
    REISSUED = "reissued"


GIVEN = (LogKind.ISSUED, LogKind.RENEWED)
"""What begins an award."""
DRAWN = (*GIVEN, LogKind.REISSUED)
"""What a certificate is drawn for."""


class LogEntry(chain.Link):
    """One thing that happened to one award."""

    __tablename__ = "log_entry"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index("ix_log_entry_number", "number", "sequence"),
        sa.Index("ix_log_entry_document_sha256", "document_sha256"),
    )

    at: Mapped[datetime]
    """When it was written down."""
    kind: Mapped[LogKind]
    number: Mapped[str] = mapped_column(sa.String(32))
    level: Mapped[int]
    on: Mapped[date]
    """The day from which it holds."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    other: Mapped[str | None] = mapped_column(sa.String(32))
    """The number of the award that it renews, or that took its place."""
    document_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the certificate as it was drawn."""
    record_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the record of the decision."""

    def said(self) -> dict[str, Any]:
        """What the entry says, as it is published and hashed."""
        return {
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "kind": self.kind.value,
            "number": self.number,
            "level": self.level,
            "on": self.on.isoformat(),
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "other": self.other,
            "document_sha256": self.document_sha256,
            "record_sha256": self.record_sha256,
            "previous_hash": self.previous_hash,
        }


class LogHead(chain.Head):
    """The end of the log."""

    __tablename__ = "log_head"


def note(session: Session, award: Award, kind: LogKind, *, at: datetime, on: date, other: str | None = None) -> None:
    """Note what happens to an award, from the day `on`. It is written when the transaction ends."""
    entry = LogEntry(
        id=uuid7(),
        at=at,
        kind=kind,
        number=award.number,
        level=award.level,
        on=on,
        starts_on=award.starts_on,
        ends_on=award.ends_on,
        other=other,
        document_sha256=None,
        record_sha256=None,
    )
    session.info.setdefault(_PENDING, []).append((entry, award))


def rests_on(session: Session, award: Award, record_sha256: str) -> None:
    """Say on which record of a decision the award rests that was noted in this transaction."""
    for entry, noted in session.info.get(_PENDING, ()):
        if noted is award and entry.kind in GIVEN:
            entry.record_sha256 = record_sha256


def forget(session: Session) -> None:
    """Drop what was noted but not written: the work it describes was undone."""
    session.info.pop(_PENDING, None)


def seal(session: Session, press: Press) -> None:
    """Draw the certificates of the awards that were given, and write what was noted at the end of the log.

    Raises `Refusal` when a certificate cannot be drawn as it must be; then nothing of the work is kept.
    """
    pending: list[tuple[LogEntry, Award]] = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    for entry, award in pending:
        if entry.kind in DRAWN:
            entry.document_sha256 = documents.draw(session, award, press, at=entry.at).sha256
    chain.add(session, LogHead, [entry for entry, _ in pending])


def why_sealed(session: Session, document: AwardDocument) -> str:
    """What stands in the seal of a certificate: where the log names it. So who holds one holds a part of the log."""
    query = sa.select(LogEntry).where(LogEntry.document_sha256 == document.sha256).order_by(LogEntry.sequence)
    entry = session.scalars(query.limit(1)).first()
    if entry is None:
        return "A certificate from before the public log"
    return f"Certificate {entry.number}, entry {entry.sequence} of the public log: {entry.hash}"


# What is read ---------------------------------------------------------------------------------------------------------


def entries(session: Session, *, after: int = 0, most: int) -> Iterator[Mapping[str, Any]]:
    """Entries in order, each as it is published: what it says, and its hash."""
    query = sa.select(LogEntry).where(LogEntry.sequence > after).order_by(LogEntry.sequence).limit(most)
    for entry in session.scalars(query):
        yield {**entry.said(), "hash": entry.hash}


def of(session: Session, number: str) -> list[LogEntry]:
    """What happened to one award, oldest first."""
    return list(session.scalars(sa.select(LogEntry).where(LogEntry.number == number).order_by(LogEntry.sequence)))


def head(session: Session) -> tuple[int, str]:
    """How many entries the log has, and the hash at its end."""
    found = session.get(LogHead, chain.HEAD_ID)
    return (found.sequence, found.hash) if found else (0, chain.GENESIS)


def signed_head(session: Session, keys: Keys, *, address: str, at: datetime) -> dict[str, Any]:
    """The end of the log as it is published at the moment `at`: in plain words, and signed as a JSON Web Token.

    `address` is that of the portal.
    """
    sequence, digest = head(session)
    said = {"iss": address, "iat": int(at.timestamp()), "sequence": sequence, "hash": digest}
    header = {"alg": ALGORITHM, "kid": keys.key_id, "typ": HEAD_TYPE}
    return {**said, "signed": jws.serialize_compact(header, json.dumps(said), keys.issuer, registry=SIGNATURES)}


def verify(session: Session) -> Verdict:
    """Walk the whole log and say what does not fit: in the chain, and between the log and the awards themselves."""
    query = sa.select(LogEntry).order_by(LogEntry.sequence).execution_options(yield_per=1000, populate_existing=True)
    verdict = chain.verify(session.scalars(query), session.get(LogHead, chain.HEAD_ID), noun="Entry")
    return Verdict(verdict.events, verdict.head, (*verdict.faults, *_apart(session)))


def _apart(session: Session) -> Iterator[str]:
    """Where an award is not what the log says of it: somebody changed one of the two by another way than the verbs."""
    newest = sa.select(sa.func.max(LogEntry.sequence)).group_by(LogEntry.number)
    told = (
        sa.select(LogEntry, Award)
        .outerjoin(Award, Award.number == LogEntry.number)
        .where(LogEntry.sequence.in_(newest))
        .order_by(LogEntry.sequence)
        .execution_options(yield_per=1000, populate_existing=True)
    )
    for entry, award in session.execute(told):
        if award is None:
            yield f"{entry.number} is in the log, but the award is gone."
            continue
        if (award.level, award.starts_on, award.ends_on) != (entry.level, entry.starts_on, entry.ends_on):
            yield f"{entry.number} has another level or other days than the log says."
        if award.status not in STATUS_AFTER[entry.kind]:
            yield f"{entry.number} is {award.status.label.lower()}, and the log ends with “{entry.kind.label.lower()}”."
    unknown = sa.select(Award.number).where(~sa.exists().where(LogEntry.number == Award.number))
    for number in session.scalars(unknown.order_by(Award.number)):
        yield f"{number} is an award that the log does not know."


STATUS_AFTER: Mapping[LogKind, tuple[AwardStatus, ...]] = {
    LogKind.ISSUED: (AwardStatus.ACTIVE,),
    LogKind.RENEWED: (AwardStatus.ACTIVE,),
    LogKind.REVIEW_OPENED: (AwardStatus.UNDER_REVIEW,),
    LogKind.REVIEW_CLOSED: (AwardStatus.ACTIVE,),
    LogKind.SUSPENDED: (AwardStatus.SUSPENDED,),
    LogKind.RESTORED: (AwardStatus.ACTIVE,),
    LogKind.REISSUED: (AwardStatus.ACTIVE, AwardStatus.UNDER_REVIEW),
    LogKind.SUPERSEDED: (AwardStatus.SUPERSEDED,),
    LogKind.REVOKED: (AwardStatus.REVOKED,),
}
"""What an award may be when something was the last that happened to it."""


def enter_those_of_before(session: Session, press: Press, at: datetime, *, most: int = 20) -> int:
    """Write awards into the log that were given before there was one, each with all that is known of it; how many.

    They say when they were written down, and from which day they hold.
    """
    known = sa.exists().where(LogEntry.number == Award.number)
    query = sa.select(Award).where(~known).order_by(Award.issued_at, Award.id).limit(most)
    found = session.scalars(query.with_for_update(skip_locked=True)).all()
    for award in found:
        note(session, award, LogKind.ISSUED, at=at, on=award.starts_on)
        if award.status in _LED_TO:
            since = award.suspensions[-1].from_on if award.status is AwardStatus.SUSPENDED else local_date(at)
            note(session, award, _LED_TO[award.status], at=at, on=award.ended_on or since)
    seal(session, press)
    return len(found)


_LED_TO = {
    AwardStatus.UNDER_REVIEW: LogKind.REVIEW_OPENED,
    AwardStatus.SUSPENDED: LogKind.SUSPENDED,
    AwardStatus.SUPERSEDED: LogKind.SUPERSEDED,
    AwardStatus.REVOKED: LogKind.REVOKED,
}
