"""The strategy's measures: loading them, the financial year, and the rule that judges them."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.reporting import returns, targets
from charter.reporting.models import Direction, Measure, Return, Target
from charter.reporting.targets import TargetStatus, financial_year
from tests.reporting.history import History

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def measure(
    *,
    baseline: str | None = "100",
    values: Sequence[tuple[str, str]] = (("2025/26", "200"), ("2026/27", "300")),
    direction: Direction = Direction.UP,
    derived_from: str | None = None,
    takes_returns: bool = True,
) -> Measure:
    return Measure(
        position=1,
        priority="1",
        code="a-measure",
        title="A measure",
        geography="Somewhere",
        unit="employers",
        direction=direction,
        baseline=Decimal(baseline) if baseline else None,
        source="4.1 somewhere",
        note="",
        derived_from=derived_from,
        takes_returns=takes_returns,
        targets=[Target(financial_year=year, value=Decimal(value)) for year, value in values],
    )


def returned(value: str, as_at: date) -> Return:
    return Return(value=Decimal(value), as_at=as_at, source="A source", entered_at=AT)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2025/26"),
        (date(2026, 4, 1), "2026/27"),
        (date(2026, 12, 31), "2026/27"),
        (date(2027, 1, 1), "2026/27"),
        (date(2099, 4, 1), "2099/00"),
    ],
)
def test_a_financial_year_runs_from_april_to_march(day: date, year: str) -> None:
    assert financial_year(day) == year


APRIL, MARCH = date(2026, 4, 1), date(2027, 3, 31)  # 364 days apart: the line from 200 to 300 is at 250 after 182
MIDDLE = date(2026, 9, 30)
DOWN = {"baseline": "300", "values": (("2025/26", "200"), ("2026/27", "100")), "direction": Direction.DOWN}
NO_BASELINE = {"baseline": None, "values": (("2026/27", "300"),)}
NO_BASELINE_DOWN = {**NO_BASELINE, "direction": Direction.DOWN}
FIRST_YEAR = {"baseline": "200", "values": (("2026/27", "300"), ("2027/28", "400"))}
LEVEL = {"values": (("2025/26", "300"), ("2026/27", "300"))}


@pytest.mark.parametrize(
    ("facts", "value", "day", "status"),
    [
        # up, from last year's 200 to this year's 300
        ({}, "250", MIDDLE, TargetStatus.ON_TRACK),  # exactly at the line
        ({}, "249", MIDDLE, TargetStatus.OFF_TRACK),
        ({}, "299", MIDDLE, TargetStatus.ON_TRACK),
        ({}, "300", MIDDLE, TargetStatus.MET),  # exactly at the target
        ({}, "301", MIDDLE, TargetStatus.MET),
        ({}, "200", APRIL, TargetStatus.ON_TRACK),  # the line begins at last year's target
        ({}, "199", APRIL, TargetStatus.OFF_TRACK),
        ({}, "299", MARCH, TargetStatus.OFF_TRACK),  # and ends at this year's
        # down, from last year's 200 to this year's 100
        (DOWN, "150", MIDDLE, TargetStatus.ON_TRACK),
        (DOWN, "151", MIDDLE, TargetStatus.OFF_TRACK),
        (DOWN, "100", MIDDLE, TargetStatus.MET),
        (DOWN, "99", MIDDLE, TargetStatus.MET),
        # the first year with a target begins at the baseline
        (FIRST_YEAR, "250", MIDDLE, TargetStatus.ON_TRACK),
        (FIRST_YEAR, "249", MIDDLE, TargetStatus.OFF_TRACK),
        # without a baseline or an earlier target only reaching the target will do
        (NO_BASELINE, "299", MIDDLE, TargetStatus.OFF_TRACK),
        (NO_BASELINE, "300", MIDDLE, TargetStatus.MET),
        (NO_BASELINE_DOWN, "301", MIDDLE, TargetStatus.OFF_TRACK),
        (NO_BASELINE_DOWN, "300", MIDDLE, TargetStatus.MET),
        # a target that stays where it was
        (LEVEL, "299", MIDDLE, TargetStatus.OFF_TRACK),
        (LEVEL, "300", MIDDLE, TargetStatus.MET),
        # a value from before this financial year is held against the first day of the line
        ({}, "200", date(2026, 1, 31), TargetStatus.ON_TRACK),
        ({}, "199", date(2026, 1, 31), TargetStatus.OFF_TRACK),
        # no target at all
        ({"values": ()}, "500", MIDDLE, TargetStatus.NO_TARGET),
    ],
)
def test_a_measure_is_judged_by_the_line_to_this_years_target(
    facts: dict[str, object], value: str, day: date, status: TargetStatus
) -> None:
    found = targets.standing(measure(**facts), MARCH, returned=returned(value, day), counted=None)  # type: ignore[arg-type]
    assert found.status is status


def test_a_measure_with_a_target_and_no_value_has_no_data() -> None:
    found = targets.standing(measure(), MIDDLE, returned=None, counted=None)
    assert (found.status, found.target, found.expected, found.actual) == (TargetStatus.NO_DATA, 300, 250, None)


def test_beyond_the_years_of_the_strategy_there_is_no_target() -> None:
    found = targets.standing(measure(), date(2030, 1, 1), returned=returned("5", MIDDLE), counted=None)
    assert found.status is TargetStatus.NO_TARGET


def test_a_return_stands_before_the_portals_own_count_and_both_are_kept() -> None:
    one = measure(derived_from="a-scheme")
    found = targets.standing(one, MARCH, returned=returned("280", MIDDLE), counted=290)
    assert found.actual == targets.Actual(Decimal(280), MIDDLE, "A source")
    assert found.counted == 290


def test_without_a_return_the_portals_own_count_stands_as_at_the_day() -> None:
    found = targets.standing(measure(derived_from="a-scheme"), MIDDLE, returned=None, counted=260)
    assert found.actual == targets.Actual(Decimal(260), MIDDLE, "")
    assert found.actual.counted
    assert found.status is TargetStatus.ON_TRACK


def test_a_measure_that_only_the_portal_counts_heeds_no_return() -> None:
    one = measure(derived_from="a-scheme", takes_returns=False)
    found = targets.standing(one, MIDDLE, returned=returned("300", MIDDLE), counted=0)
    assert found.actual == targets.Actual(Decimal(0), MIDDLE, "")


@pytest.mark.parametrize(
    ("facts", "value", "share"),
    [
        ({}, "100", 0.0),  # the baseline
        ({}, "200", 0.5),
        ({}, "300", 1.0),
        ({}, "900", 1.0),
        ({}, "50", 0.0),
        ({**DOWN, "baseline": "300"}, "200", 0.5),
        ({"baseline": "300", "values": (("2026/27", "300"),)}, "299", 0.0),  # no way to go, and not there
        ({"baseline": "300", "values": (("2026/27", "300"),)}, "300", 1.0),
    ],
)
def test_the_share_of_the_way_runs_from_the_baseline_to_the_target(
    facts: dict[str, object], value: str, share: float
) -> None:
    found = targets.standing(measure(**facts), MIDDLE, returned=returned(value, MIDDLE), counted=None)  # type: ignore[arg-type]
    assert found.share == pytest.approx(share)


@pytest.mark.parametrize(("as_at", "old"), [(date(2025, 4, 1), False), (date(2025, 3, 31), True)])
def test_a_value_from_before_last_year_is_called_old(as_at: date, old: bool) -> None:
    assert targets.standing(measure(), MIDDLE, returned=returned("250", as_at), counted=None).is_old is old


# The strategy's own table ------------------------------------------------------------------------------------------


def rows() -> list[dict[str, str]]:
    with targets.FILE.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def events(session: Session, action: str) -> int:
    audit.seal(session)
    return session.scalar(sa.select(sa.func.count()).where(audit.AuditEvent.action == action)) or 0


def test_loading_makes_every_measure_with_its_targets_in_the_tables_order(session: Session) -> None:
    made = targets.load_measures(session, by=None, at=AT)
    session.flush()
    found = session.scalars(sa.select(Measure).order_by(Measure.position)).all()
    assert len(made) == len(found) == len(rows())
    for one, row in zip(found, rows(), strict=True):
        assert (one.code, one.geography, one.title) == (row["code"], row["geography"], row["measure"])
        assert one.baseline == (Decimal(row["baseline"]) if row["baseline"] else None)
        wanted = {
            column.removeprefix("target_").replace("_", "/"): Decimal(value)
            for column, value in row.items()
            if column.startswith("target_") and value
        }
        assert {target.financial_year: target.value for target in one.targets} == wanted
        assert one.derived_from == (row["code"] if "portal" in row["actual_from"] else None)
        assert one.takes_returns == ("returns" in row["actual_from"])
    assert events(session, "measure:create") == len(found)


def test_every_scheme_the_portal_counts_is_one_the_charter_knows(session: Session) -> None:
    made = targets.load_measures(session, by=None, at=AT)
    schemes = {passport.scheme for passport in History(session).content.passports}
    counted = {one.derived_from for one in made if one.derived_from}
    assert counted
    assert counted <= schemes


def test_loading_again_changes_nothing(session: Session) -> None:
    targets.load_measures(session, by=None, at=AT)
    before = events(session, "measure:create")
    session.expire_all()
    assert targets.load_measures(session, by=None, at=AT) == []
    assert (events(session, "measure:create"), events(session, "measure:update")) == (before, 0)


def test_loading_mends_what_differs_and_says_so(session: Session) -> None:
    first, second, third = targets.load_measures(session, by=None, at=AT)[:3]
    first.baseline = Decimal(1)
    second.targets[0].value = Decimal(1)
    third.targets.pop()
    session.flush()
    session.expire_all()
    assert targets.load_measures(session, by=None, at=AT) == [first, second, third]
    assert events(session, "measure:update") == 3
    assert first.baseline == Decimal(rows()[0]["baseline"])
    assert [len(one.targets) for one in (first, second, third)] == [3, 3, 3]


def test_the_portal_counts_employers_with_a_checked_award_of_the_scheme_in_the_county(session: Session) -> None:
    history = History(session)
    measures = targets.load_measures(session, by=None, at=AT)
    counted = [one for one in measures if one.derived_from]
    scheme, place = counted[0].derived_from, counted[0].geography
    assert scheme
    county = next(county.code for county in history.content.counties if county.title == place)
    elsewhere = next(county.code for county in history.content.counties if county.title != place)
    day = date(2026, 6, 30)
    twice = history.employer(county)
    history.recognition(twice, scheme, date(2026, 1, 1))
    history.recognition(twice, scheme, date(2026, 2, 1))
    history.recognition(history.employer(county), scheme, day, ends_on=day)
    history.recognition(history.employer(county), scheme, date(2026, 1, 1), ends_on=date(2026, 6, 29))
    history.recognition(history.employer(county), scheme, date(2026, 7, 1))
    history.recognition(history.employer(county), scheme, date(2026, 1, 1), checked=False)
    history.recognition(history.employer(elsewhere), scheme, date(2026, 1, 1))
    history.recognition(history.employer(county), "another-scheme", date(2026, 1, 1))
    found = {
        (one.measure.code, one.measure.geography): one.counted
        for one in targets.standings(session, history.content, day)
        if one.measure.derived_from == scheme
    }
    assert found[counted[0].code, place] == 2


def test_a_measure_for_more_than_one_county_counts_an_employer_of_both_once(session: Session) -> None:
    history = History(session)
    session.add(measure(derived_from="a-scheme"))
    employer = history.employer()
    history.recognition(employer, "a-scheme", date(2026, 1, 1), county=history.county)
    history.recognition(employer, "a-scheme", date(2026, 1, 2), county=history.other_county)
    (found,) = targets.standings(session, history.content, MIDDLE)
    assert found.counted == 1


def test_standings_take_the_latest_return_up_to_the_day(session: Session) -> None:
    history = History(session)
    one = measure()
    session.add(one)
    session.flush()
    for value, as_at in [("210", APRIL), ("260", MIDDLE)]:
        returns.enter(session, one, value=Decimal(value), as_at=as_at, source="A source", by=history.clerk, at=AT)
    session.flush()
    days = [date(2026, 3, 31), APRIL, date(2026, 9, 29), MIDDLE]
    found = [targets.standings(session, history.content, day)[0].actual for day in days]
    assert [actual.value if actual else None for actual in found] == [None, 210, 210, 260]
