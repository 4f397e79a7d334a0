"""The register as pages and as open data."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import html5lib
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from charter.account.models import User
from charter.extensions import db
from tests.factories import Factory
from tests.pages import CheckedClient

FIRST = date(2026, 11, 22)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _day() -> Iterator[None]:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the application sends to its database meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def fill(make: Factory, moderator: User, number: int) -> None:
    for one in range(number):
        make.award(make.organisation(f"Employer {one:03}"), on=FIRST, by=moderator)


def test_a_page_of_the_register_asks_as_little_for_sixty_as_for_one(
    app: Flask, client: CheckedClient, make: Factory, moderator: User
) -> None:
    client.get("/employers")  # the first page of a process reads the charter itself
    fill(make, moderator, 1)
    with counted(app) as one:
        assert "1 employer</h2>" in client.get("/employers").text
    fill(make, moderator, 60)
    with counted(app) as many:
        assert "61 employers</h2>" in client.get("/employers").text
    assert len(one) == len(many)
    assert len(many) <= 5


def test_a_full_page_of_the_register_stays_small_and_says_every_level_in_words(
    client: CheckedClient, make: Factory, moderator: User
) -> None:
    fill(make, moderator, 50)
    response = client.get("/employers")
    document = html5lib.parse(response.text, namespaceHTMLElements=False)
    drawn = {symbol.get("id") for symbol in document.iter(f"{SVG}symbol")}
    rows = [row for row in document.iter("li") if row.get("class") == "charter-register__row"]
    title = make.framework().content.level_title(1)
    assert len(rows) == 50
    for row in rows:
        (mark,) = row.iter(f"{SVG}svg")
        (use,) = mark.iter(f"{SVG}use")
        assert mark.get("aria-hidden") == "true"
        assert use.get("href", "").removeprefix("#") in drawn
        assert [strong.text for strong in row.iter("strong")] == [title]
    assert len(response.data) < 50_000


@pytest.mark.parametrize("pattern", ["/", "/criteria", "/certificates/{code}", "/employers/{organisation}"])
def test_no_public_page_asks_the_database_more_than_five_times(
    app: Flask, client: CheckedClient, make: Factory, moderator: User, pattern: str
) -> None:
    award = make.award(make.organisation("One Ltd"), on=FIRST, by=moderator)
    address = pattern.format(code=award.code, organisation=award.organisation_id)
    client.get(address)
    with counted(app) as sent:
        assert client.get(address).status_code == 200
    assert 1 <= len(sent) <= 5


def test_searching_keeps_what_was_typed_and_goes_on_to_the_next_page(
    client: CheckedClient, make: Factory, moderator: User
) -> None:
    fill(make, moderator, 51)
    page = client.get("/employers?q=employer&county=&level=1").text
    assert 'value="employer"' in page
    assert "51 employers found</h2>" in page
    assert 'href="/employers?q=employer&amp;level=1&amp;page=2"' in page
    second = client.get("/employers?q=employer&level=1&page=2").text
    assert "Employer 050" in second
    assert "Employer 049" not in second
    assert "<title>Accredited employers (page 2 of 2)" in second


def test_a_search_that_finds_nothing_says_what_to_try(client: CheckedClient, make: Factory) -> None:
    page = client.get("/employers?q=%3Cscript%3E").text
    assert "No employer found</h2>" in page
    assert "Try fewer words" in page
    assert "<script>" not in page.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999", "level=9", "level=x", "county=mars", "q=%00", "size="]
)
def test_an_odd_address_still_shows_the_register(
    client: CheckedClient, make: Factory, moderator: User, query: str
) -> None:
    fill(make, moderator, 1)
    response = client.get(f"/employers?{query}")
    assert response.status_code == 200
    assert "Employer 000" in response.text


def test_an_entry_shows_the_employer_in_its_own_words(client: CheckedClient, make: Factory, moderator: User) -> None:
    organisation = make.organisation("One Ltd", about="We grow <apples>.", website="https://one.example/")
    award = make.award(organisation, on=FIRST, by=moderator)
    page = client.get(f"/employers/{award.organisation_id}").text
    assert "We grow &lt;apples&gt;." in page
    assert 'href="https://one.example/" rel="nofollow noopener external"' in page
    assert f'href="/certificates/{award.code}"' in page


def test_a_website_that_is_no_web_address_is_no_link(client: CheckedClient, make: Factory, moderator: User) -> None:
    award = make.award(make.organisation("One Ltd", website="javascript:alert(1)"), on=FIRST, by=moderator)
    assert "javascript:" not in client.get(f"/employers/{award.organisation_id}").text


def test_an_employer_that_is_not_on_the_register_has_no_page(
    client: CheckedClient, make: Factory, moderator: User
) -> None:
    quiet = make.award(make.organisation("Quiet Ltd", listed=False, listed_at=None), on=FIRST, by=moderator)
    waiting = make.organisation("Waiting Ltd").id
    for organisation_id in (quiet.organisation_id, waiting):
        assert client.get(f"/employers/{organisation_id}").status_code == 404


def test_the_page_of_an_employer_is_never_shown_from_before_its_award_was_touched(
    client: CheckedClient, make: Factory, moderator: User
) -> None:
    award = make.award(make.organisation(), on=FIRST, by=moderator)
    before = client.get(f"/employers/{award.organisation_id}")
    assert before.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/employers/{award.organisation_id}", headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 304, "and asking is cheap"


def test_open_data_is_what_was_searched_for(client: CheckedClient, make: Factory, moderator: User) -> None:
    award = make.award(make.organisation("Żabka Ltd"), on=FIRST, by=moderator)
    make.award(make.organisation("Other Ltd"), on=FIRST, by=moderator)
    response = client.get("/employers.csv?q=%C5%BCabka", buffered=True)
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data.startswith(b"\xef\xbb\xbf")  # so that a spreadsheet reads it as UTF-8
    (row,) = csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff")))
    assert (row["name"], row["certificate"]) == ("Żabka Ltd", f"http://localhost/certificates/{award.code}")
    document = client.get("/employers.json", buffered=True).get_json()
    assert (document["as_at"], [one["name"] for one in document["employers"]]) == (
        "2026-11-22",
        ["Other Ltd", "Żabka Ltd"],
    )
    for address in ("/employers.csv", "/employers.json"):
        response = client.get(address, buffered=True)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "public, max-age=60"
