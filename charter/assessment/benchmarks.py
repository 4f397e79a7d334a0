"""What similar employers have: the middle of their newest figures, never told of fewer than five.

It is worked out at the end of each quarter and stays as it is until the next: a middle that moved whenever somebody
sent figures would tell what they sent. Of each group a few values around the middle are kept, so that an employer's own
value can be left out of what it is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter.assessment.metric_values import MetricValue
from charter.clock import LOCAL
from charter.framework import formula
from charter.framework.content import Content, Metric
from charter.organisation.models import Organisation
from charter.orm import Base

FEWEST = 5
"""Of fewer others than this nothing is told."""
FEWEST_FOR_QUARTERS = 20
"""Of fewer others than this no lower and upper quarter is told."""
MONTHS = 24
"""Values of twelve months that ended longer ago do not count."""
CUTS = (Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))
ALL = ""
"""What stands for every size or every sector."""
NEIGHBOURS = 3

Group = tuple[str, str]
"""A size band and a sector, either of them `ALL`."""


class Benchmark(Base):
    """The middle of one figure in one group of employers at the end of a quarter."""

    __tablename__ = "benchmark"
    __table_args__ = (sa.UniqueConstraint("as_at", "metric", "size_band", "sector"),)

    as_at: Mapped[date]
    metric: Mapped[str] = mapped_column(sa.String(32))
    size_band: Mapped[str] = mapped_column(sa.String(16))
    """A size band's code, or empty for all sizes."""
    sector: Mapped[str] = mapped_column(sa.String(4))
    """A sector's code, or empty for all sectors."""
    employers: Mapped[int]
    around: Mapped[list[Any]]
    """For each of `CUTS` the values (as text) that stand around it when all are in order; see `window`."""


class BenchmarkRun(Base):
    """That the quarter that ended on a day was worked out, also when there was nothing to tell."""

    __tablename__ = "benchmark_run"
    __table_args__ = (sa.UniqueConstraint("as_at"),)

    as_at: Mapped[date]
    made_at: Mapped[datetime]


@dataclass(frozen=True)
class Compared:
    """What an employer is told of similar ones, for one figure."""

    metric: Metric
    as_at: date
    group: str
    """Who they are, in words."""
    at_least: int
    """How many they are at least: a multiple of five."""
    middle: Decimal
    lower: Decimal | None
    upper: Decimal | None


def quarter_end(on: date) -> date:
    """The last day of the last quarter that is over on the day `on`."""
    first = date(on.year, on.month - (on.month - 1) % 3, 1)
    return first - timedelta(days=1)


def keep_up(session: Session, on: date, at: datetime) -> int:
    """Work out the quarter that ended last, once; says how many groups there are. Older quarters are dropped."""
    day = quarter_end(on)
    if session.scalar(sa.select(BenchmarkRun.id).where(BenchmarkRun.as_at == day)) is not None:
        return 0
    session.add(BenchmarkRun(as_at=day, made_at=at))
    session.flush()  # of two workers at this moment one is refused by the constraint
    session.execute(sa.delete(Benchmark).where(Benchmark.as_at < day))
    rows = list(_groups(session, day))
    if rows:
        session.execute(sa.insert(Benchmark), rows)
    return len(rows)


def compared(
    session: Session, content: Content, organisation: Organisation, values: Sequence[MetricValue], *, on: date
) -> dict[str, Compared]:
    """What similar employers have, by metric, as at the end of the last quarter; nothing of fewer than five others.

    `values` are all that the employer's own figures ever came to: its own is not in what it is shown. Employers of the
    same sector and size come first, then of the same size, of the same sector, and all (one query). A figure that
    counts people, and divides by nothing, is only compared within the size: ten apprentices are many for some and few
    for others.
    """
    size, sector = organisation.size_band, organisation.sector
    newest = sa.select(sa.func.max(BenchmarkRun.as_at)).where(BenchmarkRun.as_at < on).scalar_subquery()
    rows = session.scalars(
        sa.select(Benchmark).where(
            Benchmark.as_at == newest, Benchmark.size_band.in_((size, ALL)), Benchmark.sector.in_((sector, ALL))
        )
    )
    there = {(row.metric, row.size_band, row.sector): row for row in rows}
    found: dict[str, Compared] = {}
    for metric in content.metrics:
        groups = [(size, sector), (size, ALL)]
        if formula.divides(metric.formula):
            groups += [(ALL, sector), (ALL, ALL)]
        for group in groups:
            row = there.get((metric.code, *group))
            told = _told(metric, row, _own(values, row), _words(content, *group)) if row else None
            if told is not None:
                found[metric.code] = told
                break
    return found


