"""The only place that reads the wall clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/London")


def now() -> datetime:
    """The moment, aware and in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day on the calendar in Herefordshire and Worcestershire: awards start and end on local dates."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """The local calendar day a moment falls on."""
    return moment.astimezone(LOCAL).date()
