"""An owner downloads everything: what the archive holds, and what is said when a file is gone."""

import io
import json
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from charter import worker
from charter.account.models import User
from charter.assessment import evidence
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment
from charter.audit import AuditEvent
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.storage import Store
from tests.factories import CLEAN, Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn

PDF = b"%PDF-1.7 " + bytes(range(256)) * 4_000


@pytest.fixture
def store(make: Factory) -> Store:
    found: Store = current_app.extensions["charter_store"]
    return found


@pytest.fixture
def sha256(make: Factory, assessment: Assessment, codes: list[str], owner: User, store: Store) -> str:
    """A file among the evidence, with a name that a careless program would write outside its folder."""
    sha256 = store.put(PDF)
    with transaction() as session:
        evidence.add_file(
            session,
            assessment,
            criteria=codes[:1],
            title="Our <b>policy</b>",
            filename="Café = policy.pdf",
            checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
            sha256=sha256,
            size=len(PDF),
            dated_on=None,
            by=owner,
            at=make.at,
            scan=CLEAN,
        )
    return sha256


def archive(browser: CheckedClient, employer: Organisation) -> ZipFile:
    response = browser.send(f"/organisations/{employer.id}/export")
    assert response.mimetype == "application/zip"
    assert response.headers["Content-Disposition"].startswith("attachment")
    return ZipFile(io.BytesIO(response.data))


def test_the_archive_holds_a_page_a_document_and_each_file_as_it_was_given(
    employer: Organisation, owner: User, sha256: str, sign_in: SignIn
) -> None:
    found = archive(sign_in(owner), employer)
    assert found.testzip() is None
    document = json.loads(found.read("everything.json"))
    (name,) = [one["file"] for one in document["evidence"]]
    assert found.namelist() == ["index.html", "everything.json", name]
    assert found.read(name) == PDF
    assert all(one.isascii() and not one.startswith(("/", ".")) and ".." not in one for one in found.namelist())
    page = found.read("index.html").decode()
    assert employer.name in page
    assert f'href="{name}"' in page
    assert "&lt;b&gt;policy" in page
    assert "<b>" not in page


def test_the_archive_is_sent_in_pieces_and_each_download_is_on_record(
    employer: Organisation, owner: User, sha256: str, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    response = browser.send(f"/organisations/{employer.id}/export", buffered=False)
    assert len(list(response.response)) > 3
    db.session.rollback()
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "organisation:export")).all()
    assert [(one.actor_id, one.subject_id, one.details) for one in events] == [(owner.id, employer.id, {"files": 1})]


def test_a_file_that_is_gone_is_named_and_the_rest_comes(
    employer: Organisation, owner: User, sha256: str, sign_in: SignIn, store: Store
) -> None:
    store.remove(sha256)
    found = archive(sign_in(owner), employer)
    assert "evidence/001-" in found.read("missing-files.txt").decode()
    assert json.loads(found.read("everything.json"))["employer"][0]["name"] == employer.name


def test_only_owners_find_the_way_to_it(employer: Organisation, owner: User, colleague: User, sign_in: SignIn) -> None:
    path = f"/organisations/{employer.id}"
    assert f"{path}/export" in sign_in(owner).get(path).text
    assert f"{path}/export" not in sign_in(colleague).get(path).text
    assert sign_in(colleague).get(f"{path}/export").status_code == 403


def test_the_page_before_the_download_says_how_much_there_is_without_gathering_it(
    employer: Organisation, owner: User, sha256: str, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    with counting() as said:
        page = browser.get(f"/organisations/{employer.id}/export").text
    assert "1 evidence file, 1 MB" in page
    assert len(said) <= 5


def test_the_archive_holds_the_certificates(
    app: Flask, make: Factory, employer: Organisation, owner: User, moderator: User, sign_in: SignIn
) -> None:
    award = make.award(employer, by=moderator)
    name = f"certificates/{award.number}.pdf"
    as_drawn = archive(sign_in(owner), employer).read(name)
    worker.seal_certificates(app)
    found = archive(sign_in(owner), employer)
    assert found.read(name).startswith(as_drawn)
    assert name in found.namelist()
    assert found.read(name).startswith(b"%PDF")
    assert found.read(name) == sign_in(owner).get(f"/certificates/{award.code}.pdf").data
    assert f'href="{name}"' in found.read("index.html").decode()
