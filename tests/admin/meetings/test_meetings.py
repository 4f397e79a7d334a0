"""A meeting from planning to minutes on the pages of staff, and the list of meetings."""

from charter.account.models import User
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.panel import agenda, planning, queries
from charter.panel.models import Item, Meeting
from charter.panel.status import MeetingStatus
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.admin.meetings.conftest import SignIn, look_again, page_of
from tests.conftest import AT
from tests.factories import Factory
from tests.panel.conftest import LATER, ON, details, referred
from tests.review.test_queries import Counted


def test_a_moderator_plans_holds_records_and_agrees_the_minutes(
    meeting: Meeting, before_panel: Review, employer: Organisation, owner: User, moderator: User, sign_in: SignIn
) -> None:
    browser = sign_in(moderator)
    assert "1 case waits for the panel, not on an agenda yet." in browser.get("/admin/meetings/").text
    typed = {"meets_on-day": "9", "meets_on-month": "12", "meets_on-year": "2026", "begins": "2pm", "place": "Online"}
    assert browser.send("/admin/meetings/plan", {**typed, "chair": "Cath Chair", "quorum": "3"}).status_code == 302
    assert browser.send(f"/admin/meetings/{meeting.id}/cases", {"cases": str(before_panel.id)}).status_code == 302
    assert browser.send(f"/admin/meetings/{meeting.id}/business", {"title": "The year so far"}).status_code == 302
    look_again()
    case, business = queries.whole(db.session, meeting.id).items
    assert employer.name in browser.get(page_of(meeting)).text
    assert "Write down who came" in browser.get(f"/admin/meetings/items/{case.id}/record").text
    assert browser.send(f"/admin/meetings/{meeting.id}/who-came", {"rest": "present"}).status_code == 302
    page = browser.get(f"/admin/meetings/items/{case.id}/record").text
    for words in (
        "It is all in place.",
        "(as recommended)",
        "That is 4 partners; a decision needs 3.",
        "The findings reach",
    ):
        assert words in page
    refused = browser.send(f"/admin/meetings/items/{case.id}/record", {"discussion": "Kept.", "outcome": "level-1"})
    assert (refused.status_code, "Give the reasons." in refused.text, "Kept.</textarea>" in refused.text) == (400, 1, 1)
    sent = {"outcome": "level-1", "reasons": "The partners agree.", "discussion": "Secret words."}
    assert browser.send(f"/admin/meetings/items/{case.id}/record", sent).status_code == 302
    assert browser.send(f"/admin/meetings/items/{business.id}/record", {"discussion": "Fine."}).status_code == 302
    assert browser.send(f"/admin/meetings/{meeting.id}/agree").status_code == 302
    look_again()
    assert (before_panel.status, meeting.status) == (ReviewStatus.DECIDED, MeetingStatus.MINUTED)
    printed = browser.get(f"/admin/meetings/{meeting.id}/minutes.pdf")
    assert (printed.mimetype, printed.data[:4]) == ("application/pdf", b"%PDF")
    assert browser.get(f"/admin/meetings/{meeting.id}/minutes.pdf").data == printed.data
    assert browser.send(f"/admin/meetings/{meeting.id}/correct", {"text": "Dev left early."}).status_code == 302
    assert "Dev left early." in browser.get(page_of(meeting)).text
    page = browser.get(f"/admin/reviews/{before_panel.id}").text
    for words in ("Panel meeting,", "22 November 2026", "The partners agree.", "The Chamber", "recorded the decision"):
        assert words in page
    theirs = sign_in(owner)
    for address in ("", "/history"):
        page = theirs.get(f"/assessments/{before_panel.assessment_id}{address}").text
        assert "Secret words" not in page
        assert "Cora" not in page
    assert "The partners agree." in theirs.get(f"/assessments/{before_panel.assessment_id}").text


def test_the_board_and_assessors_read_and_write_nothing(
    held: Item, board_member: User, assessor: User, sign_in: SignIn
) -> None:
    for person in (board_member, assessor):
        browser = sign_in(person)
        page = browser.get(page_of(held.meeting)).text
        assert held.review.assessment.organisation.name in page  # type: ignore[union-attr]
        for words in ("Record the decision", "Cancel the meeting", "Change who came"):
            assert words not in page
        for name in ("agenda.pdf", "minutes.pdf"):
            assert browser.get(f"/admin/meetings/{held.meeting_id}/{name}").data.startswith(b"%PDF")
        assert "Plan a meeting" not in browser.get("/admin/meetings/").text


def test_the_list_searches_filters_and_exports_in_a_fixed_number_of_queries(
    meeting: Meeting, moderator: User, sign_in: SignIn
) -> None:
    browser = sign_in(moderator)
    numbers = []
    for more in range(3):
        with Counted() as counted:
            page = browser.get("/admin/meetings/").text
        numbers.append(len(counted.statements))
        with transaction() as session:
            planning.plan(session, details(ON + (1 + more) * LATER, place="Online"), by=moderator, at=AT)
    assert numbers[1] == numbers[2]
    assert "Online" in page
    assert "Online" not in browser.get("/admin/meetings/?search=County").text
    assert "County Hall" not in browser.get("/admin/meetings/?flt0_status=held").text
    assert "County Hall" in browser.get("/admin/meetings/?flt1_year=2026").text
    lines = browser.get("/admin/meetings/export/csv/").text.splitlines()
    assert len(lines) == 1 + 4
    assert any(line.startswith("2026-11-22,14:30,") for line in lines)


def test_a_page_of_a_meeting_takes_the_same_number_of_queries_whatever_its_length(
    make: Factory, item: Item, assessor: User, moderator: User, sign_in: SignIn
) -> None:
    browser, numbers = sign_in(moderator), []
    for name in ("Two Ltd", "Three Ltd"):
        with Counted() as counted:
            browser.get(page_of(item.meeting))
        numbers.append(len(counted.statements))
        employer = make.organisation(name)
        case = referred(make, employer, make.member(employer, f"Owner of {name}"), assessor)
        with transaction() as session:
            agenda.put(session, item.meeting, [case], by=moderator, at=AT)
    assert numbers[0] == numbers[1]
