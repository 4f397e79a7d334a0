"""Values of measures: what may be entered, what a correction does, what stands on a day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.reporting import returns, targets
from charter.reporting.models import Measure, Return
from tests.reporting.history import History

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = AT.date()


@pytest.fixture
def clerk(session: Session) -> User:
    return History(session).clerk


@pytest.fixture
def count(session: Session) -> Measure:
    """A measure that is a number of things."""
    return next(
        one
        for one in targets.load_measures(session, by=None, at=AT)
        if one.unit != returns.PER_CENT and one.takes_returns
    )


@pytest.fixture
def rate(session: Session) -> Measure:
    """A measure that is a percentage."""
    return next(one for one in targets.load_measures(session, by=None, at=AT) if one.unit == returns.PER_CENT)


def enter(
    session: Session,
    measure: Measure,
    by: User,
    value: str = "10",
    as_at: date = TODAY,
    source: str = "The office",
    at: datetime = AT,
) -> Return:
    return returns.enter(session, measure, value=Decimal(value), as_at=as_at, source=source, by=by, at=at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"as_at": TODAY + timedelta(1)}, "as_at"),
        ({"as_at": date(1999, 12, 31)}, "as_at"),
        ({"source": "  "}, "source"),
        ({"source": "x" * 301}, "source"),
        ({"value": "-1"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "Infinity"}, "value"),
        ({"value": "10.5"}, "value"),
        ({"value": "1000000000"}, "value"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, count: Measure, clerk: User, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        enter(session, count, clerk, **values)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert returns.history(session, count) == []


@pytest.mark.parametrize("value", ["100.1", "-0.1", "80.1234"])
def test_a_percentage_is_from_0_to_100(session: Session, rate: Measure, clerk: User, value: str) -> None:
    with pytest.raises(Refusal):
        enter(session, rate, clerk, value)


@pytest.mark.parametrize("value", ["0", "100", "80.123"])
def test_a_percentage_at_the_edge_is_kept_exactly(session: Session, rate: Measure, clerk: User, value: str) -> None:
    enter(session, rate, clerk, value)
    session.flush()
    session.expire_all()
    assert returns.history(session, rate)[0].value == Decimal(value)


def test_a_measure_only_the_portal_counts_takes_no_return(session: Session, count: Measure, clerk: User) -> None:
    alone = session.scalars(sa.select(Measure).where(Measure.takes_returns.is_(False))).first()
    assert alone is not None
    with pytest.raises(Refusal, match="counts this measure itself"):
        enter(session, alone, clerk)


def test_today_is_the_local_day(session: Session, count: Measure, clerk: User) -> None:
    just_after_midnight = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # in London it is 2 July
    enter(session, count, clerk, as_at=date(2026, 7, 2), at=just_after_midnight)
    with pytest.raises(Refusal):
        enter(session, count, clerk, as_at=date(2026, 7, 3), at=just_after_midnight)


def test_a_correction_stands_and_what_it_corrects_is_kept(session: Session, count: Measure, clerk: User) -> None:
    enter(session, count, clerk, "10", source=" The office ")
    session.flush()
    enter(session, count, clerk, "12", at=AT + timedelta(hours=1))
    session.flush()
    assert [one.value for one in returns.history(session, count)] == [12, 10]
    assert returns.latest(session, TODAY)[count.id].value == 12
    assert {one.source for one in returns.history(session, count)} == {"The office"}


def test_a_correction_of_an_old_value_leaves_the_newer_one_standing(
    session: Session, count: Measure, clerk: User
) -> None:
    enter(session, count, clerk, "20", TODAY)
    enter(session, count, clerk, "10", date(2026, 6, 30))
    session.flush()
    enter(session, count, clerk, "11", date(2026, 6, 30), at=AT + timedelta(days=1))
    session.flush()
    assert returns.latest(session, TODAY)[count.id].value == 20
    assert returns.latest(session, date(2026, 7, 31))[count.id].value == 11
    assert returns.latest(session, date(2026, 6, 29)) == {}


def test_a_form_sent_twice_enters_one_value(session: Session, count: Measure, clerk: User) -> None:
    first = enter(session, count, clerk)
    session.flush()
    assert enter(session, count, clerk, at=AT + timedelta(seconds=1)) is first
    audit.seal(session)
    assert session.scalar(sa.select(sa.func.count()).where(audit.AuditEvent.action == "return:enter")) == 1


def test_entering_and_correcting_are_told_apart_in_the_trail(session: Session, count: Measure, clerk: User) -> None:
    enter(session, count, clerk, "10")
    session.flush()
    enter(session, count, clerk, "12", at=AT + timedelta(hours=1))
    audit.seal(session)
    said = session.scalars(
        sa.select(audit.AuditEvent).where(audit.AuditEvent.action.like("return:%")).order_by(audit.AuditEvent.sequence)
    ).all()
    assert [one.action for one in said] == ["return:enter", "return:correct"]
    assert said[1].details["instead_of"] in {"10", "10.000"}
