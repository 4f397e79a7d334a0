"""Files that people give, from the browser's side: clean at once, refused at once, or shut until they are scanned."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from charter import worker
from charter.account.models import User
from charter.assessment import quarantine
from charter.assessment.models import Assessment, Evidence, EvidenceKind, ScanState, UploadedSheet, VirusFinding
from charter.audit import AuditEvent
from charter.config import Settings
from charter.extensions import db, transaction
from charter.organisation.models import Organisation, Recognition
from charter.scanning import Clamd, Door
from charter.storage import Store
from tests.assessment.test_file_checks import excel, pdf
from tests.clamd import EICAR, PATIENT, VIRUS, FakeClamd, honest
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn

PDF = pdf()
BAD = b"Hello " + EICAR


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeClamd]:
    found = FakeClamd(tmp_path_factory.mktemp("c"))
    yield found
    found.leave()


@pytest.fixture
def settings(settings: Settings, fake: FakeClamd) -> Settings:
    """The portal with a scanner."""
    return settings.model_copy(update={"clamd": fake.address})


@pytest.fixture
def app(app: Flask, fake: FakeClamd) -> Flask:
    """The same, with more patience than people have: the machine of the tests may be busy."""
    assert not app.extensions["charter_door"].is_off
    app.extensions["charter_door"] = Door(Clamd(fake.address, patience=PATIENT, max_age=timedelta(days=7)))
    return app


@pytest.fixture
def store(app: Flask, make: Factory) -> Store:
    found: Store = current_app.extensions["charter_store"]
    return found


@pytest.fixture
def scan(fake: FakeClamd, store: Store) -> Callable[[], int]:
    """The worker's next look, with a scanner that is well."""

    def go() -> int:
        fake.behave = honest
        return worker.scan(Clamd(fake.address, patience=PATIENT), store)

    return go


def upload(browser: CheckedClient, page: str, content: bytes, name: str = "Policy.pdf", **more: str) -> str:
    """Send a file and read the page that comes of it."""
    given = {"kind": "file", "file": (io.BytesIO(content), name), **more}
    response = browser.send(page, given, content_type="multipart/form-data", follow_redirects=True)
    text: str = response.text
    return text


def the_piece() -> Evidence:
    db.session.rollback()
    files = sa.select(Evidence).where(Evidence.kind == EvidenceKind.FILE, Evidence.replaces_id.is_(None))
    return db.session.scalars(files.execution_options(populate_existing=True)).one()


def none_kept() -> bool:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Evidence.id))) == 0


def test_a_clean_file_opens_at_once(sign_in: SignIn, owner: User, home: str, codes: list[str], make: Factory) -> None:
    browser = sign_in(owner)
    assert "Evidence added" in upload(browser, f"{home}/criteria/{codes[0]}/evidence", PDF)
    piece = the_piece()
    assert piece.scan is ScanState.CLEAN
    assert piece.scanned_with
    assert browser.get(f"/evidence/{piece.id}/download").data == PDF
    assert "Being checked" not in browser.get(f"{home}/evidence").text


def test_a_file_with_a_virus_is_refused_at_once_with_what_to_do_and_nothing_typed_is_lost(
    sign_in: SignIn, owner: User, employer: Organisation, home: str, codes: list[str], fake: FakeClamd, store: Store
) -> None:
    browser, page = sign_in(owner), f"{home}/criteria/{codes[0]}/evidence"
    text = upload(browser, page, BAD, "Note.txt", title="Our note")
    assert "This file has a virus in it, so we did not keep it." in text
    assert "Our note" in text
    assert none_kept()
    finding = db.session.scalars(sa.select(VirusFinding)).one()
    assert (finding.virus, finding.was_kept, finding.given_by_id) == (VIRUS, False, owner.id)
    assert not store.exists(finding.sha256)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:turn-away")).one()
    assert (event.actor_id, event.subject_id) == (owner.id, employer.id)
    fake.leave()
    assert "This file has a virus in it" in upload(browser, page, BAD, "Again.txt"), "its hash is known"
    assert none_kept()
    fake.listen()


