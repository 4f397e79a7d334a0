"""Meetings are planned, changed, cancelled; and who is expected at them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit, orm
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.panel.models import NAME, TITLE, Absence, Item, Meeting, Partner, Seat
from charter.panel.status import CANCEL, MeetingStatus, Presence

REASON = 1000


@dataclass(frozen=True)
class Details:
    """When and where a meeting is, who leads it, and how many partners must be there."""

    meets_on: date
    begins: time
    place: str
    chair: str
    quorum: int


def locked(session: Session, meeting: Meeting) -> Meeting:
    """The meeting as it is now, with its people and its agenda, held until the transaction ends.

    Whatever is written into a meeting begins here, so that two people write one after the other. Its cases are locked
    after it.
    """
    orm.locked(session, meeting)
    for part in (Seat, Item):
        of_it = sa.select(part).where(part.meeting_id == meeting.id)
        session.scalars(of_it.execution_options(populate_existing=True)).all()
    return meeting


def check_open(meeting: Meeting) -> None:
    """Refuse to write into a meeting that is over and done with."""
    if meeting.status is MeetingStatus.MINUTED:
        raise Refusal("The minutes of this meeting are agreed, so they stay as they are. You can add a note to them.")
    if meeting.status is MeetingStatus.CANCELLED:
        raise Refusal("This meeting is cancelled.")


def plan(session: Session, details: Details, *, by: User, at: datetime) -> Meeting:
    """A new meeting. The people of the last one are expected again, where their partner still takes part.

    Raises `Refusal` on the field that cannot stand.
    """
    _check(session, details)
    meeting = Meeting(**vars(details), status=MeetingStatus.PLANNED)
    session.add(meeting)
    session.flush()  # for its id
    for position, seat in enumerate(_last_people(session, but=meeting), 1):
        session.add(
            Seat(
                meeting_id=meeting.id,
                partner_id=seat.partner_id,
                position=position,
                person=seat.person,
                role=seat.role,
                presence=Presence.EXPECTED,
            )
        )
    audit.record(session, "meeting:plan", meeting, by=by.id, at=at, meets_on=details.meets_on.isoformat())
    return meeting


def change(
    session: Session, meeting: Meeting, details: Details, *, seen_version: int, by: User, at: datetime
) -> Meeting:
    """Other details for a meeting. One that was held stays on its day, and with the quorum its decisions were made by.

    Raises `Refusal` on the field that cannot stand, and `Stale` when somebody else changed it after `seen_version`.
    """
    meeting = locked(session, meeting)
    check_open(meeting)
    before = details_of(meeting)
    if before == details:
        return meeting
    if meeting.version != seen_version:
        raise Stale("Somebody else changed this meeting after you opened it.", current=before)
    if meeting.status is MeetingStatus.HELD and details.meets_on != before.meets_on:
        raise Refusal("The meeting was held, so its day stays.", field="meets_on")
    if meeting.status is MeetingStatus.HELD and details.quorum != before.quorum:
        raise Refusal("The meeting was held, so its quorum stays.", field="quorum")
    _check(session, details, but=meeting)
    changed = [name for name in vars(details) if getattr(details, name) != getattr(before, name)]
    for name in changed:
        setattr(meeting, name, getattr(details, name))
    was, becomes = ({name: _kept(name, getattr(of, name)) for name in changed} for of in (before, details))
    audit.record(session, "meeting:change", meeting, by=by.id, at=at, changed=changed, before=was, after=becomes)
    return meeting


def _kept(name: str, value: Any) -> Any:
    """A value as the trail keeps it, which names nobody."""
    if name == "chair":
        return "(kept out of the trail)"
    return value.isoformat() if isinstance(value, date | time) else value


def details_of(meeting: Meeting) -> Details:
    """The details as they are saved."""
    return Details(**{name: getattr(meeting, name) for name in Details.__dataclass_fields__})


def cancel(session: Session, meeting: Meeting, *, reason: str, by: User, at: datetime) -> None:
    """The meeting does not take place. The cases on its agenda wait for another. Raises `Refusal` without a reason."""
    meeting = locked(session, meeting)
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why the meeting does not take place.", field="reason")
    if len(reason) > REASON:
        raise Refusal(f"Say it in {REASON:,} characters or fewer.", field="reason")
    meeting.move(CANCEL)
    meeting.cancelled_because = reason
    for item in [one for one in meeting.items if one.review_id is not None]:
        assert item.assessment is not None
        audit.record(
            session,
            "panel:take-off",
            item,
            by=by.id,
            at=at,
            case=item.assessment.id,
            meets_on=meeting.meets_on.isoformat(),
        )
        session.delete(item)
    audit.record(session, "meeting:cancel", meeting, by=by.id, at=at)


def expect(
    session: Session, meeting: Meeting, partner: Partner, *, person: str, role: str = "", by: User, at: datetime
) -> Seat:
    """`person` speaks for `partner` in a meeting. Raises `Refusal` when they are on the list, or a name is wrong."""
    meeting = locked(session, meeting)
    check_open(meeting)
    person, role = " ".join(person.split()), " ".join(role.split())
    if not person:
        raise Refusal("Enter the person’s name.", field="person")
    for field, text in (("person", person), ("role", role)):
        if len(text) > NAME:
            raise Refusal(f"This must be {NAME} characters or fewer.", field=field)
    if not partner.is_open:
        raise Refusal(f"“{partner.name}” takes part no more.", field="partner")
    if any(seat.partner_id == partner.id and seat.person.lower() == person.lower() for seat in meeting.seats):
        raise Refusal(f"{person} is on the list for {partner.name} already.", field="person")
    seat = Seat(
        meeting_id=meeting.id,
        partner_id=partner.id,
        position=max((one.position for one in meeting.seats), default=0) + 1,
        person=person,
        role=role,
        presence=Presence.EXPECTED,
    )
    session.add(seat)
    session.flush()  # for its id
    session.expire(meeting, ["seats"])
    audit.record(session, "meeting:expect", meeting, by=by.id, at=at, partner=partner.name)
    return seat


def not_expect(session: Session, seat: Seat, *, by: User, at: datetime) -> None:
    """Somebody is on the list by mistake. Raises `Refusal` for who is known to have come, or to have left an item."""
    meeting = locked(session, seat.meeting)
    check_open(meeting)
    if seat.presence is Presence.PRESENT or session.scalar(sa.select(sa.exists().where(Absence.seat_id == seat.id))):
        raise Refusal("This person came to the meeting, so they stay on the list.")
    audit.record(session, "meeting:not-expect", meeting, by=by.id, at=at, partner=seat.partner.name)
    session.delete(seat)


def _last_people(session: Session, *, but: Meeting) -> list[Seat]:
    last = (
        sa.select(Meeting.id)
        .where(Meeting.id != but.id, Meeting.status != MeetingStatus.CANCELLED)
        .order_by(Meeting.meets_on.desc(), Meeting.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    seats = sa.select(Seat).join(Seat.partner).where(Seat.meeting_id == last, Partner.retired_at.is_(None))
    return list(session.scalars(seats.order_by(Seat.position, Seat.id)))


def _check(session: Session, details: Details, *, but: Meeting | None = None) -> None:
    for field, text, longest, missing in (
        ("place", details.place, TITLE, "Say where the meeting is, or that it is online."),
        ("chair", details.chair, NAME, "Say who leads the meeting."),
    ):
        if not text.strip():
            raise Refusal(missing, field=field)
        if len(text) > longest:
            raise Refusal(f"This must be {longest} characters or fewer.", field=field)
    partners = session.scalar(sa.select(sa.func.count(Partner.id)).where(Partner.retired_at.is_(None))) or 0
    then = sa.exists().where(
        Meeting.meets_on == details.meets_on,
        Meeting.begins == details.begins,
        Meeting.status != MeetingStatus.CANCELLED,
        *([Meeting.id != but.id] if but else []),
    )
    if session.scalar(sa.select(then)):
        raise Refusal("There is a meeting at that time already.", field="meets_on")
    if not 1 <= details.quorum <= partners:
        raise Refusal(
            f"The number must be from 1 to {partners}: that is how many partners there are."
            if partners
            else "There are no partners yet. An administrator adds them first.",
            field="quorum",
        )
