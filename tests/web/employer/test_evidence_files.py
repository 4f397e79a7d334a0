"""A file to save, the archive, the previews and what was turned down: who gets what, and only what stands."""

import io
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from charter.account.models import User
from charter.assessment import evidence, library
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, PrivacyReason
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.organisation import recognition
from charter.organisation.models import Organisation
from charter.review import submitted
from charter.review.handing_out import allocation
from charter.review.models import Review
from tests.assessment.test_file_checks import pdf, picture
from tests.conftest import browser
from tests.factories import CLEAN, Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """One without any evidence."""
    return make.assessment(employer, by=owner)


@pytest.fixture
def form_page(draft: Assessment) -> str:
    return f"/assessments/{draft.id}/criteria/{draft.framework.content.asked(1)[0].code}/evidence"


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


def upload(content: bytes, name: str = "policy.pdf", **more: Any) -> dict[str, Any]:
    return {"kind": "file", "file": (BytesIO(content), name), **more}


def there() -> list[Evidence]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Evidence).order_by(Evidence.id)))


# One file ------------------------------------------------------------------------------------------------------------


def test_a_file_is_served_only_to_be_saved(sign_in: SignIn, owner: User, form_page: str) -> None:
    content = pdf(40)
    client = sign_in(owner)
    client.send(form_page, upload(content, "policy.pdf"))
    [added] = there()
    response = client.get(f"/evidence/{added.id}/download")
    assert response.status_code == 200
    assert response.data == content
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Disposition"] == "attachment; filename=policy.pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Sick leave.pdf", 'attachment; filename="Sick leave.pdf"'),
        ("crèche.pdf", "attachment; filename=cr_che.pdf; filename*=UTF-8''cr%C3%A8che.pdf"),
        ("سياسة.pdf", "attachment; filename=_____.pdf; filename*=UTF-8''%D8%B3%D9%8A%D8%A7%D8%B3%D8%A9.pdf"),
        ("50% off.pdf", "attachment; filename=\"50_ off.pdf\"; filename*=UTF-8''50%25%20off.pdf"),
        ("a;b,c=d.pdf", 'attachment; filename="a;b,c=d.pdf"'),
        ('x"\r\nSet-Cookie: a=b.pdf', 'attachment; filename="xSet-Cookie a=b.pdf"'),
    ],
)
def test_a_file_keeps_its_name_whatever_the_name_is(
    app: Flask, sign_in: SignIn, owner: User, draft: Assessment, name: str, disposition: str
) -> None:
    store = app.extensions["charter_store"]
    with transaction() as session:
        added = evidence.add_file(
            session,
            draft,
            criteria=[draft.framework.content.asked(draft.target_level)[0].code],
            title="",
            filename=name,
            checked=Checked(FileKind.PDF, "application/pdf", "pdf"),
            sha256=store.put(b"%PDF"),
            size=4,
            dated_on=None,
            by=owner,
            at=draft.started_at,
            scan=CLEAN,
        )
    response = sign_in(owner).get(f"/evidence/{added.id}/download")
    assert response.headers["Content-Disposition"] == disposition


@pytest.mark.parametrize(
    ("content", "name", "served"),
    [(picture(), "a.png", "image/png"), ("Café".encode("cp1252"), "a.txt", "text/plain")],
)
def test_each_kind_is_served_as_one_type_whatever_the_browser_said(
    sign_in: SignIn, owner: User, form_page: str, content: bytes, name: str, served: str
) -> None:
    client = sign_in(owner)
    client.send(form_page, {"kind": "file", "file": (BytesIO(content), name, "text/html")})
    [added] = there()
    response = client.get(f"/evidence/{added.id}/download")
    assert response.headers["Content-Type"] == served


def test_who_may_open_evidence(
    app: Flask,
    sign_in: SignIn,
    owner: User,
    colleague: User,
    stranger: User,
    assessor: User,
    moderator: User,
    administrator: User,
    board_member: User,
    make: Factory,
    assessment: Assessment,
    photo: Evidence,
) -> None:
    addresses = [f"/evidence/{photo.id}/{page}" for page in ("download", *PREVIEWS)]
    answers = [(owner, 200), (colleague, 200), (assessor, 404), (moderator, 404), (administrator, 403)]
    answers += [(stranger, 404), (board_member, 404)]
    for address in addresses:  # a draft is the employer's own, also for whoever knows the address
        assert [(person, sign_in(person).get(address).status_code) for person, _ in answers] == answers
        assert browser(app).get(address).status_code == 303
    make.submitted(assessment, by=owner)
    for address in addresses:
        assert [sign_in(person).get(address).status_code for person in (assessor, moderator)] == [200, 200]


def test_staff_open_what_proves_an_award_and_no_other_piece_that_was_not_sent(
    sign_in: SignIn, make: Factory, employer: Organisation, draft: Assessment, form_page: str, owner: User,
    assessor: User,
) -> None:  # fmt: skip
    client = sign_in(owner)
    for number in (1, 2):
        client.send(form_page, upload(pdf(number), f"{number}.pdf"))
    proof, other = there()
    passport = draft.framework.content.passports[0]
    with transaction() as session:
        held = recognition.state(
            session, session.get_one(Organisation, employer.id), scheme=passport.scheme, level=passport.level,
            reference="1", county=employer.county, starts_on=today() - timedelta(days=1),
            ends_on=today() + timedelta(days=300), by=owner, at=now(),
        )  # fmt: skip
        session.flush()
        recognition.prove(session, held, proof_id=proof.id, by=owner, at=now())
    found = [sign_in(assessor).get(f"/evidence/{one.id}/download").status_code for one in (proof, other)]
    assert found == [200, 404]


def test_staff_open_what_was_given_in_the_place_of_what_is_gone_and_no_newer_version_that_was_not_sent(
    make: Factory, assessment: Assessment, photo: Evidence, owner: User
) -> None:
    make.submitted(assessment, by=owner)
    with transaction() as session:
        kept = session.get_one(Evidence, photo.id)
        newer = Evidence(
            **{
                column.key: getattr(kept, column.key)
                for column in sa.inspect(Evidence).column_attrs
                if column.key not in {"id", "version"}
            }
        )
        newer.replaces_id = kept.id
        session.add(newer)
    assert submitted.was_given(db.session, photo)
    assert not submitted.was_given(db.session, newer)
    with transaction() as session:
        gone = session.get_one(Evidence, photo.id)
        gone.removed_at, gone.removed_by_id, gone.removed_for = make.at, owner.id, PrivacyReason.NAMES
    assert submitted.was_given(db.session, newer)


def test_what_is_no_file_is_not_downloaded(sign_in: SignIn, owner: User, form_page: str) -> None:
    client = sign_in(owner)
    client.send(form_page, {"text": "We do."})
    [added] = there()
    assert client.get(f"/evidence/{added.id}/download").status_code == 404


# All of them ---------------------------------------------------------------------------------------------------------


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
