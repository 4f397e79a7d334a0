"""The pages of badges: how to use one, the picture for websites, and what machines read to check both."""

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from flask import Flask

from benchmarks import counting
from benchmarks.load import Visit
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
SIGNED = "application/vc+jwt"


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, level=1, on=FIRST, by=moderator)


def change(award: Award, step: Callable[..., None], **values: object) -> None:
    with transaction() as session:
        step(session, session.get_one(Award, award.id), reason="A private reason.", at=AT, **values)


def on(day: date) -> time_machine.travel:
    return time_machine.travel(f"{day.isoformat()}T12:00:00Z", tick=False)


def words(client: CheckedClient, award: Award) -> str:
    """What the picture says, to those who see it and to those who hear it."""
    response = client.get(f"/certificates/{award.code}/status.svg")
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
    drawn = ElementTree.fromstring(response.data)
    seen = [one.text or "" for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    (heard,) = (one.text for one in drawn.iter("{http://www.w3.org/2000/svg}title"))
    assert heard == ". ".join(seen)
    assert seen[:2] == ["Good Employment Charter", "Starter"]
    return seen[2]


def test_the_picture_says_how_the_award_stands_that_day(client: CheckedClient, award: Award, moderator: User) -> None:
    for day, said in (
        (FIRST - ONE, "Starts on 22 November 2026"),
        (FIRST, "Valid until 21 November 2028"),
        (award.ends_on, "Valid until 21 November 2028"),
        (award.ends_on + ONE, "Expired on 21 November 2028"),
    ):
        with on(day):
            assert words(client, award) == said
    steps: list[tuple[Callable[..., None], dict[str, object], str]] = [
        (issuing.open_review, {}, "Valid, under review"),
        (issuing.suspend, {"on": FIRST}, "Suspended: not valid now"),
        (issuing.restore, {"on": FIRST}, "Valid until 21 November 2028"),
        (issuing.revoke, {"on": FIRST}, "Taken back: not valid"),
    ]
    for step, days, said in steps:
        change(award, step, by=moderator, **days)
        with on(FIRST):
            assert words(client, award) == said


def test_the_picture_of_a_replaced_award_says_so(
    client: CheckedClient, make: Factory, award: Award, moderator: User
) -> None:
    make.award(award.organisation, level=2, on=FIRST, by=moderator)
    with on(FIRST):
        assert words(client, award) == "Replaced by a newer award"


def test_the_picture_may_be_shown_anywhere_is_kept_for_a_minute_and_sets_no_cookie(
    client: CheckedClient, sign_in: Callable[[User], CheckedClient], owner: User, award: Award
) -> None:
    response = client.get(f"/certificates/{award.code}/status.svg")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in response.headers
    assert not re.search(r"<script|style=|href=|\bon\w+=", response.text)
    assert len(response.data) < 2000
    own = sign_in(owner).get(f"/certificates/{award.code}/status.svg")  # whoever is signed in here has a cookie already
    assert (own.data, own.headers["Cache-Control"]) == (response.data, "private, no-store")
    etag = client.get(f"/certificates/{award.code}/status.svg").headers["ETag"]
    assert client.get(f"/certificates/{award.code}/status.svg", headers={"If-None-Match": etag}).status_code == 304


def test_a_certificate_that_we_never_issued_has_a_picture_that_says_so(client: CheckedClient) -> None:
    response = client.get("/certificates/AAAAAAAAAAAAAAAAAAAAAA/status.svg")
    assert response.status_code == 404
    assert "We did not issue this certificate" in response.text
    for page in ("badge.jwt", "badge.json", "badge"):
        assert client.get(f"/certificates/AAAAAAAAAAAAAAAAAAAAAA/{page}").status_code == 404


@pytest.mark.parametrize("name", ["Teme & Sons", 'The "Best" <b>Farm</b>', "Łąka Dŵr", "A" * 160])
def test_the_code_for_a_website_is_a_linked_picture_that_any_name_leaves_whole(
    client: CheckedClient, make: Factory, moderator: User, name: str
) -> None:
    award = make.award(make.organisation(name), on=FIRST, by=moderator)
    with on(FIRST):
        page = client.get(f"/certificates/{award.code}/badge")
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "noindex")
    code = boxes(page.text)["website-code"]
    link = ElementTree.fromstring(code.replace("></a>", "/></a>"))
    home = f"http://localhost/certificates/{award.code}"
    (picture,) = link
    assert (link.tag, link.attrib) == ("a", {"href": home})
    alt = f"Good Employment Charter: see what {name} holds today"
    assert (picture.tag, picture.attrib) == (
        "img",
        {"src": f"{home}/status.svg", "width": "320", "height": "96", "alt": alt},
    )
    assert client.get(picture.attrib["src"].removeprefix("http://localhost")).status_code == 200


