"""What a spreadsheet would change: each of its rows beside what is saved. Nothing is saved here."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from charter.assessment import metrics, progress
from charter.assessment.queries import Material
from charter.assessment.sheet_rows import Item, Told, Understood, is_saved, whole
from charter.assessment.spreadsheet import (
    ANSWERS,
    BASICS,
    FIGURES,
    NOT_KNOWN,
    PERIOD_END,
    TABLES,
    unknown_fields,
    version_of_declaration,
)
from charter.clock import day_in_words
from charter.framework.content import Content


class State(enum.StrEnum):
    """What confirming would do with a row."""

    NEW = "new"
    CHANGED = "changed"
    CONFLICT = "conflict"
    """It would change what somebody saved after this file was made (or the file does not say when it was)."""
    UNCHANGED = "unchanged"
    UNUSABLE = "unusable"
    """Nothing in it could be used."""


@dataclass(frozen=True)
class Line:
    """A row of the file beside what is saved. `now` and `then` map each part that differs to its words."""

    item: Item
    title: str
    state: State
    seen: str
    """The version of what is saved, as the person sees it now."""
    now: Mapping[str, str]
    then: Mapping[str, str]

    @property
    def asks(self) -> bool:
        """Whether the person can choose between the two."""
        return self.state in {State.CHANGED, State.CONFLICT}

    @property
    def better_left(self) -> bool:
        """Whether a cell of it was refused, so that saving the others would leave a half of what was meant."""
        return self.asks and bool(self.item.faults)


@dataclass(frozen=True)
class Preview:
    """All that confirming would do."""

    lines: tuple[Line, ...]
    understood: Understood

    def of(self, *states: State) -> tuple[Line, ...]:
        """The lines in one of these states."""
        return tuple(line for line in self.lines if line.state in states)

    @property
    def to_save(self) -> tuple[Line, ...]:
        """The lines that would change something."""
        return self.of(State.NEW, State.CHANGED, State.CONFLICT)

    @property
    def wrong(self) -> tuple[Told, ...]:
        """Everything that could not be used, with its place: sheet by sheet and row by row, as in the file."""
        faults = [
            Told(line.item.where, fault, line.item.place, line.title)
            for line in self.lines
            for fault in line.item.faults
        ]
        return tuple(sorted((*self.understood.problems, *faults), key=lambda one: one.place))


def compare(understood: Understood, said: Material) -> Preview:
    """Each row beside what is saved now."""
    compared = {ANSWERS: _compare_answer, BASICS: _compare_basic, FIGURES: _compare_figure}
    return Preview(tuple(compared[item.kind](item, said) for item in understood.items), understood)


def odd_numbers(preview: Preview, said: Material) -> dict[str, str]:
    """What would be odd about a number once the file is confirmed, in a sentence, by its field; of those that the file
    would change, and those that look odd beside them."""
    new = {
        line.item.code: line.item.said["number"]
        for line in preview.to_save
        if line.item.kind == FIGURES and line.item.code != PERIOD_END and line.item.said.get("number")
    }
    given = {code: number for code, number in new.items() if number != NOT_KNOWN}
    inputs = {code: number for code, number in {**said.inputs, **given}.items() if new.get(code) != NOT_KNOWN}
    unknown = set(said.unknown) - set(given)
    return progress.odd_numbers(said.content, inputs, unknown, said.assessment.organisation) if given else {}


def _state(item: Item, *, there: bool, differs: bool, seen: str) -> State:
    if not item.said:
        return State.UNUSABLE if item.faults else State.UNCHANGED
    if not differs:
        return State.UNCHANGED
    if not there:
        return State.NEW
    return State.CHANGED if item.version == seen else State.CONFLICT


def _compare_answer(item: Item, said: Material) -> Line:
    content, there = said.content, said.answers.get(item.code)
    criterion = content.criterion(item.code)
    new = whole(said, item.code, item.said)
    now = {part: getattr(there, part) if there else None for part in item.said}
    differing = [part for part in item.said if not is_saved(said, item.code, part, item.said[part])]
    filled = there is not None and any(now[part] for part in differing)
    seen = str(there.version if there else 0)
    return Line(
        item,
        criterion.title if criterion else item.code,
        _state(item, there=filled, differs=bool(differing), seen=seen),
        seen,
        {_LABELS[part]: _shown(content, part, now[part]) for part in differing},
        {_LABELS[part]: _shown(content, part, new[part]) for part in differing},
    )


_LABELS = {column.name: column.heading for columns in TABLES.values() for column in columns if column.fill}


def _shown(content: Content, part: str, value: Any) -> str:
    if part == "value":
        found = content.scale_value(value)
        return found.label if found else ""
    return day_in_words(value) if isinstance(value, date) else str(value or "")


def _compare_basic(item: Item, said: Material) -> Line:
    agreed = said.declarations.get(item.code)
    new = {"yes": True, "no": False}.get(item.said.get("agreed", ""))
    seen = version_of_declaration(agreed, said.declaration_notes.get(item.code, ""))
    differs = new is not None and new != agreed
    words = {None: "", True: "Yes", False: "No"}
    title = next(one.statement for one in said.content.declarations if one.code == item.code)
    label = _LABELS["agreed"]
    return Line(
        item,
        title,
        _state(item, there=agreed is not None, differs=differs, seen=seen),
        seen,
        {label: words[agreed]} if differs else {},
        {label: words[new]} if differs else {},
    )


def _compare_figure(item: Item, said: Material) -> Line:
    seen = str(said.figures.version if said.figures else 0)
    new = item.said.get("number", "")
    if item.code == PERIOD_END:
        title = "The day the 12 months end on"
        day = said.figures.period_end if said.figures else None
        now = day.isoformat() if day else ""
    else:
        title = metrics.fields_of(said.content)[item.code].label
        now = said.inputs.get(item.code, "") or (NOT_KNOWN if item.code in unknown_fields(said) else "")
    differs = bool(new) and _bare(new) != _bare(now)
    return Line(
        item,
        title,
        _state(item, there=bool(now), differs=differs, seen=seen),
        seen,
        {_LABELS["number"]: _figure_said(item.code, now)} if differs else {},
        {_LABELS["number"]: _figure_said(item.code, new)} if differs else {},
    )


def _bare(number: str) -> str:
    """A number without what does not change it: 1,200 and 1200 are the same."""
    return re.sub(r"[, ]", "", number) if number != NOT_KNOWN else number


def _figure_said(code: str, text: str) -> str:
    if code == PERIOD_END and text:
        return day_in_words(date.fromisoformat(text))
    return text.capitalize() if text == NOT_KNOWN else text
