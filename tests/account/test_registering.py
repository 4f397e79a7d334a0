"""How somebody comes to have an account."""

import pytest

from charter.account import links, registering, sessions
from charter.account.models import LinkPurpose, Role
from charter.errors import Refusal
from tests.conftest import AT


@pytest.fixture
def olive(session):
    made = registering.sign_up(session, name="Olive", email="Olive@Example.org ", password_hash="first", at=AT)
    registering.confirm(session, made.token, at=AT)
    session.commit()
    return made.user


def test_signing_up_makes_an_account_that_its_link_confirms(session):
    made = registering.sign_up(session, name="Olive", email="Olive@Example.org ", password_hash="h", at=AT)
    assert (made.user.email, made.user.role, made.user.email_confirmed_at) == (
        "olive@example.org",
        Role.EMPLOYER,
        None,
    )
    assert registering.confirm(session, made.token, at=AT) is made.user
    assert made.user.email_confirmed_at == AT


def test_signing_up_again_changes_nothing_of_a_confirmed_account(session, olive):
    again = registering.sign_up(session, name="Mallory", email="OLIVE@example.org", password_hash="second", at=AT)
    assert (again.user, again.token) == (olive, None)
    assert (olive.name, olive.password_hash) == ("Olive", "first")


def test_a_password_laid_in_wait_under_somebody_elses_address_is_replaced_by_theirs(session):
    laid = registering.sign_up(session, name="Mallory", email="olive@example.org", password_hash="laid", at=AT)
    made = registering.sign_up(session, name="Olive", email="olive@example.org", password_hash="own", at=AT)
    with pytest.raises(Refusal):
        registering.confirm(session, laid.token, at=AT)
    assert registering.confirm(session, made.token, at=AT).password_hash == "own"


def test_nobody_who_works_for_the_scheme_is_signed_up_over(session, olive):
    olive.role, olive.email_confirmed_at = Role.ASSESSOR, None
    again = registering.sign_up(session, name="Mallory", email=olive.email, password_hash="second", at=AT)
    assert again.token is None
    assert olive.password_hash == "first"


def test_a_new_password_ends_every_session_and_every_link(session, olive):
    token = sessions.start(session, olive, at=AT)
    change = links.create(session, olive, LinkPurpose.CHANGE_EMAIL, at=AT, address="mallory@example.org")
    forgot = registering.forgot(session, "OLIVE@example.org", at=AT)
    session.flush()
    assert registering.reset(session, forgot.token, password_hash="new", at=AT) is olive
    session.expire_all()
    assert olive.password_hash == "new"
    assert sessions.find(session, token).ended_at == AT
    with pytest.raises(Refusal):
        registering.confirm(session, change, at=AT)
    with pytest.raises(Refusal):
        registering.reset(session, forgot.token, password_hash="newer", at=AT)


def test_a_reset_proves_the_address_too(session):
    made = registering.sign_up(session, name="Olive", email="olive@example.org", password_hash="h", at=AT)
    forgot = registering.forgot(session, "olive@example.org", at=AT)
    registering.reset(session, forgot.token, password_hash="new", at=AT)
    assert made.user.email_confirmed_at == AT


def test_nobody_and_closed_accounts_get_no_link(session, olive):
    assert registering.forgot(session, "nobody@example.org", at=AT) is None
    olive.disabled_at = AT
    assert registering.forgot(session, olive.email, at=AT) is None


def test_a_new_address_is_used_once_its_link_was_followed(session, olive):
    made = registering.ask_to_change_email(session, olive, email="New@Example.org", at=AT)
    assert olive.email == "olive@example.org"
    registering.confirm(session, made.token, at=AT)
    assert olive.email == "new@example.org"


def test_an_address_that_somebody_else_has_is_not_given_away(session, olive):
    other = registering.sign_up(session, name="Sid", email="sid@example.org", password_hash="h", at=AT).user
    asked = registering.ask_to_change_email(session, olive, email="sid@example.org", at=AT)
    assert (asked.user, asked.token) == (other, None)


def test_an_address_taken_while_the_link_was_under_way_is_refused(session, olive):
    made = registering.ask_to_change_email(session, olive, email="sid@example.org", at=AT)
    registering.sign_up(session, name="Sid", email="sid@example.org", password_hash="h", at=AT)
    with pytest.raises(Refusal, match="Another account"):
        registering.confirm(session, made.token, at=AT)