def test_a_file_given_when_the_scanner_is_silent_is_kept_shut_and_opens_when_it_was_scanned(
    sign_in: SignIn,
    owner: User,
    colleague: User,
    assessor: User,
    home: str,
    codes: list[str],
    assessment: Assessment,
    fake: FakeClamd,
    scan: Callable[[], int],
    counting: Counting,
    make: Factory,
) -> None:
    fake.leave()
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    assert "Evidence added" in upload(browser, f"{home}/criteria/{codes[0]}/evidence", PDF)
    piece = the_piece()
    make.claimed(make.submitted(assessment, by=owner), by=assessor)
    review = make.review(assessment).id
    reader = sign_in(assessor)

    for person in (browser, sign_in(colleague), reader):
        assert person.get(f"/evidence/{piece.id}/download").status_code == 409
        assert person.get(f"/evidence/{piece.id}/preview/1").status_code == 404
        assert "being checked for viruses" in person.get(f"/evidence/{piece.id}/preview").text
        archive = ZipFile(io.BytesIO(person.get(f"{home}/evidence.zip").data))
        assert not [name for name in archive.namelist() if name.endswith(".pdf")]
        assert b"Being checked for viruses, so not here yet" in archive.read("contents.csv")
    assert "Being checked for viruses" in browser.get(f"{home}/evidence").text
    library = f"/organisations/{assessment.organisation_id}/evidence"
    assert "Being checked for viruses" in browser.get(library).text
    assert "Policy.pdf" in browser.get(f"{library}?state=checking").text
    assert "It can be opened once the check is done" in browser.get(f"{library}/{piece.id}").text
    with counting() as said:
        case = reader.get(f"/admin/reviews/{review}?open=all").text
    assert len(said) <= 14, "one more than without files, however many there are"
    assert "Nobody can open it until the check is done." in case
    assert f"/evidence/{piece.id}/download" not in case
    taken = browser.send(f"/organisations/{assessment.organisation_id}/export")
    assert not [name for name in ZipFile(io.BytesIO(taken.data)).namelist() if name.endswith(".pdf")]

    fake.listen()
    assert scan() == 1
    for person in (browser, sign_in(colleague), reader):
        assert person.get(f"/evidence/{piece.id}/download").data == PDF
        assert person.get(f"/evidence/{piece.id}/preview/1").mimetype == "image/png"
    assert f"/evidence/{piece.id}/download" in reader.get(f"/admin/reviews/{review}?open=all").text


def test_a_virus_found_later_is_told_on_every_page_and_another_can_be_given(
    sign_in: SignIn,
    owner: User,
    assessor: User,
    home: str,
    codes: list[str],
    assessment: Assessment,
    fake: FakeClamd,
    scan: Callable[[], int],
    make: Factory,
) -> None:
    make.answered(assessment, by=owner)
    fake.leave()
    browser = sign_in(owner)
    upload(browser, f"{home}/criteria/{codes[0]}/evidence", BAD, "Advert.txt")
    fake.listen()
    piece = the_piece()
    make.claimed(make.submitted(assessment, by=owner), by=assessor)
    assert scan() == 1
    assert the_piece().is_infected
    assert not current_app.extensions["charter_store"].exists(piece.sha256)
    assert browser.get(f"/evidence/{piece.id}/download").status_code == 410
    assert browser.get(f"/evidence/{piece.id}/preview").status_code == 410
    here = f"/organisations/{assessment.organisation_id}/evidence/{piece.id}"
    for page in (home, here, f"{home}/evidence", f"/organisations/{assessment.organisation_id}/evidence"):
        assert "virus" in browser.get(page).text, page
    case = sign_in(assessor).get(f"/admin/reviews/{make.review(assessment).id}?open=all").text
    assert "Make no finding against the employer for this." in case
    assert "Give another in its place" in browser.get(f"{here}/replace").text
    text = upload(browser, f"{here}/replace", b"A clean copy", "Advert.txt")
    assert "is replaced" in text
    case = sign_in(assessor).get(f"/admin/reviews/{make.review(assessment).id}?open=all").text
    assert "Given in its place on" in case
    assert "Being checked for viruses" in case


