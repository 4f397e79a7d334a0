"""The content of evidence: what may be opened, one archive of it, and taking it out of the store for good.

Whoever hands a stored file to anybody asks `content` for it, so that a rule about when a file may be opened is here
and nowhere else.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import csv_cells
from charter.assessment.models import OPENS, Assessment, Evidence, EvidenceKind, EvidenceUse, ScanState
from charter.clock import LOCAL
from charter.errors import Refusal
from charter.organisation.models import Organisation
from charter.storage import Damaged, Missing, Store

CONTENTS = "contents.csv"
MISSING = "missing-files.txt"
LEFT_OUT = "left-out.txt"
_PACKED = frozenset({"pdf", "docx", "xlsx", "png", "jpg", "jpeg", "zip"})
"""Endings of files that packing does not make smaller."""
_NAME_LENGTH = 80
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class Opened(Protocol):
    """A piece of evidence, or what a submission says of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def kind(self) -> EvidenceKind: ...
    @property
    def title(self) -> str: ...
    @property
    def filename(self) -> str | None: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def dated_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...


def content(store: Store, piece: Evidence) -> Iterator[bytes]:
    """The content of a file, in chunks. Raises Refusal when it may not be opened, `Missing` when it is not there."""
    if piece.kind is not EvidenceKind.FILE or piece.sha256 is None:
        raise Refusal("This evidence is no file.")
    if piece.removed_at is not None:
        raise Refusal("This file was removed for privacy. Its content is gone.")
    if piece.scan is ScanState.INFECTED:
        raise Refusal("This file had a virus in it. Its content is gone.")
    if not piece.opens:
        raise Refusal("This file is being checked for viruses. It can be opened once it is found clean.")
    return store.open(piece.sha256)


CHECKING, DELETED = "Being checked for viruses, so not here yet", "Deleted because it had a virus"
UNREADABLE = "Could not be opened. Please give it again"


def shut(session: Session, pieces: Iterable[Opened]) -> dict[UUID, ScanState]:
    """Which of these files may not be opened now, by their ids, and in which state they are (one query, or none).

    A file that no piece of evidence names is shut too.
    """
    files = {piece.id for piece in pieces if piece.kind is EvidenceKind.FILE}
    if not files:
        return {}
    rows = session.execute(sa.select(Evidence.id, Evidence.scan).where(Evidence.id.in_(files))).all()
    known = {row.id: row.scan for row in rows}
    return {one: known.get(one, ScanState.WAITING) for one in files if known.get(one) not in OPENS}


def is_shared(session: Session, sha256: str) -> bool:
    """Whether any evidence that stands, of any employer, names this content."""
    names = sa.select(Evidence.id).where(
        Evidence.sha256 == sha256, Evidence.removed_at.is_(None), Evidence.scan != ScanState.INFECTED
    )
    return bool(session.scalar(sa.select(names.exists())))


def forget(session: Session, store: Store, sha256: str) -> bool:
    """Take content out of the store that no evidence names any more; says whether it is gone.

    Call it after the commit that let go of it. Somebody may give the same file in that moment: so it is looked at again
    after, and put back when it was named meanwhile (`web.employer.uploading.keep` looks from the other side).
    """
    if is_shared(session, sha256):
        return False
    try:
        held = b"".join(store.open(sha256))
    except (Missing, Damaged):
        held = b""
    store.remove(sha256)
    session.rollback()  # so that what others committed meanwhile is seen
    if held and is_shared(session, sha256):
        store.put(held)
        return False
    return True


def gone_since(session: Session, since: datetime) -> list[str]:
    """The hashes of the files that were turned down for privacy, or found to have a virus, since a moment."""
    infected = sa.and_(Evidence.scan == ScanState.INFECTED, Evidence.scanned_at >= since)
    found = session.scalars(
        sa.select(Evidence.sha256).where(sa.or_(Evidence.removed_at >= since, infected)).order_by(Evidence.id)
    )
    return [sha256 for sha256 in found if sha256]


# One archive ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name in it, and how to read its content when its turn comes."""

    name: str
    read: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Supports:
    """A piece with the criteria that it supports: each by its code and title, with where to look."""

    piece: Opened
    criteria: Sequence[tuple[str, str, str]]


def entries(store: Store, pieces: Iterable[Supports], closed: Mapping[UUID, ScanState]) -> list[Entry]:
    """Each piece as a file: named by the first criterion it supports and its title, links and accounts as text.

    The first entry is a list of what is in the archive. What was removed for privacy, and what is `closed` (`shut`
    says which files are), is in the list, and no file; a text beside it says in plain words what is left out and why.
    """
    made: list[Entry] = []
    rows: list[list[str]] = []
    left_out: list[str] = []
    taken = {one.casefold() for one in (CONTENTS, MISSING, LEFT_OUT)}
    for one in pieces:
        why = _why_not_here(one.piece, closed)
        name = "" if why else _unused(_name(one), taken)
        if name:
            made.append(Entry(name, _reader(store, one.piece)))
        else:
            left_out.append(f"{one.piece.title}: {why[0].lower()}{why[1:]}")
        rows.extend(
            [
                name,
                code,
                title,
                one.piece.title,
                one.piece.kind.label,
                place,
                one.piece.dated_on.isoformat() if one.piece.dated_on else "",
                one.piece.ends_on.isoformat() if one.piece.ends_on else "",
                one.piece.url or "",
                why,
            ]
            for code, title, place in one.criteria or [("", "", "")]
        )
    said = "These are not in the archive.\r\n\r\n" + "".join(f"- {line}\r\n" for line in left_out)
    missing = [Entry(LEFT_OUT, lambda: [(csv_cells.MARK + said).encode()])] if left_out else []
    return [Entry(CONTENTS, lambda: [_table(rows)]), *missing, *made]


