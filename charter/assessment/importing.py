"""Answers from a spreadsheet: understand each row, show it beside what is saved, and save what the person confirms.

Reading and comparing save nothing. What cannot be used is said by its place, and never costs what can.
"""

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.assessment import answers, declarations, metrics, queries, returns
from charter.assessment.models import Assessment, UploadedSheet
from charter.assessment.queries import Material
from charter.assessment.sheet_file import FIELD, NAME_OF_TEXT, Cell, File, Row, Sheet
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
    unknown_fields,
    version_of_declaration,
)
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal, Stale
from charter.framework.content import Content, Extent

KEPT = timedelta(days=1)
"""How long an upload waits to be confirmed."""
CLOSED = "Answers can be filled in from a spreadsheet only before they are sent."
GONE = "This spreadsheet was saved, dropped or replaced since. Look at your answers, or upload it again."
MOVED_ON = "Somebody changed an answer while you were looking. Nothing was saved yet. Look at the changes again."
_HEADINGS_WITHIN = 15
"""The line of headings is among so many first rows; people put titles above it."""
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905
}
EARLIEST, LATEST = 2000, 2100
_EPOCH = date(1899, 12, 30)
"""The day that Excel counts from."""


@dataclass(frozen=True)
class Told:
    """Something a person should know, and where in the file it stands."""

    where: str
    sentence: str


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
    remarks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names it in a form."""
        return f"{_KINDS[self.kind]}-{self.code}"


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
                }
                for item in self.items
            ],
            "problems": [[one.where, one.sentence] for one in self.problems],
            "remarks": list(self.remarks),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Understood":
        """What `document` wrote."""
        return cls(
            tuple(
                Item(**{**item, "faults": tuple(item["faults"]), "remarks": tuple(item["remarks"])})
                for item in document["items"]
            ),
            tuple(Told(where, sentence) for where, sentence in document["problems"]),
            tuple(document["remarks"]),
        )


# Reading ------------------------------------------------------------------------------------------------------------


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
    for sheet in file.sheets:
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
                _row(reading, sheet, name, places, row)
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


def _row(reading: _Reading, sheet: Sheet, name: str, places: Mapping[str, int], row: Row) -> None:
    """Understand one row, or say why not."""
    where, content = _where(sheet, row), reading.said.content
    cells = {part: row.cells[place] for part, place in places.items() if place < len(row.cells)}
    fill = {column.name for column in TABLES[name] if column.fill}
    written = [part for part in fill if part in cells and not cells[part].is_empty]
    code_cell = cells.get(CODE.name)
    typed = str(code_cell.value or "").strip() if code_cell else ""
    if code_cell is not None and code_cell.fault:
        reading.problems.append(Told(where, code_cell.fault))
        return
    if not typed:
        if written:
            merged = f" Cells {row.merged[0]} are merged: unmerge them." if row.merged else ""
            reading.problems.append(
                Told(where, f"This row has an answer but no code, so we do not know what it is about.{merged}")
            )
        return
    code = _code(name, content, typed)
    if code is None:
        what = {ANSWERS: "a question", BASICS: "one of the legal basics", FIGURES: "a number"}[name]
        reading.problems.append(Told(where, f"“{_short(typed)}” is not the code of {what}. Check it in the template."))
        return
    if name == ANSWERS and code not in {criterion.code for criterion in reading.said.asked}:
        if written:
            reading.problems.append(Told(where, f"{code} is not asked of you for the level you aim for."))
        return
    reader = {ANSWERS: _answer, BASICS: _basic, FIGURES: _figure}[name]
    said, faults, remarks = reader(reading, code, {part: cells[part] for part in written})
    if row.merged:
        remarks.append(f"Cells {' and '.join(row.merged[:3])} are merged. We read only the first cell of each.")
    version = cells.get(VERSION.name)
    seen = str(version.value) if version is not None and version.value is not None else ""
    reading.items.append(Item(name, code, where, said, seen, tuple(faults), tuple(remarks)))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


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
    faults, remarks = [], []
    criterion = content.criterion(code)
    assert criterion is not None
    for part, cell in cells.items():
        if cell.fault:
            faults.append(cell.fault)
        elif part == "action_due":
            day, fault, remark = _day(cell)
            if day is not None:
                said[part] = day.isoformat()
            faults += [fault] if fault else []
            remarks += [remark] if remark else []
        elif part == "value":
            value, fault = _scale_value(content, cell, allowed=criterion.not_applicable_allowed)
            if value is not None:
                said[part] = value
            faults += [fault] if fault else []
        else:
            said[part] = _text(cell)
    whole = _whole(reading.said, code, said)
    for part, sentence in answers.faults(content, **whole, on=reading.on).items():
        if part in said:
            del said[part]
            faults.append(f"Cell {cells[part].ref}: {sentence}")
    return said, faults, remarks


def _whole(said: Material, code: str, new: Mapping[str, str]) -> dict[str, Any]:
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


def _text(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value.day}/{value.month}/{value.year}" if isinstance(value, date) else str(value)


def _scale_value(content: Content, cell: Cell, *, allowed: bool) -> tuple[str | None, str | None]:
    """The value of the scale that a cell names, by its words or its code; or what is wrong."""
    typed = _heading(_text(cell))
    found = next((one for one in content.scale if typed in {_heading(one.label), _heading(one.value)}), None)
    if found is not None and (allowed or found.extent is not Extent.NOT_APPLICABLE):
        return found.value, None
    offered = [one.label for one in content.scale if allowed or one.extent is not Extent.NOT_APPLICABLE]
    why = "cannot be chosen here: this applies to every employer" if found else "is not one of the answers"
    return None, f"Cell {cell.ref}: “{_short(_text(cell))}” {why}. Choose {_or(offered)}."


def _or(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else "".join(quoted)


def _day(cell: Cell) -> tuple[date | None, str | None, str | None]:
    """The day in a cell, or what is wrong with it; and how it was read when it could be read otherwise."""
    value, remark = cell.value, None
    day: date | None = None
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and 30_000 < value < 75_000:
            day = _EPOCH + timedelta(days=int(value))
            remark = f"Cell {cell.ref}: we read the number {value}, which is how a spreadsheet keeps {_said(day)}."
    elif isinstance(value, date) and not isinstance(value, bool):
        day = value
    elif isinstance(value, str):
        day, remark = _typed_day(cell.ref, value)
        if day is None and (swapped := _swapped(value)) is not None:
            right = f"{swapped.day}/{swapped.month}/{swapped.year}"
            return None, f"Cell {cell.ref}: “{_short(value)}” has the month first. Write {right}.", None
    if day is None:
        return (
            None,
            f"Cell {cell.ref}: “{_short(_text(cell))}” is not a date we can read. Write it like 27/3/2027.",
            None,
        )
    if not EARLIEST <= day.year <= LATEST:
        return None, f"Cell {cell.ref}: check the year of {_said(day)}. Write it with all four figures.", None
    return day, None, remark


def _said(day: date) -> str:
    return f"{day.day} {_FULL_MONTHS[day.month - 1]} {day.year}"


_FULL_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _typed_day(ref: str, text: str) -> tuple[date | None, str | None]:
    text = re.sub(r"\s+", " ", text).strip()
    if iso := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]00:00(?::00)?)?", text):
        return _made(int(iso[1]), int(iso[2]), int(iso[3])), None
    if plain := re.fullmatch(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})", text):
        day = _made(int(plain[3]), int(plain[2]), int(plain[1]))
        unsure = day is not None and int(plain[1]) <= 12 and plain[1].lstrip("0") != plain[2].lstrip("0")
        return day, f"Cell {ref}: we read {text} as {_said(day)}, the day first." if day and unsure else None
    if words := re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -]([0-9]{4})", text):
        month = _MONTHS.get(words[2][:3].lower())
        name = "sep" if words[2].lower() == "sept" else words[2].lower()
        known = month is not None and _FULL_MONTHS[month - 1].lower().startswith(name)
        return (_made(int(words[3]), month, int(words[1])) if month and known else None), None
    return None, None


def _swapped(text: str) -> date | None:
    """The day that an American way of writing means, when it can mean nothing else."""
    found = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", text.strip())
    return _made(int(found[3]), int(found[1]), int(found[2])) if found else None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _basic(_reading: _Reading, _code: str, cells: Mapping[str, Cell]) -> Read:
    cell = cells.get("agreed")
    if cell is None:
        return {}, [], []
    if cell.fault:
        return {}, [cell.fault], []
    typed = _heading(_text(cell))
    if typed in {"yes", "y", "true"}:
        return {"agreed": "yes"}, [], []
    if typed in {"no", "n", "false"}:
        return {"agreed": "no"}, [], []
    return {}, [f"Cell {cell.ref}: “{_short(_text(cell))}” is neither “Yes” nor “No”."], []


def _figure(reading: _Reading, code: str, cells: Mapping[str, Cell]) -> Read:
    cell = cells.get("number")
    if cell is None:
        return {}, [], []
    if cell.fault:
        return {}, [cell.fault], []
    if code == PERIOD_END:
        day, fault, remark = _day(cell)
        if day is not None and day > reading.on:
            day, fault = None, f"Cell {cell.ref}: the 12 months must have ended. Give a day that is not in the future."
        return (
            {"number": day.isoformat()} if day else {},
            [fault] if fault else [],
            [remark] if remark and not fault else [],
        )
    text = _text(cell) if not isinstance(cell.value, Decimal) else f"{cell.value:f}"
    if _heading(text) in {NOT_KNOWN, "not known yet", "don't know", "don’t know", "unknown", "do not know"}:
        return {"number": NOT_KNOWN}, [], []
    fault = metrics.check(reading.said.content, {code: text}).get(code)
    return ({}, [f"Cell {cell.ref}: {fault}"], []) if fault else ({"number": text}, [], [])


def _drop_doubles(reading: _Reading) -> None:
    """Two rows about the same thing that differ cancel each other: nobody can tell which is meant."""
    rows: dict[str, list[Item]] = {}
    for item in reading.items:
        if item.said or item.faults:
            rows.setdefault(item.key, []).append(item)
    kept: list[Item] = []
    for same in rows.values():
        if any(item.said != same[0].said for item in same[1:]):
            where = " and ".join(item.where for item in same)
            reading.problems.append(
                Told(where, f"These rows say different things about {same[0].code}. Keep one of them. We used neither.")
            )
        else:
            again = [f"It stands again in {item.where}." for item in same[1:]]
            kept.append(replace(same[0], remarks=(*same[0].remarks, *again)))
    reading.items = kept


# Comparing ----------------------------------------------------------------------------------------------------------


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
        """Everything that could not be used, with its place."""
        faults = [Told(f"{line.item.where}: {line.title}", fault) for line in self.lines for fault in line.item.faults]
        return (*self.understood.problems, *faults)


def compare(understood: Understood, said: Material) -> Preview:
    """Each row beside what is saved now."""
    compared = {ANSWERS: _compare_answer, BASICS: _compare_basic, FIGURES: _compare_figure}
    return Preview(tuple(compared[item.kind](item, said) for item in understood.items), understood)


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
    new = _whole(said, item.code, item.said)
    now = {part: getattr(there, part) if there else None for part in item.said}
    differing = [part for part in item.said if (now[part] or None) != (new[part] or None)]
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
    return _said(value) if isinstance(value, date) else str(value or "")


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
    return _said(date.fromisoformat(text)) if code == PERIOD_END and text else text


# Keeping and saving -------------------------------------------------------------------------------------------------


def keep(
    session: Session, assessment: Assessment, understood: Understood, *, filename: str, by: User, at: datetime
) -> UploadedSheet:
    """Keep what was understood until this person confirms it; it takes the place of their last upload.

    Raises Refusal once the answers were sent.
    """
    session.refresh(assessment, with_for_update=True)  # of two uploads at once the later stands
    _check_open(assessment)
    session.execute(
        sa.delete(UploadedSheet).where(
            UploadedSheet.assessment_id == assessment.id, UploadedSheet.uploaded_by_id == by.id
        )
    )
    kept = UploadedSheet(
        id=uuid7(),
        assessment_id=assessment.id,
        uploaded_by_id=by.id,
        filename=filename[:200],
        understood=understood.document(),
        uploaded_at=at,
    )
    session.add(kept)
    return kept


def kept_of(session: Session, assessment: Assessment, user: User, *, at: datetime) -> UploadedSheet | None:
    """What this person uploaded and has not confirmed yet (one query)."""
    return session.scalars(
        sa.select(UploadedSheet).where(
            UploadedSheet.assessment_id == assessment.id,
            UploadedSheet.uploaded_by_id == user.id,
            UploadedSheet.uploaded_at > at - KEPT,
        )
    ).first()


def drop(session: Session, kept: UploadedSheet) -> None:
    """Forget an upload."""
    session.delete(kept)


def drop_old(session: Session, on: date, at: datetime) -> int:
    """Forget what nobody confirmed in time. Returns how many there were."""
    old = session.scalars(sa.select(UploadedSheet).where(UploadedSheet.uploaded_at <= at - KEPT)).all()
    for one in old:
        session.delete(one)
    return len(old)


def confirm(
    session: Session,
    assessment: Assessment,
    *,
    upload: UUID,
    choices: Mapping[str, bool],
    seen: Mapping[str, str],
    by: User,
    at: datetime,
) -> int:
    """Save what was understood, all of it or nothing, and forget the upload. Returns how many things were saved.

    `upload` is the id of the upload that the person saw, which may be saved, dropped or replaced by now. `choices` says
    by key whether the spreadsheet's is to be saved, for what would change something; `seen` holds the version of each
    that the person saw. Raises Refusal when the upload is gone or (on the field `choice-<key>`) a choice is missing,
    and Stale when something was saved by somebody else since the page was shown.
    """
    session.refresh(assessment, with_for_update=True)
    _check_open(assessment)
    kept = kept_of(session, assessment, by, at=at)
    if kept is None or kept.id != upload:
        raise Refusal(GONE)
    said = queries.material(session, assessment)
    preview = compare(Understood.of(kept.understood), said)
    for line in preview.to_save:
        if seen.get(line.item.key) != line.seen:
            raise Stale(MOVED_ON, current=line)
        if line.asks and line.item.key not in choices:
            raise Refusal(f"Choose which to keep for “{line.title}”.", field=f"choice-{line.item.key}")
    chosen = [line for line in preview.to_save if choices.get(line.item.key, not line.asks)]
    for line in chosen:
        if line.item.kind == ANSWERS:
            answers.save(
                session,
                assessment,
                criterion=line.item.code,
                **_whole(said, line.item.code, line.item.said),
                seen_version=int(line.seen),
                by=by,
                at=at,
            )
    agreed = {line.item.code: line.item.said["agreed"] == "yes" for line in chosen if line.item.kind == BASICS}
    if agreed:
        declarations.save(session, assessment, agreed=agreed, by=by, at=at)
    _save_figures(session, said, [line.item for line in chosen if line.item.kind == FIGURES], by=by, at=at)
    audit.record(
        session,
        "spreadsheet:import",
        assessment,
        by=by.id,
        at=at,
        case=assessment.id,
        saved=len(chosen),
        left=len(preview.to_save) - len(chosen),
    )
    session.delete(kept)
    return len(chosen)


def _save_figures(session: Session, said: Material, items: Sequence[Item], *, by: User, at: datetime) -> None:
    if not items:
        return
    new = {item.code: item.said["number"] for item in items}
    day = new.pop(PERIOD_END, None)
    there = said.figures
    inputs = {**said.inputs, **{name: text for name, text in new.items() if text != NOT_KNOWN}}
    unknown = set(said.unknown)
    for metric in said.content.metrics:
        own = {item.name for item in metric.inputs}
        if any(new.get(name) == NOT_KNOWN for name in own):
            unknown.add(metric.code)
            inputs = {name: text for name, text in inputs.items() if name not in own}
        elif own & new.keys():
            unknown.discard(metric.code)
    for shared in said.content.context_fields:
        if new.get(shared.name) == NOT_KNOWN:
            unknown.add(shared.name)
            inputs.pop(shared.name, None)
        elif shared.name in new:
            unknown.discard(shared.name)
    returns.save(
        session,
        said.assessment,
        period_end=date.fromisoformat(day) if day else there.period_end if there else None,
        inputs=inputs,
        notes=there.notes if there else {},
        unknown=unknown,
        seen_version=there.version if there else 0,
        by=by,
        at=at,
    )


def _check_open(assessment: Assessment) -> None:
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal(CLOSED)
