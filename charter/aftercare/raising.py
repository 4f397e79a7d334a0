"""Somebody of the public tells the scheme that something is not right at an employer."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account import throttle
from charter.aftercare import words
from charter.aftercare.models import Concern
from charter.aftercare.status import ConcernStatus
from charter.award.models import Award
from charter.errors import Refusal
from charter.notification import emails

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and figures that are not taken for each other: no 0, 1, I, L or O."""
LENGTH, GROUP = 12, 4
"""59 bits: a reference shows how a concern went, and nothing that was written in it."""
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


@dataclass(frozen=True)
class Told:
    """What somebody tells the scheme. The name and the address may be empty."""

    what: str
    happened: str
    known_by: str
    name: str = ""
    email: str = ""


def raise_concern(session: Session, award: Award, told: Told, *, sent_as: str, network: str, at: datetime) -> Concern:
    """Keep a concern about the employer that holds this award, and acknowledge it when an address was given.

    `sent_as` names the page it was sent from: the same page sent twice makes one concern. `network` is where it came
    from, and is kept only as a hash for some minutes. Raises `Refusal` on "what", "happened", "known_by", "name" or
    "email", and when there were too many from one place.
    """
    found = session.scalars(sa.select(Concern).where(Concern.sent_as == sent_as)).first()
    if found is not None:
        return found
    what = words.needed(told.what, "Tell us what is not right.", "what")
    happened = words.at_most(told.happened, "happened", words.SHORT)
    known_by = words.needed(told.known_by, "Tell us how you know.", "known_by")
    name, email = words.at_most(told.name, "name", 120), told.email.strip()
    if email and (len(email) > 254 or not EMAIL.fullmatch(email)):
        raise Refusal("Enter an email address such as name@example.org, or leave it empty.", field="email")
    links = words.links(what, happened, known_by, name)
    if links > words.LINKS:
        raise Refusal(
            f"There are {links} links in what you wrote, and we take {words.LINKS}. Take some out, and tell us in "
            "words what is behind them.",
            field="what",
        )
    throttle.raise_concern(session, network=network, at=at)
    concern = Concern(
        organisation_id=award.organisation_id,
        certificate=award.number,
        reference=_reference(),
        status=ConcernStatus.NEW,
        what=what,
        happened=happened,
        known_by=known_by,
        links=links,
        raised_by=name,
        email=email,
        raised_at=at,
        sent_as=sent_as,
        forgotten_at=None,
        holder_id=None,
        asked_at=None,
        asked_by_id=None,
        answer_by=None,
        answered_at=None,
        answered_by_id=None,
        decided_at=None,
        decided_by_id=None,
    )
    session.add(concern)
    audit.record(session, "concern:raise", concern, by=None, at=at, certificate=award.number)
    if email and throttle.may_write(session, email=email, network=network, at=at):
        emails.concern_received(
            session,
            to=email,
            organisation_name=award.name,
            reference=concern.reference,
            event_key=f"concern:{concern.reference}",
            at=at,
        )
    return concern


def by_reference(session: Session, typed: str) -> Concern | None:
    """The concern with this reference, however it was typed; None when there is none."""
    letters = "".join(letter for letter in typed[:40].upper() if letter.isalnum())
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        return None
    return session.scalars(sa.select(Concern).where(Concern.reference == _grouped(letters))).first()


def _reference() -> str:
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))
