"""Administrators merge employers that are here twice, after a preview."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.audit import AuditEvent
from charter.clock import today
from charter.extensions import db, transaction
from charter.merging import duplicates
from charter.merging.models import LikelyPair
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def twin(make: Factory, employer: Organisation) -> Organisation:
    """Another entry of the same employer, which the worker found."""
    found = make.organisation("TEME VALLEY ORCHARDS LIMITED", website="https://temevalley.example")
    make.member(found, "Tess Twin")
    with transaction() as session:
        duplicates.keep(session, duplicates.find(session), at=AT)
    return found


def preview(stays: Organisation, goes: Organisation, **choices: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in choices.items())
    return f"/admin/duplicates/{stays.id}/{goes.id}/preview?stays={stays.id}{more}"


def merge(browser: CheckedClient, page: str, seen: str | None = None):
    text = browser.get(page).text
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', text)[1]
    return browser.send(page, {"seen": seen or found})


def test_a_pair_is_found_compared_looked_at_and_merged(
    employer: Organisation, owner: User, twin: Organisation, administrator: User, sign_in: SignIn
) -> None:
    browser = sign_in(administrator)
    index = browser.get("/admin/duplicates/").text
    assert "TEME VALLEY ORCHARDS LIMITED" in index
    assert "The same name" in index
    first, second = sorted([employer.id, twin.id])
    compared = browser.get(f"/admin/duplicates/{first}/{second}").text
    assert "https://temevalley.example" in compared
    page = preview(employer, twin, of_website=str(twin.id))
    text = browser.get(page).text
    assert "1 person" in text
    answer = merge(browser, page)
    assert answer.location.endswith(f"id={employer.id}")
    db.session.rollback()
    db.session.expire_all()
    stays = db.session.get_one(Organisation, employer.id)
    assert (stays.name, stays.website) == ("Teme Valley Orchards Ltd", "https://temevalley.example")
    assert db.session.get_one(Organisation, twin.id).merged_into_id == employer.id
    assert "There are no pairs to look at." in browser.get("/admin/duplicates/").text


def test_the_button_pressed_twice_merges_once(
    employer: Organisation, twin: Organisation, administrator: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(administrator), preview(employer, twin)
    token = browser.token(page)
    seen = re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', browser.get(page).text)[1]
    for _ in range(2):
        answer = browser.post(page, data={"csrf_token": token, "seen": seen})
        assert answer.location.endswith(f"id={employer.id}")
    db.session.rollback()
    assert len(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "organisation:merge")).all()) == 1


def test_a_preview_that_is_out_of_date_is_shown_anew(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, administrator: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(administrator), preview(employer, twin)
    token = browser.token(page)
    seen = re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', browser.get(page).text)[1]
    make.award(twin, on=today(), by=administrator)
    answer = browser.post(page, data={"csrf_token": token, "seen": seen})
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text
    assert "1 award" in answer.text
    assert merge(browser, page).status_code == 303


def test_old_addresses_lead_on_and_certificates_stay(
    make: Factory,
    employer: Organisation,
    owner: User,
    twin: Organisation,
    administrator: User,
    moderator: User,
    sign_in: SignIn,
    client: CheckedClient,
) -> None:
    award = make.award(twin, on=today(), by=moderator)
    browser = sign_in(administrator)
    assert client.get(f"/employers/{twin.id}").status_code == 200
    merge(browser, preview(employer, twin))
    assert client.get(f"/employers/{twin.id}").location == f"/employers/{employer.id}"
    page = client.get(f"/certificates/{award.code}").text
    assert "TEME VALLEY ORCHARDS LIMITED" in page
    assert "Genuine and current" in page
    theirs = sign_in(owner)
    assert theirs.get(f"/organisations/{twin.id}/plan?a=b").location == f"/organisations/{employer.id}/plan?a=b"
    sent = theirs.post(
        f"/organisations/{twin.id}/sites", data={"csrf_token": theirs.token(f"/organisations/{employer.id}/sites")}
    )
    assert sent.location == f"/organisations/{employer.id}/sites"
    assert "What you sent was not saved" in theirs.get(sent.location).text
    assert browser.get(f"/admin/employers/details/?id={twin.id}").location.endswith(f"id={employer.id}")
    listed = browser.get("/admin/employers/").text
    assert "TEME VALLEY ORCHARDS LIMITED" not in listed


def test_a_stranger_learns_nothing_of_an_employer_that_went(
    employer: Organisation, twin: Organisation, administrator: User, stranger: User, sign_in: SignIn
) -> None:
    merge(sign_in(administrator), preview(employer, twin))
    assert sign_in(stranger).get(f"/organisations/{twin.id}").status_code == 404


def test_who_belongs_to_one_of_them_is_told_and_has_no_button(
    make: Factory, employer: Organisation, twin: Organisation, administrator: User, sign_in: SignIn
) -> None:
    make.joins(twin, administrator)
    browser = sign_in(administrator)
    for page in (f"/admin/duplicates/{employer.id}/{twin.id}", preview(employer, twin)):
        answer = browser.get(page)
        assert answer.status_code == 403
        assert "You belong to" in answer.text
        assert ">Merge them<" not in answer.text


def test_a_pair_is_called_two(employer: Organisation, twin: Organisation, administrator: User, sign_in: SignIn) -> None:
    pair = db.session.scalars(sa.select(LikelyPair)).one()
    browser = sign_in(administrator)
    browser.send(f"/admin/duplicates/pairs/{pair.id}/dismiss")
    assert "There are no pairs to look at." in browser.get("/admin/duplicates/").text


def test_another_entry_is_found_by_searching(
    make: Factory, employer: Organisation, administrator: User, sign_in: SignIn
) -> None:
    other = make.organisation("Orchard House")
    browser = sign_in(administrator)
    assert f"/admin/duplicates/{other.id}" in browser.get("/admin/duplicates/?q=orchard").text
    assert f"/admin/duplicates/{employer.id}/{other.id}" in browser.get(f"/admin/duplicates/{employer.id}?q=house").text


def test_an_employer_cannot_be_merged_with_itself_or_with_nothing(
    employer: Organisation, administrator: User, sign_in: SignIn
) -> None:
    browser = sign_in(administrator)
    for other in (employer.id, administrator.id):
        assert browser.get(f"/admin/duplicates/{employer.id}/{other}").status_code == 404
