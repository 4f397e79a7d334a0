"""Asking for a programme: once, to the right people, and counted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.improvement import programmes, taking_up
from charter.improvement.models import Programme, ProgrammeRequest
from charter.notification.models import Message
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

SCHEME = "charter@example.org"
Ask = Callable[..., ProgrammeRequest]


@pytest.fixture
def programme(make: Factory) -> Programme:
    return make.programmes()[0]


@pytest.fixture
def ask(employer: Organisation, owner: User, programme: Programme) -> Ask:
    """`ask(message="...", by=...)` asks for the programme in the name of the employer."""

    def go(
        message: str = "We have two people off sick.", by: User = owner, later: timedelta = timedelta()
    ) -> ProgrammeRequest:
        with transaction() as session:
            return taking_up.ask(
                session,
                session.get_one(Organisation, employer.id),
                session.get_one(Programme, programme.id),
                message=message,
                content=publishing.current(session).content,
                scheme_email=SCHEME,
                by=session.get_one(User, by.id),
                at=AT + later,
                on=local_date(AT + later),
            )

    return go


def written(session: Session) -> list[tuple[str, str]]:
    return [(one.kind, one.to_address) for one in session.scalars(sa.select(Message).order_by(Message.id))]


def took_up() -> int:
    query = sa.select(sa.func.count()).where(Engagement.kind == EngagementKind.PROGRAMME)
    return db.session.scalar(query) or 0


def test_asking_tells_the_contact_and_the_one_who_asked_and_is_counted(
    ask: Ask, programme: Programme, owner: User, administrator: User
) -> None:
    with transaction() as session:
        session.get_one(Programme, programme.id).contact_email = "workwell@example.org"
    ask("We have two people off sick.")
    assert written(db.session) == [
        ("programme_asked_for", "workwell@example.org"),
        ("programme_request_sent", owner.email),
    ]
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "programme_asked_for")).one()
    for said in ("Olive Owner", owner.email, "Teme Valley Orchards Ltd", "We have two people off sick."):
        assert said in body
    assert took_up() == 1


def test_without_a_contact_the_scheme_is_told_to_pass_it_on(ask: Ask, owner: User) -> None:
    ask()
    assert written(db.session)[0] == ("programme_asked_for", SCHEME)
    bodies = db.session.scalars(sa.select(Message.body).order_by(Message.id)).all()
    assert "Pass this on to the programme" in bodies[0]
    assert "We have no contact for it yet" in bodies[1]


def test_sending_the_same_twice_on_one_day_is_asking_once(ask: Ask) -> None:
    assert ask().id == ask().id
    assert (took_up(), len(written(db.session))) == (1, 2)


def test_other_words_or_another_person_on_one_day_are_told_that_it_is_asked(ask: Ask, colleague: User) -> None:
    ask()
    for again in (lambda: ask("Something else."), lambda: ask(by=colleague)):
        with pytest.raises(Refusal, match="asked for this today already"):
            again()
    assert took_up() == 1
    ask("Something else.", later=timedelta(days=1))
    assert took_up() == 2


def test_what_is_not_offered_any_more_cannot_be_asked_for(ask: Ask, programme: Programme, administrator: User) -> None:
    with transaction() as session:
        found, by = session.get_one(Programme, programme.id), session.get_one(User, administrator.id)
        programmes.retire(session, found, by=by, at=AT)
    with pytest.raises(Refusal, match="not offered any more"):
        ask()


def test_a_message_has_an_end(ask: Ask) -> None:
    with pytest.raises(Refusal) as refused:
        ask("x" * 1001)
    assert refused.value.field == "message"
    ask("x" * 1000)


def test_the_trail_keeps_who_asked_for_what_and_not_what_they_wrote(
    ask: Ask, employer: Organisation, owner: User, programme: Programme
) -> None:
    ask("A private matter.")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "programme:ask")).one()
    assert event.actor_id == owner.id
    assert event.details == {"organisation": str(employer.id), "programme": programme.code, "plan_action": None}


def test_what_an_employer_asked_for_is_known_newest_first(ask: Ask, employer: Organisation, stranger: User) -> None:
    first = ask()
    second = ask("Again.", later=timedelta(days=2))
    found = taking_up.asked_by(db.session, [employer.id])
    assert [one.id for one in found] == [second.id, first.id]
    theirs = stranger.memberships[0].organisation_id
    assert taking_up.asked_by(db.session, [theirs]) == []
