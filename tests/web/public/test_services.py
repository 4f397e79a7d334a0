"""Anyone can look for help; what is found can be asked for."""

import pytest

from charter.account.models import User
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.improvement import guide, programmes
from charter.improvement.models import Programme
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient


@pytest.fixture
def loaded(make: Factory) -> list[Programme]:
    return make.programmes()


def test_the_directory_says_what_each_offers_for_whom_where_and_how_to_start(
    client: CheckedClient, loaded: list[Programme]
) -> None:
    page = client.get("/services").text
    assert f"{len(loaded)} services" in page
    for one in loaded:
        for said in (f'href="/services/{one.code}"', one.offers, one.for_whom, one.how_to_start):
            assert said in page


def test_a_search_narrows_and_says_how_many(client: CheckedClient, loaded: list[Programme]) -> None:
    with_county = next(one for one in loaded if one.county)
    page = client.get("/services", query_string={"q": with_county.name, "county": with_county.county}).text
    assert "1 service found" in page
    assert f'href="/services/{with_county.code}"' in page
    assert "Clear the search" in page
    content = publishing.current(db.session).content
    elsewhere = next(one.code for one in content.counties if one.code != with_county.county)
    page = client.get("/services", query_string={"q": with_county.name, "county": elsewhere}).text
    assert "No service found" in page


@pytest.mark.parametrize("query", ["need=NONE", "county=%00", "size=huge", "q=" + "x" * 5000, "q=%25_", "nonsense=1"])
def test_a_search_for_what_there_is_not_still_answers(
    client: CheckedClient, loaded: list[Programme], query: str
) -> None:
    assert client.get(f"/services?{query}").status_code == 200


def test_an_empty_directory_says_so(client: CheckedClient, make: Factory) -> None:
    assert "No service has been added yet." in client.get("/services").text


def test_one_service_has_a_page_and_a_retired_one_has_none(
    client: CheckedClient, loaded: list[Programme], administrator: User
) -> None:
    code = loaded[0].code
    page = client.get(f"/services/{code}").text
    assert "Sign in to ask for this" in page
    assert "We have not yet checked this" in page
    with transaction() as session:
        programmes.retire(session, session.get_one(Programme, loaded[0].id), by=administrator, at=AT)
    assert client.get(f"/services/{code}").status_code == 404
    assert f'href="/services/{code}"' not in client.get("/services").text


def test_only_a_web_address_becomes_a_link(client: CheckedClient, loaded: list[Programme]) -> None:
    for address, linked in (("https://help.example.org/", True), ("javascript:alert(1)", False)):
        with transaction() as session:
            session.get_one(Programme, loaded[0].id).website = address
        assert ("Go to their website" in client.get(f"/services/{loaded[0].code}").text) is linked


def test_the_guide_to_print_is_drawn_again_once_a_service_changed(
    client: CheckedClient, loaded: list[Programme], administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(found: tuple[Programme, ...], *_: object) -> bytes:
        drawn.append(len(found))
        return b"%PDF-"

    monkeypatch.setattr(guide, "draw", draw)
    for _ in range(2):
        answer = client.get("/services/guide.pdf")
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", b"%PDF-")
    with transaction() as session:
        programmes.retire(session, session.get_one(Programme, loaded[0].id), by=administrator, at=AT)
    client.get("/services/guide.pdf")
    assert drawn == [len(loaded), len(loaded) - 1]
