"""Editing the crosswalk in a real browser: items are changed, added, taken out, put back, and employers read it."""

from collections.abc import Callable

import pytest

from charter.account.models import User
from charter.clock import now
from charter.framework.content import OtherScheme
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.browser.test_recognitions import fits
from tests.factories import Factory


def people() -> tuple[User, User, User, str, OtherScheme]:
    """An owner who answered, two administrators, the employer's address, and another scheme with levels."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.answered(make.assessment(employer, by=owner), by=owner)
    ada, ben = (make.staff("administrator", f"{name} Administrator") for name in ("Ada", "Ben"))
    scheme = next(one for one in make.framework().content.crosswalk if one.levels)
    return owner, ada, ben, f"/organisations/{employer.id}", scheme


def says_why(person: Person) -> None:
    person.fills("source", "The scheme’s form of 2026")
    person.fills("reason", "The scheme wrote to us.")


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_administrator_edits_the_crosswalk_and_employers_read_it(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, first, second, home, scheme = portal.inside(people)
    item, count = scheme.items[0], len(scheme.items)
    level = scheme.levels[0]
    ada, ben, olive = (at_browser(scripts=scripts, width=width) for _ in range(3))
    for person, user in ((ada, first), (ben, second), (olive, owner)):
        signs_in(person, user)

    ben.opens(f"/admin/crosswalk/{scheme.code}/{item.code}")  # before Ada saves

    ada.opens("/admin/crosswalk/")
    ada.follows(item.code)
    ada.fills("label", "Fair and open hiring")
    ada.presses("Save")
    ada.reads("Say why you do this.")
    says_why(ada)
    ada.presses("Save")
    ada.reads("Saved: Fair and open hiring.")
    fits(ada, width)

    ben.fills("note", "Ask for the newest form.")
    says_why(ben)
    ben.presses("Save")
    ben.reads("What is saved now")
    ben.reads("Fair and open hiring")
    fits(ben, width)
    ben.follows("keep what is saved now")

    ada.presses(f"Add an item to {scheme.title}")
    ada.fills("code", "NEW-1")
    ada.fills("label", "Shares what works with other employers")
    ada.page.locator("[name=group]").select_option(level.groups[0].code)
    ada.page.locator("[name=criteria]").first.check()
    ada.ticks("status", "inferred")
    says_why(ada)
    ada.presses("See what this means first")
    ada.reads(f"Our list for {scheme.title} has {count} items. It would have {count + 1}.")
    ada.reads(f"For {level.title}, “{level.groups[0].title}” asks for all of")
    fits(ada, width)
    ada.presses("Save")
    ada.reads("Added: Shares what works with other employers.")
    olive.opens(f"{home}/schemes/{scheme.code}")
    olive.reads("Fair and open hiring")
    olive.reads("Shares what works with other employers")
    olive.reads("We worked this out ourselves: check with the scheme.")
    fits(olive, width)

    ada.follows("NEW-1")
    ada.follows("Take it out")
    ada.ticks("status", "knowledge")
    says_why(ada)
    fits(ada, width)
    ada.presses("Take it out")
    ada.reads("Taken out: Shares what works with other employers.")
    olive.opens(f"{home}/schemes/{scheme.code}")
    olive.page.get_by_text("1 item that we took out of this list").click()
    olive.reads("We took this out on")
    fits(olive, width)

    ada.page.get_by_text(f"1 item taken out of {scheme.title}").click()
    fits(ada, width)
    ada.follows("Put back Shares what works with other employers")
    says_why(ada)
    fits(ada, width)
    ada.presses("Put it back")
    ada.reads("Put back: Shares what works with other employers.")
    ada.follows(item.code)
    ada.follows("Put it back to what is published")
    says_why(ada)
    ada.presses("Put it back")
    ada.reads("As published again: Fair and open hiring.")
    olive.opens(f"{home}/schemes/{scheme.code}")
    olive.reads("Shares what works with other employers")
    olive.reads(item.label)
    assert [person.problems for person in (olive, ada, ben)] == [[], [], []]
