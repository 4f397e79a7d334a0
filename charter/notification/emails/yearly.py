"""Emails about the figures of a year."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def yearly_figures_due(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    due_on: date,
    days_left: int,
    begun: bool,
    yearly_return_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the figures of the year are due soon, due today, or were due. `begun`: somebody saved some."""
    when = (
        "were due" if days_left < 0 else "are due today" if days_left == 0 else f"are due by {due_on.day} {due_on:%B}"
    )
    tell(
        session,
        "yearly_figures_due",
        f"Your yearly figures {when}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        due_on=due_on,
        days_left=days_left,
        begun=begun,
        yearly_return_id=yearly_return_id,
    )


def yearly_figures_sent(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    period_end: date,
    declared_by: str,
    declared_role: str,
    yearly_return_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: we have the figures of the year, and who sent them."""
    tell(
        session,
        "yearly_figures_sent",
        f"We have received your yearly figures: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        period_end=period_end,
        declared_by=outbox.one_line(declared_by),
        declared_role=outbox.one_line(declared_role),
        yearly_return_id=yearly_return_id,
    )
