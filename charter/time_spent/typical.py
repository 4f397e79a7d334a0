"""How long employers of a size took for a level: the median of those that sent it most recently."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter.assessment.models import Answer, Assessment
from charter.framework.asking import in_words
from charter.organisation.models import Organisation
from charter.time_spent.models import TimeSpent

FEWEST = 5
"""A median of fewer employers is never shown."""
RECENT = 500
"""Of each level, the median is of so many that sent it last: guidance changes, and so does the time it takes."""
TIMED = 0.75
"""The share of its answers that must have been timed: who filled in a spreadsheet worked where nobody counts."""


@dataclass(frozen=True)
class Typical:
    """What a level took employers of one size, the first time."""

    seconds: int
    employers: int

    @property
    def time(self) -> str:
        """The time as people say it."""
        return said(self.seconds)


def said(seconds: int) -> str:
    """A time as people say it: in minutes; from ten on, rounded to five."""
    minutes = max(1, round(seconds / 60))
    return in_words(minutes if minutes < 10 else 5 * round(minutes / 5))


def to_ten_seconds(seconds: int) -> str:
    """A time as the scheme compares it, rounded to ten seconds and never broken over two lines: 2 min 40 s."""
    minutes, rest = divmod(10 * max(1, round(seconds / 10)), 60)
    return "\N{NO-BREAK SPACE}".join(
        [*([f"{minutes}\N{NO-BREAK SPACE}min"] if minutes else []), *([f"{rest}\N{NO-BREAK SPACE}s"] if rest else [])]
    )


def of_size(session: Session, size_band: str) -> Mapping[int, Typical]:
    """What each level took, by rank; a level that too few have sent is left out (one query)."""
    times: dict[int, list[int]] = defaultdict(list)
    for level, seconds, tasks, answers in session.execute(_times(size_band)):
        if tasks >= TIMED * answers:
            times[level].append(seconds)
    return {level: Typical(round(median(found)), len(found)) for level, found in times.items() if len(found) >= FEWEST}


def first_time() -> sa.ColumnElement[bool]:
    """Only the first assessment that an employer sent: to look at last time's answers again takes less."""
    earlier = aliased(Assessment)
    return ~sa.exists().where(
        earlier.organisation_id == Assessment.organisation_id,
        earlier.submitted_at.is_not(None),
        earlier.started_at < Assessment.started_at,
    )


def _times(size_band: str) -> sa.Select[Any]:
    """For each of the recent ones: its level, its seconds, how many tasks were timed and how many answers it has."""
    place = sa.func.row_number().over(
        partition_by=Assessment.target_level, order_by=(Assessment.submitted_at.desc(), Assessment.id.desc())
    )
    sent = (
        sa.select(Assessment.id, Assessment.target_level.label("level"), place.label("place"))
        .join(Organisation, Organisation.id == Assessment.organisation_id)
        .where(Organisation.size_band == size_band, Assessment.submitted_at.is_not(None), first_time())
        .subquery()
    )
    answers = (
        sa.select(sa.func.count())
        .where(Answer.assessment_id == sent.c.id, Answer.value.is_not(None))
        .correlate(sent)
        .scalar_subquery()
    )
    return (
        sa.select(sent.c.level, sa.func.sum(TimeSpent.seconds), sa.func.count(), answers)
        .join(TimeSpent, TimeSpent.assessment_id == sent.c.id)
        .where(sent.c.place <= RECENT)
        .group_by(sent.c.id, sent.c.level)
    )
