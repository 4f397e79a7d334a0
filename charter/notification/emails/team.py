"""Emails about who belongs to an employer."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from charter.notification import outbox
from charter.notification.emails.sending import tell


def invitation_to_employer(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    invited_by: str,
    token: str,
    expires_on: date,
    event_key: str,
    at: datetime,
) -> None:
    """To somebody a colleague asked to help with their employer's charter."""
    tell(
        session,
        "invitation_to_employer",
        f"Join {outbox.one_line(organisation_name)} on the {outbox.SCHEME}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        invited_by=outbox.one_line(invited_by),
        token=token,
        expires_on=expires_on,
    )
