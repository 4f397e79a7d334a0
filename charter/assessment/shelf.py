"""The list of an employer's evidence: what there is, narrowed and in an order, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import date
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter.assessment import evidence_dates
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.models import Assessment, Evidence, EvidenceUse
from charter.framework.content import EvidenceRules
from charter.lifecycle import Status
from charter.organisation.models import Organisation, Recognition

_PROOF = ""
"""Stands for a criterion where a piece is the proof of an award of another scheme instead."""
UNUSED = "unused"
"""What narrows the library to what no criterion uses; it stands among the states."""
CHECKING = "checking"
"""What narrows it to files that the virus scanner has not cleared yet."""


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


@dataclass(frozen=True)
class Entry:
    """One piece of evidence as the library shows it."""

    piece: Evidence
    criteria: tuple[str, ...]
    """The codes of the criteria that use it, in any assessment."""
    state: State | None
    """Where it stands today; None when nobody said any date."""
    lacking: tuple[str, ...]
    """The dates that its kind must say and that nobody said."""
    proves: bool = False
    """Whether it is the proof of an award of another scheme."""


@dataclass(frozen=True)
class Shelf:
    """The library, narrowed, and what can narrow it."""

    entries: Sequence[Entry]
    total: int
    counts: Mapping[State, int]
    """How many there are of each state, before narrowing."""
    checking: int
    """How many files the virus scanner has not cleared yet, before narrowing."""
    used_for: tuple[str, ...]
    """The codes of all criteria that use something."""


def read(session: Session, organisation: Organisation, rules: EvidenceRules, wanted: Wanted, *, on: date) -> Shelf:
    """What the employer gave, without older versions (two queries)."""
    newer = aliased(Evidence)
    pieces = session.scalars(
        sa.select(Evidence)
        .where(Evidence.organisation_id == organisation.id, ~sa.exists().where(newer.replaces_id == Evidence.id))
        .order_by(Evidence.added_at.desc(), Evidence.id.desc())
    ).all()
    uses = (
        sa.select(EvidenceUse.evidence_id, EvidenceUse.criterion)
        .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
        .where(Assessment.organisation_id == organisation.id)
    )
    proofs = sa.select(Recognition.proof_id, sa.literal(_PROOF)).where(
        Recognition.organisation_id == organisation.id, Recognition.proof_id.is_not(None)
    )
    used: dict[UUID, list[str]] = {}
    rows = cast(Iterable[tuple[UUID, str]], session.execute(sa.union(uses, proofs)))  # a union's rows have no type
    for piece_id, use in rows:
        used.setdefault(piece_id, []).append(use)
    entries = [_placed(piece, used.get(piece.id, ()), rules, on=on) for piece in pieces]
    found = [one for one in entries if _fits(one, wanted)]
    if wanted.order is Order.TITLE:
        found.sort(key=lambda one: one.piece.title.casefold())
    elif wanted.order is Order.ENDING:
        found.sort(key=lambda one: (one.piece.ends_on or date.max, one.piece.title.casefold()))
    return Shelf(
        found,
        len(entries),
        {state: sum(one.state is state for one in entries) for state in State},
        sum(one.piece.is_being_checked for one in entries),
        tuple(sorted({code for codes in used.values() for code in codes} - {_PROOF})),
    )


def _placed(piece: Evidence, codes: Iterable[str], rules: EvidenceRules, *, on: date) -> Entry:
    found = set(codes)
    return replace_fields(entry(piece, sorted(found - {_PROOF}), rules, on=on), proves=_PROOF in found)


def entry(piece: Evidence, criteria: Iterable[str], rules: EvidenceRules, *, on: date) -> Entry:
    """A piece with what can be said of it on a day."""
    if piece.is_gone:
        return Entry(piece, tuple(criteria), State.REMOVED if piece.removed_at else State.INFECTED, ())
    lacking = evidence_dates.missing(rules, piece.type, dates_of(piece))
    return Entry(piece, tuple(criteria), evidence_dates.state(piece, on=on), lacking)


def dates_of(piece: Evidence) -> Dates:
    """What is said about when a piece holds."""
    return Dates(piece.dated_on, piece.effective_from, piece.period_from, piece.period_to, piece.valid_until)


def _fits(one: Entry, wanted: Wanted) -> bool:
    said = " ".join((one.piece.title, one.piece.filename or "", one.piece.url or "", one.piece.text or "")).casefold()
    unused = not one.criteria and not one.proves
    return (
        all(word in said for word in wanted.words.casefold().split())
        and wanted.kind in {"", one.piece.kind.value}
        and (not wanted.criterion or wanted.criterion in one.criteria)
        and wanted.state
        in {
            "",
            one.state.value if one.state else None,
            UNUSED if unused else None,
            CHECKING if one.piece.is_being_checked else None,
        }
    )
