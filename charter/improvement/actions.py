"""What people do with the actions of their plan: add, change, finish, drop, open again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.framework.content import Content
from charter.improvement.models import DROP, FINISH, OPEN_AGAIN, Action, ActionSource, ActionStatus
from charter.lifecycle import Transition
from charter.organisation.models import Membership, Organisation

TITLE_LIMIT, TEXT_LIMIT, NAME_LIMIT = 200, 4000, 120
BEFORE = timedelta(days=14)
"""So long before its day, whoever does an action is reminded."""
MIXED = "Somebody else changed this action after you opened it. Look at what it says now, then save again."


@dataclass(frozen=True)
class Details:
    """What is to be done, by whom and by when, as somebody typed it."""

    title: str
    detail: str
    owner_id: UUID | None
    """One of the employer's people."""
    owner_name: str
    """Who does it, when it is nobody of them."""
    due_on: date | None


def faults(session: Session, organisation: Organisation, details: Details, *, on: date) -> tuple[Refusal, ...]:
    """Everything that is wrong with what was typed, each on its field."""
    found = []
    if not details.title:
        found.append(Refusal("Say what you will do.", field="title"))
    for text, limit, what, field in (
        (details.title, TITLE_LIMIT, "What you will do", "title"),
        (details.detail, TEXT_LIMIT, "The details", "detail"),
        (details.owner_name, NAME_LIMIT, "The name", "owner_name"),
    ):
        if len(text) > limit:
            found.append(Refusal(f"{what} must be {limit:,} characters or fewer. It has {len(text):,}.", field=field))
    if details.owner_id is not None and not _is_member(session, organisation.id, details.owner_id):
        found.append(Refusal("Choose somebody from the list.", field="owner"))
    if details.due_on is not None and details.due_on < on:
        found.append(Refusal("The date must be today or later.", field="due_on"))
    return tuple(found)


def add(
    session: Session,
    organisation: Organisation,
    details: Details,
    *,
    criterion: str | None,
    content: Content,
    by: User,
    at: datetime,
) -> Action:
    """A new action of the employer's own, about a criterion of the charter or about none.

    The same action added again by the same person, while it is still to do, is the one that is there: a form sent
    twice makes one. Raises `Refusal` as `faults` says, or when the charter has no such criterion.
    """
    # The employer's row is locked, so that a form sent twice in one moment makes one action.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    for fault in faults(session, organisation, details, on=local_date(at)):
        raise fault
    found = content.criterion(criterion) if criterion else None
    if criterion and found is None:
        raise Refusal("Choose one of the questions in the list.", field="criterion")
    there = session.scalars(
        sa.select(Action).where(
            Action.organisation_id == organisation.id,
            Action.source == ActionSource.OWN,
            Action.status == ActionStatus.TO_DO,
            Action.created_by_id == by.id,
            Action.title == details.title,
            Action.detail == details.detail,
        )
    ).first()
    if there is not None:
        return there
    action = Action(
        id=uuid7(),
        organisation_id=organisation.id,
        organisation=organisation,
        assessment_id=None,
        key=None,
        criterion=criterion,
        level=found.level if found else None,
        source=ActionSource.OWN,
        why="",
        effort=content.effort(found),
        status=ActionStatus.TO_DO,
        seems_done_at=None,
        closed_at=None,
        closed_by_id=None,
        closing_note="",
        created_at=at,
        created_by_id=by.id,
        changed_at=at,
        written_at=at,
        reminded_for=None,
        overdue_told_for=None,
    )
    _write(action, details, at=at)
    session.add(action)
    audit.record(session, "action:add", action, by=by.id, at=at, organisation=str(organisation.id), criterion=criterion)
    return action


def change(session: Session, action: Action, details: Details, *, seen_version: int, by: User, at: datetime) -> None:
    """Say something else of an action that is still to do. Raises `Refusal` as `faults` says, or when it is closed,
    and `Stale` when somebody else changed it after version `seen_version` was read."""
    _lock(session, action)
    if action.status is not ActionStatus.TO_DO:
        raise Refusal("This action is closed. Open it again before you change it.")
    if action.version != seen_version:
        raise Stale(MIXED, current=action)
    # A date that is past may stay while something else changes.
    on = min(local_date(at), action.due_on) if action.due_on and details.due_on == action.due_on else local_date(at)
    for fault in faults(session, action.organisation, details, on=on):
        raise fault
    before = (action.title, action.detail, action.owner_id, action.owner_name, action.due_on)
    if before == (details.title, details.detail, details.owner_id, details.owner_name, details.due_on):
        return
    _write(action, details, at=at)
    action.written_at = at
    audit.record(
        session,
        "action:change",
        action,
        by=by.id,
        at=at,
        organisation=str(action.organisation_id),
        due_on=details.due_on.isoformat() if details.due_on else None,
    )


def finish(session: Session, action: Action, *, shows: str, seen_version: int = 0, by: User, at: datetime) -> None:
    """Say that an action is done, and what shows it (may be empty). Saying so twice changes nothing.

    Raises `Refusal` when it was dropped, or what shows it is too long, and `Stale` when somebody else marked it as done
    with other words after version `seen_version` was read; who has seen those may put others in their place.
    """
    _close(session, action, FINISH, note=shows, field="shows", seen_version=seen_version, by=by, at=at)


