"""The clock of a case, with two sides: the working days that we used, and those that the employer used. Pure.

A case is with one side at a time. While the employer answers our questions the clock is theirs; in every other stage it
is ours. A day belongs to whoever had the case when it began: what comes in on a Monday and is asked about on Wednesday
cost us two days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from charter.clock import local_date
from charter.review.status import ReviewStatus
from charter.review.timing import working_days
from charter.review.timing.turns import Span

LEAST, SHARE = 2, 5
"""To read what an employer sent when we asked for more we have so many working days at the least, and at the least this
part of what the level promises: a fifth."""


@dataclass(frozen=True)
class Clock:
    """How many working days each side used."""

    ours: int
    theirs: int
    of: int
    """The working days that we have: those that the level promises, and after an answer that came late in them at
    least `least` from then."""
    is_theirs: bool
    """Whether the employer has the case now."""
    pauses: int
    """How often the employer was asked for more, so that our clock stood still."""
    promised: int
    """The working days that the level promises."""

    @property
    def left(self) -> int:
        """Our working days that are left; below 0 when there are none."""
        return self.of - self.ours

    @property
    def is_late(self) -> bool:
        """Whether we have used more than the level promises, whatever came in late."""
        return self.ours > self.promised

    @property
    def is_longer(self) -> bool:
        """Whether we have more days than the level promises because an answer came near the end of them."""
        return self.of > self.promised and not self.is_late


def least(promised: int) -> int:
    """How many working days we have to read an answer, however late it came in those that the level promises."""
    return max(LEAST, promised // SHARE)


def side_is_theirs(stage: ReviewStatus) -> bool:
    """Whether a stage is the employer's."""
    return stage is ReviewStatus.WITH_EMPLOYER


def of_now(turns: Iterable[Span], since: datetime) -> list[Span]:
    """The turns of a case since it came in: one that an appeal opened again has a clock of its own."""
    return [turn for turn in turns if turn.began_at >= since]


def days(turn: Span, on: date) -> int:
    """The working days of a turn, up to and with `on` while it lasts."""
    return turn.days if turn.days is not None else working_days.between(local_date(turn.began_at), on)


def read(turns: Iterable[Span], *, promised: int, since: datetime, on: date) -> Clock:
    """The clock of a case on a day, from its turns, what its level promises, and when it came in."""
    own = of_now(turns, since)
    ours, theirs, of = 0, 0, promised
    for turn, after in pairwise((*own, None)):
        assert turn is not None, "only the last is none"
        if side_is_theirs(turn.stage):
            theirs += days(turn, on)
            if after is not None:
                of = max(of, ours + least(promised))
        else:
            ours += days(turn, on)
    is_theirs = bool(own) and own[-1].days is None and side_is_theirs(own[-1].stage)
    return Clock(ours, theirs, of, is_theirs, sum(side_is_theirs(turn.stage) for turn in own), promised)


def due_on(clock: Clock, on: date) -> date:
    """The day by which a case that is back with us on `on` should be decided: what is left, and no new promise."""
    return working_days.after(on, max(clock.left, least(clock.promised)))
