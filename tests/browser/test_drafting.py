"""Drafting a version in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now
from charter.database import writing
from charter.extensions import transaction
from charter.framework.models import Framework, FrameworkStatus
from charter.review import moderation
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.browser.test_services import fits
from tests.conftest import empty_tables
from tests.factories import Factory


@pytest.fixture
def clean(engine: sa.Engine) -> Iterator[None]:
    """Afterwards only the version that every test has is published, and it has no last day."""
    with engine.connect() as connection:
        first = connection.scalar(sa.select(Framework.id))
    yield
    empty_tables(engine)
    with writing(), engine.begin() as connection:
        connection.execute(sa.delete(Framework).where(Framework.id != first))
        connection.execute(sa.update(Framework).values(closes_on=None, status=FrameworkStatus.PUBLISHED))


def an_administrator() -> User:
    """Somebody beside an employer that has an award, and one that has begun."""
    make = Factory(now())
    employer, assessor = make.organisation("Teme Valley Orchards Ltd"), make.staff("assessor", "Asha Assessor")
    owner, moderator = make.member(employer, "Olive Owner"), make.staff("moderator", "Mo Moderator")
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    with transaction() as session:
        moderation.agree(session, review, reasons="Well done.", by=moderator, at=now(), on=now().date())
    other = make.organisation("Severn Tools Ltd")
    person = make.member(other, "Sid Stranger")
    make.answered(make.assessment(other, by=person), by=person)
    return make.staff("administrator", "Ada Admin")


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_administrator_drafts_a_version_tries_it_publishes_it_and_gives_one_employer_longer(
    clean: None, portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    administrator = portal.inside(an_administrator)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, administrator)
    person.opens("/admin/framework-drafts/")
    person.reads("Nobody is drafting a version now.")
    person.presses("Start a draft")
    person.fills("name", "What employers told us")
    person.presses("Start")
    person.reads("39 unchanged")
    fits(person, width)
    person.follows("Good Employment Charter")
    person.fills("part_version", "50.0.0")
    person.fills("part_changes", "There is a new question.")
    person.presses("Save in the draft")
    person.follows("A leader responsible")
    person.fills("part_statement", "")
    person.presses("Save in the draft")
    person.reads("Fill this in.")
    person.fills("part_statement", "A senior person answers for our charter.")
    person.presses("Save in the draft")
    person.reads("38 unchanged, 1 reworded")
    person.follows("Add a criterion")
    fields = {"code": "LEAD-99", "title": "A new thing", "statement": "We do it.", "guidance": "Do it."}
    for name, text in {**fields, "good_evidence": "A photo."}.items():
        person.fills(f"part_{name}", text)
    person.ticks("part_core")
    fits(person, width)
    person.presses("Save in the draft")
    person.follows("See each change")
    person.reads("A new thing")
    fits(person, width)
    person.opens("/admin/framework-drafts/")
    person.follows("What employers told us")
    person.follows("See it as an employer would")
    person.reads("Nothing that you do here is saved.")
    person.page.locator(".govuk-task-list a").first.click()
    person.reads("A senior person answers for our charter.")
    person.looks()
    fits(person, width)
    person.follows("Back to the draft")
    person.follows("Try it on past decisions")
    person.presses("Try it")
    person.reads("1 of 1 would have another level")
    fits(person, width)
    person.follows("What employers told us")
    person.follows("See what publishing would do")
    person.reads("1 answer would be looked at again")
    person.reads("1 question would be new, over all of them")
    person.ticks("sure")
    fits(person, width)
    person.presses("Publish")
    person.reads("Version 50.0.0 is published.")
    person.opens("/admin/frameworks/")
    person.page.locator("table a[href*='details']").nth(1).click()  # the version before
    person.follows("Employers with answers on it that are not sent")
    person.reads("Severn Tools Ltd")
    fits(person, width)
    person.follows("Give longer to Severn Tools Ltd")
    until = now().date().replace(year=now().year + 1)
    for part in ("day", "month", "year"):
        person.fills(f"until-{part}", str(getattr(until, part)))
    person.fills("reason", "Their office moved.")
    person.presses("Save")
    person.reads("The later day is kept.")
    assert person.problems == []
