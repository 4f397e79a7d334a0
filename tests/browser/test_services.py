"""Finding help and asking for it, and keeping the directory, in a real browser, with and without scripts."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now, today
from charter.extensions import db
from charter.improvement.models import Programme, ProgrammeRequest
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import PASSWORD, Factory
from tests.readers import words


def the_directory() -> tuple[Programme, User, User]:
    """The services, somebody of an employer, and an administrator."""
    make = Factory(now())
    owner = make.member(make.organisation("Teme Valley Orchards Ltd"), "Olive Owner")
    administrator = make.staff("administrator", "Ada Administrator")
    return make.programmes()[0], owner, administrator


def fits(person: Person, width: int) -> None:
    """Nothing of the page is wider than the screen."""
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url


def until(person: Person, day: date) -> None:
    """A service is to be checked again by a day."""
    for part in ("day", "month", "year"):
        person.fills(f"review_by-{part}", str(getattr(day, part)))


def requests() -> list[str]:
    return list(db.session.scalars(sa.select(ProgrammeRequest.message)))


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_somebody_finds_a_service_signs_in_and_asks_for_it_and_staff_see_that(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    programme, owner, administrator = portal.inside(the_directory)
    visitor = at_browser(scripts=scripts, width=width)
    visitor.opens("/")
    visitor.presses("Find help")
    visitor.reads("Find help for employers")
    visitor.fills("q", programme.name)
    visitor.presses("Search")
    visitor.reads("found")
    visitor.follows(programme.name)
    visitor.reads(programme.offers)
    visitor.presses("Sign in to ask for this")  # it looks like a button, and says that it is one
    visitor.fills("email", owner.email)
    visitor.fills("password", PASSWORD)
    visitor.presses("Sign in")
    visitor.reads(f"Ask for {programme.name}")
    fits(visitor, width)
    visitor.fills("message", "Please call us in the morning.")
    visitor.presses("Ask for this")
    visitor.reads("Tick the box to agree.")
    visitor.ticks("agree")
    visitor.presses("Ask for this")
    visitor.reads("We have sent you a copy.")
    visitor.reads("asked on")
    visitor.opens("/dashboard")
    visitor.follows("Services you asked for of Teme Valley Orchards Ltd")
    visitor.reads("Olive Owner asked on")
    fits(visitor, width)
    assert portal.inside(requests) == ["Please call us in the morning."]

    staff = at_browser(scripts=scripts, width=width)
    signs_in(staff, administrator)
    staff.opens("/admin/requests/")
    staff.reads("Teme Valley Orchards Ltd")
    staff.opens("/admin/services/")
    staff.follows(programme.name)
    staff.presses("Change it")
    staff.fills("contact_email", "contact@example.org")
    until(staff, today() + timedelta(days=365))
    staff.presses("Save")
    staff.reads("The service is changed.")
    staff.presses("All of it is still so")  # it looks like a button, and says that it is one
    fits(staff, width)
    until(staff, today() - timedelta(days=1))
    staff.presses("Keep that it is checked")
    staff.reads("There is a problem")
    again = today() + timedelta(days=300)
    until(staff, again)
    staff.presses("Keep that it is checked")
    staff.reads("Kept: it is checked.")
    staff.reads(f"{again.day} {again:%B %Y}")

    staff.opens("/admin/services/")
    staff.presses("Add a service")
    staff.presses("Save")
    staff.reads("Enter the name.")
    fits(staff, width)
    for field, text in (
        ("name", "Orchard Minds"),
        ("provider", "Teme Valley Mind"),
        ("offers", "A talk with your team about stress, at your place of work."),
        ("for_whom", "Any employer in the two counties."),
        ("how_to_start", "Write to them, and they call you back."),
        ("source", "Teme Valley Mind, by telephone"),
    ):
        staff.fills(field, text)
    staff.page.locator("main [name='themes']").first.check()
    until(staff, again)
    staff.presses("Save")
    staff.reads("Orchard Minds is in the directory.")
    fits(staff, width)

    def printed() -> str:
        """The yearly guide, as another program reads it."""
        visitor.opens("/services")
        return words(visitor.file_behind("Download it all as a guide to print (PDF)"))

    guide = printed()
    assert f"As the directory stood on {today().day} {today():%B %Y}" in guide
    assert "Orchard Minds" in guide
    assert "Write to them, and they call you back." in guide
    visitor.follows("Orchard Minds")
    visitor.reads("A talk with your team about stress")

    staff.follows("Take it out of the directory")
    staff.reads("What was asked before stays known, and you can put it back.")
    fits(staff, width)
    staff.presses("Take it out")
    staff.reads("The service is out of the directory.")
    assert "Orchard Minds" not in printed()
    visitor.fills("q", "Orchard Minds")
    visitor.presses("Search")
    assert not visitor.page.get_by_role("link", name="Orchard Minds", exact=True).count()
    for person in (visitor, staff):
        fits(person, width)
        assert person.problems == []
