"""Working days in England: Monday to Friday, without the bank holidays."""

from datetime import date, timedelta
from functools import cache, lru_cache

import holidays

SATURDAY = 5
ONE_DAY = timedelta(days=1)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    """Whether people at the council work that day."""
    return day.weekday() < SATURDAY and day not in _bank_holidays(day.year)


def after(start: date, days: int) -> date:
    """The last of `days` working days that follow `start`; `start` itself does not count."""
    day, left = start, days
    while left > 0:
        day += ONE_DAY
        left -= is_working_day(day)
    return day


def before(end: date, days: int) -> date:
    """The last day from which `days` working days still end on `end` or earlier: `after` leads back to there."""
    day = end - ONE_DAY * days
    while after(day, days) > end:
        day -= ONE_DAY
    return day


@lru_cache(maxsize=4096)
def between(start: date, end: date) -> int:
    """How many working days follow `start`, up to and with `end`; none when `end` is not after it."""
    return sum(is_working_day(start + ONE_DAY * number) for number in range(1, (end - start).days + 1))
