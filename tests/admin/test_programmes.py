"""Administrators keep the directory of services: add, change, check again, retire; and see who asked for what."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from charter.account.models import User
from charter.clock import today
from charter.extensions import db, transaction
from charter.improvement.models import Programme, ProgrammeStatus
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.review.test_queries import Counted

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def programme(make: Factory) -> Programme:
    return make.programmes()[0]


@pytest.fixture
def typed(make: Factory) -> dict[str, Any]:
    review = today() + timedelta(days=365)
    return {
        "name": "A Helping Hand",
        "provider": "The Hand Trust",
        "offers": "Advice on rotas.",
        "for_whom": "Employers.",
        "county": "",
        "size_min": "",
        "size_max": "1,000",
        "themes": [make.framework().content.themes[0].code],
        "how_to_start": "Call them.",
        "contact_email": "hand@example.org",
        "website": "",
        "source": "The Hand Trust",
        "review_by-day": str(review.day),
        "review_by-month": str(review.month),
        "review_by-year": str(review.year),
    }


def again(programme: Programme) -> Programme:
    db.session.rollback()
    return db.session.get_one(Programme, programme.id, populate_existing=True)


def test_a_service_that_is_added_is_found_by_everyone(
    sign_in: SignIn, client: CheckedClient, administrator: User, typed: dict[str, Any]
) -> None:
    answer = sign_in(administrator).send("/admin/services/add", typed)
    assert answer.status_code == 302, answer.text
    db.session.rollback()
    made = db.session.scalars(sa.select(Programme)).one()
    assert (made.code, made.size_max, made.changed_by_id) == ("a-helping-hand", 1000, administrator.id)
    assert "Advice on rotas." in client.get("/services/a-helping-hand").text


def test_all_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(
    sign_in: SignIn, administrator: User, typed: dict[str, Any]
) -> None:
    wrong = {**typed, "provider": "", "size_max": "many", "website": "hand", "themes": []}
    answer = sign_in(administrator).send("/admin/services/add", wrong)
    assert answer.status_code == 400
    for said in (
        "Say who runs it.",
        "The number of people must be a whole number, such as 250.",
        "Enter the whole address, beginning with https://",
        "Choose at least one need that it helps with.",
        'value="A Helping Hand"',
    ):
        assert said in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Programme)) == 0


def test_a_change_is_shown_and_of_two_who_change_the_later_is_told(
    sign_in: SignIn, administrator: User, programme: Programme, typed: dict[str, Any]
) -> None:
    page = f"/admin/services/{programme.id}/change"
    seen = str(programme.version)
    browser = sign_in(administrator)
    assert browser.send(page, {**typed, "seen_version": seen}).status_code == 302
    assert again(programme).name == "A Helping Hand"
    late = browser.send(page, {**typed, "name": "Too late", "seen_version": seen})
    assert late.status_code == 409
    assert "Somebody else changed this while you were typing" in late.text
    row = unescape(re.search(r"<tr[^>]*><th[^>]*>Name</th>.*?</tr>", late.text)[0])
    assert re.findall(r"<td[^>]*>(.*?)</td>", row) == ["A Helping Hand", "Too late"]
    assert "Who runs it?</th>" not in late.text, "there the two are the same"
    assert 'value="Too late"' in late.text
    assert again(programme).name == "A Helping Hand"
    told = str(again(programme).version)
    assert f'value="{told}"' in late.text
    assert browser.send(page, {**typed, "name": "Too late", "seen_version": told}).status_code == 302
    assert again(programme).name == "Too late"


def test_what_waits_for_review_is_counted_listed_and_gone_once_it_is_checked(
    sign_in: SignIn, administrator: User, programme: Programme
) -> None:
    due = date(2026, 11, 22) + timedelta(days=90)
    with transaction() as session:
        for one in session.scalars(sa.select(Programme).where(Programme.id != programme.id)):
            one.review_by = due + timedelta(days=1000)
    with time_machine.travel(f"{due + timedelta(days=1)}T12:00:00Z", tick=False):
        browser = sign_in(administrator)
        assert "1 service should have been checked by now." in browser.get("/admin/services/").text
        page = browser.get("/admin/services/?flt2_past=yes").text
        assert "1 service<" in page or "1 service." in page
        assert programme.name in page
        later = due + timedelta(days=366)
        sent = {
            "review_by-day": later.day,
            "review_by-month": later.month,
            "review_by-year": later.year,
            "seen_version": str(again(programme).version),
        }
        assert browser.send(f"/admin/services/{programme.id}/confirm", sent).status_code == 302
        assert "should have been checked" not in browser.get("/admin/services/").text
        assert again(programme).review_by == later


def test_who_confirms_what_somebody_changed_meanwhile_is_shown_what_it_says_now_with_the_day_that_they_typed(
    sign_in: SignIn, administrator: User, programme: Programme, typed: dict[str, Any]
) -> None:
    browser, seen = sign_in(administrator), str(programme.version)
    sent = {name: value for name, value in typed.items() if name.startswith("review_by")}
    assert browser.send(f"/admin/services/{programme.id}/change", {**typed, "seen_version": seen}).status_code == 302
    late = browser.send(f"/admin/services/{programme.id}/confirm", {**sent, "seen_version": seen})
    assert late.status_code == 409
    assert "Somebody else changed this after you opened it" in late.text
    assert "Advice on rotas." in late.text
    assert f'value="{sent["review_by-year"]}"' in late.text
    told = str(again(programme).version)
    assert browser.send(f"/admin/services/{programme.id}/confirm", {**sent, "seen_version": told}).status_code == 302


def test_a_service_is_taken_out_and_put_back(
    sign_in: SignIn, client: CheckedClient, administrator: User, programme: Programme
) -> None:
    browser = sign_in(administrator)
    for status, answer in ((ProgrammeStatus.RETIRED, 404), (ProgrammeStatus.OPEN, 200)):
        assert browser.send(f"/admin/services/{programme.id}/retire").status_code == 302
        assert again(programme).status is status
        assert client.get(f"/services/{programme.code}").status_code == answer


def test_requests_say_who_asked_for_what_and_what_they_wrote(
    sign_in: SignIn, make: Factory, administrator: User, employer: Organisation, owner: User, programme: Programme
) -> None:
    request = make.asks(employer, programme, by=owner)
    browser = sign_in(administrator)
    page = browser.get("/admin/requests/?search=Teme").text
    assert "1 request" in page
    assert "Us, to pass on" in page
    page = browser.get(f"/admin/requests/details/?id={request.id}").text
    for said in ("Please call us.", owner.name, owner.email, programme.name):
        assert said in page
    assert browser.get("/admin/requests/export/csv/").status_code == 302


def test_a_list_of_requests_takes_the_same_queries_whatever_its_length(
    sign_in: SignIn, make: Factory, administrator: User
) -> None:
    found = make.programmes()
    browser = sign_in(administrator)

    def queries() -> int:
        with Counted() as said:
            assert browser.get("/admin/requests/").status_code == 200
        return len(said.statements)

    def add(number: int) -> None:
        for one in found[:number]:
            employer = make.organisation(f"Asks for {one.code}")
            make.asks(employer, one, by=make.member(employer, "Olive"))

    add(1)
    first = queries()
    add(6)
    assert queries() == first
