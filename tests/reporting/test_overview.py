"""Everything at once, and the memory that spares counting again."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from charter import audit
from charter.reporting import overview, targets
from charter.reporting.targets import TargetStatus
from tests.reporting.history import History

DAY = date(2026, 6, 30)
AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def history(session: Session) -> History:
    return History(session)


def something_happens(session: Session, history: History) -> None:
    audit.record(session, "award:issue", history.employer(), by=None, at=AT)
    audit.seal(session)
    session.flush()


def test_the_change_over_a_year_is_the_difference_of_the_two_days(session: Session, history: History) -> None:
    history.award(history.employer(), date(2025, 6, 30), days=200)
    history.award(history.employer(), date(2025, 7, 1))
    history.award(history.employer(), date(2026, 6, 30))
    found = overview.overview(session, history.content, DAY)
    assert (found.accredited.total, found.change) == (2, 1)
    assert overview.overview(session, history.content, date(2027, 6, 30)).change == 0
    assert overview.overview(session, history.content, date(2030, 6, 30)).change == 0


def test_the_change_may_be_a_loss(session: Session, history: History) -> None:
    history.award(history.employer(), date(2025, 6, 30), days=200)
    assert overview.overview(session, history.content, DAY).change == -1


def test_every_measure_has_one_status(session: Session, history: History) -> None:
    loaded = targets.load_measures(session, by=None, at=AT)
    statuses = overview.overview(session, history.content, DAY).statuses
    assert sum(statuses.values()) == len(loaded)
    assert statuses[TargetStatus.NO_TARGET] == sum(not one.targets for one in loaded)


def test_counts_are_remembered_until_something_happens(session: Session, history: History) -> None:
    memory = overview.Memory()
    something_happens(session, history)
    before = memory.count(session, DAY)
    assert memory.count(session, DAY) is before
    history.award(history.employer(), DAY)
    something_happens(session, history)
    after = memory.count(session, DAY)
    assert (before.accredited.total, after.accredited.total) == (0, 1)
    assert after == overview.count(session, DAY)


def test_each_day_is_remembered_for_itself(session: Session, history: History) -> None:
    memory = overview.Memory()
    history.award(history.employer(), DAY)
    something_happens(session, history)
    days = [date(2026, 6, 29), DAY]
    assert [memory.count(session, day).accredited.total for day in days * 2] == [0, 1, 0, 1]


def test_nothing_is_remembered_while_no_event_could_tell_of_a_change(session: Session, history: History) -> None:
    memory = overview.Memory()
    assert memory.count(session, DAY).accredited.total == 0
    history.award(history.employer(), DAY)
    assert memory.count(session, DAY).accredited.total == 1


def test_the_memory_does_not_grow_for_ever(session: Session, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview.Memory, "LONGEST", 2)
    memory = overview.Memory()
    something_happens(session, history)
    first = memory.count(session, DAY)
    for day in (1, 2, 3):
        memory.count(session, date(2026, 1, day))
    assert memory.count(session, DAY) is not first
