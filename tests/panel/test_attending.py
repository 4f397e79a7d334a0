"""Who came is written down on the day or later, and no decision loses its quorum by it."""

from datetime import timedelta

import pytest

from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.panel import attending, planning, queries, recording
from charter.panel.attending import Tick
from charter.panel.models import Item, Meeting
from charter.panel.status import MeetingStatus, Presence
from tests.conftest import AT
from tests.panel.conftest import LATER, ON, details, people


def record(meeting: Meeting, ticks: object, by: User, on=ON) -> None:
    with transaction() as session:
        attending.record(session, meeting, ticks, by=by, at=AT, on=on)  # type: ignore[arg-type]


def test_a_meeting_is_held_with_who_came(meeting: Meeting, moderator: User) -> None:
    record(meeting, people(meeting, dev=Presence.APOLOGIES), moderator)
    found = queries.whole(db.session, meeting.id)
    assert found.status is MeetingStatus.HELD
    assert [seat.presence.value for seat in found.seats] == ["present", "present", "present", "apologies"]


def test_nobody_can_have_come_before_the_day(meeting: Meeting, moderator: User) -> None:
    with pytest.raises(Refusal, match="The meeting is on 22 November 2026"):
        record(meeting, people(meeting), moderator, on=ON - timedelta(days=1))


def test_a_meeting_to_which_nobody_came_is_not_held(meeting: Meeting, moderator: User) -> None:
    nobody = {seat.id: Tick(seat.presence, Presence.ABSENT) for seat in meeting.seats}
    with pytest.raises(Refusal, match="If nobody came, cancel the meeting"):
        record(meeting, nobody, moderator)


def test_a_decision_keeps_its_quorum(held: Item, moderator: User) -> None:
    with transaction() as session:
        recording.decide(session, held, level=1, reasons="Yes.", by=moderator, at=AT, on=ON)
    meeting = queries.whole(db.session, held.meeting_id)
    record(meeting, people(meeting, dev=Presence.ABSENT), moderator)
    meeting = queries.whole(db.session, held.meeting_id)
    with pytest.raises(Refusal, match="so few partners could not have decided it"):
        record(meeting, people(meeting, dev=Presence.ABSENT, cora=Presence.ABSENT), moderator)


def test_what_somebody_else_wrote_meanwhile_is_shown_and_not_lost(meeting: Meeting, moderator: User) -> None:
    ticks = people(meeting)
    record(meeting, people(meeting, dev=Presence.APOLOGIES), moderator)
    with pytest.raises(Stale) as stale:
        record(meeting, ticks, moderator)
    assert [seat.person for seat in stale.value.current] == ["Dev Dwp"]  # type: ignore[attr-defined]
    found = queries.whole(db.session, meeting.id)
    assert found.seats[-1].presence is Presence.APOLOGIES


def test_who_left_everything_as_it_was_overwrites_nothing(meeting: Meeting, moderator: User) -> None:
    unchanged = {seat.id: Tick(seat.presence, seat.presence) for seat in meeting.seats}
    record(meeting, people(meeting), moderator)
    record(meeting, unchanged, moderator)
    assert len(queries.whole(db.session, meeting.id).present) == 4


def test_who_came_stays_on_the_list_and_who_did_not_can_go(meeting: Meeting, hold, moderator: User) -> None:
    held = hold(meeting, dev=Presence.ABSENT)
    with pytest.raises(Refusal, match="came to the meeting"), transaction() as session:
        planning.not_expect(session, held.seats[0], by=moderator, at=AT)
    with transaction() as session:
        planning.not_expect(session, held.seats[-1], by=moderator, at=AT)
    assert len(queries.whole(db.session, meeting.id).seats) == 3


def test_attendance_over_a_year_counts_meetings_held_by_partner_and_person(
    meeting: Meeting, hold, scheme_partners, moderator: User
) -> None:
    with transaction() as session:
        planning.expect(session, meeting, scheme_partners[0], person="Ida Icb", by=moderator, at=AT)
    hold(queries.whole(db.session, meeting.id), ingrid=Presence.APOLOGIES, dev=Presence.ABSENT)
    with transaction() as session:
        again = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
    hold(queries.whole(db.session, again.id), dev=Presence.ABSENT, ida=Presence.ABSENT)
    with transaction() as session:  # neither one to come nor one of another year counts
        planning.plan(session, details(ON + 2 * LATER), by=moderator, at=AT)
        planning.plan(session, details(ON + 12 * LATER), by=moderator, at=AT)
    rows = {(one.partner, one.person): (one.came, one.meetings) for one in queries.attendance(db.session, 2026)}
    assert rows[("The Integrated Care Board", "")] == (2, 2)
    assert rows[("The Integrated Care Board", "Ida Icb")] == (1, 2)
    assert rows[("The Integrated Care Board", "Ingrid Icb")] == (1, 2)
    assert rows[("DWP", "")] == (0, 2)
    assert queries.held_in(db.session, 2026) == 2
    assert queries.attendance(db.session, 2027) == []
