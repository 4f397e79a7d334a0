"""Everything the board sees at once, as at one day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.audit import AuditHead
from charter.chain import HEAD_ID
from charter.framework.content import Content
from charter.reporting import engagement, measures, targets
from charter.reporting.engagement import Funnel
from charter.reporting.measures import Accredited, Figure
from charter.reporting.targets import Standing, TargetStatus

FIGURES: tuple[Figure, ...] = (
    measures.ACCREDITED,
    measures.CHANGE,
    measures.PEOPLE,
    measures.SIZES,
    measures.SECTORS,
    engagement.FUNNEL,
    engagement.PROGRAMMES,
    targets.MEASURES,
    targets.ACTUAL,
    targets.COUNTED,
    targets.STATUS,
)
"""Every figure, with its meaning, in the order of the page."""


@dataclass(frozen=True)
class Counts:
    """What is counted from every employer's history, as at a day."""

    accredited: Accredited
    year_before: int
    """Accredited employers a year before."""
    funnel: Funnel


def count(session: Session, on: date) -> Counts:
    """Count every employer's history as at the day `on`. Three queries, whose time grows with the employers."""
    return Counts(
        measures.accredited(session, on),
        measures.total(session, measures.year_before(on)),
        engagement.funnel(session, on),
    )


class Memory:
    """Counts made before, kept for as long as nothing happens.

    Every change leaves an event in the audit trail, and the hash at the trail's end names all of them. While it is the
    same, so are the counts of a day, and a page asked for again costs the same however many employers there are. The
    hash is read before the counting, so that what arrives meanwhile is counted again and never missed.
    """

    LONGEST = 100
    """Days kept at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._end: str | None = None
        self._days: dict[date, Counts] = {}

    def count(self, session: Session, on: date) -> Counts:
        """As the function `count`, from memory when nothing happened since. One query more, or two fewer."""
        end = session.scalar(sa.select(AuditHead.hash).where(AuditHead.id == HEAD_ID))
        with self._lock:
            known = self._days.get(on) if end == self._end else None
        if known is not None:
            return known
        counts = count(session, on)
        with self._lock:
            if end != self._end or len(self._days) >= self.LONGEST:
                self._end, self._days = end, {}
            if end is not None:
                self._days[on] = counts
        return counts


@dataclass(frozen=True)
class Overview:
    """The figures of one day."""

    on: date
    counts: Counts
    standings: tuple[Standing, ...]

    @property
    def accredited(self) -> Accredited:
        """The accredited employers."""
        return self.counts.accredited

    @property
    def funnel(self) -> Funnel:
        """The engaged employers."""
        return self.counts.funnel

    @property
    def change(self) -> int:
        """How many more employers are accredited than a year before; negative for fewer."""
        return self.accredited.total - self.counts.year_before

    @property
    def statuses(self) -> Mapping[TargetStatus, int]:
        """How many measures have each status."""
        return Counter(one.status for one in self.standings)


def overview(session: Session, content: Content, on: date, memory: Memory | None = None) -> Overview:
    """Gather the figures as at the day `on`, in a fixed number of queries: six, or seven with a memory to look in."""
    counts = (memory.count if memory else count)(session, on)
    return Overview(on, counts, targets.standings(session, content, on))
