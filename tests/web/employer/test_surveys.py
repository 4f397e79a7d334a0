"""An employer runs a staff survey: opens it, hands out codes, closes it, reads totals."""

import csv
import io
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.survey import answering, running
from charter.survey.models import Survey
from tests.factories import Factory
from tests.survey.conftest import said


@pytest.fixture
def home(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/surveys"


def filled(**values: str) -> dict[str, str]:
    last = today() + timedelta(days=10)
    parts = {f"closes_on-{part}": str(getattr(last, part)) for part in ("day", "month", "year")}
    return {"title": "Spring survey", "people": "12", **parts, **values}


def answered(make: Factory, employer: Organisation, owner: User, *, number: int, people: int = 12) -> Survey:
    """A survey that is open today and that so many people answered."""
    survey, codes = make.survey(employer, people=people, on=today(), by=owner)
    for place, code in enumerate(codes[:number]):
        with transaction() as session:
            answering.answer(session, code, said("5" if place % 4 else "1"), on=today())
    return survey


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
    assert "75% agree" in page
    assert page.count('class="charter-shares"') == 8
    assert "75% (9)" in page
    assert browser.get(f"{home}/{survey.id}/close").location == closed.location


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
