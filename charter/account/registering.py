"""How somebody from an employer comes to have an account, and proves that its address is theirs."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account import links, sessions
from charter.account.models import LinkPurpose, Role, SignInSession, User
from charter.errors import Refusal


@dataclass(frozen=True)
class SignUp:
    """What came of signing up: the person, and the token to mail them; none for somebody who had an account."""

    user: User
    token: str | None


def normal_address(email: str) -> str:
    """An email address as it is stored and looked up."""
    return email.strip().lower()


def find(session: Session, email: str) -> User | None:
    """The person with this email address."""
    return session.scalars(sa.select(User).where(User.email == normal_address(email))).first()


def sign_up(session: Session, *, name: str, email: str, password_hash: str, at: datetime) -> SignUp:
    """An account for whoever reads the mail of `email`, to be confirmed by the link whose token is returned.

    An account that was never confirmed is nobody's yet: signing up again replaces it, so that nobody can lay a
    password in wait under somebody else's address. A confirmed one stays as it is.
    """
    user = find(session, email)
    if user is None:
        user = User(
            email=normal_address(email),
            name=name,
            role=Role.EMPLOYER,
            password_hash=password_hash,
            created_at=at,
            email_confirmed_at=None,
            totp_secret=None,
            totp_confirmed_at=None,
            totp_last_step=None,
            last_signed_in_at=None,
            disabled_at=None,
        )
        session.add(user)
        session.flush()  # for its id, and to meet the constraint on addresses here
    elif user.email_confirmed_at is not None or user.disabled_at is not None or user.is_staff:
        return SignUp(user, None)
    else:
        user.name = name
        user.password_hash = password_hash
    audit.record(session, "user:sign-up", user, by=user.id, at=at)
    return SignUp(user, links.create(session, user, LinkPurpose.CONFIRM_EMAIL, at=at))


def confirm(session: Session, token: str, *, at: datetime) -> User:
    """The link was followed: the address is the person's. Refusal when the link has ended."""
    link = links.use(session, token, LinkPurpose.CONFIRM_EMAIL, LinkPurpose.CHANGE_EMAIL, at=at)
    user = link.user
    if link.address != user.email:
        if find(session, link.address) is not None:
            raise Refusal("Another account uses this email address.")
        user.email = link.address
        audit.record(session, "user:change-email", user, by=user.id, at=at)
    if user.email_confirmed_at is None:
        user.email_confirmed_at = at
        audit.record(session, "user:confirm-email", user, by=user.id, at=at)
    return user


def forgot(session: Session, email: str, *, at: datetime) -> SignUp | None:
    """Somebody forgot the password of `email`: the person and the token to mail; None when there is nobody."""
    user = find(session, email)
    if user is None or user.disabled_at is not None:
        return None
    audit.record(session, "user:forgot-password", user, by=None, at=at)
    return SignUp(user, links.create(session, user, LinkPurpose.RESET_PASSWORD, at=at))


def reset(session: Session, token: str, *, password_hash: str, at: datetime) -> User:
    """A new password by the mailed link, which also proves the address. Every session of the person ends.

    Refusal when the link has ended.
    """
    user = links.use(session, token, LinkPurpose.RESET_PASSWORD, at=at).user
    user.email_confirmed_at = user.email_confirmed_at or at
    change_password(session, user, password_hash=password_hash, at=at)
    return user


def change_password(
    session: Session,
    user: User,
    *,
    password_hash: str,
    at: datetime,
    keep: SignInSession | None = None,
) -> None:
    """A new password. Every session but the one in use ends, and no link mailed before works any more."""
    user.password_hash = password_hash
    links.end_all(session, user)
    sessions.end_all(session, user, at=at, keep=keep)
    audit.record(session, "user:change-password", user, by=user.id, at=at)


def rename(session: Session, user: User, *, name: str, at: datetime) -> None:
    """The person's name as colleagues and assessors see it."""
    if user.name != name:
        user.name = name
        audit.record(session, "user:rename", user, by=user.id, at=at)


def ask_to_change_email(session: Session, user: User, *, email: str, at: datetime) -> SignUp:
    """The link that proves the new address, to be mailed there; no token when that address has an account already."""
    taken = find(session, email)
    if taken is not None:
        return SignUp(taken, None)
    address = normal_address(email)
    return SignUp(user, links.create(session, user, LinkPurpose.CHANGE_EMAIL, at=at, address=address))