def write_zip(files: Iterable[Entry], *, at: datetime) -> Iterator[bytes]:
    """An archive, a piece at a time: no file is ever held whole.

    A file that is not there, or not sound, is named in a list at the end; the others are whole.
    """
    pipe, lost = _Pipe(), []
    moment = at.astimezone(LOCAL).timetuple()[:6]
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        for file in files:
            info = ZipInfo(file.name, moment)
            info.compress_type = ZIP_STORED if file.name.rpartition(".")[2].lower() in _PACKED else ZIP_DEFLATED
            try:
                chunks = file.read()
            except Missing:
                lost.append(file.name)
                continue
            try:
                with archive.open(info, "w") as opened:
                    for chunk in chunks:
                        opened.write(chunk)
                        yield pipe.take()
            except Damaged:
                lost.append(file.name)
            yield pipe.take()
        if lost:
            said = "These files could not be read in full. Ask the scheme about them.\r\n" + "\r\n".join(lost) + "\r\n"
            archive.writestr(ZipInfo(MISSING, moment), said)
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """A file that only grows: what was written is taken out again as it goes."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """What waits; afterwards nothing does."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def _why_not_here(piece: Opened, closed: Mapping[UUID, ScanState]) -> str:
    """Why a piece is no file of the archive; empty when it is one."""
    if getattr(piece, "removed_at", None) or getattr(piece, "removed", False):
        return "Removed for privacy"
    if piece.id not in closed:
        return ""
    if getattr(piece, "is_unreadable", False):
        return UNREADABLE
    return DELETED if closed[piece.id] is ScanState.INFECTED else CHECKING


def _reader(store: Store, piece: Opened) -> Callable[[], Iterable[bytes]]:
    if piece.kind is EvidenceKind.FILE and piece.sha256:
        sha256 = piece.sha256
        return lambda: store.open(sha256)
    lines = [piece.title, "", piece.url or piece.text or ""]
    said = "\r\n".join(line for text in lines for line in text.split("\n")) + "\r\n"
    return lambda: [(csv_cells.MARK + said).encode()]


def _name(one: Supports) -> str:
    """The criterion's code and the title, with an ending that says what it is; safe on every system."""
    piece = one.piece
    ending = piece.filename.rpartition(".")[2].lower() if piece.filename and "." in piece.filename else "txt"
    ending = ending if re.fullmatch(r"[a-z0-9]{1,5}", ending) else "bin"
    title = piece.title.removesuffix(f".{ending}")
    code = f"{one.criteria[0][0]} " if one.criteria else ""
    safe = re.sub(r"[^\w() ,'’&+-]", "_", f"{code}{title}", flags=re.UNICODE)
    safe = re.sub(r"\s+", " ", safe)[:_NAME_LENGTH].strip(" ._'-") or "evidence"
    if _DEVICES.match(safe):
        safe = f"_{safe}"
    return f"{safe}.{ending}"


def _unused(name: str, taken: set[str]) -> str:
    """The name, or one like it that no other file has, whatever the case of its letters."""
    stem, _, ending = name.rpartition(".")
    number, found = 1, name
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}).{ending}"
    taken.add(found.casefold())
    return found


_HEADINGS = (
    *("File", "Criterion", "Criterion in words", "Title", "Kind", "Where to look"),
    *("Date on it", "In date until", "Web address", "Note"),
)


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    """The list as CSV with a byte order mark; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADINGS)
    for row in rows:
        writer.writerow([csv_cells.harmless(cell) for cell in row])
    return (csv_cells.MARK + out.getvalue()).encode()


def supports(pieces: Mapping[str, Iterable[tuple[Opened, str]]], titles: Iterable[tuple[str, str]]) -> list[Supports]:
    """Each piece once, with its criteria in their order. `pieces` are, by criterion, pieces with where to look."""
    found: dict[UUID, tuple[Opened, list[tuple[str, str, str]]]] = {}
    for code, title in titles:
        for piece, place in pieces.get(code, ()):
            found.setdefault(piece.id, (piece, []))[1].append((code, title, place))
    return [Supports(piece, criteria) for piece, criteria in found.values()]


def of_library(session: Session, organisation: Organisation, titles: Mapping[str, str]) -> list[Supports]:
    """Everything an employer gave, older versions too, each with the criteria that use it (two queries).

    `titles` are what the criteria are called, by code; the criteria that an older version of the charter had keep
    their code. Pieces come in the order of their first criterion, and those that nothing uses come last.
    """
    pieces = session.scalars(
        sa.select(Evidence)
        .where(Evidence.organisation_id == organisation.id)
        .order_by(Evidence.added_at.desc(), Evidence.id.desc())
    ).all()
    uses = session.execute(
        sa.select(EvidenceUse.evidence_id, EvidenceUse.criterion, EvidenceUse.place)
        .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
        .where(Assessment.organisation_id == organisation.id)
        .order_by(Assessment.started_at)  # of one criterion in several years the newest stands
    )
    used: dict[UUID, dict[str, str]] = {}
    for piece_id, code, place in uses:
        used.setdefault(piece_id, {})[code] = place
    order = {code: number for number, code in enumerate(titles)}

    def position(code: str) -> tuple[int, str]:
        return order.get(code, len(order)), code

    found = [
        Supports(
            piece,
            [
                (code, titles.get(code, code), used[piece.id][code])
                for code in sorted(used.get(piece.id, ()), key=position)
            ],
        )
        for piece in pieces
    ]
    return sorted(found, key=lambda one: position(one.criteria[0][0]) if one.criteria else (len(order) + 1, ""))
