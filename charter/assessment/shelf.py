"""The list of an employer's evidence: what there is, narrowed and in an order, a page at a time."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter.assessment import evidence_dates
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, ScanState
from charter.framework.content import EvidenceRules
from charter.lifecycle import Status
from charter.organisation.models import Organisation, Recognition

EACH = 25
"""So many pieces on one page."""
OFFERED = 10
"""So many pieces to use again on one page of a form."""
UNUSED = "unused"
"""What narrows the library to what no criterion uses; it stands among the states."""
CHECKING = "checking"
"""What narrows it to files that the virus scanner has not cleared yet."""
TO_RENEW = (State.INFECTED, State.REMOVED, State.UNREADABLE, State.EXPIRED, State.SOON, State.UNDATED)
"""The states in which the employer has something to do, the most pressing first."""
_PROOF = ""
"""Stands for a criterion where a piece is the proof of an award of another scheme instead."""


class Order(Status):
    """The orders in which the library can be read."""

    NEWEST = "newest"
    TITLE = "title"
    ENDING = "ending"

    @property
    def label(self) -> str:
        """The order in words."""
        return {"newest": "Newest first", "title": "By title", "ending": "Ending soonest first"}[self.value]


@dataclass(frozen=True)
class Wanted:
    """What narrows the library. Empty means everything."""

    words: str = ""
    kind: str = ""
    criterion: str = ""
    state: str = ""
    order: Order = Order.NEWEST

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.words or self.kind or self.criterion or self.state)


@dataclass(frozen=True)
class Entry:
    """One piece of evidence as the library shows it."""

    piece: Evidence
    criteria: tuple[str, ...]
    """The codes of the criteria that use it, in any assessment."""
    state: State | None
    """Where it stands today; None of what no question uses, or of a written account, when nobody said any date."""
    lacking: tuple[str, ...]
    """The dates that its kind must say and that nobody said."""
    proves: bool = False
    """Whether it is the proof of an award of another scheme."""


@dataclass(frozen=True)
class Shelf:
    """One page of the library, narrowed, and what can narrow it."""

    entries: Sequence[Entry]
    found: int
    """How many there are after narrowing, on all pages."""
    total: int
    """How many there are before narrowing."""
    counts: Mapping[State, int]
    """How many there are of each state, before narrowing."""
    checking: int
    """How many files the virus scanner has not cleared yet, before narrowing."""
    used_for: tuple[str, ...]
    """The codes of all criteria that use something."""
    number: int
    """The page; the first is 1."""

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return _pages(self.found, EACH)


def read(
    session: Session, organisation: Organisation, rules: EvidenceRules, wanted: Wanted, *, on: date, page: int = 1
) -> Shelf:
    """One page of what the employer gave, without older versions (four queries).

    A page that is not there is the nearest that is.
    """
    mine = _newest(organisation.id)
    narrowed = _narrowed(wanted, on)
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(*narrowed) if narrowed else sa.func.count(),
            sa.func.count().filter(_is_checking()),
            *(sa.func.count().filter(_is_in(state, on)) for state in State),
        )
        .select_from(Evidence)
        .where(*mine)
    ).one()
    total, found, checking, *counts = row
    number = min(max(1, page), _pages(found, EACH))
    pieces = session.scalars(
        sa.select(Evidence)
        .where(*mine, *narrowed)
        .order_by(*_order(wanted.order))
        .limit(EACH)
        .offset((number - 1) * EACH)
    ).all()
    used = _used(session, [piece.id for piece in pieces])
    codes = session.scalars(
        sa.select(EvidenceUse.criterion)
        .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
        .where(Assessment.organisation_id == organisation.id)
        .distinct()
        .order_by(EvidenceUse.criterion)
    )
    return Shelf(
        [_placed(piece, used.get(piece.id, ()), rules, on=on) for piece in pieces],
        found,
        total,
        dict(zip(State, counts, strict=True)),
        checking,
        tuple(codes),
        number,
    )


def to_renew(organisation_id: UUID | sa.BindParameter[UUID], *, on: date) -> list[sa.ScalarSelect[int]]:
    """How many pieces of an employer are in each of the states `TO_RENEW`, as parts of another query."""
    mine = _newest(organisation_id)
    return [
        sa.select(sa.func.count()).select_from(Evidence).where(*mine, _is_in(state, on)).scalar_subquery()
        for state in TO_RENEW
    ]


def entry(piece: Evidence, criteria: Iterable[str], rules: EvidenceRules, *, on: date) -> Entry:
    """A piece with what can be said of it on a day."""
    codes = tuple(criteria)
    lacking = () if piece.is_gone else evidence_dates.missing(rules, piece.type, dates_of(piece))
    return Entry(piece, codes, state_of(piece, is_used=bool(codes), on=on), lacking)


def state_of(piece: Evidence, *, is_used: bool, on: date) -> State | None:
    """Where a piece stands on a day: what became of its content before what its dates say; None when none are said.

    A document that a question uses must say dates; a written account need not.
    """
    if piece.is_gone:
        return State.REMOVED if piece.removed_at else State.INFECTED
    state = State.UNREADABLE if piece.is_unreadable else evidence_dates.state(piece, on=on)
    return State.UNDATED if state is None and is_used and piece.kind is not EvidenceKind.ACCOUNT else state


def dates_of(piece: Evidence) -> Dates:
    """What is said about when a piece holds."""
    return Dates(piece.dated_on, piece.effective_from, piece.period_from, piece.period_to, piece.valid_until)


# To use again --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reusable:
    """One page of what an employer gave and can use again."""

    pieces: Sequence[Evidence]
    found: int
    """How many there are after narrowing, on all pages."""
    total: int
    """How many there are before narrowing."""
    number: int
    pages: int


def reusable(
    session: Session,
    organisation: Organisation,
    *,
    unused_in: Assessment | None = None,
    criterion: str | None = None,
    words: str = "",
    page: int = 1,
    each: int = OFFERED,
) -> Reusable:
    """One page of what an employer gave and can use, the newest first (two queries).

    No older versions, and nothing that is gone. `unused_in` leaves out what that assessment uses already: for
    `criterion`, or without one for anything. A page that is not there is the nearest that is.
    """
    fit = [*_newest(organisation.id), ~_is_gone()]
    if unused_in is not None:
        uses = sa.select(EvidenceUse.id).where(
            EvidenceUse.evidence_id == Evidence.id, EvidenceUse.assessment_id == unused_in.id
        )
        fit.append(~(uses.where(EvidenceUse.criterion == criterion) if criterion else uses).exists())
    narrowed = _saying(words)
    total, found = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(*narrowed) if narrowed else sa.func.count())
        .select_from(Evidence)
        .where(*fit)
    ).one()
    pages = _pages(found, each)
    number = min(max(1, page), pages)
    pieces = session.scalars(
        sa.select(Evidence)
        .where(*fit, *narrowed)
        .order_by(*_order(Order.NEWEST))
        .limit(each)
        .offset((number - 1) * each)
    ).all()
    return Reusable(pieces, found, total, number, pages)


def chosen(session: Session, organisation: Organisation, ids: Collection[UUID]) -> Sequence[Evidence]:
    """Those of these pieces that the employer can use again, the newest first (one query, or none)."""
    if not ids:
        return ()
    return session.scalars(
        sa.select(Evidence)
        .where(*_newest(organisation.id), ~_is_gone(), Evidence.id.in_(ids))
        .order_by(*_order(Order.NEWEST))
    ).all()


# How it is asked -----------------------------------------------------------------------------------------------------

Condition = sa.ColumnElement[bool]


def _pages(number: int, each: int) -> int:
    return max(1, -(-number // each))


def _newest(organisation_id: UUID | sa.BindParameter[UUID]) -> list[Condition]:
    """An employer's pieces, without those that another replaced."""
    newer = aliased(Evidence)
    return [Evidence.organisation_id == organisation_id, ~sa.exists().where(newer.replaces_id == Evidence.id)]


