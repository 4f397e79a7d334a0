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
RADIUS = 6
RISES, FALLS = 12, 3
"""How far the figures of a number rise above its foot, and how far a comma falls below it."""


@dataclass(frozen=True)
class Dot:
    """One year: `x` is a share of the width, `y` is in pixels from the top, and so is the foot of its number."""

    x: float
    y: float
    value: Decimal
    day: date
    foot: float


@dataclass(frozen=True)
class HistoryChart:
    """What to draw. `level` is how high the middle of similar employers is, in pixels from the top."""

    code: str
    title: str
    description: str
    dots: tuple[Dot, ...]
    level: float | None
    height: int = BOTTOM + FOOT
    radius: int = RADIUS

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

    ys = [y(value) for _, value in shown]
    level = y(middle) if middle is not None else None
    dots = tuple(
        Dot(x(day), ys[place], value, day, _foot(ys, place, level)) for place, (day, value) in enumerate(shown)
    )
    return HistoryChart(code, title, description, dots, level)


def _foot(ys: Sequence[float], place: int, level: float | None) -> float:
    """Where to write the number of one dot: above it or, in a valley, below, and never on the line of the others."""
    y = ys[place]
    above, below = y - RADIUS - 6, y + RADIUS + 6 + RISES
    past = [] if level is None else [level - 3 - FALLS, level + 3 + RISES]
    neighbours = [*ys[max(0, place - 1) : place], *ys[place + 1 : place + 2]]
    is_valley = bool(neighbours) and all(other < y for other in neighbours)
    wanted = [below, *past[1:], above, *past[:1]] if is_valley else [above, *past[:1], below]

    def is_free(foot: float) -> bool:
        top, bottom = foot - RISES, foot + FALLS
        on_dot = bottom > y - RADIUS and top < y + RADIUS
        on_level = level is not None and top - 3 < level < bottom + 3
        return top >= 0 and bottom <= BOTTOM - 3 and not on_dot and not on_level

    near = [foot for foot in wanted if is_free(foot) and abs(foot - y) < 3 * RISES + RADIUS]
    return near[0] if near else above
