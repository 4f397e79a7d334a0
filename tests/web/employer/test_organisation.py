"""The dashboard, an employer's details, its sites and its team."""

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import recognition
from charter.organisation.joining import Details
from charter.organisation.models import MemberRole, Membership, Organisation, Recognition, Site
from tests.conftest import AT
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn


def details(make: Factory, **values: str) -> dict[str, str]:
    content = make.framework().content
    return {
        "name": "Broad Street Garage",
        "county": content.counties[-1].code,
        "district": "",
        "size_band": content.size_bands[0].code,
        "sector": content.sectors[0].code,
        "scope": "whole",
        "listed": "yes",
        "company_number": "",
        "charity_number": "",
        "website": "",
        "about": "",
        **values,
    }


def test_somebody_without_an_employer_is_asked_for_it_first(make: Factory, sign_in: SignIn) -> None:
    text = sign_in(make.user("Nina New")).get("/dashboard").text
    assert "tell us about the employer" in text
    assert "/organisations/new" in text


def test_an_employer_is_added_and_leads_to_its_first_assessment(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.user("Nina New"))
    added = browser.send("/organisations/new", details(make, company_number="1234567", website="www.example.co.uk"))
    db.session.rollback()
    made = db.session.scalars(sa.select(Organisation)).one()
    assert (added.status_code, added.location) == (303, f"/organisations/{made.id}/assessments/new")
    assert (made.company_number, made.website, made.listed) == ("01234567", "https://www.example.co.uk", True)
    assert browser.get("/dashboard").text.count("What to do next") == 1


