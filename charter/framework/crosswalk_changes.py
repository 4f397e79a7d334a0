"""Edit the crosswalk as data: change an item of another scheme, add one, take one out, put it back.

Each edit says why and where we have it from. Administrators edit in turn: whoever saves an item that somebody saved
first is told, and chooses.

What a level of the other scheme asks for is published and is not edited here. So a level never loses what it counts
by: taking an item out of a group, or moving it elsewhere, is refused with the name of the level when the group would
have no item left, or fewer than the level asks for. Another item is added there first. (A newer version may still
publish a group of which nothing is left; the sums then say that one action is left, see `assessment.other_schemes`.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.errors import Refusal, Stale
from charter.framework.content import Code, Content
from charter.framework.crosswalk import STATUSES, Item, Scheme, merged, scheme_of
from charter.framework.models import CrosswalkChange, CrosswalkEdit, Framework

LABEL_LENGTH = 200
NOTE_LENGTH = 1_000
SOURCE_LENGTH = 300
REASON_LENGTH = 500
CHANGED = "Somebody else saved this item after you opened it. Compare both, then choose."
_NOTHING: dict[str, Any] = {
    "label": None,
    "group": None,
    "criteria": [],
    "status": "",
    "note": "",
    "taken_out": None,
    "is_added": False,
}
"""What is kept of an item of which nothing was said."""
_CODE: TypeAdapter[str] = TypeAdapter(Code)


@dataclass(frozen=True)
class Details:
    """What is said of an item."""

    label: str
    group: str | None
    """The group of a level of the other scheme that it belongs to; None when it belongs to none."""
    criteria: Sequence[str]
    status: str
    note: str = ""
    """For employers."""
    no_criteria: bool = False
    """Said on purpose: no criterion stands beside it."""


@dataclass(frozen=True)
class Why:
    """Why something is edited."""

    reason: str
    """For administrators."""
    source: str
    """Where we have it from; employers read it."""


@dataclass(frozen=True)
class Draft:
    """An edit that nobody has kept yet: the scheme as it is, and as it would be."""

    before: Scheme
    after: Scheme
    row: CrosswalkChange | None
    """What is kept of the item now."""
    values: dict[str, Any]
    """What would be kept of it."""


Found: TypeAlias = tuple[Scheme, Item | None, CrosswalkChange | None, tuple[CrosswalkChange, ...]]


def draft_of_change(session: Session, content: Content, *, scheme: str, item: str, details: Details) -> Draft:
    """What `change` would keep, to look at first. Raises `Refusal` as it does."""
    there, _, row, rows = _there(session, content, scheme, item)
    values = _said(content, there, details, _published(content, scheme, item)) | {"taken_out": None}
    return _draft(content, there, row, rows, item, values)


def change(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    details: Details,
    why: Why,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Say what an item is, which criteria it stands beside and how sure we are. One that was taken out is back then.

    `seen_version` is the version of the item that the administrator saw (0: as published). The same form sent twice is
    one change. Raises `Stale` when somebody saved it since, and `Refusal` when there is no such item, criterion, group
    or status, when a text is missing or too long, or when a level would lose what it counts by.
    """
    _take_turn(session)
    draft = draft_of_change(session, content, scheme=scheme, item=item, details=details)
    return _keep(session, draft, "change", scheme, item, why, details.status, seen_version, by, at)


def draft_of_addition(session: Session, content: Content, *, scheme: str, item: str, details: Details) -> Draft:
    """What `add` would keep, to look at first. Raises `Refusal` as it does, but for a code that is taken."""
    there, old, row, rows = _found(session, content, scheme, item)
    try:
        _CODE.validate_python(item)
    except ValidationError:
        said = "Use 1 to 32 letters, numbers, dots, hyphens or underscores, and begin with a letter or number."
        raise Refusal(said, field="code") from None
    alike = {one.code for one in (*there.items, *there.taken_out) if one.code.lower() == item.lower()}
    if (old is None and alike) or (old is not None and not old.is_added):
        raise Refusal(f"There is an item {alike.pop()} already. Choose another code.", field="code")
    if old is None and row is not None and not row.is_added:
        raise Refusal(f"An older version of the charter has an item {item}. Choose another code.", field="code")
    values = _said(content, there, details, None) | {"taken_out": None, "is_added": True}
    return _draft(content, there, row, rows, item, values)


