"""Tell owners in time that their award comes to its end, and when it has."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award import renewal
from charter.award.models import Award
from charter.award.renewal import Ending
from charter.errors import Refusal
from charter.framework import publishing
from charter.notification import emails
from charter.organisation import queries as organisations

ENDED = -1
"""What `reminded_days` says of an award whose owners were told that it has ended."""
TOO_LATE = timedelta(days=30)
"""Of an award that ended longer ago nobody is told: when the job did not run for so long, the news is stale."""


def remind(session: Session, on: date, at: datetime) -> int:
    """Send the owners of each award the reminder that is due on the day `on`; says how many awards they were about.

    Of several that are due, because days were missed, only the one nearest to the end is sent. Each is sent once, also
    when this is done again the same day. Nobody is reminded of an award whose successor is there already, nor of one
    beside which another counts.
    """
    try:
        content = publishing.current(session).content
    except Refusal:  # before the first version is published there is nothing to remind of
        return 0
    reminded = 0
    for mark, awards in _due(session, content.renewal.remind_days, on=on):
        if not awards:
            continue
        owners = organisations.owners(session, {award.organisation_id for award in awards})
        open_ones = _open(session, awards)
        followed = _followed(session, awards) | _outranked(session, awards, on=on)
        for award in awards:
            before, award.reminded_days = award.reminded_days, mark
            found = renewal.ending(award, content, on=on)
            if found is None or award.id in followed:
                continue
            mine = owners.get(award.organisation_id, [])
            asked = before is not None and before <= content.renewal.owners_days
            one_owner = len(mine) == 1 and found.days_left <= content.renewal.owners_days and not asked
            _tell(session, found, mark, mine, open_ones, one_owner, at)
            reminded += 1
    return reminded


def _due(session: Session, remind_days: Sequence[int], *, on: date) -> list[tuple[int, Sequence[Award]]]:
    """The awards to remind of, by the mark they have passed: days before the end, 0 on the last day, then `ENDED`."""
    marks = sorted({*remind_days, 0, ENDED})
    found = []
    for nearer, mark in zip([None, *marks], marks, strict=False):
        first = on - TOO_LATE if nearer is None else on + timedelta(days=nearer + 1)
        query = (
            sa.select(Award)
            .where(
                Award.ends_on.between(first, on + timedelta(days=mark)),
                Award.ended_on.is_(None),
                sa.or_(Award.reminded_days.is_(None), Award.reminded_days > mark),
            )
            .options(joinedload(Award.organisation))
            .order_by(Award.id)
            .with_for_update(of=Award)  # so that two workers do not both send it
        )
        found.append((mark, session.scalars(query).all()))
    return found


def _tell(
    session: Session,
    found: Ending,
    mark: int,
    owners: Sequence[User],
    open_ones: dict[UUID, AssessmentStatus],
    one_owner: bool,
    at: datetime,
) -> None:
    award = found.award
    under_way = open_ones.get(award.organisation_id)
    about: dict[str, Any] = {
        "to": owners,
        "organisation_name": award.organisation.name,
        "organisation_id": award.organisation_id,
        "level_title": found.level.title,
        "next_title": found.next.title if found.next else None,
        "renewable": found.level.renewable,
        "ends_on": award.ends_on,
        "begun": under_way is not None,
        "sent": under_way is not None and under_way is not AssessmentStatus.DRAFT,
        "at": at,
    }
    if mark == ENDED:
        emails.award_ended(session, event_key=f"award:{award.id}:ended", **about)
    elif mark == 0:
        emails.award_last_day(session, event_key=f"award:{award.id}:last-day", **about)
    else:
        emails.award_ends_soon(
            session,
            days_left=found.days_left,
            one_owner=one_owner,
            event_key=f"award:{award.id}:ends:{mark}",
            **about,
        )


def _open(session: Session, awards: Sequence[Award]) -> dict[UUID, AssessmentStatus]:
    rows = session.execute(
        sa.select(Assessment.organisation_id, Assessment.status).where(
            Assessment.organisation_id.in_({award.organisation_id for award in awards}), Assessment.status.in_(OPEN)
        )
    )
    return {row.organisation_id: row.status for row in rows}


def _followed(session: Session, awards: Sequence[Award]) -> set[UUID]:
    """Those after which another award of the same employer goes on or begins."""
    later = aliased(Award)
    return set(
        session.scalars(
            sa.select(Award.id)
            .join(later, later.organisation_id == Award.organisation_id)
            .where(
                Award.id.in_([award.id for award in awards]),
                later.ended_on.is_(None),
                later.ends_on > Award.ends_on,
                # A lower one that a merge brought beside it does not go on from it.
                sa.or_(sa.not_(Award.beside_another), sa.not_(later.beside_another), later.level >= Award.level),
            )
        )
    )


def _outranked(session: Session, awards: Sequence[Award], *, on: date) -> frozenset[UUID]:
    """Those beside which another of the same employer counts (one query, or none unless employers were merged)."""
    merged = {award.organisation_id for award in awards if award.beside_another}
    if not merged:
        return frozenset()
    return renewal.outranked(session.scalars(sa.select(Award).where(Award.organisation_id.in_(merged))).all(), on=on)
