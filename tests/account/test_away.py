"""When staff are away."""

from datetime import date, timedelta

import pytest
from flask import Flask

from charter.account import away
from charter.account.away import Away
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from tests.conftest import AT
from tests.turns import in_turn

ON = local_date(AT)


def add(person: User, first: int, last: int, *, by: User | None = None) -> Away:
    """Away from so many days after today to so many."""
    days = {"starts_on": ON + timedelta(days=first), "ends_on": ON + timedelta(days=last)}
    with transaction() as session:
        return away.add(session, person, **days, by=by or person, at=AT, on=ON)


def end(one: Away, by: User, on: date = ON) -> None:
    with transaction() as session:
        away.end(session, one, by=by, at=AT, on=on)


def test_days_that_meet_are_refused_and_the_same_again_is_kept_once(assessor: User) -> None:
    kept = add(assessor, 5, 9)
    assert add(assessor, 5, 9).id == kept.id
    for first, last in ((0, 5), (9, 12), (6, 7), (1, 20)):
        with pytest.raises(Refusal, match="These days meet others that are entered: 27 November 2026 to 1 December"):
            add(assessor, first, last)
    assert add(assessor, 10, 12).id != kept.id


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [(3, 2, "first day or after"), (-5, -1, "today or after"), (0, 400, "a year at most")],
)
def test_days_that_make_no_sense_are_refused(assessor: User, first: int, last: int, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        add(assessor, first, last)


def test_a_lead_enters_them_for_others_and_an_assessor_does_not(
    assessor: User, moderator: User, administrator: User
) -> None:
    add(assessor, 0, 1, by=moderator)
    add(assessor, 3, 4, by=administrator)
    with pytest.raises(Refusal, match="Only the person, a moderator or an administrator"):
        add(moderator, 0, 1, by=assessor)


def test_what_is_past_stays_what_began_ends_yesterday_and_what_is_to_come_goes(assessor: User) -> None:
    first, later = add(assessor, 0, 4), add(assessor, 10, 12)
    end(first, assessor, ON + timedelta(days=2))
    end(later, assessor)
    assert [(one.starts_on, one.ends_on) for one in away.of(db.session, assessor)] == [(ON, ON + timedelta(days=1))]
    with pytest.raises(Refusal, match="These days are past"):
        end(first, assessor, ON + timedelta(days=5))


def test_two_who_enter_days_that_meet_at_once_keep_one(app: Flask, assessor: User, moderator: User) -> None:
    def deed(session, person, by):
        return away.add(session, person, starts_on=ON, ends_on=ON, by=by, at=AT, on=ON)

    def longer(session, person, by):
        return away.add(session, person, starts_on=ON, ends_on=ON + timedelta(days=3), by=by, at=AT, on=ON)

    _, later = in_turn(app, assessor, (assessor, deed), (moderator, longer))
    assert isinstance(later, Refusal)
    assert len(away.of(db.session, assessor)) == 1
