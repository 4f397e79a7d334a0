"""Draft a version of the charter: from a published one or from a file, piece by piece or as a whole text."""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, undefer
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale, who_saved
from charter.framework import checking, publishing, source, writing
from charter.framework.checking import Fault, Faulty
from charter.framework.content import Content
from charter.framework.models import Framework, FrameworkStatus
from charter.versions import parts
from charter.versions.models import NAME_LENGTH, FrameworkDraft
from charter.versions.parts import Document, Kind

LINES = 200
"""Of a draft that was changed, the trail keeps so many lines; the rest is told by the hashes before and after."""
CHANGED = "Somebody else saved this after you opened it. Look at both, then save again to have yours."
PUBLISHED = "This draft was published, so it cannot change any more. Start another from the version it became."


@dataclass(frozen=True)
class Read:
    """A text of a draft as it was read."""

    document: Document
    """Its values as they were written, whatever is wrong with them."""
    content: Content | None
    """The charter it says, when nothing is wrong."""
    faults: tuple[Fault, ...]
    """Every mistake, with its line."""


def read(text: str) -> Read:
    """What a text says. Raises `Faulty` when it is no YAML that we can take, or no set of fields at all."""
    written = source.parse_text(text)
    if not isinstance(written.document, dict):
        raise Faulty((Fault("the file", 1, "This should be a set of fields, each written “name: value”."),))
    try:
        return Read(written.document, checking.check(written.document, written.line), ())
    except Faulty as faulty:
        return Read(written.document, None, faulty.faults)


