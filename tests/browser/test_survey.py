"""Staff voice in a real browser: an owner asks, staff answer on a phone without leaving a trace, totals come back.

The poster hangs on a wall, the results are printed, and they are evidence for what the charter says they support.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.extensions import transaction
from charter.survey import answering
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.browser.test_services import fits
from tests.factories import Factory
from tests.readers import scanned, words
from tests.survey.conftest import said

FIRM = "Teme Valley Orchards Ltd"


def an_employer() -> tuple[User, Assessment]:
    """An owner who has begun an assessment for the level that asks what staff say."""
    make = Factory(now())
    employer = make.organisation(FIRM)
    owner = make.member(employer, "Olive Owner")
    return owner, make.assessment(employer, level=3, by=owner)


def the_others_answer(codes: list[str]) -> None:
    for place, code in enumerate(codes):
        with transaction() as session:
            answering.answer(session, code, said("5" if place % 3 else "2"), on=today())


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_staff_say_how_their_jobs_are_and_nobody_learns_who_said_what(
    at_browser: Callable[..., Person], portal: Portal, tmp_path: Path, scripts: bool, width: int
) -> None:
    user, assessment = portal.inside(an_employer)
    survey = assessment.framework.content.survey
    assert survey is not None

    # Olive opens a survey and takes the links --------------------------------------------------------------------
    olive = at_browser(scripts=scripts, width=width)
    signs_in(olive, user)
    olive.opens("/dashboard")
    olive.follows(f"Staff survey of {FIRM}")
    olive.presses("Start a survey")  # it looks like a button, and says that it is one
    olive.fills("title", "Autumn survey")
    olive.fills("people", "9")
    last = today() + timedelta(days=10)
    for part in ("day", "month", "year"):
        olive.fills(f"closes_on-{part}", str(getattr(last, part)))
    olive.presses("Continue")
    olive.reads("You need at least 10 people.")
    olive.fills("people", str(survey.min_answers))
    olive.presses("Continue")
    olive.reads("Check your survey before it opens")
    olive.presses("Open the survey")
    olive.reads("Fewer than 10")
    home = olive.page.url
    olive.opens(f"{home}/codes")
    olive.ticks("kind", "links")
    codes = olive.downloads("Download the codes", role="button").decode("utf-8-sig")
    links = [line.split(",")[0] for line in codes.splitlines()[1:]]
    assert len(links) == survey.min_answers == 10
    olive.opens(home)
    fits(olive, width)
    poster = olive.downloads("poster (PDF)")
    assert FIRM in words(poster)
    (on_the_wall,) = scanned(poster, tmp_path)

    # Somebody answers on a phone ---------------------------------------------------------------------------------
    somebody = at_browser(scripts=scripts, width=320)
    somebody.opens(on_the_wall)
    somebody.fills("code", "abcd")
    somebody.presses("Continue")
    somebody.reads("12 letters and numbers")
    somebody.fills("code", links[0].rpartition("/")[2].upper())
    somebody.presses("Continue")
    assert somebody.page.url == links[0]
    somebody.reads("Nobody can find out what you said")
    fits(somebody, 320)
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
    olive.reads("10 (100%)")
    olive.reads("What your staff said")
    olive.reads("70% positive")
    fits(olive, width)
    results = olive.downloads("download the results (PDF)")
    assert "70% positive (7 of 10)" in words(results)

    # She gives the results as evidence, and finds them beside the question ------------------------------------------
    olive.follows("Use these results as evidence")
    fits(olive, width)
    olive.presses("Add the results to my evidence")
    for code in survey.supports:
        olive.opens(f"/assessments/{assessment.id}/criteria/{code}")
        olive.reads("What our staff said: Autumn survey")
        fits(olive, width)
    somebody.opens(links[1])
    somebody.reads("This survey is closed")
    assert olive.problems + somebody.problems == []
