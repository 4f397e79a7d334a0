"""Who is signed in, where. A session is a row that can be ended; the cookie only holds its random token."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import SignInSession, User

REMEMBERED = timedelta(days=14)
"""How long a session that ended is known, so that a page left open over a holiday can be kept for its person."""


def hashed(token: str) -> str:
    """What is stored of a token: who reads the database cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(session: Session, user: User, *, at: datetime) -> str:
    """Sign `user` in and return the token (256 random bits) for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(SignInSession(token_hash=hashed(token), user_id=user.id, created_at=at, seen_at=at, ended_at=None))
    user.last_signed_in_at = at
    audit.record(session, "session:start", user, by=user.id, at=at)
    return token


_WITH_TOKEN = (  # made once, for every page of somebody signed in asks it
    sa.select(SignInSession)
    .where(SignInSession.token_hash == sa.bindparam("token_hash"))
    .options(joinedload(SignInSession.user).joinedload(User.memberships))
)


def find(session: Session, token: str) -> SignInSession | None:
    """The session with this token, ended or not, with its person and their memberships."""
    return session.scalars(_WITH_TOKEN, {"token_hash": hashed(token)}).unique().first()


def stands(found: SignInSession, *, at: datetime, idle: timedelta, longest: timedelta) -> bool:
    """Whether a session may still be used at a moment."""
    return (
        found.ended_at is None
        and found.user.disabled_at is None
        and at - found.seen_at < idle
        and at - found.created_at < longest
    )


def touch(session: Session, found: SignInSession, *, at: datetime) -> None:
    """Note that the session is in use."""
    session.execute(sa.update(SignInSession).where(SignInSession.id == found.id).values(seen_at=at))


def end(session: Session, found: SignInSession, *, at: datetime) -> None:
    """Sign out of one session."""
    found.ended_at = at
    audit.record(session, "session:end", found.user, by=found.user_id, at=at)


def open_of(
    session: Session, user: User, *, at: datetime, idle: timedelta, longest: timedelta
) -> Sequence[SignInSession]:
    """Where somebody is signed in at a moment, the one used last first (one query)."""
    return session.scalars(
        sa.select(SignInSession)
        .where(
            SignInSession.user_id == user.id,
            SignInSession.ended_at.is_(None),
            SignInSession.seen_at > at - idle,
            SignInSession.created_at > at - longest,
        )
        .order_by(SignInSession.seen_at.desc(), SignInSession.id)
    ).all()


def end_all(session: Session, user: User, *, at: datetime, keep: SignInSession | None = None) -> int:
    """Sign `user` out everywhere, but for the session in use: after a new password, or when an account is disabled.
    How many sessions ended."""
    ended = session.execute(
        sa.update(SignInSession)
        .where(SignInSession.user_id == user.id, SignInSession.ended_at.is_(None))
        .where(SignInSession.id != keep.id if keep else sa.true())
        .values(ended_at=at)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]
