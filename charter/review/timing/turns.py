"""Whose turn it was in a case, from when to when: a row for each stage that a case went through.

`Review.move` is the only code that writes them, so that no step of a case is left out.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter.clock import local_date
from charter.orm import Base
from charter.review.status import OPEN, ReviewStatus
from charter.review.timing import working_days


class Span(NamedTuple):
    """What the clock reads of a turn: a list of cases has many, and needs no objects for them."""

    stage: ReviewStatus
    began_at: datetime
    days: int | None


class Turn(Base):
    """One stage of one case. How many working days it took is kept when it ends, so that no figure about the past ever
    moves, such as when a bank holiday is announced."""

    __tablename__ = "turn"
    __table_args__ = (
        sa.UniqueConstraint("review_id", "number"),
        sa.CheckConstraint("(ended_at IS NULL) = (days IS NULL)", name="ended_has_days"),
        sa.Index("ix_turn_ended_at", "ended_at"),
    )

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    number: Mapped[int]
    """1, 2, 3: its place in the case."""
    stage: Mapped[ReviewStatus]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    days: Mapped[int | None]
    """The working days from the day it began to the day it ended; None while it lasts."""
    reminded_days: Mapped[int | None]
    """Of a turn of the employer: how many working days before its day it was last told of; -1 for the day after."""

    @property
    def span(self) -> Span:
        """What the clock reads of it."""
        return Span(self.stage, self.began_at, self.days)

    def end(self, at: datetime) -> None:
        """It is over."""
        self.ended_at = at
        self.days = working_days.between(local_date(self.began_at), local_date(at))


def begun(turns: Sequence[Turn], stage: ReviewStatus, at: datetime) -> Turn | None:
    """The turn that begins when a case gets to `stage`, after `turns`, of which the last ends now; None at the end."""
    if turns and turns[-1].ended_at is None:
        turns[-1].end(at)
    if stage not in OPEN:
        return None
    number = turns[-1].number + 1 if turns else 1
    return Turn(number=number, stage=stage, began_at=at, ended_at=None, days=None, reminded_days=None)


def of_cases(session: Session, review_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Span]]:
    """The turns of these cases, each in its order (one query)."""
    found: dict[UUID, list[Span]] = {}
    rows = session.execute(
        sa.select(Turn.review_id, Turn.stage, Turn.began_at, Turn.days)
        .where(Turn.review_id.in_(review_ids))
        .order_by(Turn.review_id, Turn.number)
    )
    for review_id, stage, began_at, days in rows:
        found.setdefault(review_id, []).append(Span(stage, began_at, days))
    return found
