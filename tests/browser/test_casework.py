"""A case of a small firm in a real browser: by keyboard alone, and without scripts on a phone."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now
from charter.extensions import db, transaction
from charter.review import phrases
from charter.review.models import Finding, Review
from charter.review.status import ReviewStatus
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory

MOST_PRESSES = 40
"""The most presses of a key from the queue to the recommendation, when all is well."""


def a_case() -> tuple[User, str]:
    """A small firm's case for the first level, which nobody has yet; with its assessor and the employer's name."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    assessor = make.staff("assessor", "Asha Assessor")
    with transaction() as session:
        content = make.framework().content
        phrases.add(session, content, text="Please send a newer one.", criterion="", outcome="", by=assessor, at=now())
    return assessor, employer.name


def kept(portal: Portal) -> list[Finding]:
    return portal.inside(lambda: list(db.session.scalars(sa.select(Finding).order_by(Finding.found_at))))


class Keyboard:
    """A keyboard that counts. It reaches things only as somebody without a mouse does."""

    def __init__(self, person: Person) -> None:
        self.person, self.page, self.presses = person, person.page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.presses += 1

    def reaches(self, text: str) -> None:
        """Tab until what has this name has the focus."""
        for _ in range(40):
            self.press("Tab")
            if self.named() == text:
                return
        raise AssertionError(f"{text!r} is not reached on {self.page.url}")

    def named(self) -> str:
        said: str = self.page.evaluate(
            "() => { const e = document.activeElement; return (e.labels?.[0] ?? e).textContent.trim() }"
        )
        return said

    def loads(self, key: str) -> None:
        with self.page.expect_navigation():
            self.press(key)


def test_a_case_where_all_is_well_takes_one_page_and_few_keys(
    portal: Portal, at_browser: Callable[..., Person]
) -> None:
    assessor, employer = portal.inside(a_case)
    person = at_browser()
    signs_in(person, assessor)
    person.opens("/admin/reviews/")
    keys = Keyboard(person)
    pages = [person.page.url]
    person.page.on("framenavigated", lambda frame: pages.append(re.split(r"[?#]", frame.url)[0]))
    keys.reaches("Skip to main content")
    keys.press("Enter")
    keys.reaches("Take the next one")
    keys.loads("Enter")
    case = person.page.url
    person.reads(employer)
    person.looks()
    to_find = person.page.locator(".charter-case__criterion").count()
    keys.press("n")
    for _ in range(to_find):
        keys.press("1")
    person.page.locator(".charter-case__said:not(:empty)").nth(to_find - 1).wait_for(state="attached")
    assert len(kept(portal)) == to_find, "each is saved without a button"
    keys.loads("n")
    person.reads("Every criterion that counts has a finding.")
    keys.press("n")
    keys.press("Space")
    keys.reaches("Send my recommendation")
    keys.loads("Enter")
    person.looks()
    review = portal.inside(lambda: db.session.scalars(sa.select(Review)).one())
    assert (review.status, review.recommended_level) == (ReviewStatus.RECOMMENDED, 1)
    print(f"{to_find} criteria, {keys.presses} presses, pages: {sorted(set(pages))}")
    assert keys.presses < MOST_PRESSES
    assert set(pages) <= {f"{portal.url}/admin/reviews/", case}, "everything is on the page of the case"
    assert person.problems == []


def test_the_keys_can_be_switched_off_and_two_windows_lose_nothing(
    portal: Portal, at_browser: Callable[..., Person]
) -> None:
    assessor, employer = portal.inside(a_case)
    person = at_browser()
    signs_in(person, assessor)
    person.opens("/admin/reviews/")
    person.follows(employer)
    person.presses("Take this case")
    case = person.page.url
    first = person.page.locator(".charter-case__criterion").first
    other = person.page.context.new_page()
    other.goto(case)

    # Another window saves first -------------------------------------------------------------------------------------
    said = other.locator(".charter-case__criterion").first
    said.locator("textarea[name^=feedback-]").fill("From the other window.")
    said.locator("textarea[name^=note-]").focus()
    said.get_by_text(re.compile(r"Saved \d\d:\d\d")).wait_for()
    first.locator("textarea[name^=feedback-]").fill("From this one.")
    first.locator("textarea[name^=note-]").focus()
    first.get_by_text("What is saved now").wait_for()
    assert "From the other window." in first.inner_text()
    person.looks()
    assert [one.feedback for one in kept(portal)] == ["From the other window."]
    first.get_by_role("button", name="Save mine").click()
    first.get_by_text(re.compile(r"Saved \d\d:\d\d")).wait_for()
    assert [one.feedback for one in kept(portal)] == ["From this one."]

    # A phrase goes in where one writes --------------------------------------------------------------------------------
    first.get_by_role("button", name="Use a standard phrase").click()
    first.get_by_role("button", name="Put it in").click()
    box = first.locator("textarea[name^=feedback-]")
    assert box.input_value() == "From this one.\nPlease send a newer one."
    person.looks()

    # The keys ---------------------------------------------------------------------------------------------------------
    box.press("1")
    assert box.input_value().endswith("1"), "in a box a key is a letter"
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("?")
    person.page.locator("#keys[open]").wait_for()
    person.looks()
    person.page.locator("[data-keys]").uncheck()
    person.page.reload()
    person.page.keyboard.press("j")
    assert person.page.evaluate("document.activeElement.tagName") == "BODY"
    assert person.problems == []


@pytest.mark.parametrize("width", [320])
def test_without_scripts_a_phrase_goes_in_and_the_rest_is_found_met(
    portal: Portal, at_browser: Callable[..., Person], width: int
) -> None:
    assessor, employer = portal.inside(a_case)
    person = at_browser(scripts=False, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, assessor)
    person.opens("/admin/reviews/")
    person.follows(employer)
    person.presses("Take this case")
    first = person.page.locator(".charter-case__criterion").first
    first.locator("textarea[name^=note-]").fill("Ring them first.")
    first.locator("[type=checkbox]").first.check()
    first.get_by_role("button", name="Use a standard phrase").click()
    person.looks()
    fits()
    assert not person.page.locator("#keys").is_visible()
    person.presses("Put it in")
    first = person.page.locator(".charter-case__criterion").first
    assert first.locator("textarea[name^=feedback-]").input_value() == "Please send a newer one."
    assert first.locator("textarea[name^=note-]").input_value() == "Ring them first."
    first.locator("[type=radio]").nth(1).check()
    person.page.locator("button[value=rest-met]").click()
    person.looks()
    person.reads("Each of these has no finding yet")
    fits()
    person.presses("Find these met")
    person.reads("Every criterion that counts has a finding.")
    fits()
    (noted,) = [one for one in kept(portal) if one.private_note]
    assert (noted.private_note.for_staff, len(noted.checked)) == ("Ring them first.", 1)
    assert person.problems == []
