"""The strategy's measures: what each should reach, and whether it is on its way.

Which value counts (`ACTUAL`) and what is made of it (`STATUS`) is said here once, and shown to the board as it stands.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from charter import audit
from charter.framework.content import Content
from charter.lifecycle import Status
from charter.organisation.models import Recognition
from charter.reporting import returns
from charter.reporting.measures import Figure
from charter.reporting.models import Direction, Measure, Return, Target

MEASURES = Figure(
    "measures",
    "Measures of the strategy",
    "Each measure with the baseline and target that the strategy published, and the latest value known on the day.",
)
ACTUAL = Figure(
    "actual",
    "Latest value of a measure",
    "The value its owner last returned for a day up to the day asked for, as last corrected; for a measure that the "
    "portal can count and nobody has returned, and for one that only the portal counts, the portal’s own count.",
)
COUNTED = Figure(
    "counted",
    "Counted by this portal",
    "Employers on this portal that held the scheme’s award on the day, in the county, as checked by an assessor; "
    "it leaves out employers that have not told this portal of their award.",
)
STATUS = Figure(
    "status",
    "Status of a measure",
    "Met when the latest value is at or beyond this financial year’s target; on track when it is at or beyond the "
    "straight line from last year’s target (in the first year, the baseline) to this year’s, on the value’s own day or "
    "on 1 April if it is older; otherwise off track.",
)

FILE = Path(__file__).parent / "data" / "strategy-measures.csv"
_TARGET = "target_"


# The strategy's own table ------------------------------------------------------------------------------------------


def load_measures(session: Session, *, by: UUID | None, at: datetime) -> list[Measure]:
    """Make the measures and targets of the strategy's table, or bring them up to date; return those that changed.

    Loading the same table again changes nothing. A measure that is no longer in it stays, with its returns. The code
    of a measure that the portal counts is the code of the scheme it counts.
    """
    known = {(one.code, one.geography): one for one in _measures(session)}
    changed = []
    with FILE.open(encoding="utf-8", newline="") as lines:
        for position, row in enumerate(csv.DictReader(lines), 1):
            measure = known.get((row["code"], row["geography"]))
            if measure is None:
                measure = Measure(id=uuid7(), targets=[], **_facts(position, row))
                session.add(measure)
                action, facts = "measure:create", []
            else:
                action, facts = "measure:update", _update(measure, _facts(position, row))
            years = _set_targets(measure, row)
            if measure in session.new or facts or years:
                audit.record(
                    session,
                    action,
                    measure,
                    by=by,
                    at=at,
                    code=measure.code,
                    geography=measure.geography,
                    changed=facts,
                    targets=years,
                )
                changed.append(measure)
    return changed


def _facts(position: int, row: Mapping[str, str]) -> dict[str, Any]:
    counted = "portal" in row["actual_from"].split()
    return {
        "position": position,
        "priority": row["priority"],
        "code": row["code"],
        "title": row["measure"],
        "geography": row["geography"],
        "unit": row["unit"],
        "direction": Direction(row["good_direction"]),
        "baseline": _number(row["baseline"]),
        "source": row["source_section"],
        "note": row["note"],
        "derived_from": row["code"] if counted else None,
        "takes_returns": "returns" in row["actual_from"].split(),
    }


def _update(measure: Measure, facts: Mapping[str, Any]) -> list[str]:
    changed = [name for name, value in facts.items() if getattr(measure, name) != value]
    for name in changed:
        setattr(measure, name, facts[name])
    return changed


def _set_targets(measure: Measure, row: Mapping[str, str]) -> list[str]:
    """Set the targets, and say for which years something changed."""
    standing = {target.financial_year: target for target in measure.targets}
    changed = []
    for column in row:
        if not column.startswith(_TARGET):
            continue
        year = column.removeprefix(_TARGET).replace("_", "/")
        value, target = _number(row[column]), standing.get(year)
        if value == (target.value if target else None):
            continue
        changed.append(year)
        if target is None and value is not None:
            measure.targets.append(Target(id=uuid7(), financial_year=year, value=value))
        elif target is not None and value is None:
            measure.targets.remove(target)
        elif target is not None and value is not None:
            target.value = value
    return changed


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


# The financial year ------------------------------------------------------------------------------------------------


def year_start(day: date) -> date:
    """The 1 April on which the financial year of `day` began."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def year_end(day: date) -> date:
    """The 31 March on which the financial year of `day` ends."""
    return date(year_start(day).year + 1, 3, 31)


