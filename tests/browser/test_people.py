"""An administrator looks after the staff in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from charter.account import people, sessions
from charter.account.models import Role, User
from charter.clock import now
from charter.extensions import transaction
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_staff() -> User:
    """An administrator; an assessor who is signed in and has a case; and somebody invited three days ago."""
    make = Factory(now())
    administrator = make.staff("administrator", "Ada Admin")
    assessor = make.staff("assessor", "Asha Assessor")
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.claimed(make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner), by=assessor)
    with transaction() as session:
        sessions.start(session, assessor, at=now() - timedelta(minutes=5))
        people.invite_staff(
            session,
            name="Idris New",
            email="idris@example.org",
            role=Role.ASSESSOR,
            by=administrator,
            at=now() - timedelta(days=3),
        )
    return administrator


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_administrator_invites_again_ends_sessions_and_closes_an_account(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    administrator = portal.inside(a_staff)
    person = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, administrator)
    person.opens("/admin/people/")
    fits()
    person.follows("1 member of staff has no second factor")
    person.follows("Idris New")
    person.follows("Send the invitation again")
    person.reads("stopped working on")
    fits()
    person.presses("Send it again")
    person.reads("A new link is on its way to idris@example.org.")
    person.opens("/admin/people/?search=Asha")
    person.follows("Asha Assessor")
    fits()
    person.follows("End them")
    fits()
    person.presses("End the sessions")
    person.reads("Nowhere now.")
    person.follows("Close the account")
    person.reads("Back to the queue, with the findings")
    fits()
    person.presses("Close the account")
    person.reads("Back for somebody else to take: 1 case.")
    fits()
    assert person.problems == []
