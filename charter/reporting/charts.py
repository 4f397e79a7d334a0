"""The board's charts as shapes: what to draw and where, and the words that say the same. The page draws them as SVG.

Every bar carries its own label and number, so a chart needs no key and loses nothing in grey. Widths are shares of the
room there is and heights are pixels, so that its text stays one size on every screen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from charter.framework.content import Content
from charter.reporting import engagement, exports
from charter.reporting.engagement import Funnel
from charter.reporting.measures import Accredited

HEADING, LABEL, BAR, GAP = 30, 22, 14, 12


@dataclass(frozen=True)
class Bar:
    """A bar with its label above it. `share` is its length, from 0 to 1; `top` is where its label's line begins."""

    label: str
    number: int
    share: float
    top: int


@dataclass(frozen=True)
class Group:
    """Bars under a heading; without one when it is empty."""

    title: str
    top: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class BarChart:
    """A chart of bars: `description` says in a sentence what it shows."""

    code: str
    title: str
    description: str
    groups: tuple[Group, ...]
    height: int


def bars(code: str, title: str, description: str, groups: Iterable[tuple[str, Iterable[tuple[str, int]]]]) -> BarChart:
    """Lay out bars, one below the other, on one scale that begins at 0."""
    content = [(heading, list(rows)) for heading, rows in groups]
    longest = max((number for _, rows in content for _, number in rows), default=0) or 1
    top, made = 0, []
    for heading, rows in content:
        start = top
        top += HEADING if heading else 0
        drawn = []
        for label, number in rows:
            drawn.append(Bar(label, number, number / longest, top))
            top += LABEL + BAR + GAP
        made.append(Group(heading, start, tuple(drawn)))
    return BarChart(code, title, description, tuple(made), top)


def accredited(content: Content, counted: Accredited) -> BarChart:
    """Accredited employers, by county at each level."""
    cells = counted.by_level_and_county
    ranks = exports.levels(content, counted)
    places = exports.counties(content, (cell.county for cell in counted.cells))
    totals = [(content.level_title(rank), sum(cells.get((rank, place), 0) for place in places)) for rank in ranks]
    said = ", ".join(f"{title} {number:,}" for title, number in totals)
    where = ", ".join(
        f"{content.county_title(place)} {sum(cells.get((rank, place), 0) for rank in ranks):,}" for place in places
    )
    return bars(
        "accredited",
        "Accredited employers at each level, by county",
        f"By level: {said}. By county: {where}.",
        (
            (
                content.level_title(rank),
                [(content.county_title(place), cells.get((rank, place), 0)) for place in places],
            )
            for rank in ranks
        ),
    )


def funnel(counted: Funnel) -> BarChart:
    """Engaged employers, stage by stage."""
    stages = [(stage, counted.reached(stage)) for stage in engagement.STAGES]
    first = stages[0][1]
    rest = [f"{number:,} ({percentage(number, first)}) {stage.label.lower()}" for stage, number in stages[1:]]
    return bars(
        "funnel",
        "How far employers have come",
        f"Of {first:,} registered, " + ", ".join(rest[:-1]) + f" and {rest[-1]}.",
        [("", [(stage.label, number) for stage, number in stages])],
    )


def percentage(part: int, whole: int) -> str:
    """A part of a whole, in per cent without decimals; of nothing, nothing."""
    return f"{round(100 * part / whole)}%" if whole else "0%"
