"""Figures of a year in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import benchmarks
from charter.assessment.metric_values import MetricValue
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.clock import now, today
from charter.extensions import transaction
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory

EMPLOYER = "Teme Valley Orchards Ltd"


def an_owner() -> User:
    """Somebody whose employer holds an award, gave figures a year ago, and owes those of this year; and six others."""
    make = Factory(now())
    moderator = make.staff("moderator", "Mo Moderator")
    for number in range(6):
        other = make.organisation(f"Other {number} Ltd")
        person = make.member(other, f"Owen{number} Other")
        make.submitted(make.answered(make.assessment(other, by=person), by=person), by=person)
    employer = make.organisation(EMPLOYER)
    owner = make.member(employer, "Olive Owner")
    make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    with transaction() as session:  # all of it as if it had been a year ago
        ends = benchmarks.quarter_end(today()) - timedelta(days=400)
        before = now() - timedelta(days=380)
        session.execute(sa.update(MetricValue).values(period_end=ends, recorded_at=before))
        benchmarks.keep_up(session, today(), now())
    award = make.award(employer, on=today() - timedelta(days=340), by=moderator)
    with transaction() as session:
        sent = sa.update(Assessment).where(Assessment.organisation_id == employer.id)
        sent = sent.where(Assessment.status == AssessmentStatus.SUBMITTED)
        session.execute(sent.values(status=AssessmentStatus.DECIDED, decided_at=now(), decided_level=1))
    make.yearly_return(award)
    return owner


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_owner_gives_a_yearly_return_says_why_a_figure_moved_and_sees_its_chart(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner = portal.inside(an_owner)
    person = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(person, owner)
    person.opens("/dashboard")
    person.reads("Your yearly figures are due by")
    person.follows(f"Figures of {EMPLOYER}")
    person.reads("The middle of employers of your size")
    fits()
    person.presses("Give your yearly figures")
    ends = today() - timedelta(days=10)
    for part in ("day", "month", "year"):
        person.fills(f"period_end-{part}", str(getattr(ends, part)))
    numbers = person.page.locator("input[name^='number-']")
    for place in range(numbers.count()):
        numbers.nth(place).fill("20")
    numbers.nth(2).fill("twenty")
    person.presses("Save and check")
    person.reads("Placements you gave: write this as a number, for example 12.")
    fits()
    numbers = person.page.locator("input[name^='number-']")
    numbers.nth(2).fill("20")
    person.page.locator("summary", has_text="See an example").first.click()
    person.reads("A farm gave 5 placements.")
    person.presses("Save and check")
    person.reads("This is 14 higher than last time. Tell us why, in a few words.")
    person.page.locator("textarea[name^='note-']").fill("We opened a second site.")
    fits()
    person.presses("Save and check")
    person.reads("We opened a second site.")
    person.fills("declared_role", "Owner")
    person.page.get_by_label("The figures are true, and I may speak for this employer").check()
    fits()
    person.presses("Agree and send")
    person.reads("Your yearly figures are sent")
    fits()
    person.follows("See your figures year by year")
    assert person.page.locator(".charter-history__dot").count() == 2
    assert person.page.locator(".charter-history__line").count() == 1
    person.reads("The middle of employers of your size")
    fits()
    person.page.locator("summary", has_text="See it as a table").first.click()
    person.follows("Yearly figures for the 12 months to", exact=False)
    person.reads("They cannot be changed now.")
    assert person.problems == []