def financial_year(day: date) -> str:
    """The financial year (April to March) of `day`, written '2026/27'."""
    first = year_start(day).year
    return f"{first}/{(first + 1) % 100:02}"


# Whether a measure is on its way -----------------------------------------------------------------------------------


class TargetStatus(Status):
    """What the latest value of a measure says about this financial year's target."""

    MET = "met"
    ON_TRACK = "on_track"
    OFF_TRACK = "off_track"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"

    @property
    def label(self) -> str:
        """The status as the board reads it."""
        return {"met": "Target met", "no_data": "No value yet", "no_target": "No target"}.get(self.value, super().label)


@dataclass(frozen=True)
class Actual:
    """A value of a measure on a day. `source` is empty when the portal counted it."""

    value: Decimal
    as_at: date
    source: str

    @property
    def counted(self) -> bool:
        """Whether the portal counted it."""
        return not self.source


@dataclass(frozen=True)
class Standing:
    """Where a measure stands as at a day."""

    measure: Measure
    on: date
    status: TargetStatus
    target: Decimal | None
    """What it should reach by the end of the financial year of `on`."""
    expected: Decimal | None
    """Where the straight line to the target was on the day the latest value is judged by."""
    actual: Actual | None
    """The latest value, which the status judges."""
    counted: int | None
    """The portal's own count on the day, whether or not it is the latest value."""

    @property
    def is_old(self) -> bool:
        """Whether the latest value is from before the last financial year, so that it says little about this one."""
        return self.actual is not None and self.actual.as_at < _earlier_year(year_start(self.on))

    @property
    def share(self) -> float | None:
        """How much of the way from the baseline to this year's target is done, from 0 to 1."""
        return self._share(self.actual.value if self.actual else None)

    @property
    def expected_share(self) -> float | None:
        """How much of that way should have been done."""
        return self._share(self.expected)

    def _share(self, value: Decimal | None) -> float | None:
        if value is None or self.target is None:
            return None
        if at_or_beyond(value, self.target, self.measure.direction):
            return 1.0
        way = self.target - origin(self.measure, self.on)
        if not way:
            return 0.0
        return float(min(max((value - origin(self.measure, self.on)) / way, Decimal(0)), Decimal(1)))


def at_or_beyond(value: Decimal, mark: Decimal, direction: Direction) -> bool:
    """Whether `value` is at the mark or past it, the way the measure should go."""
    return value >= mark if direction is Direction.UP else value <= mark


def target_for(measure: Measure, day: date) -> Decimal | None:
    """The target for the financial year of `day`, when there is one."""
    year = financial_year(day)
    return next((target.value for target in measure.targets if target.financial_year == year), None)


def origin(measure: Measure, day: date) -> Decimal:
    """Where the whole way began: the baseline; without one, where this year's line begins."""
    return measure.baseline if measure.baseline is not None else line(measure, day)[0]


def line(measure: Measure, day: date) -> tuple[Decimal, Decimal]:
    """Where the line of the financial year of `day` begins on 1 April and ends on 31 March.

    It begins at the target of the latest year before; in the first year that has a target, at the baseline; without
    either, at this year's own target, so that only reaching it will do. Raises ValueError when there is no target.
    """
    end = target_for(measure, day)
    if end is None:
        raise ValueError("there is no target for this financial year")
    year = financial_year(day)
    before = [target for target in measure.targets if target.financial_year < year]
    if before:
        return max(before, key=lambda target: target.financial_year).value, end
    return (measure.baseline if measure.baseline is not None else end), end


