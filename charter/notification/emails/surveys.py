"""Emails about a staff survey."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def survey_closed(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    survey_title: str,
    enough: bool,
    survey_path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an employer's owners: the last day of their staff survey is past, and whether there are results to read."""
    tell(
        session,
        "survey_closed",
        f"Your staff survey is closed: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        survey_title=outbox.one_line(survey_title),
        enough=enough,
        survey_path=survey_path,
    )
