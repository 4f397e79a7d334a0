"""How often somebody may guess. Tries are counted before they are judged; a right one forgets them.

Limits belong to an address from one network, so that a stranger's guesses do not lock the owner out; a looser limit
holds for the address from everywhere, and one for a network whatever it tries.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.account.models import SignInAttempt
from charter.errors import Refusal

WINDOW = timedelta(minutes=15)
PER_ADDRESS_AND_NETWORK = 10
PER_ADDRESS = 100
PER_NETWORK = 300
PER_CODE = 10
NUMBERS = 20
"""Company and charity numbers that one person may look up within `WINDOW`: enough for every slip of the hand, and too
few to find out who is here."""
LETTERS = 5
"""Emails that somebody who is not signed in may have us send to one address within `WINDOW`."""
CONCERNS = 5
"""Concerns that may come from one network within `WINDOW`."""
WAIT = "There were too many tries. Wait 15 minutes, then try again."


def network(remote: str | None) -> str:
    """Where a request came from: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    try:
        found = ip_address(remote or "")
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


def try_password(session: Session, *, email: str, network: str, at: datetime) -> tuple[UUID, ...]:
    """Count a try to sign in, before the password is looked at, and return what `forget_tries` wants to know.

    Refusal when there were too many.
    """
    return _count(session, _limits(email, network), at)


def forget_tries(session: Session, tried: tuple[UUID, ...], *, email: str, network: str) -> None:
    """The password was right: neither this try nor the earlier ones of this address from this network count."""
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.id.in_(tried)))
    _forget(session, _subject("both", email, network))


def forget_address(session: Session, *, email: str) -> None:
    """The owner chose a new password by email: no try at this address counts any more, wherever it came from."""
    _forget(session, _subject("address", email))


def try_code(session: Session, user_id: UUID, *, at: datetime) -> None:
    """Count a try at a second factor, before the code is looked at. Refusal when there were too many."""
    _count(session, {_subject("code", str(user_id)): PER_CODE}, at)


def forget_codes(session: Session, user_id: UUID) -> None:
    """The code was right."""
    _forget(session, _subject("code", str(user_id)))


def look_up_number(session: Session, user_id: UUID, *, at: datetime) -> None:
    """Count a look-up of an employer by a number, before it is looked up. Refusal when there were too many."""
    _count(session, {_subject("number", str(user_id)): NUMBERS}, at)


def may_write(session: Session, *, email: str, network: str, at: datetime) -> bool:
    """Count an email that a visitor asks us to send to `email`; False when it is one too many."""
    try:
        _count(session, {_subject("letter", email): LETTERS, _subject("letters", network): PER_NETWORK}, at)
    except Refusal:
        return False
    return True


def raise_concern(session: Session, *, network: str, at: datetime) -> None:
    """Count a concern that somebody raises. Refusal when there were too many from where they are."""
    try:
        _count(session, {_subject("concern", network): CONCERNS}, at)
    except Refusal:
        raise Refusal(
            "Too many concerns came from where you are. Wait 15 minutes, then send it again. What you typed is still "
            "here."
        ) from None


def _limits(email: str, network: str) -> dict[str, int]:
    return {
        _subject("both", email, network): PER_ADDRESS_AND_NETWORK,
        _subject("address", email): PER_ADDRESS,
        _subject("network", network): PER_NETWORK,
    }


def _subject(*parts: str) -> str:
    return hashlib.sha256("\n".join(part.strip().lower() for part in parts).encode()).hexdigest()


def _count(session: Session, limits: dict[str, int], at: datetime) -> tuple[UUID, ...]:
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at <= at - WINDOW))
    tried = session.execute(
        sa.select(SignInAttempt.subject_hash, sa.func.count())
        .where(SignInAttempt.subject_hash.in_(limits), SignInAttempt.at > at - WINDOW)
        .group_by(SignInAttempt.subject_hash)
    )
    if any(number >= limits[subject] for subject, number in tried):
        raise Refusal(WAIT)
    attempts = [SignInAttempt(id=uuid7(), subject_hash=subject, at=at) for subject in limits]
    session.add_all(attempts)
    return tuple(attempt.id for attempt in attempts)


def _forget(session: Session, subject: str) -> None:
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.subject_hash == subject))