def _order(order: Order) -> tuple[Any, ...]:
    title = sa.func.lower(Evidence.title)
    if order is Order.TITLE:
        return title, Evidence.id
    if order is Order.ENDING:
        return Evidence.ends_on.is_(None), Evidence.ends_on, title, Evidence.id
    return Evidence.added_at.desc(), Evidence.id.desc()


def _is_file(scan: ScanState) -> Condition:
    """A file that no assessor turned down and that is in this state."""
    return sa.and_(Evidence.removed_at.is_(None), Evidence.kind == EvidenceKind.FILE, Evidence.scan == scan)


def _is_gone() -> Condition:
    return sa.or_(Evidence.removed_at.is_not(None), _is_file(ScanState.INFECTED))


def _is_checking() -> Condition:
    return sa.and_(_is_file(ScanState.WAITING), Evidence.scan_problem.is_distinct_from(Evidence.UNREADABLE))


def _is_unreadable() -> Condition:
    return sa.and_(_is_file(ScanState.WAITING), Evidence.scan_problem.is_not_distinct_from(Evidence.UNREADABLE))


def _is_in(state: State, on: date) -> Condition:
    """Whether a piece is in a state on a day: what `entry` says, for the database to count."""
    if state is State.REMOVED:
        return Evidence.removed_at.is_not(None)
    if state is State.INFECTED:
        return _is_file(ScanState.INFECTED)
    if state is State.UNREADABLE:
        return _is_unreadable()
    if state is State.UNDATED:
        uses = sa.select(EvidenceUse.id).where(EvidenceUse.evidence_id == Evidence.id)
        undated = sa.and_(Evidence.ends_on.is_(None), Evidence.kind != EvidenceKind.ACCOUNT, uses.exists())
        return sa.and_(undated, ~_is_gone(), ~_is_unreadable())
    soon = on + evidence_dates.SOON
    when = {
        State.EXPIRED: Evidence.ends_on < on,
        State.SOON: Evidence.ends_on.between(on, soon),
        State.CURRENT: Evidence.ends_on > soon,
    }[state]
    return sa.and_(when, ~_is_gone(), ~_is_unreadable())