def window(count: int, cut: Decimal) -> int:
    """Where the values that are kept for a cut begin, among so many in order (from 0).

    A cut of the others lies between two neighbours. Which two depends on where the value that is left out stands, and
    on whether one is left out at all: three in a row are enough for each case.
    """
    return int(cut * max(count - 2, 0))


def cut_of(around: Sequence[Decimal], count: int, cut: Decimal, *, without: Decimal | None) -> Decimal:
    """The cut of so many values in order, of which `around` are those from `window` on, with one value left out.

    Between two values it lies as far as its share says (the way spreadsheets do).
    """
    first = window(count, cut)
    kept = list(around)
    if without is not None:
        count -= 1
        if without <= kept[0]:  # it, or one below, goes: what stands here moves down by a place
            del kept[0]
        elif without in kept:
            kept.remove(without)
    place = cut * (count - 1)
    low = int(place) - first
    high = min(low + 1, len(kept) - 1)
    return kept[low] + (kept[high] - kept[low]) * (place - int(place))


def _told(metric: Metric, row: Benchmark, own: Decimal | None, group: str) -> Compared | None:
    others = row.employers - (own is not None)
    if others < FEWEST:
        return None

    def said(place: int) -> Decimal:
        around = [Decimal(text) for text in row.around[place]]
        value = cut_of(around, row.employers, CUTS[place], without=own)
        return value.quantize(Decimal(1).scaleb(-max(metric.decimals - 1, 0)), rounding=ROUND_HALF_UP)

    quarters = others >= FEWEST_FOR_QUARTERS
    return Compared(
        metric=metric,
        as_at=row.as_at,
        group=group,
        at_least=others - others % 5,
        middle=said(1),
        lower=said(0) if quarters else None,
        upper=said(2) if quarters else None,
    )


def _own(values: Iterable[MetricValue], row: Benchmark) -> Decimal | None:
    """The employer's own value among those of a group; None when it had none there at the end of the quarter."""
    first, moment = _since(row.as_at), _until(row.as_at)
    counted = [
        one
        for one in values
        if one.metric == row.metric
        and first < one.period_end <= row.as_at
        and one.recorded_at < moment
        and (one.replaced_at is None or one.replaced_at >= moment)
    ]
    own = max(counted, key=lambda one: (one.period_end, one.recorded_at, one.id), default=None)
    if own is None or row.size_band not in {ALL, own.size_band} or row.sector not in {ALL, own.sector}:
        return None  # it is in the group of what it was when it sent the figures
    return own.value


def _words(content: Content, size_band: str, sector: str) -> str:
    size = content.size_title(size_band) if size_band else ""
    kind = content.sector_words(sector) if sector else ""
    if size and kind:
        return f"employers of your size ({size}) in your kind of work ({kind})"
    if size:
        return f"employers of your size ({size})"
    return f"employers in your kind of work ({kind})" if kind else "all employers"


def _since(as_at: date) -> date:
    months = as_at.year * 12 + as_at.month - MONTHS  # quarters end with a month, and so does what this leaves out
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _until(as_at: date) -> datetime:
    return datetime.combine(as_at + timedelta(days=1), time(), LOCAL)


