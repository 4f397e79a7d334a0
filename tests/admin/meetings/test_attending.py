"""Who came is written down on the day or after it, and counted over a year."""

from datetime import timedelta

import time_machine

from charter.account.models import User
from charter.extensions import db
from charter.panel import queries
from charter.panel.models import Item, Meeting
from charter.panel.status import Presence
from tests.admin.meetings.conftest import SignIn, look_again
from tests.conftest import AT


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


def test_nothing_can_have_happened_before_the_day(meeting: Meeting, moderator: User, sign_in: SignIn) -> None:
    with time_machine.travel(AT - timedelta(days=1), tick=False):
        answer = sign_in(moderator).send(f"/admin/meetings/{meeting.id}/who-came", {"rest": "present"})
    assert (answer.status_code, "Write down who came on that day or after it" in answer.text) == (400, True)


def test_attendance_over_the_year_is_a_page_and_a_spreadsheet(held: Item, board_member: User, sign_in: SignIn) -> None:
    browser = sign_in(board_member)
    page = browser.get("/admin/meetings/attendance").text
    assert "1 meeting was held" in page
    assert "Ingrid Icb" in page
    lines = browser.get("/admin/meetings/attendance.csv?year=2026").text.splitlines()
    assert "April 2026 to March 2027,DWP,all,1,1,100" in lines
    assert browser.get("/admin/meetings/attendance?year=x").status_code == 200