def seen(what: object) -> str:
    """A piece of a draft, or its text, in a few characters: whether somebody changed it since is told by them."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]


def in_the_making(session: Session) -> list[FrameworkDraft]:
    """The drafts that are not published, the one changed last first (one query)."""
    query = (
        sa.select(FrameworkDraft)
        .where(FrameworkDraft.framework_id.is_(None))
        .options(joinedload(FrameworkDraft.base), joinedload(FrameworkDraft.changed_by))
        .order_by(FrameworkDraft.changed_at.desc(), FrameworkDraft.id)
    )
    return list(session.scalars(query))


def content_of(draft: FrameworkDraft) -> Content:
    """The charter that a draft says. Raises `Refusal` while something is wrong with it."""
    return framework_of(draft).content


def framework_of(draft: FrameworkDraft) -> Framework:
    """The version as it would be published, in no session and stored nowhere. Raises `Refusal` as `content_of` does."""
    if draft.document is None or draft.content_hash is None:
        count = f"{draft.faults} mistake{'s' * (draft.faults > 1)}"
        raise Refusal(f"There {'is' if draft.faults == 1 else 'are'} {count} in this draft. Mend what is listed first.")
    meta = draft.document["meta"]
    return Framework(
        id=uuid7(),
        code=meta["code"],
        version=meta["version"],
        title=meta["title"],
        status=FrameworkStatus.PUBLISHED,
        published_at=draft.changed_at,
        content_hash=draft.content_hash,
        document=draft.document,
        closes_on=None,
    )


# Start ---------------------------------------------------------------------------------------------------------------


def start(session: Session, base: Framework, *, name: str, by: User, at: datetime) -> FrameworkDraft:
    """A draft that begins as a copy of a published version. Raises `Refusal` without a name."""
    return _add(session, base, writing.as_text(base.content), name, "published", by, at)


def take_in(session: Session, text: str, *, name: str, by: User, at: datetime) -> FrameworkDraft:
    """A draft from a file. Mistakes in it are kept and listed; raises `Faulty` when it cannot be read at all."""
    return _add(session, publishing.current(session), text, name, "file", by, at)


def _add(
    session: Session, base: Framework, text: str, name: str, begun_from: str, by: User, at: datetime
) -> FrameworkDraft:
    name = name.strip()
    if not name:
        raise Refusal("Give the draft a name.", field="name")
    if len(name) > NAME_LENGTH:
        raise Refusal(f"The name must be {NAME_LENGTH} characters or fewer.", field="name")
    draft = FrameworkDraft(
        name=name, base_id=base.id, base=base, created_at=at, created_by_id=by.id, framework_id=None, published_at=None
    )
    _say(draft, text, by, at)
    session.add(draft)
    session.flush()
    audit.record(
        session,
        "framework_draft:start",
        draft,
        by=by.id,
        at=at,
        base=base.version,
        begun_from=begun_from,
        faults=draft.faults,
        content_hash=draft.content_hash,
    )
    return draft


def _say(draft: FrameworkDraft, text: str, by: User, at: datetime) -> Read:
    found = read(text)
    draft.text, draft.faults = text, len(found.faults)
    draft.document = found.content.model_dump(mode="json") if found.content else None
    draft.content_hash = publishing.digest(draft.document) if draft.document else None
    draft.changed_at, draft.changed_by_id = at, by.id
    return found


# Change --------------------------------------------------------------------------------------------------------------


def change_text(session: Session, draft: FrameworkDraft, *, text: str, seen_as: str, by: User, at: datetime) -> Read:
    """Say the whole draft anew. Mistakes are kept, to be mended later, and returned with what was read.

    `seen_as` is `seen` of the text that the person saw. Raises `Faulty` when it cannot be read as YAML: then the draft
    stays as it was; `Stale` when somebody saved another; `Refusal` when it is published.
    """
    mine = locked(session, draft)
    if seen(mine.text) != seen_as and text != mine.text:
        raise Stale(who_saved(mine.changed_by_id, by.id, CHANGED), current=mine.text)
    return _keep(session, mine, text, "text", "", by, at, was=mine.text)


def change_piece(
    session: Session,
    draft: FrameworkDraft,
    kind: Kind,
    code: str | None,
    *,
    said: Mapping[str, Any],
    seen_as: str,
    by: User,
    at: datetime,
) -> str:
    """Say one piece anew, or add one where `code` is None; returns its code.

    Others may save other pieces meanwhile. `seen_as` is `seen` of the piece as the person saw it. Raises `Stale` when
    somebody saved this one, `parts.Misfit` with what is wrong, and `Refusal` when it is gone, or published.
    """
    mine = locked(session, draft)
    document = read(mine.text).document
    there = parts.piece(document, kind, code) if code is not None else None
    if code is not None and there is None:
        raise Refusal("Somebody took this out of the draft meanwhile. What you typed is still here to copy.")
    changed = parts.put(document, kind, code, said)
    if changed == document:
        return code or ""
    if there is not None and seen(there) != seen_as:
        raise Stale(who_saved(mine.changed_by_id, by.id, CHANGED), current=there)
    new = str(said.get("code") or code or "")
    _keep(session, mine, writing.text_of(changed), kind.key, new, by, at, was=writing.text_of(document))
    return new


def take_out(session: Session, draft: FrameworkDraft, kind: Kind, code: str, *, by: User, at: datetime) -> None:
    """Take one piece out of a draft. Raises `Refusal` when it is not there, or the draft is published."""
    mine = locked(session, draft)
    document = read(mine.text).document
    changed, was = parts.without(document, kind, code), writing.text_of(document)
    _keep(session, mine, writing.text_of(changed), kind.key, code, by, at, was=was, deed="take-out")


def _keep(
    session: Session,
    draft: FrameworkDraft,
    text: str,
    what: str,
    code: str,
    by: User,
    at: datetime,
    *,
    was: str,
    deed: str = "change",
) -> Read:
    """Keep a new text. `was` is the one before, as it would be written by whoever wrote the new one."""
    before = draft.content_hash
    found = _say(draft, text, by, at)
    session.flush()
    audit.record(
        session,
        f"framework_draft:{deed}",
        draft,
        by=by.id,
        at=at,
        what=what,
        code=code,
        before=before,
        after=draft.content_hash,
        faults=draft.faults,
        lines=_lines(was, text),
    )
    return found


def _lines(before: str, after: str) -> list[str]:
    """The lines of a text that went (-) and that came (+), for the trail, as far as it has room for them."""
    both = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    changed = [line for line in list(both)[2:] if not line.startswith("@@")]
    more = len(changed) - LINES
    return changed if more <= 0 else [*changed[:LINES], f"and {more:,} more lines"]


def discard(session: Session, draft: FrameworkDraft, *, by: User, at: datetime) -> None:
    """Throw a draft away. Raises `Refusal` when it is published."""
    mine = locked(session, draft)
    audit.record(
        session,
        "framework_draft:discard",
        mine,
        by=by.id,
        at=at,
        base=mine.base.version,
        content_hash=mine.content_hash,
        faults=mine.faults,
    )
    session.delete(mine)


def locked(session: Session, draft: FrameworkDraft) -> FrameworkDraft:
    """The draft as it is now, held until the transaction ends. Raises `Refusal` when it is gone or published."""
    (key,) = sa.inspect(draft).identity or (draft.id,)
    if session.scalars(sa.select(FrameworkDraft.id).where(FrameworkDraft.id == key).with_for_update()).first() is None:
        raise Refusal("This draft was thrown away.")
    mine = session.scalars(
        sa.select(FrameworkDraft)
        .where(FrameworkDraft.id == key)
        .options(undefer(FrameworkDraft.text), defer(FrameworkDraft.document))
        .execution_options(populate_existing=True)
    ).one()
    if mine.framework_id is not None:
        raise Refusal(PUBLISHED)
    return mine
