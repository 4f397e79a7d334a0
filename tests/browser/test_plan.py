"""The improvement plan in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import icalendar
import pytest

from charter.account.models import User
from charter.clock import now, today
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def an_owner() -> User:
    """Somebody whose employer has answered everything for the first level."""
    make = Factory(now())
    make.programmes()
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.member(employer, "Colin Colleague", role="contributor")
    make.answered(make.assessment(employer, by=owner), by=owner)
    return owner


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_owner_makes_a_plan_gives_an_action_away_and_marks_one_as_done(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner = portal.inside(an_owner)
    person = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, owner)
    person.opens("/dashboard")
    person.follows("Improvement plan of Teme Valley Orchards Ltd")
    person.reads("Your plan is empty.")
    person.presses("Make the plan from your answers")
    person.reads("Your plan is up to date")
    person.reads("Do next")
    fits()
    first = person.page.locator(".charter-action h3").first.inner_text()
    person.follows(f"Change {first}")
    person.page.locator("select[name='owner']").select_option(label="Colin Colleague")
    due = today() + timedelta(days=30)
    for part in ("day", "month", "year"):
        person.fills(f"due_on-{part}", str(getattr(due, part)))
    fits()
    person.presses("Save")
    person.reads("Colin Colleague")
    person.presses("Add an action")  # it looks like a button, and says that it is one
    person.presses("Save")
    person.reads("Say what you will do.")
    person.fills("title", "Ask our staff")
    person.presses("Save")
    person.reads("Ask our staff")
    with person.page.expect_download() as calendar:
        person.page.get_by_role("link", name="Put the dates in your calendar (.ics)").click()
    events = icalendar.Calendar.from_ical(calendar.value.path().read_bytes()).walk("VEVENT")
    assert [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in events] == [(first, due)]
    with person.page.expect_download() as printed:
        person.page.get_by_role("link", name="Print the plan (PDF)").click()
    assert printed.value.path().read_bytes().startswith(b"%PDF")
    person.follows(f"Mark as done {first}")
    person.fills("shows", "It is on the staff page.")
    fits()
    person.presses("Mark as done")
    person.reads("It is on the staff page.")
    person.follows("Take out Ask our staff")
    person.fills("reason", "We did so last year.")
    person.presses("Take it out")
    person.reads("We did so last year.")
    person.follows("Put it back Ask our staff")
    person.presses("Put it back among what is to do")
    person.reads("Back in your plan: Ask our staff")
    fits()
    person.opens("/dashboard")
    person.reads("to do")
    assert person.problems == []
