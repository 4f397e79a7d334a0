"""The middle of similar employers: never of fewer than five others, never with one's own, still between quarters."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.assessment import benchmarks, metric_values
from charter.assessment.benchmarks import ALL, CUTS, Benchmark, Compared, cut_of, quarter_end, to_tell, window
from charter.assessment.metric_values import MetricValue, Source
from charter.assessment.metrics import Figure
from charter.framework import formula
from charter.framework.content import Metric
from charter.framework.models import Framework
from charter.organisation.models import Organisation, Scope

QUARTER = date(2026, 9, 30)
ON = date(2026, 11, 22)
SENT = datetime(2026, 5, 4, 9, tzinfo=UTC)
ENDS = date(2026, 3, 31)
NUMBERS = count(1)


@pytest.fixture
def metric(framework: Framework) -> Metric:
    return next(one for one in framework.content.metrics if one.decimals == 1 and one.unit == "percent")


class Makes:
    """Employers with one value each. Their sources are made up: nothing here reads them."""

    def __init__(self, session: Session, framework: Framework, metric: Metric) -> None:
        self.session, self.metric, self.content = session, metric, framework.content
        self.sizes = [band.code for band in self.content.size_bands]
        self.sectors = [sector.code for sector in self.content.sectors]

    def employer(self, *, size: int = 0, sector: int = 0) -> Organisation:
        found = Organisation(
            name=f"Employer {next(NUMBERS)} Ltd",
            county=self.content.counties[0].code,
            size_band=self.sizes[size],
            sector=self.sectors[sector],
            scope=Scope.WHOLE,
            listed=False,
            registered_at=SENT,
        )
        self.session.add(found)
        self.session.flush()
        return found

    def value(
        self,
        employer: Organisation,
        value: object,
        *,
        ends: date = ENDS,
        sent: datetime = SENT,
        source: UUID | None = None,
    ) -> Source:
        from_ = Source(assessment_id=source or self.assessment(employer))
        metric_values.record(
            self.session,
            employer,
            [Figure(self.metric, Decimal(str(value)), complete=True)],
            period_end=ends,
            source=from_,
            at=sent,
        )
        return from_

    def assessment(self, employer: Organisation) -> UUID:
        from charter.assessment.models import Assessment
        from charter.assessment.status import AssessmentStatus
        from charter.framework import publishing

        made = Assessment(
            id=uuid7(),
            organisation_id=employer.id,
            framework_id=publishing.current(self.session).id,
            target_level=1,
            status=AssessmentStatus.WITHDRAWN,
            round=1,
            started_at=SENT,
        )
        self.session.add(made)
        self.session.flush()
        return made.id

    def group(self, values: list[object], **where: int) -> list[Organisation]:
        made = [self.employer(**where) for _ in values]
        for employer, value in zip(made, values, strict=True):
            self.value(employer, value)
        return made

    def told(self, employer: Organisation, on: date = ON) -> Compared | None:
        benchmarks.keep_up(self.session, on, SENT)
        values = metric_values.of_organisation(self.session, employer.id)
        return benchmarks.compared(self.session, self.content, employer, values, on=on).get(self.metric.code)


@pytest.fixture
def makes(session: Session, framework: Framework, metric: Metric) -> Makes:
    return Makes(session, framework, metric)


def quantile(values: list[Decimal], cut: Decimal) -> Decimal:
    """The plain way: all the values in order, between two neighbours as far as the share says."""
    ordered = sorted(values)
    place = cut * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 12).map(Decimal), min_size=5, max_size=40), st.data())
def test_three_neighbours_are_enough_to_leave_any_value_out(values: list[Decimal], data: st.DataObject) -> None:
    ordered = sorted(values)
    own = data.draw(st.sampled_from(ordered))
    others = list(ordered)
    others.remove(own)
    for cut in CUTS:
        first = window(len(ordered), cut)
        around = ordered[first : first + 3]
        assert cut_of(around, len(ordered), cut, without=own) == quantile(others, cut)
        assert cut_of(around, len(ordered), cut, without=None) == quantile(ordered, cut)


def test_a_middle_is_told_of_five_others_and_not_of_four(makes: Makes) -> None:
    group = makes.group([10, 20, 30, 40, 90])
    outsider = makes.employer()
    told = makes.told(outsider)
    assert told is not None
    assert (told.middle, told.at_least, told.as_at) == (30, 5, QUARTER)
    assert makes.told(group[0]) is None  # for it there are four others


def test_ones_own_value_is_not_in_the_middle(makes: Makes) -> None:
    group = makes.group([10, 20, 30, 40, 50, 60])
    told = [found.middle for one in group if (found := makes.told(one))]
    assert told == [40, 40, 40, 30, 30, 30]


def test_employers_of_the_same_size_and_kind_come_first_then_of_the_size_the_kind_and_all(makes: Makes) -> None:
    makes.group([1, 1, 1, 1, 1], size=0, sector=0)
    makes.group([50, 50, 50, 50, 50], size=2, sector=1)
    makes.group([2, 2, 2, 2, 2], size=0, sector=1)
    words = {}
    for size, sector in ((0, 0), (0, 2), (1, 0), (1, 2)):
        told = makes.told(makes.employer(size=size, sector=sector))
        assert told is not None
        words[size, sector] = told.group
    band, kind = makes.content.size_bands[0].title, makes.content.sector_words(makes.content.sectors[0].code)
    assert words == {
        (0, 0): f"employers of your size ({band}) in your kind of work ({kind})",
        (0, 2): f"employers of your size ({band})",
        (1, 0): f"employers in your kind of work ({kind})",
        (1, 2): "all employers",
    }


counts_of_cells = st.dictionaries(
    st.tuples(st.sampled_from(["micro", "small", "large"]), st.sampled_from(["A", "B", "C"])), st.integers(1, 14)
)


@given(counts_of_cells)
def test_no_group_that_is_told_and_no_difference_of_two_has_one_to_four_employers(
    cells: dict[tuple[str, str], int],
) -> None:
    groups: dict[tuple[str, str], set[tuple[str, str, int]]] = {}
    for (size, sector), number in cells.items():
        for place in range(number):
            for group in ((size, sector), (size, ALL), (ALL, sector), (ALL, ALL)):
                groups.setdefault(group, set()).add((size, sector, place))
    told = to_tell({group: len(people) for group, people in groups.items()})
    assert all(len(groups[one]) >= 5 for one in told)
    assert all(not 0 < len(groups[one] - groups[other]) < 5 for one in told for other in told)
    if sum(cells.values()) >= 5:
        assert told, "somebody is told something as soon as there are five"
    assert {one for one in cells if cells[one] >= 5} >= {one for one in told if ALL not in one}


def test_where_two_groups_differ_by_a_few_the_closer_one_is_told(makes: Makes) -> None:
    makes.group([10, 20, 30, 40, 50, 60], size=0, sector=0)
    few = makes.group([91, 92, 93], size=0, sector=1)
    told = makes.told(makes.employer(size=0, sector=0))
    assert told is not None
    assert (told.group.startswith("employers of your size ("), told.middle) == (True, 35)
    assert "in your kind of work" in told.group
    assert [makes.told(one) for one in few] == [None, None, None]
    assert makes.told(makes.employer(size=0, sector=2)) is None


def test_a_count_is_compared_within_the_size_only(session: Session, framework: Framework) -> None:
    count_ = next(one for one in framework.content.metrics if not formula.divides(one.formula))
    makes = Makes(session, framework, count_)
    makes.group([1, 1, 1, 1, 1], size=0, sector=0)
    told = makes.told(makes.employer(size=0, sector=1))
    assert told is not None
    assert told.group == f"employers of your size ({framework.content.size_bands[0].title})"
    assert makes.told(makes.employer(size=1, sector=0)) is None  # theirs is another measure of how big one is


def test_lower_and_upper_quarters_need_twenty_others(makes: Makes) -> None:
    makes.group(list(range(19)))
    outsider = makes.employer()
    told = makes.told(outsider)
    assert told is not None
    assert (told.at_least, told.lower, told.upper) == (15, None, None)
    makes.session.execute(sa.delete(benchmarks.BenchmarkRun))
    makes.session.execute(sa.delete(Benchmark))
    makes.group([19])
    told = makes.told(outsider)
    assert told is not None
    assert (told.at_least, told.lower, told.middle, told.upper) == (20, 5, 10, 14)  # rounded to a whole per cent


def test_only_the_newest_value_of_each_counts_and_only_of_the_last_twenty_four_months(makes: Makes) -> None:
    group = makes.group([10, 10, 10, 10, 10])
    makes.value(group[0], 90, ends=ENDS - timedelta(days=365))  # older: it does not count beside the newer
    for old in (date(2024, 9, 30), date(2023, 3, 31)):
        makes.value(makes.employer(), 99, ends=old)
    told = makes.told(makes.employer())
    assert told is not None
    assert (told.middle, told.at_least) == (10, 5)


def test_twelve_months_that_ended_just_within_two_years_count(makes: Makes) -> None:
    for _ in range(5):
        makes.value(makes.employer(), 7, ends=date(2024, 10, 1))
    told = makes.told(makes.employer())
    assert told is not None
    assert told.middle == 7


def test_between_quarters_nothing_moves_whoever_sends_or_corrects_figures(makes: Makes) -> None:
    group = makes.group([10, 20, 30, 40, 50, 60])
    outsider = makes.employer()
    first = makes.told(outsider)
    late = datetime(2026, 10, 20, 9, tzinfo=UTC)
    for _ in range(3):
        makes.value(makes.employer(), 99, sent=late)
    source = db_source(makes, group[0])
    makes.value(group[0], 98, sent=late, source=source)
    metric_values.replace(makes.session, Source(assessment_id=db_source(makes, group[1])), at=late)
    assert makes.told(outsider) == first
    # Even its own is the one that was counted: with 98 in the place of 10 the middle of the others would be another.
    assert [found.middle for one in group[:2] if (found := makes.told(one))] == [40, 40]
    later = makes.told(outsider, on=date(2027, 1, 4))
    assert later is not None
    assert (later.as_at, later.middle, later.at_least) == (date(2026, 12, 31), 79, 5)


def db_source(makes: Makes, employer: Organisation) -> UUID:
    found = makes.session.scalars(
        sa.select(MetricValue.assessment_id).where(MetricValue.organisation_id == employer.id)
    ).first()
    assert found is not None
    return found


def test_who_changed_its_size_is_left_out_where_it_was_counted(makes: Makes) -> None:
    group = makes.group([10, 20, 30, 40, 50, 60], size=0)
    group[0].size_band = makes.sizes[1]
    told = makes.told(group[0])
    assert told is not None
    kind = makes.content.sector_words(makes.content.sectors[0].code)
    assert told.group in {"all employers", f"employers in your kind of work ({kind})"}
    assert told.middle == 40


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 11, 22), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 9, 30)),
        (date(2026, 9, 30), date(2026, 6, 30)),
        (date(2027, 2, 1), date(2026, 12, 31)),
    ],
)
def test_a_quarter_counts_once_it_is_over(day: date, last: date) -> None:
    assert quarter_end(day) == last


def test_a_quarter_is_worked_out_once(makes: Makes) -> None:
    makes.group([1, 2, 3, 4, 5])
    assert [benchmarks.keep_up(makes.session, ON, SENT) for _ in range(2)] == [4, 0]


def test_before_a_quarter_is_worked_out_nothing_is_told(makes: Makes) -> None:
    makes.group([1, 2, 3, 4, 5])
    assert benchmarks.compared(makes.session, makes.content, makes.employer(), (), on=ON) == {}
