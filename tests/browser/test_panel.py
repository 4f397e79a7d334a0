"""A meeting of the panel in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable

import pytest

from charter.account.models import User
from charter.clock import now
from charter.extensions import transaction
from charter.panel import partners
from charter.review.status import REFER
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_moderator() -> User:
    """Somebody with two partners and a case that waits for the panel."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner, assessor = make.member(employer, "Olive Owner"), make.staff("assessor", "Asha Assessor")
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    administrator = make.staff("administrator", "Ada Admin")
    with transaction() as session:
        review.move(REFER, at=now())
        for name in ("The county council", "The Chamber"):
            partners.add(session, name, by=administrator, at=now())
    return make.staff("moderator", "Mo Moderator")


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_moderator_takes_a_case_through_a_meeting(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    moderator = portal.inside(a_moderator)
    person = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, moderator)
    person.opens("/admin/meetings/")
    person.reads("1 case waits for the panel, not on an agenda yet.")
    person.presses("Plan a meeting")  # it looks like a button, and says that it is one
    day = now().date()
    for part in ("day", "month", "year"):
        person.fills(f"meets_on-{part}", str(getattr(day, part)))
    for field, typed in (("begins", "2pm"), ("place", "County Hall"), ("chair", "Cath Chair"), ("quorum", "2")):
        person.fills(field, typed)
    fits()
    person.presses("Plan this meeting")
    for partner, name in (("The county council", "Cora Council"), ("The Chamber", "Charlie Chamber")):
        person.follows("Add a person")
        person.page.locator("select[name='partner']").select_option(label=partner)
        person.fills("person", name)
        person.presses("Add this person")
    person.follows("Put cases on the agenda")
    person.page.get_by_label("Teme Valley Orchards Ltd").check()
    fits()
    person.presses("Put on the agenda")
    person.presses("Write down who came")
    fits()
    person.presses("Save, and everybody else came")
    person.follows("Record the decision on Teme Valley Orchards Ltd")
    person.reads("It is all in place.")
    person.page.get_by_label("(as recommended)").check()
    person.fills("reasons", "The partners agree.")
    fits()
    person.presses("Record this")
    person.reads("The decision is recorded, and the employer has been told.")
    fits()
    person.presses("Agree the minutes")
    person.presses("Agree the minutes")
    person.reads("Mo Moderator agreed the minutes")
    with person.page.expect_download() as printed:
        person.page.evaluate("document.querySelector('a[href$=\"minutes.pdf\"]').setAttribute('download', '')")
        person.page.get_by_role("link", name="Print the minutes (PDF)").click()
    assert printed.value.path().read_bytes().startswith(b"%PDF")
    person.opens("/admin/meetings/attendance")
    person.reads("Cora Council")
    fits()
    assert person.problems == []
