"""What the rows of a spreadsheet say about the criteria, legal basics and figures of a charter.

Nothing is saved. What cannot be used is said by its place, and never costs what can.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from charter.assessment import answers, metrics, sheet_days, standing_in
from charter.assessment.queries import Material
from charter.assessment.sheet_file import FIELD, NAME_OF_TEXT, Cell, File, Row, Sheet, short
from charter.assessment.spreadsheet import (
    ANSWERS,
    BASICS,
    CODE,
    FIGURES,
    NEEDED,
    NOT_KNOWN,
    PERIOD_END,
    TABLES,
    VERSION,
    Column,
)
from charter.errors import Refusal
from charter.framework.content import Content, Extent

_HEADINGS_WITHIN = 15
"""The line of headings is among so many first rows; people put titles above it."""


Place = tuple[int, int]
"""Where a row stands: the sheet, counted from 0, and the row's number on it."""


@dataclass(frozen=True)
class Told:
    """Something a person should know, and where in the file it stands."""

    where: str
    sentence: str
    place: Place = (0, 0)
    about: str = ""
    """The question that the row is about, where it is known."""


@dataclass(frozen=True)
class Item:
    """What one row says about one criterion, declaration or number."""

    kind: str
    """The name of the table it came from."""
    code: str
    where: str
    said: Mapping[str, str]
    """The cells that could be read, by part of the answer; days as 2027-03-27."""
    version: str = ""
    """The version that stands in the row; empty when none does."""
    faults: tuple[str, ...] = ()
    """In the order of the cells."""
    remarks: tuple[str, ...] = ()
    place: Place = (0, 0)

    @property
    def key(self) -> str:
        """Names it in a form."""
        return f"{_KINDS[self.kind]}-{self.code}"

    @property
    def named(self) -> bool:
        """Whether its code is one that people know it by."""
        return self.kind != FIGURES


_KINDS = {ANSWERS: "criterion", BASICS: "declaration", FIGURES: "number"}


