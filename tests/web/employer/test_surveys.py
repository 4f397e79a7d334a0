"""An employer runs a staff survey: opens it, hands out codes, closes it, reads totals."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest

from charter.account.models import User
from charter.assessment import evidence
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.survey import answering, running
from charter.survey.models import Survey
from tests.factories import Factory
from tests.readers import scanned, words
from tests.survey.conftest import said


@pytest.fixture
def home(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/surveys"


def filled(**values: str) -> dict[str, str]:
    last = today() + timedelta(days=10)
    parts = {f"closes_on-{part}": str(getattr(last, part)) for part in ("day", "month", "year")}
    return {"title": "Spring survey", "people": "12", "then": "open", **parts, **values}


def answered(make: Factory, employer: Organisation, owner: User, *, number: int, people: int = 12) -> Survey:
    """A survey that is open today and that so many people answered."""
    survey, codes = make.survey(employer, people=people, on=today(), by=owner)
    for place, code in enumerate(codes[:number]):
        with transaction() as session:
            answering.answer(session, code, said("5" if place % 4 else "1"), on=today())
    return survey


def test_the_first_press_opens_nothing_and_shows_what_cannot_be_changed_later(sign_in, home: str, owner: User) -> None:
    browser = sign_in(owner)
    first = browser.send(f"{home}/new", filled(then=""))
    assert (first.status_code, "Check your survey before it opens" in first.text) == (200, True)
    assert "You get 12 codes, one for each person." in first.text
    db.session.rollback()
    assert db.session.query(Survey).count() == 0
    wrong = browser.send(f"{home}/new", filled(then="", people="1"))
    assert (wrong.status_code, "Start a staff survey" in wrong.text) == (400, True)
    again = browser.send(f"{home}/new", filled(then="change"))
    assert (again.status_code, 'value="Spring survey"' in again.text) == (200, True)


def test_an_owner_opens_a_survey_and_downloads_its_links_once(sign_in, home: str, owner: User) -> None:
    browser = sign_in(owner)
    assert "Start a survey" in browser.get(home).text
    opened = browser.send(f"{home}/new", filled())
    assert opened.status_code == 303
    page = browser.get(opened.location)
    assert "Spring survey" in page.text
    assert "Fewer than 10" in page.text
    file = browser.send(f"{opened.location}/codes", {"kind": "links"})
    assert file.mimetype == "text/csv"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "private, no-store"
    rows = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"))))
    assert rows[0] == ["Link", "Code"]
    assert len(rows) == 13
    assert all(link == f"http://localhost/survey/{code}" for link, code in rows[1:])
    assert browser.get(rows[1][0]).status_code == 200
    again = browser.send(f"{opened.location}/codes", {"kind": "links"})
    assert again.status_code == 400
    assert "You have made the codes already" in again.text
    new = browser.send(f"{opened.location}/codes", {"kind": "links", "again": "y"})
    assert new.mimetype == "text/csv"
    assert browser.get(rows[1][0]).status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"people": "9"}, "You need at least 10 people."),
        ({"people": "a few"}, "Enter the number of people in figures, such as 24."),
        ({"people": ""}, "Enter the number of people in figures, such as 24."),
        ({"people": "99999999"}, "Enter the number of people in figures, such as 24."),
        ({"people": "250"}, "Ask no more people than work for you."),
        ({"people": "6,000"}, "One survey can ask 5,000 people at most."),
        ({"title": " "}, "Give the survey a name."),
        ({"closes_on-year": "2020"}, "The last day must be today or later"),
        ({"closes_on-day": "", "closes_on-month": "", "closes_on-year": ""}, "Enter the last day to answer."),
    ],
)
def test_a_survey_that_cannot_be_opened_says_why(sign_in, home: str, owner: User, values, words: str) -> None:
    given = sign_in(owner).send(f"{home}/new", filled(**values))
    assert given.status_code == 400
    assert words in given.text
    assert db.session.query(Survey).count() == 0


def test_while_it_is_open_the_page_counts_in_tens_and_shows_no_results(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    survey = answered(make, employer, owner, number=12)
    page = sign_in(owner).get(f"{home}/{survey.id}").text
    assert "At least 10" in page
    assert "12 (" not in page
    assert "What your staff said" not in page


def test_once_it_is_closed_the_page_shows_shares_with_a_chart_and_a_table(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    survey = answered(make, employer, owner, number=12)
    browser = sign_in(owner)
    closed = browser.send(f"{home}/{survey.id}/close")
    assert closed.status_code == 303
    page = browser.get(closed.location).text
    assert "12 (100%)" in page
    assert "75% positive" in page
    assert page.count('class="charter-shares"') == 8
    assert "75% (9)" in page
    assert browser.get(f"{home}/{survey.id}/close").location == closed.location


def closed(make: Factory, employer: Organisation, owner: User) -> Survey:
    """A survey that is closed and has results."""
    survey = answered(make, employer, owner, number=12)
    with transaction() as session:
        running.close(session, session.get_one(Survey, survey.id), by=owner, at=make.at)
    return survey


def test_the_slips_are_one_for_each_person_and_each_leads_to_its_own_form(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User, tmp_path: Path
) -> None:
    browser = sign_in(owner)
    page = browser.send(f"{home}/new", filled(people="23", title="Été & <b>staff</b>")).location
    file = browser.send(f"{page}/codes", {"kind": "slips"})
    assert file.mimetype == "application/pdf"
    said_on_it = words(file.data)
    codes = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", said_on_it)
    assert len(set(codes)) == len(codes) == 23
    assert "Été & <b>staff</b>" in said_on_it
    first_page = {f"http://localhost/survey/{code.lower()}" for code in codes[:10]}
    assert set(scanned(file.data, tmp_path)) == first_page
    assert browser.get(f"/survey/{codes[-1].lower()}").status_code == 200


def of_size(make: Factory, employer: Organisation, place: int) -> None:
    """The employer is of the size band in this place of the charter's list."""
    with transaction() as session:
        session.get_one(Organisation, employer.id).size_band = make.framework().content.size_bands[place].code


