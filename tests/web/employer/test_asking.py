"""Asking to join an employer that is here already, as pages."""

import re

import pytest
import sqlalchemy as sa

from charter.account import throttle
from charter.account.models import User
from charter.extensions import db, transaction
from charter.organisation.models import MemberRole, Organisation
from charter.succession.models import JoinRequest
from charter.succession.status import JoinStatus
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.succession.conftest import at_domain, parts, said
from tests.web.employer.conftest import Counting, SignIn
from tests.web.employer.test_organisation import details

NEW = "/organisations/new"


@pytest.fixture
def newcomer(make: Factory) -> User:
    return at_domain(make.user("Nina New"))


@pytest.fixture
def known(employer: Organisation, owner: User) -> Organisation:
    said(employer, owner)
    return employer


def asked(browser: CheckedClient, message: str = "I am the new HR lead.") -> str:
    """Ask the one employer that is offered; the address of the request."""
    page = browser.get("/organisations/join").text
    found = re.search(r'name="employer" value="([^"]+)"', page)
    assert found is not None
    answered = browser.send("/organisations/join", {"employer": found[1], "message": message})
    assert answered.status_code == 303, answered.text
    return str(answered.location)


def test_whoever_has_an_address_at_an_employers_domain_is_offered_to_ask_and_may_say_no(
    known: Organisation, newcomer: User, sign_in: SignIn
) -> None:
    browser = sign_in(newcomer)
    welcome = browser.get("/dashboard").text
    question, own = welcome.index(f"Do you work for {known.name}?"), welcome.index("Add your employer")
    assert question < own, "whether it is here comes before adding it again"
    assert 'href="/organisations/join"' in welcome[question:own]
    assert browser.get(NEW).location == "/organisations/join"
    page = browser.get("/organisations/join").text
    assert f"Do you work for {known.name}?" in page
    assert "Herefordshire" in page
    assert "Olive" not in page  # no more than its name and county
    assert f'href="{NEW}?another=yes"' in page
    assert browser.get(f"{NEW}?another=yes").status_code == 200


def test_without_a_match_one_simply_adds_an_employer(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.user("Elsa Elsewhere"))
    assert "First, tell us about the employer you work for." in browser.get("/dashboard").text
    assert browser.get(NEW).status_code == 200
    assert "We do not know an employer by your email address." in browser.get("/organisations/join").text


def test_nobody_looks_up_number_after_number_to_find_out_who_is_here(
    make: Factory, employer: Organisation, sign_in: SignIn
) -> None:
    with transaction() as session:
        session.get_one(Organisation, employer.id).company_number = "01234567"
    browser, other = sign_in(make.user("Elsa Elsewhere")), sign_in(make.user("Nina New"))
    page = "/organisations/join?company_number=01234567"
    for _ in range(throttle.NUMBERS):
        assert employer.name in browser.get(page).text
    refused = browser.get(page)
    assert refused.status_code == 429
    assert throttle.WAIT in refused.text
    assert employer.name not in refused.text
    typed = details(make, company_number="01234567")
    assert employer.name not in browser.send(f"{NEW}?another=yes", typed).text
    assert browser.get("/organisations/join").status_code == 200  # without a number nothing is looked up
    assert employer.name in other.get(page).text
    assert employer.name in other.send(f"{NEW}?another=yes", typed).text


def test_employers_of_a_group_are_a_choice(
    make: Factory, known: Organisation, newcomer: User, stranger: User, sign_in: SignIn
) -> None:
    said(stranger.memberships[0].organisation, stranger)
    browser = sign_in(newcomer)
    assert "Is your employer one of these?" in browser.get("/organisations/join").text
    refused = browser.send("/organisations/join", {"message": "Hello"})
    assert refused.status_code == 400
    assert "Choose your employer." in refused.text
    assert "Hello</textarea>" in refused.text
    assert browser.send("/organisations/join", {"employer": str(known.id)}).status_code == 303


def test_a_number_that_an_employer_has_leads_to_it_and_what_was_typed_is_kept(make: Factory, sign_in: SignIn) -> None:
    made = make.organisation("Severn Tools Ltd", company_number="01234567")
    make.member(made, "Sid Secret")
    browser = sign_in(make.user("Elsa Elsewhere"))
    typed = details(make, name="Severn Tools Limited", company_number="1234567")
    answered = browser.send(NEW, typed)
    assert answered.status_code == 400
    assert "Severn Tools Ltd in Herefordshire is here already" in answered.text
    assert 'value="Severn Tools Limited"' in answered.text
    assert "Sid" not in answered.text
    found = re.search(r'href="(/organisations/join\?[^"]+)"', answered.text)
    assert found is not None
    offer = found[1].replace("&amp;", "&")
    page = browser.get(offer).text
    assert "Do you work for Severn Tools Ltd?" in page
    assert "another employer" not in page  # a number is one employer's
    kept = browser.get(f"{NEW}?another=yes").text
    assert 'value="Severn Tools Limited"' in kept
    assert "We kept what you typed" in kept
    sent = {"employer": str(made.id), "company_number": "1234567"}
    assert browser.send(offer, sent, to="/organisations/join").status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(JoinRequest.organisation_id)).all() == [made.id]


