"""How many working days we take until a decision: the one definition, as it is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.clock import LOCAL
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.review.timing.turns import Turn

FEWEST = 5
"""No median of fewer decisions is published."""


@dataclass(frozen=True)
class Pace:
    """How fast decisions were."""

    days: float
    """The median of our own working days: half of the decisions took so many or fewer."""
    decisions: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough decisions to say anything in public."""
        return self.decisions >= FEWEST


@dataclass(frozen=True)
class Period:
    """The days from one to another, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), LOCAL)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), LOCAL)

    def holds(self, moment: Any) -> sa.ColumnElement[bool]:
        """Whether the moment of a query is in it."""
        return sa.and_(moment >= self.begins, moment < self.ends)


def twelve_months(on: date) -> Period:
    """The twelve months that end with a day."""
    day = on + timedelta(days=1)
    try:
        return Period(day.replace(year=day.year - 1), on)
    except ValueError:  # after 28 February of a leap year there is no such day a year before
        return Period(day.replace(year=day.year - 1, day=28), on)


def our_days() -> sa.Subquery:
    """For each case (`review_id`), the working days that it was with us (`days`) since it came in."""
    return (
        sa.select(Turn.review_id, sa.func.sum(Turn.days).label("days"))
        .join(Review, Review.id == Turn.review_id)
        .where(Turn.stage != ReviewStatus.WITH_EMPLOYER, Turn.began_at >= Review.waiting_since)
        .group_by(Turn.review_id)
        .subquery("ours")
    )


def medians(values: sa.Subquery) -> sa.Select[Any]:
    """For each `key` of a query: how many rows, and the median of their `value`; rows without a value left out."""
    numbered = (
        sa.select(
            values.c.key,
            values.c.value,
            sa.func.row_number().over(partition_by=values.c.key, order_by=values.c.value).label("place"),
            sa.func.count().over(partition_by=values.c.key).label("number"),
        )
        .where(values.c.value.is_not(None))
        .subquery("numbered")
    )
    middle = (2 * numbered.c.place).between(numbered.c.number, numbered.c.number + 2)
    return (
        sa.select(numbered.c.key, sa.func.max(numbered.c.number), sa.func.avg(numbered.c.value))
        .where(middle)
        .group_by(numbered.c.key)
    )


def by_key(session: Session, values: sa.Subquery) -> dict[Any, Pace]:
    """The median of each `key` (one query)."""
    return {key: Pace(float(median), number) for key, number, median in session.execute(medians(values))}


def of_levels(session: Session, *, on: date) -> Mapping[int, Pace]:
    """For each level aimed for, by rank: the median of our working days until a decision, of the cases decided in the
    twelve months that end with `on` (one query). Levels without a decision are not in it."""
    ours = our_days()
    decided = (
        sa.select(Assessment.target_level.label("key"), ours.c.days.label("value"))
        .select_from(Review)
        .join(Review.assessment)
        .join(ours, ours.c.review_id == Review.id)
        .where(Review.status == ReviewStatus.DECIDED, twelve_months(on).holds(Review.decided_at))
    )
    return by_key(session, decided.subquery("decided"))
