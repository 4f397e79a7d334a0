"""Domains, handing over, claims and a second owner, as pages."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment, Submission
from charter.clock import now
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import team as teams
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import claim_rules
from charter.succession.models import Claim, EmailDomain, Transfer
from charter.succession.status import ClaimStatus, TransferStatus
from tests.conftest import AT
from tests.factories import PASSWORD, Factory
from tests.pages import CheckedClient
from tests.succession.conftest import DOMAIN, at_domain, close, parts, proof, said
from tests.web.employer.conftest import Counting, SignIn
from tests.web.employer.test_organisation import details

OWNER, CONTRIBUTOR = MemberRole.OWNER, MemberRole.CONTRIBUTOR


@pytest.fixture
def newcomer(make: Factory) -> User:
    return at_domain(make.user("Nina New"))


@pytest.fixture
def team(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/team"


# Domains -------------------------------------------------------------------------------------------------------------


def test_an_owner_adds_the_domain_of_their_address_and_takes_it_away(
    employer: Organisation, owner: User, sign_in: SignIn, team: str
) -> None:
    at_domain(owner)
    browser, page = sign_in(owner), f"{team}/domains"
    assert f"Yes, {DOMAIN} is our own" in browser.get(page).text
    for _ in range(2):
        assert browser.send(page, {"add": "yes"}).location == page
    assert f"Your email domains: {DOMAIN}" in browser.get(team).text
    text = browser.get(page).text
    assert f"Yes, {DOMAIN}" not in text
    assert 'value="' + DOMAIN not in text, "one tap would take it away"
    assert f'href="?remove={DOMAIN}"' in text
    asked = browser.get(f"{page}?remove={DOMAIN}").text
    assert f"Remove {DOMAIN}?" in asked
    assert f'name="remove" value="{DOMAIN}"' in asked
    assert "Remove nonsense.example?" not in browser.get(f"{page}?remove=nonsense.example").text
    assert browser.send(f"{page}?remove={DOMAIN}", {"remove": DOMAIN}, to=page).location == page
    db.session.rollback()
    assert db.session.scalars(sa.select(EmailDomain)).all() == []


def test_a_domain_of_free_mail_is_not_offered(employer: Organisation, owner: User, sign_in: SignIn, team: str) -> None:
    at_domain(owner, "gmail.com")
    browser, page = sign_in(owner), f"{team}/domains"
    assert "gmail.com gives email addresses to everyone" in browser.get(page).text
    browser.send(page, {"add": "yes"})
    assert "gmail.com gives email addresses to everyone" in browser.get(page).text
    assert db.session.scalars(sa.select(EmailDomain)).all() == []


def test_an_owner_without_a_domain_is_asked_for_it_on_the_team_page_and_the_dashboard_until_there_is_one(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn, team: str
) -> None:
    at_domain(owner)
    browser, theirs = sign_in(owner), sign_in(colleague)
    prompts = {"/dashboard": "name your email domain", team: "Help your colleagues find you."}
    for page, words in prompts.items():
        assert words in browser.get(page).text, page
        assert f"{team}/domains" in browser.get(page).text, page
        assert words not in theirs.get(page).text, page
    assert browser.send(f"{team}/domains", {"add": "yes"}).status_code == 303
    for page, words in prompts.items():
        assert words not in browser.get(page).text, page


def test_a_newcomer_at_the_domain_of_an_owners_address_is_offered_to_ask_and_learns_nobodys_name(
    employer: Organisation, owner: User, newcomer: User, sign_in: SignIn
) -> None:
    at_domain(owner)
    browser = sign_in(newcomer)
    for page in ("/dashboard", "/organisations/join"):
        text = browser.get(page).text
        assert f"Do you work for {employer.name}?" in text, page
        assert owner.name not in text, page
        assert owner.email not in text, page
    sent = {"employer": str(employer.id), "message": "I am new."}
    assert browser.send("/organisations/join", sent).status_code == 303
    assert newcomer.email in sign_in(owner).get(f"/organisations/{employer.id}/team").text
    assert browser.get(f"/organisations/{employer.id}/team").status_code in {403, 404}


@pytest.mark.parametrize("ticked", [True, False])
def test_the_domain_can_be_named_when_the_employer_is_added(
    make: Factory, newcomer: User, sign_in: SignIn, ticked: bool
) -> None:
    browser = sign_in(newcomer)
    assert f"{DOMAIN} is our own" in browser.get("/organisations/new").text
    sent = details(make) | ({"own_domain": "y"} if ticked else {})
    assert browser.send("/organisations/new", sent).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(EmailDomain.domain)).all() == ([DOMAIN] if ticked else [])


def test_somebody_with_free_mail_is_not_asked_for_a_domain(make: Factory, sign_in: SignIn) -> None:
    person = at_domain(make.user("Gail Mail"), "gmail.com")
    browser = sign_in(person)
    assert "is our own" not in browser.get("/organisations/new").text
    assert browser.send("/organisations/new", details(make) | {"own_domain": "y"}).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(EmailDomain)).all() == []


# Handing over --------------------------------------------------------------------------------------------------------


def handed_over(browser: CheckedClient, team: str, **changed: str) -> Any:
    return browser.send(f"{team}/hand-over", {"afterwards": "stays", "current": PASSWORD, **changed})


def test_an_owner_offers_it_with_their_password_and_the_other_accepts(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn, team: str
) -> None:
    browser, theirs = sign_in(owner), sign_in(colleague)
    refused = handed_over(browser, team, to=colleague.email, current="not my password")
    assert refused.status_code == 400
    assert "That is not your password." in refused.text
    page = handed_over(browser, team, to=colleague.email).location
    assert "Colin Colleague to become an owner in their place" in browser.get(page).text
    assert page in browser.get(team).text
    assert page in theirs.get("/dashboard").text
    assert "Accept" in theirs.get(page).text
    token = theirs.token(page)
    for _ in range(2):  # a double click
        assert theirs.post(page, data={"csrf_token": token, "do": "accept"}).location == page
    db.session.rollback()
    assert parts(employer) == {"Olive": CONTRIBUTOR, "Colin": OWNER}
    for before in ("/dashboard", team):  # the former owner finds the way to undo it, and is not asked who is left
        text = browser.get(before).text
        assert f'href="{page}"' in text, before
        assert "Have all the owners left?" not in text
    assert "You handed over" not in theirs.get("/dashboard").text
    assert "either of you can undo it" in browser.get(page).text
    assert browser.send(f"{page}/undo").location == page
    db.session.rollback()
    assert parts(employer) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    assert "It was undone" in browser.get(page).text
    assert "It is undone already" in browser.get(f"{page}/undo").text


def test_all_that_is_wrong_with_an_offer_is_told_in_one_round(
    employer: Organisation, owner: User, sign_in: SignIn, team: str
) -> None:
    answered = sign_in(owner).send(f"{team}/hand-over", {"to": "somebody-else", "email": "nina"})
    assert answered.status_code == 400
    for words in (
        "Enter an email address in the right form",
        "Choose what you will do.",
        "Enter your password.",
    ):
        assert answered.text.count(words) == 2, words
    assert 'value="nina"' in answered.text


def test_somebody_new_follows_the_link_signs_in_and_accepts(
    make: Factory,
    employer: Organisation,
    owner: User,
    stranger: User,
    client: CheckedClient,
    sign_in: SignIn,
    team: str,
) -> None:
    nina = make.user("Nina New")
    page = handed_over(sign_in(owner), team, to="somebody-else", email=nina.email, afterwards="leaves").location
    assert client.get(page).location == "/sign-in"
    assert sign_in(stranger).get(page).status_code == 404
    theirs = sign_in(nina)
    assert f"You are asked to become an owner of {employer.name}" in theirs.get("/dashboard").text
    assert theirs.send(page, {"do": "accept"}).status_code == 303
    db.session.rollback()
    assert parts(employer) == {"Nina": OWNER}
    assert sign_in(owner).get(team).status_code == 404
    assert "Undo it" not in theirs.get(page).text


@pytest.mark.parametrize(
    ("who", "do", "status"), [("owner", "withdraw", "WITHDRAWN"), ("colleague", "decline", "DECLINED")]
)
def test_either_side_ends_an_offer(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn, team: str, who: str, do: str, status: str
) -> None:
    page = handed_over(sign_in(owner), team, to=colleague.email).location
    browser = sign_in(owner if who == "owner" else colleague)
    token = browser.token(page)
    asked = browser.get(f"{page}?decline=yes").text
    assert ("Decline to take over" in asked) == (who == "colleague"), "only who it is for is asked whether to decline"
    for _ in range(2):
        assert browser.post(page, data={"csrf_token": token, "do": do}).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Transfer.status)).all() == [TransferStatus[status]]


# Claims --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def left(employer: Organisation, owner: User, colleague: User) -> Organisation:
    """An employer with a domain whose owner's account is closed."""
    said(employer, owner)
    close(owner)
    return employer


