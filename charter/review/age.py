"""How old a case is, against the working days that its level promises. The one place that counts it."""

from datetime import date, datetime

from charter.clock import local_date
from charter.review import working_days


def days_used(waiting_since: datetime, on: date) -> int:
    """The working days since a case came in, up to and with `on`."""
    return working_days.between(local_date(waiting_since), on)
