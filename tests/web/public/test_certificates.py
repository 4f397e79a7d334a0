"""Anyone can check a certificate and is told plainly how it stands; a certificate taken back shows so at once."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask

from charter import worker
from charter.account.models import User
from charter.award import issuing
from charter.award.models import Award
from charter.extensions import transaction
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

FIRST = date(2026, 11, 22)
ONE = timedelta(days=1)


def noon(day: date) -> str:
    return f"{day.isoformat()}T12:00:00Z"


def change(award: Award, step: Callable[..., None], **values: object) -> None:
    with transaction() as session:
        step(session, session.get_one(Award, award.id), reason="A private reason.", at=AT, **values)


def heading(page: str) -> str:
    return page.split('<h1 class="charter-verdict__title">')[1].split("</h1>")[0]


@pytest.fixture
def seal(app: Flask) -> Callable[[], int]:
    """The worker comes by and seals what waits."""
    return lambda: worker.seal_certificates(app)


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, level=1, on=FIRST, by=moderator)


def test_it_shows_the_standing_on_each_day(client: CheckedClient, award: Award) -> None:
    expected = {
        FIRST - ONE: "Genuine, but not valid yet",
        FIRST: "Genuine and current",
        award.ends_on: "Genuine and current",
        award.ends_on + ONE: "Expired",
    }
    for day, words in expected.items():
        with time_machine.travel(noon(day), tick=False):
            response = client.get(f"/certificates/{award.code}")
            assert (response.status_code, heading(response.text)) == (200, words)
            assert "Teme Valley Orchards Ltd" in response.text


def test_the_day_is_the_local_one(
    client: CheckedClient, make: Factory, employer: Organisation, moderator: User
) -> None:
    award = make.award(employer, on=date(2026, 7, 2), by=moderator)
    with time_machine.travel("2026-07-01T23:30:00Z", tick=False):  # half past midnight on 2 July, in summer time
        response = client.get(f"/certificates/{award.code}")
        assert heading(response.text) == "Genuine and current"
        assert "Checked on 2 July 2026 at 12:30am" in response.text


def test_one_taken_back_shows_so_at_once_and_never_why(client: CheckedClient, award: Award, moderator: User) -> None:
    with time_machine.travel(noon(FIRST), tick=False):
        before = client.get(f"/certificates/{award.code}")
        assert heading(before.text) == "Genuine and current"
        change(award, issuing.revoke, by=moderator, on=FIRST)
        again = client.get(f"/certificates/{award.code}", headers={"If-None-Match": before.headers["ETag"]})
        assert again.status_code == 200
        assert heading(again.text) == "Taken back: do not rely on it"
        assert "private reason" not in again.text
        assert before.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_one_under_review_says_that_it_is_valid_until_that_is_decided(
    client: CheckedClient, award: Award, moderator: User
) -> None:
    change(award, issuing.open_review, by=moderator)
    with time_machine.travel(noon(FIRST), tick=False):
        page = client.get(f"/certificates/{award.code}").text
        assert heading(page) == "Genuine and valid, under review"
        assert "private reason" not in page


def test_a_replaced_one_leads_to_the_one_that_holds(
    client: CheckedClient, make: Factory, award: Award, moderator: User
) -> None:
    newer = make.award(award.organisation, level=2, on=FIRST + ONE, by=moderator)
    code = award.code
    with time_machine.travel(noon(FIRST + ONE), tick=False):
        page = client.get(f"/certificates/{code}").text
        assert heading(page) == "Replaced by a newer certificate"
        assert f'href="/certificates/{newer.code}"' in page


@pytest.mark.parametrize("code", ["AAAAAAAAAAAAAAAAAAAAAA", "x", "%00", "a%20b", "É"])
def test_one_we_never_issued_is_not_known_and_says_how_to_check_the_number(client: CheckedClient, code: str) -> None:
    for address in (f"/certificates/{code}", f"/certificates/{code}.pdf"):
        response = client.get(address)
        assert response.status_code == 404
        assert "We do not know this certificate" in response.text
        assert 'name="number"' in response.text


def test_the_number_finds_the_page(client: CheckedClient, award: Award) -> None:
    for typed in (award.number, award.number.lower().replace("-", " ")):
        response = client.get("/certificates", query_string={"number": typed})
        assert (response.status_code, response.headers["Location"]) == (302, f"/certificates/{award.code}")


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 400, "Enter the number printed on the certificate."),
        ("   ", 400, "Enter the number printed on the certificate."),
        ("<b>&", 404, "This is not a number of ours."),
        ("\x00", 400, "Enter the number"),
    ],
)
def test_a_number_we_never_issued_is_said_so_beside_the_field(
    client: CheckedClient, typed: str, status: int, said: str
) -> None:
    response = client.get("/certificates", query_string={"number": typed})
    assert response.status_code == status
    assert said in response.text
    assert "<title>Error: Check a certificate" in response.text


@pytest.mark.parametrize("name", ["Marks & <b>Bold</b> Ltd", "Łąka & Żółć Dŵr", "A" * 160])
def test_a_name_is_shown_as_it_is_written(
    client: CheckedClient, make: Factory, moderator: User, seal: Callable[[], int], name: str
) -> None:
    award = make.award(make.organisation(name), on=FIRST, by=moderator)
    seal()
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    with time_machine.travel(noon(FIRST), tick=False):
        assert f'<dd class="govuk-summary-list__value">{shown}</dd>' in client.get(f"/certificates/{award.code}").text
        assert shown in client.get("/employers").text
        assert f">{shown}</h1>" in client.get(f"/employers/{award.organisation_id}").text
        assert client.get(f"/certificates/{award.code}.pdf").data.startswith(b"%PDF-")


def test_until_it_is_sealed_the_document_is_not_given_out(
    client: CheckedClient, award: Award, seal: Callable[[], int]
) -> None:
    address = f"/certificates/{award.code}.pdf"
    with time_machine.travel(noon(FIRST), tick=False):
        waiting = client.get(address)
        assert (waiting.status_code, waiting.headers["Retry-After"]) == (503, "5")
        assert "We are sealing this certificate" in waiting.text
        assert seal() == 1
        assert client.get(address).status_code == 200


def test_the_document_is_given_out_while_what_it_prints_is_true(
    client: CheckedClient, award: Award, moderator: User, seal: Callable[[], int]
) -> None:
    seal()
    address = f"/certificates/{award.code}.pdf"
    for day in (FIRST, award.ends_on, award.ends_on + ONE):  # one that ran out says so on its own face
        with time_machine.travel(noon(day), tick=False):
            response = client.get(address)
            assert (response.status_code, response.mimetype) == (200, "application/pdf")
            assert response.headers["Content-Disposition"] == f'inline; filename="{award.number}.pdf"'
    with time_machine.travel(noon(FIRST), tick=False):
        etag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        change(award, issuing.revoke, by=moderator, on=FIRST)
        gone = client.get(address, headers={"If-None-Match": etag})
        assert (gone.status_code, heading(gone.text)) == (410, "Taken back: do not rely on it")


def test_a_replaced_document_is_not_given_out(
    client: CheckedClient, make: Factory, award: Award, moderator: User
) -> None:
    code, organisation = award.code, award.organisation
    make.award(organisation, level=1, on=FIRST + ONE, by=moderator)
    with time_machine.travel(noon(FIRST + ONE), tick=False):
        response = client.get(f"/certificates/{code}.pdf")
        assert (response.status_code, heading(response.text)) == (410, "Replaced by a newer certificate")
        assert f"/certificates/{code}.pdf" not in response.text


def test_search_engines_are_asked_to_leave_certificates_alone(client: CheckedClient, award: Award) -> None:
    assert client.get(f"/certificates/{award.code}").headers["X-Robots-Tag"] == "noindex"
