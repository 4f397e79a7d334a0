"""Emails about an account."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def confirm_email(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who signed up: the link that proves the address is theirs.

    It repeats nothing that was typed: the address may be that of somebody who never asked.
    """
    tell(session, "confirm_email", f"Confirm your email: {outbox.SCHEME}", to, event_key, at, token=token)


def already_registered(session: Session, *, to: User, event_key: str, at: datetime) -> None:
    """To somebody whose address was used to sign up again: you have an account."""
    tell(session, "already_registered", f"You already have an account: {outbox.SCHEME}", to, event_key, at)


def reset_password(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who forgot their password: the link to choose another."""
    tell(session, "reset_password", f"Choose a new password: {outbox.SCHEME}", to, event_key, at, token=token)


def password_changed(session: Session, *, to: User, event_key: str, at: datetime) -> None:
    """To somebody whose password was changed, so that they know if it was not them."""
    tell(session, "password_changed", f"Your password was changed: {outbox.SCHEME}", to, event_key, at)


def change_email(session: Session, *, to: str, token: str, event_key: str, at: datetime) -> None:
    """To the address somebody wants to use from now on: the link that proves it is theirs."""
    tell(session, "change_email", f"Confirm your new email: {outbox.SCHEME}", to, event_key, at, token=token)


def email_changed(session: Session, *, to: str, event_key: str, at: datetime) -> None:
    """To the address somebody used until now, so that they know if it was not them."""
    tell(session, "email_changed", f"Your email address was changed: {outbox.SCHEME}", to, event_key, at)


def staff_welcome(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who joins the scheme's staff: the link to choose their first password."""
    subject = f"Your account: {outbox.SCHEME}"
    tell(session, "staff_welcome", subject, to, event_key, at, token=token, role=to.role.label.lower())
