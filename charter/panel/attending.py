"""Who came to a meeting: with that it is held, and can decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.clock import day_in_words
from charter.errors import Refusal, Stale
from charter.panel.models import Meeting
from charter.panel.planning import check_open, locked
from charter.panel.status import HOLD, MeetingStatus, Outcome, Presence


@dataclass(frozen=True)
class Tick:
    """What somebody chose for one person, and what the page said before."""

    seen: Presence
    chosen: Presence


def record(
    session: Session, meeting: Meeting, ticks: Mapping[UUID, Tick], *, by: User, at: datetime, on: date
) -> Meeting:
    """Keep who came, by the id of their seat; the first time, the meeting is held with it. Others stay as they are.

    Raises `Refusal` before the day, and when a decision that was made would have no quorum; `Stale` when somebody else
    wrote down something else about one of them meanwhile, with the seats that differ.
    """
    meeting = locked(session, meeting)
    check_open(meeting)
    if on < meeting.meets_on:
        raise Refusal(
            f"The meeting is on {day_in_words(meeting.meets_on)}. Write down who came on that day or after it."
        )
    changed = [
        seat
        for seat in meeting.seats
        if (tick := ticks.get(seat.id)) and tick.chosen != tick.seen and tick.chosen != seat.presence
    ]
    differ = [seat for seat in changed if seat.presence != ticks[seat.id].seen]
    if differ:
        raise Stale("Somebody else wrote down something else meanwhile. Yours is not saved yet.", current=differ)
    before = {str(seat.id): seat.presence.value for seat in changed}
    for seat in changed:
        seat.presence = ticks[seat.id].chosen
    for item in meeting.items:
        if item.outcome in {Outcome.AWARDED, Outcome.NOT_AWARDED, Outcome.SENT_BACK} and not item.is_quorate:
            raise Refusal(
                f"Item {item.position} was decided, and so few partners could not have decided it: "
                f"{meeting.quorum} must be there. Look again at who came."
            )
    if meeting.status is MeetingStatus.PLANNED:
        if not meeting.present:
            raise Refusal("Say for at least one person that they are here. If nobody came, cancel the meeting.")
        meeting.move(HOLD)
        audit.record(session, "meeting:hold", meeting, by=by.id, at=at)
    if changed:
        here = sum(seat.presence is Presence.PRESENT for seat in meeting.seats)
        audit.record(
            session,
            "meeting:attendance",
            meeting,
            by=by.id,
            at=at,
            changed=len(changed),
            present=here,
            before=before,
            after={str(seat.id): seat.presence.value for seat in changed},
        )
    return meeting
