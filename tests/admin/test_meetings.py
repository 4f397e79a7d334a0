"""The panel's meetings on the pages of staff: planned, held, recorded, minuted; and what the employer sees."""

import html
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.panel import agenda, planning, queries
from charter.panel.models import Item, Meeting, Partner
from charter.panel.status import MeetingStatus, Outcome, Presence
from charter.review.models import Review
from charter.review.second import beside, second_looks
from charter.review.status import REFER, ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.panel.conftest import LATER, ON, before_panel, details, held, hold, item, meeting, scheme_partners
from tests.review.conftest import highest, second
from tests.review.test_queries import Counted

__all__ = ["before_panel", "held", "highest", "hold", "item", "meeting", "scheme_partners", "second"]
SignIn = Callable[[User], CheckedClient]


@pytest.fixture(autouse=True)
def that_day():
    with time_machine.travel(AT, tick=False):
        yield


def look_again() -> None:
    """See what the pages have written meanwhile."""
    db.session.rollback()
    db.session.expire_all()


def page_of(meeting: Meeting) -> str:
    return f"/admin/meetings/details/?id={meeting.id}"


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


def test_of_two_who_write_who_came_the_later_sees_both(
    meeting: Meeting, moderator: User, administrator: User, sign_in: SignIn
) -> None:
    address, dev = f"/admin/meetings/{meeting.id}/who-came", meeting.seats[-1].id
    seen = {f"seen-{seat.id}": "expected" for seat in meeting.seats}
    first = {**seen, f"seat-{dev}": "apologies", "rest": "present"}
    assert sign_in(moderator).send(address, first).status_code == 302
    browser = sign_in(administrator)
    late = browser.send(address, {**seen, f"seat-{dev}": "present"})
    assert (late.status_code, "Somebody else wrote: apologies" in late.text) == (409, True)
    again = {**seen, f"seen-{dev}": "apologies", f"seat-{dev}": "present"}
    assert browser.send(address, again).status_code == 302
    look_again()
    assert queries.whole(db.session, meeting.id).seats[-1].presence is Presence.PRESENT


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
    from charter.panel import agenda
    from tests.panel.conftest import referred

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


def test_attendance_over_the_year_is_a_page_and_a_spreadsheet(held: Item, board_member: User, sign_in: SignIn) -> None:
    browser = sign_in(board_member)
    page = browser.get("/admin/meetings/attendance").text
    assert "1 meeting was held" in page
    assert "Ingrid Icb" in page
    lines = browser.get("/admin/meetings/attendance.csv?year=2026").text.splitlines()
    assert "April 2026 to March 2027,DWP,all,1,1,100" in lines
    assert browser.get("/admin/meetings/attendance?year=x").status_code == 200


def test_administrators_keep_the_partners_and_two_clicks_retire_one_once(
    scheme_partners: list[Partner], administrator: User, sign_in: SignIn
) -> None:
    browser, partner = sign_in(administrator), scheme_partners[3]
    assert browser.send("/admin/partners/add", {"name": "dwp"}).status_code == 400
    assert browser.send("/admin/partners/add", {"name": "The Growth Hub"}).status_code == 302
    for _ in range(2):
        assert browser.send(f"/admin/partners/{partner.id}/retire", {"deed": "retire"}).status_code == 302
    look_again()
    assert not partner.is_open
    assert "DWP" not in browser.get("/admin/partners/?flt0_part=yes").text
    assert browser.send(f"/admin/partners/{partner.id}/retire", {"deed": "bring-back"}).status_code == 302
    look_again()
    seen = str(partner.version)
    assert (
        browser.send(f"/admin/partners/{partner.id}/rename", {"name": "JCP", "seen_version": seen}).status_code == 302
    )


def test_of_two_who_change_a_meeting_the_later_sees_both(meeting: Meeting, moderator: User, sign_in: SignIn) -> None:
    browser, address = sign_in(moderator), f"/admin/meetings/{meeting.id}/change"
    typed = {
        **{f"meets_on-{part}": str(getattr(ON, part)) for part in ("day", "month", "year")},
        **{"begins": "14:30", "place": "Online", "chair": "Cath Chair", "quorum": "3"},
        "seen_version": str(meeting.version),
    }
    assert browser.send(address, typed).status_code == 302
    late = browser.send(address, {**typed, "place": "Shirehall"})
    assert late.status_code == 409
    for words in ("Where the two differ", "Online", "Shirehall"):
        assert words in late.text


@pytest.mark.parametrize("typed", ["25:00", "noon", "2", "13pm"])
def test_a_time_that_cannot_be_is_said_beside_its_field(
    scheme_partners: list[Partner], moderator: User, sign_in: SignIn, typed: str
) -> None:
    answer = sign_in(moderator).send("/admin/meetings/plan", {"begins": typed})
    assert (answer.status_code, "Write the time like 2:30pm or 14:30." in answer.text) == (400, True)


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


def test_nothing_can_have_happened_before_the_day(meeting: Meeting, moderator: User, sign_in: SignIn) -> None:
    with time_machine.travel(AT - timedelta(days=1), tick=False):
        answer = sign_in(moderator).send(f"/admin/meetings/{meeting.id}/who-came", {"rest": "present"})
    assert (answer.status_code, "Write down who came on that day or after it" in answer.text) == (400, True)
