"""Emails about evidence."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def evidence_turned_down(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    added_on: date,
    what: str,
    reason: str,
    supports: Iterable[str],
    organisation_id: UUID,
    evidence_id: UUID,
    recognition_id: UUID | None = None,
    needed: bool = True,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: a piece of evidence was removed for privacy, why, and where to give another.

    It repeats nothing that the piece said, not even its title. `supports` are what it was given for. Other proof of an
    award of another scheme (`recognition_id`) is given on that award's page. `needed` says that anything waits for it.
    """
    tell(
        session,
        "evidence_turned_down",
        f"{'Please give other evidence' if needed else 'We removed evidence for privacy'}: "
        f"{outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        added_on=added_on,
        what=what,
        reason=reason,
        supports=list(supports),
        recognition_id=recognition_id,
        needed=needed,
        organisation_id=organisation_id,
        evidence_id=evidence_id,
    )


def virus_found(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    title: str,
    filename: str,
    virus: str,
    criteria: Iterable[str],
    organisation_id: UUID,
    evidence_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: a file of theirs had a virus and was deleted, which one, and what to do next."""
    tell(
        session,
        "virus_found",
        f"A file had a virus: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        title=outbox.one_line(title),
        filename=outbox.one_line(filename),
        virus=outbox.one_line(virus),
        criteria=list(criteria),
        organisation_id=organisation_id,
        evidence_id=evidence_id,
    )


def evidence_ending(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    pieces: Iterable[tuple[str, date, UUID]],
    organisation_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: evidence that will soon be out of date, each with its last day and its page."""
    tell(
        session,
        "evidence_ending",
        f"Evidence to renew: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        pieces=[(outbox.one_line(title), ends_on, key) for title, ends_on, key in pieces],
        organisation_id=organisation_id,
    )
