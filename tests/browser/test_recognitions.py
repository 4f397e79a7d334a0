"""An award of another scheme in a real browser: told with its certificate, checked, and then it answers questions."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.framework.content import Content
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import a_pdf, signs_in
from tests.factories import Factory

People = tuple[User, User, Assessment, Content]


def people() -> People:
    """An owner with a draft for the first level, an assessor, and the charter."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    assessment = make.assessment(employer, by=owner)
    return owner, make.staff("assessor", "Asha Assessor"), assessment, make.framework().content


def fits(person: Person, width: int) -> None:
    """Nothing of the page is wider than the screen."""
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_award_with_proof_is_checked_and_answers_for_the_employer(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, assessor, assessment, content = portal.inside(people)
    place, passport = next(
        (place, one)
        for place, one in enumerate(content.passports)
        if (strength := content.strength(one.strength)) and strength.met_up_to and one.number_pattern
    )
    home = f"/organisations/{assessment.organisation_id}"
    olive = at_browser(scripts=scripts, width=width)
    signs_in(olive, owner)
    olive.opens(f"{home}/recognitions")
    olive.presses("Add an award")
    olive.page.locator("[name=scheme]").select_option(str(place))
    olive.fills("reference", passport.number_example or "")
    ends = today() + timedelta(days=300)
    for field, day in (("starts_on", ends - timedelta(days=700)), ("ends_on", ends)):
        for part in ("day", "month", "year"):
            olive.fills(f"{field}-{part}", str(getattr(day, part)))
    olive.presses("Add this award")
    olive.reads("Choose the certificate as a file")
    file = FilePayload(name="certificate.pdf", mimeType="application/pdf", buffer=a_pdf("Certificate"))
    olive.page.set_input_files("[name=file]", file)
    olive.presses("Add this award")
    olive.reads("We will check it.")
    olive.reads("certificate.pdf")
    fits(olive, width)

    asha = at_browser(scripts=scripts, width=width)
    signs_in(asha, assessor)
    asha.opens("/admin/recognitions/?flt0_status=stated")
    asha.follows("Teme Valley Orchards Ltd")
    asha.presses("See its proof and check it")
    asha.reads("certificate.pdf")
    fits(asha, width)
    asha.follows("Turn it down")
    asha.reads("The employer’s owners get your reason by email")
    asha.follows("Check it instead")
    asha.presses("I have checked it")
    asha.reads("The employer’s owners are told.")

    olive.opens(f"/assessments/{assessment.id}")
    olive.reads(f"Done for you: your {passport.title} stands in for this until")
    fits(olive, width)
    criterion = content.criterion(passport.supports[0])
    assert criterion is not None
    olive.follows(criterion.title)
    olive.reads("You need to do nothing here.")
    fits(olive, width)
    olive.opens("/dashboard")
    olive.follows("Other schemes of Teme Valley Orchards Ltd")
    olive.reads("You hold:")
    fits(olive, width)
    scheme = next(one for one in content.crosswalk if one.passport == passport.scheme)
    olive.follows(scheme.title)
    olive.reads("An item counts as done when every question beside it is fully in place.")
    fits(olive, width)

    olive.opens(f"{home}/schemes/{scheme.code}")
    assert [person.problems for person in (olive, asha)] == [[], []]
