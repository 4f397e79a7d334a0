"""The only place that reads the wall clock, and how days and times are said."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/London")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Said here, so that they are English whatever the machine speaks, and because a long list says many of them."""


def now() -> datetime:
    """The moment, aware and in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day on the calendar in Herefordshire and Worcestershire: awards start and end on local dates."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """The local calendar day a moment falls on."""
    return moment.astimezone(LOCAL).date()


def day_in_words(day: date) -> str:
    """A day as people read it: 5 March 2027. Of a moment, give the local day (`local_date`)."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_in_words(hour: time) -> str:
    """A time of day as people read it: 4:05pm."""
    return f"{hour.hour % 12 or 12}:{hour:%M}{'am' if hour.hour < 12 else 'pm'}"