def test_a_stranger_learns_nothing_of_a_claim(left: Organisation, stranger: User, sign_in: SignIn) -> None:
    assert sign_in(stranger).get(f"/organisations/{left.id}/claim").status_code == 404


def test_a_member_reads_why_they_cannot_claim_while_an_owner_is_there(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn, team: str
) -> None:
    page = f"/organisations/{employer.id}/claim"
    with transaction() as session:
        session.get_one(User, owner.id).last_signed_in_at = now()
    browser = sign_in(colleague)
    assert page in browser.get(team).text
    assert "An owner can still sign in and has used the portal lately" in browser.get(page).text
    assert "You are an owner" in sign_in(owner).get(page).text


def test_a_claim_is_seen_by_both_sides_and_stopped_from_the_mailed_link_without_signing_in(
    left: Organisation, colleague: User, newcomer: User, client: CheckedClient, sign_in: SignIn
) -> None:
    theirs = sign_in(newcomer)
    page = theirs.send(f"/organisations/{left.id}/claim", {"message": ""}).location
    assert (
        "If nobody does and you have pressed the button, you become an owner after that day." in theirs.get(page).text
    )
    assert page in theirs.get("/dashboard").text
    browser = sign_in(colleague)
    assert f"Somebody asks to take over {left.name}" in browser.get("/dashboard").text
    assert "I am still here" in browser.get(page).text
    db.session.rollback()
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "claim_made")).one()
    found = re.search(r"/claims/still-here/[\w-]+", body)
    assert found is not None
    link = found[0]
    assert "I am still here" in client.get(link).text
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.status)).all() == [ClaimStatus.NOTICE]  # opening it stops nothing
    for _ in range(2):
        client.post(link)
    assert "Thank you: it is stopped" in client.get(link).text
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.status)).all() == [ClaimStatus.STOPPED]
    assert "Stopped" in theirs.get(page).text


