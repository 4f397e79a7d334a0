"""Other schemes in a real browser: an award, told with its certificate, checked, answers questions; and the other way
round, what is answered here brings an employer nearer to another scheme.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.framework.content import Content, Criterion, Extent
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import a_pdf, answers, signs_in
from tests.factories import Factory
from tests.readers import words

People = tuple[User, User, Assessment, Content]


def people() -> People:
    """An owner with a draft for the first level, an assessor, and the charter."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    assessment = make.assessment(employer, by=owner)
    return owner, make.staff("assessor", "Asha Assessor"), assessment, make.framework().content


def nearly_there() -> tuple[User, Assessment, Criterion, int]:
    """An owner who answered all of the second level but one question that another scheme asks too; that question, and
    how many items of the other scheme's second level are then still to do, counted here by hand."""
    make = Factory(now())
    employer = make.organisation("Lugg Mill Ltd")
    owner = make.member(employer, "Wyn Owner")
    draft = make.assessment(employer, level=2, by=owner)
    content = draft.framework.content
    scheme = next(one for one in content.crosswalk if one.levels)
    all_of = {group.code for group in scheme.levels[1].groups if group.at_least is None}
    beside = {
        item.code: [one for one in content.criteria if item.code in one.crosswalk.get(scheme.code, ())]
        for item in scheme.items
        if item.group in all_of
    }
    left_out = next(ones[0] for ones in beside.values() if len(ones) == 1 and ones[0].level == 2)
    make.answered(draft, by=owner, but=[left_out.code])
    left = [code for code, ones in beside.items() if any(one.level > 2 or one is left_out for one in ones)]
    return owner, draft, left_out, len(left)


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

    # What is answered here brings another employer nearer to that scheme
    user, draft, question, left = portal.inside(nearly_there)
    theirs = f"/organisations/{draft.organisation_id}/schemes"
    nearest = scheme.levels[1].title
    wyn = at_browser(scripts=scripts, width=width)
    signs_in(wyn, user)
    wyn.opens(theirs)
    wyn.reads(f"With these answers you are {left} actions from {nearest}.")
    wyn.follows(scheme.title)
    wyn.follows(question.title)
    fully = next(one.value for one in content.scale if one.extent is Extent.MET)
    answers(wyn, f"/assessments/{draft.id}", question.code, fully, needs_evidence=question.evidence_required, number=0)
    wyn.opens(f"{theirs}/{scheme.code}")
    wyn.reads(f"With these answers you are {left - 1} actions from {nearest}.")
    fits(wyn, width)
    summary = words(wyn.downloads("Download a summary to print (PDF)", role="button"))
    assert "What Lugg Mill Ltd has in place" in summary
    assert f"{nearest}: {left - 1} actions to go." in summary
    assert [person.problems for person in (olive, asha, wyn)] == [[], [], []]
