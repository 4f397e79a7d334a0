"""How long evidence counts as current: from its own dates, its kind, and what the framework says of that kind. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from charter.assessment.level import months_after
from charter.errors import Refusal
from charter.framework.content import EvidenceDate, EvidenceRules
from charter.lifecycle import Status

SOON = timedelta(days=60)
"""So long before its last day evidence is said to end soon."""


class State(Status):
    """Where a piece of evidence stands on a day."""

    CURRENT = "current"
    SOON = "soon"
    EXPIRED = "expired"
    REMOVED = "removed"
    INFECTED = "infected"
    UNREADABLE = "unreadable"
    UNDATED = "undated"

    @property
    def label(self) -> str:
        """The state in the scheme's words."""
        return {
            "current": "In date",
            "soon": "Ends soon",
            "expired": "Out of date",
            "removed": "Removed for privacy",
            "infected": "Deleted: it had a virus",
            "unreadable": "Could not be opened",
            "undated": "Dates missing",
        }[self.value]


@dataclass(frozen=True)
class Dates:
    """What the employer says about when a document holds."""

    dated_on: date | None = None
    effective_from: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    valid_until: date | None = None


class Ending(Protocol):
    """What has a last day: a piece of evidence, or what a submission says of one."""

    @property
    def ends_on(self) -> date | None:
        """The last day on which it counts as current; None when nothing says."""


def checked(rules: EvidenceRules, kind: str | None, dates: Dates, *, on: date) -> Dates:
    """The same dates, when they can be. Raises Refusal on the field that is wrong, or on one that the kind needs."""
    if dates.dated_on and dates.dated_on > on:
        raise Refusal("The date of the document must be today or in the past.", field="dated_on")
    if dates.period_to and dates.period_from and dates.period_to < dates.period_from:
        raise Refusal("The last day that it covers must be the first day or after it.", field="period_to")
    began = dates.effective_from or dates.dated_on
    if dates.valid_until and began and dates.valid_until < began:
        raise Refusal("It cannot end before it begins. Check the day until which it is valid.", field="valid_until")
    for field in missing(rules, kind, dates):
        raise Refusal(_ASKED[field], field=field)
    return dates


def missing(rules: EvidenceRules, kind: str | None, dates: Dates) -> tuple[str, ...]:
    """The dates that this kind of evidence must say and that are not said, by the names of their fields."""
    found = rules.type(kind)
    needed = [field for one in (found.dates if found else ()) for field in _FIELDS[one]]
    return tuple(field for field in needed if getattr(dates, field) is None)


def last_day(rules: EvidenceRules, kind: str | None, dates: Dates) -> date | None:
    """The last day on which it counts as current; None when nothing said tells.

    A day until which it says itself that it is valid stands. Otherwise the months of its kind, or those of the rules,
    count from the end of what it covers, from when it took effect, or from its own date: the latest of them.
    """
    if dates.valid_until:
        return dates.valid_until
    begins = [one for one in (dates.period_to, dates.effective_from, dates.dated_on) if one]
    if not begins:
        return None
    found = rules.type(kind)
    return months_after(max(begins), (found.valid_months if found else None) or rules.max_age_months)


def state(piece: Ending, *, on: date) -> State | None:
    """Where it stands on a day; None when nobody said any date."""
    if piece.ends_on is None:
        return None
    if piece.ends_on < on:
        return State.EXPIRED
    return State.SOON if piece.ends_on <= on + SOON else State.CURRENT


_FIELDS = {
    EvidenceDate.EFFECTIVE_FROM: ("effective_from",),
    EvidenceDate.PERIOD: ("period_from", "period_to"),
    EvidenceDate.VALID_UNTIL: ("valid_until",),
}
_ASKED = {
    "effective_from": "Enter the day from which it has been in use.",
    "period_from": "Enter the first day that it covers.",
    "period_to": "Enter the last day that it covers.",
    "valid_until": "Enter the day until which it is valid.",
}
