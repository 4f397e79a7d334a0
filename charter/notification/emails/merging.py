"""Emails about employers that were merged."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def employers_merged(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    other_name: str,
    organisation_id: UUID,
    withdrawn: bool,
    joined: Sequence[tuple[str, str]],
    event_key: str,
    at: datetime,
) -> None:
    """To the owners of both: their employer was here twice and is one now. `withdrawn`: of two open assessments, one
    was withdrawn. `joined`: who is new in the team that stays, each with their part."""
    tell(
        session,
        "employers_merged",
        f"We merged two entries of your employer: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        other_name=outbox.one_line(other_name),
        organisation_id=organisation_id,
        withdrawn=withdrawn,
        joined=[(outbox.one_line(who), role) for who, role in joined],
    )