def drop(session: Session, action: Action, *, reason: str, seen_version: int = 0, by: User, at: datetime) -> None:
    """Take an action out of the plan for a reason; building the plan again does not bring it back.

    Raises `Refusal` without a reason, when it is done, or when the reason is too long, and `Stale` when somebody else
    took it out for another reason after version `seen_version` was read.
    """
    if not reason.strip():
        raise Refusal("Say why you will not do this.", field="reason")
    _close(session, action, DROP, note=reason, field="reason", seen_version=seen_version, by=by, at=at)


def _close(
    session: Session,
    action: Action,
    step: Transition,
    *,
    note: str,
    field: str,
    seen_version: int,
    by: User,
    at: datetime,
) -> None:
    note = note.strip()
    if len(note) > TEXT_LIMIT:
        raise Refusal(f"This must be {TEXT_LIMIT:,} characters or fewer. It has {len(note):,}.", field=field)
    closer = by.id  # read now: a query later would store a half-changed row
    _lock(session, action)
    if action.status is step.target:
        if note in {"", action.closing_note}:
            return
        if seen_version != action.version:
            raise Stale("Somebody else closed this action meanwhile, with other words.", current=action)
    else:
        action.move(step)
    action.closed_at, action.closed_by_id, action.closing_note = at, closer, note
    action.changed_at = at
    audit.record(session, f"action:{step.name}", action, by=closer, at=at, organisation=str(action.organisation_id))


def open_again(session: Session, action: Action, *, by: User, at: datetime) -> None:
    """Put an action that is done or was dropped back among those to do. Doing so twice changes nothing."""
    opener = by.id  # read now: a query later would store a half-changed row
    _lock(session, action)
    if action.status is ActionStatus.TO_DO:
        return
    action.move(OPEN_AGAIN)
    action.closed_at, action.closed_by_id, action.closing_note = None, None, ""
    action.seems_done_at = None
    action.changed_at = at
    if action.due_on is not None and action.due_on < local_date(at):
        action.due_on = None
    audit.record(session, "action:open-again", action, by=opener, at=at, organisation=str(action.organisation_id))


def give_back(session: Session, organisation_id: UUID, person_id: UUID, *, at: datetime) -> int:
    """Make the actions that this person does nobody's, because they leave; says how many of them are still to do."""
    mine = session.scalars(
        sa.select(Action)
        .where(Action.organisation_id == organisation_id, Action.owner_id == person_id)
        .order_by(Action.id)
        .with_for_update(of=Action)
        .execution_options(populate_existing=True)
    ).all()
    for action in mine:
        action.owner_id = None
        action.changed_at = at
    return sum(action.status is ActionStatus.TO_DO for action in mine)


# Reading --------------------------------------------------------------------------------------------------------------


def of(session: Session, organisation: Organisation, action_id: UUID) -> Action | None:
    """One action of this employer's plan, with who does it."""
    return session.scalars(
        sa.select(Action)
        .where(Action.id == action_id, Action.organisation_id == organisation.id)
        .options(joinedload(Action.owner))
    ).one_or_none()


def to_do_of(session: Session, organisation_id: UUID, person_id: UUID) -> int:
    """How many actions of the employer's plan that are still to do this person does (one query)."""
    found = session.scalar(
        sa.select(sa.func.count())
        .select_from(Action)
        .where(
            Action.organisation_id == organisation_id,
            Action.owner_id == person_id,
            Action.status == ActionStatus.TO_DO,
        )
    )
    return found or 0


def all_of(session: Session, organisation_id: UUID) -> Sequence[Action]:
    """Every action of an employer's plan, in the order they were made, with who does it (one query)."""
    return session.scalars(
        sa.select(Action)
        .where(Action.organisation_id == organisation_id)
        .options(joinedload(Action.owner))
        .order_by(Action.created_at, Action.id)
    ).all()


def dated(details: date | None, *, on: date) -> date | None:
    """The due date that needs no reminder before it comes, for whoever set it has just thought of it."""
    return details if details is not None and details - on <= BEFORE else None


def _write(action: Action, details: Details, *, at: datetime) -> None:
    if action.due_on != details.due_on:
        action.reminded_for = dated(details.due_on, on=local_date(at))
    action.title, action.detail, action.due_on = details.title, details.detail, details.due_on
    action.owner_id = details.owner_id
    action.owner_name = "" if details.owner_id else details.owner_name
    action.changed_at = at


def _is_member(session: Session, organisation_id: UUID, user_id: UUID) -> bool:
    found = sa.exists().where(Membership.organisation_id == organisation_id, Membership.user_id == user_id)
    return bool(session.scalar(sa.select(found)))


def _lock(session: Session, action: Action) -> None:
    """Read the action again under its row's lock: of two people who act on it at once, the second sees the first."""
    # Not refresh: it would join the owner again, as the action was first read, and PostgreSQL locks no outer join.
    session.scalars(
        sa.select(Action)
        .where(Action.id == action.id)
        .with_for_update(of=Action)
        .execution_options(populate_existing=True)
    ).one()