def test_a_form_sent_twice_adds_one_employer_and_leads_to_it(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.user("Nina New"))
    said = {"csrf_token": browser.token("/organisations/new"), **details(make, company_number="01234567")}
    first, again = (browser.post("/organisations/new", data=said) for _ in range(2))
    db.session.rollback()
    made = db.session.scalars(sa.select(Organisation)).one()
    assert first.location == again.location == f"/organisations/{made.id}/assessments/new"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "Enter the name of the employer."),
        ({"county": "nowhere"}, "Choose the county you are in."),
        ({"listed": ""}, "Choose if we may show you on the public register."),
        ({"company_number": "12"}, "A company number has 8 characters"),
        ({"charity_number": "12"}, "A charity number has 6 or 7 digits"),
        ({"website": "not a site"}, "Enter a website address"),
        ({"about": "x" * 601}, "The text must be 600 characters or fewer. It has 601."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_the_rest_stays(
    make: Factory, sign_in: SignIn, wrong: dict[str, str], message: str
) -> None:
    browser = sign_in(make.user("Nina New"))
    answered = browser.send("/organisations/new", details(make, **wrong))
    assert answered.status_code == 400
    assert answered.text.count(message) == 2
    if "name" not in wrong:
        assert 'value="Broad Street Garage"' in answered.text
    assert db.session.scalars(sa.select(Organisation)).all() == []


def test_all_that_is_wrong_is_told_in_one_round(make: Factory, sign_in: SignIn) -> None:
    make.organisation("Severn Tools Ltd", company_number="01234567")
    browser = sign_in(make.user("Nina New"))
    taken, no_charity = "Ask to join it, or write to us", "A charity number has 6 or 7 digits"
    numbers = {"company_number": "01234567", "charity_number": "12"}
    for wrong, messages in (
        ({}, (taken, no_charity)),
        ({"name": "", "sector": ""}, (taken, no_charity, "Enter the name of the employer.", "Choose the kind of work")),
    ):
        answered = browser.send("/organisations/new", details(make, **numbers, **wrong))
        assert answered.status_code == 400
        assert [answered.text.count(message) for message in messages] == [2] * len(messages)


def test_all_that_is_wrong_with_a_change_is_told_in_one_round(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    answered = sign_in(owner).send(
        f"/organisations/{employer.id}/edit",
        details(make, name="", company_number="12", charity_number="12", version=str(employer.version)),
    )
    for message in ("Enter the name", "A company number has 8", "A charity number has 6"):
        assert answered.text.count(message) == 2


def test_all_that_is_wrong_with_a_place_or_an_award_is_told_in_one_round(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser, home = sign_in(owner), f"/organisations/{employer.id}"
    county = make.framework().content.counties[0].code
    place = browser.send(f"{home}/sites", {"name": "", "town": "Ledbury", "postcode": "X", "county": county})
    assert [place.text.count(one) for one in ("Enter a name for the place.", "Enter a full postcode")] == [2, 2]
    passports = make.framework().content.passports
    strict = next(
        place for place, one in enumerate(passports) if {"certificate_number", "expiry_date"} & set(one.needs)
    )
    award = {"scheme": str(strict), "reference": "", "county": "nowhere", **day("starts_on", 2090)}
    answered = browser.send(f"{home}/recognitions/new", award)
    assert answered.status_code == 400
    assert answered.text.count("Choose the county that the award is for.") == 2
    assert answered.text.count("The date the award started must be today or in the past.") == 2
    assert answered.text.count("Enter the last day on the certificate.") == 2


def day(field: str, year: int) -> dict[str, str]:
    return {f"{field}-day": "1", f"{field}-month": "2", f"{field}-year": str(year)}


def test_kinds_of_work_are_offered_in_everyday_words(make: Factory, sign_in: SignIn) -> None:
    text = sign_in(make.user("Nina New")).get("/organisations/new").text
    for sector in make.framework().content.sectors:
        assert sector.plain
        assert f"{sector.plain} ({sector.code}: {sector.title})</option>" in text


def test_a_number_that_another_employer_has_says_what_to_do(make: Factory, sign_in: SignIn) -> None:
    make.organisation("Severn Tools Ltd", company_number="01234567")
    answered = sign_in(make.user("Nina New")).send("/organisations/new", details(make, company_number="01234567"))
    assert answered.status_code == 400
    assert answered.text.count("Ask to join it, or write to us") == 2


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("", 2), ("/team", 2), ("/edit", 1), ("/sites", 1), ("/team/invite", 1), ("/assessments/new", 2)],
)
def test_each_page_is_for_the_employers_people_and_some_only_for_its_owners(
    employer: Organisation,
    owner: User,
    colleague: User,
    stranger: User,
    client: Any,
    sign_in: SignIn,
    path: str,
    allowed: int,
) -> None:
    address = f"/organisations/{employer.id}{path}"
    assert sign_in(owner).get(address).status_code == 200
    assert sign_in(colleague).get(address).status_code == (200 if allowed == 2 else 403)
    assert sign_in(stranger).get(address).status_code == 404
    assert client.get(address).location == "/sign-in"


def test_staff_have_no_employers_dashboard(assessor: User, sign_in: SignIn) -> None:
    assert sign_in(assessor).get("/dashboard").status_code == 403
    assert sign_in(assessor).get("/organisations/new").status_code == 403


def test_details_change_and_a_second_change_unseen_is_stopped(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/edit"
    token = browser.token(address)
    mine = {"csrf_token": token, "version": "1", **details(make, name="Teme Orchards")}
    assert browser.post(address, data=mine).location == f"/organisations/{employer.id}"
    answered = browser.post(address, data={**mine, "name": "Another name"})
    assert answered.status_code == 409
    assert "Somebody else changed these details" in answered.text
    assert 'value="Another name"' in answered.text
    assert "Teme Orchards" in answered.text
    assert 'name="version" type="hidden" value="2"' in answered.text


@pytest.mark.parametrize("field", [one.name for one in dataclasses.fields(Details)])
def test_whatever_a_colleague_changed_meanwhile_the_later_is_shown_it(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, field: str
) -> None:
    content = make.framework().content
    other = {  # a field that is missing here is one that nobody thought of: it must be among the differences
        "name": "Another name",
        "county": content.counties[0].code,
        "district": content.counties[-1].districts[0],
        "size_band": content.size_bands[1].code,
        "sector": content.sectors[1].code,
        "company_number": "OC123456",
        "charity_number": "1234567",
        "website": "https://example.org",
        "about": "Apples.",
        "scope": "local",
        "listed": "no",
        "needs_sign_off": "y",
    }[field]
    browser, address = sign_in(owner), f"/organisations/{employer.id}/edit"
    mine = {"csrf_token": browser.token(address), "version": "1", **details(make)}
    assert browser.post(address, data=mine | {field: other}).status_code == 303
    answered = browser.post(address, data=mine)
    assert answered.status_code == 409
    table = answered.text.partition("<tbody")[2].partition("</tbody>")[0]
    assert table.count("<tr") == 1


def test_districts_stand_under_their_county_and_one_of_another_county_is_refused_beside_its_field(
    make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.user("Nina New"))
    content = make.framework().content
    page = browser.get("/organisations/new").text
    for county in content.counties:
        group = page.partition(f'<optgroup label="{county.title}">')[2].partition("</optgroup>")[0]
        assert re.findall(r"<option[^>]*>([^<]*)", group) == list(county.districts)
    of = content.counties[-1].districts[0]
    other = {"county": content.counties[0].code, "district": of, "about": "Apples and pears."}
    refused = browser.send("/organisations/new", {**details(make), **other})
    assert refused.status_code == 400
    assert refused.text.count(f"{of} is not a district of {content.counties[0].title}.") == 2  # above and beside it
    assert f'<option value="{of}" selected' in refused.text
    assert "Apples and pears." in refused.text


def test_the_kind_of_work_is_shown_in_everyday_words_and_as_it_is_officially_called(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    sector = next(one for one in make.framework().content.sectors if one.code == employer.sector)
    page = sign_in(owner).get(f"/organisations/{employer.id}").text
    assert f"{sector.plain}<br>" in page
    assert f">{sector.title}</span>" in page


def test_sites_are_added_and_removed(make: Factory, employer: Organisation, owner: User, sign_in: SignIn) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/sites"
    site = {"name": "Barn", "town": "Tenbury", "postcode": "wr158bb", "county": employer.county}
    wrong = browser.send(address, {**site, "postcode": "here"})
    assert (wrong.status_code, wrong.text.count("Enter a full postcode")) == (400, 2)
    for _ in range(2):
        assert browser.send(address, site).status_code == 303
    made = db.session.scalars(sa.select(Site)).one()
    assert made.postcode == "WR15 8BB"
    assert "Barn, Tenbury, WR15 8BB" in browser.get(f"/organisations/{employer.id}").text
    for _ in range(2):
        assert browser.send(address, {"remove": str(made.id)}).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Site)).all() == []


def test_an_award_of_another_scheme_is_told_once_with_the_dates_on_its_certificate(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/recognitions"
    title = make.framework().content.passports[1].title
    award = {
        "scheme": "1",
        "reference": "DCS000123",
        "county": employer.county,
        **{"starts_on-day": "1", "starts_on-month": "3", "starts_on-year": "2026"},
        **{"ends_on-day": "28", "ends_on-month": "2", "ends_on-year": "2029"},
        "url": "https://example.org/who-holds-it",
    }
    for wrong, message in [
        ({"scheme": ""}, "Choose a scheme from the list."),
        ({"scheme": "99"}, "Choose a scheme from the list."),
        ({"reference": ""}, "Enter the number on the certificate."),
        ({"starts_on-day": "", "starts_on-month": "", "starts_on-year": ""}, "Enter the day the award started."),
        ({"ends_on-year": "2025"}, "The last day must be after the day the award started."),
        ({"url": ""}, "Choose the certificate as a file, or give the address of a list that names you."),
        ({"url": "nowhere"}, "Enter the whole address of a web page, such as https://www.example.co.uk/policy."),
    ]:
        refused = browser.send(f"{address}/new", {**award, **wrong})
        assert (refused.status_code, refused.text.count(message)) == (400, 2), wrong
        assert "reference" in wrong or 'value="DCS000123"' in refused.text
    assert browser.send(f"{address}/new", award).location == address
    assert f"{title} is added." in browser.get(address).text
    shown = browser.get(f"/organisations/{employer.id}").text
    assert f"<li>{title}, from 1 March 2026 to 28 February 2029 (not checked yet)</li>" in shown
    assert "You have already told us about this award." in browser.send(f"{address}/new", award).text
    db.session.rollback()
    assert db.session.scalars(sa.select(Recognition.reference)).all() == ["DCS000123"]


def test_a_colleague_is_invited_by_email_and_joins(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/team/invite"
    assert "Enter an email address in the right form" in browser.send(address, {"email": "colin", "role": "owner"}).text
    colin = make.user("Colin New")
    assert browser.send(address, {"email": colin.email, "role": "contributor"}).status_code == 303
    assert colin.email in browser.get(f"/organisations/{employer.id}/team").text
    message = db.session.scalars(sa.select(Message).where(Message.kind == "invitation_to_employer")).one()
    found = re.search(r"/invitations/([\w-]+)", message.body)
    assert found is not None
    theirs = sign_in(colin)
    assert theirs.send(f"/invitations/{found[1]}").location == "/dashboard"
    assert employer.name in theirs.get("/dashboard").text


def test_an_award_told_by_mistake_is_taken_back(
    make: Factory, employer: Organisation, stranger: User, owner: User, sign_in: SignIn
) -> None:
    passport = make.framework().content.passports[1]
    with transaction() as session:
        stated = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=AT.date() - timedelta(days=30), ends_on=AT.date() + timedelta(days=300),
            by=owner, at=AT,
        )  # fmt: skip
    home, browser = f"/organisations/{employer.id}/recognitions", sign_in(owner)
    page = f"{home}/{stated.id}/take-back"
    assert page in browser.get(home).text
    assert f"Take back {passport.title}?" in browser.get(page).text
    assert browser.send(page).location == home
    assert "is taken back" in browser.get(home).text
    assert browser.get(page).status_code == 404
    assert browser.post(page, data={"csrf_token": browser.token(home)}).location == home  # pressed twice
    assert "taken back already" in browser.get(home).text


def test_a_button_pressed_twice_sends_one_email(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/team/invite"
    for _ in range(2):
        assert browser.send(address, {"email": "colin@example.org", "role": "contributor"}).status_code == 303
    kind = Message.kind == "invitation_to_employer"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message).where(kind)) == 1


def test_an_invitation_can_be_cancelled(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    browser, team = sign_in(owner), f"/organisations/{employer.id}/team"
    browser.send(f"{team}/invite", {"email": "colin@example.org", "role": "contributor"})
    found = re.search(r'href="([^"]+/invitations/[^"]+)"', browser.get(team).text)
    assert found is not None
    assert browser.send(found[1]).location == team
    assert "Invited, not here yet" not in browser.get(team).text


def test_a_colleague_becomes_an_owner_and_is_removed_but_never_the_last_owner(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser, team = sign_in(owner), f"/organisations/{employer.id}/team"
    parts = {one.user_id: one for one in db.session.scalars(sa.select(Membership))}
    mine, theirs = f"{team}/{parts[owner.id].id}", f"{team}/{parts[colleague.id].id}"
    assert browser.send(f"{mine}/remove").location == f"{mine}/remove"
    assert "An employer needs at least one owner who can sign in." in browser.get(f"{mine}/remove").text
    assert browser.send(theirs, {"do": "owner"}).location == team
    db.session.rollback()
    assert db.session.get_one(Membership, parts[colleague.id].id, populate_existing=True).role is MemberRole.OWNER
    assert browser.send(f"{theirs}/remove").location == team
    assert sign_in(colleague).get(team).status_code == 404


def test_the_dashboard_gives_one_clear_next_step_at_each_stage(
    make: Factory,
    employer: Organisation,
    assessment: Assessment,
    codes: list[str],
    owner: User,
    assessor: User,
    sign_in: SignIn,
) -> None:
    browser = sign_in(owner)
    assert f"/criteria/{codes[0]}" in browser.get("/dashboard").text
    make.answered(assessment, by=owner)
    assert "Check and send" in browser.get("/dashboard").text
    make.submitted(assessment, by=owner)
    assert "Nothing for now." in browser.get("/dashboard").text
    make.asked_for_more(assessment, codes[:2], assessor=assessor)
    assert "The assessor needs more from you on 2 points." in browser.get("/dashboard").text


def test_the_dashboard_shows_the_award_with_its_certificate(
    make: Factory, employer: Organisation, owner: User, moderator: User, sign_in: SignIn
) -> None:
    award = make.award(employer, level=1, by=moderator)
    text = sign_in(owner).get("/dashboard").text
    assert award.number in text
    assert f'href="/certificates/{award.code}.pdf"' in text
    assert f"/organisations/{employer.id}/renew" in text


def test_the_dashboard_takes_at_most_14_queries_whatever_is_in_it(
    make: Factory,
    employer: Organisation,
    assessment: Assessment,
    codes: list[str],
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    browser = sign_in(owner)
    with counting() as little:
        browser.get("/dashboard")
    make.asked_for_more(make.submitted(make.answered(assessment, by=owner), by=owner), codes, assessor=assessor)
    make.award(employer, level=1, by=moderator)
    make.award(employer, level=1, by=moderator)
    with counting() as much:
        browser.get("/dashboard")
    assert max(len(little), len(much)) <= 14, (little, much)


def test_the_team_page_takes_the_same_queries_for_one_and_for_many(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser, address = sign_in(owner), f"/organisations/{employer.id}/team"
    browser.get(address)
    with counting() as one:
        browser.get(address)
    for number in range(3):
        make.member(employer, f"Member{number} More", role="contributor")
    with counting() as many:
        browser.get(address)
    assert len(one) == len(many) <= 8


@pytest.mark.parametrize(
    "part",
    ["", "/team", "/plan", "/figures", "/evidence", "/recognitions", "/services", "/schemes", "/surveys", "/decisions"],
)
def test_each_part_of_an_employer_leads_to_the_others_and_marks_itself(
    employer: Organisation, owner: User, sign_in: SignIn, part: str
) -> None:
    home = f"/organisations/{employer.id}"
    text = sign_in(owner).get(home + part).text
    nav = text[text.index(f'aria-label="Parts of {employer.name}"') :].split("</nav>")[0]
    assert nav.count("<li>") == 10
    assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [home + part]
