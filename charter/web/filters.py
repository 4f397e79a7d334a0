"""Dates, numbers and sizes as people read them."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask

from charter.assessment import evidence_dates, previews
from charter.clock import LOCAL, day_in_words, local_date, time_in_words, today
from charter.framework.content import Metric


def day(value: date | datetime | None) -> str:
    """5 March 2027. A moment is shown as the local day it falls on."""
    if value is None:
        return ""
    return day_in_words(local_date(value) if isinstance(value, datetime) else value)


def moment(value: datetime | None) -> str:
    """5 March 2027 at 4:05pm, local time."""
    if value is None:
        return ""
    local = value.astimezone(LOCAL)
    return f"{day_in_words(local)} at {time_in_words(local.time())}"


def number(value: Any) -> str:
    """12,345 or 81.5: thousands marked, no zeros after the last digit that says something."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,}"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """1 employer, 2 employers."""
    return f"{value:,} {singular if value == 1 else plural or singular + 's'}"


def of_unit(value: Any, unit: str) -> str:
    """What a figure comes to with its unit: 7.5%, 1 person, 2 people."""
    if unit == "percent":
        return f"{number(value)}%"
    return f"{number(value)} {'person' if unit == 'people' and value == 1 else unit}"


def filesize(value: int | None) -> str:
    """340 KB or 2.4 MB."""
    if value is None:
        return ""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.1f}".removesuffix(".0") + " MB"
    return f"{max(1, round(value / 1000)):,} KB"


def evidence_state(piece: evidence_dates.Ending) -> evidence_dates.State | None:
    """Where a piece of evidence stands today; None when nobody said any date."""
    return evidence_dates.state(piece, on=today())


def has_preview(piece: Any) -> bool:
    """Whether a file, or what a submission says of one, is of a kind that can be shown as a picture."""
    return previews.by_name(piece.filename)


def sum_of_example(metric: Metric) -> str:
    """3 ÷ 5.5 × 100: the formula of a figure with its example's numbers."""
    signs = {"*": "×", "/": "÷", "-": "−"}
    numbers = metric.example.numbers if metric.example else {}
    said = re.sub(r"[a-z][a-z0-9_]*", lambda name: number(numbers[name[0]]), metric.formula)
    return re.sub(r" ([*/-]) ", lambda sign: f" {signs[sign[1]]} ", said)


def register_filters(app: Flask) -> None:
    """Make the filters known to the templates.

    They are `date`, `datetime`, `number`, `count`, `of_unit`, `filesize`, `evidence_state`, `has_preview` and
    `sum_of_example`.
    """
    app.jinja_env.filters |= {
        "date": day,
        "datetime": moment,
        "number": number,
        "count": count,
        "of_unit": of_unit,
        "filesize": filesize,
        "evidence_state": evidence_state,
        "has_preview": has_preview,
        "sum_of_example": sum_of_example,
    }
