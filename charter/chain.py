"""A chain of rows that are only ever added, each sealed to the one before it by its hash.

The end of a chain is one row, locked by whoever adds to it: so its lock is the last one a piece of work takes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter.database import insert
from charter.orm import Base

GENESIS = "0" * 64
HEAD_ID = UUID(int=1)


class Head(Base):
    """The end of a chain: the one row of its table."""

    __abstract__ = True

    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))


class Link(Base):
    """What a chain is made of: one row of it, under its number, with its own hash and that of the one before."""

    __abstract__ = True

    sequence: Mapped[int]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))

    def said(self) -> dict[str, Any]:
        """Everything it says, with the hash before it, as plain JSON values."""
        raise NotImplementedError(type(self).__name__)

    def digest(self) -> str:
        """The SHA-256 of everything it says and of the hash before it."""
        return digest(self.said())


H = TypeVar("H", bound=Head)


def end(session: Session, kind: type[H]) -> H:
    """The end of a chain, locked. Two writers of the very first link are settled by the key of the one row."""
    head = session.get(kind, HEAD_ID, with_for_update=True, populate_existing=True)
    if head is None:
        begin = insert(session, kind).values(id=HEAD_ID, sequence=0, hash=GENESIS)
        session.execute(begin.on_conflict_do_nothing())
        head = session.get_one(kind, HEAD_ID, with_for_update=True, populate_existing=True)
    return head


def add(session: Session, kind: type[Head], links: Iterable[Link]) -> None:
    """Add links at the end of the chain whose end `kind` is, in the transaction of the work they describe."""
    session.flush()  # the work first: the end of the chain is the last lock taken
    head = end(session, kind)
    for link in links:
        link.sequence = head.sequence + 1
        link.previous_hash = head.hash
        link.hash = link.digest()
        head.sequence, head.hash = link.sequence, link.hash
        session.add(link)


def digest(said: Mapping[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of plain JSON values in the one form in which a chain writes them."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What checking a chain found: how many links, the hash at its end, and each fault in a sentence."""

    events: int
    head: str
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was changed, removed, added or moved."""
        return not self.faults


def verify(links: Iterable[Link], head: Head | None, *, noun: str) -> Verdict:
    """Walk a whole chain, first link first, and say what does not fit. `noun` is what a link is called."""
    faults: list[str] = []
    sequence, previous = 0, GENESIS
    for link in links:
        sequence += 1
        if link.sequence != sequence:
            faults.append(f"{noun} {sequence} is missing: the next one found is {link.sequence}.")
            sequence = link.sequence
        if link.previous_hash != previous:
            faults.append(f"{noun} {link.sequence} does not follow the one before it.")
        if link.hash != link.digest():
            faults.append(f"{noun} {link.sequence} was changed after it was written.")
        previous = link.hash
    sealed = (head.sequence, head.hash) if head else (0, GENESIS)
    if sealed != (sequence, previous):
        faults.append(f"The chain ends at {noun.lower()} {sequence}, but {sealed[0]} were sealed.")
    return Verdict(sequence, previous, tuple(faults))
