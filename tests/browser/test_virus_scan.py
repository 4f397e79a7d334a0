"""Files and viruses in a real browser, with the real scanner: a clean one, one with the test virus, one that waits."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload

from charter import worker
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now
from charter.config import Settings
from charter.scanning import Clamd, Door
from tests.assessment.test_file_checks import repacked, word
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import a_pdf, signs_in
from tests.clamd import EICAR, PATIENT, running
from tests.factories import Factory

pytestmark = pytest.mark.xdist_group("clamd")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """The real daemon's address."""
    folder = Path(tempfile.mkdtemp(prefix="clamd-"))
    with running(folder / "d") as address:
        yield address
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(settings: Settings, clamd: str) -> Settings:
    return settings.model_copy(update={"clamd": clamd, "clamd_signature_days": 0})


def the_people() -> tuple[User, User, Assessment]:
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    return owner, make.staff("moderator", "Mo Moderator"), make.assessment(employer, by=owner)


def files(*, both: bool) -> list[FilePayload]:
    bad = repacked(word(), {"word/media/image1.png": EICAR})
    good: FilePayload = {"name": "Sick leave policy.pdf", "mimeType": "application/pdf", "buffer": a_pdf("Sick leave")}
    return [good, {"name": "Job advert.docx", "mimeType": WORD, "buffer": bad}] if both else [good]


@pytest.mark.parametrize(
    ("scripts", "width"), [(True, 1280), (False, 320)], ids=["with scripts", "without, on a phone"]
)
def test_a_clean_file_is_there_one_with_a_virus_is_refused_and_one_that_waits_is_shut_until_it_was_scanned(
    portal: Portal, at_browser: Callable[..., Person], clamd: str, scripts: bool, width: int
) -> None:
    owner, moderator, assessment = portal.inside(the_people)
    assert not portal.app.extensions["charter_door"].is_off
    portal.app.extensions["charter_door"] = Door(Clamd(clamd, patience=PATIENT))  # the machine may be busy
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    home = f"/organisations/{assessment.organisation_id}/evidence"

    person.opens(f"{home}/add")
    person.page.locator("main [name='files']").set_input_files(files(both=True))
    person.page.get_by_role("button", name="Add files").click()
    if scripts:
        person.page.get_by_text("1 of 2 added.").wait_for()
    else:
        person.page.wait_for_load_state()
    person.looks()
    person.reads("This file has a virus in it, so we did not keep it.")
    person.follows("Go to your evidence")
    person.follows("Sick leave policy.pdf")
    assert person.page.locator("main img").count() == 1, "a clean file has a preview at once"

    # The scanner is away: the file is kept, and shut.
    portal.app.extensions["charter_door"] = Door(Clamd("unix:///nowhere", patience=PATIENT))
    code = assessment.framework.content.asked(1)[0].code
    person.opens(f"/assessments/{assessment.id}/criteria/{code}/evidence")
    person.ticks("kind", "file")
    person.page.locator("main [name='file']").set_input_files(
        [{"name": "Rota.pdf", "mimeType": "application/pdf", "buffer": a_pdf("Rota")}]
    )
    person.presses("Add evidence")
    person.reads("Being checked for viruses")
    person.opens(home)
    person.reads("Being checked for viruses")
    person.follows("Rota.pdf")
    assert person.page.locator("main img").count() == 0
    person.reads("It can be opened once the check is done.")

    staff = at_browser(scripts=scripts, width=width)
    signs_in(staff, moderator)
    staff.opens("/admin/scans/")
    staff.reads("The scanner does not answer.")
    staff.reads("1 file waits since")
    staff.reads("Eicar-Test-Signature")

    # It is back: the worker scans what waits.
    portal.app.extensions["charter_door"] = Door(Clamd(clamd, patience=PATIENT))
    portal.inside(lambda: worker.scan(Clamd(clamd, patience=PATIENT), portal.app.extensions["charter_store"]))
    person.opens(home)
    person.follows("Rota.pdf")
    assert person.page.locator("main img").count() == 1
    staff.opens("/admin/scans/")
    staff.reads("No file waits.")
    assert person.problems == [], "\n".join(person.problems)
    assert staff.problems == []
