"""A new password for somebody who forgot theirs."""

from datetime import timedelta

import time_machine

from charter.clock import now

NEW = "lantern wombat saddle"


def test_a_new_password_by_email_signs_in_here_and_ends_every_other_session(
    client, sign_in, owner, link, password, another
):
    elsewhere = sign_in(owner)
    assert client.send("/forgot-password", {"email": owner.email}).location == "/forgot-password/check-your-email"
    assert client.get("/forgot-password/check-your-email").status_code == 200
    done = client.send(link(owner.email), {"password": NEW})
    assert done.location == "/account/home"
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").location == "/sign-in"
    assert password(another, owner).status_code == 400
    assert password(another, owner, NEW).location == "/account/home"


def test_the_person_is_told_that_the_password_changed(client, owner, link, mail):
    client.send("/forgot-password", {"email": owner.email})
    client.send(link(owner.email), {"password": NEW})
    assert [message.kind for message in mail(owner.email)] == ["reset_password", "password_changed"]


def test_a_known_and_an_unknown_address_are_answered_alike(client, another, owner, mail):
    known = client.send("/forgot-password", {"email": owner.email})
    unknown = another.send("/forgot-password", {"email": "nobody@example.org"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert mail("nobody@example.org") == []


def test_a_link_works_once(client, another, owner, link):
    client.send("/forgot-password", {"email": owner.email})
    address = link(owner.email)
    client.send(address, {"password": NEW})
    assert another.get(address).status_code == 410


def test_a_link_ends_after_an_hour_and_when_another_is_asked_for(client, owner, link):
    client.send("/forgot-password", {"email": owner.email})
    first = link(owner.email)
    client.send("/forgot-password", {"email": owner.email})
    assert client.get(first).status_code == 410
    with time_machine.travel(now() + timedelta(minutes=59)):
        assert client.get(link(owner.email)).status_code == 200
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert client.get(link(owner.email)).status_code == 410


def test_a_password_that_will_not_do_leaves_the_link_working(client, owner, link):
    client.send("/forgot-password", {"email": owner.email})
    assert client.send(link(owner.email), {"password": "password1234"}).status_code == 400
    assert client.send(link(owner.email), {"password": NEW}).location == "/account/home"


def test_staff_still_need_the_code(client, assessor, link, code):
    client.send("/forgot-password", {"email": assessor.email})
    assert client.send(link(assessor.email), {"password": NEW}).location == "/sign-in/code"
    assert client.get("/account").location == "/sign-in"
    client.send("/sign-in/code", {"code": code(assessor)})
    assert client.get("/account").status_code == 200


def test_the_owner_gets_in_by_email_while_others_guess_from_everywhere(client, another, owner, link, password):
    for place in range(10):
        for _ in range(10):
            another.post(
                "/sign-in",
                data={"csrf_token": another.token("/sign-in"), "email": owner.email, "password": "wrong wrong"},
                environ_overrides={"REMOTE_ADDR": f"203.0.113.{place}"},
            )
    assert "too many tries" in password(client, owner).text
    client.send("/forgot-password", {"email": owner.email})
    assert client.send(link(owner.email), {"password": NEW}).location == "/account/home"
    assert password(another, owner, NEW).location == "/account/home"


def test_somebody_half_way_through_signing_in_starts_again_when_the_password_changes(
    client, another, assessor, link, password
):
    password(client, assessor)
    another.send("/forgot-password", {"email": assessor.email})
    another.send(link(assessor.email), {"password": NEW})
    assert client.get("/sign-in/code").location == "/sign-in"
