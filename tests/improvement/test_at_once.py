"""Two people ask for one programme in the same moment: it is asked for once."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db
from charter.framework import publishing
from charter.improvement import taking_up
from charter.improvement.models import Programme, ProgrammeRequest
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
