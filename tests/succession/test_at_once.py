"""People who decide about who belongs to an employer in the same moment."""

from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import asking, claiming, transferring, turns
from charter.succession.models import Afterwards, Claim, JoinRequest, Matched, Transfer
from charter.succession.status import ClaimStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.succession.conftest import ask, at_domain, claim, close, days, fresh, parts, presses, told
from tests.turns import WAITS, in_turn

OWNER, CONTRIBUTOR = MemberRole.OWNER, MemberRole.CONTRIBUTOR


def count(what: Any) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


@pytest.fixture
def second(make: Factory, known: Organisation) -> User:
    return make.member(known, "Olga Owner")


def asks(session: Session, employer: Organisation, user: User) -> JoinRequest:
    return asking.ask(session, asking.Match(employer, Matched.DOMAIN), message="", by=user, at=AT)


def test_a_double_click_asks_once(app: Flask, known: Organisation, newcomer: User) -> None:
    first, again = in_turn(app, known, (newcomer, asks), (newcomer, asks))
    assert first.id == again.id
    assert count(JoinRequest) == count(Message) == 1


def test_of_two_owners_who_answer_at_once_the_later_is_told(
    app: Flask, known: Organisation, owner: User, second: User, newcomer: User
) -> None:
    request = ask(known, newcomer)

    def accepts(session: Session, employer: Organisation, user: User) -> None:
        asking.accept(session, session.get_one(JoinRequest, request.id), role=CONTRIBUTOR, by=user, at=AT)

    def declines(session: Session, employer: Organisation, user: User) -> None:
        asking.decline(session, session.get_one(JoinRequest, request.id), reason="No.", by=user, at=AT)

    accepted, declined = in_turn(app, known, (owner, accepts), (second, declines))
    assert accepted is None
    assert isinstance(declined, Refusal)
    assert "Olive Owner has answered this request already: let them in." in str(declined)
    assert parts(known)["Nina"] is CONTRIBUTOR
    assert told("join_declined") == set()


def test_a_double_click_lets_somebody_in_once(app: Flask, known: Organisation, owner: User, newcomer: User) -> None:
    request = ask(known, newcomer)

    def accepts(session: Session, employer: Organisation, user: User) -> None:
        asking.accept(session, session.get_one(JoinRequest, request.id), role=CONTRIBUTOR, by=user, at=AT)

    assert in_turn(app, known, (owner, accepts), (owner, accepts)) == [None, None]
    assert count(Membership) == 2


def test_whoever_takes_a_step_that_went_into_another_employer_takes_turns_with_that_one(
    app: Flask, make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    request_id, other_id = ask(known, newcomer).id, make.organisation("Teme Valley Orchards").id
    known_id = known.id
    with transaction() as session:
        session.get_one(JoinRequest, request_id).organisation_id = other_id

    def takes(session: Session, employer: Organisation, user: User) -> float:
        step = session.get_one(JoinRequest, request_id)
        set_committed_value(step, "organisation_id", known_id)  # as it was read before a merge moved it
        turns.take(session, step)
        return monotonic()

    def waits(session: Session, employer: Organisation, user: User) -> float:
        turns.hold(session, other_id)
        return monotonic()

    first, second = in_turn(app, known, (owner, takes), (newcomer, waits))
    assert second - first >= WAITS * 0.9


def test_an_offer_that_is_withdrawn_while_it_is_accepted_is_one_or_the_other(
    app: Flask, employer: Organisation, owner: User, colleague: User
) -> None:
    def offers(session: Session, employer: Organisation, user: User) -> Transfer:
        return transferring.offer(session, employer, to=colleague_email, afterwards=Afterwards.LEAVES, by=user, at=AT)

    colleague_email = colleague.email
    made, again = in_turn(app, employer, (owner, offers), (owner, offers))
    assert made.id == again.id

    def accepts(session: Session, employer: Organisation, user: User) -> None:
        transferring.accept(session, session.get_one(Transfer, made.id), by=user, at=AT)

    def withdraws(session: Session, employer: Organisation, user: User) -> None:
        transferring.withdraw(session, session.get_one(Transfer, made.id), by=user, at=AT)

    accepted, withdrawn = in_turn(app, employer, (colleague, accepts), (owner, withdraws))
    assert accepted is None
    assert isinstance(withdrawn, Refusal)
    assert parts(employer) == {"Colin": OWNER}


def test_of_two_who_claim_at_once_one_does(
    app: Flask, make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    close(owner)
    other = at_domain(make.user("Sam Second"))

    def claims(session: Session, employer: Organisation, user: User) -> Claim:
        return claiming.claim(session, employer, message="I run it.", by=user, at=AT)

    made, refused = in_turn(app, known, (newcomer, claims), (other, claims))
    assert made.user_id == newcomer.id
    assert isinstance(refused, Refusal)
    again, same = in_turn(app, known, (newcomer, claims), (newcomer, claims))
    assert again.id == same.id == made.id
    assert count(Claim) == 1


@pytest.mark.parametrize("first", ["stops", "grants"])
def test_a_claim_that_is_stopped_while_it_is_granted_is_one_or_the_other(
    app: Flask, known: Organisation, owner: User, colleague: User, newcomer: User, first: str
) -> None:
    close(owner)
    made = claim(known, newcomer, at=AT)
    presses(newcomer, AT)

    def stops(session: Session, employer: Organisation, user: User) -> None:
        claiming.stop(session, session.get_one(Claim, made.id), by=user, at=days(14))

    def grants(session: Session, employer: Organisation, user: User) -> int:
        return claiming.settle(session, days(14).date(), days(14))

    deeds = {"stops": stops, "grants": grants}
    second = "grants" if first == "stops" else "stops"
    given = in_turn(app, known, (colleague, deeds[first]), (colleague, deeds[second]))
    if first == "stops":
        assert given == [None, 0]
        assert fresh(made).status is ClaimStatus.STOPPED
        assert "Nina" not in parts(known)
    else:
        assert given[0] == 1
        assert isinstance(given[1], Refusal)
        assert parts(known)["Nina"] is OWNER