@dataclass(frozen=True)
class Understood:
    """All that was read from a file."""

    items: tuple[Item, ...]
    problems: tuple[Told, ...]
    """Rows that could not be used at all."""
    remarks: tuple[str, ...]
    """What was left out of the file as a whole."""

    def document(self) -> dict[str, Any]:
        """As plain JSON, to keep until it is confirmed."""
        return {
            "items": [
                {
                    "kind": item.kind,
                    "code": item.code,
                    "where": item.where,
                    "said": dict(item.said),
                    "version": item.version,
                    "faults": list(item.faults),
                    "remarks": list(item.remarks),
                    "place": list(item.place),
                }
                for item in self.items
            ],
            "problems": [[one.where, one.sentence, list(one.place)] for one in self.problems],
            "remarks": list(self.remarks),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Understood":
        """What `document` wrote."""
        return cls(
            tuple(
                Item(
                    **{
                        **item,
                        "faults": tuple(item["faults"]),
                        "remarks": tuple(item["remarks"]),
                        "place": _placed(item.get("place", ())),
                    }
                )
                for item in document["items"]
            ),
            tuple(Told(where, sentence, _placed(*place)) for where, sentence, *place in document["problems"]),
            tuple(document["remarks"]),
        )


def _placed(place: Sequence[int] = ()) -> Place:
    """A place as it was kept; none for what was kept before places were."""
    sheet, row = place or (0, 0)
    return sheet, row


@dataclass
class _Reading:
    """What is gathered while a file is read."""

    said: Material
    on: date
    items: list[Item] = field(default_factory=list)
    problems: list[Told] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def understand(file: File, said: Material, *, on: date) -> Understood:
    """What a file says, row by row.

    Raises Refusal beside the field "file" when it has no table that we know.
    """
    reading = _Reading(said, on)
    reading.remarks += file.remarks
    tables = 0
    for number, sheet in enumerate(file.sheets):
        found = _table(sheet)
        if found is None:
            if sheet.rows and not _is_how(sheet):
                reading.remarks.append(f"Sheet “{sheet.name}” has none of our columns, so we did not read it.")
            continue
        tables += 1
        name, places, heading = found
        _say_columns(reading, sheet, name, places, heading)
        for row in sheet.rows:
            if row.number > heading.number:
                _row(reading, sheet, name, places, row, (number, row.number))
    if not tables:
        raise Refusal(_no_table(file), field=FIELD)
    _drop_doubles(reading)
    return Understood(tuple(reading.items), tuple(reading.problems), tuple(reading.remarks))


def _is_how(sheet: Sheet) -> bool:
    return sheet.name.startswith("How to fill this in")


def _heading(text: object) -> str:
    """A heading without what people change by accident."""
    return re.sub(r"[\s_]+", " ", str(text or "")).strip(" ?:*.").casefold()


def _known(columns: Iterable[Column]) -> dict[str, str]:
    return {_heading(name): column.name for column in columns for name in (column.heading, column.name, *column.also)}


Table = tuple[str, dict[str, int], Row]
"""The name of a table, the place of each of its columns, and the row of its headings."""


def _table(sheet: Sheet) -> Table | None:
    """The table on a sheet: where a row has the heading of the codes and the one that makes it what it is."""
    for row in sheet.rows[:_HEADINGS_WITHIN]:
        texts = [_heading(cell.value) for cell in row.cells]
        for name, columns in TABLES.items():
            known = _known(columns)
            places: dict[str, int] = {}
            for place, text in enumerate(texts):
                if text in known:
                    places.setdefault(known[text], place)
            if {CODE.name, NEEDED[name]} <= places.keys():
                return name, places, row
    return None


def _no_table(file: File) -> str:
    """What to say of a file without a table of ours; names the column that is missing when the other is there."""
    needed = {name: next(one for one in TABLES[name] if one.name == part) for name, part in NEEDED.items()}
    for sheet in file.sheets:
        for row in sheet.rows[:_HEADINGS_WITHIN]:
            texts = {_heading(cell.value) for cell in row.cells}
            if _heading(CODE.heading) in texts:
                missing = "” or “".join(column.heading for column in needed.values())
                return f"The column “{missing}” is missing. Download the template again and copy your answers into it."
            for column in needed.values():
                if _heading(column.heading) in texts:
                    return f"The column “{CODE.heading}” is missing. Copy it back from the template, row by row."
    return (
        f"We found no columns called “{CODE.heading}” and “{needed[ANSWERS].heading}”. "
        "Download the template again and copy your answers into it."
    )


def _say_columns(reading: _Reading, sheet: Sheet, name: str, places: Mapping[str, int], heading: Row) -> None:
    """Tell of columns that are missing or not ours."""
    missing = [column.heading for column in TABLES[name] if column.fill and column.name not in places]
    for one in missing:
        reading.remarks.append(f"{sheet.name}: the column “{one}” is missing. What is saved for it stays as it is.")
    used = set(places.values())
    for place, cell in enumerate(heading.cells):
        if not cell.is_empty and place not in used:
            twice = _heading(cell.value) in _known(TABLES[name])
            why = "is there twice, so we read only the first" if twice else "is not one of ours, so we did not read it"
            where = f"Column {re.sub(r'[0-9]', '', cell.ref)}"
            reading.remarks.append(f"{where} of “{sheet.name}”, “{cell.value or ''}”, {why}.")


def _place_of(sheet: Sheet) -> str:
    return "" if sheet.name == NAME_OF_TEXT else f"{sheet.name}, "


def _where(sheet: Sheet, row: Row) -> str:
    return f"{_place_of(sheet)}row {row.number}" if _place_of(sheet) else f"Row {row.number}"


def _row(reading: _Reading, sheet: Sheet, name: str, places: Mapping[str, int], row: Row, place: Place) -> None:
    """Understand one row, or say why not."""
    where, content = _where(sheet, row), reading.said.content
    cells = {part: row.cells[column] for part, column in places.items() if column < len(row.cells)}
    fill = {column.name for column in TABLES[name] if column.fill}
    written = [part for part, cell in cells.items() if part in fill and not cell.is_empty]  # in the order of the cells
    code_cell = cells.get(CODE.name)
    typed = str(code_cell.value or "").strip() if code_cell else ""
    if code_cell is not None and code_cell.fault:
        reading.problems.append(Told(where, code_cell.fault, place))
        return
    if not typed:
        if written:
            merged = f" Cells {row.merged[0]} are merged: unmerge them." if row.merged else ""
            reading.problems.append(
                Told(where, f"This row has an answer but no code, so we do not know what it is about.{merged}", place)
            )
        return
    code = _code(name, content, typed)
    if code is None:
        what = {ANSWERS: "a question", BASICS: "one of the legal basics", FIGURES: "a number"}[name]
        sentence = f"“{short(typed)}” is not the code of {what}. Check it in the template."
        reading.problems.append(Told(where, sentence, place))
        return
    if name == ANSWERS and code not in {criterion.code for criterion in reading.said.asked}:
        if written:
            sentence = f"{code} is not asked of you for the level you aim for."
            reading.problems.append(Told(where, sentence, place))
        return
    reader = {ANSWERS: _answer, BASICS: _basic, FIGURES: _figure}[name]
    said, faults, remarks = reader(reading, code, {part: cells[part] for part in written})
    if row.merged:
        remarks.append(f"Cells {' and '.join(row.merged[:3])} are merged. We read only the first cell of each.")
    version = cells.get(VERSION.name)
    seen = str(version.value) if version is not None and version.value is not None else ""
    reading.items.append(Item(name, code, where, said, seen, tuple(faults), tuple(remarks), place))


def _code(name: str, content: Content, typed: str) -> str | None:
    """The code as the charter writes it, whatever the case and the kind of dash."""
    known = {
        ANSWERS: [criterion.code for criterion in content.criteria],
        BASICS: [declaration.code for declaration in content.declarations],
        FIGURES: [PERIOD_END, *metrics.fields_of(content)],
    }[name]
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", typed).casefold()
    return next((code for code in known if code.casefold() == plain), None)


Read = tuple[dict[str, str], list[str], list[str]]
"""What was said by part, what is wrong, and what was read in a way that should be looked at."""


def _answer(reading: _Reading, code: str, cells: Mapping[str, Cell]) -> Read:
    content, said = reading.said.content, {}
    faults: dict[str, str] = {}
    remarks = []
    criterion = content.criterion(code)
    assert criterion is not None
    for part, cell in cells.items():
        fault: str | None = cell.fault
        if fault is None and part == "action_due":
            day, fault, remark = sheet_days.read(cell)
            if day is not None:
                said[part] = day.isoformat()
            remarks += [remark] if remark else []
        elif fault is None and part == "value":
            value, fault = _scale_value(content, cell, allowed=criterion.not_applicable_allowed)
            if value is not None:
                said[part] = value
        elif fault is None:
            said[part] = cell.text
        if fault:
            faults[part] = fault
    award, new = reading.said.stand_ins(reading.on).get(code), said.get("value", "")
    if award and standing_in.outweighed(content, award, new) and not is_saved(reading.said, code, "value", new):
        remarks.append(
            f"Take care: your {award.passport.title} stands in for this, and this answer says less. "
            "If you save it, your answer counts and the award does not."
        )
    left = {part: text for part, text in said.items() if is_saved(reading.said, code, part, text)}
    if said != left:  # what is saved may stay as it is, though it could not be saved today
        faults |= _unfit(reading, code, said, left, cells)
    return said, [faults[part] for part in (*cells, *faults.keys() - cells.keys()) if part in faults], remarks


def is_saved(said: Material, code: str, part: str, text: str) -> bool:
    """Whether a cell says just what is saved: it was left as the template gave it."""
    there = said.answers.get(code)
    saved = getattr(there, part) if there else None
    return text == (saved.isoformat() if isinstance(saved, date) else saved or "")


def _unfit(
    reading: _Reading, code: str, said: dict[str, str], left: Mapping[str, str], cells: Mapping[str, Cell]
) -> dict[str, str]:
    """Take out of `said` what cannot be saved, and give a sentence for each part of the answer that is to blame.

    Where the part to blame is not new, it is saved already and stands in the way: then nothing of the row can be saved.
    """
    found: dict[str, str] = {}
    while wrong := answers.faults(reading.said.content, **whole(reading.said, code, said), on=reading.on):
        for part, sentence in wrong.items():
            place = f"Cell {cells[part].ref}" if part in cells else f"“{_heading_of(part)}”"
            found[part] = f"{place}: {sentence[0].lower()}{sentence[1:]}"
            if part not in said or part in left:
                said.clear()
                found[part] += " So we could not use the rest of this row."
                return found
            del said[part]
    return found


def _heading_of(part: str) -> str:
    return next(column.heading for column in TABLES[ANSWERS] if column.name == part)


def whole(said: Material, code: str, new: Mapping[str, str]) -> dict[str, Any]:
    """The answer as it would be: what is saved, with what the row says in its place. An empty cell changes nothing."""
    there = said.answers.get(code)
    whole: dict[str, Any] = {
        "value": there.value if there else None,
        "action_due": there.action_due if there else None,
        **{part: getattr(there, part) if there else "" for part in ("explanation", "action", "action_owner", "reason")},
    }
    for part, text in new.items():
        whole[part] = date.fromisoformat(text) if part == "action_due" else text
    return whole


def _scale_value(content: Content, cell: Cell, *, allowed: bool) -> tuple[str | None, str | None]:
    """The value of the scale that a cell names, by its words or its code; or what is wrong."""
    typed = _heading(cell.text)
    found = next((one for one in content.scale if typed in {_heading(one.label), _heading(one.value)}), None)
    if found is not None and (allowed or found.extent is not Extent.NOT_APPLICABLE):
        return found.value, None
    offered = [one.label for one in content.scale if allowed or one.extent is not Extent.NOT_APPLICABLE]
    why = "cannot be chosen here: this applies to every employer" if found else "is not one of the answers"
    return None, f"Cell {cell.ref}: “{short(cell.text)}” {why}. Choose {_or(offered)}."


def _or(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else "".join(quoted)


def _basic(_reading: _Reading, _code: str, cells: Mapping[str, Cell]) -> Read:
    cell = cells.get("agreed")
    if cell is None:
        return {}, [], []
    if cell.fault:
        return {}, [cell.fault], []
    typed = _heading(cell.text)
    if typed in {"yes", "y", "true"}:
        return {"agreed": "yes"}, [], []
    if typed in {"no", "n", "false"}:
        return {"agreed": "no"}, [], []
    return {}, [f"Cell {cell.ref}: “{short(cell.text)}” is neither “Yes” nor “No”."], []


def _figure(reading: _Reading, code: str, cells: Mapping[str, Cell]) -> Read:
    cell = cells.get("number")
    if cell is None:
        return {}, [], []
    if cell.fault:
        return {}, [cell.fault], []
    if code == PERIOD_END:
        day, fault, remark = sheet_days.read(cell)
        if day is not None and day > reading.on:
            day, fault = None, f"Cell {cell.ref}: the 12 months must have ended. Give a day that is not in the future."
        return (
            {"number": day.isoformat()} if day else {},
            [fault] if fault else [],
            [remark] if remark and not fault else [],
        )
    text = cell.text if not isinstance(cell.value, Decimal) else f"{cell.value:f}"
    if _heading(text) in {NOT_KNOWN, "not known yet", "don't know", "don’t know", "unknown", "do not know"}:
        return {"number": NOT_KNOWN}, [], []
    if text == reading.said.inputs.get(code):  # as the template gave it
        return {"number": text}, [], []
    fault = metrics.check(reading.said.content, {code: text}).get(code)
    return ({}, [f"Cell {cell.ref}: {fault}"], []) if fault else ({"number": text}, [], [])


def _rows(items: Sequence[Item]) -> str:
    """Where several rows stand: “Answers, rows 6 and 7”."""
    if len({item.place[0] for item in items}) > 1:
        return " and ".join(item.where for item in items)
    numbers = [str(item.place[1]) for item in items]
    several = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return re.sub("(?<=[Rr])ow [0-9]+$", f"ows {several}", items[0].where)


def _drop_doubles(reading: _Reading) -> None:
    """Two rows about the same thing that differ cancel each other: nobody can tell which is meant."""
    rows: dict[str, list[Item]] = {}
    for item in reading.items:
        if item.said or item.faults:
            rows.setdefault(item.key, []).append(item)
    kept: list[Item] = []
    for same in rows.values():
        if any(item.said != same[0].said for item in same[1:]):
            sentence = f"These rows say different things about {same[0].code}. Keep one of them. We used none of them."
            reading.problems.append(Told(_rows(same), sentence, same[0].place))
        else:
            again = [f"It stands again in {item.where}." for item in same[1:]]
            kept.append(replace(same[0], remarks=(*same[0].remarks, *again)))
    reading.items = kept
