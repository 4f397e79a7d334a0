"""Accepting an invitation to help an employer."""

import pytest
import sqlalchemy as sa

from charter.clock import now
from charter.extensions import db, transaction
from charter.organisation import team
from charter.organisation.models import MemberRole, Membership


@pytest.fixture
def invite(employer, owner):
    """`invite("nadia@example.org")` is the address of the page her invitation leads to."""

    def send(email):
        with transaction() as session:
            _, token = team.invite(
                session, session.merge(employer), email=email, role=MemberRole.CONTRIBUTOR, by=owner, at=now()
            )
        return f"/invitations/{token}"

    return send


def members(employer):
    db.session.rollback()
    found = sa.select(Membership).where(Membership.organisation_id == employer.id)
    return {membership.user.email for membership in db.session.scalars(found)}


def test_somebody_with_an_account_signs_in_and_joins(client, employer, stranger, invite, password):
    page = invite(stranger.email)
    assert "Teme Valley Orchards Ltd" in client.get(page).text
    assert password(client, stranger).location == page
    assert client.send(page).location == "/dashboard"
    assert stranger.email in members(employer)


def test_somebody_new_signs_up_on_the_way_and_joins(client, employer, invite, link):
    page = invite("nadia@example.org")
    assert "that brings you back here" in client.get(page).text
    assert 'value="nadia@example.org"' in client.get("/sign-up").text
    client.send("/sign-up", {"name": "Nadia", "email": "nadia@example.org", "password": "teapot marigold cycling"})
    assert client.send(link("nadia@example.org")).location == page
    assert client.send(page).location == "/dashboard"
    assert "nadia@example.org" in members(employer)


def test_opening_an_invitation_accepts_nothing(sign_in, employer, stranger, invite):
    page = invite(stranger.email)
    assert sign_in(stranger).get(page).status_code == 200
    assert stranger.email not in members(employer)


def test_an_invitation_works_once_and_only_for_its_address(sign_in, employer, stranger, assessor, invite):
    page = invite("nadia@example.org")
    browser = sign_in(stranger)
    refused = browser.send(page)
    assert refused.location == page
    assert "sent to another email address" in browser.get(page).text
    assert stranger.email not in members(employer)
    own = invite(stranger.email)
    browser.send(own)
    assert browser.get(own).status_code == 410


def test_posting_without_being_signed_in_leads_to_sign_in_and_back(client, stranger, invite, password):
    page = invite(stranger.email)
    assert client.post(page, data={"csrf_token": client.token("/sign-in")}).location == "/sign-in"
    assert password(client, stranger).location == page
