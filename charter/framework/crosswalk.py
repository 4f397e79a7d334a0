"""What criteria have to do with the items of other schemes: as published, with what administrators say on top of it.

Published content never changes. A change is a row of its own, so it can be taken back, and pages show its day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.errors import Refusal, Stale
from charter.framework.content import Content, SchemeItem, SchemeLevel
from charter.framework.models import CrosswalkChange

NOTE_LENGTH = 1_000
STATUSES: Mapping[str, str] = {
    "verified": "Seen on a public page of the scheme",
    "knowledge": "From general knowledge. The scheme’s own wording may differ: check with the scheme",
    "inferred": "We worked this out ourselves: check with the scheme",
}
"""How sure we are of an item, in plain words. The statuses are those of the published crosswalk."""
assert set(STATUSES) == set(get_args(SchemeItem.model_fields["status"].annotation)), "each status has its words"
CHANGED = "Somebody else changed this item after you opened it. Look at what it says now, then save again."


@dataclass(frozen=True)
class Item:
    """A part of another scheme, with the criteria that it stands beside."""

    code: str
    label: str
    status: str
    group: str | None
    criteria: tuple[str, ...]
    note: str = ""
    changed_at: datetime | None = None
    """When an administrator last changed it; None while it is as published."""
    version: int = 0
    """How often it was changed; 0 while it is as published."""
    changed_by: UUID | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it was seen on a public page, so that nobody needs to be warned."""
        return self.status == "verified"

    @property
    def words(self) -> str:
        """How sure we are, in plain words."""
        return STATUSES[self.status]


@dataclass(frozen=True)
class Scheme:
    """Another scheme with its items."""

    code: str
    title: str
    items: tuple[Item, ...]
    levels: tuple[SchemeLevel, ...]
    passport: str | None
    note: str

    def item(self, code: str) -> Item | None:
        """The item with this code."""
        return next((one for one in self.items if one.code == code), None)

    @property
    def changed_at(self) -> datetime | None:
        """When one of its items was last changed; None while all are as published."""
        return max((one.changed_at for one in self.items if one.changed_at), default=None)


def of(session: Session, content: Content) -> tuple[Scheme, ...]:
    """The crosswalk as it stands today (one query)."""
    return merged(content, session.scalars(sa.select(CrosswalkChange)))


def merged(content: Content, changes: Iterable[CrosswalkChange] = ()) -> tuple[Scheme, ...]:
    """The crosswalk of a version with these changes. Pure.

    A change to an item that this version does not have, and criteria that it does not have, are left out.
    """
    beside: dict[tuple[str, str], list[str]] = {}
    for criterion in content.criteria:
        for scheme, items in criterion.crosswalk.items():
            for item in items:
                beside.setdefault((scheme, item), []).append(criterion.code)
    changed = {(change.scheme, change.item): change for change in changes}
    return tuple(
        Scheme(
            code=scheme.code,
            title=scheme.title,
            items=tuple(
                _item(content, one, beside.get((scheme.code, one.code), []), changed.get((scheme.code, one.code)))
                for one in scheme.items
            ),
            levels=scheme.levels,
            passport=scheme.passport,
            note=scheme.note or "",
        )
        for scheme in content.crosswalk
    )


def scheme_of(schemes: Iterable[Scheme], code: str) -> Scheme | None:
    """The scheme with this code."""
    return next((one for one in schemes if one.code == code), None)


def change(
    session: Session,
    content: Content,
    *,
    scheme: str,
    item: str,
    criteria: Sequence[str],
    status: str,
    note: str,
    seen_version: int,
    by: UUID,
    at: datetime,
) -> CrosswalkChange:
    """Say which criteria an item stands beside and how sure we are, instead of what is published.

    `seen_version` is the version of the item that the administrator saw (0: as published). The same form sent twice is
    one change. Raises `Stale` when somebody
    changed it since, and `Refusal` when there is no such item, criterion or status, or when the note is too long.
    """
    there = scheme_of(merged(content), scheme)
    published = there.item(item) if there else None
    if published is None:
        raise Refusal("This item is not part of the newest version of the charter.")
    chosen = [criterion.code for criterion in content.criteria if criterion.code in set(criteria)]
    if set(chosen) != set(criteria):
        raise Refusal("Choose criteria from the list.", field="criteria")
    if status not in STATUSES:
        raise Refusal("Choose how sure we are.", field="status")
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Refusal(f"The note must be {NOTE_LENGTH:,} characters or fewer.", field="note")
    found = _locked(session, scheme, item)
    if found is not None and (found.version, found.changed_by_id) == (seen_version + 1, by):
        sent_twice = (list(found.criteria), found.status, found.note) == (chosen, status, note)
        if sent_twice:
            return found
    if (found.version if found else 0) != seen_version:
        raise Stale(CHANGED, current=found)
    before = list(found.criteria) if found else list(published.criteria)
    before_status = found.status if found else published.status
    if found is None:
        found = CrosswalkChange(
            id=uuid7(),
            scheme=scheme,
            item=item,
            criteria=chosen,
            status=status,
            note=note,
            changed_at=at,
            changed_by_id=by,
        )
        try:
            with session.begin_nested():  # of two who change an item for the first time at once, one is told
                session.add(found)
        except IntegrityError as error:
            raise Stale(CHANGED, current=None) from error
    else:
        found.criteria, found.status, found.note = chosen, status, note
        found.changed_at, found.changed_by_id = at, by
    audit.record(
        session,
        "crosswalk:change",
        found,
        by=by,
        at=at,
        scheme=scheme,
        item=item,
        before=before,
        after=chosen,
        before_status=before_status,
        status=status,
    )
    return found


def back_to_published(session: Session, *, scheme: str, item: str, by: UUID, at: datetime) -> bool:
    """Take back what was said of an item, so that the published version counts again. Says whether there was any."""
    found = _locked(session, scheme, item)
    if found is None:
        return False
    audit.record(
        session,
        "crosswalk:back-to-published",
        found,
        by=by,
        at=at,
        scheme=scheme,
        item=item,
        before=list(found.criteria),
        before_status=found.status,
    )
    session.delete(found)
    return True


def _locked(session: Session, scheme: str, item: str) -> CrosswalkChange | None:
    """The change of an item as it is now, held until the transaction ends."""
    mine = CrosswalkChange.scheme == scheme, CrosswalkChange.item == item
    if session.scalars(sa.select(CrosswalkChange.id).where(*mine).with_for_update()).first() is None:
        return None
    found = session.scalars(sa.select(CrosswalkChange).where(*mine)).first()
    if found is not None:
        session.refresh(found)
    return found


def _item(content: Content, one: SchemeItem, beside: Sequence[str], changed: CrosswalkChange | None) -> Item:
    if changed is None:
        return Item(one.code, one.label, one.status, one.group, tuple(beside))
    known = tuple(code for code in changed.criteria if content.criterion(code))
    return Item(
        code=one.code,
        label=one.label,
        status=changed.status,
        group=one.group,
        criteria=known,
        note=changed.note,
        changed_at=changed.changed_at,
        version=changed.version,
        changed_by=changed.changed_by_id,
    )
