"""Days and times are said as people read them."""

from datetime import UTC, date, datetime, time

import pytest

from charter.clock import day_in_words, local_date, time_in_words


def test_a_day_is_said_with_its_month_in_english_and_no_zero_before_it() -> None:
    said = [day_in_words(date(2027, month, 5)) for month in range(1, 13)]
    assert said == [
        *("5 January 2027", "5 February 2027", "5 March 2027", "5 April 2027", "5 May 2027", "5 June 2027"),
        *("5 July 2027", "5 August 2027", "5 September 2027", "5 October 2027", "5 November 2027", "5 December 2027"),
    ]


def test_in_summer_an_evening_in_utc_falls_on_the_next_local_day() -> None:
    assert local_date(datetime(2027, 7, 1, 23, 30, tzinfo=UTC)) == date(2027, 7, 2)


@pytest.mark.parametrize(
    ("hour", "said"),
    [(time(0, 5), "12:05am"), (time(9, 0), "9:00am"), (time(12, 0), "12:00pm"), (time(16, 5), "4:05pm")],
)
def test_a_time_is_said_on_the_twelve_hour_clock(hour: time, said: str) -> None:
    assert time_in_words(hour) == said
