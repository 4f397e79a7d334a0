"""Emails about a senior person's approval of an assessment."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def sign_off_asked(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    asked_by: str,
    level_title: str,
    token: str,
    expires_on: date,
    again: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To a senior person: read what is to be sent and approve it, by a link. `again` when it reminds them."""
    tell(
        session,
        "sign_off_asked",
        f"{'Reminder: please' if again else 'Please'} approve the answers of {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        asked_by=outbox.one_line(asked_by),
        level_title=level_title,
        token=token,
        expires_on=expires_on,
        again=again,
    )


def sign_off_decided(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    who: str,
    signed_as: str,
    asked_of: str,
    approved: bool,
    words: str,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To an employer's owners: the senior person approved the answers, or sent them back with these words.

    `signed_as` is the name that was typed, when it is not that of the person `asked_of`; else empty.
    """
    deed = "approved" if approved else "sent back"
    tell(
        session,
        "sign_off_decided",
        f"Your answers are {deed}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        who=outbox.one_line(who),
        signed_as=outbox.one_line(signed_as),
        asked_of=outbox.one_line(asked_of),
        approved=approved,
        words=words,
        assessment_id=assessment_id,
    )


def sign_off_copy(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    level_title: str,
    who: str,
    decided_on: date,
    event_key: str,
    at: datetime,
) -> None:
    """To the senior person who approved: what they approved and when, to keep. It holds no link."""
    tell(
        session,
        "sign_off_copy",
        f"You approved the answers of {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        who=outbox.one_line(who),
        decided_on=decided_on,
    )
