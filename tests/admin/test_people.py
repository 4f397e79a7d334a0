"""The scheme's staff on the panel: how each account stands, sessions, invitations, and what is handed back."""

import html
import re
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from charter.account import people, sessions
from charter.account.models import Role, User
from charter.clock import now
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.admin.test_records import names
from tests.conftest import browser
from tests.factories import Factory


def invited(administrator: User, name: str = "Nia New", ago: timedelta = timedelta()) -> User:
    with transaction() as session:
        return people.invite_staff(
            session, name=name, email=f"{name.split()[0].lower()}@example.org", role=Role.ASSESSOR, by=administrator,
            at=now() - ago,
        ).user  # fmt: skip


def test_the_list_says_how_each_account_stands_and_is_narrowed_to_it(
    sign_in, make: Factory, administrator, assessor, moderator, owner
) -> None:
    invited(administrator)
    with transaction() as session:
        session.get_one(User, assessor.id).totp_confirmed_at = None
        people.disable(session, moderator, by=administrator, at=now())
    theirs = sign_in(administrator)

    def listed(query: str) -> set[str]:
        return set(names(theirs.get(f"/admin/people/{query}").text))

    assert len(listed("")) == 5
    assert listed("?flt1_account=invited") == {"Nia New"}
    assert listed("?flt1_account=closed") == {moderator.name}
    assert listed("?flt1_account=open") == {assessor.name, owner.name, administrator.name}
    assert listed("?flt2_factor=missing") == {"Nia New", assessor.name}
    assert "2 members of staff have" in theirs.get("/admin/people/").text
    assert listed("?flt3_signed-in=never") == {"Nia New", assessor.name, moderator.name, owner.name}
    with transaction() as session:
        session.get_one(User, owner.id).last_signed_in_at = now() - timedelta(days=91)
    assert listed("?flt3_signed-in=long-ago") == {owner.name}


def test_the_list_shows_all_the_staff_together_or_one_role_and_keeps_it_in_the_address(
    sign_in, administrator, assessor, moderator, board_member, owner
) -> None:
    theirs = sign_in(administrator)
    page = theirs.get("/admin/people/?flt0_role=staff").text
    assert set(names(page)) == {administrator.name, assessor.name, moderator.name, board_member.name}
    assert '<option value="staff" selected>Staff</option>' in page
    (by_name,) = set(re.findall(r'href="(/admin/people/\?[^"]*sort=1[^"]*)"', page))
    assert set(names(theirs.get(html.unescape(by_name)).text)) == set(names(page)), "sorted otherwise it is kept"
    assert names(theirs.get("/admin/people/?flt0_role=employer").text) == [owner.name]
    assert set(names(theirs.get("/admin/people/?flt0_role=board").text)) == {board_member.name}


def test_sessions_are_listed_and_ended(app: Flask, sign_in, administrator, assessor) -> None:
    theirs, ours = sign_in(administrator), sign_in(assessor)
    home = f"/admin/people/details/?id={assessor.id}"
    assert "End them" in theirs.get(home).text
    assert ours.get("/admin/").status_code == 200
    page = f"/admin/people/{assessor.id}/end-sessions"
    assert "1 place" in theirs.get(page).text
    token = theirs.token(page)
    assert theirs.post(page, data={"csrf_token": token}).location == home
    assert (ours.get("/admin/").status_code, ours.get("/admin/").location) == (303, "/sign-in")
    shown = theirs.get(home).text
    assert ("Nowhere now." in shown, "End them" in shown) == (True, False)
    assert theirs.post(page, data={"csrf_token": token}).location == home  # sent twice, it harms nobody
    assert "Sign out everywhere else" in theirs.get(f"/admin/people/details/?id={administrator.id}").text


def test_an_invitation_that_died_is_sent_again_and_only_once(app: Flask, sign_in, administrator) -> None:
    nia = invited(administrator, ago=timedelta(days=3))
    theirs = sign_in(administrator)
    page = f"/admin/people/{nia.id}/invite-again"
    assert page in theirs.get(f"/admin/people/details/?id={nia.id}").text
    assert "stopped working on" in theirs.get(page).text
    link = db.session.scalars(sa.select(people.MailedLink.id).where(people.MailedLink.user_id == nia.id)).one()
    form = {"csrf_token": theirs.token(page), "seen": str(link)}
    assert theirs.post(page, data=form).status_code == 302
    again = theirs.post(page, data=form)
    assert (again.status_code, "Nothing more was sent" in again.text) == (400, True)
    db.session.rollback()
    told = db.session.scalars(sa.select(Message).where(Message.to_address == nia.email)).all()
    assert len(told) == 1
    address = told[0].body.split("[portal]")[1].split()[0]
    assert "works until" in theirs.get(page).text
    assert browser(app).get(address).status_code == 200
    with transaction() as session:
        session.get_one(User, nia.id).password_hash = "hers"
    assert "They have a password" in theirs.get(page).text


def test_closing_an_account_says_what_is_handed_back_and_hands_it_back(
    sign_in, claimed: Review, employer: Organisation, administrator, assessor
) -> None:
    theirs = sign_in(administrator)
    page = f"/admin/people/{assessor.id}/close"
    shown = theirs.get(page).text
    assert ("(1 case)" in shown, employer.name in shown, "Back to the queue" in shown) == (True,) * 3
    assert employer.name in theirs.get(f"/admin/people/{assessor.id}/role").text
    done = theirs.send(page, follow_redirects=True)
    assert "The account is closed. Back for somebody else to take: 1 case." in done.text
    db.session.expire_all()
    assert (claimed.status, claimed.assessor_id) == (ReviewStatus.WAITING, None)


def test_an_administrator_with_an_interest_is_not_shown_the_employer_whose_case_is_handed_back(
    sign_in, claimed: Review, employer: Organisation, administrator, assessor
) -> None:
    with transaction() as session:
        interests.declare(session, employer, reason="A friend.", by=administrator, at=now())
    theirs = sign_in(administrator)
    for page in ("close", "role"):
        shown = theirs.get(f"/admin/people/{assessor.id}/{page}").text
        assert ("<strong>1 more</strong>" in shown, employer.name in shown) == (True, False)


def test_a_session_that_has_ended_by_itself_is_not_listed(app: Flask, sign_in, administrator, assessor) -> None:
    with transaction() as session:
        sessions.start(session, assessor, at=now() - timedelta(hours=3))
    assert "Nowhere now." in sign_in(administrator).get(f"/admin/people/details/?id={assessor.id}").text