def expected_on(measure: Measure, day: date) -> Decimal:
    """Where the straight line to the target of the financial year of `day` is on that day.

    Raises ValueError when there is no target for that year.
    """
    start, end = line(measure, day)
    first, last = year_start(day), year_end(day)
    return start + (end - start) * (day - first).days / (last - first).days


def standing(measure: Measure, on: date, *, returned: Return | None, counted: int | None) -> Standing:
    """Where `measure` stands as at the day `on`, given its latest return and the portal's own count, if any.

    Which value counts: the latest return for a day up to `on`, because the owner of a scheme knows every employer in
    it and the portal only those that told it; the portal's own count when there is no return, and always for a
    measure that only the portal counts. The portal's count is kept beside a return, and never mixed with it.

    The status, for the financial year (April to March) that `on` falls in:

    - no target: the strategy gives none for that year;
    - no data: there is a target but no value;
    - met: the value is at or beyond this year's target;
    - on track: it is at or beyond the straight line from last year's target to this year's (`line` says where the
      line begins in the first year and without a baseline), on the value's own day; a value from before this
      financial year is held against the line's first day, so that an old value is never judged by a day it does not
      know of, and cannot stay good for ever;
    - off track: it is not.

    "At or beyond" is at least for a measure that should go up, and at most for one that should go down.
    """
    actual = None
    if returned is not None and measure.takes_returns:
        actual = Actual(returned.value, returned.as_at, returned.source)
    elif counted is not None:
        actual = Actual(Decimal(counted), on, "")
    target = target_for(measure, on)
    if target is None:
        return Standing(measure, on, TargetStatus.NO_TARGET, None, None, actual, counted)
    if actual is None:
        return Standing(measure, on, TargetStatus.NO_DATA, target, expected_on(measure, on), None, counted)
    expected = expected_on(measure, max(actual.as_at, year_start(on)))
    if at_or_beyond(actual.value, target, measure.direction):
        status = TargetStatus.MET
    elif at_or_beyond(actual.value, expected, measure.direction):
        status = TargetStatus.ON_TRACK
    else:
        status = TargetStatus.OFF_TRACK
    return Standing(measure, on, status, target, expected, actual, counted)


def rounded(value: Decimal, unit: str) -> Decimal:
    """A point on a line as the board reads it: whole for counts, two decimals for percentages."""
    return value.quantize(Decimal("0.01") if unit == returns.PER_CENT else Decimal(1), ROUND_HALF_UP)


def standings(session: Session, content: Content, on: date) -> tuple[Standing, ...]:
    """Where every measure stands as at the day `on`, in the strategy's order. Three queries."""
    measures = _measures(session)
    returned = returns.latest(session, on)
    counts = _counts(session, {one.derived_from for one in measures if one.derived_from}, on)
    codes = {county.title: county.code for county in content.counties}
    return tuple(
        standing(
            measure,
            on,
            returned=returned.get(measure.id),
            counted=counts.get((measure.derived_from, codes.get(measure.geography)), 0)
            if measure.derived_from
            else None,
        )
        for measure in measures
    )


def _measures(session: Session) -> list[Measure]:
    query = sa.select(Measure).options(joinedload(Measure.targets)).order_by(Measure.position, Measure.id)
    return list(session.scalars(query).unique())


def _counts(session: Session, schemes: Iterable[str], on: date) -> Mapping[tuple[str | None, str | None], int]:
    """Employers with a checked award of each scheme on the day, by county, and (county None) wherever they are."""
    held = (
        Recognition.scheme.in_(sorted(schemes)),
        Recognition.starts_on <= on,
        sa.or_(Recognition.ends_on.is_(None), Recognition.ends_on >= on),
        Recognition.checked_at.is_not(None),
    )
    employers = sa.func.count(Recognition.organisation_id.distinct())
    by_county = sa.select(Recognition.scheme, Recognition.county, employers).where(*held)
    anywhere = sa.select(Recognition.scheme, sa.null(), employers).where(*held)
    query: sa.CompoundSelect[Any] = sa.union_all(
        by_county.group_by(Recognition.scheme, Recognition.county), anywhere.group_by(Recognition.scheme)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def _earlier_year(day: date) -> date:
    return day.replace(year=day.year - 1)
