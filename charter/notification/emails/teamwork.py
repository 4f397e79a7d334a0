"""Emails among an employer's own people: what is whose, what was said, who left.

They never hold the words of a comment: those are for the team, and an email can be read by others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell

NAMED = 10
"""So many tasks are named in one email; of the rest it says how many there are."""


def tasks_given(
    session: Session,
    *,
    to: User,
    given_by: str,
    organisation_name: str,
    titles: Sequence[str],
    path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To somebody whom a colleague gave tasks of the assessment, all of one save in one email."""
    count = len(titles)
    what = outbox.one_line(titles[0]) if count == 1 else f"{count} questions"
    tell(
        session,
        "tasks_given",
        f"For you to answer: {what}",
        to,
        event_key,
        at,
        given_by=outbox.one_line(given_by),
        organisation_name=outbox.one_line(organisation_name),
        titles=[outbox.one_line(title) for title in titles[:NAMED]],
        more=max(0, count - NAMED),
        path=path,
    )


def comment_added(
    session: Session,
    *,
    to: Iterable[User],
    said_by: str,
    organisation_name: str,
    criterion_title: str,
    path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To whose criterion it is, and to those who said something about it before."""
    tell(
        session,
        "comment_added",
        f"New comment: {outbox.one_line(criterion_title)}",
        to,
        event_key,
        at,
        said_by=outbox.one_line(said_by),
        organisation_name=outbox.one_line(organisation_name),
        criterion_title=outbox.one_line(criterion_title),
        path=path,
    )


def member_left(
    session: Session,
    *,
    to: Iterable[User],
    who: str,
    organisation_name: str,
    tasks: int,
    actions: int,
    path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners, when somebody left the team: what is nobody's now."""
    tell(
        session,
        "member_left",
        f"{outbox.one_line(who)} left the team of {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        who=outbox.one_line(who),
        organisation_name=outbox.one_line(organisation_name),
        tasks=tasks,
        actions=actions,
        path=path,
    )


def member_removed(
    session: Session, *, to: User, by: str, organisation_name: str, event_key: str, at: datetime
) -> None:
    """To somebody whom an owner took out of the team."""
    tell(
        session,
        "member_removed",
        f"You are no longer in the team of {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        by=outbox.one_line(by),
        organisation_name=outbox.one_line(organisation_name),
    )
