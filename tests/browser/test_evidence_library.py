"""The library of evidence in a real browser: several files at once, dates, a newer version, and one turned down."""

from collections.abc import Callable

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
