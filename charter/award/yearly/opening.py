"""Ask employers for the figures of a year in good time before the anniversary of their award."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from charter import audit
from charter.assessment.models import Assessment
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award.issuing import last_day
from charter.award.models import Award
from charter.award.verification import counts_on
from charter.award.yearly.models import YearlyReturn
from charter.framework.models import Framework

LATE = timedelta(days=60)
"""When the job did not run for so long, nobody is asked for that year any more."""
WITH_US = OPEN - {AssessmentStatus.DRAFT}
"""Whoever has sent an assessment has just given figures, and is not asked for them again."""
SLACK = timedelta(days=3)


def anniversary(first: date, years: int) -> date:
    """The day so many years after `first`; for 29 February the first of March of a year that has none."""
    return last_day(first, 12 * years) + timedelta(days=1)


def due_days(award: Award) -> tuple[date, ...]:
    """The anniversaries of an award on which it is still held if nobody ends it."""
    days: list[date] = []
    while (day := anniversary(award.starts_on, len(days) + 1)) <= award.ends_on:
        days.append(day)
    return tuple(days)


def open_due(session: Session, on: date, at: datetime) -> int:
    """Open the returns whose time has come, each once; says how many.

    Only awards that count on the day `on`, of a level that asks for figures. An employer whose next assessment is with
    the scheme is not asked until that is decided.
    """
    opened = 0
    for framework in session.scalars(sa.select(Framework).order_by(Framework.published_at)):
        content = framework.content
        levels = [level for level in content.levels if content.asks_for_figures(level.rank)]
        if not levels:
            continue
        opens = on + timedelta(days=content.metric_rules.yearly_opens_days)
        longest = max(level.valid_months for level in levels) // 12
        for award in _awards(session, framework, [level.rank for level in levels], opens, longest, on):
            day = next((day for day in due_days(award) if on - LATE <= day <= opens), None)
            if day is not None:
                opened += _open(session, award, day, at)
    return opened


def _open(session: Session, award: Award, day: date, at: datetime) -> bool:
    due = YearlyReturn(
        organisation_id=award.organisation_id,
        award_id=award.id,
        framework_id=award.framework_id,
        level=award.level,
        due_on=day,
        opened_at=at,
        reminded_days=None,
        period_end=None,
        saved_at=None,
        saved_by_id=None,
        sent_at=None,
        sent_by_id=None,
    )
    try:
        with session.begin_nested():  # when another worker opens it at this moment, the constraint says so
            session.add(due)
    except IntegrityError:
        return False
    audit.record(session, "yearly-return:open", due, by=None, at=at, due_on=day.isoformat(), level=award.level)
    return True


def _awards(
    session: Session, framework: Framework, ranks: Iterable[int], opens: date, longest: int, on: date
) -> list[Award]:
    """The awards that may have an anniversary soon and no return for it yet, kept from another worker meanwhile."""
    began = [
        Award.starts_on.between(_years_before(on - LATE, years) - SLACK, _years_before(opens, years) + SLACK)
        for years in range(1, longest + 1)
    ]
    if not began:
        return []
    there = sa.exists().where(YearlyReturn.award_id == Award.id, YearlyReturn.due_on.between(on - LATE, opens))
    sent = sa.exists().where(Assessment.organisation_id == Award.organisation_id, Assessment.status.in_(WITH_US))
    return list(
        session.scalars(
            sa.select(Award)
            .where(Award.framework_id == framework.id, Award.level.in_(list(ranks)), sa.or_(*began))
            .where(*counts_on(on), ~there, ~sent)
            .order_by(Award.id)
            .with_for_update(of=Award)
        )
    )


def _years_before(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, 28))
