"""Who is accredited, as at any day: each figure's name, meaning and query in one place."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.award.models import Award
from charter.award.verification import counts_on, valid_on

Key = TypeVar("Key", bound=Hashable)

SMALL = 10
"""A count of people from 1 to just below this is shown as "fewer than": it could tell of somebody."""


@dataclass(frozen=True)
class Figure:
    """A figure the board sees: its code (the name of its table and file), its name, and what it means in a sentence."""

    code: str
    title: str
    definition: str


ACCREDITED = Figure(
    "accredited",
    "Accredited employers by level and county",
    "Employers that hold an award on the day: it has started, it has not passed its last day, and nobody has replaced, "
    "suspended or revoked it; each employer counts once, in the county and at the level printed on its certificate.",
)
CHANGE = Figure(
    "change",
    "Change over a year",
    "Accredited employers on the day, less those on the same day a year before.",
)
PEOPLE = Figure(
    "people",
    "People covered",
    "The sum of the headcounts that accredited employers gave with the award they hold on the day; an award without a "
    "headcount adds nobody and is counted beside it.",
)
SIZES = Figure(
    "sizes",
    "Accredited employers by size",
    "Accredited employers on the day, by their size band when the award was made.",
)
SECTORS = Figure(
    "sectors",
    "Accredited employers by sector",
    "Accredited employers on the day, by their section of the Standard Industrial Classification 2007 when the award "
    "was made.",
)


def valid(on: date) -> sa.ColumnElement[bool]:
    """The condition of `Award.is_valid_on`, for queries."""
    return sa.and_(*valid_on(on))


@dataclass(frozen=True)
class Cell:
    """Accredited employers that share a level, a county, a size band and a sector."""

    level: int
    county: str
    size_band: str
    sector: str
    employers: int
    people: int
    without_headcount: int


@dataclass(frozen=True)
class Accredited:
    """Accredited employers as at a day, cut four ways at once: every total is a sum of the same cells."""

    on: date
    cells: tuple[Cell, ...]

    @cached_property
    def total(self) -> int:
        """How many employers are accredited."""
        return sum(cell.employers for cell in self.cells)

    @cached_property
    def people(self) -> int:
        """How many people they employ, as far as they said."""
        return sum(cell.people for cell in self.cells)

    @cached_property
    def without_headcount(self) -> int:
        """How many awards have no headcount."""
        return sum(cell.without_headcount for cell in self.cells)

    @cached_property
    def by_level_and_county(self) -> Mapping[tuple[int, str], int]:
        """Employers at each level in each county that has any."""
        return self._by(lambda cell: (cell.level, cell.county))

    @cached_property
    def by_size(self) -> Mapping[str, int]:
        """Employers in each size band that has any."""
        return self._by(lambda cell: cell.size_band)

    @cached_property
    def by_sector(self) -> Mapping[str, int]:
        """Employers in each sector that has any."""
        return self._by(lambda cell: cell.sector)

    def _by(self, key: Callable[[Cell], Key]) -> Mapping[Key, int]:
        counts: dict[Key, int] = {}
        for cell in self.cells:
            counts[key(cell)] = counts.get(key(cell), 0) + cell.employers
        return counts


def accredited(session: Session, on: date) -> Accredited:
    """The employers that hold an award on the day `on`, in one query (`ACCREDITED`, `SIZES`, `SECTORS`, `PEOPLE`)."""
    ways = (Award.level, Award.county, Award.size_band, Award.sector)
    rows = session.execute(
        sa.select(
            *ways,
            sa.func.count(Award.organisation_id.distinct()),
            sa.func.sum(Award.headcount),
            sa.func.count() - sa.func.count(Award.headcount),
        )
        .where(*counts_on(on))
        .group_by(*ways)
        .order_by(*ways)
    )
    return Accredited(
        on,
        tuple(
            Cell(level, county, size_band, sector, employers, people or 0, without)
            for level, county, size_band, sector, employers, people, without in rows
        ),
    )


def total(session: Session, on: date) -> int:
    """How many employers hold an award on the day `on`."""
    return session.scalar(sa.select(sa.func.count(Award.organisation_id.distinct())).where(valid(on))) or 0


def year_before(day: date) -> date:
    """The same day a year earlier; 28 February for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
