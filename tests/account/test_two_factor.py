"""The second factor: right codes, once."""

from datetime import timedelta
from threading import Barrier, Thread

import pyotp
import pytest
from sqlalchemy.orm import Session

from charter.account import two_factor
from charter.account.models import Role, User
from charter.database import writing
from charter.errors import Refusal
from tests.conftest import AT


@pytest.fixture
def person(session):
    found = User(email="asha@example.org", name="Asha Assessor", role=Role.ASSESSOR, created_at=AT)
    session.add(found)
    session.commit()
    return found


@pytest.fixture
def enrolled(session, person):
    two_factor.begin(session, person, at=AT)
    two_factor.confirm(session, person, code(person), at=AT)
    session.commit()
    return person


def code(person, at=AT):
    return pyotp.TOTP(person.totp_secret).at(at)


def test_staff_need_one_and_others_only_when_they_switched_it_on(session, person):
    assert two_factor.needed(person)
    person.role = Role.EMPLOYER
    assert not two_factor.needed(person)
    person.totp_confirmed_at = AT
    assert two_factor.needed(person)


def test_asking_twice_for_the_secret_gives_the_same_until_it_is_confirmed(session, person):
    secret = two_factor.begin(session, person, at=AT)
    assert two_factor.begin(session, person, at=AT) == secret
    two_factor.confirm(session, person, code(person), at=AT)
    assert person.totp_confirmed_at == AT
    with pytest.raises(Refusal, match="already use an app"):
        two_factor.begin(session, person, at=AT)


def test_a_wrong_code_does_not_switch_it_on(session, person):
    two_factor.begin(session, person, at=AT)
    wrong = f"{(int(code(person)) + 1) % 1_000_000:06}"
    with pytest.raises(Refusal, match="not right"):
        two_factor.confirm(session, person, wrong, at=AT)
    assert person.totp_confirmed_at is None


def test_the_app_reads_who_it_is_for_and_from_whom(session, person):
    secret = two_factor.begin(session, person, at=AT)
    uri = two_factor.provisioning_uri(person, issuer="Good Employment Charter")
    read = pyotp.parse_uri(uri)
    assert (read.secret, read.name, read.issuer) == (secret, "asha@example.org", "Good Employment Charter")


def test_no_code_works_twice(session, enrolled):
    later = AT + timedelta(minutes=5)
    assert two_factor.check(session, enrolled, code(enrolled, later), at=later)
    assert not two_factor.check(session, enrolled, code(enrolled, later), at=later)
    assert not two_factor.check(session, enrolled, code(enrolled, later), at=later + timedelta(seconds=20))


def test_the_code_that_confirmed_it_does_not_sign_in(session, enrolled):
    assert not two_factor.check(session, enrolled, code(enrolled), at=AT)


def test_a_code_before_the_last_one_used_does_not_work(session, enrolled):
    later = AT + timedelta(minutes=5)
    earlier = code(enrolled, later - timedelta(seconds=30))
    assert two_factor.check(session, enrolled, code(enrolled, later), at=later)
    assert not two_factor.check(session, enrolled, earlier, at=later)


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phone_may_be_one_step_off(session, enrolled, seconds, works):
    later = AT + timedelta(minutes=5)
    assert two_factor.check(session, enrolled, code(enrolled, later + timedelta(seconds=seconds)), at=later) is works


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00"])
def test_what_is_not_six_digits_is_never_right(session, enrolled, typed):
    assert not two_factor.check(session, enrolled, typed, at=AT + timedelta(minutes=5))


def test_a_code_may_be_typed_with_a_space(session, enrolled):
    later = AT + timedelta(minutes=5)
    typed = code(enrolled, later)
    assert two_factor.check(session, enrolled, f"{typed[:3]} {typed[3:]}", at=later)


def test_nobody_without_a_secret_has_a_right_code(session, person):
    assert not two_factor.check(session, person, "000000", at=AT)


def test_once_it_is_off_no_code_works_and_another_phone_gets_another_secret(session, enrolled):
    before = enrolled.totp_secret
    two_factor.off(session, enrolled, by=enrolled.id, at=AT)
    assert not two_factor.needed(User(role=Role.EMPLOYER, totp_confirmed_at=enrolled.totp_confirmed_at))
    assert not two_factor.check(session, enrolled, pyotp.TOTP(before).at(AT), at=AT)
    assert two_factor.begin(session, enrolled, at=AT) != before


def test_of_two_browsers_with_one_code_only_one_gets_in(engine):
    with writing(), Session(engine, expire_on_commit=False) as session:
        person = User(email="asha@example.org", name="Asha", role=Role.ASSESSOR, created_at=AT)
        person.totp_secret, person.totp_confirmed_at = pyotp.random_base32(), AT
        session.add(person)
        session.commit()
    ready, answers = Barrier(4), []

    def browser():
        ready.wait()
        with writing(), Session(engine) as session:
            answers.append(two_factor.check(session, session.get(User, person.id), code(person), at=AT))
            session.commit()

    threads = [Thread(target=browser) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]
