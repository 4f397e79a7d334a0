"""A moderator's second look in a real browser, with and without scripts, on a desk and on a phone."""

import re
from collections.abc import Callable

import pytest

from charter.account.models import User
from charter.clock import local_date, now
from charter.extensions import transaction
from charter.review import recommendation
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_doubt() -> tuple[User, str, int]:
    """A moderator, the case that its assessor is not sure about, and how many questions it has."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    assessor = make.staff("assessor", "Asha Assessor")
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.found(make.claimed(sent, by=assessor), by=assessor)
    with transaction() as session:
        recommendation.recommend(
            session,
            review,
            level=1,
            reasons="In place.",
            unsure="Is it in use?",
            by=assessor,
            at=now(),
            on=local_date(now()),
        )
    return make.staff("moderator", "Mo Moderator"), str(review.id), len(sent.framework.content.asked(1))


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_moderator_finds_for_themselves_then_compares_and_decides(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    moderator, case, number = portal.inside(a_doubt)
    person = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, moderator)
    person.opens(f"/admin/reviews/{case}")
    person.reads("You do not see yet what the assessor found")
    assert "Clear and in use." not in person.page.content()
    fits()
    person.presses("Make your own findings")
    if scripts:
        first = person.page.locator("#next")
        first.locator("textarea").fill("Ring them first.")
        first.locator("input[type=radio]").first.check()
        first.get_by_text(re.compile(r"Saved \d\d:\d\d")).wait_for()
        person.reads(f"1 of {number} criteria have a finding of yours")
        person.page.reload()
        assert "Ring them first." in person.page.content(), "it was saved without a button"
        number -= 1
    for _ in range(number):
        person.page.locator("#next input[type=radio]").first.check()
        fits()
        with person.page.expect_navigation():  # what is on its way is saved first
            person.page.locator("#next button", has_text="Save and go on").click()
    person.presses("Save and compare")
    person.reads("Both found the same everywhere.")
    fits()
    person.presses("Decide this case")
    person.reads("Is it in use?")
    fits()
    person.page.get_by_label("Agree with the recommendation").check()
    person.presses("Confirm")
    person.reads("The case is decided")
    assert person.problems == []
