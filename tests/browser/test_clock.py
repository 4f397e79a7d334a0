"""An employer that does not answer, in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import now, today
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_silent_employer() -> tuple[User, User, User]:
    """Its owner, the assessor who asked it for more six weeks ago, and a moderator."""
    make, then = Factory(now()), Factory(now() - timedelta(days=42))
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    assessor = make.staff("assessor", "Asha Assessor")
    sent = then.submitted(then.answered(then.assessment(employer, by=owner), by=owner), by=owner)
    then.asked_for_more(sent, [sent.framework.content.asked(1)[0].code], assessor=assessor)
    return owner, assessor, make.staff("moderator", "Mo Moderator")


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_assessor_gives_more_time_or_goes_on_and_the_employer_reads_both(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, assessor, moderator = portal.inside(a_silent_employer)
    desk, office, lead = (at_browser(scripts=scripts, width=width) for _ in range(3))

    def fits(person: Person) -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    signs_in(desk, assessor)
    desk.opens("/admin/reviews/?late=yes")
    desk.reads("Answer late")
    fits(desk)
    desk.follows("Teme Valley Orchards Ltd")
    desk.reads("You can go on with what is there.")
    fits(desk)
    desk.follows("Give it more time")
    for part, value in zip(("day", "month", "year"), (today() - timedelta(days=1)).timetuple()[2::-1], strict=True):
        desk.fills(f"answer_by-{part}", str(value))
    desk.presses("Give more time")
    desk.reads("The day to answer by must be in the future.")
    day = today() + timedelta(days=9)
    for part in ("day", "month", "year"):
        desk.fills(f"answer_by-{part}", str(getattr(day, part)))
    fits(desk)
    desk.presses("Give more time")
    desk.reads("The employer has a later day to answer by, and is told.")

    signs_in(office, owner)
    office.opens("/dashboard")
    office.reads(f"Answer by {day.day} {day:%B %Y}")
    office.reads("Our clock stands still while you answer.")
    office.presses("See what is needed")
    office.reads("We have used 0 of our")
    fits(office)

    signs_in(lead, moderator)
    lead.opens("/admin/quality/")
    lead.reads("Is it fair to small firms?")
    lead.reads("Asha Assessor")
    fits(lead)
    lead.follows("3 months")
    lead.reads("All cases")
    lead.opens("/admin/reviews/patience")
    lead.fills("days", "8")
    lead.presses("Save")
    lead.reads("How long we wait for an employer’s answer")
    fits(lead)
