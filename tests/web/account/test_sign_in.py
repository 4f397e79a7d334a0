"""Signing in and out."""

from datetime import timedelta

import pytest
import time_machine

from charter import worker
from charter.account import people
from charter.clock import now
from charter.extensions import transaction
from charter.web.access import is_ours

WRONG = "The email address or the password is not right."
NOT_OURS = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "http:/evil.example",
    "evil.example",
    "/\u2028/evil.example",
    "/dashboard\\@evil.example",
    "",
    "/sign-out",
]


@pytest.mark.parametrize(
    ("who", "home"),
    [
        ("owner", "/dashboard"),
        ("assessor", "/admin/reviews/"),
        ("moderator", "/admin/reviews/"),
        ("board_member", "/board"),
        ("administrator", "/admin/"),
    ],
)
def test_each_person_comes_to_their_own_home(request, client, password, code, who, home):
    person = request.getfixturevalue(who)
    answer = password(client, person)
    if who != "owner":
        assert answer.location == "/sign-in/code"
        answer = client.send("/sign-in/code", {"code": code(person)})
    assert (answer.status_code, answer.location) == (303, "/account/home")
    assert client.get("/account/home").location == home


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(client, another, owner):
    wrong = client.send("/sign-in", {"email": owner.email, "password": "not the password"})
    unknown = another.send("/sign-in", {"email": "nobody@example.org", "password": "not the password"})
    assert (wrong.status_code, unknown.status_code) == (400, 400)
    assert WRONG in wrong.text
    assert WRONG in unknown.text
    assert client.get("/account").location == "/sign-in"


def test_the_address_may_be_typed_in_any_case_with_spaces_around(client, owner, password):
    owner.email = f" {owner.email.upper()} "
    assert password(client, owner).location == "/account/home"


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_empty_box_is_named(client, owner, field):
    page = client.send("/sign-in", {"email": owner.email, "password": "x", field: ""})
    assert page.status_code == 400
    assert page.text.count("Enter your") >= 2


def test_after_ten_wrong_tries_even_the_right_password_waits_fifteen_minutes(client, owner, password):
    for _ in range(10):
        assert WRONG in password(client, owner, "wrong wrong wrong").text
    waiting = password(client, owner)
    assert waiting.status_code == 400
    assert "There were too many tries. Wait 15 minutes, then try again." in waiting.text
    with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
        assert password(client, owner).location == "/account/home"


def test_unknown_addresses_wait_alike(client):
    for _ in range(10):
        client.send("/sign-in", {"email": "nobody@example.org", "password": "wrong wrong wrong"})
    waiting = client.send("/sign-in", {"email": "nobody@example.org", "password": "wrong wrong wrong"})
    assert "There were too many tries." in waiting.text


def test_guesses_from_elsewhere_do_not_keep_the_owner_out(client, another, owner, password):
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    for _ in range(11):
        refused = another.post(
            "/sign-in",
            data={"csrf_token": another.token("/sign-in"), "email": owner.email, "password": "wrong wrong"},
            environ_overrides=elsewhere,
        )
    assert "There were too many tries." in refused.text
    assert password(client, owner).location == "/account/home"


def test_a_stolen_cookie_does_not_work_after_signing_out(client, another, owner, password):
    password(client, owner)
    stolen = client.get_cookie("charter").value
    another.set_cookie("charter", stolen)
    assert another.get("/account").status_code == 200
    signed_out = client.send("/account/name", {}, to="/sign-out")
    assert (signed_out.status_code, signed_out.location) == (303, "/")
    another.set_cookie("charter", stolen)
    assert another.get("/account").location == "/sign-in"


def test_a_session_planted_before_signing_in_is_not_the_one_after(client, another, owner, password):
    client.get("/sign-in")
    before = client.get_cookie("charter").value
    password(client, owner)
    another.set_cookie("charter", before)
    assert another.get("/account").location == "/sign-in"


def test_signing_out_needs_the_token_of_the_form(client, owner, password):
    password(client, owner)
    assert client.post("/sign-out").status_code == 400
    assert client.get("/account").status_code == 200


def test_somebody_whose_account_is_closed_is_out_at_once_and_stays_out(client, owner, administrator, password):
    password(client, owner)
    assert client.get("/account").status_code == 200
    with transaction() as session:
        people.disable(session, session.merge(owner), by=administrator, at=now())
    assert client.get("/account").location == "/sign-in"
    assert WRONG in password(client, owner).text


def test_a_session_ends_when_nothing_happens_for_two_hours(client, owner, password):
    password(client, owner)
    with time_machine.travel(now() + timedelta(minutes=119)):
        assert client.get("/account").status_code == 200
    with time_machine.travel(now() + timedelta(minutes=119 + 121)):
        assert client.get("/account").location == "/sign-in"


