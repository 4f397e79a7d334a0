"""Two people and one programme in the same moment: it is asked for once, and of two changes the later is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.framework import publishing
from charter.improvement import programmes, taking_up
from charter.improvement.models import Programme, ProgrammeRequest
from charter.improvement.programmes import Details
from charter.notification.models import Message
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn


def asking(programme: Programme) -> Callable[[Session, Organisation, User], ProgrammeRequest]:
    key = programme.id

    def ask(session: Session, organisation: Organisation, user: User) -> ProgrammeRequest:
        return taking_up.ask(
            session,
            organisation,
            session.get_one(Programme, key),
            message="Please call.",
            content=publishing.current(session).content,
            scheme_email="charter@example.org",
            by=user,
            at=AT,
            on=local_date(AT),
        )

    return ask


def count(what: Any) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def test_a_double_click_asks_once_and_writes_once(
    app: Flask, make: Factory, employer: Organisation, owner: User
) -> None:
    ask = asking(make.programmes()[0])
    first, second = in_turn(app, employer, (owner, ask), (owner, ask))
    assert first.id == second.id
    taken = sa.select(Engagement).where(Engagement.kind == EngagementKind.PROGRAMME).subquery()
    assert (count(ProgrammeRequest), count(Message), count(taken)) == (1, 2, 1)


def test_of_two_colleagues_the_later_is_told(
    app: Flask, make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    ask = asking(make.programmes()[0])
    first, second = in_turn(app, employer, (owner, ask), (colleague, ask))
    assert isinstance(first, ProgrammeRequest)
    assert isinstance(second, Refusal)
    assert count(ProgrammeRequest) == 1


def changing(offers: str, seen: int) -> Callable[[Session, Programme, User], str]:
    def change(session: Session, programme: Programme, user: User) -> str:
        names = Details.__dataclass_fields__
        said = Details(**{name: getattr(programme, name) for name in names} | {"offers": offers})
        content = publishing.current(session).content
        programmes.change(session, programme, said, content, seen_version=seen, by=user, at=AT, on=local_date(AT))
        return offers

    return change


def confirming(seen: int) -> Callable[[Session, Programme, User], str]:
    def confirm(session: Session, programme: Programme, user: User) -> str:
        until = local_date(AT) + timedelta(days=500)
        programmes.confirm(session, programme, review_by=until, seen_version=seen, by=user, at=AT, on=local_date(AT))
        return "confirmed"

    return confirm


@pytest.mark.parametrize("later", ["change", "confirm"])
def test_of_two_administrators_with_one_service_the_later_is_told_in_our_words(
    app: Flask, make: Factory, administrator: User, later: str
) -> None:
    programme = make.programmes()[0]
    seen = programme.version
    second = changing("By the second.", seen) if later == "change" else confirming(seen)
    first = (administrator, changing("By the first.", seen))
    said, refused = in_turn(app, programme, first, (make.staff("administrator", "Second"), second))
    assert said == "By the first."
    assert isinstance(refused, Stale)
    db.session.rollback()
    assert db.session.get_one(Programme, programme.id, populate_existing=True).offers == "By the first."


def test_a_service_that_two_take_out_at_once_is_taken_out_once(app: Flask, make: Factory, administrator: User) -> None:
    def retire(session: Session, programme: Programme, user: User) -> str:
        programmes.retire(session, programme, by=user, at=AT)
        return "out"

    who = (administrator, retire)
    assert [str(one) for one in in_turn(app, make.programmes()[0], who, who)] == [
        "out",
        "This programme is retired already.",
    ]
