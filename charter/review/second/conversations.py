"""Visits to employers and conversations with them: written down by the assessors of a case.

The notes are for staff. The employer reads the short summary. Who took part for the employer is said by what they do
there, so that no member of its staff is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.review.handing_out.allocation import check_independent, locked
from charter.review.models import Review
from charter.review.second.second_models import Conversation, ConversationKind, LookKind, SecondLook
from charter.review.status import ReviewStatus

LONGEST = 5000
"""The most characters of notes."""
LONGEST_SUMMARY = 1000
LONGEST_WHO = 300


@dataclass(frozen=True)
class Details:
    """What is written down of one conversation."""

    held_on: date
    kind: ConversationKind
    for_employer: str
    for_scheme: str
    notes: str
    summary: str


def of(session: Session, review: Review) -> Sequence[Conversation]:
    """The conversations of a case, the earliest first, with who wrote each down (one query)."""
    return session.scalars(
        sa.select(Conversation)
        .where(Conversation.review_id == review.id)
        .order_by(Conversation.held_on, Conversation.id)
        .options(joinedload(Conversation.recorded_by))
    ).all()


def is_there(session: Session, review: Review) -> bool:
    """Whether one is on record."""
    return bool(session.scalar(sa.select(sa.exists().where(Conversation.review_id == review.id))))


@dataclass(frozen=True)
class ForEmployer:
    """What an employer reads of a conversation with it. It has no room for the notes."""

    held_on: date
    kind: ConversationKind
    summary: str


def for_employer(session: Session, assessment: Assessment) -> Sequence[ForEmployer]:
    """What an employer reads of the conversations about an assessment, the earliest first (one query)."""
    rows = session.execute(
        sa.select(Conversation.held_on, Conversation.kind, Conversation.summary)
        .join(Review, Review.id == Conversation.review_id)
        .where(Review.assessment_id == assessment.id)
        .order_by(Conversation.held_on, Conversation.id)
    )
    return [ForEmployer(*row) for row in rows]


def record(session: Session, review: Review, details: Details, *, by: User, at: datetime, on: date) -> Conversation:
    """Write a conversation down. The same one sent twice is one.

    Raises `Refusal` beside the field that is wrong, and when `by` is neither of the case's assessors or the case is
    not open to them.
    """
    review = locked(session, review)
    check_independent(session, by, review)
    seconds = sa.exists().where(
        SecondLook.review_id == review.id, SecondLook.by_id == by.id, SecondLook.kind == LookKind.ASSESSOR
    )
    if review.assessor_id != by.id and not session.scalar(sa.select(seconds)):
        raise Refusal("Only the assessors of this case write down a conversation.")
    if review.status not in {ReviewStatus.IN_REVIEW, ReviewStatus.WITH_EMPLOYER}:
        raise Refusal("A conversation is written down before a level is recommended.")
    if details.held_on > on:
        raise Refusal("That day is still to come. Write it down when it has happened.", field="held_on")
    if details.held_on < review.assessment.started_at.date():
        raise Refusal("That is before the employer began this assessment. Check the year.", field="held_on")
    for field, what, longest in (
        ("for_employer", "Say who took part for the employer: what they do there, not their names.", LONGEST_WHO),
        ("for_scheme", "Say who took part for the scheme.", LONGEST_WHO),
        ("notes", "Write down what you saw and heard.", LONGEST),
        ("summary", "Write a short summary for the employer.", LONGEST_SUMMARY),
    ):
        text = getattr(details, field).strip()
        if not text:
            raise Refusal(what, field=field)
        if len(text) > longest:
            raise Refusal(f"Say it in {longest:,} characters or fewer. It has {len(text):,}.", field=field)
    values = {name: text.strip() if isinstance(text, str) else text for name, text in vars(details).items()}
    values["kind"] = details.kind
    for there in of(session, review):
        if all(getattr(there, name) == said for name, said in values.items()):
            return there
    kept = Conversation(review_id=review.id, recorded_by_id=by.id, recorded_at=at, **values)
    session.add(kept)
    audit.record(
        session,
        "conversation:record",
        kept,
        by=by.id,
        at=at,
        case=review.assessment_id,
        kind=details.kind.value,
        held_on=details.held_on.isoformat(),
    )
    return kept
