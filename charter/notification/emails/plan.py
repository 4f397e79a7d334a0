"""Emails about the improvement plan."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def actions_due(
    session: Session,
    *,
    to: User,
    soon: Iterable[tuple[str, str, date, str]],
    late: Iterable[tuple[str, str, date, str]],
    event_key: str,
    at: datetime,
) -> None:
    """To whoever does actions of a plan: those that are due soon, and those whose day is past, in one email.

    Each is an employer's name, what is to be done, its day and the path of the plan.
    """
    soon, late = list(soon), list(late)
    count = len(soon) + len(late)
    what = outbox.one_line((late + soon)[0][1]) if count == 1 else f"{count} actions"
    employers = {outbox.one_line(employer) for employer, *_ in (*late, *soon)}
    whose = f" ({employers.pop()})" if len(employers) == 1 else ""
    tell(
        session,
        "actions_due",
        f"{'Not done yet' if late and not soon else 'Due soon'}: {what}{whose}",
        to,
        event_key,
        at,
        soon=[(outbox.one_line(employer), outbox.one_line(title), day, path) for employer, title, day, path in soon],
        late=[(outbox.one_line(employer), outbox.one_line(title), day, path) for employer, title, day, path in late],
    )
