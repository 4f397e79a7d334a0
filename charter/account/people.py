"""The scheme's staff: who joins, who leaves, and what each may do. Administrators' verbs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account import links, registering, sessions, two_factor
from charter.account.models import STAFF, LinkPurpose, Role, User
from charter.errors import Refusal


@dataclass(frozen=True)
class Invited:
    """Somebody new on the staff, and the token to mail them (`emails.staff_welcome`)."""

    user: User
    token: str


def invite_staff(session: Session, *, name: str, email: str, role: Role, by: User | None, at: datetime) -> Invited:
    """An account for somebody who works for the scheme. They choose a password by the link mailed to them.

    Refusal when the address has an account, or the role is an employer's.
    """
    if role not in STAFF:
        raise Refusal("Choose a role for staff.", field="role")
    if registering.find(session, email) is not None:
        raise Refusal("Somebody with this email address already has an account.", field="email")
    user = User(
        email=registering.normal_address(email),
        name=name,
        role=role,
        password_hash=None,
        created_at=at,
        email_confirmed_at=None,
        totp_secret=None,
        totp_confirmed_at=None,
        totp_last_step=None,
        last_signed_in_at=None,
        disabled_at=None,
    )
    session.add(user)
    session.flush()  # for its id
    audit.record(session, "user:invite", user, by=by.id if by else None, at=at, role=role.value)
    return Invited(user, welcome_link(session, user, at=at))


def welcome_link(session: Session, user: User, *, at: datetime) -> str:
    """The token of a link to choose a first password."""
    return links.create(session, user, LinkPurpose.RESET_PASSWORD, at=at, lasts=links.FIRST_PASSWORD_LASTS)


def disable(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Close an account: every session ends at once, no link works. Refusal for one's own or one already closed."""
    if user.id == by.id:
        raise Refusal("You cannot close your own account here. Ask another administrator.")
    if user.disabled_at is not None:
        raise Refusal("This account is already closed.")
    user.disabled_at = at
    sessions.end_all(session, user, at=at)
    links.end_all(session, user)
    audit.record(session, "user:disable", user, by=by.id, at=at)


def enable(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Open a closed account again; the person signs in as before. Refusal when it is open."""
    if user.disabled_at is None:
        raise Refusal("This account is open.")
    user.disabled_at = None
    audit.record(session, "user:enable", user, by=by.id, at=at)


def change_role(session: Session, user: User, role: Role, *, by: User, at: datetime) -> None:
    """Give somebody another role. They are signed out: the new role may ask for a second factor.

    Refusal for one's own role, so that the scheme never loses its last administrator by a slip.
    """
    if user.id == by.id:
        raise Refusal("You cannot change your own role. Ask another administrator.")
    if user.role is role:
        return
    before, user.role = user.role, role
    sessions.end_all(session, user, at=at)
    audit.record(session, "user:change-role", user, by=by.id, at=at, before=before.value, after=role.value)


def reset_second_factor(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Somebody lost their phone: they set up another when they next sign in. Refusal for one's own."""
    if user.id == by.id:
        raise Refusal("You cannot reset your own second factor here. Ask another administrator.")
    two_factor.off(session, user, by=by.id, at=at)
    sessions.end_all(session, user, at=at)