def test_several_files_at_once_are_each_judged_by_themselves(
    sign_in: SignIn, owner: User, employer: Organisation, make: Factory
) -> None:
    files = [(io.BytesIO(PDF), "Policy.pdf"), (io.BytesIO(BAD), "Bad.txt"), (io.BytesIO(b"Words"), "Good.txt")]
    response = sign_in(owner).send(
        f"/organisations/{employer.id}/evidence/add", {"files": files}, content_type="multipart/form-data"
    )
    assert "Bad.txt: This file has a virus in it" in response.text
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Evidence.title))) == {"Policy.pdf", "Good.txt"}


def test_no_program_reads_a_spreadsheet_that_was_not_checked(
    sign_in: SignIn, owner: User, home: str, fake: FakeClamd, make: Factory
) -> None:
    browser, page = sign_in(owner), f"{home}/spreadsheet"
    fake.leave()
    assert "We cannot check files for viruses at the moment" in upload(browser, page, excel(), "answers.xlsx")
    fake.listen()
    current_app.extensions["charter_door"]._silent_until = 0
    assert "This file has a virus in it" in upload(browser, page, BAD, "answers.csv")
    assert db.session.scalar(sa.select(sa.func.count(UploadedSheet.id))) == 0
    sheet = browser.get(f"{home}/spreadsheet.xlsx").data
    assert "virus" not in upload(browser, page, sheet, "answers.xlsx")


def test_proof_of_an_award_of_another_scheme_is_shut_until_it_was_scanned(
    sign_in: SignIn,
    owner: User,
    assessor: User,
    employer: Organisation,
    fake: FakeClamd,
    scan: Callable[[], int],
    make: Factory,
) -> None:
    fake.leave()
    page = f"/organisations/{employer.id}/recognitions/new"
    browser = sign_in(owner)
    day = {"starts_on-day": "1", "starts_on-month": "5", "starts_on-year": "2026"}
    text = upload(browser, page, PDF, "Certificate.pdf", scheme="0", county=employer.county, reference="1", **day)
    stated = db.session.scalars(sa.select(Recognition)).first()
    if stated is None:  # the first scheme's award has a last day
        last = {"ends_on-day": "1", "ends_on-month": "5", "ends_on-year": "2029"}
        text = upload(
            browser, page, PDF, "Certificate.pdf", scheme="0", county=employer.county, reference="1", **day, **last
        )
        db.session.rollback()
        stated = db.session.scalars(sa.select(Recognition)).one()
    assert "being checked for viruses" in text
    reader = sign_in(assessor)
    assert "is being checked for viruses" in reader.get(f"/admin/employers/recognitions/{stated.id}/check").text
    assert reader.get(f"/admin/employers/recognitions/{stated.id}/proof").status_code == 409
    fake.listen()
    assert scan() == 1
    assert reader.get(f"/admin/employers/recognitions/{stated.id}/proof").data == PDF


def test_staff_see_what_waits_since_when_and_what_was_found_in_a_fixed_number_of_queries(
    sign_in: SignIn,
    owner: User,
    administrator: User,
    employer: Organisation,
    fake: FakeClamd,
    counting: Counting,
    make: Factory,
) -> None:
    browser, reader = sign_in(owner), sign_in(administrator)
    page = f"/organisations/{employer.id}/evidence/add"

    def give(*contents: bytes) -> None:
        files = [(io.BytesIO(content), f"{number}.txt") for number, content in enumerate(contents)]
        browser.send(page, {"files": files}, content_type="multipart/form-data")

    assert "The scanner answers." in reader.get("/admin/scans/").text
    assert "No file waits." in reader.get("/admin/scans/").text
    give(BAD)
    fake.leave()
    give(b"one")
    with counting() as few:
        text = reader.get("/admin/scans/").text
    assert "1 file</strong> waits since" in text
    assert VIRUS in text
    assert "Turned away when it was given" in text
    fake.listen()
    current_app.extensions["charter_door"]._silent_until = 0
    give(BAD + b"2", BAD + b"3")
    fake.leave()
    give(b"two", b"three")
    current_app.extensions["charter_door"]._known = None
    with counting() as many:
        text = reader.get("/admin/scans/").text
    assert "The scanner does not answer." in text
    assert "3 files</strong> wait, the longest since" in text
    assert len(few) == len(many)
    fake.listen()


