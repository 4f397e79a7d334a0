"""Everything the board sees at once, as at one day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

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
    targets.MEASURES,
    targets.ACTUAL,
    targets.COUNTED,
    targets.STATUS,
)
"""Every figure, with its meaning, in the order of the page."""


@dataclass(frozen=True)
class Overview:
    """The figures of one day."""

    on: date
    accredited: Accredited
    year_before: int
    """Accredited employers a year before."""
    funnel: Funnel
    standings: tuple[Standing, ...]

    @property
    def change(self) -> int:
        """How many more employers are accredited than a year before; negative for fewer."""
        return self.accredited.total - self.year_before

    @property
    def statuses(self) -> Mapping[TargetStatus, int]:
        """How many measures have each status."""
        return Counter(one.status for one in self.standings)


def overview(session: Session, content: Content, on: date) -> Overview:
    """Gather the figures as at the day `on`, in a fixed number of queries (six)."""
    return Overview(
        on=on,
        accredited=measures.accredited(session, on),
        year_before=measures.total(session, measures.year_before(on)),
        funnel=engagement.funnel(session, on),
        standings=targets.standings(session, content, on),
    )
