"""The panel's page of where employers stop: by size, in any order, and as a file."""

import csv
import html
import io

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import transaction
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn, counting

__all__ = ["counting"]


def test_it_says_what_to_look_at_and_keeps_size_and_order_in_the_address(
    make: Factory, employer: Organisation, owner: User, assessor: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, by=owner)
    make.answered(made, by=owner)
    with transaction() as session:
        session.get_one(Assessment, made.id)
    size = employer.size_band
    browser = sign_in(assessor)
    page = html.unescape(browser.get(f"/admin/stops/?size={size}&sort=open").text)
    assert f'<option value="{size}" selected>' in page
    assert f'href="/admin/stops/?size={size}&sort=time"' in page
    assert 'aria-sort="descending">Stopped drafts without it' in page
    assert "Too few" in page
    titles = [criterion.title for criterion in make.framework().content.criteria]
    assert all(title in page for title in titles)
    assert browser.get("/admin/stops/?size=none&sort=none").status_code == 200


def test_the_file_has_a_row_for_each_question(make: Factory, assessor: User, sign_in: SignIn) -> None:
    answer = sign_in(assessor).get("/admin/stops/questions.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == len(make.framework().content.criteria) + 2
    assert {row["size_band"] for row in rows} == {"all"}
    assert {row["median_seconds"] for row in rows} == {""}


def test_the_page_asks_a_fixed_number_of_questions_and_none_again_within_the_hour(
    make: Factory, employer: Organisation, owner: User, assessor: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(assessor)
    with counting() as first:
        browser.get("/admin/stops/")
    with counting() as again:
        browser.get("/admin/stops/")
    assert len(first) <= 10
    assert len(again) == len(first) - 5
