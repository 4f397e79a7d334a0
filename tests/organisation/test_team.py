"""An employer's people: invited, accepted, changed, removed."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import Role, User
from charter.errors import Refusal
from charter.organisation import team
from charter.organisation.models import Invitation, MemberRole, Membership, Organisation, Scope
from charter.worker import DAILY
from tests.conftest import AT

LATER = AT + timedelta(days=13)


def person(session: Session, email: str, role: Role = Role.EMPLOYER) -> User:
    user = User(email=email, name=email.split("@")[0], role=role, created_at=AT, email_confirmed_at=AT)
    session.add(user)
    session.flush()
    return user


@pytest.fixture
def employer(session: Session) -> Organisation:
    made = Organisation(
        name="Severn Tools",
        county="worcestershire",
        size_band="small",
        sector="C",
        scope=Scope.WHOLE,
        listed=False,
        registered_at=AT,
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def owner(session: Session, employer: Organisation) -> User:
    return join(session, employer, person(session, "olive@example.org"), MemberRole.OWNER).user


def join(session: Session, employer: Organisation, user: User, role: MemberRole) -> Membership:
    membership = Membership(organisation_id=employer.id, user_id=user.id, user=user, role=role, joined_at=AT)
    session.add(membership)
    session.flush()
    return membership


def invite(session: Session, employer: Organisation, owner: User, email: str = "colin@example.org") -> str:
    _, token = team.invite(session, employer, email=email, role=MemberRole.CONTRIBUTOR, by=owner, at=AT)
    assert token is not None
    session.flush()
    return token


def test_whoever_was_invited_joins_with_the_part_they_were_offered(
    session: Session, employer: Organisation, owner: User
) -> None:
    colin = person(session, "colin@example.org")
    joined = team.accept(session, token=invite(session, employer, owner, "Colin@Example.org "), by=colin, at=LATER)
    assert (joined.organisation_id, joined.user_id, joined.role) == (employer.id, colin.id, MemberRole.CONTRIBUTOR)


def test_the_database_never_holds_the_token(session: Session, employer: Organisation, owner: User) -> None:
    token = invite(session, employer, owner)
    assert token not in str([vars(one) for one in session.scalars(sa.select(Invitation))])


def test_an_invitation_works_once(session: Session, employer: Organisation, owner: User) -> None:
    token = invite(session, employer, owner)
    colin = person(session, "colin@example.org")
    team.accept(session, token=token, by=colin, at=AT)
    with pytest.raises(Refusal, match="no longer works"):
        team.accept(session, token=token, by=colin, at=AT)
    assert team.find(session, token, at=AT) is None


def test_an_invitation_lasts_14_days(session: Session, employer: Organisation, owner: User) -> None:
    token = invite(session, employer, owner)
    with pytest.raises(Refusal, match="no longer works"):
        team.accept(session, token=token, by=person(session, "colin@example.org"), at=AT + timedelta(days=14))


def test_an_invitation_is_only_for_the_address_it_was_sent_to(
    session: Session, employer: Organisation, owner: User
) -> None:
    token = invite(session, employer, owner)
    with pytest.raises(Refusal, match="another email address"):
        team.accept(session, token=token, by=person(session, "mallory@example.org"), at=AT)


def test_the_schemes_own_staff_do_not_join_an_employer(session: Session, employer: Organisation, owner: User) -> None:
    token = invite(session, employer, owner, "asha@example.org")
    with pytest.raises(Refusal, match="work for the scheme"):
        team.accept(session, token=token, by=person(session, "asha@example.org", Role.ASSESSOR), at=AT)


def test_a_button_pressed_twice_invites_once_and_the_link_stays_good(
    session: Session, employer: Organisation, owner: User
) -> None:
    first = invite(session, employer, owner)
    again, token = team.invite(
        session,
        employer,
        email="Colin@example.org",
        role=MemberRole.CONTRIBUTOR,
        by=owner,
        at=AT + timedelta(seconds=59),
    )
    assert token is None
    assert team.find(session, first, at=LATER) is again
    assert len(session.scalars(sa.select(Invitation)).all()) == 1


def test_an_invitation_to_another_part_is_another_one_at_once(
    session: Session, employer: Organisation, owner: User
) -> None:
    first = invite(session, employer, owner)
    other, token = team.invite(session, employer, email="colin@example.org", role=MemberRole.OWNER, by=owner, at=AT)
    session.flush()
    assert token is not None
    assert team.find(session, token, at=LATER) is other
    assert team.find(session, first, at=LATER) is None


def test_a_cancelled_invitation_can_be_sent_again_at_once(
    session: Session, employer: Organisation, owner: User
) -> None:
    found = team.find(session, invite(session, employer, owner), at=AT)
    assert found is not None
    team.cancel(session, found, by=owner, at=AT)
    assert team.find(session, invite(session, employer, owner), at=LATER) is not None


def test_a_second_invitation_ends_the_first(session: Session, employer: Organisation, owner: User) -> None:
    first = invite(session, employer, owner)
    _, second = team.invite(
        session,
        employer,
        email="colin@example.org",
        role=MemberRole.CONTRIBUTOR,
        by=owner,
        at=AT + timedelta(minutes=1),
    )
    session.flush()
    assert second is not None
    assert (team.find(session, first, at=LATER), team.find(session, second, at=LATER) is not None) == (None, True)
    assert [one.email for one in team.waiting(session, employer, at=LATER)] == ["colin@example.org"]


def test_a_member_is_not_invited_again(session: Session, employer: Organisation, owner: User) -> None:
    with pytest.raises(Refusal, match="in your team already") as refused:
        invite(session, employer, owner, "olive@example.org")
    assert refused.value.field == "email"


def test_a_cancelled_invitation_stops_working(session: Session, employer: Organisation, owner: User) -> None:
    token = invite(session, employer, owner)
    found = team.find(session, token, at=AT)
    assert found is not None
    team.cancel(session, found, by=owner, at=AT)
    assert team.find(session, token, at=AT) is None


def test_the_last_owner_cannot_leave_or_step_down(session: Session, employer: Organisation, owner: User) -> None:
    colin = join(session, employer, person(session, "colin@example.org"), MemberRole.CONTRIBUTOR)
    olive = session.scalars(sa.select(Membership).where(Membership.user_id == owner.id)).one()
    for deed in (
        lambda: team.remove(session, olive, by=owner, at=AT),
        lambda: team.change_role(session, olive, role=MemberRole.CONTRIBUTOR, by=owner, at=AT),
    ):
        with pytest.raises(Refusal, match="needs at least one owner"):
            deed()
    team.change_role(session, colin, role=MemberRole.OWNER, by=owner, at=AT)
    session.flush()
    team.remove(session, olive, by=owner, at=AT)
    session.flush()
    assert [one.user_id for one in session.scalars(sa.select(Membership))] == [colin.user_id]


def test_an_invitation_is_forgotten_some_time_after_it_was_accepted_or_ran_out(
    session: Session, employer: Organisation, owner: User
) -> None:
    taker = person(session, "tess@example.org")
    for email in ("tess@example.org", "never@example.org"):
        _, token = team.invite(session, employer, email=email, role=MemberRole.CONTRIBUTOR, by=owner, at=AT)
        if email == taker.email:
            assert token is not None
            team.accept(session, token=token, by=taker, at=AT)
    runs_out = AT + team.VALID_FOR
    kept = []
    for at in (AT + team.INVITATION_KEPT, runs_out, runs_out + team.INVITATION_KEPT + timedelta(seconds=1)):
        team.forget_invitations(session, at.date(), at)
        kept.append(len(session.scalars(sa.select(Invitation.email)).all()))
    assert kept == [2, 2, 0]
    late = AT + team.INVITATION_KEPT + timedelta(seconds=1)
    team.invite(session, employer, email="new@example.org", role=MemberRole.CONTRIBUTOR, by=owner, at=late)
    assert team.forget_invitations(session, late.date(), late) == 0
    assert team.forget_invitations in DAILY


@pytest.mark.parametrize("shut", [{"disabled_at": AT}, {"email_confirmed_at": None}])
def test_an_owner_who_cannot_sign_in_is_no_owner_to_leave_the_employer_with(
    session: Session, employer: Organisation, owner: User, shut: dict[str, Any]
) -> None:
    gone = join(session, employer, person(session, "colin@example.org"), MemberRole.OWNER)
    for name, value in shut.items():
        setattr(gone.user, name, value)
    session.flush()
    olive = session.scalars(sa.select(Membership).where(Membership.user_id == owner.id)).one()
    for deed in (
        lambda: team.remove(session, olive, by=owner, at=AT),
        lambda: team.change_role(session, olive, role=MemberRole.CONTRIBUTOR, by=owner, at=AT),
    ):
        with pytest.raises(Refusal, match="needs at least one owner who can sign in"):
            deed()
    team.remove(session, gone, by=owner, at=AT)  # the one who is gone may be taken out
