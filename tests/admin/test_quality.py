"""The page on the quality of work: the lead sees everybody's, an assessor their own."""

import csv
import html
import io
import re
from datetime import date

import pytest

from charter.account.models import User
from charter.admin import quality as pages
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.reporting import quality
from charter.review.models import Review
from charter.review.timing.pace import Period
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted

DAYS = "?from=2026-11-01&to=2026-11-30"


def text(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.text)).split())


@pytest.fixture
def decided(recommended: Review, moderator: User) -> Review:
    """A case that Asha reviewed."""
    with transaction() as session:
        with_plan.agree(session, recommended, by=moderator, at=AT, on=AT.date())
    return recommended


@pytest.fixture
def theirs(make: Factory, second: User) -> Review:
    """A case that Seb has."""
    other = make.organisation("Another Employer Ltd")
    boss = make.member(other, "Ola Other")
    return make.claimed(make.submitted(make.answered(make.assessment(other, by=boss), by=boss), by=boss), by=second)


def test_the_lead_sees_everybody(decided, theirs, assessor, second, moderator, sign_in) -> None:
    page = text(sign_in(moderator).get("/admin/quality/" + DAYS))
    assert "All cases, 1 November 2026 to 30 November 2026: 1 decision." in page
    assert assessor.name in page
    assert second.name in page


def test_an_assessor_sees_nobody_elses_figures(decided, theirs, assessor, second, sign_in) -> None:
    mine, other = (sign_in(one).get("/admin/quality/" + DAYS) for one in (assessor, second))
    assert "Your own cases, 1 November 2026 to 30 November 2026: 1 decision." in text(mine)
    assert second.name not in mine.text.split("<main", 1)[1]
    assert ": 0 decisions." in text(other)
    assert assessor.name not in other.text.split("<main", 1)[1]
    rows = list(csv.reader(io.StringIO(sign_in(second).get("/admin/quality/people.csv" + DAYS).text)))
    assert [row[0] for row in rows[1:]] == [second.name]


def test_no_employer_is_named_anywhere(decided, theirs, moderator, sign_in) -> None:
    client = sign_in(moderator)
    name = decided.assessment.organisation.name
    for address in ("", *(f"{one}.csv" for one in quality.FILES)):
        page = client.get(f"/admin/quality/{address}{DAYS}")
        assert page.status_code == 200
        assert name not in page.text
        assert "Another Employer" not in page.text


def test_each_table_is_a_file_named_for_its_period(decided, moderator, sign_in) -> None:
    client = sign_in(moderator)
    sizes = client.get("/admin/quality/sizes.csv" + DAYS)
    assert sizes.headers["Content-Disposition"] == ('attachment; filename="quality-sizes-2026-11-01-to-2026-11-30.csv"')
    rows = list(csv.DictReader(io.StringIO(sizes.text.lstrip("\ufeff"))))
    assert [row["decided"] for row in rows if row["decided"] != "0"] == ["1"]
    assert client.get("/admin/quality/names.csv").status_code == 404


def test_every_figure_on_the_page_says_what_it_means(decided, moderator, sign_in) -> None:
    page = text(sign_in(moderator).get("/admin/quality/" + DAYS))
    for word, sentence in quality.MEANS.items():
        assert f"{word} {sentence}" in page
    assert "A group marked “Few” has under 10 decisions" in page


@pytest.mark.parametrize(
    "asked", ["?from=soon", "?from=2026-12-01&to=2026-01-01", "?from=0001-01-01", "?to=9999-12-31"]
)
def test_a_period_that_makes_no_sense_is_the_last_twelve_months(decided, moderator, sign_in, asked: str) -> None:
    client = sign_in(moderator)
    assert text(client.get("/admin/quality/" + asked)) == text(client.get("/admin/quality/"))


@pytest.mark.parametrize(
    ("on", "months", "first"),
    [
        (date(2026, 11, 30), 3, date(2026, 8, 30)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
    ],
)
def test_months_back_are_months(on: date, months: int, first: date) -> None:
    assert pages.months_back(months, on) == Period(first, on)


def test_it_takes_as_many_queries_for_more_people(decided, make, moderator, sign_in) -> None:
    client, taken = sign_in(moderator), []
    for number in range(2):
        somebody, other = make.staff("assessor", f"Nia Number{number}"), make.organisation(f"Employer {number} Ltd")
        boss = make.member(other, f"Bo Boss{number}")
        make.claimed(make.submitted(make.answered(make.assessment(other, by=boss), by=boss), by=boss), by=somebody)
        db.session.rollback()
        with Counted() as counted:
            client.get("/admin/quality/" + DAYS)
        taken.append(len(counted.statements))
    assert taken[0] == taken[1]
