"""Somebody who belongs to several employers: one at a time, and always which."""

import pytest

from charter.account.models import User
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation import queries, team
from charter.organisation.models import Organisation
from charter.succession import asking
from charter.succession.models import Matched
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn


@pytest.fixture
def second(make: Factory, owner: User) -> Organisation:
    """The employer that the owner joined last."""
    found = make.organisation("Severn Tools Ltd")
    make.joins(found, owner)
    return found


def switch(browser, employer: Organisation):
    return browser.send("/dashboard/employers", {"employer": str(employer.id)})


def heading(text: str) -> str:
    return text.split("<h1")[1].split(">", 1)[1].split("</h1>")[0].strip()


def test_the_dashboard_shows_one_employer_and_each_other_in_a_line(
    make: Factory, employer: Organisation, second: Organisation, owner: User, moderator: User, sign_in: SignIn
) -> None:
    make.award(employer, on=today(), by=moderator)
    make.assessment(second, by=owner)
    browser = sign_in(owner)
    assert switch(browser, employer).location == "/dashboard"
    page = browser.get("/dashboard").text
    assert heading(page) == employer.name
    assert "You hold" in page
    assert "Finish your answers" not in page.split("Your other employer")[0]
    assert "1 thing to do: finish your answers" in page


def test_what_was_chosen_stays_chosen_on_another_device(
    employer: Organisation, second: Organisation, owner: User, sign_in: SignIn
) -> None:
    for chosen in (employer, second):
        switch(sign_in(owner), chosen)
        assert heading(sign_in(owner).get("/dashboard").text) == chosen.name


def test_who_joins_an_employer_sees_that_one(
    make: Factory, employer: Organisation, owner: User, stranger: User, sign_in: SignIn
) -> None:
    mine = db.session.get(Organisation, stranger.memberships[0].organisation_id)
    switch(sign_in(stranger), mine)
    with transaction() as session:
        _, token = team.invite(
            session, employer, email=stranger.email, role=team.MemberRole.CONTRIBUTOR, by=owner, at=make.at
        )
    browser = sign_in(stranger)
    browser.send(f"/invitations/{token}")
    assert heading(browser.get("/dashboard").text) == employer.name


def test_who_is_removed_from_the_chosen_employer_sees_another_and_then_none(
    make: Factory, employer: Organisation, second: Organisation, owner: User, sign_in: SignIn
) -> None:
    boss = make.member(employer, "Bo Boss")
    other = make.member(second, "Bea Boss")
    browser = sign_in(owner)
    switch(browser, employer)
    for left, by, shown in ((employer, boss, second.name), (second, other, f"Welcome, {owner.name}")):
        with transaction() as session:
            team.remove(session, queries.part_of(session, left.id, owner.id), by=by, at=make.at)
        page = browser.get("/dashboard")
        assert (page.status_code, heading(page.text)) == (200, shown)
    assert browser.get("/dashboard/employers").status_code == 200


def test_an_employer_one_does_not_belong_to_cannot_be_chosen(
    employer: Organisation, second: Organisation, colleague: User, sign_in: SignIn
) -> None:
    browser = sign_in(colleague)
    assert switch(browser, second).status_code == 400
    assert browser.get(f"/dashboard/{second.id}").status_code == 404
    assert heading(browser.get("/dashboard").text) == employer.name


def test_each_page_says_which_employer_it_is_about_and_leads_to_its_own_home(
    make: Factory, employer: Organisation, second: Organisation, owner: User, sign_in: SignIn
) -> None:
    assessment = make.assessment(employer, by=owner)
    browser = sign_in(owner)
    switch(browser, second)
    for page in (
        f"/organisations/{employer.id}",
        f"/organisations/{employer.id}/plan",
        f"/organisations/{employer.id}/evidence",
        f"/assessments/{assessment.id}",
        f"/assessments/{assessment.id}/declarations",
        f"/dashboard/{employer.id}",
    ):
        text = browser.get(page).text
        assert f"This page is about </span>{employer.name}</span>" in text, page
        assert f'href="/dashboard/{employer.id}"' in text, page
    assert f"This page is about </span>{second.name}</span>" in browser.get("/dashboard").text
    assert heading(browser.get(f"/dashboard/{employer.id}").text) == employer.name


def test_who_has_one_employer_is_offered_no_other(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    page = sign_in(owner).get("/dashboard").text
    assert employer.name in page
    assert "Switch employer" not in page
    assert "Your other employer" not in page


def test_the_dashboard_takes_one_query_more_for_several_employers_and_no_more_for_more_of_them(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    make.assessment(employer, by=owner)
    browser.get("/dashboard")

    def asked_with(others: int) -> list[str]:
        for number in range(others):
            more = make.organisation(f"Employer {number}")
            make.joins(more, owner)
            make.assessment(more, by=owner)
        if others:
            switch(browser, employer)
        with counting() as queries:
            browser.get("/dashboard")
        return queries

    one, two, four = asked_with(0), asked_with(1), asked_with(2)
    assert len(two) == len(one) + 1, (one, two)
    assert len(four) == len(two), (two, four)


def test_who_asks_for_another_employer_sees_which_and_keeps_a_home_they_may_open(
    make: Factory, employer: Organisation, owner: User, stranger: User, sign_in: SignIn
) -> None:
    with transaction() as session:
        request = asking.ask(session, asking.Match(employer, Matched.COMPANY), message="", by=stranger, at=make.at)
    browser = sign_in(stranger)
    for path in (f"/join-requests/{request.id}", f"/organisations/{employer.id}/claim"):
        page = browser.get(path).text
        assert f"This page is about </span>{employer.name}<" in page
        assert f"/dashboard/{employer.id}" not in page, "they do not belong to it"


def test_figures_and_services_lead_back_to_the_home_of_their_own_employer(
    employer: Organisation, second: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    switch(browser, second)
    for path in ("figures", "services", "surveys", "plan"):
        page = browser.get(f"/organisations/{employer.id}/{path}").text
        assert f"This page is about </span>{employer.name}<" in page
        assert f'<a href="/dashboard/{employer.id}" class="govuk-back-link">' in page, path


def test_the_titles_of_two_tabs_say_which_employer_each_is_about(
    make: Factory, employer: Organisation, second: Organisation, owner: User, stranger: User, sign_in: SignIn
) -> None:
    def title(person: User, one: Organisation) -> str:
        return sign_in(person).get(f"/organisations/{one.id}/plan").text.split("<title>")[1].split("</title>")[0]

    for one in (employer, second):
        assert title(owner, one).startswith(f"Improvement plan – {one.name} – ")
    own = db.session.get_one(Organisation, stranger.memberships[0].organisation_id)
    assert own.name not in title(stranger, own)  # who has one needs no telling
