"""The archive, the previews and what was turned down, as pages: who gets what, and only what stands."""

import io
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image

from charter.account.models import User
from charter.assessment import evidence, library
from charter.assessment.evidence_dates import Dates
from charter.assessment.models import Assessment, Evidence
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import allocation
from charter.review.models import Review
from tests.assessment.test_file_checks import picture
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


@pytest.fixture
def code(assessment: Assessment) -> str:
    return assessment.framework.content.asked(assessment.target_level)[0].code


@pytest.fixture
def photo(sign_in: SignIn, assessment: Assessment, code: str, owner: User) -> Evidence:
    said: dict[str, Any] = {"kind": "file", "file": (BytesIO(picture("png")), "Room.png"), "title": "Our room"}
    page = f"/assessments/{assessment.id}/criteria/{code}/evidence"
    assert sign_in(owner).send(page, said).status_code == 303
    db.session.rollback()
    return next(piece for piece in db.session.query(Evidence) if piece.title == "Our room")


@pytest.fixture
def review(make: Factory, assessment: Assessment, photo: Evidence, owner: User, assessor: User) -> Review:
    return make.claimed(make.submitted(assessment, by=owner), by=assessor)


def archive(client: CheckedClient, assessment: Assessment) -> list[str]:
    got = client.get(f"/assessments/{assessment.id}/evidence.zip")
    assert got.status_code == 200
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    return ZipFile(io.BytesIO(got.data)).namelist()


def test_the_employer_gets_its_evidence_in_one_archive_and_the_assessor_what_was_sent(
    sign_in: SignIn, review: Review, assessment: Assessment, photo: Evidence, code: str, owner: User, assessor: User
) -> None:
    for person in (owner, assessor):
        assert f"{code} Our room.png" in archive(sign_in(person), assessment)


def test_an_assessor_gets_no_draft_and_nothing_of_an_employer_it_has_an_interest_in(
    sign_in: SignIn, assessment: Assessment, photo: Evidence, make: Factory, owner: User, assessor: User
) -> None:
    client = sign_in(assessor)
    assert client.get(f"/assessments/{assessment.id}/evidence.zip").status_code == 409
    make.submitted(assessment, by=owner)
    with transaction() as session:
        organisation = session.get_one(Organisation, assessment.organisation_id)
        allocation.declare_conflict(session, organisation, reason="I worked there.", by=assessor, at=make.at)
    for address in (f"/assessments/{assessment.id}/evidence.zip", *(f"/evidence/{photo.id}/{it}" for it in PREVIEWS)):
        assert client.get(address).status_code == 403


PREVIEWS = ("preview", "preview/1")


def test_a_preview_is_a_picture_that_we_drew_and_shows_in_the_page(
    sign_in: SignIn, photo: Evidence, owner: User
) -> None:
    client = sign_in(owner)
    assert f"/evidence/{photo.id}/preview/1" in client.get(f"/evidence/{photo.id}/preview").text
    got = client.get(f"/evidence/{photo.id}/preview/1")
    assert (got.content_type, got.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in got.headers["Cache-Control"]
    with Image.open(BytesIO(got.data)) as shown:
        assert shown.format == "PNG"
    assert client.get(f"/evidence/{photo.id}/preview/2").status_code == 404


def test_what_is_turned_down_is_gone_from_every_page_and_asked_for_again(
    sign_in: SignIn, review: Review, assessment: Assessment, photo: Evidence, code: str, owner: User, assessor: User
) -> None:
    desk, theirs = sign_in(assessor), sign_in(owner)
    step = f"/admin/reviews/{review.id}/evidence/{photo.id}/turn-down"
    assert "Choose what is in it that should not be." in desk.send(step).text
    assert desk.send(step, {"reason": "names"}).status_code == 302
    case = desk.get(f"/admin/reviews/{review.id}?open=all").text
    assert "File removed for privacy" in case
    assert "Our room" not in case
    for client in (desk, theirs):
        assert client.get(f"/evidence/{photo.id}/download").status_code == 410
        assert client.get(f"/evidence/{photo.id}/preview/1").status_code == 404
    assert f"{code} Our room.png" not in archive(theirs, assessment)
    asked = theirs.get(f"/assessments/{assessment.id}").text
    assert "Give other evidence" in asked
    replace = f"/organisations/{assessment.organisation_id}/evidence/{photo.id}/replace"
    assert replace in asked
    given = theirs.send(replace, {"file": (BytesIO(picture("jpeg")), "Empty room.jpg")})
    assert given.status_code == 303
    assert "Give other evidence" not in theirs.get(f"/assessments/{assessment.id}").text
    case = desk.get(f"/admin/reviews/{review.id}?open=all").text
    assert "Given in its place" in case
    assert "Empty room.jpg" in case


def test_a_piece_out_of_date_is_marked_for_the_employer_and_for_the_assessor(
    sign_in: SignIn, make: Factory, assessment: Assessment, photo: Evidence, code: str, owner: User, assessor: User
) -> None:
    with transaction() as session:
        library.describe(
            session,
            session.get_one(Evidence, photo.id),
            rules=assessment.framework.content.evidence_rules,
            title="Our room",
            type=None,
            dates=Dates(valid_until=today() - timedelta(days=1)),
            by=owner,
            at=make.at,
        )
    assert "Out of date" in sign_in(owner).get(f"/assessments/{assessment.id}/criteria/{code}").text
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    assert "Out of date" in sign_in(assessor).get(f"/admin/reviews/{review.id}?open=all").text
    assert evidence.of(db.session, assessment)[code]
