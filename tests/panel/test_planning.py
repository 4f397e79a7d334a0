"""Partners are kept, meetings planned, and people expected at them."""

from datetime import time

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.panel import partners, planning, queries
from charter.panel.models import Meeting, Partner
from tests.conftest import AT
from tests.panel.conftest import LATER, NAMES, ON, details


def plan(by: User, **values: object) -> Meeting:
    with transaction() as session:
        return planning.plan(session, details(**values), by=by, at=AT)  # type: ignore[arg-type]


def test_a_partner_is_added_once_whatever_its_letters(scheme_partners: list[Partner], administrator: User) -> None:
    with pytest.raises(Refusal, match="There is a partner called “DWP” already"), transaction() as session:
        partners.add(session, " dwp ", by=administrator, at=AT)
    with pytest.raises(Refusal, match="Enter the partner’s name"), transaction() as session:
        partners.add(session, " ", by=administrator, at=AT)


def test_a_partner_that_is_retired_is_not_offered_and_can_come_back(
    scheme_partners: list[Partner], administrator: User
) -> None:
    with transaction() as session:
        partners.retire(session, scheme_partners[0], by=administrator, at=AT)
    assert NAMES[0] not in [one.name for one in queries.partners(db.session)]
    with transaction() as session:
        partners.bring_back(session, scheme_partners[0], by=administrator, at=AT)
    assert NAMES[0] in [one.name for one in queries.partners(db.session)]


def test_who_renames_a_partner_that_was_renamed_meanwhile_is_told(
    scheme_partners: list[Partner], administrator: User
) -> None:
    partner = scheme_partners[3]
    seen = partner.version
    with transaction() as session:
        partners.rename(session, partner, "Jobcentre Plus", seen_version=seen, by=administrator, at=AT)
    with pytest.raises(Stale, match="It is now “Jobcentre Plus”"), transaction() as session:
        partners.rename(session, partner, "Work and Pensions", seen_version=seen, by=administrator, at=AT)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("place", {"place": " "}),
        ("chair", {"chair": ""}),
        ("quorum", {"quorum": 0}),
        ("quorum", {"quorum": 5}),
        ("place", {"place": "x" * 201}),
    ],
)
def test_a_meeting_that_cannot_be_is_not_planned(
    scheme_partners: list[Partner], moderator: User, field: str, values: dict[str, object]
) -> None:
    with pytest.raises(Refusal) as refused:
        plan(moderator, **values)
    assert refused.value.field == field


def test_a_meeting_planned_twice_is_planned_once(scheme_partners: list[Partner], moderator: User) -> None:
    plan(moderator)
    with pytest.raises(Refusal, match="There is a meeting at that time already"):
        plan(moderator)


def test_the_people_of_the_last_meeting_are_expected_again_but_for_a_retired_partners(
    meeting: Meeting, scheme_partners: list[Partner], moderator: User, administrator: User
) -> None:
    with transaction() as session:
        partners.retire(session, scheme_partners[3], by=administrator, at=AT)
    made = plan(moderator, on=ON + LATER)
    found = queries.whole(db.session, made.id)
    assert [seat.person for seat in found.seats] == ["Ingrid Icb", "Cora Council", "Charlie Chamber"]


def test_nobody_is_expected_twice_and_nobody_for_a_retired_partner(
    meeting: Meeting, scheme_partners: list[Partner], moderator: User, administrator: User
) -> None:
    with pytest.raises(Refusal, match="is on the list for"), transaction() as session:
        planning.expect(session, meeting, scheme_partners[0], person="ingrid  ICB", by=moderator, at=AT)
    with transaction() as session:
        partners.retire(session, scheme_partners[0], by=administrator, at=AT)
    with pytest.raises(Refusal, match="takes part no more"), transaction() as session:
        planning.expect(session, meeting, scheme_partners[0], person="Ida Icb", by=moderator, at=AT)


def test_of_two_who_change_a_meeting_the_later_is_told(meeting: Meeting, moderator: User) -> None:
    seen = meeting.version
    with transaction() as session:
        planning.change(session, meeting, details(chair="Dan"), seen_version=seen, by=moderator, at=AT)
    with pytest.raises(Stale), transaction() as session:
        planning.change(session, meeting, details(chair="Eve"), seen_version=seen, by=moderator, at=AT)
    assert meeting.chair == "Dan"


def test_the_trail_keeps_what_was_there_before_a_change_and_names_nobody(meeting: Meeting, moderator: User) -> None:
    new = details(chair="Dan", place="Online", begins=time(9))
    with transaction() as session:
        planning.change(session, meeting, new, seen_version=meeting.version, by=moderator, at=AT)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "meeting:change")).one()
    kept = "(kept out of the trail)"
    assert event.details["before"] == {"begins": "14:30:00", "place": "County Hall, Worcester", "chair": kept}
    assert event.details["after"] == {"begins": "09:00:00", "place": "Online", "chair": kept}


def test_a_meeting_that_was_held_keeps_its_day_and_its_quorum(meeting: Meeting, hold, moderator: User) -> None:
    held = hold(meeting)
    for field, values in (("meets_on", {"on": ON + LATER}), ("quorum", {"quorum": 1})):
        with pytest.raises(Refusal) as refused, transaction() as session:
            planning.change(session, held, details(**values), seen_version=held.version, by=moderator, at=AT)
        assert refused.value.field == field
    with pytest.raises(Refusal, match="You cannot cancel a meeting that is held"), transaction() as session:
        planning.cancel(session, held, reason="Snow.", by=moderator, at=AT)
