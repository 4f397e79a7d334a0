"""The board's tables as files: stable column names, codes beside titles, nothing a spreadsheet would run."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from charter import csv_cells
from charter.framework.content import Content
from charter.reporting import engagement, measures, targets

Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns, which never change, and its rows."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]


def in_order(known: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """The codes the framework knows, in its order, then any others that were found (from an older version)."""
    order = tuple(known)
    return order + tuple(sorted(set(found) - set(order)))


def levels(content: Content, accredited: measures.Accredited) -> tuple[int, ...]:
    """The ranks of the levels, lowest first, with any that an older version had."""
    return tuple(sorted({level.rank for level in content.levels} | {cell.level for cell in accredited.cells}))


def counties(content: Content, found: Iterable[str]) -> tuple[str, ...]:
    """The codes of the counties, in the framework's order."""
    return in_order((county.code for county in content.counties), found)


def _accredited(session: Session, content: Content, on: date) -> Table:
    counted = measures.accredited(session, on)
    cells = counted.by_level_and_county
    rows = [
        (on, rank, content.level_title(rank), county, content.county_title(county), cells.get((rank, county), 0))
        for rank in levels(content, counted)
        for county in counties(content, (cell.county for cell in counted.cells))
    ]
    return Table(("as_at", "level", "level_title", "county", "county_title", "employers"), rows)


def _sizes(session: Session, content: Content, on: date) -> Table:
    counts = measures.accredited(session, on).by_size
    codes = in_order((band.code for band in content.size_bands), counts)
    rows = [(on, code, content.size_title(code), counts.get(code, 0)) for code in codes]
    return Table(("as_at", "size_band", "size_band_title", "employers"), rows)


def _sectors(session: Session, content: Content, on: date) -> Table:
    counts = measures.accredited(session, on).by_sector
    codes = in_order((sector.code for sector in content.sectors), counts)
    rows = [(on, code, content.sector_title(code), counts.get(code, 0)) for code in codes]
    return Table(("as_at", "sector", "sector_title", "employers"), rows)


def _funnel(session: Session, content: Content, on: date) -> Table:
    counted = engagement.funnel(session, on)
    rows = [
        (
            on,
            stage.value,
            county,
            content.county_title(county),
            counted.reached(stage, county),
            counted.stopped(stage, county),
        )
        for stage in engagement.STAGES
        for county in counties(content, counted.counties)
    ]
    return Table(("as_at", "stage", "county", "county_title", "employers_reached", "employers_no_further"), rows)


def _programmes(session: Session, content: Content, on: date) -> Table:
    counted = engagement.funnel(session, on)
    rows = [
        (on, county, content.county_title(county), counted.took_up.get(county, 0))
        for county in counties(content, counted.counties)
    ]
    return Table(("as_at", "county", "county_title", "employers"), rows)


def _measures(session: Session, content: Content, on: date) -> Table:
    rows = []
    for one in targets.standings(session, content, on):
        measure, actual = one.measure, one.actual
        rows.append(
            (
                on,
                measure.priority,
                measure.code,
                measure.title,
                measure.geography,
                measure.unit,
                measure.direction.value,
                measure.baseline,
                targets.financial_year(on),
                one.target,
                targets.rounded(one.expected, measure.unit) if one.expected is not None else None,
                actual.value if actual else None,
                actual.as_at if actual else None,
                (actual.source or targets.COUNTED.title) if actual else None,
                one.counted,
                one.status.value,
                measure.note,
            )
        )
    columns = (
        "as_at",
        "priority",
        "code",
        "measure",
        "geography",
        "unit",
        "good_direction",
        "baseline",
        "financial_year",
        "target",
        "expected_by_now",
        "actual",
        "actual_as_at",
        "actual_source",
        "counted_by_portal",
        "status",
        "note",
    )
    return Table(columns, rows)


TABLES: Mapping[str, Callable[[Session, Content, date], Table]] = {
    measures.ACCREDITED.code: _accredited,
    measures.SIZES.code: _sizes,
    measures.SECTORS.code: _sectors,
    engagement.FUNNEL.code: _funnel,
    engagement.PROGRAMMES.code: _programmes,
    targets.MEASURES.code: _measures,
}
"""Each table by its code: what makes it as at a day."""


def as_csv(table: Table) -> str:
    """The table as comma-separated values with a line of column names, as RFC 4180 has it, after the mark."""
    text = io.StringIO(newline="")
    text.write(csv_cells.MARK)
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return csv_cells.harmless(value)
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(value)
