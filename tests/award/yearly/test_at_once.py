"""What two people do to one yearly return in the same moment: the second waits, and is told what the first did."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.metric_values import MetricValue
from charter.award.yearly import giving, opening
from charter.award.yearly.models import YearlyReturn
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn

ON = AT.date()


@pytest.fixture
def due(make: Factory, employer: Organisation, owner: User, moderator: User) -> YearlyReturn:
    award = make.award(employer, on=ON - timedelta(days=340), by=moderator)
    return make.gives(make.yearly_return(award, on=ON), period_end=ON, send=False, by=owner, at=AT)


def say(people: str, *, seen: int) -> Deed:
    def deed(session: Session, due: YearlyReturn, user: User) -> object:
        inputs = {**due.inputs, due.content.headcount_field: people}
        giving.save(
            session,
            due,
            period_end=ON,
            inputs=inputs,
            notes={},
            unknown=(),
            seen_version=seen,
            by=user,
            at=AT,
        )
        return people

    return deed


def send(seen: int) -> Deed:
    def deed(session: Session, due: YearlyReturn, user: User) -> object:
        giving.send(session, due, declared_by=user.name, declared_role="Owner", seen_version=seen, by=user, at=AT)
        return "sent"

    return deed


def now_there(due: YearlyReturn) -> YearlyReturn:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(YearlyReturn, due.id)


def test_of_two_who_save_at_once_the_later_is_told_and_loses_nothing_of_the_first(
    app: Flask, due: YearlyReturn, owner: User, colleague: User
) -> None:
    seen = due.version
    first, second = in_turn(app, due, (owner, say("7", seen=seen)), (colleague, say("8", seen=seen)))
    assert (first, type(second)) == ("7", Stale)
    assert now_there(due).inputs[due.content.headcount_field] == "7"


def test_of_two_who_send_at_once_one_does_and_it_counts_once(
    app: Flask, due: YearlyReturn, owner: User, colleague: User
) -> None:
    seen = due.version
    first, second = in_turn(app, due, (owner, send(seen)), (colleague, send(seen)))
    assert first == "sent"
    assert isinstance(second, Refusal)
    assert str(second) == giving.SENT
    values = db.session.scalars(sa.select(MetricValue.metric)).all()
    assert len(values) == len(set(values)) == len(due.content.metrics_for(due.level))


def test_whoever_saves_while_a_colleague_sends_changes_nothing_that_was_sent(
    app: Flask, due: YearlyReturn, owner: User, colleague: User
) -> None:
    seen = due.version
    first, second = in_turn(app, due, (owner, send(seen)), (colleague, say("9", seen=seen)))
    assert (first, str(second)) == ("sent", giving.SENT)
    assert now_there(due).inputs[due.content.headcount_field] == "6"


def test_two_workers_at_once_open_a_return_once(
    app: Flask, make: Factory, employer: Organisation, owner: User, moderator: User
) -> None:
    make.award(employer, on=ON - timedelta(days=340), by=moderator)

    def opens(session: Session, _employer: Organisation, _user: User) -> object:
        return opening.open_due(session, ON, AT)

    assert in_turn(app, employer, (owner, opens), (owner, opens)) == [1, 0]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(YearlyReturn)) == 1