def test_who_left_the_team_since_reads_so_and_has_no_button(
    left: Organisation, colleague: User, newcomer: User, client: CheckedClient, sign_in: SignIn
) -> None:
    sign_in(newcomer).send(f"/organisations/{left.id}/claim", {"message": ""})
    db.session.rollback()
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "claim_made")).one()
    link = body[body.index("/claims/still-here/") :].split()[0]
    with transaction() as session:
        part = session.scalars(sa.select(Membership).where(Membership.user_id == colleague.id)).one()
        teams.remove(session, part, by=colleague, at=AT)
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 200
        assert "You are no longer in the team" in answer.text
        assert "</button>" not in answer.text
        assert "Set-Cookie" not in answer.headers
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.status)).all() == [ClaimStatus.NOTICE]


def test_a_claimant_is_told_what_to_do_and_shows_by_the_mailed_link_that_the_mailbox_is_theirs(
    left: Organisation, newcomer: User, client: CheckedClient, sign_in: SignIn
) -> None:
    theirs = sign_in(newcomer)
    page = theirs.send(f"/organisations/{left.id}/claim", {"message": ""}).location
    assert "Press the button in that email by " in theirs.get(page).text
    again = theirs.send(f"{page}/mail-again")
    assert again.location == page  # a moment ago: their email is on its way
    db.session.rollback()
    link = f"/claims/my-mailbox/{proof(newcomer)}"
    assert "Yes, this mailbox is still mine" in client.get(link).text
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.proved_at)).all() == [None]  # opening it proves nothing
    for _ in range(2):  # a double click
        assert client.post(link).location == link
        assert "You need do nothing more." in client.get(link).text
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.proved_at)).one() is not None
    shown = theirs.get(page).text
    assert "What you still have to do" not in shown
    assert "Pressed on" in shown
    assert "You have pressed the button" in theirs.get(f"{page}/mail-again").text
    theirs.send(page)  # withdrawn
    assert "This is over" in client.get(link).text


@pytest.mark.parametrize("page", ["still-here", "my-mailbox"])
def test_a_mailed_link_that_is_good_for_nothing_says_what_to_do(client: CheckedClient, page: str) -> None:
    for answer in (client.get(f"/claims/{page}/nonsense"), client.post(f"/claims/{page}/nonsense")):
        assert (answer.status_code, "This link no longer works" in answer.text) == (404, True)
        assert "use the link in the newest" in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("whose", ["the claimant's", "a member's"])
def test_a_mailed_link_is_kept_by_nobody_and_needs_no_cookie(
    left: Organisation, colleague: User, newcomer: User, client: CheckedClient, sign_in: SignIn, whose: str
) -> None:
    sign_in(newcomer).send(f"/organisations/{left.id}/claim", {"message": ""})
    db.session.rollback()
    link = f"/claims/my-mailbox/{proof(newcomer)}"
    if whose == "a member's":
        body = db.session.scalars(sa.select(Message.body).where(Message.kind == "claim_made")).one()
        link = body[body.index("/claims/still-here/") :].split()[0]
    for answer in (client.get(link), client.post(link), client.get(link)):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    db.session.rollback()
    found = db.session.scalars(sa.select(Claim)).one()
    assert (found.proved_at is not None) == (whose == "the claimant's")
    assert (found.status is ClaimStatus.STOPPED) == (whose == "a member's")