def boxes(page: str) -> dict[str, str]:
    """What can be copied from the page, by the id of its box."""
    found = re.findall(r'<textarea[^>]* id="([^"]+)"[^>]* readonly[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(text).strip() for name, text in found}


def test_the_page_leads_to_everything(client: CheckedClient, award: Award) -> None:
    with on(FIRST):
        page = client.get(f"/certificates/{award.code}/badge").text
        assert boxes(page)["email-line"] == (
            f"We hold Starter in the Good Employment Charter. Check it: http://localhost/certificates/{award.code}"
        )
        addresses = {one.removeprefix("http://localhost") for one in re.findall(r'(?:href|src)="([^"#]+)"', page)}
        ours = [one for one in addresses if re.search(r"badge\.|status|issuer|level-|jwks", one)]
        assert len(ours) == 7
        for address in ours:
            assert client.get(address).status_code == 200, address
        assert f"/certificates/{award.code}/badge" in client.get(f"/certificates/{award.code}").text


def test_a_badge_is_given_out_just_as_long_as_the_certificate(
    client: CheckedClient, award: Award, moderator: User
) -> None:
    pages = [f"/certificates/{award.code}/{page}" for page in ("badge", "badge.jwt", "badge.json")]
    for day in (FIRST, award.ends_on, award.ends_on + ONE):  # one that ran out says so itself
        with on(day):
            assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    change(award, issuing.suspend, by=moderator, on=FIRST)
    with on(FIRST):
        answers = [client.get(page) for page in pages]
        assert [one.status_code for one in answers] == [410, 410, 410]
        assert "Suspended: not valid now." in answers[0].text
        assert answers[1].json["see"] == f"http://localhost/certificates/{award.code}"
        assert not any("private reason" in one.text for one in answers)
    change(award, issuing.restore, by=moderator, on=FIRST)
    with on(FIRST):
        page = client.get(pages[0])
        assert page.status_code == 200
        assert "We gave out this badge anew on 22 November 2026." in page.text


def test_the_employer_finds_the_code_beside_its_award(
    sign_in: Callable[[User], CheckedClient], owner: User, award: Award
) -> None:
    with on(FIRST):
        page = sign_in(owner).get("/dashboard").text
    assert f'href="/certificates/{award.code}/badge"' in page
    assert f"/certificates/{award.code}/status.svg" in boxes(page)[f"website-code-{award.number}"]


def test_a_status_list_is_signed_anew_each_minute_and_kept_no_longer(
    client: CheckedClient, award: Award, moderator: User
) -> None:
    address = "/certificates/status/revocation/1"
    with time_machine.travel("2026-11-22T12:00:05Z", tick=False):
        first = client.get(address)
        assert (first.status_code, first.mimetype) == (200, SIGNED)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert first.headers["Access-Control-Allow-Origin"] == "*"
    with time_machine.travel("2026-11-22T12:00:55Z", tick=False):
        assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        change(award, issuing.revoke, by=moderator, on=FIRST)
        assert client.get(address).data != first.data, "it is right at once"
    for other in ("suspension/1", "revocation/0", "revocation/2", "revocation/99999999999999999999", "x/1"):
        assert client.get(f"/certificates/status/{other}").status_code == 404


def test_a_status_list_that_was_built_is_kept_until_something_happens(
    app: Flask, client: CheckedClient, award: Award, moderator: User
) -> None:
    address = [Visit("/certificates/status/revocation/1", None)]
    counting.queries(app, address)
    assert counting.queries(app, address) == 2  # each is only asked what happened last
    change(award, issuing.revoke, by=moderator, on=FIRST)
    with counting.statements(app) as asked:
        client.get(address[0].path)
    assert len(asked) == 4


def test_what_a_badge_stands_for_is_said_at_its_address(client: CheckedClient, award: Award) -> None:
    with on(FIRST):
        said = client.get(f"/certificates/{award.code}/badge.json").json["credentialSubject"]["achievement"]
    found = client.get(said["id"].removeprefix("http://localhost")).json
    assert {**found, "@context": None} == {**said, "@context": None}
    assert client.get(said["image"]["id"].removeprefix("http://localhost")).mimetype == "image/svg+xml"
    page = client.get(said["criteria"]["id"].removeprefix("http://localhost"))
    assert "What Starter asks" in page.text
    for other in ("9.9.9/level-1", "x/level-1", f"{award.framework.version}/level-99"):
        assert (
            client.get(f"/criteria/{other}.json").status_code == client.get(f"/criteria/{other}.svg").status_code == 404
        )
    assert client.get("/issuer/keys/nobody").status_code == 404
