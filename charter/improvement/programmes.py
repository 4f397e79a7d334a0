"""The directory of services: find a programme, say which ones help with what, keep them right."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.framework.content import Content, Criterion, SizeBand
from charter.improvement.models import Programme, ProgrammeStatus

FILE = Path(__file__).parent / "data" / "programmes.csv"
FIRST_REVIEW = timedelta(days=90)
"""A programme that was loaded is checked with its provider within so many days: the table is a strategy's word."""
UNSAID = frozenset(
    {"a", "an", "and", "at", "for", "help", "in", "my", "of", "on", "our", "or", "the", "to", "we", "with"}
)
"""Words of a search that find nothing in particular."""


# Finding -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """What somebody asks of the directory. Codes are the framework's; empty means any."""

    text: str = ""
    theme: str = ""
    county: str = ""
    size: SizeBand | None = None

    @property
    def narrows(self) -> bool:
        """Whether it asks for anything in particular."""
        return bool(self.text.strip() or self.theme or self.county or self.size)


def search(session: Session, asked: Search, content: Content) -> tuple[Programme, ...]:
    """The open programmes found, by name. One query: a directory is some dozens of programmes, so it is read whole."""
    words = [word for word in re.findall(r"\w+", plain(asked.text[:160])) if word not in UNSAID]
    return tuple(
        one
        for one in _open(session, asked.county)
        if (not asked.theme or asked.theme in one.themes)
        and (asked.size is None or one.suits(fewest=asked.size.min, most=asked.size.max))
        and _says(one, words, content)
    )


