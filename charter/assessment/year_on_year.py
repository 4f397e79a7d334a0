"""How a figure moved since last time, and whether the rules ask why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from charter.assessment.metrics import Figure, written
from charter.clock import day_in_words
from charter.framework.content import Content, Metric, MetricRules

PERCENT = "percent"
"""The unit of a rate, which moves by percentage points; anything else moves by so many times."""

NEAR_ENOUGH = 31
"""So many days more or less than a year are still the same time of the year: a month that ends a little later."""
_YEAR = 365.25


@dataclass(frozen=True)
class Before:
    """What a figure came to last time, and the last day of those twelve months."""

    value: Decimal
    period_end: date


@dataclass(frozen=True)
class Change:
    """How one figure moved."""

    before: Before
    moved: Decimal
    """By how much; below 0 when it fell."""
    sentence: str
    """The same in words."""
    question: str | None
    """What the employer is asked to explain, when it moved by more than the rules allow."""


def period_doubt(period_end: date | None, before: Mapping[str, Before]) -> str | None:
    """That twelve months which end on `period_end` do not end a year, or some whole years, after the last ones that
    figures were given for, so that the two cannot be compared. None when they do, or when there were none."""
    last = max((one.period_end for one in before.values() if period_end and one.period_end < period_end), default=None)
    if period_end is None or last is None:
        return None
    years = max(1, round((period_end - last).days / _YEAR))
    if abs((period_end - last).days - years * _YEAR) <= NEAR_ENOUGH:
        return None
    months = max(1, round((period_end - last).days / _YEAR * 12))
    return (
        f"Your last figures were for the 12 months to {day_in_words(last)}. These end {months} "
        f"{'month' if months == 1 else 'months'} later, so the two cannot be compared well. Is the day right?"
    )


def changes(content: Content, figures: Iterable[Figure], before: Mapping[str, Before]) -> dict[str, Change]:
    """How each figure that has a value moved since last time, by the metric's code."""
    found = {}
    for figure in figures:
        last = before.get(figure.metric.code)
        if last is not None and figure.value is not None:
            found[figure.metric.code] = change(content.metric_rules, figure.metric, last, figure.value)
    return found


def change(rules: MetricRules, metric: Metric, last: Before, value: Decimal) -> Change:
    """How a figure moved from last time to `value`."""
    moved = value - last.value
    by = _by(metric, abs(moved))
    if not moved:
        sentence = "This is the same as last time."
    else:
        sentence = f"This is {by} {'higher' if moved > 0 else 'lower'} than last time."
    asked = f"{sentence} Tell us why, in a few words." if _is_large(rules, metric, last.value, value) else None
    return Change(last, moved, sentence, asked)


def _by(metric: Metric, amount: Decimal) -> str:
    if metric.unit != PERCENT:
        return written(amount)
    return f"{written(amount)} percentage {'point' if amount == 1 else 'points'}"


def _is_large(rules: MetricRules, metric: Metric, old: Decimal, new: Decimal) -> bool:
    if metric.unit == PERCENT:
        return abs(new - old) > rules.year_on_year_points
    if metric.decimals == 0 and abs(new - old) < rules.year_on_year_least:
        return False
    low, high = sorted((abs(old), abs(new)))
    return high > low * rules.year_on_year_times
