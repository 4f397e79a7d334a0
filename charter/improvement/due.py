"""Whoever does an action is reminded before its day, and on the day after when it is not done. A day has one email."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import User
from charter.improvement.actions import BEFORE
from charter.improvement.models import Action, ActionStatus
from charter.notification import emails
from charter.notification.models import Message
from charter.organisation.models import MemberRole, Membership

MOST = 500
"""So many actions at a time; the rest are told the next hour."""


def remind(session: Session, on: date, at: datetime) -> int:
    """Tell people of the actions that are due within 14 days, and of those whose day is past; says how many emails.

    Each date of an action is told of once before and once after. Who does it is told, while they belong to the
    employer; else all its owners. One person gets one email a day with everything in it: what comes up later that day
    waits for the next.
    """
    waiting = _waiting(session, on)
    if not waiting:
        return 0
    people = _people(session, waiting)
    told_today = _told_on(session, on, (one for found in people.values() for one in found))
    mails: dict[UUID, tuple[User, list[Action]]] = {}
    for action in waiting:
        to = [one for one in people.get(action.id, ()) if one.id not in told_today]
        for person in to:
            mails.setdefault(person.id, (person, []))[1].append(action)
        if to or not people.get(action.id):
            if action.due_on is not None and action.due_on < on:
                action.overdue_told_for = action.due_on
            action.reminded_for = action.due_on
    for person, actions in mails.values():
        emails.actions_due(
            session,
            to=person,
            soon=_lines(action for action in actions if not action.is_overdue(on)),
            late=_lines(action for action in actions if action.is_overdue(on)),
            event_key=_key(on),
            at=at,
        )
    return len(mails)


def _waiting(session: Session, on: date) -> Sequence[Action]:
    """The actions that somebody is to be told of now, the earliest first; kept from another worker meanwhile."""
    soon = sa.and_(
        Action.due_on >= on, Action.due_on <= on + BEFORE, Action.reminded_for.is_distinct_from(Action.due_on)
    )
    late = sa.and_(Action.due_on < on, Action.overdue_told_for.is_distinct_from(Action.due_on))
    return session.scalars(
        sa.select(Action)
        .where(Action.status == ActionStatus.TO_DO, sa.or_(soon, late))
        .options(joinedload(Action.organisation))
        .order_by(Action.due_on, Action.id)
        .limit(MOST)
        .with_for_update(of=Action, skip_locked=True)
    ).all()


def _people(session: Session, actions: Sequence[Action]) -> dict[UUID, list[User]]:
    """For each action, by id, who is told (one query)."""
    members: dict[UUID, list[Membership]] = {}
    for one in session.scalars(
        sa.select(Membership)
        .where(Membership.organisation_id.in_({action.organisation_id for action in actions}))
        .options(joinedload(Membership.user))
        .order_by(Membership.id)
    ):
        if one.user.disabled_at is None:
            members.setdefault(one.organisation_id, []).append(one)
    found = {}
    for action in actions:
        own = members.get(action.organisation_id, [])
        doer = [one.user for one in own if one.user_id == action.owner_id]
        found[action.id] = doer or [one.user for one in own if one.role is MemberRole.OWNER]
    return found


def _told_on(session: Session, on: date, people: Iterable[User]) -> frozenset[UUID]:
    """Which of the people had their email of the day already (one query)."""
    keys = {f"{_key(on)}:actions_due:{one.id}": one.id for one in people}
    told = session.scalars(sa.select(Message.event_key).where(Message.event_key.in_(keys)))
    return frozenset(keys[key] for key in told)


def _key(on: date) -> str:
    return f"actions-due:{on.isoformat()}"


def _lines(actions: Iterable[Action]) -> list[tuple[str, str, date, str]]:
    return [
        (action.organisation.name, action.title, action.due_on, f"/organisations/{action.organisation_id}/plan")
        for action in actions
        if action.due_on is not None
    ]
