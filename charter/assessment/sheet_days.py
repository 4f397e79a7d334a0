"""A day in a cell of a spreadsheet, however people keep it: what it is, and what to say when it is not plain."""

import re
from datetime import date, timedelta
from decimal import Decimal

from charter.assessment.sheet_file import Cell, short
from charter.clock import MONTHS, day_in_words

_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905
}
EARLIEST, LATEST = 2000, 2100
_EPOCH = date(1899, 12, 30)
"""The day that Excel counts from."""


def read(cell: Cell) -> tuple[date | None, str | None, str | None]:
    """The day in a cell, or what is wrong with it; and how it was read when it could be read otherwise."""
    value, remark = cell.value, None
    day: date | None = None
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and 30_000 < value < 75_000:
            day = _EPOCH + timedelta(days=int(value))
            remark = (
                f"Cell {cell.ref}: we read the number {value}, which is how a spreadsheet keeps {day_in_words(day)}."
            )
    elif isinstance(value, date) and not isinstance(value, bool):
        day = value
    elif isinstance(value, str):
        day, remark = _typed_day(cell.ref, value)
        if day is None and (swapped := _swapped(value)) is not None:
            right = f"{swapped.day}/{swapped.month}/{swapped.year}"
            return None, f"Cell {cell.ref}: “{short(value)}” has the month first. Write {right}.", None
    if day is None:
        return (
            None,
            f"Cell {cell.ref}: “{short(cell.text)}” is not a date we can read. Write it like 27/3/2027.",
            None,
        )
    if not EARLIEST <= day.year <= LATEST:
        return None, f"Cell {cell.ref}: check the year of {day_in_words(day)}. Write it with all four figures.", None
    return day, None, remark


def _typed_day(ref: str, text: str) -> tuple[date | None, str | None]:
    text = re.sub(r"\s+", " ", text).strip()
    if iso := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]00:00(?::00)?)?", text):
        return _made(int(iso[1]), int(iso[2]), int(iso[3])), None
    if plain := re.fullmatch(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})", text):
        day = _made(int(plain[3]), int(plain[2]), int(plain[1]))
        unsure = day is not None and int(plain[1]) <= 12 and plain[1].lstrip("0") != plain[2].lstrip("0")
        return day, f"Cell {ref}: we read {text} as {day_in_words(day)}, the day first." if day and unsure else None
    if words := re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -]([0-9]{4})", text):
        month = _MONTHS.get(words[2][:3].lower())
        name = "sep" if words[2].lower() == "sept" else words[2].lower()
        known = month is not None and MONTHS[month - 1].lower().startswith(name)
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
