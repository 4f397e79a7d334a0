"""Values of measures as their owners report them: enter one, correct one, find the latest as at a date."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.reporting.models import Measure, Return

PER_CENT = "per cent"
"""The unit of a measure that is a rate."""
EARLIEST = date(2000, 1, 1)
LARGEST = Decimal(10) ** 9
SOURCE_LENGTH = 300


def enter(
    session: Session, measure: Measure, *, value: Decimal, as_at: date, source: str, by: User, at: datetime
) -> Return:
    """Keep the value of `measure` on the day `as_at`, as `source` reports it.

    A second value for the same day corrects the first; both are kept, and the one entered last stands. Entering what
    already stands changes nothing and returns it, so that a form sent twice does no harm.

    Raises `Refusal`, naming the field, for a value no such measure can have, a day in the future or before 2000, a
    source left empty, or a measure that only the portal counts.
    """
    source = source.strip()
    if not measure.takes_returns:
        raise Refusal("The portal counts this measure itself, so no value can be entered for it.")
    _check_value(measure, value)
    if as_at > local_date(at):
        raise Refusal("The date must be today or in the past.", field="as_at")
    if as_at < EARLIEST:
        raise Refusal("The date must be in 2000 or later. Check the year.", field="as_at")
    if not source:
        raise Refusal("Say where the value comes from.", field="source")
    if len(source) > SOURCE_LENGTH:
        raise Refusal(f"The source must be {SOURCE_LENGTH} characters or fewer.", field="source")
    standing = session.scalars(_newest_first(measure).where(Return.as_at == as_at).limit(1)).first()
    if standing is not None and (standing.value, standing.source) == (value, source):
        return standing
    entered = Return(
        id=uuid7(),
        measure_id=measure.id,
        value=value,
        as_at=as_at,
        source=source,
        entered_at=at,
        entered_by_id=by.id,
    )
    session.add(entered)
    audit.record(
        session,
        "return:correct" if standing else "return:enter",
        entered,
        by=by.id,
        at=at,
        measure=measure.code,
        geography=measure.geography,
        as_at=as_at.isoformat(),
        value=str(value),
        instead_of=str(standing.value) if standing else None,
    )
    return entered


def _check_value(measure: Measure, value: Decimal) -> None:
    if not value.is_finite():
        raise Refusal("The value must be a number.", field="value")
    if value < 0:
        raise Refusal("The value must be 0 or more.", field="value")
    if measure.unit == PER_CENT:
        if value > 100:
            raise Refusal("The value is a percentage, so it must be 100 or less.", field="value")
        if value != round(value, 3):
            raise Refusal("The value must have 3 decimal places or fewer.", field="value")
    elif value != value.to_integral_value():
        raise Refusal(f"The value is a number of {measure.unit}, so it must be a whole number.", field="value")
    elif value >= LARGEST:
        raise Refusal("The value is too large. Check the number of zeros.", field="value")


def latest(session: Session, on: date) -> Mapping[UUID, Return]:
    """The value that stands for each measure as at the day `on`, by the measure's id.

    It is the one for the latest day up to `on`; of several for that day, the one entered last. What was entered late
    counts from the day it is about, not from the day it was entered.
    """
    place = (
        sa.func.row_number()
        .over(
            partition_by=Return.measure_id, order_by=(Return.as_at.desc(), Return.entered_at.desc(), Return.id.desc())
        )
        .label("place")
    )
    ranked = sa.select(Return.id, place).where(Return.as_at <= on).subquery()
    found = session.scalars(sa.select(Return).join(ranked, ranked.c.id == Return.id).where(ranked.c.place == 1))
    return {one.measure_id: one for one in found}


def history(session: Session, measure: Measure) -> Sequence[Return]:
    """Every value ever entered for a measure, corrections too: newest day first, and within a day the last entered."""
    return session.scalars(_newest_first(measure)).all()


def _newest_first(measure: Measure) -> sa.Select[Return]:
    return (
        sa.select(Return)
        .where(Return.measure_id == measure.id)
        .order_by(Return.as_at.desc(), Return.entered_at.desc(), Return.id.desc())
    )
