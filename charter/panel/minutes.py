"""The minutes of a meeting are agreed: from then on they are one document that never changes, with notes to it."""

import hashlib
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.panel import papers, queries
from charter.panel.models import Correction, Meeting, Minutes
from charter.panel.planning import check_open, locked
from charter.panel.status import MINUTE, MeetingStatus, Presence

LONGEST = 2000


def missing(meeting: Meeting) -> list[str]:
    """What has to be written down before the minutes can be agreed, a sentence each."""
    sentences = []
    unknown = sum(seat.presence is Presence.EXPECTED for seat in meeting.seats)
    if unknown:
        people = "1 person" if unknown == 1 else f"{unknown} people"
        sentences.append(f"Say of {people} whether they came.")
    if not meeting.items:
        sentences.append("The agenda is empty.")
    for item in meeting.left_to_do:
        sentences.append(f"Record what became of “{papers.name_of(item)}”, or take it off the agenda.")
    return sentences


def agree(session: Session, meeting: Meeting, *, scheme: str, by: User, at: datetime, on: date) -> Minutes:
    """Agree the minutes of a meeting: draw them, and keep the document with its hash.

    Raises `Refusal` when the meeting was not held, or when something is not written down yet.
    """
    meeting = locked(session, meeting)
    check_open(meeting)
    if meeting.status is not MeetingStatus.HELD:
        raise Refusal("Write down who came to the meeting first.")
    meeting = queries.whole(session, meeting.id)
    open_points = missing(meeting)
    if open_points:
        raise Refusal(open_points[0])
    meeting.move(MINUTE)
    document = papers.minutes(meeting, scheme=scheme, agreed_on=on)
    agreed = Minutes(
        meeting_id=meeting.id,
        document=document,
        sha256=hashlib.sha256(document).hexdigest(),
        agreed_at=at,
        agreed_by_id=by.id,
    )
    session.add(agreed)
    audit.record(session, "meeting:minute", meeting, by=by.id, at=at, sha256=agreed.sha256)
    return agreed


def correct(session: Session, meeting: Meeting, text: str, *, by: User, at: datetime) -> Correction:
    """Add a note of what is not so in minutes that were agreed. Sent twice, it is there once.

    Raises `Refusal` on "text" when there is none or it is too long, and when the minutes are not agreed yet.
    """
    meeting = locked(session, meeting)
    if meeting.status is not MeetingStatus.MINUTED:
        raise Refusal("The minutes are not agreed yet, so you can still change what is written down.")
    text = text.strip()
    if not text:
        raise Refusal("Say what is not right, and what is.", field="text")
    if len(text) > LONGEST:
        raise Refusal(f"Say it in {LONGEST:,} characters or fewer. It has {len(text):,}.", field="text")
    same = [one for one, _ in queries.corrections(session, meeting) if one.text == text and one.noted_by_id == by.id]
    if same:
        return same[0]
    correction = Correction(meeting_id=meeting.id, text=text, noted_at=at, noted_by_id=by.id)
    session.add(correction)
    audit.record(session, "meeting:correct", meeting, by=by.id, at=at)
    return correction
