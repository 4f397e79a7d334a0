"""Two colleagues share one assessment in real browsers, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from uuid import UUID

import pytest

from charter.account.models import User
from charter.assessment import sharing
from charter.clock import now
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_team() -> tuple[User, User, UUID, str, str]:
    """An owner and a colleague with a draft; its id, and the code and title of its first question."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    colleague = make.member(employer, "Colin Colleague", role="contributor")
    draft = make.assessment(employer, by=owner)
    code = sharing.tasks(draft)[0]
    return owner, colleague, draft.id, code, sharing.title(draft.framework.content, code)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_question_is_given_talked_about_answered_by_two_and_left(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, colleague, draft, code, title = portal.inside(a_team)
    olive, colin = (at_browser(scripts=scripts, width=width) for _ in range(2))
    for person, user in ((olive, owner), (colin, colleague)):
        signs_in(person, user)

    def fits(person: Person) -> None:
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url

    olive.opens(f"/assessments/{draft}")
    olive.follows("Share them out")
    fits(olive)
    olive.page.get_by_label(title, exact=True).select_option(label="Colin Colleague")
    olive.page.locator("main form button:visible").last.click()
    olive.reads("1 question changed hands")

    colin.opens("/dashboard")
    colin.reads("1 task of yours is still to do.")
    colin.follows("Go to the first one")
    colin.reads("This one is yours.")
    value = colin.page.locator("main [name='value']").first.get_attribute("value")
    assert value is not None
    colin.ticks("value", value)
    colin.fills("comment", "Who keeps the list, Olive?")
    colin.presses("Add comment")
    colin.reads("Your comment is there.")
    colin.reads("The answer that you typed is in its boxes and is not saved yet.")
    assert colin.page.locator(f"main [name='value'][value='{value}']").is_checked()
    fits(colin)

    olive.opens(f"/assessments/{draft}?whose=nobody")
    assert title not in olive.page.locator(".govuk-task-list").first.inner_text()
    olive.opens(f"/assessments/{draft}/criteria/{code}")
    olive.reads("Colin Colleague answers this.")
    olive.reads("Who keeps the list, Olive?")
    last = olive.page.locator("main [name='value']").last.get_attribute("value")
    assert last is not None
    olive.ticks("value", last)
    olive.presses("Save and go back to the list")

    colin.presses("Save and continue")
    colin.reads("Somebody else saved this while you were typing")
    colin.reads("Olive Owner saved another answer")
    fits(colin)
    colin.presses("Keep mine and replace theirs")
    colin.opens(f"/assessments/{draft}/criteria/{code}")
    colin.reads("Saved by Colin Colleague")
    assert colin.page.locator(f"main [name='value'][value='{value}']").is_checked()
    colin.page.get_by_role("link", name="Change or delete your comment").click()
    colin.presses("Delete this comment")
    colin.reads("Deleted by its author.")

    colin.opens("/dashboard")
    colin.follows("Team of Teme Valley Orchards Ltd")
    colin.follows("Leave this team")
    colin.reads("the 1 question of the assessment that you have is nobody’s")
    fits(colin)
    colin.presses("Leave the team")
    colin.reads("You have left the team of Teme Valley Orchards Ltd.")

    olive.opens(f"/assessments/{draft}/history")
    olive.reads(f"A former colleague saved the answer to “{title}”.")
    fits(olive)
    olive.opens(f"/assessments/{draft}/criteria/{code}")
    olive.reads("Nobody has this yet.")
    assert olive.problems + colin.problems == []
