"""The scheme's staff: who joins, who leaves, and what each may do. Administrators' verbs."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account import links, registering, sessions, two_factor
from charter.account.models import STAFF, LinkPurpose, MailedLink, Role, User
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


def is_invited(user: User) -> bool:
    """Whether somebody on the staff has never chosen a password: they have not used the link we mailed."""
    return user.is_staff and user.password_hash is None and user.disabled_at is None


def invitation(session: Session, user: User) -> MailedLink | None:
    """The newest link by which somebody invited can choose a password, dead or not (one query)."""
    return session.scalars(
        sa.select(MailedLink)
        .where(MailedLink.user_id == user.id, MailedLink.purpose == LinkPurpose.RESET_PASSWORD)
        .order_by(MailedLink.expires_at.desc(), MailedLink.id.desc())
        .limit(1)
    ).first()


def invite_again(session: Session, user: User, *, seen: str, by: User, at: datetime) -> str:
    """A new link for somebody who never used theirs, as its token (`emails.staff_welcome`); the earlier one ends.

    `seen` is the id of the link that the page showed, empty for none. Refusal when they have a password by now, the
    account is closed, or somebody sent another meanwhile: the same form sent twice sends one.
    """
    _hold(session, user, by)
    if not is_invited(user):
        raise Refusal("They have chosen a password, or their account is closed, so no invitation is needed.")
    last = invitation(session, user)
    if seen != (str(last.id) if last else ""):
        raise Refusal("An invitation was sent again while this page was open. Nothing more was sent.")
    audit.record(session, "user:invite-again", user, by=by.id, at=at)
    return welcome_link(session, user, at=at)


def disable(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Close an account: every session ends at once, no link works. What its person has in hand is not handed back
    here: see `charter.staffing`.

    Refusal for one's own, one already closed, and the last administrator's.
    """
    if user.id == by.id:
        raise Refusal("You cannot close your own account here. Ask another administrator.")
    _hold(session, user, by)
    if user.disabled_at is not None:
        raise Refusal("This account is already closed.")
    user.disabled_at = at
    sessions.end_all(session, user, at=at)
    links.end_all(session, user)
    audit.record(session, "user:disable", user, by=by.id, at=at)


def enable(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Open a closed account again; the person signs in as before. Refusal when it is open."""
    _hold(session, user, by)
    if user.disabled_at is None:
        raise Refusal("This account is open.")
    user.disabled_at = None
    audit.record(session, "user:enable", user, by=by.id, at=at)


def change_role(session: Session, user: User, role: Role, *, by: User, at: datetime) -> None:
    """Give somebody another role. They are signed out: the new role may ask for a second factor. What they have in
    hand is not handed back here: see `charter.staffing`.

    Refusal for one's own role, and the last administrator's.
    """
    if user.id == by.id:
        raise Refusal("You cannot change your own role. Ask another administrator.")
    _hold(session, user, by)
    if user.role is role:
        return
    before, user.role = user.role, role
    sessions.end_all(session, user, at=at)
    audit.record(session, "user:change-role", user, by=by.id, at=at, before=before.value, after=role.value)


def reset_second_factor(session: Session, user: User, *, by: User, at: datetime) -> None:
    """Somebody lost their phone: they set up another when they next sign in. Refusal for one's own."""
    if user.id == by.id:
        raise Refusal("You cannot reset your own second factor here. Ask another administrator.")
    _hold(session, user, by)
    if user.totp_secret is None:
        raise Refusal("They have no second factor. They set one up when they next sign in.")
    two_factor.off(session, user, by=by.id, at=at)
    sessions.end_all(session, user, at=at)


def end_sessions(session: Session, user: User, *, by: User, at: datetime) -> int:
    """Sign somebody out everywhere; how many sessions ended. Refusal for one's own, which have a page of their own."""
    if user.id == by.id:
        raise Refusal("This signs you out too. Use your own account page to sign out everywhere else.")
    _hold(session, user, by)
    ended = sessions.end_all(session, user, at=at)
    if ended:
        audit.record(session, "session:end-all", user, by=by.id, at=at, sessions=ended)
    return ended


def _hold(session: Session, user: User, by: User) -> None:
    """Hold every administrator and `user`, as they are now, until the transaction ends.

    Of two administrators who close each other in one moment the second waits here, and is refused: whoever acts is an
    administrator whose account is open. So one stays, for nobody can do these things to themselves.
    """
    standing = sa.select(User.id).where(User.role == Role.ADMINISTRATOR, User.disabled_at.is_(None)).order_by(User.id)
    open_now = session.scalars(standing.with_for_update(key_share=True)).all()
    if by.id not in open_now:
        raise Refusal("You are not an administrator any more, so nothing was done.")
    session.execute(sa.select(User.id).where(User.id == user.id).with_for_update(key_share=True))
    session.refresh(user)
