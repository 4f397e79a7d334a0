"""Emails about the directory of services."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def programme_asked_for(
    session: Session,
    *,
    to: str,
    has_contact: bool,
    programme_name: str,
    programme_code: str,
    organisation_name: str,
    county_title: str,
    size_title: str,
    asked_by: str,
    reply_to: str,
    message: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the contact of a programme, or to the scheme when it has none: who asks for it, and whom to answer."""
    tell(
        session,
        "programme_asked_for",
        f"{outbox.one_line(organisation_name)} asks for {outbox.one_line(programme_name)}",
        to,
        event_key,
        at,
        has_contact=has_contact,
        programme_name=outbox.one_line(programme_name),
        programme_code=programme_code,
        organisation_name=outbox.one_line(organisation_name),
        county_title=county_title,
        size_title=size_title,
        asked_by=outbox.one_line(asked_by),
        reply_to=reply_to,
        message=message,
    )


def programme_request_sent(
    session: Session,
    *,
    to: User,
    has_contact: bool,
    programme_name: str,
    programme_code: str,
    how_to_start: str,
    organisation_name: str,
    message: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the person who asked for a programme: what went to whom, and what else they can do."""
    tell(
        session,
        "programme_request_sent",
        f"You asked for {outbox.one_line(programme_name)}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        has_contact=has_contact,
        programme_name=outbox.one_line(programme_name),
        programme_code=programme_code,
        how_to_start=how_to_start,
        organisation_name=outbox.one_line(organisation_name),
        message=message,
    )
