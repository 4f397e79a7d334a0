"""Switch employers, approve by a link, merge two employers: in a real browser, with and without scripts."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now
from charter.extensions import db, transaction
from charter.merging import duplicates
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import mailed, signs_in
from tests.factories import Factory

MODES = pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])


def fits(person: Person, width: int) -> None:
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url


def an_owner_of_two() -> User:
    """Somebody who owns an employer that has answered everything, and another."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.answered(make.assessment(employer, by=owner), by=owner)
    make.joins(make.organisation("Severn Tools Ltd"), owner)
    return owner


def two_that_are_one() -> User:
    """An administrator, and an employer that registered twice and answers twice."""
    make = Factory(now())
    first, second = make.organisation("Teme Valley Orchards Ltd"), make.organisation("TEME VALLEY ORCHARDS LIMITED")
    for employer, name in ((first, "Olive Owner"), (second, "Tess Twin")):
        make.assessment(employer, by=make.member(employer, name))
    found = duplicates.find(db.session)
    with transaction() as session:
        duplicates.keep(session, found, at=now())
    return make.staff("administrator", "Ada Administrator")


@MODES
def test_an_owner_of_two_employers_goes_from_one_to_the_other(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner = portal.inside(an_owner_of_two)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    person.opens("/dashboard")
    fits(person, width)
    first, other = "Severn Tools Ltd", "Teme Valley Orchards Ltd"
    if person.page.locator("h1").inner_text() != first:
        first, other = other, first
    person.presses(f"Switch to {other}")
    assert person.page.locator("h1").inner_text() == other
    person.follows("Switch employer")
    fits(person, width)
    person.chooses(first)
    person.presses("Go to this employer")
    assert person.page.locator("h1").inner_text() == first
    person.follows(f"Team of {first}")
    person.reads(first)
    fits(person, width)
    assert person.problems == []


@MODES
def test_a_director_approves_by_a_link_and_the_owner_sends(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner = portal.inside(an_owner_of_two)
    person, director = (at_browser(scripts=scripts, width=width) for _ in range(2))
    signs_in(person, owner)
    part = portal.inside(lambda: db.session.scalars(sa.select(Assessment.id)).one())
    person.opens(f"/assessments/{part}/submit")
    fits(person, width)
    person.presses("Ask for approval")
    person.presses("Send them the link")
    person.reads("Enter their full name.")
    person.fills("name", "Dee Director")
    person.fills("role", "Director")
    person.fills("email", "dee@example.org")
    fits(person, width)
    person.presses("Send them the link")
    person.reads("We have emailed Dee Director.")
    fits(person, width)
    link = mailed(portal, "dee@example.org", "sign_off_asked")
    director.opens(link)
    director.reads("Read what will be sent")
    fits(director, width)
    director.presses("Send it back")
    director.fills("words", "Say which year the pay figures are of.")
    fits(director, width)
    director.presses("Send it back")
    director.reads("You have sent the answers back")
    person.opens(f"/assessments/{part}/submit")
    person.reads("Say which year the pay figures are of.")
    person.presses("Ask again")
    person.presses("Send them the link")
    director.opens(mailed(portal, "dee@example.org", "sign_off_asked"))
    director.reads("Nothing has changed since.")
    director.presses("Approve it")
    director.fills("signed_as", "")
    director.presses("Approve")
    director.reads("Enter your full name.")
    director.fills("signed_as", "Dee Director")
    director.ticks("agreed")
    fits(director, width)
    director.presses("Approve")
    director.reads("You have approved the answers")
    fits(director, width)
    person.opens(f"/assessments/{part}/submit")
    person.reads("Dee Director (Director) approved exactly these answers")
    person.fills("declared_role", "Owner")
    person.ticks("agreed")
    person.presses("Agree and send")
    person.reads("Dee Director (Director) had approved them.")
    assert person.problems == []
    assert director.problems == []


@MODES
def test_an_administrator_compares_looks_at_what_would_happen_and_merges(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    administrator = portal.inside(two_that_are_one)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, administrator)
    person.opens("/admin/duplicates/")
    person.reads("1 pair to look at")
    fits(person, width)
    person.page.get_by_role("link", name="Compare").first.click()
    person.page.wait_for_load_state()
    person.looks()
    person.reads("Both have an assessment under way.")
    fits(person, width)
    person.presses("See what would happen")
    person.reads("Nothing is done yet.")
    person.reads("is withdrawn. All of it can still be read.")
    fits(person, width)
    person.presses("Merge them")
    person.reads("The owners of both are told.")
    person.reads("Tess Twin")
    person.reads("Olive Owner")
    fits(person, width)
    assert person.problems == []
