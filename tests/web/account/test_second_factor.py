"""The second factor: staff never get in without one."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine

from charter.account import people
from charter.account.models import Role
from charter.clock import now
from charter.extensions import transaction
from charter.notification import emails
from tests.factories import PASSWORD

NEW = "lantern wombat saddle"


@pytest.fixture
def newcomer(administrator):
    """Somebody new on the staff, who has only the mailed link."""
    with transaction() as session:
        made = people.invite_staff(
            session, name="Nina New", email="nina@example.org", role=Role.ASSESSOR, by=administrator, at=now()
        )
        emails.staff_welcome(session, to=made.user, token=made.token, event_key="welcome", at=now())
    return made.user


def key_on(page):
    return re.search(r'class="charter-key">([^<]+)<', page.text)[1].replace(" ", "")


def test_the_password_alone_starts_no_session(client, assessor, password):
    assert password(client, assessor).location == "/sign-in/code"
    for page in ("/account", "/account/home", "/admin/"):
        assert client.get(page).location == "/sign-in"
    with client.session_transaction() as cookie:
        assert "_user_id" not in cookie


def test_no_code_works_twice(client, another, assessor, password, code):
    used = code(assessor)
    password(client, assessor)
    password(another, assessor)
    assert client.send("/sign-in/code", {"code": used}).location == "/account/home"
    replayed = another.send("/sign-in/code", {"code": used})
    assert replayed.status_code == 400
    assert "That code is not right." in replayed.text
    assert another.get("/account").location == "/sign-in"


def test_a_code_is_asked_for_only_after_the_password(client):
    assert client.get("/sign-in/code").location == "/sign-in"
    assert client.get("/account/second-factor").location == "/sign-in"


def test_the_code_must_come_within_ten_minutes(client, assessor, password):
    password(client, assessor)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        assert client.get("/sign-in/code").location == "/sign-in"


def test_ten_wrong_codes_end_it_also_for_a_browser_that_forgets(client, another, assessor, password, code):
    password(client, assessor)
    remembered = client.get_cookie("charter").value
    for _ in range(10):
        assert "not right" in client.send("/sign-in/code", {"code": wrong(code, assessor)}).text
    assert "too many tries" in client.send("/sign-in/code", {"code": code(assessor)}).text
    client.set_cookie("charter", remembered)
    assert "too many tries" in client.send("/sign-in/code", {"code": code(assessor)}).text
    assert client.get("/account").location == "/sign-in"


def wrong(code, person):
    return f"{(int(code(person)) + 1) % 1_000_000:06}"


@pytest.mark.parametrize("typed", ["", "12345", "abcdef"])
def test_what_is_not_a_code_is_said_plainly(client, assessor, password, typed):
    password(client, assessor)
    page = client.send("/sign-in/code", {"code": typed})
    assert page.status_code == 400
    assert "6 numbers" in page.text


def test_a_newcomer_chooses_a_password_sets_up_a_phone_and_is_in(client, another, newcomer, link, password):
    assert client.send(link("nina@example.org"), {"password": NEW}).location == "/account/second-factor"
    page = client.get("/account/second-factor")
    assert "<svg" in page.text
    assert client.get("/account").location == "/sign-in"
    phone = pyotp.TOTP(key_on(page))
    uri = re.search(r'href="(otpauth://[^"]+)"', page.text)[1].replace("&amp;", "&")
    assert pyotp.parse_uri(uri).secret == phone.secret
    assert client.send("/account/second-factor", {"code": phone.now()}).location == "/account"
    assert client.get("/account/home").location == "/admin/reviews/"
    assert password(another, newcomer, NEW).location == "/sign-in/code"


def test_the_key_stays_the_same_when_the_first_code_was_wrong(client, newcomer, link):
    client.send(link("nina@example.org"), {"password": NEW})
    key = key_on(client.get("/account/second-factor"))
    again = client.send("/account/second-factor", {"code": f"{(int(pyotp.TOTP(key).now()) + 1) % 1_000_000:06}"})
    assert again.status_code == 400
    assert key_on(again) == key


def test_staff_who_are_in_without_one_see_nothing_else_first(client, make, again):
    person = make.staff("moderator", "Mia Moderator")
    with transaction() as session:
        people.two_factor.off(session, session.merge(person), by=person.id, at=now())
    client.sign_in(person)
    for page in ("/account", "/admin/", "/", "/employers"):
        assert client.get(page).location == "/account/second-factor"
    key = key_on(client.get("/account/second-factor"))
    assert client.send("/account/second-factor", {"code": pyotp.TOTP(key).now()}).location == "/account"
    assert client.get("/account").status_code == 200


def test_an_employers_person_may_switch_it_on_and_off(client, another, owner, password, code, again):
    password(client, owner)
    key = key_on(client.get("/account/second-factor"))
    client.send("/account/second-factor", {"code": code(owner)})
    assert again(owner).totp_confirmed_at is not None
    assert again(owner).totp_secret == key
    assert password(another, owner).location == "/sign-in/code"
    assert client.send("/account/second-factor", {"current": "wrong", "code": code(owner)}).status_code == 400
    assert client.send("/account/second-factor", {"current": PASSWORD, "code": "000000"}).status_code == 400
    assert again(owner).totp_confirmed_at is not None
    assert client.send("/account/second-factor", {"current": PASSWORD, "code": code(owner)}).location == "/account"
    assert again(owner).totp_confirmed_at is None


def test_staff_can_only_change_phones(client, assessor, code, again):
    client.sign_in(assessor)
    before = again(assessor).totp_secret
    answer = client.send("/account/second-factor", {"current": PASSWORD, "code": code(assessor)})
    assert answer.location == "/account/second-factor"
    assert client.get("/account").location == "/account/second-factor"
    assert key_on(client.get("/account/second-factor")) != before


def test_a_new_role_among_the_staff_means_signing_in_again_with_a_phone(
    client, another, owner, administrator, password
):
    password(client, owner)
    with transaction() as session:
        people.change_role(session, session.merge(owner), Role.ASSESSOR, by=administrator, at=now())
    assert client.get("/account").location == "/sign-in"
    assert password(another, owner).location == "/account/second-factor"