def plain(text: str) -> str:
    """Text as it is compared: in lower case, without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


def _says(programme: Programme, words: Sequence[str], content: Content) -> bool:
    """Whether each of the words stands somewhere in what the programme says, or in what it helps with."""
    if not words:
        return True
    themes = [theme.title for theme in content.themes if theme.code in programme.themes]
    criteria = [criterion.title for criterion in content.criteria if criterion.code in programme.criteria]
    own = (programme.name, programme.provider, programme.for_whom, programme.offers, programme.how_to_start)
    said = plain(" ".join((*own, *themes, *criteria)))
    return all(word in said for word in words)


def find(session: Session, code: str) -> Programme | None:
    """The programme with this code, open or retired."""
    return session.scalars(sa.select(Programme).where(Programme.code == code)).one_or_none()


def find_open(session: Session, code: str) -> Programme | None:
    """The programme of the directory with this code; None when there is none, or it is retired."""
    found = find(session, code)
    return found if found is not None and found.status is ProgrammeStatus.OPEN else None


def helping(
    session: Session, *, criteria: Iterable[Criterion], county: str, headcount_ceiling: int | None
) -> dict[str, tuple[Programme, ...]]:
    """The open programmes that help with each of `criteria`, by its code, best first; a criterion has none at worst.

    They are those an employer in `county` with at most `headcount_ceiling` people (None when unlimited or unknown) may
    use. A programme that names criteria helps with these alone, and comes before one that helps with a whole theme;
    among equals one of the county comes first, then one that helps with fewer themes. One query.
    """
    suiting = [one for one in _open(session, county) if one.suits(fewest=None, most=headcount_ceiling)]
    suiting.sort(key=lambda one: (not one.criteria, one.county is None, len(one.themes), one.name, one.code))
    return {
        criterion.code: tuple(one for one in suiting if helps(one, criterion.code, criterion.theme))
        for criterion in criteria
    }


def helps(programme: Programme, criterion: str, theme: str) -> bool:
    """Whether a programme helps with the criterion with this code, which is in the theme with that code."""
    return criterion in programme.criteria if programme.criteria else theme in programme.themes


def _open(session: Session, county: str = "") -> Sequence[Programme]:
    """What the directory shows, by name: in one county, or anywhere."""
    query = sa.select(Programme).where(Programme.status == ProgrammeStatus.OPEN)
    if county:
        query = query.where(sa.or_(Programme.county.is_(None), Programme.county == county))
    return session.scalars(query.order_by(Programme.name, Programme.code)).all()


# Keeping -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Details:
    """What the directory says of a programme, as somebody typed it."""

    name: str
    provider: str
    county: str | None
    for_whom: str
    offers: str
    themes: tuple[str, ...]
    criteria: tuple[str, ...]
    size_min: int | None
    size_max: int | None
    how_to_start: str
    contact_email: str | None
    website: str | None
    source: str
    review_by: date


def faults(details: Details, content: Content, *, on: date) -> tuple[Refusal, ...]:
    """Everything that is wrong on the day `on` with what was typed, each on its field."""
    found = []
    if details.county is not None and details.county not in {one.code for one in content.counties}:
        found.append(Refusal("Choose a county from the list.", field="county"))
    if not details.themes or not set(details.themes) <= {one.code for one in content.themes}:
        found.append(Refusal("Choose at least one need that it helps with.", field="themes"))
    if unknown := [code for code in details.criteria if content.criterion(code) is None]:
        found.append(Refusal(f"The charter has no criterion {unknown[0]}.", field="criteria"))
    elif any(content.criterion(code).theme not in details.themes for code in details.criteria):  # type: ignore[union-attr]
        found.append(Refusal("Choose the need of each criterion that you name, too.", field="themes"))
    for size, field in ((details.size_min, "size_min"), (details.size_max, "size_max")):
        if size is not None and not 1 <= size <= 1_000_000:
            found.append(Refusal("The number of people must be between 1 and 1,000,000.", field=field))
    if details.size_min is not None and details.size_max is not None and details.size_min > details.size_max:
        found.append(Refusal("The most people must not be fewer than the fewest.", field="size_max"))
    if details.contact_email is not None and not re.fullmatch(
        r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+", details.contact_email
    ):
        found.append(Refusal("Enter one email address, such as name@example.org.", field="contact_email"))
    if details.website is not None and not re.fullmatch(r"https?://[^\s/]+\.\S+", details.website):
        found.append(Refusal("Enter the whole address, beginning with https://", field="website"))
    if details.review_by <= on:
        found.append(Refusal("The day to check it again must be in the future.", field="review_by"))
    return tuple(found)


def add(session: Session, details: Details, content: Content, *, by: User, at: datetime, on: date) -> Programme:
    """A new programme in the directory. Its code is made from its name. Raises `Refusal` as `faults` says."""
    for fault in faults(details, content, on=on):
        raise fault
    begin = re.sub(r"[^a-z0-9]+", "-", plain(details.name)).strip("-")[:56].strip("-") or "programme"
    for number in range(1, 100):
        programme = Programme(
            id=uuid7(),
            code=begin if number == 1 else f"{begin}-{number}",
            status=ProgrammeStatus.OPEN,
            added_at=at,
            changed_at=at,
            changed_by_id=by.id,
            **_columns(details),
        )
        if find(session, programme.code) is not None:
            continue
        try:
            with session.begin_nested():  # somebody may add one of the same name at this moment: the constraint decides
                session.add(programme)
        except sa.exc.IntegrityError:
            continue
        audit.record(session, "programme:add", programme, by=by.id, at=at, code=programme.code)
        return programme
    raise Refusal("There are too many programmes of this name. Choose another.", field="name")


def change(
    session: Session,
    programme: Programme,
    details: Details,
    content: Content,
    *,
    seen_version: int,
    by: User,
    at: datetime,
    on: date,
) -> None:
    """Say something else of a programme, and that it was checked today.

    Raises `Refusal` as `faults` says, and `Stale` when somebody else changed it after version `seen_version` was read.
    """
    _hold(session, programme, seen_version)
    for fault in faults(details, content, on=on):
        raise fault
    before = {name: getattr(programme, name) for name in _columns(details)}
    changed = _set(programme, _columns(details))
    programme.changed_at, programme.changed_by_id = at, by.id
    after = {name: getattr(programme, name) for name in changed}
    audit.record(
        session,
        "programme:change",
        programme,
        by=by.id,
        at=at,
        code=programme.code,
        changed=changed,
        before={name: _kept(name, before[name]) for name in changed},
        after={name: _kept(name, after[name]) for name in changed},
    )


def confirm(
    session: Session, programme: Programme, *, review_by: date, seen_version: int, by: User, at: datetime, on: date
) -> None:
    """Keep that all of it is still so, and when to check again.

    Raises `Refusal` when that day is not to come, and `Stale` when somebody else changed what was read at version
    `seen_version`: it is not what was checked.
    """
    _hold(session, programme, seen_version)
    if review_by <= on:
        raise Refusal("The day to check it again must be in the future.", field="review_by")
    before, programme.review_by = programme.review_by, review_by
    programme.changed_at, programme.changed_by_id = at, by.id
    audit.record(
        session,
        "programme:confirm",
        programme,
        by=by.id,
        at=at,
        code=programme.code,
        before=before.isoformat(),
        review_by=review_by.isoformat(),
    )


def retire(session: Session, programme: Programme, *, by: User, at: datetime) -> None:
    """Take a programme out of the directory. Who asked for it stays known. Raises `Refusal` when it is out already."""
    _move(session, programme, ProgrammeStatus.RETIRED, "programme:retire", by=by, at=at)


def reopen(session: Session, programme: Programme, *, by: User, at: datetime) -> None:
    """Put a programme back into the directory. Raises `Refusal` when it is there already."""
    _move(session, programme, ProgrammeStatus.OPEN, "programme:reopen", by=by, at=at)


def _hold(session: Session, programme: Programme, seen_version: int) -> None:
    """Lock what is there now, and raise `Stale` when it is not what was seen."""
    session.refresh(programme, with_for_update=True)
    if programme.version != seen_version:
        raise Stale("Somebody else changed this service after you opened it. Nothing is saved yet.", current=programme)


def _move(
    session: Session, programme: Programme, status: ProgrammeStatus, action: str, *, by: User, at: datetime
) -> None:
    session.refresh(programme, with_for_update=True)  # two who press at once: the later is told
    if programme.status is status:
        raise Refusal(f"This programme is {status.label.lower()} already.")
    programme.status = status
    programme.changed_at, programme.changed_by_id = at, by.id
    audit.record(session, action, programme, by=by.id, at=at, code=programme.code)


def to_review(session: Session, *, on: date) -> int:
    """How many open programmes should have been checked before the day `on`."""
    query = sa.select(sa.func.count()).select_from(Programme)
    return session.scalar(query.where(Programme.status == ProgrammeStatus.OPEN, Programme.review_by < on)) or 0


# The table that comes with the portal --------------------------------------------------------------------------------


def load(session: Session, *, by: UUID | None, at: datetime, on: date) -> list[Programme]:
    """Make the programmes of the shipped table, or bring them up to date; return those that changed.

    Loading the same table again changes nothing. What a person changed, confirmed or retired stays as they left it,
    and a programme that is no longer in the table stays.
    """
    known = {one.code: one for one in session.scalars(sa.select(Programme))}
    changed = []
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            programme, columns = known.get(row["code"]), _facts(row)
            if programme is None:
                programme = Programme(
                    id=uuid7(),
                    code=row["code"],
                    status=ProgrammeStatus.OPEN,
                    contact_email=None,
                    website=None,
                    review_by=on + FIRST_REVIEW,
                    added_at=at,
                    changed_at=None,
                    changed_by_id=None,
                    **columns,
                )
                session.add(programme)
                action, facts = "programme:load", sorted(columns)
            elif programme.changed_at is None:
                action, facts = "programme:update", _set(programme, columns)
            else:
                continue
            if facts:
                audit.record(session, action, programme, by=by, at=at, code=programme.code, changed=facts)
                changed.append(programme)
    return changed


def _facts(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("name", "provider", "for_whom", "offers", "how_to_start", "source")},
        "county": row["county"] or None,
        "themes": row["themes"].split(),
        "criteria": row["criteria"].split(),
        "size_min": int(row["size_min"]) if row["size_min"] else None,
        "size_max": int(row["size_max"]) if row["size_max"] else None,
    }


def _columns(details: Details) -> dict[str, Any]:
    return {**asdict(details), "themes": list(details.themes), "criteria": list(details.criteria)}


def _kept(name: str, value: Any) -> Any:
    """A value as the trail keeps it, which holds nobody's address."""
    if name == "contact_email":
        return "(kept out of the trail)"
    return value.isoformat() if isinstance(value, date) else value


def _set(programme: Programme, columns: Mapping[str, Any]) -> list[str]:
    """Set what differs, and name it. A column is left alone when it says the same already."""
    changed = sorted(name for name, value in columns.items() if getattr(programme, name) != value)
    for name in changed:
        setattr(programme, name, columns[name])
    return changed
