"""How far employers have come, as at any day: the funnel."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.organisation.engagement import Engagement, EngagementKind
from charter.reporting.measures import Figure

FUNNEL = Figure(
    "funnel",
    "Engaged employers by stage",
    "Employers that reached each stage on or before the day, whatever happened to them since; each counts once in its "
    "furthest stage and in every stage before it, in the county where it registered.",
)

PROGRAMMES = Figure(
    "programmes",
    "Employers that took up a programme",
    "Employers that asked for at least one service of the directory on or before the day; each counts once, "
    "in the county where it registered.",
)

STAGES = (EngagementKind.REGISTERED, EngagementKind.STARTED, EngagementKind.SUBMITTED, EngagementKind.ACCREDITED)
"""The stages of the funnel, in order."""
_RANKS = {**{kind: rank for rank, kind in enumerate(STAGES)}, EngagementKind.RENEWED: len(STAGES) - 1}


@dataclass(frozen=True)
class Funnel:
    """Engaged employers as at a day. `furthest` maps a stage and a county to the employers that came so far."""

    on: date
    furthest: dict[tuple[EngagementKind, str], int]
    took_up: Mapping[str, int] = field(default_factory=dict)
    """Employers that took up a programme, by county (`PROGRAMMES`)."""

    def stopped(self, stage: EngagementKind, county: str | None = None) -> int:
        """Employers whose furthest stage this is."""
        return sum(
            employers
            for (furthest, where), employers in self.furthest.items()
            if furthest is stage and county in {None, where}
        )

    def reached(self, stage: EngagementKind, county: str | None = None) -> int:
        """Employers that reached this stage."""
        return sum(self.stopped(later, county) for later in STAGES[STAGES.index(stage) :])

    @property
    def counties(self) -> tuple[str, ...]:
        """The codes of the counties that have any."""
        return tuple(sorted({county for _, county in self.furthest}))


def funnel(session: Session, on: date) -> Funnel:
    """Engaged employers by furthest stage and county as at the day `on`, in one query (`FUNNEL`, `PROGRAMMES`)."""
    rank = sa.case(*((Engagement.kind == kind, place) for kind, place in _RANKS.items()))
    where = sa.case((Engagement.kind == EngagementKind.REGISTERED, Engagement.county))
    each = (
        sa.select(
            sa.func.max(rank).label("furthest"),
            sa.func.coalesce(sa.func.max(where), sa.func.max(Engagement.county)).label("county"),
            sa.func.max(sa.case((Engagement.kind == EngagementKind.PROGRAMME, 1), else_=0)).label("took_up"),
        )
        .where(Engagement.on <= on, Engagement.kind.in_((*_RANKS, EngagementKind.PROGRAMME)))
        .group_by(Engagement.organisation_id)
        .subquery()
    )
    furthest: dict[tuple[EngagementKind, str], int] = {}
    took_up: Counter[str] = Counter()
    for rank_found, county, employers, helped in session.execute(
        sa.select(each.c.furthest, each.c.county, sa.func.count(), sa.func.sum(each.c.took_up)).group_by(
            each.c.furthest, each.c.county
        )
    ):
        if rank_found is not None:
            furthest[STAGES[rank_found], county] = employers
        took_up[county] += helped
    return Funnel(on, furthest, +took_up)
