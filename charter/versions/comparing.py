"""What is different between two versions of the charter as a whole: counted first, then item by item, word by word."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from charter.framework import changes as framework_changes
from charter.framework.asking import rule_in_words
from charter.framework.content import Content, Part, ReviewRule
from charter.framework.writing import text_of


@dataclass(frozen=True)
class Piece:
    """Some words of a text: there before and now, only before, or only now."""

    text: str
    was: bool
    now: bool


@dataclass(frozen=True)
class Difference:
    """One field of an item, as it was and as it is; `pieces` are both in one, word by word, where that helps."""

    what: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Item:
    """What became of one thing that both versions may have."""

    code: str
    """Its code, or the name of a part of the file."""
    title: str
    state: str
    """One of `STATES`."""
    says: tuple[str, ...] = ()
    """What it means for an employer, in sentences."""
    differences: tuple[Difference, ...] = ()


STATES = {
    "same": "unchanged",
    "assessors": "the same but for what assessors check",
    "reworded": "reworded",
    "changed": "changed",
    "new": "new",
    "gone": "gone",
}
"""The states in words. What is reworded asks the same as before."""


@dataclass(frozen=True)
class Group:
    """Things of one kind: criteria, levels, figures."""

    title: str
    items: tuple[Item, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[Item, ...]:
        """Those that are not the same."""
        return tuple(item for item in self.items if item.state != "same")

    @property
    def sentence(self) -> str:
        """How many of each state, as "31 unchanged, 6 reworded, 2 new"."""
        return ", ".join(f"{self.counts[state]} {words}" for state, words in STATES.items() if self.counts.get(state))


_LABELS = {
    "aim": "aim",
    "check": "how we check",
    "checks": "what an assessor checks",
    "core": "core",
    "counts_from": "counts from",
    "effort": "how much work it is",
    "evidence_required": "evidence needed",
    "evidence_rule": "evidence it asks for",
    "evidence_types": "kinds of evidence",
    "good_evidence": "good evidence",
    "min_headcount": "smallest employer asked",
    "not_applicable_allowed": "may not apply",
    "number_example": "example of a number",
    "required_from_level": "asked from level",
    "review": "how a case is worked on",
    "supports": "criteria it stands in for",
    "target_decision_working_days": "working days to decide in",
    "valid_months": "months it lasts",
}
_TITLES = {
    "meta": "The version and its words",
    "outcomes": "What an assessor can find",
    "scale": "The answers to choose from",
    "crosswalk": "Other schemes",
    "survey": "The staff survey",
    "strengths": "How far other awards stand in",
}
"""Parts of the file whose names say little."""
_REVIEW = {
    "second_assessor": "a second assessor",
    "conversation": "a conversation",
    "moderation": "looked at by a second person",
    "panel": "decided by the partners",
}
_WORDING = frozenset(
    {"title", "statement", "guidance", "good_evidence", "aim", "summary", "check", "evidence_rule", "depth"}
    | {"help", "label", "definition", "notes", "note", "example", "list_url", "number_example", "effort"}
)
"""Fields that say the same in other words; a change of any other changes what is asked."""

_FOR_ASSESSORS = frozenset({"checks"})


def compare(before: Content, after: Content) -> tuple[Group, ...]:
    """Every difference, in the order of the later version; what is gone comes last in its group."""
    top = max(level.rank for level in after.levels)
    meaning = framework_changes.changes(before, after, rank=top).of_criterion
    says = {code: tuple(kind.sentence for kind in one.kinds) for code, one in meaning.items()}
    return (
        _group("Criteria", before.criteria, after.criteria, before, after, says=says),
        _group("Levels and their rules", before.levels, after.levels, before, after),
        _group("Themes", before.themes, after.themes, before, after),
        _group("Legal basics", before.declarations, after.declarations, before, after, name="statement"),
        _group("Figures", before.metrics, after.metrics, before, after, name="label"),
        _group("Awards of other schemes", before.passports, after.passports, before, after),
        _rest(before, after),
    )


def _key(item: Any) -> str:
    return getattr(item, "code", None) or f"{item.scheme} {item.level or ''}".rstrip()


def _group(
    title: str,
    before: Iterable[Any],
    after: Iterable[Any],
    old: Content,
    new: Content,
    *,
    name: str = "title",
    says: Mapping[str, tuple[str, ...]] | None = None,
) -> Group:
    was, now = {_key(one): one for one in before}, {_key(one): one for one in after}
    found = []
    for code, item in now.items():
        there = was.get(code)
        if there is None:
            found.append(Item(code, getattr(item, name), "new", differences=_whole(item, new)))
            continue
        differ = _differences(there, item, old, new)
        state = _state({name for name, _ in differ})
        found.append(
            Item(code, getattr(item, name), state, (says or {}).get(code, ()), tuple(one for _, one in differ))
        )
    found += [Item(code, getattr(item, name), "gone") for code, item in was.items() if code not in now]
    return _counted(title, found)


def _state(fields: Set[str]) -> str:
    """What became of an item in which these fields differ."""
    if not fields:
        return "same"
    if fields <= _FOR_ASSESSORS:
        return "assessors"
    return "reworded" if fields <= _WORDING | _FOR_ASSESSORS else "changed"


def _counted(title: str, items: Sequence[Item]) -> Group:
    states = [item.state for item in items]
    return Group(title, tuple(items), {state: states.count(state) for state in STATES})


def _differences(before: Part, after: Part, old: Content, new: Content) -> list[tuple[str, Difference]]:
    found = []
    for name in type(after).model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            said = _said(was, old), _said(now, new)
            words = word_by_word(*said) if isinstance(now, str) and isinstance(was, str) else ()
            found.append((name, Difference(_label(name), *said, words)))
    return found


def _whole(item: Part, content: Content) -> tuple[Difference, ...]:
    """What a new item says, in the fields that people read."""
    names = ("statement", "guidance", "good_evidence", "summary", "aim", "definition", "rules")
    there = [name for name in names if name in type(item).model_fields]
    return tuple(Difference(_label(name), "", _said(getattr(item, name), content)) for name in there)


def _rest(before: Content, after: Content) -> Group:
    """Everything else, a part of the file at a time."""
    apart = {"criteria", "levels", "themes", "declarations", "metrics", "passports"}
    items = []
    for name in Content.model_fields:
        if name in apart:
            continue
        was, now = getattr(before, name), getattr(after, name)
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        if was == now:
            items.append(Item(name, title, "same"))
        elif isinstance(was, Part) and isinstance(now, Part):
            differ = tuple(one for _, one in _differences(was, now, before, after))
            items.append(Item(name, title, "changed", differences=differ))
        else:
            said = _said(was, before), _said(now, after)
            items.append(Item(name, title, "changed", differences=(Difference(title.lower(), *said, by_line(*said)),)))
    return _counted("The rest of the file", items)


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _said(value: Any, content: Content) -> str:
    """A value as people read it."""
    if value is None or value == ():
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and value and isinstance(value[0], Part) and hasattr(value[0], "kind"):
        return "\n".join(rule_in_words(rule, content) for rule in value)
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if isinstance(value, ReviewRule):
        said = {_REVIEW[name]: _said(getattr(value, name), content) for name in _REVIEW}
        return "\n".join(f"{what}: {answer}" for what, answer in said.items())
    if isinstance(value, Part):
        return text_of(value.model_dump(mode="python", exclude_defaults=True)).strip()
    if isinstance(value, tuple | Mapping):
        return text_of(_dumped(value)).strip()
    return str(value)


def _dumped(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump(mode="python", exclude_defaults=True)
    if isinstance(value, tuple):
        return [_dumped(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _dumped(one) for key, one in value.items()}
    return value


_WORD = re.compile(r"\s*(?:\w[\w’'-]*|[^\w\s])")
MOST_PLACES = 12
"""A text that changed in more places than this is easier to read whole, before and after."""


def word_by_word(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts in one, with what was taken out and what came in; nothing where too much changed for it to help."""
    return _pieces(_WORD.findall(before), _WORD.findall(after))


def by_line(before: str, after: str) -> tuple[Piece, ...]:
    """The same by lines, and of what stayed only the nearest lines."""
    found = []
    was, now = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            kept = was[a:b]
            found.append(Piece("".join([*kept[:2], "…\n", *kept[-2:]] if len(kept) > 5 else kept), True, True))
            continue
        found += [Piece("".join(was[a:b]), True, False)] if b > a else []
        found += [Piece("".join(now[c:d]), False, True)] if d > c else []
    return tuple(found)


def _pieces(was: Sequence[str], now: Sequence[str]) -> tuple[Piece, ...]:
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    steps = matcher.get_opcodes()
    if sum(tag != "equal" for tag, *_ in steps) > MOST_PLACES or matcher.ratio() < 0.35:
        return ()
    found = []
    for tag, a, b, c, d in steps:
        if tag == "equal":
            found.append(Piece("".join(was[a:b]), True, True))
            continue
        found += [Piece("".join(was[a:b]), True, False)] if b > a else []
        found += [Piece("".join(now[c:d]), False, True)] if d > c else []
    return tuple(found)
