"""Mail before it leaves: what a piece of work would send, gathered before any of it is kept.

Work that mails is done for a trial, and undone: so what is shown is what would be sent. Done again once it was read, it
writes the same messages, or is undone again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from charter import audit
from charter.notification import outbox
from charter.notification.models import Message

NOTE_LENGTH = 2000
MARK = "From the person who dealt with this:"
"""Stands above what somebody added to a message."""
NEXT, NEW, HIDDEN = "(the next number)", "(a new address)", "(hidden)"
NUMBERED = ("number", "code")
"""What has both of these, as an award has, gets them anew at each try. A code alone is somebody's word for a thing."""
"""Stand for what is made anew at each try: the number of a certificate, and the ids in addresses."""
_MADE, _KEPT_OUT = "made_in_this_transaction", "kept_out_of_notes"


@dataclass(frozen=True)
class Letter:
    """One message, and everybody who gets it: they are told the same, each greeted by name."""

    key: str
    """Names it among those of one piece of work, also when its words change."""
    kind: str
    to: tuple[str, ...]
    """The addresses, in order."""
    subject: str
    body: str
    """As it is sent, with what is made anew at each try left open."""
    leaves_at: datetime | None
    """When it leaves; None for at once."""
    messages: tuple[UUID, ...]

    @property
    def parts(self) -> tuple[str, str]:
        """What stands before an added note, and what after it."""
        return _split(self.body)


def watch(session: Session) -> None:
    """Note what is written from here to the end of the transaction. Call `forget` when it ends."""
    session.info[_MADE] = []


def forget(session: Session) -> None:
    """Note no more."""
    session.info.pop(_MADE, None)
    session.info.pop(_KEPT_OUT, None)


def keep_out(session: Session, kind: str, words: Iterable[str], why: str) -> None:
    """Of the messages of one kind that this work writes, whoever gets them must not learn these words: a note with one
    of them is refused, for the reason `why`."""
    session.info.setdefault(_KEPT_OUT, []).append((kind, tuple(word.casefold() for word in words if word), why))


def why_not(session: Session, letter: Letter, note: str) -> str:
    """Why a note cannot be added to a letter, in a sentence; empty when it can."""
    length = len(note.strip().replace("\r\n", "\n"))
    if length > NOTE_LENGTH:
        return f"Add {NOTE_LENGTH:,} characters or fewer. It has {length:,}."
    said = note.casefold()
    for kind, kept_out, why in session.info.get(_KEPT_OUT, ()):
        if kind == letter.kind and any(word in said for word in kept_out):
            return str(why)
    return ""


@event.listens_for(Session, "pending_to_persistent")
def _note(session: Session, made: Any) -> None:
    if _MADE in session.info:
        session.info[_MADE].append(made)


def letters(session: Session) -> tuple[Letter, ...]:
    """What the work of a watched transaction would send, in the order in which it was written."""
    session.flush()  # so that the ids are there
    made = session.info.get(_MADE, ())
    anew = _anew(one for one in made if not isinstance(one, Message))
    groups: dict[tuple[str, str, str], list[tuple[Message, str]]] = {}
    for message in made:
        if isinstance(message, Message):
            greeting, _, rest = _veiled(message.body, anew).partition("\n")
            subject = _veiled(message.subject, anew)
            groups.setdefault((message.kind, subject, rest), []).append((message, greeting))
    found: list[Letter] = []
    for (kind, subject, rest), several in groups.items():
        greetings = {greeting for _, greeting in several}
        first = next(iter(greetings)) if len(greetings) == 1 else "Hello (the name of each)"
        (message, _), number = several[0], sum(one.kind == kind for one in found) + 1
        found.append(
            Letter(
                key=f"{kind}-{number}",
                kind=kind,
                to=tuple(sorted(one.to_address for one, _ in several)),
                subject=subject,
                body=f"{first}\n{rest}",
                leaves_at=message.not_before if message.not_before > message.written_at else None,
                messages=tuple(one.id for one, _ in several),
            )
        )
    return tuple(found)


def digest(letters: Sequence[Letter]) -> str:
    """A hash of who would be sent what: the same for the same messages, whenever the work is tried."""
    said = sorted((one.kind, one.to, one.subject, one.body) for one in letters)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def with_note(body: str, note: str) -> str:
    """A body with a note in its marked place, above the scheme's name. Without a note it is as it was."""
    note = note.strip()
    before, after = _split(body)
    return f"{before}{MARK}\n\n{note}\n\n{after}" if note else body


def add(session: Session, letters: Iterable[Letter], notes: Mapping[str, str], *, by: UUID, at: datetime) -> None:
    """Add a note to each letter that has one among `notes`, by the letter's key."""
    for letter in letters:
        note = notes.get(letter.key, "").strip()
        for message_id in letter.messages if note else ():
            message = session.get_one(Message, message_id)
            message.body = with_note(message.body, note.replace("\r\n", "\n").replace("\x00", ""))
            audit.record(session, "message:add", message, by=by, at=at, kind=letter.kind, characters=len(note))


def _split(body: str) -> tuple[str, str]:
    """A body before the scheme's name at its end, and from there on."""
    end = f"{outbox.SCHEME}\n{outbox.PORTAL}"
    place = body.rfind(end)
    return (body[:place], body[place:]) if place >= 0 else (f"{body.rstrip()}\n\n", "")


def _anew(made: Iterable[Any]) -> dict[str, str]:
    """What is made anew at each try, and what stands for it."""
    found: dict[str, str] = {}
    for one in made:
        values = [getattr(one, name, None) for name in NUMBERED]
        found.update((value, NEXT) for value in values if value and all(isinstance(each, str) for each in values))
        found[str(one.id)] = NEW
    return found


def _veiled(text: str, anew: Mapping[str, str]) -> str:
    for value, stands_for in anew.items():
        text = text.replace(value, stands_for)
    return outbox.without_links(text)
