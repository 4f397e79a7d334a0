"""The public register: employers that agreed to be named and hold a level on the day."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from charter.award.models import Award
from charter.award.verification import valid_on
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.organisation.models import Organisation

PAGE_SIZE = 50
UNSAID = frozenset({"ltd", "limited", "plc", "llp", "cic", "and", "&"})
"""Words that people leave out or write in another way."""


@dataclass(frozen=True)
class Search:
    """What somebody asks of the register. Codes are the framework's; empty means any."""

    text: str = ""
    county: str = ""
    sector: str = ""
    size: str = ""
    level: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether it asks for anything in particular."""
        return bool(self.text.strip() or self.county or self.sector or self.size or self.level)


@dataclass(frozen=True)
class Entry:
    """One employer on the register."""

    organisation_id: UUID
    name: str
    county: str
    district: str | None
    sector: str
    size_band: str
    website: str | None
    about: str | None
    level: int
    level_title: str
    levels: int
    """How many levels the charter has, in the version of the award."""
    starts_on: date
    ends_on: date
    number: str
    code: str


@dataclass(frozen=True)
class Page:
    """One page of what was found."""

    entries: tuple[Entry, ...]
    total: int
    number: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))


def search(session: Session, asked: Search, *, page: int, on: date) -> Page:
    """The employers found, by name, a page at a time. Two queries, whatever is found."""
    total = session.scalar(_chosen(sa.select(sa.func.count()).select_from(Award), asked, on)) or 0
    number = min(max(1, page), max(1, -(-total // PAGE_SIZE)))
    query = _entries(asked, on).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return Page(tuple(_entry(award) for award in session.scalars(query).unique()), total, number)


def entry(session: Session, organisation_id: UUID, *, on: date) -> Entry | None:
    """One employer on the register; None when it is not there on that day."""
    query = _entries(Search(), on).where(Organisation.id == organisation_id).limit(1)
    award = session.scalars(query).first()
    return None if award is None else _entry(award)


def total(session: Session, *, on: date) -> dict[int, int]:
    """How many employers hold each level on the day, listed or not."""
    query = sa.select(Award.level, sa.func.count()).where(*valid_on(on)).group_by(Award.level)
    return dict(session.execute(query).all())


# Open data -------------------------------------------------------------------------------------------------------

COLUMNS = {
    "id": "The employer's identifier. It never changes.",
    "name": "The employer's name.",
    "level": "The level held: 1 is the first.",
    "level_title": "What the level is called.",
    "awarded_on": "The first day of the award, as year-month-day.",
    "valid_until": "The last day on which the award is valid.",
    "county": "The county the employer is counted in.",
    "district": "Its district, where it gave one.",
    "sector_code": "The section of the Standard Industrial Classification 2007.",
    "sector": "The section's title.",
    "size": "How many people it employs, as a band.",
    "website": "Its website, where it gave one.",
    "certificate_number": "The number printed on its certificate.",
    "certificate": "The address where the certificate can be checked.",
}


def rows(session: Session, asked: Search, content: Content, *, on: date, address: str) -> Iterator[dict[str, Any]]:
    """Everything found, a row at a time, with the columns of `COLUMNS`. `address` is where certificates are checked."""
    for award in session.scalars(_entries(asked, on).execution_options(yield_per=500)):
        found = _entry(award)
        yield {
            "id": str(found.organisation_id),
            "name": found.name,
            "level": found.level,
            "level_title": found.level_title,
            "awarded_on": found.starts_on.isoformat(),
            "valid_until": found.ends_on.isoformat(),
            "county": content.county_title(found.county),
            "district": found.district,
            "sector_code": found.sector,
            "sector": content.sector_title(found.sector),
            "size": content.size_title(found.size_band),
            "website": found.website,
            "certificate_number": found.number,
            "certificate": f"{address}/{found.code}",
        }


def as_csv(found: Iterator[dict[str, Any]]) -> Iterator[str]:
    """The rows as CSV, line by line, headings first."""
    line = io.StringIO()
    writer = csv.writer(line)

    def written(values: list[Any]) -> str:
        writer.writerow(values)
        text = line.getvalue()
        line.seek(0)
        line.truncate()
        return text

    yield "\ufeff" + written(list(COLUMNS))  # the mark that tells a spreadsheet to read UTF-8
    for row in found:
        yield written([_harmless(row[column]) for column in COLUMNS])


def as_json(found: Iterator[dict[str, Any]], *, on: date, licence: str) -> Iterator[str]:
    """The rows as one JSON object, piece by piece."""
    head = {"as_at": on.isoformat(), "licence": licence, "columns": COLUMNS}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "employers": ['
    for number, row in enumerate(found):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"


def _harmless(value: Any) -> Any:
    """A spreadsheet runs a cell that begins like a formula: an apostrophe stops it."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _entries(asked: Search, on: date) -> sa.Select[Award]:
    query = _chosen(sa.select(Award), asked, on).join(Framework, Award.framework_id == Framework.id)
    return query.options(contains_eager(Award.organisation), contains_eager(Award.framework)).order_by(
        Organisation.name, Organisation.id
    )


def _chosen(query: sa.Select[Any], asked: Search, on: date) -> sa.Select[Any]:
    query = query.join(Organisation, Award.organisation_id == Organisation.id).where(Organisation.listed, *valid_on(on))
    for column, value in (
        (Organisation.county, asked.county),
        (Organisation.sector, asked.sector),
        (Organisation.size_band, asked.size),
        (Award.level, asked.level),
    ):
        if value:
            query = query.where(column == value)
    for pattern in _patterns(asked.text):
        query = query.where(sa.func.lower(Organisation.name).like(pattern, escape="\\"))
    return query


def _patterns(text: str) -> list[str]:
    """Each word as a pattern to find anywhere in a lower-case name.

    Letters beyond ASCII stand for any one letter: SQLite does not know which of them are the same in lower case.
    """
    words = re.split(r"[\s,;]+", unicodedata.normalize("NFC", text[:160]).lower())
    patterns = []
    for word in (word.strip(".") for word in words):
        if word and word not in UNSAID:
            pattern = re.sub(r"([\\%_])", r"\\\1", word)
            patterns.append("%" + re.sub(r"[^\x00-\x7f]|'", "_", pattern) + "%")
    return patterns


def _entry(award: Award) -> Entry:
    organisation, content = award.organisation, award.framework.content
    return Entry(
        organisation_id=organisation.id,
        name=organisation.name,
        county=organisation.county,
        district=organisation.district,
        sector=organisation.sector,
        size_band=organisation.size_band,
        website=organisation.website,
        about=organisation.about,
        level=award.level,
        level_title=content.level_title(award.level),
        levels=len(content.levels),
        starts_on=award.starts_on,
        ends_on=award.ends_on,
        number=award.number,
        code=award.code,
    )
