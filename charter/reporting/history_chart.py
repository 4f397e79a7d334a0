"""An employer's own history of one figure, as shapes: a dot for each year, a line between them, and what others have.

Like the board's charts it is laid out here once, in shares of the width and in pixels of height, so that the page draws
it as SVG on any screen with its text at one size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

LATEST = 5
"""So many years are drawn; the table beside the chart has them all."""
TOP, BOTTOM, FOOT = 30, 150, 26
"""Where the drawing begins and ends, and the room for the years under it."""
LEFT, RIGHT = 0.08, 0.92


@dataclass(frozen=True)
class Dot:
    """One year: `x` is a share of the width, `y` is in pixels from the top."""

    x: float
    y: float
    value: Decimal
    day: date


@dataclass(frozen=True)
class HistoryChart:
    """What to draw. `level` is how high the middle of similar employers is, in pixels from the top."""

    code: str
    title: str
    description: str
    dots: tuple[Dot, ...]
    level: float | None
    height: int = BOTTOM + FOOT

    @property
    def lines(self) -> tuple[tuple[Dot, Dot], ...]:
        """From each year to the next; none when there is one."""
        return tuple(zip(self.dots, self.dots[1:], strict=False))


def draw(
    code: str, title: str, description: str, values: Sequence[tuple[date, Decimal]], middle: Decimal | None
) -> HistoryChart:
    """Lay out the values, the earliest first, on a scale that begins at 0 (lower if a value is)."""
    shown = list(values[-LATEST:])
    heights = [value for _, value in shown] + ([middle] if middle is not None else [])
    low, high = min(Decimal(0), *heights), max(heights)
    reach = (high - low) or Decimal(1)

    def y(value: Decimal) -> float:
        return BOTTOM - float((value - low) / reach) * (BOTTOM - TOP)

    # A dot stands by the day its twelve months end on, so that a year that is missing shows as a gap.
    first, last = shown[0][0], shown[-1][0]
    days = (last - first).days

    def x(day: date) -> float:
        return LEFT + (RIGHT - LEFT) * (day - first).days / days if days else 0.5

    dots = tuple(Dot(x(day), y(value), value, day) for day, value in shown)
    return HistoryChart(code, title, description, dots, y(middle) if middle is not None else None)
