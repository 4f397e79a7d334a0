"""The pages that anyone may read, and how they may be kept by browsers."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from charter.account.models import User
from charter.config import Settings
from charter.extensions import transaction
from charter.framework import publishing
from charter.framework.content import Content
from charter.framework.models import Framework
from tests.factories import Factory
from tests.pages import CheckedClient

FIRST = date(2026, 11, 22)
READ_ONLY = ["/", "/criteria", "/employers", "/accessibility", "/privacy", "/cookies", "/security"]


@pytest.fixture
def content(make: Factory) -> Content:
    return make.framework().content


@pytest.mark.parametrize("address", READ_ONLY)
def test_a_page_the_same_for_everybody_sets_no_cookie_and_may_be_kept_for_a_minute(
    client: CheckedClient, address: str
) -> None:
    first = client.get(address)
    assert first.status_code == 200
    assert "Set-Cookie" not in first.headers
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_the_scripts_of_a_page_are_those_its_policy_allows(client: CheckedClient) -> None:
    response = client.get("/")
    nonces = set(re.findall(r'nonce="([^"]+)"', response.text))
    (allowed,) = re.findall(r"script-src 'nonce-([^']+)'", response.headers["Content-Security-Policy"])
    assert nonces == {allowed}
    assert len(allowed) == 22


def test_what_is_sneaked_into_a_page_does_not_know_its_nonce(client: CheckedClient) -> None:
    pages = [client.get("/employers", query_string={"q": text}).text for text in ("one", "two")]
    nonces = [re.findall(r'nonce="([^"]+)"', page)[0] for page in pages]
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize("address", ["/criteria", "/employers", "/services", "/privacy", "/no-such-page"])
def test_who_is_signed_in_finds_the_way_back_to_their_own_pages(
    client: CheckedClient, sign_in: Callable[[User], CheckedClient], owner: User, assessor: User, address: str
) -> None:
    assert 'href="/dashboard"' in sign_in(owner).get(address).text
    assert 'href="/admin/">Overview' in sign_in(assessor).get(address).text
    page = client.get(address).text
    assert "Your charter" not in page
    assert "Overview" not in page


@pytest.mark.parametrize("address", READ_ONLY)
def test_the_page_of_somebody_who_is_signed_in_is_kept_by_nobody(
    sign_in: Callable[[User], CheckedClient], owner: User, address: str
) -> None:
    response = sign_in(owner).get(address)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"


def test_home_counts_the_employers_that_hold_each_level_today(
    client: CheckedClient, make: Factory, content: Content, moderator: User
) -> None:
    make.award(make.organisation("One Ltd"), level=1, on=FIRST, by=moderator)
    make.award(make.organisation("Quiet Ltd", listed=False, listed_at=None), level=2, on=FIRST, by=moderator)
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        numbers = re.findall(r'charter-number"><dt>([^<]+)</dt><dd>([^<]+)</dd>', client.get("/").text)
    assert numbers == [
        ("accredited employers", "2"),
        *((f"hold {level.title}", "1" if level.rank < 3 else "0") for level in reversed(content.levels)),
    ]


def test_the_criteria_page_shows_every_criterion_with_its_statement_and_evidence(
    client: CheckedClient, content: Content
) -> None:
    page = client.get("/criteria").text
    for said in (
        *(criterion.title for criterion in content.criteria),
        *(criterion.statement for criterion in content.criteria),
        *(criterion.good_evidence for criterion in content.criteria),
        *(declaration.statement for declaration in content.declarations),
        *(metric.label for metric in content.metrics),
        *(theme.aim for theme in content.themes),
        *(level.check for level in content.levels),
        content.meta.standing,
    ):
        assert said.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;") in page


def test_the_criteria_of_a_level_are_those_of_the_levels_up_to_it(client: CheckedClient, content: Content) -> None:
    page = client.get("/criteria?level=1").text
    shown = re.findall(r'<article class="charter-criterion" id="([^"]+)"', page)
    assert shown == [
        criterion.code
        for theme in content.themes
        for criterion in content.criteria
        if criterion.theme == theme.code and criterion.level == 1
    ]


@pytest.mark.parametrize("level", ["0", "99", "x", "-1", "²"])
def test_a_level_there_is_not_shows_them_all(client: CheckedClient, content: Content, level: str) -> None:
    page = client.get("/criteria", query_string={"level": level}).text
    assert page.count('<article class="charter-criterion"') == len(content.criteria)


def test_an_earlier_version_stays_to_be_read_and_says_that_it_is_not_the_one_in_use(
    client: CheckedClient, make: Factory, content: Content
) -> None:
    newer = content.model_copy(update={"meta": content.meta.model_copy(update={"version": "9.0.0"})})
    with transaction() as session:
        made = publishing.publish(session, newer, by=None, at=datetime(2027, 1, 1, tzinfo=UTC))
    try:
        assert "version 9.0.0" in client.get("/criteria").text
        old = client.get(f"/criteria/{content.meta.version}")
        assert old.status_code == 200
        assert "This is not the version in use today" in old.text
        assert 'href="/criteria/9.0.0"' in old.text
        assert client.get("/criteria/8.0.0").status_code == 404
    finally:
        with transaction() as session:
            session.delete(session.get_one(Framework, made.id))


@pytest.mark.parametrize("version", ["%00", "x", "1.0.0.0.0", "٣"])
def test_a_version_there_never_was_is_not_found(client: CheckedClient, make: Factory, version: str) -> None:
    assert client.get(f"/criteria/{version}").status_code == 404


def test_the_cookies_page_names_the_cookie_we_set(client: CheckedClient, app: Flask) -> None:
    assert f">{app.config['SESSION_COOKIE_NAME']}</dd>" in client.get("/cookies").text


# For machines --------------------------------------------------------------------------------------------------------


def test_health_needs_no_database(client: CheckedClient, app: Flask) -> None:
    response = client.get("/health")
    assert (response.status_code, response.get_json()) == (200, {"status": "up"})
    assert response.headers["Cache-Control"] == "no-store"


def test_ready_says_that_a_version_is_published(client: CheckedClient, make: Factory) -> None:
    response = client.get("/ready")
    assert (response.status_code, response.get_json()) == (200, {"status": "ready", "scanner": "off"})


def test_ready_says_what_is_missing(client: CheckedClient, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def no_database(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(publishing, "current", no_database)
    response = client.get("/ready")
    assert (response.status_code, response.get_json()["status"]) == (503, "not ready")


def test_ready_says_when_no_version_is_published(client: CheckedClient, make: Factory) -> None:
    from charter.framework.models import FrameworkStatus

    def set_status(status: FrameworkStatus) -> None:
        with transaction() as session:
            for framework in session.query(Framework):
                framework.status = status

    set_status(FrameworkStatus.RETIRED)
    try:
        response = client.get("/ready")
        assert response.status_code == 503
        assert response.get_json()["problem"] == "No version of the charter is published yet."
    finally:
        set_status(FrameworkStatus.PUBLISHED)


def test_security_txt_expires_within_a_year_and_leads_to_a_policy(client: CheckedClient, settings: Settings) -> None:
    response = client.get("/.well-known/security.txt")
    assert response.mimetype == "text/plain"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == f"mailto:{settings.scheme_email}"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=180) < expires - datetime.now(UTC) < timedelta(days=365)
    assert client.get(fields["Policy"].removeprefix(settings.base_url)).status_code == 200


def test_crawlers_are_asked_to_leave_certificates_and_the_panel_alone(client: CheckedClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert {"User-agent: *", "Disallow: /certificates/", "Disallow: /admin/"} <= set(lines)
