"""How often somebody may guess."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from charter.account import throttle
from charter.account.models import SignInAttempt
from charter.errors import Refusal
from tests.conftest import AT

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def guess(session, times=1, *, email="olive@example.org", network=ELSEWHERE, at=AT):
    for _ in range(times):
        throttle.try_password(session, email=email, network=network, at=at)
        session.flush()


def may_guess(session, **where) -> bool:
    try:
        guess(session, **where)
    except Refusal:
        return False
    return True


def test_the_eleventh_try_in_fifteen_minutes_is_refused_and_the_wait_ends(session):
    guess(session, 10)
    with pytest.raises(Refusal, match="Wait 15 minutes"):
        guess(session)
    with pytest.raises(Refusal):
        guess(session, at=AT + timedelta(minutes=14))
    guess(session, at=AT + timedelta(minutes=15))


def test_refused_tries_do_not_make_the_wait_longer(session):
    guess(session, 10)
    for minute in range(15):
        with pytest.raises(Refusal):
            guess(session, at=AT + timedelta(minutes=minute))
    guess(session, at=AT + timedelta(minutes=15))


def test_somebody_elses_guesses_do_not_lock_the_owner_out(session):
    guess(session, 10)
    assert may_guess(session, network=HOME)
    assert not may_guess(session), "whoever guessed is locked out"


def test_guesses_from_many_places_at_one_address_end_too(session):
    for place in range(10):
        guess(session, 10, network=f"203.0.113.{place}")
    with pytest.raises(Refusal):
        guess(session, network=HOME)


def test_a_new_password_by_email_lets_the_owner_in_at_once(session):
    for place in range(10):
        guess(session, 10, network=f"203.0.113.{place}")
    assert not may_guess(session, network=HOME)
    throttle.forget_address(session, email="olive@example.org")
    assert may_guess(session, network=HOME)


def test_one_place_trying_many_addresses_ends_too(session):
    for person in range(30):
        guess(session, 10, email=f"person{person}@example.org")
    with pytest.raises(Refusal):
        guess(session, email="another@example.org")
    guess(session, email="another@example.org", network=HOME)


def test_a_right_password_leaves_nothing_counted_however_many_sign_in_from_one_office(session):
    guess(session, 5, network=HOME)
    for _ in range(2):
        tried = throttle.try_password(session, email="olive@example.org", network=HOME, at=AT)
        session.flush()
        throttle.forget_tries(session, tried, email="olive@example.org", network=HOME)
    counted = session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt))
    assert counted == 10  # the five wrong ones, for the address and for the office; nothing for the two together


def test_an_address_is_the_same_however_it_is_written(session):
    guess(session, 10)
    with pytest.raises(Refusal):
        guess(session, email=" Olive@EXAMPLE.org")


def test_codes_are_counted_for_the_person(session):
    person = uuid4()
    for _ in range(10):
        throttle.try_code(session, person, at=AT)
        session.flush()
    with pytest.raises(Refusal):
        throttle.try_code(session, person, at=AT)
    throttle.try_code(session, uuid4(), at=AT)
    throttle.forget_codes(session, person)
    throttle.try_code(session, person, at=AT)


def test_nobody_can_fill_a_strangers_mailbox(session):
    allowed = []
    for _ in range(7):
        allowed.append(throttle.may_write(session, email="olive@example.org", network=ELSEWHERE, at=AT))
        session.flush()
    assert allowed == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_one_subscriber_is_one_network(remote, expected):
    assert throttle.network(remote) == expected


def test_no_address_is_kept_as_it_was_typed(session):
    guess(session)
    kept = session.scalars(sa.select(SignInAttempt)).all()
    assert kept
    for attempt in kept:
        assert len(attempt.subject_hash) == 64
        assert "olive" not in attempt.subject_hash