def test_whoever_is_signed_in_is_not_asked_again(client, owner, password):
    password(client, owner)
    for page in ("/sign-in", "/sign-up"):
        assert client.get(page).location == "/account/home"


def test_after_signing_in_people_come_to_the_page_they_asked_for(client, owner, password):
    assert client.get("/account/name?from=mail").location == "/sign-in"
    assert password(client, owner).location == "/account/name?from=mail"
    assert client.get("/sign-in").location == "/account/home"


@pytest.mark.parametrize("address", NOT_OURS)
def test_signing_in_leads_nowhere_but_to_pages_of_ours(app, client, owner, password, address):
    with app.test_request_context():
        assert not is_ours(address)
    with client.session_transaction() as cookie:
        cookie["next"] = address
    assert password(client, owner).location == "/account/home"


@pytest.mark.parametrize("address", ["/", "/dashboard", "/assessments/1?a=b&c=%2F%2Fd", "/employers?q=a:b@c"])
def test_pages_of_ours_are_ours(app, address):
    with app.test_request_context():
        assert is_ours(address)


def test_no_address_in_the_address_bar_is_gone_to(client, owner):
    for name in ("next", "url", "return_to"):
        answer = client.post(
            f"/sign-in?{name}=//evil.example",
            data={"csrf_token": client.token("/sign-in"), "email": owner.email, "password": "wrong", name: "//evil"},
        )
        assert answer.status_code == 400
        assert "evil" not in answer.text


def test_these_pages_are_kept_by_no_browser(client):
    for page in ("/sign-in", "/sign-up", "/forgot-password", "/confirm-email/x"):
        assert client.get(page).headers["Cache-Control"] == "private, no-store"


# The person whose session ended while they were typing -------------------------------------------------------------


@pytest.mark.parametrize("away", [timedelta(hours=3), timedelta(days=10)], ids=["over lunch", "over a holiday"])
@pytest.mark.parametrize("who", ["owner", "assessor"])
def test_what_somebody_was_typing_when_their_session_ended_is_there_after_signing_in(
    request, client, password, code, who, away
):
    person = request.getfixturevalue(who)
    client.sign_in(person)
    token = client.token("/account/name")
    long_name = "Olive Persephone Wilhelmina Owner-Smythe"
    with time_machine.travel(now() + away):
        worker.tidy()
        ended = client.post("/account/name", data={"csrf_token": token, "name": long_name})
        assert ended.location == "/sign-in"
        assert "We kept what you typed." in client.get("/sign-in").text
        answer = password(client, person)
        if who == "assessor":
            answer = client.send("/sign-in/code", {"code": code(person)})
        assert answer.location == "/account/name"
        page = client.get("/account/name").text
        assert f'value="{long_name}"' in page
        client.send("/account/name", {"name": long_name})
        assert long_name in client.get("/account").text


def test_what_one_person_was_typing_is_not_shown_to_another(client, owner, colleague, password):
    client.sign_in(owner)
    token = client.token("/account/name")
    with time_machine.travel(now() + timedelta(hours=3)):
        client.post("/account/name", data={"csrf_token": token, "name": "Something private"})
        assert password(client, colleague).location == "/account/name"
        assert "Something private" not in client.get("/account/name").text


def test_whoever_lost_the_cookie_is_told_that_what_they_typed_could_not_be_kept(client, owner, password):
    client.sign_in(owner)
    token = client.token("/account/name")
    client.send("/account", to="/sign-out")  # in another tab
    answer = client.post("/account/name", data={"csrf_token": token, "name": "Olive Persephone Owner"})
    assert answer.location == "/sign-in"
    assert "we could not keep what you typed" in client.get("/sign-in").text
    assert password(client, owner).location == "/account/name"
    assert "Persephone" not in client.get("/account/name").text


def test_whoever_only_pressed_a_button_is_told_nothing_of_what_they_typed(client, owner):
    client.sign_in(owner)
    token = client.token("/account/name")
    client.send("/account", to="/sign-out")
    client.post("/account/name", data={"csrf_token": token, "name": "  "})
    client.post("/sign-in", data={"email": owner.email, "password": "typed without a cookie"})
    assert "could not keep what you typed" not in client.get("/sign-in").text


def test_what_was_kept_for_too_long_is_said_to_be_gone(client, owner, password):
    client.sign_in(owner)
    token = client.token("/account/name")
    with time_machine.travel(now() + timedelta(hours=3)):
        client.post("/account/name", data={"csrf_token": token, "name": "Olive Persephone Owner"})
    with time_machine.travel(now() + timedelta(hours=30)):
        worker.tidy()
        assert password(client, owner).location == "/account/name"
        page = client.get("/account/name").text
        assert "was kept for a day, and is gone now" in page
        assert "gone now" not in client.get("/account/name").text
