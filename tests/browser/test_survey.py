"""Staff voice in a real browser: an owner asks, staff answer on a phone without leaving a trace, totals come back."""

from datetime import timedelta
from pathlib import Path

import pytest

from charter.account.models import User
from charter.clock import now, today
from charter.extensions import transaction
from charter.organisation.models import Organisation
from charter.survey import answering
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory
from tests.survey.conftest import said


def an_employer() -> tuple[Organisation, User]:
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    return employer, make.member(employer, "Olive Owner")


def the_others_answer(codes: list[str]) -> None:
    for place, code in enumerate(codes):
        with transaction() as session:
            answering.answer(session, code, said("5" if place % 3 else "2"), on=today())


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_staff_say_how_their_jobs_are_and_nobody_learns_who_said_what(
    at_browser, portal: Portal, scripts: bool
) -> None:
    employer, user = portal.inside(an_employer)

    # Olive opens a survey and takes the links --------------------------------------------------------------------
    olive: Person = at_browser(scripts=scripts)
    signs_in(olive, user)
    olive.opens("/dashboard")
    olive.follows(f"Staff survey of {employer.name}")
    olive.presses("Start a survey")  # it looks like a button, and says that it is one
    olive.fills("title", "Autumn survey")
    olive.fills("people", "9")
    last = today() + timedelta(days=10)
    for part in ("day", "month", "year"):
        olive.fills(f"closes_on-{part}", str(getattr(last, part)))
    olive.presses("Continue")
    olive.reads("You need at least 10 people.")
    olive.fills("people", "12")
    olive.presses("Continue")
    olive.reads("Check your survey before it opens")
    olive.presses("Open the survey")
    olive.reads("Fewer than 10")
    home = olive.page.url
    olive.opens(f"{home}/codes")
    olive.ticks("kind", "links")
    with olive.page.expect_download() as download:
        olive.page.get_by_role("button", name="Download the codes").click()
    links = [line.split(",")[0] for line in Path(download.value.path()).read_text("utf-8-sig").splitlines()[1:]]
    assert len(links) == 12

    # Somebody answers on a phone ---------------------------------------------------------------------------------
    somebody: Person = at_browser(scripts=scripts, width=320)
    somebody.opens("/survey")
    somebody.fills("code", "abcd")
    somebody.presses("Continue")
    somebody.reads("12 letters and numbers")
    somebody.fills("code", links[0].rpartition("/")[2].upper())
    somebody.presses("Continue")
    assert somebody.page.url == links[0]
    somebody.reads("Nobody can find out what you said")
    assert somebody.page.evaluate("document.documentElement.scrollWidth") <= 320
    somebody.presses("Send my answers")
    somebody.reads("Answer at least one question.")
    for question, value in said("4").items():
        somebody.ticks(question, value)
    somebody.presses("Send my answers")
    somebody.reads("Your answers are counted")
    assert somebody.page.context.cookies() == []
    somebody.opens(links[0])
    somebody.reads("This code has been used")

    # The others answer, and Olive reads the totals ---------------------------------------------------------------
    portal.inside(lambda: the_others_answer([link.rpartition("/")[2] for link in links[1:]]))
    olive.opens(home)
    olive.reads("At least 10")
    olive.opens(f"{home}/close")
    olive.presses("Close the survey")
    olive.reads("12 (100%)")
    olive.reads("What your staff said")
    olive.page.set_viewport_size({"width": 320, "height": 800})
    assert olive.page.evaluate("document.documentElement.scrollWidth") <= 320
    olive.follows("Use these results as evidence")
    olive.reads("You have no assessment under way.")
    somebody.opens(links[1])
    somebody.reads("This survey is closed")
    assert olive.problems + somebody.problems == []
