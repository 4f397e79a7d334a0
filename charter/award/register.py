"""The public register: employers that agreed to be named and hold a level on the day."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import csv_cells
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.award.verification import counts_on, suspended_on
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.memory import Memory
from charter.organisation.models import Organisation

PAGE_SIZE = 50
REMEMBERED = 20
"""Pages further down are looked up each time: nobody reads that far, and a machine that does fills no memory."""
Query: TypeAlias = sa.Select[*tuple[Any, ...]]
SHOWN = (Award, Organisation)
"""What the register is made of: while nothing happens to these, a total stays."""
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


class Entry(NamedTuple):
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
    status: AwardStatus
    """What was decided about it: nothing, under review, or suspended."""

    @property
    def is_suspended(self) -> bool:
        """Whether the award does not count at present."""
        return self.status is AwardStatus.SUSPENDED

    @property
    def is_under_review(self) -> bool:
        """Whether the scheme looks at it again; it counts meanwhile."""
        return self.status is AwardStatus.UNDER_REVIEW


@dataclass(frozen=True)
class Page:
    """One page of what was found."""

    entries: tuple[Entry, ...]
    total: int
    number: int
    size: int = PAGE_SIZE
    suspended: tuple[Entry, ...] = ()
    """On the first page, the employers found whose award is suspended: they hold no level, and stand apart."""

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))


def search(session: Session, asked: Search, *, page: int, on: date, memory: Memory | None = None) -> Page:
    """The employers found, by name, a page at a time. At most four queries, and one more where an award is suspended.

    What a memory holds stands only until something happens to an award or employer: one taken back is gone at once.
    """

    def count() -> tuple[int, int]:
        apart = sa.select(sa.func.count()).select_from(_suspended(asked, on).subquery())
        row = session.execute(sa.select(_total(asked, on).scalar_subquery(), apart.scalar_subquery())).one()
        return row[0], row[1]

    def find() -> Page:
        total, apart = memory.recall(session, ("register", asked, on), SHOWN, count) if memory else count()
        number = min(max(1, page), max(1, -(-total // PAGE_SIZE)))
        contents = _Contents(session)
        found = session.execute(_entries(asked, on, page=number)).all()
        shut = session.execute(_suspended(asked, on).limit(SUSPENDED_SHOWN)).all() if apart and number == 1 else ()
        return Page(
            tuple(_entry(row, contents) for row in found),
            total,
            number,
            suspended=tuple(_entry(row, contents) for row in shut),
        )

    if memory is None or page > REMEMBERED:
        return find()
    return memory.recall(session, ("register", asked, on, page), SHOWN, find)


def entry(session: Session, organisation_id: UUID, *, on: date) -> Entry | None:
    """One employer on the register; None when it is not there on that day.

    One whose award is suspended is there, and its entry says so.
    """
    row = session.execute(_entries(Search(), on, only=organisation_id)).first()
    if row is None:
        row = session.execute(_suspended(Search(), on).where(Organisation.id == organisation_id)).first()
    return None if row is None else _entry(row, _Contents(session))


SUSPENDED_SHOWN = 50
"""More suspended awards than a page of the register shows are found by searching."""


def total(session: Session, *, on: date, memory: Memory | None = None) -> dict[int, int]:
    """How many employers hold each level on the day, listed or not."""

    def count() -> dict[int, int]:
        query = sa.select(Award.level, sa.func.count()).where(*counts_on(on)).group_by(Award.level)
        return dict(session.execute(query).all())

    return memory.recall(session, ("held", on), (Award,), count) if memory else count()


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
    "status": "“active”, or “under_review” while we look at the award again: it counts meanwhile. "
    "An employer whose award is suspended is not in this list.",
}


def rows(session: Session, asked: Search, content: Content, *, on: date, address: str) -> Iterator[dict[str, Any]]:
    """Everything found, a row at a time, with the columns of `COLUMNS`. `address` is where certificates are checked."""
    contents = _Contents(session)
    for row in session.execute(_entries(asked, on).execution_options(yield_per=500)):
        found = _entry(row, contents)
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
            "status": found.status.value,
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

    yield csv_cells.MARK + written(list(COLUMNS))
    for row in found:
        yield written([_cell(row[column]) for column in COLUMNS])


def as_json(found: Iterator[dict[str, Any]], *, on: date, licence: str) -> Iterator[str]:
    """The rows as one JSON object, piece by piece."""
    head = {"as_at": on.isoformat(), "licence": licence, "columns": COLUMNS}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "employers": ['
    for number, row in enumerate(found):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"


def _cell(value: Any) -> Any:
    return csv_cells.harmless(value) if isinstance(value, str) else value


_COLUMNS = (
    Organisation.id,
    Organisation.name,
    Organisation.county,
    Organisation.district,
    Organisation.sector,
    Organisation.size_band,
    Organisation.website,
    Organisation.about,
    Award.framework_id,
    Award.level,
    Award.starts_on,
    Award.ends_on,
    Award.number,
    Award.code,
    Award.status,
)


@lru_cache(maxsize=100)  # to write the query takes as long as to run it
def _entries(asked: Search, on: date, *, only: UUID | None = None, page: int | None = None) -> Query:
    """Employers by name, each with the award it holds: all of them, or one page.

    Whether it holds one is looked up for one employer after the other, in the order of an index that holds all it takes
    to choose: a page then reads about as many as it shows, instead of all of them to sort them, and leaves the rest
    unread. Which award it is, is looked up for those alone that are shown.
    """
    held = _held(asked, on).with_only_columns(Award.id).where(Award.organisation_id == Organisation.id)
    held = held.correlate(Organisation)
    newest = held.order_by(Award.starts_on.desc(), Award.id.desc()).limit(1).scalar_subquery()
    chosen = _chosen(sa.select(Organisation.id.label("organisation_id")), asked).where(held.exists())
    if only is not None:
        chosen = chosen.where(Organisation.id == only)
    if page is not None:
        chosen = chosen.order_by(Organisation.name, Organisation.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    found = chosen.subquery()
    return (
        sa.select(*_COLUMNS)
        .select_from(found)
        .join(Organisation, Organisation.id == found.c.organisation_id)
        .join(Award, Award.id == newest)
        .order_by(Organisation.name, Organisation.id)
    )


def _suspended(asked: Search, on: date) -> Query:
    """Employers with a suspended award and none that counts, by name."""
    holds = sa.select(Award.organisation_id).where(*counts_on(on))
    query = sa.select(*_COLUMNS).join(Organisation, Organisation.id == Award.organisation_id)
    query = query.where(
        Award.status == AwardStatus.SUSPENDED,
        Award.ever_suspended,
        Award.starts_on <= on,
        Award.ends_on >= on,
        suspended_on(on),
        Organisation.id.not_in(holds),
    )
    if asked.level:
        query = query.where(Award.level == asked.level)
    return _chosen(query, asked).order_by(Organisation.name, Organisation.id, Award.level.desc())


def _total(asked: Search, on: date) -> sa.Select[int]:
    return _chosen(sa.select(sa.func.count()).select_from(Organisation), asked).where(
        Organisation.id.in_(_held(asked, on))
    )


def _held(asked: Search, on: date) -> Query:
    """The employers that hold a level that day, as asked."""
    query = sa.select(Award.organisation_id).where(*counts_on(on))
    return query.where(Award.level == asked.level) if asked.level else query


def _chosen(query: Query, asked: Search) -> Query:
    query = query.where(Organisation.listed)
    for column, value in (
        (Organisation.county, asked.county),
        (Organisation.sector, asked.sector),
        (Organisation.size_band, asked.size),
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


class _Contents(dict[UUID, Content]):
    """The few versions of the charter by id, each looked up once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def __missing__(self, framework_id: UUID) -> Content:
        found = self[framework_id] = self.session.get_one(Framework, framework_id).content
        return found


def _entry(row: Any, contents: _Contents) -> Entry:
    content = contents[row.framework_id]
    return Entry(
        organisation_id=row.id,
        name=row.name,
        county=row.county,
        district=row.district,
        sector=row.sector,
        size_band=row.size_band,
        website=row.website,
        about=row.about,
        level=row.level,
        level_title=content.level_title(row.level),
        levels=len(content.levels),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        number=row.number,
        code=row.code,
        status=row.status,
    )