def add(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    details: Details,
    why: Why,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Add an item, with a code that is new in its scheme. The same form sent twice adds one.

    Raises `Refusal` when there is no such scheme, criterion, group or status, when the code is taken, or when a text is
    missing or too long.
    """
    _take_turn(session)
    draft = draft_of_addition(session, content, scheme=scheme, item=item, details=details)
    try:
        return _keep(session, draft, "add", scheme, item, why, details.status, 0, by, at)
    except Stale:
        raise Refusal(f"There is an item {item} already. Choose another code.", field="code") from None


def draft_of_taking_out(session: Session, content: Content, *, scheme: str, item: str, status: str) -> Draft:
    """What `take_out` would keep, to look at first. Raises `Refusal` as it does."""
    found = _there(session, content, scheme, item)
    if status not in STATUSES:
        raise Refusal("Choose how sure we are.", field="status")
    return _taken_out(content, found, item, status)


def take_out(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    status: str,
    why: Why,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Take an item out, so that it counts nowhere. What was said of it stays. `status`: how sure we are of that.

    The same form sent twice takes it out once. Raises `Stale` when somebody saved the item since, and `Refusal` when
    there is no such item or status, when a text is missing or too long, or when a level would lose what it counts by.
    """
    _take_turn(session)
    draft = draft_of_taking_out(session, content, scheme=scheme, item=item, status=status)
    return _keep(session, draft, "take-out", scheme, item, why, status, seen_version, by, at)


def draft_of_putting_back(session: Session, content: Content, *, scheme: str, item: str) -> Draft:
    """What `put_back` would keep, to look at first. Raises `Refusal` as it does."""
    return _taken_out(content, _there(session, content, scheme, item), item, None)


def put_back(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    why: Why,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Put back an item that was taken out, with what was said of it then. The same form sent twice does it once.

    Raises `Stale` when somebody saved the item since, and `Refusal` when there is no such item or it was not taken
    out, or when a text is missing or too long.
    """
    _take_turn(session)
    draft = draft_of_putting_back(session, content, scheme=scheme, item=item)
    if draft.row is None:
        raise Refusal("This item was not taken out.")
    status = draft.row.status or _sure(draft.after, item)
    return _keep(session, draft, "put-back", scheme, item, why, status, seen_version, by, at)


def back_to_published(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    why: Why,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Take back what was said of an item, so that the published version counts again.

    The same form sent twice does it once. Raises `Stale` when somebody saved the item since, and `Refusal` when nothing
    was said of it or no version has it, when a text is missing or too long, or when a level would lose what it counts
    by, since the item stands elsewhere now.
    """
    _take_turn(session)
    there, _, row, rows = _found(session, content, scheme, item)
    if row is None or _published(content, scheme, item) is None:
        raise Refusal("This item is as published.")
    draft = _draft(content, there, row, rows, item, {**_NOTHING, "is_added": row.is_added})
    return _keep(session, draft, "back-to-published", scheme, item, why, "", seen_version, by, at)


def history(session: Session, *, scheme: str, item: str) -> Sequence[CrosswalkEdit]:
    """Each time that an item was edited, the newest first (one query)."""
    return session.scalars(
        sa.select(CrosswalkEdit)
        .join(CrosswalkChange, CrosswalkChange.id == CrosswalkEdit.change_id)
        .where(CrosswalkChange.scheme == scheme, CrosswalkChange.item == item)
        .order_by(CrosswalkEdit.version.desc())
    ).all()


def _take_turn(session: Session) -> None:
    """Wait until nobody else edits the crosswalk: whether a level keeps what it counts by depends on all its items."""
    turn = sa.select(Framework.id).order_by(Framework.id).with_for_update(key_share=True)
    session.execute(turn).all()


def _there(session: Session, content: Content, scheme: str, item: str) -> Found:
    """The same as `_found`, of an item that some version or some edit has. Raises `Refusal` when none does."""
    found = _found(session, content, scheme, item)
    if found[1] is None:
        raise Refusal("This item is not part of the newest version of the charter.")
    return found


def _taken_out(content: Content, found: Found, item: str, status: str | None) -> Draft:
    """The item taken out with this status; with none, put back."""
    there, _, row, rows = found
    return _draft(content, there, row, rows, item, {"taken_out": status})


def _found(session: Session, content: Content, scheme: str, item: str) -> Found:
    """The scheme and the item as they are now, the row of the item, and all rows."""
    rows = tuple(session.scalars(sa.select(CrosswalkChange).execution_options(populate_existing=True)))
    there = scheme_of(merged(content, rows), scheme)
    if there is None:
        raise Refusal("This scheme is not part of the newest version of the charter.")
    row = next((one for one in rows if (one.scheme, one.item) == (scheme, item)), None)
    return there, there.item(item), row, rows


def _published(content: Content, scheme: str, item: str) -> Item | None:
    there = scheme_of(merged(content), scheme)
    return there.item(item) if there else None


def _sure(scheme: Scheme, item: str) -> str:
    found = scheme.item(item)
    return found.status if found else ""


def _said(content: Content, there: Scheme, details: Details, published: Item | None) -> dict[str, Any]:
    """What to keep of these details: of the words and the group only what is not as published."""
    label = _text(details.label, LABEL_LENGTH, "label", "The words", missing="Enter what the item is.")
    chosen = [criterion.code for criterion in content.criteria if criterion.code in set(details.criteria)]
    if set(chosen) != set(details.criteria):
        raise Refusal("Choose criteria from the list.", field="criteria")
    if not chosen and not details.no_criteria:
        raise Refusal("Choose at least one, or say that no question of ours stands beside it.", field="criteria")
    if chosen and details.no_criteria:
        raise Refusal("You chose criteria, and also said that there are none. Keep one of the two.", field="criteria")
    if details.group is not None and there.group(details.group) is None:
        raise Refusal("Choose a level from the list.", field="group")
    if details.status not in STATUSES:
        raise Refusal("Choose how sure we are.", field="status")
    return {
        "label": None if published and published.label == label else label,
        "group": None if published and published.group == details.group else details.group or "",
        "criteria": chosen,
        "status": details.status,
        "note": _text(details.note, NOTE_LENGTH, "note", "The note"),
    }


def _text(text: str, length: int, field: str, what: str, *, missing: str = "") -> str:
    text = text.strip()
    if missing and not text:
        raise Refusal(missing, field=field)
    if len(text) > length:
        raise Refusal(f"{what} must be {length:,} characters or fewer.", field=field)
    return text


def _draft(
    content: Content,
    before: Scheme,
    row: CrosswalkChange | None,
    rows: Sequence[CrosswalkChange],
    item: str,
    values: dict[str, Any],
) -> Draft:
    """What the scheme becomes with these values of an item. Raises `Refusal` when a level loses what it counts by."""
    kept = {name: getattr(row, name) for name in _NOTHING} if row else _NOTHING
    values = {**kept, **values}
    would = CrosswalkChange(
        **values,
        id=row.id if row else uuid7(),
        scheme=before.code,
        item=item,
        source="",
        version=row.version if row else 0,
        changed_at=row.changed_at if row else None,
        changed_by_id=row.changed_by_id if row else None,
    )
    after = scheme_of(merged(content, [*(one for one in rows if one is not row), would]), before.code)
    assert after is not None, "a change takes no scheme away"
    for level, group in after.groups:
        left, least = after.within(group), group.at_least or 1
        if left < least and left < before.within(group):
            asks = f"at least {least} of “{group.title}”" if group.at_least else f"all of “{group.title}”"
            would_be = "no item would be left there" if not left else f"only {left} would be left there"
            raise Refusal(
                f"{level.title} asks for {asks}, and {would_be}. Add another item there first.",
                field="group",
            )
    return Draft(before, after, row, values)


def _keep(
    session: Session,
    draft: Draft,
    what: str,
    scheme: str,
    item: str,
    why: Why,
    status: str,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Keep a draft, with why, unless somebody saved the item since."""
    source = _text(why.source, SOURCE_LENGTH, "source", "Where we have it from", missing="Say where we have this from.")
    reason = _text(why.reason, REASON_LENGTH, "reason", "The reason", missing="Say why you do this.")
    row = draft.row
    values = {**draft.values, "source": source}
    now = {name: getattr(row, name) for name in values} if row else {}
    if row is not None and (row.version, row.changed_by_id) == (seen_version + 1, by) and now == values:
        return row  # the form was sent twice
    if (row.version if row else 0) != seen_version:
        raise Stale(CHANGED, current=draft.before.item(item))
    was = draft.before.item(item)
    if what == "put-back" and was is not None and was.taken_out is None:
        raise Refusal("This item was not taken out.")
    if row is None:
        row = CrosswalkChange(id=uuid7(), scheme=scheme, item=item, changed_at=at, changed_by_id=by, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.changed_at, row.changed_by_id = at, by
    session.flush()  # for its version
    session.add(
        CrosswalkEdit(
            id=uuid7(),
            change_id=row.id,
            version=row.version,
            what=what,
            status=status,
            source=source,
            reason=reason,
            edited_at=at,
            edited_by_id=by,
        )
    )
    becomes = draft.after.item(item)
    audit.record(
        session,
        f"crosswalk:{what}",
        row,
        by=by,
        at=at,
        scheme=scheme,
        item=item,
        before=_facts(was),
        after=_facts(becomes),
    )
    return row


def _facts(item: Item | None) -> dict[str, Any] | None:
    """What the trail keeps of an item: codes and statuses, not what people typed."""
    if item is None:
        return None
    return {
        "criteria": list(item.criteria),
        "status": item.status,
        "group": item.group,
        "taken_out": item.taken_out,
    }