def test_ready_says_whether_the_scanner_answers_and_takes_no_server_out_of_service(
    client: CheckedClient, make: Factory, fake: FakeClamd
) -> None:
    assert client.get("/ready").get_json() == {"status": "ready", "scanner": "answers"}
    fake.leave()
    current_app.extensions["charter_door"]._known = None
    response = client.get("/ready")
    assert (response.status_code, response.get_json()["scanner"]) == (200, "does not answer")
    fake.listen()


def test_a_question_that_is_complete_without_its_file_says_what_to_do_about_the_virus(
    home: str,
    owner: User,
    assessment: Assessment,
    fake: FakeClamd,
    scan: Callable[[], int],
    make: Factory,
    sign_in: SignIn,
) -> None:
    make.answered(assessment, by=owner)
    asked = assessment.framework.content.asked(1)
    needed = next(one.code for one in asked if one.evidence_required)
    voluntary = next(one.code for one in asked if not one.evidence_required)
    fake.leave()
    browser = sign_in(owner)
    for code in (needed, voluntary):
        upload(browser, f"{home}/criteria/{code}/evidence", BAD, "Advert.txt")
    fake.listen()
    scan()
    rows = browser.get(home).text.split("<li")
    for code, sentence in ((needed, "Your other evidence still counts."), (voluntary, "You do not need to.")):
        (row,) = [row for row in rows if f'{home}/criteria/{code}"' in row and "task-list__link" in row]
        assert "A file for it had a virus and was deleted." in row
        assert sentence in row
        assert "Completed" in row


def test_what_was_taken_in_before_goes_too_when_the_same_content_is_found_bad_at_the_door(
    sign_in: SignIn, owner: User, stranger: User, employer: Organisation, fake: FakeClamd, store: Store, make: Factory
) -> None:
    theirs = stranger.memberships[0].organisation_id
    fake.leave()
    first = sign_in(stranger)
    files = {"files": [(io.BytesIO(BAD), "Note.txt")]}
    first.send(f"/organisations/{theirs}/evidence/add", files, content_type="multipart/form-data")
    piece = the_piece()
    assert piece.is_being_checked
    fake.listen()
    current_app.extensions["charter_door"]._silent_until = 0
    files = {"files": [(io.BytesIO(BAD), "Note.txt")]}
    sign_in(owner).send(f"/organisations/{employer.id}/evidence/add", files, content_type="multipart/form-data")
    assert the_piece().is_infected
    assert not store.exists(piece.sha256 or "")
    assert {one.organisation_id for one in quarantine.findings(db.session, 9)} == {theirs, employer.id}
    with transaction() as session:
        assert quarantine.waiting(session).number == 0


def test_each_page_before_the_sending_says_what_became_of_a_file(
    owner: User,
    home: str,
    codes: list[str],
    assessment: Assessment,
    fake: FakeClamd,
    scan: Callable[[], int],
    make: Factory,
    sign_in: SignIn,
    client: CheckedClient,
) -> None:
    make.answered(assessment, by=owner)
    _, token = make.asks_for_sign_off(assessment, by=owner)
    fake.leave()
    browser = sign_in(owner)
    upload(browser, f"{home}/criteria/{codes[0]}/evidence", BAD, "Advert.txt")
    pages = [f"{home}/check", f"/sign-off/{token}"]
    for page in pages:
        assert "Being checked for viruses" in browser.get(page).text
        assert "Advert.txt</strong>" not in browser.get(page).text  # nobody can do anything about it
    fake.listen()
    assert scan() == 1
    for page in pages:
        text = browser.get(page).text
        assert "Deleted: it had a virus" in text
        assert "Advert.txt</strong>, for" in text
    assert f"/evidence/{the_piece().id}/replace" in browser.get("/dashboard").text
    assert "A file for it had a virus and was deleted." in browser.get(home).text
    assert f"/evidence/{the_piece().id}/replace" in browser.get(pages[0]).text
    assert browser.get(f"{home}/submit").status_code == 200  # sending is not held back
