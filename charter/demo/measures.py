"""Made-up values of the strategy's measures."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from charter.account.models import User
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.reporting import returns as measure_returns
from charter.reporting.models import Measure


def enter(staff: Staff, random: Random, on: date) -> None:
    """A few values of the strategy's measures, as an administrator would enter them."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        for measure in session.scalars(sa.select(Measure).order_by(Measure.position)):
            if not measure.takes_returns or random.random() < 0.2:
                continue
            start = measure.baseline or Decimal(100)
            for quarter, days in enumerate((300, 210, 120, 35)):
                change = Decimal(random.randint(-10, 30) * (quarter + 1)) / Decimal(1000)
                value = start * (1 + change if measure.direction.value == "up" else 1 - change)
                measure_returns.enter(
                    session,
                    measure,
                    value=round(value, 1 if measure.unit == "per cent" else 0),
                    as_at=on - timedelta(days=days),
                    source="Made-up figure for the demonstration",
                    by=administrator,
                    at=at(on - timedelta(days=days - 10)),
                )
