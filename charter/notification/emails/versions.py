"""Emails about versions of the charter."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell, words


def version_closes(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    assessment_id: UUID,
    version: str,
    newest: str,
    changes: Iterable[str],
    until: date,
    days_left: int | None,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: until when their answers may be sent on the version that they are on. `days_left` when it is a
    reminder, none when it is the news."""
    when = "" if days_left is None else "today" if not days_left else f"in {days_left} day{'s' * (days_left > 1)}"
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "version_closes",
        f"Send your answers, or move them: {name}" if when else _news(name),
        to,
        event_key,
        at,
        organisation_name=name,
        assessment_id=assessment_id,
        version=version,
        newest=newest,
        changes=list(changes),
        until=until,
        when=when,
    )


def version_closes_ahead(*, version: str, newest: str, changes: Iterable[str], until: date) -> tuple[str, str]:
    """The subject and the words of that news, for whoever sets the day: what differs from owner to owner is left open.

    It goes to many, and the worker sends it, so it is not among what is read right before it leaves.
    """
    employer = "(the employer’s name)"
    body = words(
        "version_closes",
        name="(the name of each)",
        organisation_name=employer,
        assessment_id="(theirs)",
        version=version,
        newest=newest,
        changes=list(changes),
        until=until,
        when="",
    )
    return _news(employer), body


def _news(name: str) -> str:
    return f"There is a newer version of the charter: {name}"
