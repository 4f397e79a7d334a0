"""A moderator reads what a decision mails and adds to it; the employer prints what the decision rests on."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now
from charter.extensions import db
from charter.notification.models import Message
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_recommendation() -> tuple[User, User, str, str]:
    """A case that waits for its moderator: both people, and the ids of the case and of the assessment."""
    make = Factory(now())
    owner = make.member(make.organisation("Teme Valley Orchards Ltd"), "Olive Owner")
    sent = make.submitted(
        make.answered(make.assessment(owner.memberships[0].organisation, by=owner), by=owner), by=owner
    )
    assessor = make.staff("assessor", "Asha Assessor")
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    return make.staff("moderator", "Mo Moderator"), owner, str(review.id), str(sent.id)


def mailed(portal: Portal) -> str:
    query = sa.select(Message.body).where(Message.kind == "decision_awarded")
    return portal.inside(lambda: "\n".join(db.session.scalars(query)))


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_mail_is_read_before_it_leaves_and_the_decision_is_explained(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    moderator, owner, review, assessment = portal.inside(a_recommendation)
    mo = at_browser(scripts=scripts, width=width)
    mo.goes_on = False
    signs_in(mo, moderator)
    mo.opens(f"/admin/reviews/{review}/moderate")
    mo.ticks("deed", "agree")
    mo.fills("reasons", "All of it is in place.")
    mo.presses("Confirm")
    mo.reads("Read what will be sent")
    mo.reads("(the next number)")
    assert mailed(portal) == ""
    mo.presses("Go back and change it")
    assert mo.page.locator("[name=reasons]").input_value() == "All of it is in place."
    mo.presses("Confirm")
    mo.fills("mail-note-decision_awarded-1", "Please bring it to the summer fair.")
    mo.presses("Show it with my words")
    mo.reads("From the person who dealt with this:")
    mo.presses("Go on, and send it")
    mo.reads("The case is decided and the employer has been told.")
    assert "Please bring it to the summer fair." in mailed(portal)
    mo.follows("What explains the decision, to print")
    mo.reads("For staff: who worked on it")
    copy = mo.file_behind("The employer’s copy (PDF)")
    olive = at_browser(scripts=scripts, width=width)
    signs_in(olive, owner)
    olive.opens(f"/assessments/{assessment}")
    olive.follows("What the decision rests on, to print")
    olive.reads("All of it is in place.")
    assert "Mo Moderator" not in olive.page.locator("main").inner_text()
    assert olive.file_behind("Print it (PDF)") == olive.file_behind("Print it (PDF)") == copy
    for person in (mo, olive):
        too_wide = person.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not too_wide, person.page.url
        assert person.problems == []
