"""A case comes before the panel by its level, or because a moderator asks; its employer sees when."""

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import transaction
from charter.panel import planning
from charter.panel.models import Item
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.admin.meetings.conftest import SignIn, look_again
from tests.conftest import AT


def test_a_moderator_puts_a_case_before_the_panel_though_its_level_does_not_ask(
    recommended: Review, sent: Assessment, moderator: User, assessor: User, owner: User, sign_in: SignIn
) -> None:
    browser, address = sign_in(moderator), f"/admin/meetings/refer/{recommended.id}"
    assert browser.send(address, {"reasons": " "}).status_code == 400
    assert browser.send(address, {"reasons": "Secret: a hard one."}).status_code == 302
    look_again()
    assert recommended.status is ReviewStatus.WITH_PANEL
    assert "put the case before the panel" in browser.get(f"/admin/reviews/{recommended.id}").text
    assert "Only a case with a recommendation" in browser.get(address).text
    assert "Secret" not in sign_in(owner).get(f"/assessments/{sent.id}").text


def test_the_employer_sees_that_its_case_goes_to_the_panel_and_when(
    item: Item, owner: User, moderator: User, sign_in: SignIn
) -> None:
    address = f"/assessments/{item.review.assessment_id}"  # type: ignore[union-attr]
    page = sign_in(owner).get(address).text
    assert "The panel decides" in page
    assert "It meets on 22 November 2026." in page
    for word in ("Cath Chair", "Ingrid", "County Hall"):
        assert word not in page
    with transaction() as session:
        planning.cancel(session, item.meeting, reason="Snow.", by=moderator, at=AT)
    assert "The day of its meeting is not fixed yet." in sign_in(owner).get(address).text
