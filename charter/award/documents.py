"""The certificate of an award as a file: drawn when the award is given, sealed soon after, and then kept.

What is drawn stands in the row until a sealed copy is safe in the store. The sealed file begins with the very bytes
that were drawn, so that one hash, which the public log holds, names both.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, undefer

from charter.award import certificate, signing
from charter.award.certificate import Issuer
from charter.award.models import Award
from charter.keys import Seal
from charter.orm import Base
from charter.storage import Missing, Store, digest

AT_ONCE = 20
"""How many certificates are sealed at one go."""


class AwardDocument(Base):
    """One certificate that was given out for an award. One drawn anew, after a change of name, is another version."""

    __tablename__ = "award_document"
    __table_args__ = (
        sa.UniqueConstraint("award_id", "version"),
        sa.CheckConstraint("version > 0", name="counts_from_1"),
        sa.CheckConstraint("drawn IS NOT NULL OR sealed_sha256 IS NOT NULL", name="is_somewhere"),
        sa.Index("ix_award_document_sha256", "sha256"),
        sa.Index(
            "ix_award_document_waiting",
            "id",
            sqlite_where=sa.text("drawn IS NOT NULL"),
            postgresql_where=sa.text("drawn IS NOT NULL"),
        ),
    )

    award_id: Mapped[UUID] = mapped_column(sa.ForeignKey("award.id", ondelete="CASCADE"))
    version: Mapped[int]
    """1 for the certificate of the day of the award."""
    name: Mapped[str] = mapped_column(sa.String(160))
    """The employer's name as this one prints it."""
    drawn_at: Mapped[datetime]
    size: Mapped[int]
    """How many bytes were drawn: so many of the sealed file have the hash `sha256`."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of what was drawn."""
    drawn: Mapped[bytes | None] = mapped_column(deferred=True)
    """What was drawn, until the sealed file is in the store."""
    sealed_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the sealed file: by this name it is, or is about to be, in the store."""
    sealed_at: Mapped[datetime | None]

    award: Mapped[Award] = relationship()

    @property
    def stored(self) -> str | None:
        """The name of the sealed file in the store; None while it is not safe there."""
        return self.sealed_sha256 if self.sealed_at is not None else None

    @property
    def is_sealed(self) -> bool:
        """Whether the sealed file is in the store."""
        return self.stored is not None


@dataclass(frozen=True)
class Press:
    """Draws certificates for this scheme, reached at this address."""

    issuer: Issuer
    base_url: str

    def address(self, code: str) -> str:
        """Where anyone can check the certificate with this code."""
        return f"{self.base_url}/certificates/{code}"

    def draw(self, award: Award) -> bytes:
        """The award's certificate as PDF."""
        return certificate.draw(certificate.facts(award), issuer=self.issuer, verify_url=self.address(award.code))


def draw(session: Session, award: Award, press: Press, *, at: datetime) -> AwardDocument:
    """Draw the certificate of an award and keep it, to be sealed. One more is another version."""
    pdf = press.draw(award)
    last = session.scalar(sa.select(sa.func.max(AwardDocument.version)).where(AwardDocument.award_id == award.id))
    made = AwardDocument(
        award_id=award.id,
        version=(last or 0) + 1,
        name=award.name,
        drawn_at=at,
        size=len(pdf),
        sha256=digest(pdf),
        drawn=pdf,
        sealed_sha256=None,
        sealed_at=None,
    )
    session.add(made)
    return made


def of(session: Session, award_id: UUID) -> AwardDocument | None:
    """The newest certificate of an award; None while nobody drew one."""
    query = sa.select(AwardDocument).where(AwardDocument.award_id == award_id)
    return session.scalars(query.order_by(AwardDocument.version.desc()).limit(1)).first()


def content(document: AwardDocument, store: Store) -> Iterator[bytes]:
    """The sealed file, in pieces. Raises as `Store.open` does, and `Missing` while it waits for its seal."""
    if document.stored is None:
        raise Missing(document.sha256)
    return store.open(document.stored)


def best(document: AwardDocument | None, award: Award, store: Store, press: Press) -> Callable[[], Iterator[bytes]]:
    """Opens the best copy of an award's certificate that there is: sealed, or as it was drawn, or drawn now for a look.

    The rows are read now: what is returned may be called when their session is over.
    """
    if document is not None and document.stored is not None:
        return partial(store.open, document.stored)
    drawn = document.drawn if document is not None else None
    pdf = drawn if drawn is not None else press.draw(award)
    return lambda: iter([pdf])


# Sealing --------------------------------------------------------------------------------------------------------------


def waiting(session: Session, *, most: int = AT_ONCE) -> Sequence[AwardDocument]:
    """Certificates that wait for their seal, the oldest first."""
    query = (
        sa.select(AwardDocument)
        .where(AwardDocument.drawn.is_not(None))
        .order_by(AwardDocument.id)
        .limit(most)
        .options(undefer(AwardDocument.drawn))
    )
    return session.scalars(query).all()


def count_waiting(session: Session) -> int:
    """How many certificates wait for their seal."""
    query = sa.select(sa.func.count()).select_from(AwardDocument).where(AwardDocument.drawn.is_not(None))
    return session.scalar(query) or 0


def seal_waiting(
    session: Session,
    transaction: Callable[[], AbstractContextManager[Session]],
    store: Store,
    seal: Seal,
    *,
    reason: Callable[[Session, AwardDocument], str],
    now: Callable[[], datetime],
    most: int = AT_ONCE,
) -> int:
    """Seal some of the certificates that wait, and return how many.

    `reason` says what stands in the seal. It may be stopped at any moment: the name of the sealed file is written down
    before the file is stored, so that a file that nobody came back for is found and removed, and what was drawn stays
    in the row until the sealed file is safe.
    """
    sealed = {
        one.id: signing.sign(one.drawn, seal, reason=reason(session, one))
        for one in waiting(session, most=most)
        if one.drawn is not None
    }
    session.rollback()
    if not sealed:
        return 0
    named: dict[UUID, str] = {}
    left_behind: list[str] = []
    with transaction() as writing:
        for document_id, file in sealed.items():
            document = _locked(writing, document_id)
            if document is None or document.is_sealed:  # another was faster
                continue
            if document.sealed_sha256 is not None:
                left_behind.append(document.sealed_sha256)
            document.sealed_sha256 = named[document_id] = digest(file)
    for sha256 in left_behind:
        store.remove(sha256)
    for document_id in named:
        store.put(sealed[document_id])
    with transaction() as writing:
        done = 0
        for document_id, name in named.items():
            document = _locked(writing, document_id)
            if document is not None and not document.is_sealed and document.sealed_sha256 == name:
                document.drawn, document.sealed_at = None, now()
                done += 1
    return done


def _locked(session: Session, document_id: UUID) -> AwardDocument | None:
    return session.get(AwardDocument, document_id, with_for_update=True, populate_existing=True)
