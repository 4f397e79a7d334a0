"""What criteria have to do with the items of other schemes: as published, with what administrators say on top of it.

Published content never changes. A change is a row of its own, so it can be taken back, and pages show its day.
`crosswalk_changes.py` has the verbs.

What is said on top counts exactly as what is published: an item that was added is one more of those that an employer
has done or not, in its list and in the group of the level where it was put; one that was taken out counts nowhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.framework.content import Content, SchemeGroup, SchemeItem, SchemeLevel
from charter.framework.models import CrosswalkChange

STATUSES: Mapping[str, str] = {
    "verified": "Seen on a public page of the scheme",
    "knowledge": "From general knowledge. The scheme’s own wording may differ: check with the scheme",
    "inferred": "We worked this out ourselves: check with the scheme",
}
"""How sure we are of an item, in plain words. The statuses are those of the published crosswalk."""
assert set(STATUSES) == set(get_args(SchemeItem.model_fields["status"].annotation)), "each status has its words"


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
    source: str = ""
    """Where we have it from, as far as an administrator said."""
    is_added: bool = False
    """Whether it is in no published version and an administrator added it."""
    taken_out: str | None = None
    """How sure we are that the scheme asks for it no more; None while it counts."""

    @property
    def is_sure(self) -> bool:
        """Whether it was seen on a public page, so that nobody needs to be warned."""
        return self.status == "verified"

    @property
    def words(self) -> str:
        """How sure we are, in plain words."""
        return STATUSES[self.status]

    @property
    def taken_out_words(self) -> str:
        """How sure we are that it is gone, in plain words; empty while it counts."""
        return STATUSES[self.taken_out] if self.taken_out else ""


@dataclass(frozen=True)
class Scheme:
    """Another scheme with its items."""

    code: str
    title: str
    items: tuple[Item, ...]
    levels: tuple[SchemeLevel, ...]
    passport: str | None
    note: str
    taken_out: tuple[Item, ...] = ()
    """Items that count no more, and that can be put back."""

    def item(self, code: str) -> Item | None:
        """The item with this code, taken out or not."""
        return next((one for one in (*self.items, *self.taken_out) if one.code == code), None)

    def group(self, code: str | None) -> tuple[SchemeLevel, SchemeGroup] | None:
        """The group with this code, after the level that asks for it."""
        return next(((level, group) for level, group in self.groups if group.code == code), None)

    @property
    def groups(self) -> tuple[tuple[SchemeLevel, SchemeGroup], ...]:
        """Every group of its levels, each after its level."""
        return tuple((level, group) for level in self.levels for group in level.groups)

    def within(self, group: SchemeGroup) -> int:
        """How many items belong to a group."""
        return sum(one.group == group.code for one in self.items)

    @property
    def changed_at(self) -> datetime | None:
        """When one of its items was last changed, added or taken out; None while all are as published."""
        return max((one.changed_at for one in (*self.items, *self.taken_out) if one.changed_at), default=None)


def of(session: Session, content: Content) -> tuple[Scheme, ...]:
    """The crosswalk as it stands today (one query)."""
    return merged(content, session.scalars(sa.select(CrosswalkChange)))


def merged(content: Content, changes: Iterable[CrosswalkChange] = ()) -> tuple[Scheme, ...]:
    """The crosswalk of a version with these changes. Pure.

    Items that were added come after those of the version, in the order in which they were added. A change to an item
    that this version does not have, and criteria that it does not have, are left out. An item that was added and that
    this version has too stands once, in the version's place, with what the administrator said of it.
    """
    beside: dict[tuple[str, str], list[str]] = {}
    for criterion in content.criteria:
        for scheme, items in criterion.crosswalk.items():
            for item in items:
                beside.setdefault((scheme, item), []).append(criterion.code)
    changed = {(change.scheme, change.item): change for change in sorted(changes, key=lambda one: one.id)}
    found = []
    for one in content.crosswalk:
        published = {item.code for item in one.items}
        every = [
            *(
                _item(content, item, beside.get((one.code, item.code), []), changed.get((one.code, item.code)))
                for item in one.items
            ),
            *(
                _added(content, change)
                for change in changed.values()
                if change.is_added and change.scheme == one.code and change.item not in published
            ),
        ]
        found.append(
            Scheme(
                code=one.code,
                title=one.title,
                items=tuple(item for item in every if item.taken_out is None),
                levels=one.levels,
                passport=one.passport,
                note=one.note or "",
                taken_out=tuple(item for item in every if item.taken_out is not None),
            )
        )
    return tuple(found)


def scheme_of(schemes: Iterable[Scheme], code: str) -> Scheme | None:
    """The scheme with this code."""
    return next((one for one in schemes if one.code == code), None)


def effects(before: Scheme, after: Scheme, item: str) -> tuple[str, ...]:
    """What it means for employers when an item becomes what it is in `after`, in sentences. Pure."""
    return tuple(_effects(before, after, after.item(item)))


def _effects(before: Scheme, after: Scheme, item: Item | None) -> Iterator[str]:
    if len(before.items) != len(after.items):
        have, would = _items(len(before.items)), len(after.items)
        yield f"Our list for {after.title} has {have}. It would have {would}."
    for level, group in after.groups:
        now, then = before.within(group), after.within(group)
        if now != then:
            least = f"at least {group.at_least} of" if group.at_least else "all of"
            yield f"For {level.title}, “{group.title}” asks for {least} {_items(now)}. It would ask for {least} {then}."
    if item is None or item.taken_out is not None:
        return
    was = before.item(item.code)
    needed = was.criteria if was and was.taken_out is None else item.criteria
    if item.criteria:
        yield f"An employer would have it done when all of this is fully in place: {', '.join(item.criteria)}."
        if not needed:
            yield "Today no question of ours stands beside it, so no employer can have it done."
        elif set(needed) != set(item.criteria):
            yield f"Today they have it done when all of this is fully in place: {', '.join(needed)}."
        return
    yield "No question of ours would stand beside it, so no employer could have it done."
    if needed:
        yield f"Today they have it done when all of this is fully in place: {', '.join(needed)}."
    found = after.group(item.group)
    if found and found[1].at_least is None:
        yield f"{found[0].title} would then always have at least 1 action left."


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _item(content: Content, one: SchemeItem, beside: Sequence[str], changed: CrosswalkChange | None) -> Item:
    """A published item, with what was said on top."""
    if changed is None:
        return Item(one.code, one.label, one.status, one.group, tuple(beside))
    if not changed.status:
        when = (changed.changed_at, changed.changed_by_id) if changed.taken_out else (None, None)
        return Item(
            code=one.code,
            label=one.label,
            status=one.status,
            group=one.group,
            criteria=tuple(beside),
            changed_at=when[0],
            version=changed.version,
            changed_by=when[1],
            source=changed.source if changed.taken_out else "",
            taken_out=changed.taken_out,
        )
    return _said(content, changed, label=one.label, group=one.group)


def _added(content: Content, change: CrosswalkChange) -> Item:
    return _said(content, change, label="", group=None, is_added=True)


def _said(content: Content, change: CrosswalkChange, *, label: str, group: str | None, is_added: bool = False) -> Item:
    """What administrators say of an item. `label` and `group` count where they say none."""
    return Item(
        code=change.item,
        label=change.label or label,
        status=change.status,
        group=group if change.group is None else change.group or None,
        criteria=tuple(code for code in change.criteria if content.criterion(code)),
        note=change.note,
        changed_at=change.changed_at,
        version=change.version,
        changed_by=change.changed_by_id,
        source=change.source,
        is_added=is_added,
        taken_out=change.taken_out,
    )
