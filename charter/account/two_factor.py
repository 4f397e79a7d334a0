"""The second factor: a code from an app on the person's phone (TOTP, RFC 6238), each usable once."""

from datetime import datetime
from uuid import UUID

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal

STEP = 30
DRIFT = 1
"""Steps a phone's clock may be off, either way."""
WRONG = "That code is not right. Wait for the next one in your app and type it."


def needed(user: User) -> bool:
    """Whether the person signs in with a second factor: all staff, and whoever switched it on."""
    return user.is_staff or user.totp_confirmed_at is not None


def enrolled(user: User) -> bool:
    """Whether the person has proved that their app gives the right codes."""
    return user.totp_confirmed_at is not None


def begin(session: Session, user: User, *, at: datetime) -> str:
    """The secret to put into the app: a new one, or the one that waits to be confirmed.

    Refusal when the second factor is on: it is switched off first.
    """
    if enrolled(user):
        raise Refusal("You already use an app for codes.")
    if user.totp_secret is None:
        user.totp_secret = pyotp.random_base32()
        audit.record(session, "second-factor:begin", user, by=user.id, at=at)
    return user.totp_secret


def provisioning_uri(user: User, *, issuer: str) -> str:
    """What the QR code says: the secret, for whom, and from whom."""
    assert user.totp_secret is not None
    uri: str = pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name=issuer)
    return uri


def confirm(session: Session, user: User, code: str, *, at: datetime) -> None:
    """Switch the second factor on. Refusal when the code does not fit the secret."""
    if enrolled(user):
        raise Refusal("You already use an app for codes.")
    if not check(session, user, code, at=at):
        raise Refusal(WRONG, field="code")
    user.totp_confirmed_at = at
    audit.record(session, "second-factor:on", user, by=user.id, at=at)


def check(session: Session, user: User, code: str, *, at: datetime) -> bool:
    """Whether `code` is right now, and uses it up: the same code, or an earlier one, never works again."""
    step = _step(user.totp_secret, code, at)
    if step is None:
        return False
    taken = session.execute(
        sa.update(User)
        .where(User.id == user.id, sa.or_(User.totp_last_step.is_(None), User.totp_last_step < step))
        .values(totp_last_step=step)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def off(session: Session, user: User, *, by: UUID, at: datetime) -> None:
    """Switch the second factor off: by the person, or by an administrator when the phone is lost."""
    user.totp_secret = None
    user.totp_confirmed_at = None
    user.totp_last_step = None
    audit.record(session, "second-factor:off", user, by=by, at=at)


def _step(secret: str | None, code: str, at: datetime) -> int | None:
    typed = "".join(code.split())
    if secret is None or len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return None
    totp = pyotp.TOTP(secret)
    current = int(at.timestamp()) // STEP
    for step in range(current - DRIFT, current + DRIFT + 1):
        if pyotp.utils.strings_equal(typed, totp.generate_otp(step)):
            return step
    return None
