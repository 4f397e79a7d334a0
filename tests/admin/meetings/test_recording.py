"""What the panel made of a case is recorded once, by somebody without an interest."""

import html

import pytest

from charter.account.models import User
from charter.extensions import transaction
from charter.framework.content import Extent
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.panel import agenda
from charter.panel.models import Item, Meeting
from charter.panel.status import Outcome
from charter.review.models import Review
from charter.review.second import beside, second_looks
from charter.review.status import REFER, ReviewStatus
from tests.admin.meetings.conftest import SignIn, look_again, page_of
from tests.conftest import AT
from tests.factories import Factory


@pytest.mark.parametrize(
    ("typed", "outcome", "status"),
    [
        ("put-off", Outcome.DEFERRED, ReviewStatus.WITH_PANEL),
        ("send-back", Outcome.SENT_BACK, ReviewStatus.IN_REVIEW),
        ("level-0", Outcome.NOT_AWARDED, ReviewStatus.DECIDED),
    ],
)
def test_what_else_the_panel_may_decide(
    held: Item, moderator: User, sign_in: SignIn, typed: str, outcome: Outcome, status: ReviewStatus
) -> None:
    sent = {"outcome": typed, "reasons": "So.", "left": str(held.meeting.seats[0].id)}
    assert sign_in(moderator).send(f"/admin/meetings/items/{held.id}/record", sent).status_code == 302
    look_again()
    assert (held.outcome, held.review.status) == (outcome, status)  # type: ignore[union-attr]
    assert len(held.absences) == 1


@pytest.mark.parametrize("typed", ["", "level-9", "level-x", "nonsense"])
def test_what_makes_no_sense_decides_nothing(held: Item, moderator: User, sign_in: SignIn, typed: str) -> None:
    sent = {"outcome": typed, "reasons": "So.", "left": "nonsense", "put_off_to": "nonsense"}
    assert sign_in(moderator).send(f"/admin/meetings/items/{held.id}/record", sent).status_code == 400
    look_again()
    assert held.outcome is None


def test_who_records_second_is_shown_what_was_recorded_and_what_they_typed(
    held: Item, moderator: User, administrator: User, sign_in: SignIn
) -> None:
    sent = {"outcome": "level-1", "reasons": "The first words."}
    address = f"/admin/meetings/items/{held.id}/record"
    assert sign_in(moderator).send(address, sent).status_code == 302
    late = sign_in(administrator).send(address, {"outcome": "level-0", "reasons": "My own words."})
    assert late.status_code == 409
    for words in ("Somebody else has just recorded this item", "The first words.", "My own words."):
        assert words in late.text


def test_the_panel_reads_what_both_assessors_found_and_the_conversation_but_no_private_note(
    make: Factory,
    highest: Review,
    second: User,
    meeting: Meeting,
    hold,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
) -> None:
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    code = highest.assessment.framework.content.asked(highest.assessment.target_level)[0].code
    make.compared(highest, by=second, also={code: Extent.NOT_MET})
    make.conversed(highest, by=assessor)
    with transaction() as session:
        theirs = beside.of_case(session, highest, by=second).found
        version = next(one.version for one in theirs if one.criterion == code)
        second_looks.leave_open(
            session, highest, code, reason="We read it apart.", seen_version=version, by=second, at=AT
        )
    make.recommended(highest, by=assessor)
    with transaction() as session:
        highest.move(REFER, at=AT)
        (made,) = agenda.put(session, meeting, [highest], by=moderator, at=AT)
    hold(meeting)
    page = html.unescape(sign_in(moderator).get(f"/admin/meetings/items/{made.id}/record").text)
    title = highest.assessment.framework.content.criterion(code).title
    for words in (
        f"{second.name}, second assessor: differs on 1 of", title, "Left to the panel: We read it apart.",
        "We met your team and saw how a day begins.", "The manager and two mechanics",
    ):  # fmt: skip
        assert words in page
    for private in ("They talk every morning.", "Seen by me.", "Seen on the staff pages."):
        assert private not in page


def test_who_has_an_interest_is_shown_no_case_and_records_nothing(
    held: Item, employer: Organisation, moderator: User, sign_in: SignIn
) -> None:
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=moderator, at=AT)
    browser = sign_in(moderator)
    page = browser.get(page_of(held.meeting)).text
    assert "its case is not shown to you" in page
    assert "Aims for" not in page
    record = browser.get(f"/admin/meetings/items/{held.id}/record")
    assert record.status_code == 403
    assert "You declared an interest in this employer" in record.text
    assert "It is all in place." not in record.text
    assert browser.get(f"/admin/meetings/{held.meeting_id}/minutes.pdf").status_code == 409
    agenda = browser.get(f"/admin/meetings/{held.meeting_id}/agenda.pdf")
    assert agenda.status_code == 200
    sent = {"outcome": "level-1", "reasons": "So."}
    token = browser.token(page_of(held.meeting))
    answer = browser.post(f"/admin/meetings/items/{held.id}/record", data={"csrf_token": token, **sent})
    assert answer.status_code == 403
    look_again()
    assert held.outcome is None