def test_who_has_fewer_people_than_answers_are_shown_for_is_told_so_before_asking(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    browser = sign_in(owner)
    assert f'href="{home}/new"' in browser.get(home).text
    of_size(make, employer, 0)
    text = browser.get(home).text
    assert "By your details you have fewer than 10 people, so you cannot run a survey" in text
    assert f'href="{home}/new"' not in text
    refused = browser.send(f"{home}/new", filled(people="12"))
    assert (refused.status_code, "Ask no more people than work for you." in refused.text) == (400, True)
    assert 'value="12"' in refused.text


def test_too_many_slips_are_refused_before_any_code_is_made(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    browser = sign_in(owner)
    of_size(make, employer, -1)
    page = browser.send(f"{home}/new", filled(people="501")).location
    given = browser.send(f"{page}/codes", {"kind": "slips"})
    assert given.status_code == 400
    assert "Choose links instead." in given.text
    assert browser.send(f"{page}/codes", {"kind": "links"}).mimetype == "text/csv"


def test_the_poster_says_what_it_is_and_holds_no_code(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User, tmp_path: Path
) -> None:
    survey, _ = make.survey(employer, on=today(), by=owner)
    file = sign_in(owner).get(f"{home}/{survey.id}/poster.pdf")
    assert file.mimetype == "application/pdf"
    said_on_it = words(file.data)
    for part in (
        "Teme Valley Orchards Ltd",
        "What is it like to work here?",
        "localhost/survey",
        "only from 10 answers",
    ):
        assert part in said_on_it
    assert not re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", said_on_it)
    assert scanned(file.data, tmp_path) == ["http://localhost/survey"]


def test_the_results_can_be_shared_once_there_are_some(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    browser = sign_in(owner)
    survey = answered(make, employer, owner, number=12)
    assert browser.get(f"{home}/{survey.id}/results.pdf").location == f"{home}/{survey.id}"
    browser.send(f"{home}/{survey.id}/close")
    first, second = (browser.get(f"{home}/{survey.id}/results.pdf").data for _ in range(2))
    assert first == second
    assert "75% positive (9 of 12)" in words(first)


def test_results_are_evidence_for_what_the_charter_says_they_support(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User, colleague: User
) -> None:
    survey = closed(make, employer, owner)
    assessment = make.assessment(employer, level=3, by=owner)
    supports = assessment.framework.content.survey.supports
    for person in (owner, colleague):  # given twice, it is one piece
        given = sign_in(person).send(f"{home}/{survey.id}/evidence")
        assert given.location == f"/assessments/{assessment.id}/evidence"
    db.session.rollback()
    found = evidence.of(db.session, assessment)
    assert set(found) == set(supports)
    (piece,) = {piece.id: piece for pieces in found.values() for piece in pieces}.values()
    assert piece.title == "What our staff said: Staff survey"
    asked = assessment.framework.content.survey
    assert (piece.type, piece.period_from) == (asked.evidence_type, survey.opens_on)
    assert piece.period_from <= piece.period_to <= survey.closes_on
    assert piece.ends_on > piece.period_to
    file = sign_in(owner).get(f"/evidence/{piece.id}/download")
    assert "75% positive (9 of 12)" in words(file.data)


def test_a_criterion_that_results_may_support_leads_to_the_survey_and_others_do_not(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    assessment = make.assessment(employer, level=3, by=owner)
    content = assessment.framework.content
    supports = content.survey.supports
    other = next(one.code for one in content.criteria if one.code not in supports)
    browser = sign_in(owner)
    found = {
        code: home in browser.get(f"/assessments/{assessment.id}/criteria/{code}").text for code in (*supports, other)
    }
    assert found == {**dict.fromkeys(supports, True), other: False}


def test_results_that_no_criterion_asks_for_are_not_pressed_on_it(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    survey = closed(make, employer, owner)
    browser = sign_in(owner)
    assert "You have no assessment under way." in browser.get(f"{home}/{survey.id}/evidence").text
    assessment = make.assessment(employer, level=1, by=owner)
    page = browser.get(f"{home}/{survey.id}/evidence").text
    assert "Nothing in your assessment takes these results now." in page
    browser.post(f"{home}/{survey.id}/evidence", data={"csrf_token": browser.token(f"{home}/new")})
    assert evidence.of(db.session, assessment) == {}


def test_nine_answers_are_not_shown(sign_in, make: Factory, employer: Organisation, home: str, owner: User) -> None:
    survey = answered(make, employer, owner, number=9)
    browser = sign_in(owner)
    page = browser.get(browser.send(f"{home}/{survey.id}/close").location).text
    assert "Fewer than 10 people answered" in page
    assert "%" not in page.split("<main")[1].split("</main>")[0]


def test_a_contributor_sees_results_and_runs_nothing(
    sign_in, make: Factory, employer: Organisation, home: str, owner: User, colleague: User
) -> None:
    survey = answered(make, employer, owner, number=10)
    browser = sign_in(colleague)
    page = browser.get(f"{home}/{survey.id}").text
    assert "An owner of your team" in page
    for path in ("new", f"{survey.id}/codes", f"{survey.id}/close"):
        assert browser.get(f"{home}/{path}").status_code == 403


def test_a_survey_is_not_there_under_another_employer(
    sign_in, make: Factory, employer: Organisation, owner: User, stranger: User
) -> None:
    survey = answered(make, employer, owner, number=0)
    other = stranger.memberships[0].organisation_id
    for path in ("", "/codes", "/close"):
        assert sign_in(stranger).get(f"/organisations/{other}/surveys/{survey.id}{path}").status_code == 404


def test_the_list_asks_no_more_for_many_surveys_than_for_one(
    sign_in, counting, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    counts = []
    for number in range(3):
        survey, _ = make.survey(employer, on=today() - timedelta(days=number), by=owner)
        with transaction() as session:
            running.close(session, session.get_one(Survey, survey.id), by=owner, at=make.at)
        browser = sign_in(owner)
        with counting() as queries:
            browser.get(home)
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 6


def test_a_survey_with_results_asks_few_questions_of_the_database(
    sign_in, counting, make: Factory, employer: Organisation, home: str, owner: User
) -> None:
    survey = closed(make, employer, owner)
    browser = sign_in(owner)
    with counting() as queries:
        browser.get(f"{home}/{survey.id}")
    assert len(queries) <= 6
