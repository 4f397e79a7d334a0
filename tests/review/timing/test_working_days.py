"""Working days in England."""

from datetime import date

import pytest

from charter.review.timing import working_days


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),  # nothing to wait for
        (date(2026, 11, 23), 1, date(2026, 11, 24)),  # Monday to Tuesday
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # over a weekend
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # from a Saturday
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Christmas, and Boxing Day moved to Monday
        (date(2027, 3, 25), 1, date(2027, 3, 30)),  # Good Friday and Easter Monday
        (date(2026, 12, 31), 1, date(2027, 1, 4)),  # over New Year, into another year
    ],
)
def test_weekends_and_bank_holidays_do_not_count(start: date, days: int, end: date) -> None:
    assert working_days.after(start, days) == end


def test_a_scottish_holiday_is_a_working_day_in_england() -> None:
    assert working_days.is_working_day(date(2026, 11, 30))
    assert working_days.is_working_day(date(2026, 8, 3))