def _groups(session: Session, as_at: date) -> Iterable[dict[str, Any]]:
    """Each group that may be told of, with the values around its cuts: one pass of the database each way."""
    groups: dict[str, dict[Group, tuple[int, dict[int, Decimal]]]] = {}
    value = MetricValue
    newest = (
        sa.select(
            value.metric,
            value.size_band,
            value.sector,
            value.value,
            sa.func.row_number()
            .over(
                partition_by=(value.organisation_id, value.metric),
                order_by=(value.period_end.desc(), value.recorded_at.desc(), value.id.desc()),
            )
            .label("age"),
        )
        .where(
            value.period_end > _since(as_at),
            value.period_end <= as_at,
            value.recorded_at < _until(as_at),
            sa.or_(value.replaced_at.is_(None), value.replaced_at >= _until(as_at)),
        )
        .subquery("newest")
    )
    for size, sector in ((True, True), (True, False), (False, True), (False, False)):
        group = (newest.c.metric, *([newest.c.size_band] if size else []), *([newest.c.sector] if sector else []))
        ranked = (
            sa.select(
                newest.c.metric,
                (newest.c.size_band if size else sa.literal(ALL)).label("size_band"),
                (newest.c.sector if sector else sa.literal(ALL)).label("sector"),
                newest.c.value,
                (sa.func.row_number().over(partition_by=group, order_by=newest.c.value) - 1).label("place"),
                sa.func.count().over(partition_by=group).label("employers"),
            )
            .where(newest.c.age == 1)
            .subquery("ranked")
        )
        near = [
            sa.and_(ranked.c.place >= first, ranked.c.place < first + NEIGHBOURS)
            for cut in CUTS
            # The same as `window`, in whole numbers: both databases divide those downwards.
            for first in [(ranked.c.employers - 2) * int(cut * 100) // 100]
        ]
        rows = session.execute(
            sa.select(ranked)
            .where(sa.or_(*near))
            .order_by(ranked.c.metric, ranked.c.size_band, ranked.c.sector, ranked.c.place)
        )
        for row in rows:
            own = groups.setdefault(row.metric, {})
            own.setdefault((row.size_band, row.sector), (row.employers, {}))[1][row.place] = row.value
    for metric, own in groups.items():
        told = to_tell({group: employers for group, (employers, _) in own.items()})
        yield from _rows(as_at, metric, {group: own[group] for group in told})


def to_tell(counts: Mapping[Group, int]) -> list[Group]:
    """Which groups of one figure may be told of, when `counts` says how many employers are in each that has any.

    Each has at least `FEWEST`, and of any two of them no fewer than that, or nobody, are in the one and not in the
    other: else two employers who put theirs side by side would learn of the few between. Where only one of two can be
    told it is the one that is tried first for an employer, as in `compared`.
    """
    found: list[Group] = []
    for group in sorted(counts, key=lambda one: (one[0] == ALL, one[1] == ALL, -counts[one], one)):
        if counts[group] >= FEWEST and all(_apart(counts, group, other) for other in found):
            found.append(group)
    return found


def _apart(counts: Mapping[Group, int], one: Group, other: Group) -> bool:
    both = 0
    if all(ALL in pair or pair[0] == pair[1] for pair in zip(one, other, strict=True)):
        size, sector = (left or right for left, right in zip(one, other, strict=True))
        both = counts.get((size, sector), 0)
    return all(counts[group] - both == 0 or counts[group] - both >= FEWEST for group in (one, other))


def _rows(
    as_at: date, metric: str, groups: Mapping[Group, tuple[int, Mapping[int, Decimal]]]
) -> Iterable[dict[str, Any]]:
    for (size_band, sector), (employers, values) in groups.items():
        around = []
        for cut in CUTS:
            first = window(employers, cut)
            last = min(first + NEIGHBOURS, employers)
            around.append([f"{values[place].normalize():f}" for place in range(first, last)])
        yield {
            "as_at": as_at,
            "metric": metric,
            "size_band": size_band,
            "sector": sector,
            "employers": employers,
            "around": around,
        }
