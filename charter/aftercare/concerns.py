"""The scheme looks into a concern: take it, note, ask the employer for its side, settle it; and forget it in time.

An employer sees nothing before somebody decides to ask it, and then only what they wrote of it (`substance`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import Role, User
from charter.aftercare import words
from charter.aftercare.models import Concern, ConcernNote
from charter.aftercare.status import ASK, HEAR, OPEN_CONCERNS, OUTCOMES, PUT_BACK, TAKE, ConcernStatus
from charter.award.issuing import owners
from charter.clock import day_in_words, local_date
from charter.errors import Refusal, Stale
from charter.framework import publishing
from charter.notification import emails, rehearsal
from charter.notification.models import Message
from charter.organisation import interests
from charter.orm import locked

DEED = "look into this concern"
"""What somebody without an interest in the employer must do instead."""
HOLDERS = frozenset({Role.ASSESSOR, Role.MODERATOR, Role.ADMINISTRATOR})
"""Roles that look into concerns."""
GONE = "(erased)"
NAMES_THEM = "This names whoever raised the concern. The employer must not learn who it was."
TO_WHOEVER_RAISED_IT = ("concern_received", "concern_settled")
"""The emails that have their address."""


def take(session: Session, concern: Concern, *, by: User, at: datetime) -> None:
    """`by` takes a concern that is free (`is_free`). Of two at once, one gets it and the other is told."""
    concern = locked(session, concern)
    interests.check_none(session, by, concern.organisation_id, DEED)
    if not may_have(by):
        raise Refusal("You do not look into concerns any more. Ask an administrator.")
    if concern.holder_id == by.id:
        raise Refusal("You already have this concern.")
    if concern.holder is not None and not (concern.is_open and is_free(session, concern)):
        raise Refusal(f"{concern.holder} has taken this concern.")
    if concern.holder_id is None:
        concern.move(TAKE)
    concern.holder_id = by.id
    audit.record(session, "concern:take", concern, by=by.id, at=at)


def put_back(session: Session, concern: Concern, *, by: User, at: datetime) -> None:
    """Whoever has a concern gives it back, for somebody else to take. Notes stay."""
    concern = _held(session, concern, by)
    concern.move(PUT_BACK)
    concern.holder_id = None
    audit.record(session, "concern:put-back", concern, by=by.id, at=at)


def hand_back(session: Session, holder: User, *, about: UUID | None = None, by: User, at: datetime) -> int:
    """`holder` looks into concerns no more, or into those `about` one employer: what they have waits for somebody else;
    how many. What the employer was asked about stays with its answer to come, and somebody else can take it (`take`).
    """
    given = 0
    for found in in_hand(session, holder):
        if about is not None and found.organisation_id != about:
            continue
        concern = locked(session, found)
        if concern.holder_id == holder.id and concern.status is ConcernStatus.IN_HAND:  # as it is now
            concern.move(PUT_BACK)
            concern.holder_id = None
            audit.record(session, "concern:put-back", concern, by=by.id, at=at, holder=str(holder.id))
            given += 1
    return given


def in_hand(session: Session, user: User) -> Sequence[Concern]:
    """The concerns that `user` looks into, in the order in which they are locked."""
    return session.scalars(
        sa.select(Concern)
        .where(Concern.holder_id == user.id, Concern.status.in_(OPEN_CONCERNS))
        .options(joinedload(Concern.organisation))
        .order_by(Concern.id)
    ).all()


def may_have(user: User) -> bool:
    """Whether somebody looks into concerns: their role says so, and their account is open."""
    return user.role in HOLDERS and user.disabled_at is None


def is_free(session: Session, concern: Concern) -> bool:
    """Whether somebody can take a concern: nobody has it, or whoever has it has left or has an interest by now."""
    holder = concern.holder
    if holder is None or not may_have(holder):
        return True
    return interests.why_not(session, holder, concern.organisation_id, DEED) is not None


def free() -> sa.ColumnElement[bool]:
    """`is_free`, for a query of open concerns."""
    able = sa.and_(User.role.in_(HOLDERS), User.disabled_at.is_(None))
    return sa.or_(
        Concern.holder_id.is_(None),
        ~Concern.holder.has(able),
        interests.has_one(Concern.holder_id, Concern.organisation_id),
    )


def note(session: Session, concern: Concern, *, text: str, by: User, at: datetime) -> ConcernNote:
    """Keep something that only the scheme reads, until the concern is erased with its notes: then nothing is added."""
    concern = locked(session, concern)
    interests.check_none(session, by, concern.organisation_id, DEED)
    if concern.forgotten_at is not None:
        raise Refusal("What was noted here is erased, so nothing can be added.")
    text = words.needed(text, "Write what you want to note.", "text")
    found = ConcernNote(concern_id=concern.id, text=text, at=at, by_id=by.id)
    session.add(found)
    audit.record(session, "concern:note", concern, by=by.id, at=at)
    return found


def ask(session: Session, concern: Concern, *, substance: str, by: User, at: datetime, on: date) -> None:
    """Ask the employer for its side. It reads `substance`, and not what was written to us, nor by whom.

    Raises `Refusal` on "substance" when there is none, or when it names whoever raised the concern.
    """
    concern = _held(session, concern, by)
    substance = words.needed(substance, "Say what the concern is about, in your own words.", "substance")
    _check_tells_nobody(concern, substance, "substance")
    concern.move(ASK)
    days = publishing.current(session).content.after_award.concern_reply_days
    concern.substance, concern.asked_at, concern.asked_by_id = substance, at, by.id
    concern.answer_by = on + timedelta(days=days)
    _keep_out_of_notes(session, concern, "concern_side_asked")
    audit.record(session, "concern:ask", concern, by=by.id, at=at, answer_by=concern.answer_by.isoformat())
    emails.concern_side_asked(
        session,
        to=owners(session, concern.organisation_id),
        organisation_name=concern.organisation.name,
        substance=substance,
        answer_by=concern.answer_by,
        concern_id=concern.id,
        event_key=f"concern:{concern.id}:{at.isoformat()}",
        at=at,
    )


def answer(session: Session, concern: Concern, *, text: str, seen_version: int, by: User, at: datetime) -> None:
    """The employer gives its side, once. Raises `Stale` when a colleague did meanwhile."""
    concern = locked(session, concern)
    text = words.needed(text, "Write your side.", "text")
    if concern.answered_at is not None and concern.answer == text:
        return  # the same form, sent twice
    if concern.version != seen_version and concern.answered_at is not None:
        raise Stale("A colleague has sent your side meanwhile.", current=concern)
    concern.move(HEAR)
    concern.answer, concern.answered_at, concern.answered_by_id = text, at, by.id
    audit.record(session, "concern:answer", concern, by=by.id, at=at)


def settle(
    session: Session,
    concern: Concern,
    *,
    outcome: ConcernStatus | None,
    reasons: str,
    seen_version: int,
    by: User,
    at: datetime,
    on: date,
) -> None:
    """Settle a concern, with reasons that whoever raised it reads, and the employer too if it was asked.

    To uphold it needs the employer's side, or that it was asked and its day has passed. Raises `Refusal` on "outcome"
    or "reasons", and `Stale` when the employer's side came in while the page was open.
    """
    concern = _held(session, concern, by)
    step = OUTCOMES.get(outcome) if outcome is not None else None
    if outcome is None or step is None:
        raise Refusal("Choose how it ends.", field="outcome")
    reasons = words.needed(reasons, "Give the reasons.", "reasons")
    _check_tells_nobody(concern, reasons, "reasons")
    if concern.version != seen_version:
        raise Stale("This concern has changed since you opened the page. Read it again first.", current=concern)
    if outcome is ConcernStatus.UPHELD and concern.answered_at is None:
        if concern.answer_by is None:
            raise Refusal("Ask the employer for its side before you uphold this.", field="outcome")
        if on <= concern.answer_by:
            day = concern.answer_by
            raise Refusal(
                f"The employer may give its side until {day_in_words(day)}. You can uphold this after that day.",
                field="outcome",
            )
    concern.move(step)
    concern.reasons, concern.decided_at, concern.decided_by_id = reasons, at, by.id
    audit.record(session, "concern:settle", concern, by=by.id, at=at, outcome=outcome.value)
    said = {"organisation_name": concern.organisation.name, "outcome": outcome.value, "reasons": reasons}
    key = f"concern:{concern.id}:settled"
    if concern.email:
        emails.concern_settled(session, to=concern.email, reference=concern.reference, **said, event_key=key, at=at)
    if concern.asked_at is not None:
        _keep_out_of_notes(session, concern, "concern_settled_employer")
        emails.concern_settled_employer(
            session,
            to=owners(session, concern.organisation_id),
            organisation_id=concern.organisation_id,
            **said,
            event_key=key,
            at=at,
        )


def forget(session: Session, on: date, at: datetime) -> int:
    """Erase who raised the concerns that were settled long enough ago, and what they wrote; say how many.

    What the scheme made of them stays: the substance, the employer's side, the outcome and its reasons. For the worker.
    """
    days = publishing.current(session).content.after_award.concern_kept_days
    due = sa.select(Concern).where(Concern.forgotten_at.is_(None), Concern.decided_at < at - timedelta(days=days))
    count = 0
    for concern in session.scalars(due.order_by(Concern.id).limit(500).with_for_update(skip_locked=True)):
        concern.raised_by = concern.email = ""
        concern.what = concern.happened = concern.known_by = GONE
        concern.forgotten_at = at
        of_it = (f"concern:{concern.reference}:", f"concern:{concern.id}:settled:concern_settled:")
        letters = sa.or_(*(Message.event_key.startswith(key, autoescape=True) for key in of_it))
        session.execute(sa.delete(Message).where(Message.kind.in_(TO_WHOEVER_RAISED_IT), letters))
        session.execute(sa.delete(ConcernNote).where(ConcernNote.concern_id == concern.id))
        audit.record(session, "concern:forget", concern, by=None, at=at)
        count += 1
    return count


def erased_on(concern: Concern, days: int) -> date | None:
    """The day on which who raised it is erased; None while it is open."""
    return None if concern.decided_at is None else local_date(concern.decided_at) + timedelta(days=days)


def _held(session: Session, concern: Concern, by: User) -> Concern:
    concern = locked(session, concern)
    interests.check_none(session, by, concern.organisation_id, DEED)
    if not concern.is_open:
        raise Refusal("This concern has been settled already.")
    if concern.holder_id is None:
        raise Refusal("Take this concern before you work on it.")
    if concern.holder_id != by.id:
        raise Refusal(f"{concern.holder} has this concern. Only whoever has it can do this.")
    return concern


def _check_tells_nobody(concern: Concern, text: str, field: str) -> None:
    """Refuse words for the employer that hold the name or the address of whoever raised the concern."""
    said = text.casefold()
    if any(theirs.casefold() in said for theirs in _who_raised(concern)):
        raise Refusal(NAMES_THEM, field=field)


def _keep_out_of_notes(session: Session, concern: Concern, kind: str) -> None:
    """The same for what somebody adds to an email to the employer before it leaves."""
    rehearsal.keep_out(session, kind, _who_raised(concern), NAMES_THEM)


def _who_raised(concern: Concern) -> list[str]:
    return [theirs for theirs in (concern.email, concern.raised_by) if len(theirs) > 2]
