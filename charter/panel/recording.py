"""What the panel made of each item: a decision on a case, or words about other business.

Pages decide through `charter.improvement.with_plan`, so that the employer's plan follows.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.organisation import interests
from charter.panel import agenda
from charter.panel.models import Absence, Item, Meeting
from charter.panel.planning import check_open, locked
from charter.panel.status import MeetingStatus, Outcome
from charter.review import deciding, sending_back
from charter.review.handing_out import allocation, set_apart
from charter.review.models import Review
from charter.review.recommendation import LONGEST, check_length, check_level
from charter.review.record.wording import Together
from charter.review.status import ReviewStatus

DEED = "record what the panel decides about it"
"""What somebody without an interest must do instead."""
PANEL = "The partners' panel"
"""Who sends a case back, to its assessor."""
ALREADY = "Somebody else has just recorded this item. What you typed is not saved."


def why_not(session: Session, item: Item, user: User) -> str | None:
    """Why `user` may not record what the panel makes of a case, in a sentence; None when they may."""
    review = item.review
    if review is None:
        return None
    if user.id in {review.recommended_by_id, review.assessor_id}:
        return "You recommended a level for this employer, so somebody else must record what the panel decides."
    if allocation.is_second(session, user, review):
        return "You were the second assessor of this case, so somebody else must record what the panel decides."
    if allocation.why_worked(session, user, review) is not None:
        return "You worked on this case, so somebody else must record what the panel decides."
    return interests.why_not(session, user, review.assessment.organisation_id, DEED) or set_apart.why_not(
        session, user, review.id
    )


def decide(
    session: Session,
    item: Item,
    *,
    level: int,
    reasons: str,
    discussion: str = "",
    left: Collection[UUID] = (),
    by: User,
    at: datetime,
    on: date,
) -> Review:
    """Record that the panel decided on `level`, 0 for no award: the case is decided, and the employer told.

    `reasons` are what the employer reads, `discussion` is for the minutes alone, `left` are the seats of those who left
    the room because of an interest. Raises `Refusal` when the meeting was not held, when too few partners were in the
    room, when the level is above what the findings reach, when there are no reasons, and for who recommended it or has
    an interest; `Stale` when the item was recorded meanwhile.
    """
    review = _of_case(session, item, left=left, reasons=reasons, discussion=discussion, by=by)
    _check_quorum(item)
    check_level(session, review, level=level, on=on)
    recommended = review.recommended_level
    outcome = Outcome.AWARDED if level else Outcome.NOT_AWARDED
    deciding.decide(
        session,
        review,
        level=level,
        reasons=reasons.strip(),
        outcome="panel-agreed" if level == recommended else "panel-changed",
        by=by,
        at=at,
        on=on,
        together=who_decided(item, discussion),
    )
    _keep(session, item, outcome, level=level, reasons=reasons, discussion=discussion, by=by, at=at)
    return review


def who_decided(item: Item, discussion: str) -> Together:
    """Who decides on a case together, for the record of the decision."""
    meeting = item.meeting
    return Together(
        meets_on=meeting.meets_on,
        place=meeting.place,
        chair=meeting.chair,
        quorum=meeting.quorum,
        partners=item.partners,
        people=[f"{seat.person} ({seat.partner.name})" for seat in item.there],
        left=[f"{one.seat.person} ({one.seat.partner.name})" for one in item.absences],
        discussion=discussion.strip(),
    )


def decided_in(session: Session, review: Review) -> Together | None:
    """Who decided a case together; None when the panel did not decide it."""
    query = sa.select(Item).where(Item.review_id == review.id, Item.level.is_not(None))
    item = session.scalars(query.order_by(Item.recorded_at.desc()).limit(1)).first()
    return who_decided(item, item.discussion) if item is not None else None


def put_off(
    session: Session,
    item: Item,
    *,
    reasons: str,
    discussion: str = "",
    left: Collection[UUID] = (),
    to: Meeting | None = None,
    by: User,
    at: datetime,
) -> None:
    """Record that the case waits for another meeting; `to`, if it is known which, puts it on that agenda.

    It takes no quorum: that there was none may be the reason. Raises `Refusal` and `Stale` as `decide` does.
    """
    if to is not None and to.id == item.meeting_id:
        raise Refusal("Choose another meeting than this one.", field="put_off_to")
    if to is not None:  # of two meetings the earlier row is locked first, so that nobody waits for each other in turn
        for one in sorted((item.meeting, to), key=lambda meeting: meeting.id):
            locked(session, one)
        if to.status is not MeetingStatus.PLANNED:
            raise Refusal("Choose a meeting that is planned and not held yet.", field="put_off_to")
    review = _of_case(session, item, left=left, reasons=reasons, discussion=discussion, by=by)
    _keep(session, item, Outcome.DEFERRED, level=None, reasons=reasons, discussion=discussion, by=by, at=at)
    audit.record(
        session,
        "panel:put-off",
        item,
        by=by.id,
        at=at,
        case=review.assessment_id,
        meets_on=item.meeting.meets_on.isoformat(),
    )
    if to is not None:
        session.flush()  # so that it waits on one agenda only
        agenda.put(session, to, [review], by=by, at=at)


def send_back(
    session: Session,
    item: Item,
    *,
    reasons: str,
    discussion: str = "",
    left: Collection[UUID] = (),
    by: User,
    at: datetime,
) -> None:
    """Record that the assessor, who is told, shall look at the case again, with reasons that only the scheme's people
    read.

    Raises `Refusal` and `Stale` as `decide` does.
    """
    review = _of_case(session, item, left=left, reasons=reasons, discussion=discussion, by=by)
    _check_quorum(item)
    sending_back.to_its_assessor(session, review, sent_by=PANEL, by=by, at=at)
    _keep(session, item, Outcome.SENT_BACK, level=None, reasons=reasons, discussion=discussion, by=by, at=at)


def note(session: Session, item: Item, *, discussion: str, seen_version: int, by: User, at: datetime) -> None:
    """Write down what was said about other business; it may be written anew until the minutes are agreed.

    Raises `Refusal` when there is nothing to write or the meeting was not held, `Stale` when somebody else wrote it
    after `seen_version`.
    """
    meeting = locked(session, item.meeting)
    _check_held(meeting)
    discussion = discussion.strip()
    if not discussion:
        raise Refusal("Write down what was said or agreed.", field="discussion")
    if len(discussion) > LONGEST:
        raise Refusal(f"Write it in {LONGEST:,} characters or fewer. It has {len(discussion):,}.", field="discussion")
    if item.discussion == discussion:
        return
    if item.version != seen_version:
        raise Stale("Somebody else wrote this down while you were typing. Yours is not saved yet.", current=item)
    _keep(session, item, Outcome.NOTED, level=None, reasons="", discussion=discussion, by=by, at=at)
    audit.record(session, "meeting:note", item, by=by.id, at=at, meeting=str(meeting.id))


def _of_case(
    session: Session, item: Item, *, left: Collection[UUID], reasons: str, discussion: str, by: User
) -> Review:
    """The case of an item, held, when `by` may record about it now; who left the room is kept with it."""
    meeting = locked(session, item.meeting)
    assert item.review is not None, "other business has no case"
    if item.outcome is not None:
        raise Stale(ALREADY, current=item)
    _check_held(meeting)
    review = allocation.locked(session, item.review)
    if not review.is_open:
        raise Refusal("The employer has withdrawn, so there is nothing to decide.")
    if review.status is not ReviewStatus.WITH_PANEL:
        raise Refusal("This case does not wait for the panel any more.")
    reason = why_not(session, item, by)
    if reason is not None:
        raise Refusal(reason)
    if not reasons.strip():
        raise Refusal("Give the reasons.", field="reasons")
    check_length(reasons)
    if len(discussion) > LONGEST:
        raise Refusal(
            f"What was said must be {LONGEST:,} characters or fewer. It has {len(discussion):,}.", field="discussion"
        )
    here = {seat.id for seat in meeting.present}
    if not set(left) <= here:
        raise Refusal("Somebody who left the room is not among those who came. Look at the list again.", field="left")
    for seat_id in sorted(set(left)):
        session.add(Absence(item_id=item.id, seat_id=seat_id))
    session.flush()  # so that it is known who was in the room
    session.expire(item, ["absences"])
    return review


def _check_held(meeting: Meeting) -> None:
    check_open(meeting)
    if meeting.status is not MeetingStatus.HELD:
        raise Refusal("Write down who came to the meeting first.")


def _check_quorum(item: Item) -> None:
    there, needed = len(item.partners), item.meeting.quorum
    if there < needed:
        raise Refusal(
            f"{needed} partners must be in the room to decide, and there {'was' if there == 1 else 'were'} {there}. "
            "You can put the case off to another meeting."
        )


def _keep(
    session: Session,
    item: Item,
    outcome: Outcome,
    *,
    level: int | None,
    reasons: str,
    discussion: str,
    by: User,
    at: datetime,
) -> None:
    item.recorded_by_id, item.recorded_at = by.id, at
    item.outcome, item.level = outcome, level
    item.reasons, item.discussion = reasons.strip(), discussion.strip()
    if item.review is not None and outcome in {Outcome.AWARDED, Outcome.NOT_AWARDED}:
        audit.record(
            session,
            "panel:decide",
            item,
            by=by.id,
            at=at,
            case=item.review.assessment_id,
            meets_on=item.meeting.meets_on.isoformat(),
            partners=len(item.partners),
        )
