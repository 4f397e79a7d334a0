"""Accredited employers, against histories worked out by hand."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.reporting import measures
from tests.reporting.history import History

DAY = date(2026, 6, 30)


@pytest.fixture
def history(session: Session) -> History:
    return History(session)


def test_an_award_counts_from_its_first_day_to_its_last(session: Session, history: History) -> None:
    award = history.award(history.employer(), date(2026, 1, 10), days=30)
    days = [award.starts_on - timedelta(1), award.starts_on, award.ends_on, award.ends_on + timedelta(1)]
    assert [measures.accredited(session, day).total for day in days] == [0, 1, 1, 0]
    assert [measures.total(session, day) for day in days] == [0, 1, 1, 0]


def test_a_revoked_award_counts_until_the_day_before_it_ended(session: Session, history: History) -> None:
    history.award(history.employer(), date(2026, 1, 10), ended_on=date(2026, 3, 1), revoked=True)
    assert [measures.accredited(session, day).total for day in (date(2026, 2, 28), date(2026, 3, 1))] == [1, 0]


def test_an_employer_whose_award_was_superseded_counts_once_at_its_new_level(
    session: Session, history: History
) -> None:
    employer = history.employer()
    history.award(employer, date(2026, 1, 10), level=1, ended_on=date(2026, 3, 1))
    history.award(employer, date(2026, 3, 1), level=2)
    before, after = measures.accredited(session, date(2026, 2, 28)), measures.accredited(session, date(2026, 3, 1))
    assert before.by_level_and_county == {(1, history.county): 1}
    assert after.by_level_and_county == {(2, history.county): 1}


def test_employers_are_counted_by_what_their_certificates_say(session: Session, history: History) -> None:
    here, there = history.county, history.other_county
    small, large = history.content.size_bands[0].code, history.content.size_bands[-1].code
    farming, mining = (sector.code for sector in history.content.sectors[:2])
    history.award(history.employer(here), DAY, level=1, headcount=6, size_band=small, sector=farming)
    history.award(history.employer(here), DAY, level=1, headcount=4, size_band=small, sector=mining)
    history.award(history.employer(here), DAY, level=2, headcount=300, size_band=large, sector=mining)
    history.award(history.employer(there), DAY, level=2, headcount=None, size_band=large, sector=mining)
    history.award(history.employer(there), DAY + timedelta(1), headcount=1000)
    counted = measures.accredited(session, DAY)
    assert counted.by_level_and_county == {(1, here): 2, (2, here): 1, (2, there): 1}
    assert counted.by_size == {small: 2, large: 2}
    assert counted.by_sector == {farming: 1, mining: 3}
    assert (counted.total, counted.people, counted.without_headcount) == (4, 310, 1)


def test_a_county_moved_to_later_changes_nothing_on_an_old_certificate(session: Session, history: History) -> None:
    employer = history.employer()
    history.award(employer, DAY)
    employer.county = history.other_county
    session.flush()
    assert measures.accredited(session, DAY).by_level_and_county == {(1, history.county): 1}


def test_nobody_is_accredited_before_anyone_was(session: Session) -> None:
    counted = measures.accredited(session, DAY)
    assert (counted.total, counted.people, counted.without_headcount, counted.cells) == (0, 0, 0, ())


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 22), date(2025, 11, 22)),
        (date(2028, 2, 29), date(2027, 2, 28)),
        (date(2029, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_year_before_is_the_same_day_a_year_earlier(day: date, before: date) -> None:
    assert measures.year_before(day) == before


FIRST = date(2025, 1, 1)
steps = st.lists(
    st.tuples(
        st.integers(0, 3),  # which employer
        st.integers(0, 500),  # days after the first day
        st.integers(1, 3),  # level
        st.sampled_from([40, 200, 800]),  # days it runs
        st.one_of(st.none(), st.integers(0, 500)),  # headcount
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, asked=st.integers(0, 700), revoked=st.booleans())
def test_parts_add_up_and_the_past_stays_when_later_things_happen(
    session: Session, steps: list[tuple[int, int, int, int, int | None]], asked: int, revoked: bool
) -> None:
    """Awards are issued in order, each ending the one before; the day is asked about midway and at the end."""
    day = FIRST + timedelta(asked)
    with session.begin_nested() as savepoint:
        history = History(session)
        employers = [history.employer(code) for code in (history.county, history.other_county) * 2]
        latest: dict[int, Award] = {}
        seen = None
        for who, offset, level, days, headcount in sorted(steps, key=lambda step: step[1]):
            starts = FIRST + timedelta(offset)
            if seen is None and starts > day:
                seen = measures.accredited(session, day)
            if who in latest and latest[who].is_valid_on(starts):
                end(latest[who], starts, AwardStatus.SUPERSEDED)
            latest[who] = history.award(employers[who], starts, level=level, days=days, headcount=headcount)
        for award in latest.values():
            if revoked and award.is_valid_on(day + timedelta(1)):
                end(award, max(day, award.starts_on) + timedelta(1), AwardStatus.REVOKED)
        session.flush()
        counted = measures.accredited(session, day)
        assert seen in {None, counted}
        assert counted.total == measures.total(session, day)
        assert counted.total == sum(award.is_valid_on(day) for award in session.scalars(sa.select(Award)))
        for parts in (counted.by_level_and_county, counted.by_size, counted.by_sector):
            assert sum(parts.values()) == counted.total
        savepoint.rollback()
    session.expunge_all()


def end(award: Award, on: date, status: AwardStatus) -> None:
    """What the verbs of an award write when it ends."""
    award.status, award.ended_on = status, on
