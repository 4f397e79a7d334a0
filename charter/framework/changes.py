"""What is different between two versions of the charter, for one employer: pure functions from two contents.

Codes stay the same from version to version, so by them a question, a declaration or a figure is known again.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from charter.framework.asking import standing
from charter.framework.content import BaselineDeclaration, Content, Criterion, Metric


class Kind(enum.StrEnum):
    """One way in which something differs."""

    NEW = "new"
    GONE = "gone"
    WORDS = "words"
    GUIDANCE = "guidance"
    LEVEL = "level"
    NOW_MUST = "now_must"
    NO_LONGER_MUST = "no_longer_must"
    NOW_EVIDENCE = "now_evidence"
    NO_LONGER_EVIDENCE = "no_longer_evidence"
    NOW_FOR_ALL = "now_for_all"
    NO_LONGER_FOR_ALL = "no_longer_for_all"
    COUNTS_FROM = "counts_from"

    @property
    def sentence(self) -> str:
        """The difference, as an employer reads it."""
        return _SENTENCES[self]


_K = Kind
_SENTENCES = {
    _K.NEW: "This is new.",
    _K.GONE: "This is no longer asked.",
    _K.WORDS: "The wording changed.",
    _K.GUIDANCE: "The guidance changed.",
    _K.LEVEL: "It belongs to another level now.",
    _K.NOW_MUST: "It is now a must.",
    _K.NO_LONGER_MUST: "It is no longer a must.",
    _K.NOW_EVIDENCE: "It now needs evidence.",
    _K.NO_LONGER_EVIDENCE: "It no longer needs evidence.",
    _K.NOW_FOR_ALL: "You can no longer say that it does not apply to you.",
    _K.NO_LONGER_FOR_ALL: "You may now say that it does not apply to you.",
    _K.COUNTS_FROM: "The day from which it counts changed.",
}
OPPOSITES: Mapping[Kind, Kind] = {
    **{one: one for one in (_K.WORDS, _K.GUIDANCE, _K.LEVEL, _K.COUNTS_FROM)},
    _K.NEW: _K.GONE,
    _K.NOW_MUST: _K.NO_LONGER_MUST,
    _K.NOW_EVIDENCE: _K.NO_LONGER_EVIDENCE,
    _K.NOW_FOR_ALL: _K.NO_LONGER_FOR_ALL,
    _K.GONE: _K.NEW,
    _K.NO_LONGER_MUST: _K.NOW_MUST,
    _K.NO_LONGER_EVIDENCE: _K.NOW_EVIDENCE,
    _K.NO_LONGER_FOR_ALL: _K.NOW_FOR_ALL,
}
"""What each difference is when one looks from the other side."""
ASKS_AGAIN = frozenset({_K.WORDS, _K.NOW_MUST, _K.NOW_EVIDENCE, _K.NOW_FOR_ALL})
"""After these an answer given before is to be looked at again."""


class Coded(Protocol):
    """What has a code that stays from version to version."""

    @property
    def code(self) -> str:
        """The code."""


Item = TypeVar("Item", bound=Coded)
Contra = TypeVar("Contra", contravariant=True)


@dataclass(frozen=True)
class Change(Generic[Item]):
    """What became of one question, declaration or figure."""

    code: str
    before: Item | None
    after: Item | None
    kinds: tuple[Kind, ...]

    @property
    def is_new(self) -> bool:
        """Whether it was not asked before."""
        return Kind.NEW in self.kinds

    @property
    def is_gone(self) -> bool:
        """Whether it is asked no more."""
        return Kind.GONE in self.kinds

    @property
    def asks_again(self) -> bool:
        """Whether an answer given before is to be looked at again."""
        return not ASKS_AGAIN.isdisjoint(self.kinds)

    @property
    def words(self) -> str:
        """All that is different, in sentences."""
        return " ".join(kind.sentence for kind in self.kinds)


@dataclass(frozen=True)
class Changes:
    """All that is different between two versions for one employer; what stayed the same is left out."""

    criteria: tuple[Change[Criterion], ...]
    declarations: tuple[Change[BaselineDeclaration], ...]
    figures: tuple[Change[Metric], ...]

    @cached_property
    def of_criterion(self) -> Mapping[str, Change[Criterion]]:
        """The change of each criterion that changed, by its code."""
        return {change.code: change for change in self.criteria}

    def __bool__(self) -> bool:
        return bool(self.criteria or self.declarations or self.figures)


NOTHING = Changes((), (), ())


def changes(before: Content, after: Content, *, rank: int, headcount_ceiling: int | None = None) -> Changes:
    """What is different for an employer that aims for level `rank` and has at most so many people.

    In the order of the later version; what is gone comes last, in the order of the earlier one.
    """
    return Changes(
        criteria=_compared(
            before.asked(rank, headcount_ceiling),
            after.asked(rank, headcount_ceiling),
            lambda old, new: _of_criterion(before, old, after, new, rank),
        ),
        declarations=_compared(before.declarations, after.declarations, _of_declaration),
        figures=_compared(before.metrics_for(rank), after.metrics_for(rank), _of_figure),
    )


def _compared(before: Iterable[Item], after: Iterable[Item], kinds: "Compare[Item]") -> tuple[Change[Item], ...]:
    was = {item.code: item for item in before}
    now = {item.code: item for item in after}
    found = []
    for code, new in now.items():
        old = was.get(code)
        differ = (Kind.NEW,) if old is None else kinds(old, new)
        if differ:
            found.append(Change(code, old, new, differ))
    found += [Change(code, old, None, (Kind.GONE,)) for code, old in was.items() if code not in now]
    return tuple(found)


class Compare(Protocol[Contra]):
    """Says in which ways two versions of one thing differ."""

    def __call__(self, old: Contra, new: Contra, /) -> tuple[Kind, ...]:
        """The differences."""


def _of_criterion(before: Content, old: Criterion, after: Content, new: Criterion, rank: int) -> tuple[Kind, ...]:
    differ = {
        Kind.WORDS: (old.title, old.statement) != (new.title, new.statement),
        Kind.GUIDANCE: (old.guidance, old.good_evidence) != (new.guidance, new.good_evidence),
        Kind.LEVEL: old.level != new.level,
        Kind.COUNTS_FROM: old.counts_from != new.counts_from,
    }
    was_must, is_must = (standing(content, one, rank).is_must for content, one in ((before, old), (after, new)))
    differ |= _turned(Kind.NOW_MUST, was_must, is_must)
    differ |= _turned(Kind.NOW_EVIDENCE, old.evidence_required, new.evidence_required)
    differ |= _turned(Kind.NOW_FOR_ALL, not old.not_applicable_allowed, not new.not_applicable_allowed)
    return _in_order(differ)


def _of_declaration(old: BaselineDeclaration, new: BaselineDeclaration) -> tuple[Kind, ...]:
    return _in_order({Kind.WORDS: old.statement != new.statement, Kind.GUIDANCE: old.help != new.help})


def _of_figure(old: Metric, new: Metric) -> tuple[Kind, ...]:
    meaning = [(one.label, one.definition, one.formula, one.unit, one.inputs) for one in (old, new)]
    return _in_order({Kind.WORDS: meaning[0] != meaning[1], Kind.GUIDANCE: old.notes != new.notes})


def _turned(kind: Kind, was: bool, now: bool) -> dict[Kind, bool]:
    return {kind: now and not was, OPPOSITES[kind]: was and not now}


def _in_order(differ: Mapping[Kind, bool]) -> tuple[Kind, ...]:
    return tuple(kind for kind in Kind if differ.get(kind))
