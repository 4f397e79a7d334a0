"""Mail before it leaves: whoever does something in the panel reads what it sends, to whom and when, and then does it.

Every page of the panel passes here (`charter.admin.base.Guarded`). What a page does is done for a trial; when that
writes messages nobody has read yet, it is undone and the messages are shown, with all that was typed in the form of
that page. The button does it again, and it stands when the messages are still the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import g, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from charter.account.models import KeptForm
from charter.clock import now
from charter.extensions import db
from charter.notification import outbox, rehearsal
from charter.notification.rehearsal import NOTE_LENGTH, Letter
from charter.web.access import keep_what_was_typed, settings, the_user

SEEN, DEED, NOTE = "mail-seen", "mail-deed", "mail-note-"
"""The fields of the page: a hash of what was shown, which button was pressed, and what was added to each message."""
OWN = "mail-"


class ShownFirst(Exception):
    """Nothing is kept yet: these messages are to be read first."""

    def __init__(
        self, letters: tuple[Letter, ...], notes: Mapping[str, str], faults: Mapping[str, str], *, overtaken: bool
    ) -> None:
        super().__init__("mail is shown before it leaves")
        self.letters, self.notes, self.faults, self.overtaken = letters, notes, faults, overtaken


@dataclass(frozen=True)
class Shown:
    """One message on the page."""

    letter: Letter
    note: str
    error: str

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{NOTE}{self.letter.key}"

    @property
    def body(self) -> str:
        """What it says, with what was added."""
        return _filled(rehearsal.with_note(self.letter.body, self.note))

    @property
    def subject(self) -> str:
        """What it is headed."""
        return _filled(self.letter.subject)


def begin() -> None:
    """From here on, nothing that mails is kept in this request before its messages were read."""
    g.last_look = _look


def wants_to_change() -> bool:
    """Whether the way back to the form was chosen."""
    return request.method == "POST" and request.form.get(DEED) == "change"


def back_to_the_form() -> ResponseReturnValue:
    """To the page that the messages came from, with all that was typed in it."""
    keep_what_was_typed(the_user())
    return redirect(request.full_path.rstrip("?"), 303)


def _look(session: Session) -> None:
    letters = rehearsal.letters(session)
    if not letters:
        return
    notes, seen = _notes(session, letters), request.form.get(SEEN)
    faults = {one.key: rehearsal.why_not(session, one, notes[one.key]) for one in letters}
    same = seen == rehearsal.digest(letters)
    if same and request.form.get(DEED) == "send" and not any(faults.values()):
        rehearsal.add(session, letters, notes, by=the_user().id, at=now())
        session.execute(sa.delete(KeptForm).where(*_kept_here()))
        return
    raise ShownFirst(letters, notes, faults, overtaken=bool(seen) and not same)


def _notes(session: Session, letters: tuple[Letter, ...]) -> dict[str, str]:
    """What was added to each message; after a way back to the form, what was added before it."""
    typed: Mapping[str, str] = request.form
    if SEEN not in request.form:
        query = sa.select(KeptForm.fields).where(*_kept_here()).order_by(KeptForm.kept_at.desc()).limit(1)
        kept = session.scalars(query).first() or {}
        typed = {name: values[0] for name, values in kept.items() if values}
    return {one.key: typed.get(f"{NOTE}{one.key}", "") for one in letters}


def _kept_here() -> tuple[sa.ColumnElement[bool], ...]:
    return KeptForm.user_id == the_user().id, KeptForm.path == request.path[:500]


def _filled(text: str) -> str:
    return outbox.filled(text, base_url=settings().base_url, scheme_name=settings().scheme_name)


def page(shown: ShownFirst) -> dict[str, Any]:
    """What the page of messages shows, and the fields that it carries on."""
    db.session.rollback()
    return {
        "shown": [Shown(one, shown.notes.get(one.key, ""), shown.faults.get(one.key, "")) for one in shown.letters],
        "overtaken": shown.overtaken,
        "seen": rehearsal.digest(shown.letters),
        "carried": [
            (name, value)
            for name, values in request.form.lists()
            if name != "csrf_token" and not name.startswith(OWN)
            for value in values
        ],
        "names": {"seen": SEEN, "deed": DEED},
        "address": request.full_path.rstrip("?"),
        "note_length": NOTE_LENGTH,
    }
