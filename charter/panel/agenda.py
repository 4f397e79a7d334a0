"""What a meeting is about: cases that wait for the panel, and other business, in an order."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.clock import day_in_words
from charter.errors import Refusal
from charter.panel.models import TITLE, Item, Meeting
from charter.panel.planning import check_open, locked
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.status import ReviewStatus


def put(session: Session, meeting: Meeting, reviews: Sequence[Review], *, by: User, at: datetime) -> list[Item]:
    """Put cases that wait for the panel at the end of an agenda, in the order given.

    Raises `Refusal` when none is given, when one does not wait for the panel, or is on an agenda already.
    """
    if not reviews:
        raise Refusal("Choose at least one case.", field="cases")
    meeting = locked(session, meeting)
    check_open(meeting)
    for review in sorted(reviews, key=lambda one: one.assessment_id):  # so that nobody waits for each other in turn
        allocation.locked(session, review)
        name = review.assessment.organisation.name
        if review.status is not ReviewStatus.WITH_PANEL:
            raise Refusal(f"The case of {name} does not wait for the panel any more.", field="cases")
        other = waiting_item(session, review)
        if other is not None:
            where = (
                "this meeting"
                if other.meeting_id == meeting.id
                else f"the meeting on {day_in_words(other.meeting.meets_on)}"
            )
            raise Refusal(f"The case of {name} is on the agenda of {where} already.", field="cases")
    last = _last(meeting)
    items = [
        Item(meeting_id=meeting.id, position=last + number, review_id=review.id)
        for number, review in enumerate(reviews, 1)
    ]
    session.add_all(items)
    session.flush()  # for their ids
    session.expire(meeting, ["items"])
    for item, review in zip(items, reviews, strict=True):
        _record(session, "panel:put", item, review, meeting, by=by, at=at)
    return items


def add_business(session: Session, meeting: Meeting, title: str, *, by: User, at: datetime) -> Item:
    """Put something else than a case on an agenda, once. Raises `Refusal` on "title" when it is empty or too long."""
    meeting = locked(session, meeting)
    check_open(meeting)
    title = " ".join(title.split())
    if not title:
        raise Refusal("Say what it is about.", field="title")
    if len(title) > TITLE:
        raise Refusal(f"Say it in {TITLE} characters or fewer.", field="title")
    there = next((one for one in meeting.items if one.title == title and one.outcome is None), None)
    if there is not None:
        return there
    item = Item(meeting_id=meeting.id, position=_last(meeting) + 1, title=title)
    session.add(item)
    session.flush()  # for its id
    session.expire(meeting, ["items"])
    audit.record(session, "meeting:business", item, by=by.id, at=at, meeting=str(meeting.id))
    return item


def take_off(session: Session, item: Item, *, by: User, at: datetime) -> None:
    """Take something off an agenda; a case waits for another meeting then.

    Raises `Refusal` when something is written down about it.
    """
    meeting = locked(session, item.meeting)
    check_open(meeting)
    if item.outcome is not None:
        raise Refusal("What the panel made of this is written down, so it stays on the agenda.")
    if item.review is not None:
        _record(session, "panel:take-off", item, item.review, meeting, by=by, at=at)
    else:
        audit.record(session, "meeting:take-off", item, by=by.id, at=at, meeting=str(meeting.id))
    session.delete(item)


def move_up(session: Session, item: Item, *, seen_position: int, by: User, at: datetime) -> None:
    """Let an item come before the one that is now before it; the first stays where it is.

    It stays too when it is no longer at `seen_position`: the order was changed meanwhile, or this was sent twice.
    """
    meeting = locked(session, item.meeting)
    check_open(meeting)
    order = sorted(meeting.items, key=lambda one: (one.position, one.id))
    place = order.index(item)
    if place and item.position == seen_position:
        order.insert(place - 1, order.pop(place))
        for position, one in enumerate(order, 1):
            one.position = position
        audit.record(session, "meeting:order", item, by=by.id, at=at, meeting=str(meeting.id))


def waiting_item(session: Session, review: Review) -> Item | None:
    """The item of an agenda on which a case waits, if it is on one."""
    return session.scalars(sa.select(Item).where(Item.review_id == review.id, Item.outcome.is_(None))).first()


def _last(meeting: Meeting) -> int:
    return max((item.position for item in meeting.items), default=0)


def _record(
    session: Session, action: str, item: Item, review: Review, meeting: Meeting, *, by: User, at: datetime
) -> None:
    audit.record(
        session, action, item, by=by.id, at=at, case=review.assessment_id, meets_on=meeting.meets_on.isoformat()
    )
