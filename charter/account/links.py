"""Single-use links that prove somebody reads the mail of an address."""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import LinkPurpose, MailedLink, User
from charter.account.sessions import hashed
from charter.errors import Refusal

LASTS = {
    LinkPurpose.CONFIRM_EMAIL: timedelta(hours=24),
    LinkPurpose.CHANGE_EMAIL: timedelta(hours=24),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=1),
}
FIRST_PASSWORD_LASTS = timedelta(hours=24)
"""New staff did not ask for their link at that moment, so it waits for them longer."""
ENDED = "This link has been used or is too old. Ask for a new one."


def create(
    session: Session,
    user: User,
    purpose: LinkPurpose,
    *,
    at: datetime,
    address: str | None = None,
    lasts: timedelta | None = None,
) -> str:
    """A new link for `user`, as its token (256 random bits); earlier ones of the same purpose stop working.

    `address` is where it is mailed to, the person's own unless given.
    """
    session.execute(sa.delete(MailedLink).where(MailedLink.user_id == user.id, MailedLink.purpose == purpose))
    token = secrets.token_urlsafe(32)
    session.add(
        MailedLink(
            token_hash=hashed(token),
            user_id=user.id,
            purpose=purpose,
            address=address or user.email,
            expires_at=at + (lasts or LASTS[purpose]),
            used_at=None,
        )
    )
    return token


def find(session: Session, token: str, *purposes: LinkPurpose, at: datetime) -> MailedLink:
    """The link with this token, without using it. Refusal when it is not for this, too old, or used."""
    link = session.scalars(
        sa.select(MailedLink)
        .where(MailedLink.token_hash == hashed(token), MailedLink.purpose.in_(purposes))
        .options(joinedload(MailedLink.user))
    ).first()
    if link is None or link.used_at is not None or link.expires_at <= at or link.user.disabled_at is not None:
        raise Refusal(ENDED)
    return link


def use(session: Session, token: str, *purposes: LinkPurpose, at: datetime) -> MailedLink:
    """Use the link up, and return it with its person. Refusal as `find`; of two at once, one is refused."""
    link = find(session, token, *purposes, at=at)
    taken = session.execute(
        sa.update(MailedLink).where(MailedLink.id == link.id, MailedLink.used_at.is_(None)).values(used_at=at)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise Refusal(ENDED)
    return link


def end_all(session: Session, user: User) -> None:
    """No link mailed to `user` works from now on."""
    session.execute(sa.delete(MailedLink).where(MailedLink.user_id == user.id))