def _narrowed(wanted: Wanted, on: date) -> list[Condition]:
    uses = sa.select(EvidenceUse.id).where(EvidenceUse.evidence_id == Evidence.id)
    found = _saying(wanted.words)
    if wanted.kind:
        found.append(Evidence.kind == EvidenceKind(wanted.kind))
    if wanted.criterion:
        found.append(uses.where(EvidenceUse.criterion == wanted.criterion).exists())
    if wanted.state == UNUSED:
        proves = sa.select(Recognition.id).where(Recognition.proof_id == Evidence.id)
        found += [~uses.exists(), ~proves.exists()]
    elif wanted.state == CHECKING:
        found.append(_is_checking())
    elif wanted.state:
        found.append(_is_in(State(wanted.state), on))
    return found


def _saying(words: str) -> list[Condition]:
    """That each word stands in what a piece is called or says.

    Letters beyond ASCII stand for any one letter: SQLite does not know which of them are the same in lower case.
    """
    said = (Evidence.title, Evidence.filename, Evidence.url, Evidence.text)
    found: list[Condition] = []
    for word in unicodedata.normalize("NFC", words).lower().split():
        pattern = "%" + re.sub(r"[^\x00-\x7f]", "_", re.sub(r"([\\%_])", r"\\\1", word)) + "%"
        found.append(sa.or_(*(sa.func.lower(one).like(pattern, escape="\\") for one in said)))
    return found


def _used(session: Session, pieces: Sequence[UUID]) -> dict[UUID, list[str]]:
    """By piece, the criteria that use it, with `_PROOF` among them where it proves an award (one query)."""
    uses = sa.select(EvidenceUse.evidence_id, EvidenceUse.criterion).where(EvidenceUse.evidence_id.in_(pieces))
    proofs = sa.select(Recognition.proof_id, sa.literal(_PROOF)).where(Recognition.proof_id.in_(pieces))
    used: dict[UUID, list[str]] = {}
    rows = cast(Iterable[tuple[UUID, str]], session.execute(sa.union(uses, proofs)))  # a union's rows have no type
    for piece_id, use in rows:
        used.setdefault(piece_id, []).append(use)
    return used


def _placed(piece: Evidence, codes: Iterable[str], rules: EvidenceRules, *, on: date) -> Entry:
    found = set(codes)
    return replace_fields(entry(piece, sorted(found - {_PROOF}), rules, on=on), proves=_PROOF in found)
