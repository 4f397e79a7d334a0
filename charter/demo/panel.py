"""The panel of the demo: partners, two meetings that were held, with decisions and minutes, and one that is to come."""

from collections.abc import Sequence
from datetime import date, time, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.improvement import with_plan
from charter.panel import agenda, attending, minutes, partners, planning, queries, recording
from charter.panel.attending import Tick
from charter.panel.models import Item, Meeting
from charter.panel.planning import Details
from charter.panel.status import Presence
from charter.review.models import Review
from charter.review.status import ReviewStatus

PARTNERS = (
    ("Herefordshire and Worcestershire Integrated Care Board", "Hester Morgan", "Workforce lead"),
    ("Worcestershire County Council", "Gareth Hill", "Public health"),
    ("Herefordshire Council", "Sunita Rao", "Economic development"),
    ("Department for Work and Pensions", "Tom Weston", "Disability employment adviser"),
    ("Herefordshire and Worcestershire Chamber of Commerce", "Lynn Farr", "Policy"),
    ("Worcester and Hereford trades unions", "Joe Bishop", "Secretary"),
)
QUORUM = 4
FIRST, SECOND, NEXT = timedelta(days=-68), timedelta(days=-20), timedelta(days=9)
"""When the meetings are, from the demo's day."""
SENTENCES = {
    True: "The partners agree with the assessor: what the level asks for is in place, and staff said so too.",
    False: "Much is promised and not yet in place. Please come back when the first reports are in.",
}


def add(staff: Staff, on: date) -> None:
    """Let the panel meet by the verbs, up to the day `on`; nothing when no case waits for it."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        moderator = session.get_one(User, staff.moderators[0])
        if not _waiting(session, on):
            return
        began = at(on + FIRST - timedelta(days=30))
        made = [partners.add(session, name, by=administrator, at=began) for name, _, _ in PARTNERS]
        first = _plan(session, on + FIRST, "County Hall, Worcester", moderator)
        for partner, (_, name, role) in zip(made, PARTNERS, strict=True):
            planning.expect(session, first, partner, person=name, role=role, by=moderator, at=began)
        said = "How the panel works: four partners decide, and who has an interest leaves the room."
        _meet(session, first, on + FIRST, "The first meeting", said, {3: Presence.APOLOGIES}, moderator, decide=2)
    with transaction() as session:
        moderator = session.get_one(User, staff.moderators[0])
        second = _plan(session, on + SECOND, "Online", moderator)
        later = _plan(session, on + NEXT, "Plough Lane, Hereford", moderator)
        said = "The register grows in both counties. Small firms take longest over the figures."
        absent = {1: Presence.APOLOGIES}
        _meet(session, second, on + SECOND, "The year so far", said, absent, moderator, decide=1, later=later)
        agenda.add_business(session, later, "Dates for next year", by=moderator, at=at(on - timedelta(days=2)))


def _plan(session: Session, day: date, place: str, by: User) -> Meeting:
    details = Details(meets_on=day, begins=time(14), place=place, chair="Hester Morgan", quorum=QUORUM)
    made = planning.plan(session, details, by=by, at=at(day - timedelta(days=30)))
    session.flush()  # for what comes of it
    return made


def _meet(
    session: Session,
    meeting: Meeting,
    day: date,
    business: str,
    said: str,
    away: dict[int, Presence],
    by: User,
    *,
    decide: int,
    later: Meeting | None = None,
) -> None:
    """The cases that waited that day come before the panel: the first few are decided, one more is put off."""
    cases = _waiting(session, day)[: decide + (later is not None)]
    agenda.put(session, meeting, cases, by=by, at=at(day - timedelta(days=5)))
    agenda.add_business(session, meeting, business, by=by, at=at(day - timedelta(days=5)))
    meeting = queries.whole(session, meeting.id)
    ticks = {
        seat.id: Tick(seat.presence, away.get(place, Presence.PRESENT)) for place, seat in enumerate(meeting.seats)
    }
    attending.record(session, meeting, ticks, by=by, at=at(day, 14, 10), on=day)
    for number, item in enumerate(list(meeting.items)):
        moment = at(day, 14, 20 + 10 * number)
        if item.review is None:
            recording.note(session, item, discussion=said, seen_version=item.version, by=by, at=moment)
        elif later is not None and number == decide:
            reasons = "The survey of the night shift ends next week. The partners want to see it first."
            recording.put_off(session, item, reasons=reasons, to=later, by=by, at=moment)
        else:
            _decide(session, item, number, by, day)
        session.flush()  # for its version
    scheme = current_app.extensions["charter_settings"].scheme_name
    minutes.agree(
        session, meeting, scheme=scheme, by=by, at=at(day + timedelta(days=8), 11), on=day + timedelta(days=8)
    )


def _decide(session: Session, item: Item, number: int, by: User, day: date) -> None:
    assert item.review is not None
    assert item.review.recommended_level is not None
    level = item.review.recommended_level
    with_plan.decide_together(
        session,
        item,
        level=level,
        reasons=SENTENCES[level > 0],
        discussion="Somebody asked how agency staff were counted. The assessor had looked at that.",
        left=[item.meeting.present[-1].id] if number == 0 else [],
        by=by,
        at=at(day, 14, 20 + 10 * number),
        on=day,
    )


def _waiting(session: Session, day: date) -> Sequence[Review]:
    """The cases that waited for the panel on a day, the longest waiting first."""
    return session.scalars(
        sa.select(Review)
        .where(Review.status == ReviewStatus.WITH_PANEL, Review.recommended_at < at(day))
        .order_by(Review.recommended_at, Review.id)
    ).all()
