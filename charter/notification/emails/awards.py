"""Emails about an award that an employer holds."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def award_revoked(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award no longer stands, why, and where they can appeal."""
    tell(
        session,
        "award_revoked",
        f"Your award has been withdrawn: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        reason=reason,
    )


def award_ends_soon(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    days_left: int,
    begun: bool,
    sent: bool,
    one_owner: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award ends soon, and what they can do. `begun` and `sent` are about the next assessment."""
    when = "tomorrow" if days_left == 1 else f"in {days_left} days"
    tell(
        session,
        "award_ends_soon",
        f"Your award ends {when}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        days_left=days_left,
        begun=begun,
        sent=sent,
        one_owner=one_owner,
    )


def award_last_day(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    begun: bool,
    sent: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: today is the last day of the award."""
    tell(
        session,
        "award_last_day",
        f"Your award ends today: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        begun=begun,
        sent=sent,
    )


def award_ended(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    begun: bool,
    sent: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award has ended, what that means, and that nothing they did is lost."""
    tell(
        session,
        "award_ended",
        f"Your award has ended: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        begun=begun,
        sent=sent,
    )
