"""Finding help and asking for it in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now, today
from charter.extensions import db
from charter.improvement.models import Programme, ProgrammeRequest
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import PASSWORD, Factory


def the_directory() -> tuple[Programme, User, User]:
    """The services, somebody of an employer, and an administrator."""
    make = Factory(now())
    owner = make.member(make.organisation("Teme Valley Orchards Ltd"), "Olive Owner")
    administrator = make.staff("administrator", "Ada Administrator")
    return make.programmes()[0], owner, administrator


def fits(person: Person, width: int) -> None:
    """Nothing of the page is wider than the screen."""
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url


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
    review = today() + timedelta(days=365)
    for part in ("day", "month", "year"):
        staff.fills(f"review_by-{part}", str(getattr(review, part)))
    staff.presses("Save")
    staff.reads("The service is changed.")
    for path in ("add", f"{programme.id}/confirm", f"{programme.id}/retire"):
        staff.opens(f"/admin/services/{path}")
    for person in (visitor, staff):
        fits(person, width)
        assert person.problems == []
