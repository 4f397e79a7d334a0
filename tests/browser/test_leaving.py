"""An owner takes a teammate out of the team in real browsers, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from uuid import UUID

import pytest

from charter.account.models import User
from charter.assessment import sharing
from charter.assessment.models import Assessment
from charter.clock import now
from charter.extensions import transaction
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory

FIRM = "Teme Valley Orchards Ltd"


def a_team() -> tuple[User, User, UUID, str, str]:
    """An owner, a contributor who has a question of the draft; the draft, the question and its title."""
    make = Factory(now())
    employer = make.organisation(FIRM)
    owner = make.member(employer, "Olive Owner")
    colleague = make.member(employer, "Colin Colleague", role="contributor")
    make.member(employer, "Cora Contributor", role="contributor")  # whoever is alone has nobody to share with
    draft = make.assessment(employer, by=owner)
    code = sharing.tasks(draft)[0]
    with transaction() as session:
        again = session.get_one(Assessment, draft.id)
        sharing.assign(session, again, wanted={code: colleague.id}, seen={}, by=owner, at=now())
    return owner, colleague, draft.id, code, sharing.title(draft.framework.content, code)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_owner_removes_a_teammate_whose_questions_get_free_and_who_reads_what_happened(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, colleague, draft, code, title = portal.inside(a_team)
    olive, colin = (at_browser(scripts=scripts, width=width) for _ in range(2))
    for person, user in ((olive, owner), (colin, colleague)):
        signs_in(person, user)

    def fits(person: Person) -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    colin.opens(f"/assessments/{draft}/criteria/{code}")
    value = colin.page.locator("main [name='value']").first.get_attribute("value")
    assert value is not None
    colin.ticks("value", value)
    colin.presses("Save and go back to the list")
    colin.opens(f"/assessments/{draft}/criteria/{code}")

    olive.opens("/dashboard")
    olive.follows(f"Team of {FIRM}")
    olive.page.locator("main a[href*='/team/']", has_text="Colin Colleague").first.click()
    olive.looks()
    fits(olive)
    olive.follows("Remove Colin Colleague")
    olive.reads("1 question of the assessment has nobody then:")
    fits(olive)
    olive.presses("Remove Colin Colleague")
    olive.reads("Colin Colleague is no longer in the team. 1 question has nobody now.")

    colin.presses("Save and go back to the list")  # in the middle of an answer
    colin.reads(f"You are no longer in the team of {FIRM}")
    colin.reads("What you sent just now is not saved.")
    fits(colin)
    colin.follows("Go to your charter")
    colin.reads(f"You have not been in the team of {FIRM} since")
    fits(colin)

    olive.opens(f"/assessments/{draft}/criteria/{code}")
    olive.reads("Nobody has this yet.")
    assert olive.page.locator(f"main [name='value'][value='{value}']").is_checked(), "what he saved stays"
    olive.opens(f"/assessments/{draft}/history")
    olive.reads(f"A former colleague saved the answer to “{title}”.")
    fits(olive)
    assert olive.problems + colin.problems == []
