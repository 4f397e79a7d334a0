"""Signing up, and confirming an email address."""

import re
from datetime import timedelta

import pytest
import time_machine

from charter.account import people, registering
from charter.clock import now
from charter.extensions import db, transaction

OLIVE = {"name": "Olive Owner", "email": "Olive@Example.org", "password": "teapot marigold cycling"}


def test_from_signing_up_to_the_first_page(client, link):
    asked = client.send("/sign-up", OLIVE)
    assert asked.location == "/sign-up/check-your-email"
    assert "olive@example.org</strong>" in client.get(asked.location).text.lower()  # so that a slip is seen
    assert "var/mail" in client.get(asked.location).text  # the demo's emails are files
    confirmed = client.send(link("olive@example.org"))
    assert confirmed.location == "/account/home"
    assert client.get("/account/home").location == "/dashboard"
    assert "Olive Owner" in client.get("/account").text


def test_a_known_and_an_unknown_address_are_answered_alike(client, another, owner, mail, again):
    unknown = client.send("/sign-up", OLIVE)
    known = another.send("/sign-up", {**OLIVE, "email": owner.email.upper()})
    assert (unknown.status_code, unknown.location) == (known.status_code, known.location)
    pages = said(client.get(unknown.location)), said(another.get(known.location))
    with client.session_transaction() as one, another.session_transaction() as two:
        typed = one.pop("signing_up_as"), two.pop("signing_up_as")
        assert tuple(address.lower() for address in typed) == ("olive@example.org", owner.email)
        assert pages[0].replace(typed[0], "") == pages[1].replace(typed[1], "")  # but for what each typed themselves
        assert {name: len(str(value)) for name, value in one.items()} == {
            name: len(str(value)) for name, value in two.items()
        }
    assert [message.kind for message in mail("olive@example.org")] == ["confirm_email"]
    assert [message.kind for message in mail(owner.email)] == ["already_registered"]
    assert again(owner).name == "Olive Owner"


def said(page):
    return re.sub(r'nonce="[^"]+"', "", page.text)


def test_opening_the_link_confirms_nothing_and_pressing_the_button_does(client, link, app):
    client.send("/sign-up", OLIVE)
    for _ in range(3):  # mail scanners
        assert client.get(link("olive@example.org")).status_code == 200
    with app.app_context():
        assert registering.find(db.session, "olive@example.org").email_confirmed_at is None
    client.send(link("olive@example.org"))
    with app.app_context():
        assert registering.find(db.session, "olive@example.org").email_confirmed_at is not None


def test_a_link_works_once(client, another, link):
    client.send("/sign-up", OLIVE)
    address = link("olive@example.org")
    client.send(address)
    again = another.get(address)
    assert again.status_code == 410
    assert "This link has been used or is too old." in again.text


def test_a_link_ends_after_a_day(client, link):
    client.send("/sign-up", OLIVE)
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert client.get(link("olive@example.org")).status_code == 410


def test_made_up_links_are_answered_like_old_ones(client):
    for made_up in ("/confirm-email/x", "/reset-password/x", "/invitations/x", "/confirm-email/%00"):
        assert client.get(made_up).status_code == 410
        assert client.post(made_up).status_code in {303, 400, 410}


def test_in_another_browser_the_address_is_confirmed_but_nobody_is_signed_in(client, another, link):
    client.send("/sign-up", OLIVE)
    assert another.send(link("olive@example.org")).location == "/sign-in"
    assert "Your email address is confirmed." in another.get("/sign-in").text
    assert another.get("/account").location == "/sign-in"


def test_a_stranger_who_signs_up_over_somebody_does_not_get_their_browser_signed_in(client, another, link):
    client.send("/sign-up", OLIVE)
    another.send("/sign-up", {**OLIVE, "name": "Mallory", "password": "mallorys own secret"})
    assert client.send(link("olive@example.org")).location == "/sign-in"
    assert client.get("/account").location == "/sign-in"


def test_somebody_who_did_not_confirm_gets_the_link_again_when_they_sign_in(client, another, mail, link):
    client.send("/sign-up", OLIVE)
    first = link("olive@example.org")
    typed = {"email": OLIVE["email"], "password": OLIVE["password"]}
    assert another.send("/sign-in", typed).location == "/sign-up/check-your-email"
    assert [message.kind for message in mail("olive@example.org")] == ["confirm_email"] * 2
    assert another.get(first).status_code == 410
    assert another.send(link("olive@example.org")).location == "/account/home"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "Enter your full name."),
        ("name", "x" * 121, "Your name must be 120 characters or fewer. It has 121."),
        ("name", "Olive\nBcc: eve@example.org", "Your name must be on one line."),
        ("email", "", "Enter your email address."),
        ("email", "olive", "Enter an email address in the correct format, like name@example.co.uk."),
        ("email", "olive@example.org\nBcc: eve@example.org", "Enter an email address in the correct format"),
        ("email", "ölive@example.org", "Enter an email address in the correct format"),
        ("password", "", "Enter a password."),
        ("password", "too short", "Use at least 12 characters."),
        ("password", "password123456", "This password is too easy to guess."),
        ("password", "Worcestershire2026", "This password is too easy to guess."),
        ("password", "olive1234567", "Do not use your email address as your password."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_the_rest_stays_typed(client, mail, field, typed, said):
    page = client.send("/sign-up", {**OLIVE, field: typed})
    assert page.status_code == 400
    assert page.text.count(said) == 2  # in the summary and beside the field
    assert "<title>Error: " in page.text
    kept = "email" if field != "email" else "name"
    assert f'value="{OLIVE[kept]}"' in page.text
    assert OLIVE["password"] not in page.text
    assert mail("olive@example.org") == []


def test_boxes_tell_browsers_what_belongs_in_them(client):
    def autocomplete(page):
        return re.findall(r'autocomplete="([^"]+)"', client.get(page).text)

    assert autocomplete("/sign-up") == ["name", "email", "new-password"]
    assert autocomplete("/sign-in") == ["username", "current-password"]
    assert autocomplete("/forgot-password") == ["email"]


def test_nobody_can_fill_a_mailbox_by_signing_up(client, mail):
    for _ in range(8):
        assert client.send("/sign-up", OLIVE).location == "/sign-up/check-your-email"
    assert len(mail("olive@example.org")) == 5


def test_somebody_whose_account_is_closed_is_answered_like_anyone_and_told_nothing(client, owner, administrator, mail):
    with transaction() as session:
        people.disable(session, session.merge(owner), by=administrator, at=now())
    assert client.send("/sign-up", {**OLIVE, "email": owner.email}).location == "/sign-up/check-your-email"
    assert client.send("/forgot-password", {"email": owner.email}).location == "/forgot-password/check-your-email"
    assert mail(owner.email) == []


def test_all_that_is_wrong_is_told_in_one_round(client):
    page = client.send("/sign-up", {"name": "", "email": "nobody", "password": "short"})
    assert page.status_code == 400
    for message in ("Enter your full name.", "in the correct format", "Use at least 12 characters."):
        assert page.text.count(message) == 2
    one = client.send("/sign-up", {**OLIVE, "password": ""})
    assert one.text.count("Enter a password.") == 2
    assert "Use at least 12 characters. Three" not in one.text.split("<form")[0]


def test_it_says_why_an_account_is_needed_and_how_to_look_without_one(client):
    for page in ("/", "/sign-up"):
        text = client.get(page).text
        assert "all the questions</a>" in text
        assert 'href="/criteria"' in text.split("<main")[1]
