"""One's own account."""

import pytest

from tests.factories import PASSWORD

NEW = "lantern wombat saddle"
PAGES = ["/account", "/account/name", "/account/email", "/account/password", "/account/sign-out-elsewhere"]


@pytest.mark.parametrize("address", [*PAGES, "/account/home"])
def test_an_account_is_for_whoever_is_signed_in(client, address):
    assert client.get(address).location == "/sign-in"


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("who", ["owner", "assessor"])
def test_each_page_opens_for_employers_and_staff(request, sign_in, who, address):
    assert sign_in(request.getfixturevalue(who)).get(address).status_code == 200


def test_a_new_name_is_kept(sign_in, owner, again):
    browser = sign_in(owner)
    assert browser.send("/account/name", {"name": " Olive O'Connor "}).location == "/account"
    assert again(owner).name == "Olive O'Connor"
    assert browser.send("/account/name", {"name": ""}).status_code == 400


def test_a_new_password_keeps_this_session_and_ends_the_others(sign_in, owner, client, password, mail):
    here, elsewhere = sign_in(owner), sign_in(owner)
    assert here.send("/account/password", {"current": PASSWORD, "password": NEW}).location == "/account"
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").location == "/sign-in"
    assert password(client, owner, NEW).location == "/account/home"
    assert [message.kind for message in mail(owner.email)] == ["password_changed"]


def test_nobody_at_an_unlocked_screen_changes_the_password(sign_in, owner, client, password):
    browser = sign_in(owner)
    refused = browser.send("/account/password", {"current": "a guess", "password": NEW})
    assert refused.status_code == 400
    assert refused.text.count("That is not your password.") == 2
    assert password(client, owner).location == "/account/home"


def test_guessing_the_password_there_is_counted_too(sign_in, owner):
    browser = sign_in(owner)
    for _ in range(10):
        browser.send("/account/password", {"current": "a guess", "password": NEW})
    assert "too many tries" in browser.send("/account/password", {"current": PASSWORD, "password": NEW}).text


def test_signing_out_elsewhere_keeps_this_session(sign_in, owner):
    here, elsewhere = sign_in(owner), sign_in(owner)
    assert here.send("/account/sign-out-elsewhere").location == "/account"
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").location == "/sign-in"


def test_a_new_address_counts_once_its_link_was_followed_and_the_old_one_is_told(sign_in, owner, link, mail, again):
    browser, old = sign_in(owner), owner.email
    browser.send("/account/email", {"email": "New@example.org", "current": PASSWORD})
    assert again(owner).email == old
    assert browser.send(link("new@example.org")).location == "/account"
    assert again(owner).email == "new@example.org"
    assert [message.kind for message in mail(old)] == ["email_changed"]


def test_an_address_with_an_account_is_answered_like_any_other(sign_in, owner, stranger, mail, again):
    browser = sign_in(owner)
    taken = browser.send("/account/email", {"email": stranger.email, "current": PASSWORD})
    free = browser.send("/account/email", {"email": "free@example.org", "current": PASSWORD})
    assert (taken.status_code, taken.location) == (free.status_code, free.location)
    assert [message.kind for message in mail(stranger.email)] == ["already_registered"]


def test_a_new_address_needs_the_password(sign_in, owner, mail):
    refused = sign_in(owner).send("/account/email", {"email": "new@example.org", "current": "a guess"})
    assert refused.status_code == 400
    assert mail("new@example.org") == []
