"""The queue in a real browser: narrowed, taken from, given out; days away, and an interest that keeps a case away."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import now, today
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory

EMPLOYERS = ("Severn Bakery Ltd", "Teme Valley Orchards Ltd", "Teme Valley Cider Ltd", "Malvern Garage Ltd")
"""Whose case waits longest stands first."""


@dataclass
class Desk:
    """Two people at the desk, and the cases that wait, by employer."""

    assessor: User
    moderator: User
    cases: dict[str, str]


def a_desk() -> Desk:
    cases = {}
    for days, name in zip((12, 9, 6, 3), EMPLOYERS, strict=True):
        make = Factory(now() - timedelta(days=days))
        employer = make.organisation(name)
        owner = make.member(employer, f"Olive {name}")
        sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
        cases[name] = str(make.review(sent).id)
    make = Factory(now())
    return Desk(make.staff("assessor", "Asha Assessor"), make.staff("moderator", "Mo Moderator"), cases)


def fits(person: Person) -> None:
    """The page is no wider than its window."""
    size = person.page.viewport_size
    assert size
    assert person.page.evaluate("document.documentElement.scrollWidth") <= size["width"], person.page.url


def rows(person: Person) -> list[str]:
    """The employers in the queue, in order."""
    return person.page.locator(".charter-queue th[scope=row] a").all_inner_texts()


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_cases_are_found_given_out_and_taken_and_nobody_gets_what_they_may_not_have(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    desk = portal.inside(a_desk)
    asha, mo = (at_browser(scripts=scripts, width=width) for _ in range(2))

    # Asha knows the bakery: its case is not shown to her, and its address says why ---------------------------------
    signs_in(asha, desk.assessor)
    asha.opens("/admin/reviews/")
    assert rows(asha) == list(EMPLOYERS)
    asha.opens("/admin/interests/")
    fits(asha)
    asha.presses("Declare an interest")  # it looks like a button, and says that it is one
    asha.fills("search", "severn")
    asha.presses("Search")
    asha.follows("Severn Bakery Ltd")
    asha.presses("Declare my interest")  # with nothing said: what is missing is said, and axe reads that page too
    asha.reads("Choose what this employer is to you.")
    fits(asha)
    asha.chooses("I used to work there")
    asha.fills("reason", "I baked there until 2024.")
    asha.presses("Declare my interest")
    asha.reads("Somebody else will work on this employer’s cases.")
    fits(asha)
    asha.opens(f"/admin/reviews/{desk.cases['Severn Bakery Ltd']}")
    asha.reads("You declared an interest in this employer")
    fits(asha)
    asha.opens("/admin/reviews/")
    asha.reads("Cases of employers that you have an interest in are left out.")
    assert rows(asha) == list(EMPLOYERS[1:])

    # Mo narrows the queue: the address keeps it, for another window and for later ------------------------------------
    signs_in(mo, desk.moderator)
    mo.opens("/admin/reviews/")
    fits(mo)
    mo.page.locator("#assessor").select_option(label="Nobody yet")
    mo.fills("search", "teme valley")
    mo.presses("Show")
    narrowed = mo.page.url
    mo.page.goto("about:blank")
    mo.opens(narrowed)
    assert rows(mo) == ["Teme Valley Orchards Ltd", "Teme Valley Cider Ltd"]
    assert mo.page.locator("#search").input_value() == "teme valley"
    assert b"Malvern" not in mo.downloads("Download as CSV")
    mo.follows("Decided")
    assert mo.page.locator("#search").input_value() == "teme valley", "a stage keeps the filters"
    mo.reads("No case matches.")

    # She gives two out, and is told before who gets what, and what Asha cannot have ---------------------------------
    mo.opens("/admin/reviews/")
    for name in ("Severn Bakery Ltd", "Malvern Garage Ltd"):
        mo.chooses(f"Choose {name}")
    mo.page.locator("#to").select_option(label="Asha Assessor")
    fits(mo)
    mo.presses("See who gets what")
    mo.reads("Asha Assessor gets 1 case")
    mo.reads("Left out: 1 case")
    mo.reads("Asha Assessor has an interest in this employer.")
    fits(mo)
    mo.page.locator("#to").select_option(label="Share out by workload")
    mo.presses("See who gets what")
    mo.reads("Nothing is done yet.")
    mo.reads("Mo Moderator gets")
    mo.presses("Give out 2 cases")
    mo.reads("2 cases are given out. Each person is told in one email.")

    # Asha takes the next one: what is due first of what she may have ------------------------------------------------
    asha.opens("/admin/reviews/")
    asha.presses("Take the next one")
    asha.reads("This case is yours now.")
    assert asha.page.url.endswith(desk.cases["Teme Valley Orchards Ltd"])
    fits(asha)

    # She goes away: nobody gives her work, and Mo sees which cases stand still ---------------------------------------
    asha.opens("/admin/desk/")
    fits(asha)
    asha.presses("My away dates")
    first, last = today(), today() + timedelta(days=7)
    for field, day in (("starts_on", last), ("ends_on", first)):
        for part in ("day", "month", "year"):
            asha.fills(f"{field}-{part}", str(getattr(day, part)))
    asha.presses("Save")
    asha.reads("There is a problem")
    fits(asha)
    for field, day in (("starts_on", first), ("ends_on", last)):
        for part in ("day", "month", "year"):
            asha.fills(f"{field}-{part}", str(getattr(day, part)))
    asha.presses("Save")
    asha.reads("The away dates are saved.")
    asha.reads("Away now")
    fits(asha)
    asha.opens("/admin/reviews/next")
    asha.reads("Your away dates say that you are away until")
    fits(asha)
    mo.opens("/admin/reviews/")
    mo.chooses("Only of people away")
    mo.presses("Show")
    assert "Teme Valley Orchards Ltd" in rows(mo)
    mo.reads("Away until")
    fits(mo)

    # She is back ----------------------------------------------------------------------------------------------------
    asha.opens("/admin/desk/away")
    asha.page.get_by_role("link", name=re.compile("^Take out")).click()
    asha.presses("Take these away dates out")
    asha.opens("/admin/reviews/next")
    asha.presses("Take the next one")
    asha.reads("This case is yours now.")
    assert asha.page.url.endswith(desk.cases["Teme Valley Cider Ltd"])
    problems = {problem for person in (asha, mo) for problem in person.problems}
    assert not problems, "\n".join(sorted(problems))
