"""The funnel, against a history worked out by hand."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from charter.organisation.engagement import EngagementKind
from charter.reporting import engagement
from tests.reporting.history import History

REGISTERED, STARTED, SUBMITTED, ACCREDITED = engagement.STAGES
RENEWED = EngagementKind.RENEWED


@pytest.fixture
def history(session: Session) -> History:
    return History(session)


def reached(session: Session, on: date, county: str | None = None) -> list[int]:
    found = engagement.funnel(session, on)
    return [found.reached(stage, county) for stage in engagement.STAGES]


def stopped(session: Session, on: date) -> list[int]:
    found = engagement.funnel(session, on)
    return [found.stopped(stage) for stage in engagement.STAGES]


def test_employers_are_counted_at_every_stage_they_reached_by_the_day(session: Session, history: History) -> None:
    one, two, three = history.employer(), history.employer(), history.employer(history.other_county)
    for employer in (one, two, three):
        history.engaged(employer, REGISTERED, date(2026, 1, 1))
    history.engaged(one, STARTED, date(2026, 2, 1))
    history.engaged(two, STARTED, date(2026, 2, 2))
    history.engaged(one, SUBMITTED, date(2026, 3, 1))
    history.engaged(one, ACCREDITED, date(2026, 4, 1))
    assert reached(session, date(2025, 12, 31)) == [0, 0, 0, 0]
    assert reached(session, date(2026, 1, 1)) == [3, 0, 0, 0]
    assert reached(session, date(2026, 2, 1)) == [3, 1, 0, 0]
    assert reached(session, date(2026, 4, 1)) == [3, 2, 1, 1]
    assert stopped(session, date(2026, 4, 1)) == [1, 1, 0, 1]
    assert reached(session, date(2026, 4, 1), history.county) == [2, 2, 1, 1]
    assert reached(session, date(2026, 4, 1), history.other_county) == [1, 0, 0, 0]


def test_an_employer_counts_once_however_often_it_comes_back(session: Session, history: History) -> None:
    employer = history.employer()
    history.engaged(employer, REGISTERED, date(2026, 1, 1))
    for month in (2, 3, 4):
        history.engaged(employer, STARTED, date(2026, month, 1))
        history.engaged(employer, SUBMITTED, date(2026, month, 2))
    history.engaged(employer, ACCREDITED, date(2026, 5, 1))
    history.engaged(employer, RENEWED, date(2026, 6, 1))
    assert reached(session, date(2026, 6, 30)) == [1, 1, 1, 1]
    assert stopped(session, date(2026, 6, 30)) == [0, 0, 0, 1]


def test_a_later_stage_implies_those_before_it(session: Session, history: History) -> None:
    history.engaged(history.employer(), SUBMITTED, date(2026, 1, 1))
    assert reached(session, date(2026, 1, 1)) == [1, 1, 1, 0]


def test_an_employer_that_moves_is_counted_where_it_registered(session: Session, history: History) -> None:
    employer = history.employer(history.other_county)
    history.engaged(employer, REGISTERED, date(2026, 1, 1))
    history.engaged(employer, STARTED, date(2026, 2, 1), county=history.county)
    assert reached(session, date(2026, 2, 1), history.other_county) == [1, 1, 0, 0]
    assert reached(session, date(2026, 2, 1), history.county) == [0, 0, 0, 0]


def test_who_took_up_a_programme_counts_once_where_it_registered_and_reaches_no_stage_by_it(
    session: Session, history: History
) -> None:
    one, two, three = history.employer(), history.employer(history.other_county), history.employer()
    for employer in (one, two, three):
        history.engaged(employer, REGISTERED, date(2026, 1, 1))
    for day in (1, 2):
        history.engaged(one, EngagementKind.PROGRAMME, date(2026, 2, day), county=history.other_county)
    history.engaged(two, EngagementKind.PROGRAMME, date(2026, 2, 2))
    assert engagement.funnel(session, date(2026, 1, 31)).took_up == {}
    assert engagement.funnel(session, date(2026, 2, 1)).took_up == {history.county: 1}
    assert engagement.funnel(session, date(2026, 2, 2)).took_up == {history.county: 1, history.other_county: 1}
    assert reached(session, date(2026, 2, 2)) == [3, 0, 0, 0]


def test_what_happens_later_does_not_change_a_day_in_the_past(session: Session, history: History) -> None:
    employer = history.employer()
    history.engaged(employer, REGISTERED, date(2026, 1, 1))
    before = engagement.funnel(session, date(2026, 1, 31))
    history.engaged(employer, STARTED, date(2026, 2, 1))
    history.engaged(history.employer(), REGISTERED, date(2026, 2, 1))
    assert engagement.funnel(session, date(2026, 1, 31)) == before


def test_the_counties_of_each_stage_add_up(session: Session, history: History) -> None:
    for county, stages in [(history.county, 4), (history.county, 2), (history.other_county, 3)]:
        employer = history.employer(county)
        for stage in engagement.STAGES[:stages]:
            history.engaged(employer, stage, date(2026, 1, 1))
    found = engagement.funnel(session, date(2026, 1, 1))
    for stage in engagement.STAGES:
        assert sum(found.reached(stage, county) for county in found.counties) == found.reached(stage)
