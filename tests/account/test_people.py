"""The scheme's staff."""

from datetime import timedelta

import pytest

from charter.account import links, people, registering, sessions, two_factor
from charter.account.models import LinkPurpose, Role, User
from charter.errors import Refusal
from tests.conftest import AT


@pytest.fixture
def ada(session):
    found = User(email="ada@example.org", name="Ada", role=Role.ADMINISTRATOR, created_at=AT)
    session.add(found)
    session.commit()
    return found


@pytest.fixture
def asha(session, ada):
    return people.invite_staff(session, name="Asha", email="Asha@example.org", role=Role.ASSESSOR, by=ada, at=AT).user


def test_somebody_new_chooses_a_password_by_the_link_and_has_none_before(session, ada):
    made = people.invite_staff(session, name="Asha", email="asha@example.org", role=Role.ASSESSOR, by=ada, at=AT)
    assert made.user.password_hash is None
    assert registering.reset(session, made.token, password_hash="hers", at=AT) is made.user
    assert (made.user.password_hash, made.user.email_confirmed_at) == ("hers", AT)


def test_an_address_with_an_account_is_not_invited_again(session, ada, asha):
    with pytest.raises(Refusal, match="already has an account"):
        people.invite_staff(session, name="Asha", email="ASHA@example.org", role=Role.BOARD, by=ada, at=AT)


def test_employers_are_not_invited_as_staff(session, ada):
    with pytest.raises(Refusal, match="role for staff"):
        people.invite_staff(session, name="Olive", email="olive@example.org", role=Role.EMPLOYER, by=ada, at=AT)


def test_closing_an_account_ends_its_sessions_and_links(session, ada, asha):
    token = sessions.start(session, asha, at=AT)
    reset = links.create(session, asha, LinkPurpose.RESET_PASSWORD, at=AT)
    session.flush()
    people.disable(session, asha, by=ada, at=AT)
    session.expire_all()
    assert asha.disabled_at == AT
    assert sessions.find(session, token).ended_at == AT
    people.enable(session, asha, by=ada, at=AT)
    assert asha.disabled_at is None
    with pytest.raises(Refusal):
        links.use(session, reset, LinkPurpose.RESET_PASSWORD, at=AT)


def test_a_new_role_signs_the_person_out(session, ada, asha):
    token = sessions.start(session, asha, at=AT)
    session.flush()
    people.change_role(session, asha, Role.MODERATOR, by=ada, at=AT)
    session.expire_all()
    assert asha.role is Role.MODERATOR
    assert sessions.find(session, token).ended_at == AT


def test_a_lost_phone_is_forgotten(session, ada, asha):
    asha.totp_secret, asha.totp_confirmed_at = "JBSWY3DPEHPK3PXP", AT
    people.reset_second_factor(session, asha, by=ada, at=AT)
    assert not two_factor.enrolled(asha)
    assert asha.totp_secret is None


def test_no_administrator_does_these_things_to_themselves(session, ada):
    for verb in (
        lambda: people.disable(session, ada, by=ada, at=AT),
        lambda: people.change_role(session, ada, Role.BOARD, by=ada, at=AT),
        lambda: people.reset_second_factor(session, ada, by=ada, at=AT),
    ):
        with pytest.raises(Refusal, match="You cannot"):
            verb()


def test_whoever_is_no_administrator_any_more_does_none_of_these_things(session, ada, asha):
    bob = people.invite_staff(session, name="Bob", email="bob@example.org", role=Role.ADMINISTRATOR, by=ada, at=AT).user
    people.disable(session, bob, by=ada, at=AT)
    for verb in (
        lambda: people.disable(session, ada, by=bob, at=AT),
        lambda: people.enable(session, bob, by=bob, at=AT),
        lambda: people.change_role(session, ada, Role.BOARD, by=bob, at=AT),
        lambda: people.reset_second_factor(session, ada, by=bob, at=AT),
        lambda: people.end_sessions(session, ada, by=bob, at=AT),
        lambda: people.invite_again(session, asha, seen="", by=asha, at=AT),
    ):
        with pytest.raises(Refusal, match="not an administrator any more"):
            verb()
    assert (ada.disabled_at, ada.role) == (None, Role.ADMINISTRATOR)


def test_sessions_are_ended_by_an_administrator_and_kept_in_the_trail(session, ada, asha):
    tokens = [sessions.start(session, asha, at=AT + timedelta(minutes=minutes)) for minutes in (0, 5)]
    session.flush()
    hour = {"idle": timedelta(hours=1), "longest": timedelta(hours=12)}
    assert [one.created_at for one in sessions.open_of(session, asha, at=AT + timedelta(minutes=30), **hour)] == [
        AT + timedelta(minutes=5),
        AT,
    ]
    assert len(sessions.open_of(session, asha, at=AT + timedelta(minutes=62), **hour)) == 1
    assert people.end_sessions(session, asha, by=ada, at=AT) == 2
    session.expire_all()
    assert all(sessions.find(session, token).ended_at == AT for token in tokens)
    assert sessions.open_of(session, asha, at=AT, **hour) == []
    event = session.info["audit_pending"][-1]
    assert (event.action, event.actor_id, event.details) == ("session:end-all", ada.id, {"sessions": 2})
    assert people.end_sessions(session, asha, by=ada, at=AT) == 0
    assert session.info["audit_pending"][-1] is event
    with pytest.raises(Refusal, match="your own account page"):
        people.end_sessions(session, ada, by=ada, at=AT)


def test_an_invitation_is_sent_again_once_for_each_time_it_is_asked(session, ada):
    made = people.invite_staff(session, name="Asha", email="asha@example.org", role=Role.ASSESSOR, by=ada, at=AT)
    session.flush()
    first, later = people.invitation(session, made.user), AT + timedelta(days=3)
    token = people.invite_again(session, made.user, seen=str(first.id), by=ada, at=later)
    session.flush()
    with pytest.raises(Refusal, match="Nothing more was sent"):
        people.invite_again(session, made.user, seen=str(first.id), by=ada, at=later)
    with pytest.raises(Refusal, match="used or is too old"):
        registering.reset(session, made.token, password_hash="hers", at=later)
    assert registering.reset(session, token, password_hash="hers", at=later) is made.user
    assert not people.is_invited(made.user)
    with pytest.raises(Refusal, match="no invitation is needed"):
        people.invite_again(session, made.user, seen="", by=ada, at=later)


def test_whoever_has_no_second_factor_has_none_reset(session, ada, asha):
    with pytest.raises(Refusal, match="They have no second factor"):
        people.reset_second_factor(session, asha, by=ada, at=AT)


def test_what_is_done_already_is_not_done_again(session, ada, asha):
    with pytest.raises(Refusal, match="is open"):
        people.enable(session, asha, by=ada, at=AT)
    people.disable(session, asha, by=ada, at=AT)
    with pytest.raises(Refusal, match="already closed"):
        people.disable(session, asha, by=ada, at=AT)


def test_the_first_administrator_is_made_by_the_operator(session):
    made = people.invite_staff(session, name="Ada", email="ada@example.org", role=Role.ADMINISTRATOR, by=None, at=AT)
    assert made.user.role is Role.ADMINISTRATOR
    assert session.info["audit_pending"][0].actor_id is None
