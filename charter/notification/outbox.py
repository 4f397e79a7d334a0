"""Messages are written here by whoever changes something, and taken from here by whoever sends them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification.models import Message, MessageStatus

CLAIM_LASTS = timedelta(minutes=5)
"""How long one sender keeps a message to itself; after that another may try, for the first has probably died."""
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)

PORTAL, SCHEME = "[portal]", "[scheme]"
"""Stand in messages for the portal's address and the scheme's name, which only the sender and the panel know."""
_SECRET = re.compile(
    r"(\[portal\]/(?:confirm-email|reset-password|invitations|sign-off|claims/still-here|claims/my-mailbox)/)[\w-]+"
)


def filled(text: str, *, base_url: str, scheme_name: str) -> str:
    """A subject or body with the portal's address and the scheme's name in their places."""
    return text.replace(PORTAL, base_url).replace(SCHEME, scheme_name)


def without_links(body: str) -> str:
    """A body whose single-use links are hidden: whoever reads it cannot use them in the recipient's place."""
    return _SECRET.sub(r"\1(hidden)", body)


def enqueue(
    session: Session, kind: str, *, to: User | str, subject: str, body: str, event_key: str, at: datetime
) -> Message | None:
    """Write a message to go out once the transaction is kept; None when this event was told before.

    `to` is a person or a bare address. `event_key` names the event and the recipient. A line break in the subject
    becomes a space, so that what people type can never become a header.
    """
    already = session.scalars(sa.select(Message.id).where(Message.event_key == event_key)).first()
    if already is not None:
        return None
    message = Message(
        event_key=event_key,
        kind=kind,
        to_address=to.email if isinstance(to, User) else to,
        to_user_id=to.id if isinstance(to, User) else None,
        subject=one_line(subject)[:200],
        body=body.replace("\x00", ""),  # PostgreSQL stores none
        status=MessageStatus.WAITING,
        written_at=at,
        not_before=at,
        claimed_until=None,
        attempts=0,
        sent_at=None,
        last_error="",
    )
    try:
        with session.begin_nested():  # two requests may tell the same event at the same moment: the constraint decides
            session.add(message)
    except sa.exc.IntegrityError:
        return None
    return message


def reword(session: Session, *, naming: str, words: Mapping[str, str]) -> None:
    """Put other words in the place of some in every message whose body holds `naming`, whether or not it has left."""
    for message in session.scalars(sa.select(Message).where(Message.body.contains(naming, autoescape=True))):
        for old, new in words.items():
            message.body = message.body.replace(old, new)


def one_line(text: str) -> str:
    """`text` without control characters, its runs of white space made single spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def claim(session: Session, *, at: datetime, limit: int = 20) -> Sequence[Message]:
    """The oldest messages that are due, kept from other senders for `CLAIM_LASTS`. Commit before sending them."""
    due = session.scalars(
        sa.select(Message)
        .where(Message.status == MessageStatus.WAITING, Message.not_before <= at)
        .where(sa.or_(Message.claimed_until.is_(None), Message.claimed_until <= at))
        .order_by(Message.not_before, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for message in due:
        message.claimed_until = at + CLAIM_LASTS
        message.attempts += 1  # counted before the try: one that kills its sender must not be tried for ever
    return due


def mark_sent(message: Message, *, at: datetime, keep_links: bool = False) -> None:
    """The message left. Its single-use links are hidden from then on, unless `keep_links` (for a demo)."""
    if not keep_links:
        message.body = without_links(message.body)
    message.status = MessageStatus.SENT
    message.sent_at = at
    message.claimed_until = None
    message.last_error = ""


def mark_failed(message: Message, *, error: str, at: datetime, for_good: bool = False) -> None:
    """The message did not leave: try again later, each time after twice as long, and give up after `MAX_ATTEMPTS`."""
    message.claimed_until = None
    message.last_error = one_line(error)[:300]
    if for_good or message.attempts >= MAX_ATTEMPTS:
        message.status = MessageStatus.FAILED
    else:
        message.not_before = at + min(FIRST_WAIT * 2 ** (message.attempts - 1), LONGEST_WAIT)