def test_nobody_asks_an_employer_they_have_nothing_in_common_with(
    known: Organisation, make: Factory, stranger: User, newcomer: User, sign_in: SignIn
) -> None:
    browser = sign_in(newcomer)
    other = stranger.memberships[0].organisation_id
    token = browser.token("/organisations/join")
    answered = browser.post("/organisations/join", data={"csrf_token": token, "employer": str(other)})
    assert answered.status_code == 400
    assert db.session.scalars(sa.select(JoinRequest)).all() == []


@pytest.mark.parametrize("role", list(MemberRole))
def test_an_owner_sees_who_asks_and_lets_them_in(
    known: Organisation, owner: User, newcomer: User, sign_in: SignIn, role: MemberRole
) -> None:
    theirs, browser = sign_in(newcomer), sign_in(owner)
    request = asked(theirs)
    assert "Waiting<" in theirs.get(request).text
    assert f"You asked to join {known.name}" in theirs.get("/dashboard").text
    found = re.search(r'href="(/organisations/[^"]+/team/requests/[^"]+)"', browser.get("/dashboard").text)
    assert found is not None
    assert found[1] in browser.get(f"/organisations/{known.id}/team").text
    page = browser.get(found[1]).text
    for words in ("Nina New", newcomer.email, "I am the new HR lead.", "An email address at your domain"):
        assert words in page
    assert "not at a domain" not in page
    refused = browser.send(found[1], {"answer": "no", "reason": ""})
    assert refused.status_code == 400
    assert refused.text.count("Say why, so that they know what to do.") == 2
    assert browser.send(found[1], {"answer": role.value}).location == f"/organisations/{known.id}/team"
    db.session.rollback()
    assert parts(known)["Nina"] is role
    assert "Go to your charter" in theirs.get(request).text
    assert "By Olive Owner" in browser.get(found[1]).text


def test_an_owner_says_no_and_the_reason_is_read(
    known: Organisation, owner: User, newcomer: User, sign_in: SignIn
) -> None:
    theirs, browser = sign_in(newcomer), sign_in(owner)
    request = asked(theirs)
    page = f"/organisations/{known.id}/team/requests/{request.rpartition('/')[2]}"
    assert browser.send(page, {"answer": "no", "reason": "We do not know you."}).status_code == 303
    assert "We do not know you." in theirs.get(request).text
    assert "did not let you in" in theirs.send("/organisations/join", {"employer": str(known.id)}).text


def test_whoever_asked_can_withdraw_it(known: Organisation, owner: User, newcomer: User, sign_in: SignIn) -> None:
    theirs = sign_in(newcomer)
    request = asked(theirs)
    token = theirs.token(request)
    for _ in range(2):  # a double click
        assert theirs.post(request, data={"csrf_token": token}).location == "/dashboard"
    db.session.rollback()
    assert db.session.scalars(sa.select(JoinRequest.status)).all() == [JoinStatus.WITHDRAWN]


def test_an_address_elsewhere_is_pointed_out_to_the_owner(
    make: Factory, known: Organisation, owner: User, sign_in: SignIn
) -> None:
    elsa = make.user("Elsa Elsewhere")
    with transaction() as session:
        session.get_one(Organisation, known.id).company_number = "01234567"
    theirs = sign_in(elsa)
    answered = theirs.send(
        "/organisations/join?company_number=01234567",
        {"employer": str(known.id), "company_number": "01234567"},
        to="/organisations/join",
    )
    page = f"/organisations/{known.id}/team/requests/{answered.location.rpartition('/')[2]}"
    assert "(not at a domain that you said is yours)" in sign_in(owner).get(page).text


def test_the_dashboard_takes_the_same_queries_however_many_ask(
    make: Factory, known: Organisation, owner: User, newcomer: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    asked(sign_in(newcomer))
    browser.get("/dashboard")
    with counting() as one:
        browser.get("/dashboard")
    for number in range(3):
        asked(sign_in(at_domain(make.user(f"Nick{number} New"))))
    with counting() as many:
        assert browser.get("/dashboard").text.count("asks to join") == 4
    assert len(one) == len(many)
