"""Remind owners of the figures of a year: before their day, on it, and after it. Each is one email."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.award.verification import counts_on
from charter.award.yearly.models import YearlyReturn
from charter.award.yearly.queries import has_just_sent
from charter.framework.models import Framework
from charter.notification import emails
from charter.organisation import queries as organisations

TOO_LATE = timedelta(days=60)
"""So long after its day nobody is reminded any more: when the job did not run for so long, the news is stale."""


def remind(session: Session, on: date, at: datetime) -> int:
    """Send the reminders that are due on the day `on`; says how many returns they were about.

    Of several that are due, because days were missed, only the last is sent, and each once. Nothing of this changes an
    award: a late return is late, and no more.
    """
    waiting = _waiting(session, on, _marks(session))
    owners = organisations.owners(session, {due.organisation_id for due in waiting})
    reminded = 0
    for due in waiting:
        days_left = (due.due_on - on).days
        passed = [mark for mark in due.content.metric_rules.yearly_remind_days if days_left <= mark]
        if not passed or (due.reminded_days is not None and due.reminded_days <= min(passed)):
            continue
        due.reminded_days = min(passed)
        emails.yearly_figures_due(
            session,
            to=owners.get(due.organisation_id, []),
            organisation_name=due.organisation.name,
            level_title=due.content.level_title(due.level),
            due_on=due.due_on,
            days_left=days_left,
            begun=due.saved_at is not None,
            yearly_return_id=due.id,
            event_key=f"yearly-return:{due.id}:{min(passed)}",
            at=at,
        )
        reminded += 1
    return reminded


def _marks(session: Session) -> set[int]:
    """On how many days before the day any version of the charter reminds."""
    return {
        mark
        for framework in session.scalars(sa.select(Framework))
        for mark in framework.content.metric_rules.yearly_remind_days
    }


def _waiting(session: Session, on: date, marks: Collection[int]) -> Sequence[YearlyReturn]:
    """The returns that somebody may have to be reminded of, kept from another worker meanwhile."""
    not_told = [
        sa.and_(
            YearlyReturn.due_on <= on + timedelta(days=mark),
            sa.or_(YearlyReturn.reminded_days.is_(None), YearlyReturn.reminded_days > mark),
        )
        for mark in marks
    ]
    return session.scalars(
        sa.select(YearlyReturn)
        .join(YearlyReturn.award)
        .where(
            YearlyReturn.sent_at.is_(None),
            YearlyReturn.due_on >= on - TOO_LATE,
            sa.or_(sa.false(), *not_told),
            *counts_on(on),
            ~has_just_sent(),
        )
        .options(joinedload(YearlyReturn.organisation), joinedload(YearlyReturn.framework))
        .order_by(YearlyReturn.due_on, YearlyReturn.id)
        .with_for_update(of=YearlyReturn)
    ).all()
