"""The library of evidence in a real browser: several files at once, dates, a newer version, and one turned down.

What it holds is taken away three times, each time opened: the library, one assessment's, and all that the employer has.
"""

import csv
import io
import json
from collections.abc import Callable
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from playwright.sync_api import FilePayload

from charter.account.models import User
from charter.assessment.models import Assessment, Evidence
from charter.clock import now
from charter.extensions import db
from charter.review.models import Review
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import a_pdf, a_photo, signs_in
from tests.factories import Factory


def the_people() -> tuple[User, User, Assessment]:
    """An employer's owner with everything answered, and an assessor."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    return owner, make.staff("assessor", "Asha Assessor"), make.answered(make.assessment(employer, by=owner), by=owner)


def files() -> list[FilePayload]:
    """Two that are fit to keep, and one that is not."""
    return [
        {"name": "Sick leave policy.pdf", "mimeType": "application/pdf", "buffer": a_pdf("Sick leave")},
        {"name": "Tool.exe", "mimeType": "application/octet-stream", "buffer": b"MZ nothing to see"},
        {"name": "Our room.jpg", "mimeType": "image/jpeg", "buffer": a_photo()},
    ]


def opened(archive: bytes) -> ZipFile:
    """An archive that is whole, each file in it as long as it should be."""
    found = ZipFile(io.BytesIO(archive))
    assert found.testzip() is None
    return found


def listed(archive: ZipFile) -> dict[str, set[str]]:
    """The files that an archive's own list names, each with the criteria that it supports."""
    rows = list(csv.reader(io.StringIO(archive.read("contents.csv").decode("utf-8-sig"))))
    found: dict[str, set[str]] = {}
    for name, code, *_ in rows[1:]:
        found.setdefault(name, set()).update([code] if code else [])
    assert set(archive.namelist()) == {"contents.csv", *found}
    return found


@pytest.mark.parametrize(
    ("scripts", "width"), [(True, 1280), (False, 320)], ids=["with scripts", "without, on a phone"]
)
def test_evidence_is_given_once_kept_in_date_replaced_and_turned_down(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, assessor, assessment = portal.inside(the_people)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    home = f"/organisations/{assessment.organisation_id}/evidence"

    person.opens("/dashboard")
    person.opens(f"{home}/add")
    person.page.locator("main [name='files']").set_input_files(files())
    person.page.get_by_role("button", name="Add files").click()
    if scripts:
        person.page.get_by_text("2 of 3 added.").wait_for()
    else:
        person.page.wait_for_load_state()
    person.looks()
    person.reads("Tool.exe")
    person.follows("Go to your evidence")
    person.reads("Our room.jpg")
    person.reads("Not used yet")

    person.follows("Sick leave policy.pdf")
    shown = person.page.locator("main img").first
    shown.scroll_into_view_if_needed()
    person.page.wait_for_function("document.querySelector('main img').naturalWidth > 0")
    person.presses("Change title, kind or dates")
    for part, text in (("day", "1"), ("month", "5"), ("year", "2031")):
        person.fills(f"valid_until-{part}", text)
    person.presses("Save")
    person.reads("In date until 1 May 2031")
    person.presses("Replace with a newer version")
    newer: FilePayload = {"name": "Policy 2027.pdf", "mimeType": "application/pdf", "buffer": a_pdf("The newer one")}
    person.page.locator("main [name='file']").set_input_files([newer])
    person.presses("Replace")
    person.reads("The older version is kept with it.")
    person.follows("Older version", exact=False)
    person.reads("This is an older version.")

    code = assessment.framework.content.asked(1)[0].code
    person.opens(f"/assessments/{assessment.id}/criteria/{code}/evidence")
    person.ticks("kind", "library")
    person.page.locator("main [name='library']").first.check()
    person.presses("Add evidence")

    # What is there is taken away, and other programs open it
    person.opens(home)
    library = opened(person.downloads("Download everything as one ZIP"))
    contents = [library.read(name) for name in listed(library)]
    assert sum(one.startswith(b"%PDF-") for one in contents) == 2, "the newer version, and the one that it replaced"
    assert sum(one.startswith(b"\xff\xd8") for one in contents) == 1
    assert newer["buffer"] in contents
    person.opens(f"/assessments/{assessment.id}/evidence")
    used = opened(person.downloads("download all of this in one ZIP file"))
    assert any(code in codes and name.startswith(code) for name, codes in listed(used).items())
    assert set().union(*listed(used).values()) >= {
        one.code for one in assessment.framework.content.asked(1) if one.evidence_required
    }
    person.opens(f"/organisations/{assessment.organisation_id}/export")
    person.reads("3 evidence files")
    everything = opened(person.downloads("Download everything", role="button"))
    document = json.loads(everything.read("everything.json"))
    given = {one["file"] for one in document["evidence"] if one.get("file")}
    assert set(everything.namelist()) == {"index.html", "everything.json", *given}
    assert newer["buffer"] in [everything.read(name) for name in given]
    assert "Teme Valley Orchards Ltd" in everything.read("index.html").decode()

    portal.inside(
        lambda: Factory(now()).claimed(
            Factory(now()).submitted(
                db.session.get_one(Assessment, assessment.id), by=db.session.get_one(User, owner.id)
            ),
            by=db.session.get_one(User, assessor.id),
        )
    )
    review = portal.inside(lambda: db.session.scalars(sa.select(Review.id)).one())
    reader = at_browser(scripts=scripts, width=width)
    signs_in(reader, assessor)
    reader.opens(f"/admin/reviews/{review}?open=all")
    reader.follows("Turn down for privacy", exact=False)
    reader.page.locator("main [name='reason']").first.check()
    reader.presses("Turn it down")
    reader.reads("its content deleted")
    reader.opens(f"/admin/reviews/{review}?open=all")
    reader.reads("removed for privacy")

    person.opens(f"/assessments/{assessment.id}")
    person.reads("Give other evidence")
    person.follows("Give another in its place", exact=False)
    person.reads("It will support what the other one supported")
    person.opens(home)
    person.reads("Removed for privacy")
    assert portal.inside(lambda: db.session.scalar(sa.select(sa.func.count(Evidence.id)))) == 4
    assert person.problems == [], "\n".join(person.problems)
    assert reader.problems == []