def test_a_claim_that_the_scheme_decides_says_why_before_it_is_made(
    left: Organisation, newcomer: User, colleague: User, sign_in: SignIn
) -> None:
    close(colleague)
    browser, page = sign_in(newcomer), f"/organisations/{left.id}/claim"
    assert claim_rules.ALONE in browser.get(page).text
    assert "Tell us how we can see that you work there" in browser.send(page, {"message": ""}).text


def test_a_member_stops_it_on_the_page_and_the_claimant_can_withdraw(
    left: Organisation, colleague: User, newcomer: User, sign_in: SignIn
) -> None:
    theirs = sign_in(newcomer)
    page = theirs.send(f"/organisations/{left.id}/claim").location
    assert theirs.send(page).location == page
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.status)).all() == [ClaimStatus.WITHDRAWN]
    page = theirs.send(f"/organisations/{left.id}/claim").location
    assert sign_in(colleague).send(page).location == page
    db.session.rollback()
    assert db.session.get_one(Claim, UUID(page.rpartition("/")[2])).status is ClaimStatus.STOPPED


def test_an_owner_who_changes_their_address_by_the_mailed_link_claims_no_more(
    left: Organisation, newcomer: User, sign_in: SignIn
) -> None:
    theirs = sign_in(newcomer)
    theirs.send(f"/organisations/{left.id}/claim")
    theirs.send("/account/email", {"email": "nina@elsewhere.example", "current": PASSWORD})
    db.session.rollback()
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "change_email")).one()
    found = re.search(r"/confirm-email/[\w-]+", body)
    assert found is not None
    theirs.send(found[0])
    db.session.rollback()
    assert db.session.scalars(sa.select(Claim.status)).all() == [ClaimStatus.VOID]


# Two owners ----------------------------------------------------------------------------------------------------------


def test_the_only_owner_is_asked_for_a_second_and_two_are_not(
    make: Factory, employer: Organisation, owner: User, colleague: User, sign_in: SignIn, team: str
) -> None:
    browser = sign_in(owner)
    assert "You are the only owner." in browser.get(team).text
    assert "Name a second one" in browser.get("/dashboard").text
    second = make.member(employer, "Olga Owner")
    assert "You are the only owner." not in browser.get(team).text
    assert "Name a second one" not in browser.get("/dashboard").text
    close(second)  # who cannot sign in is no second owner
    assert "You are the only owner." in browser.get(team).text
    assert "Name a second one" in browser.get("/dashboard").text
    assert "Name a second one" not in sign_in(colleague).get("/dashboard").text


@pytest.mark.parametrize(("ticked", "again"), [(True, False), (False, True)])
def test_before_sending_the_only_owner_is_asked_and_the_answer_is_kept_for_the_next_round(
    make: Factory, assessment: Assessment, owner: User, assessor: User, home: str, codes: list[str],
    sign_in: SignIn, ticked: bool, again: bool,
) -> None:  # fmt: skip
    make.answered(assessment, by=owner)
    browser, question = sign_in(owner), "I am the only one here who can do this"
    assert question in browser.get(f"{home}/submit").text
    sent = {"declared_by": "Olive Owner", "declared_role": "Owner", "agreed": "y", "round": "1"}
    assert browser.send(f"{home}/submit", sent | ({"only_owner": "y"} if ticked else {})).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Submission.only_owner)).all() == [ticked]
    make.asked_for_more(assessment, codes[:1], assessor=assessor)
    browser.send(f"{home}/criteria/{codes[0]}", {"note": "All of them.", "explanation": "All of them, every day."})
    page = browser.get(f"{home}/submit")
    if page.status_code == 200:
        assert (question in page.text) == again


def test_with_two_owners_nothing_is_asked_and_nothing_kept(
    make: Factory, employer: Organisation, assessment: Assessment, owner: User, home: str, sign_in: SignIn
) -> None:
    make.member(employer, "Olga Owner")
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    assert "I am the only one here" not in browser.get(f"{home}/submit").text
    sent = {"declared_by": "O", "declared_role": "Owner", "agreed": "y", "round": "1", "only_owner": "y"}
    assert browser.send(f"{home}/submit", sent).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Submission.only_owner)).all() == [None]


def test_the_team_page_takes_the_same_queries_whatever_goes_on(
    make: Factory, left: Organisation, colleague: User, newcomer: User, sign_in: SignIn, counting: Counting, team: str
) -> None:
    second = make.member(left, "Olga Owner")
    browser = sign_in(second)
    browser.get(team)
    with counting() as quiet:
        browser.get(team)
    handed_over(browser, team, to=colleague.email)
    with transaction() as session:
        for part in session.scalars(sa.select(Membership).where(Membership.user_id == second.id)):
            part.joined_at = now() - timedelta(days=100)
    sign_in(newcomer).send("/organisations/join", {"employer": str(left.id)})
    with counting() as busy:
        page = browser.get(team).text
    assert "Asking to join" in page
    assert "Handing over" in page
    assert len(quiet) == len(busy)
