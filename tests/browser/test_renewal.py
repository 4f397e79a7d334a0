"""Renewing and moving to a newer version in a real browser, with and without scripts, on a desk and on a phone."""

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import queries, submission
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.database import writing
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.checking import check
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.browser.test_services import fits
from tests.conftest import empty_tables
from tests.factories import Factory


@pytest.fixture
def clean(engine: sa.Engine) -> Iterator[None]:
    """Afterwards only the version that every test has is published."""
    with engine.connect() as connection:
        first = connection.scalar(sa.select(Framework.id))
    yield
    empty_tables(engine)
    with writing(), engine.begin() as connection:
        connection.execute(sa.delete(Framework).where(Framework.id != first))


def an_award_near_its_end() -> tuple[UUID, User]:
    """An employer that holds the second level for some more weeks, and what it said last time."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner, moderator = make.member(employer, "Olive Owner"), make.staff("moderator", "Mo Moderator")
    last = make.answered(make.assessment(employer, by=owner), by=owner)
    with transaction() as session:
        submission.withdraw(session, last, by=owner, at=make.at)
    level = make.framework().content.level(2)
    assert level is not None
    make.award(employer, level=2, on=today() - timedelta(days=int(level.valid_months * 30.4) - 30), by=moderator)
    which = employer.id
    db.session.refresh(owner)  # so that it can be read in another thread
    return which, owner


def publish_a_newer() -> str:
    """A version in which the first question says more."""
    made = copy.deepcopy(publishing.current(db.session).document)
    made["meta"] |= {"version": "99.0.0", "changes": ["One sentence says more."]}
    made["criteria"][0]["statement"] = "We do this, and more."
    with transaction() as session:
        publishing.publish(session, check(made), by=None, at=now())
    return str(made["criteria"][0]["title"])


def under_way(organisation_id: UUID) -> Assessment:
    found = queries.open_one(db.session, organisation_id)
    assert found is not None
    return found


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_owner_renews_says_what_still_holds_and_moves_to_a_newer_version(
    clean: None, portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    employer, owner = portal.inside(an_award_near_its_end)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    fits(person, width)
    person.presses("Renew your award")
    person.reads("Which level comes next?")
    fits(person, width)
    person.presses("Start")
    person.reads("Choose the level you are aiming for.")
    person.ticks("target_level", "2")
    person.presses("Start")
    person.reads("Check that it still holds.")
    fits(person, width)
    person.follows("Check them on one page")
    fits(person, width)
    person.presses("These still hold")
    person.reads("Tick each answer that still holds.")
    person.page.locator("main [name='criteria']").first.check()
    person.presses("These still hold")
    person.reads("Confirmed: 1 answer from last time.")
    person.follows("Change", exact=False)
    person.reads("This is your answer from last time: check it")
    fits(person, width)
    person.presses("This still holds")
    person.reads("Confirmed: 1 answer from last time.")

    title = portal.inside(publish_a_newer)
    which = portal.inside(lambda: under_way(employer).id)
    person.opens(f"/assessments/{which}")
    person.reads("There is a newer version of the charter")
    person.follows("See what would change")
    person.reads("One sentence says more.")
    person.reads(f"{title}. The wording changed.")
    fits(person, width)
    person.presses("Move to version 99.0.0")
    person.reads("Your assessment is on version 99.0.0 of the charter now.")
    person.follows(title)
    person.reads("The question changed: check your answer")
    fits(person, width)
    assert person.problems == []


def a_first_step_that_ends() -> tuple[UUID, User]:
    """An employer whose first level, which is held once, ended some days ago."""
    make = Factory(now())
    employer: Organisation = make.organisation("Severn Tools Ltd")
    owner, moderator = make.member(employer, "Olive Owner"), make.staff("moderator", "Mo Moderator")
    level = make.framework().content.level(1)
    assert level is not None
    make.award(employer, level=1, on=today() - timedelta(days=int(level.valid_months * 30.5) + 10), by=moderator)
    which = employer.id
    db.session.refresh(owner)  # so that it can be read in another thread
    return which, owner


@pytest.mark.parametrize(("scripts", "width"), [(True, 320), (False, 1280)])
def test_an_award_that_has_ended_and_cannot_be_renewed_leads_on(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    employer, owner = portal.inside(a_first_step_that_ends)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    person.presses("Start again")
    person.reads("Your award has ended")
    person.reads("cannot be renewed.")
    fits(person, width)
    person.opens(f"/organisations/{employer}/assessments/new")
    person.reads("is held once and cannot be renewed.")
    fits(person, width)
    assert person.problems == []
