"""Give the tasks of an assessment to the employer's people, and take them back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.assessment import queries
from charter.assessment.models import Assessment, SignOff
from charter.assessment.progress import Gap, Progress, TaskState
from charter.assessment.status import OPEN
from charter.assessment.teamwork import Assignment, Comment
from charter.errors import Refusal
from charter.framework.content import Content
from charter.notification import emails
from charter.organisation.models import Membership

DECLARATIONS, FIGURES = "page:declarations", "page:figures"
"""The tasks that are no criterion. No charter has a code with a colon in it."""
PAGES = {DECLARATIONS: ("The legal basics", "declarations"), FIGURES: ("Your figures", "figures")}
"""Their titles and the last part of their addresses."""

_APART = "\n"
_TEAM = ":team"
CLOSED = "This assessment is closed, so its questions cannot be given to anybody."


@dataclass(frozen=True)
class Holder:
    """Whose a task is."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Board:
    """What colleagues share out and say in one assessment, by task. Who left the team holds nothing any more."""

    holders: Mapping[str, Holder]
    comments: Mapping[str, int]
    """How many comments stand on a criterion; one without any is not there."""
    people: int = 0
    """How many of the team can sign in: where there is one, there is nobody to share with."""

    @property
    def is_shared(self) -> bool:
        """Whether there is somebody to share with, or something was shared before."""
        return self.people > 1 or bool(self.holders)

    def is_of(self, task: str, person: User) -> bool:
        """Whether a task is this person's."""
        holder = self.holders.get(task)
        return holder is not None and holder.id == person.id


@dataclass(frozen=True)
class Outcome:
    """What became of a save: what changed, and what a colleague had changed meanwhile, which stays as it is."""

    given: Mapping[UUID | None, Sequence[str]]
    """The tasks that changed hands, by who has them now; None for nobody."""
    overtaken: Mapping[str, Holder | None]
    """The tasks that somebody else gave to somebody else meanwhile, with who has them now."""

    @property
    def changed(self) -> int:
        """How many tasks changed hands."""
        return sum(len(tasks) for tasks in self.given.values())


@dataclass(frozen=True)
class Mine:
    """One person's own tasks in an assessment."""

    tasks: Sequence[str]
    to_do: Sequence[str]
    """Those that are not whole yet, in the order of the task list."""


def tasks(assessment: Assessment) -> tuple[str, ...]:
    """Every task of an assessment, in the order of the task list."""
    content = assessment.framework.content
    asked = content.asked(assessment.target_level, queries.headcount_ceiling(assessment))
    return (*(one.code for one in queries.in_order(content, asked)), DECLARATIONS, FIGURES)


def title(content: Content, task: str) -> str:
    """A task in the scheme's words."""
    if task in PAGES:
        return PAGES[task][0]
    criterion = content.criterion(task)
    return criterion.title if criterion else task


def address(assessment: Assessment, task: str) -> str:
    """Where a task is done."""
    return f"/assessments/{assessment.id}/{PAGES[task][1] if task in PAGES else f'criteria/{task}'}"


def states(found: Progress) -> dict[str, TaskState]:
    """How far each task is."""
    own = {task.criterion.code: task.state for theme in found.themes for task in theme.tasks}
    return {**own, DECLARATIONS: found.declarations, FIGURES: found.figures.state}


def mine(found: Progress, own: Collection[str]) -> Mine:
    """How far somebody is with their own tasks. What is only announced can wait."""
    gaps = {_task_of(gap) for gap in found.gaps}
    held = [task for task in states(found) if task in own]
    return Mine(held, [task for task in held if task in gaps])


def next_for(found: Progress, holders: Mapping[str, Holder], person: User) -> Gap | None:
    """The next thing to do for this person: their own tasks first, then those of nobody, then what colleagues have."""

    def rank(gap: Gap) -> int:
        holder = holders.get(_task_of(gap))
        return 1 if holder is None else 0 if holder.id == person.id else 2

    return min(found.gaps, key=rank, default=None)


def _task_of(gap: Gap) -> str:
    return gap.code if gap.kind == "criterion" else f"page:{gap.kind}"


class Own(NamedTuple):
    """An assessment as one of the employer's people comes to it."""

    assessment: Assessment
    tasks: frozenset[str]
    """Those that are theirs."""
    is_shared: bool
    """Whether any task is anybody's."""
    was_read: bool
    """Whether a senior person was ever asked to approve it."""


def of_person(session: Session, user: User, organisation_id: UUID) -> list[Own]:
    """The assessments of one of a person's employers, the newest first, each with what is theirs (one query)."""
    own = (
        sa.select(sa.func.aggregate_strings(Assignment.task, _APART))
        .where(Assignment.assessment_id == Assessment.id, Assignment.person_id == user.id)
        .scalar_subquery()
    )
    shared = sa.exists().where(Assignment.assessment_id == Assessment.id)
    read = sa.exists().where(SignOff.assessment_id == Assessment.id)
    rows = session.execute(queries.of_organisation(organisation_id).add_columns(own, shared, read))
    return [
        Own(assessment, frozenset(tasks.split(_APART) if tasks else ()), is_shared, was_read)
        for assessment, tasks, is_shared, was_read in rows
    ]


def board(session: Session, assessment: Assessment) -> Board:
    """Whose each task is, how many comments each criterion has, and how large the team is (one query)."""
    held = (
        sa.select(Assignment.task, User.id, User.name, sa.literal(0))
        .join(Assessment, Assessment.id == Assignment.assessment_id)
        .join(
            Membership,
            sa.and_(
                Membership.organisation_id == Assessment.organisation_id, Membership.user_id == Assignment.person_id
            ),
        )
        .join(User, sa.and_(User.id == Assignment.person_id, User.disabled_at.is_(None)))
        .where(Assignment.assessment_id == assessment.id)
    )
    said = (
        sa.select(Comment.criterion, sa.null(), sa.null(), sa.func.count())
        .where(Comment.assessment_id == assessment.id, Comment.deleted_at.is_(None))
        .group_by(Comment.criterion)
    )
    team = (
        sa.select(sa.literal(_TEAM), sa.null(), sa.null(), sa.func.count())
        .select_from(Membership)
        .join(User, sa.and_(User.id == Membership.user_id, User.disabled_at.is_(None)))
        .where(Membership.organisation_id == assessment.organisation_id)
    )
    holders: dict[str, Holder] = {}
    comments: dict[str, int] = {}
    people = 0
    rows: sa.Result[str, UUID, str, int] = session.execute(sa.union_all(held, said, team))
    for task, person_id, name, count in rows:
        if task == _TEAM:
            people = count
        elif count:
            comments[task] = count
        else:
            holders[task] = Holder(person_id, name)
    return Board(holders, comments, people)


def assign(
    session: Session,
    assessment: Assessment,
    *,
    wanted: Mapping[str, UUID | None],
    seen: Mapping[str, UUID | None],
    by: User,
    at: datetime,
) -> Outcome:
    """Give each task of `wanted` to the colleague named there, None for nobody; the others stay.

    `seen` says whose each was when the person looked, nobody's when it is not there; what is wanted as it was seen is
    no change. A task that a colleague gave to
    somebody else meanwhile stays with them, and is in the outcome. Whoever gets tasks from somebody else is told in
    one email. Raises Refusal when the assessment is closed, has no such task (on `who-<task>`), or when somebody is
    not in the team (the same).
    """
    giver, giver_name = by.id, by.name  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    if not assessment.is_open:
        raise Refusal(CLOSED)
    known, team = set(tasks(assessment)), _team(session, assessment)
    rows = {
        row.task: row
        for row in session.scalars(
            sa.select(Assignment)
            .where(Assignment.assessment_id == assessment.id)
            .execution_options(populate_existing=True)
        )
    }
    given: dict[UUID | None, list[str]] = {}
    overtaken: dict[str, Holder | None] = {}
    for task, person_id in wanted.items():
        if task not in known:
            raise Refusal("This is not one of the questions of your assessment.", field=f"who-{task}")
        if person_id is not None and person_id not in team:
            raise Refusal("Choose somebody from your team.", field=f"who-{task}")
        if person_id == seen.get(task):  # left as it was; if a colleague changed it, that stands
            continue
        row = rows.get(task)
        has = row.person_id if row is not None and row.person_id in team else None
        if has == person_id:
            continue
        if has != seen.get(task):
            overtaken[task] = Holder(has, team[has].name) if has is not None else None
            continue
        _put(session, assessment, task, row, person_id, by=giver, at=at)
        given.setdefault(person_id, []).append(task)
    for person_id, own in given.items():
        audit.record(
            session,
            "task:assign",
            assessment,
            by=giver,
            at=at,
            case=assessment.id,
            tasks=own,
            to=str(person_id) if person_id else None,
        )
    event = uuid7()
    for person_id, own in given.items():
        if person_id is not None and person_id != giver:
            content = assessment.framework.content
            emails.tasks_given(
                session,
                to=team[person_id],
                given_by=giver_name,
                organisation_name=assessment.organisation.name,
                titles=[title(content, task) for task in own],
                path=address(assessment, own[0]) if len(own) == 1 else f"/assessments/{assessment.id}?whose=mine",
                event_key=f"assigned:{event}",
                at=at,
            )
    return Outcome(given, overtaken)


def _put(
    session: Session,
    assessment: Assessment,
    task: str,
    row: Assignment | None,
    person_id: UUID | None,
    *,
    by: UUID,
    at: datetime,
) -> None:
    if person_id is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(
            Assignment(assessment_id=assessment.id, task=task, person_id=person_id, assigned_at=at, assigned_by_id=by)
        )
    else:
        row.person_id, row.assigned_at, row.assigned_by_id = person_id, at, by


def give_back(session: Session, organisation_id: UUID, person_id: UUID) -> int:
    """Make every task of this person with this employer nobody's; says how many there were in its open assessment.

    Called when somebody leaves. Whoever calls it records who did so.
    """
    session.flush()  # so that what this transaction gave before is seen
    there = tasks_of(session, organisation_id, person_id)
    session.execute(
        sa.delete(Assignment)
        .where(
            Assignment.person_id == person_id,
            Assignment.assessment_id.in_(sa.select(Assessment.id).where(Assessment.organisation_id == organisation_id)),
        )
        .execution_options(synchronize_session="fetch")
    )
    return there


def tasks_of(session: Session, organisation_id: UUID, person_id: UUID) -> int:
    """How many tasks of the employer's open assessment are this person's (one query)."""
    found = session.scalar(
        sa.select(sa.func.count())
        .select_from(Assignment)
        .join(Assessment, Assessment.id == Assignment.assessment_id)
        .where(
            Assignment.person_id == person_id,
            Assessment.organisation_id == organisation_id,
            Assessment.status.in_(OPEN),
        )
    )
    return found or 0


def open_assessment(session: Session, organisation_id: UUID) -> Assessment | None:
    """The employer's assessment that is under way (one query)."""
    return session.scalars(
        sa.select(Assessment).where(Assessment.organisation_id == organisation_id, Assessment.status.in_(OPEN))
    ).first()


def open_tasks_of(session: Session, organisation_id: UUID, person_id: UUID) -> list[tuple[Assessment, str]]:
    """A person's tasks in the employer's open assessment, in the order of the task list, each with the assessment."""
    under_way = open_assessment(session, organisation_id)
    if under_way is None:
        return []
    queries.with_its_own(session, under_way)
    own = set(
        session.scalars(
            sa.select(Assignment.task).where(
                Assignment.assessment_id == under_way.id, Assignment.person_id == person_id
            )
        )
    )
    return [(under_way, task) for task in tasks(under_way) if task in own]


def carry(session: Session, before: Assessment, after: Assessment) -> int:
    """Bring whose each task is from one assessment to the next, by code, for who is still in the team; says how many.

    A draft that moves to a newer version of the charter keeps its own: they go by code too.
    """
    content, team = after.framework.content, _team(session, after)
    old = session.scalars(
        sa.select(Assignment).where(Assignment.assessment_id == before.id).order_by(Assignment.task)
    ).all()
    come = [row for row in old if (row.task in PAGES or content.criterion(row.task)) and row.person_id in team]
    session.add_all(
        Assignment(
            assessment_id=after.id,
            task=row.task,
            person_id=row.person_id,
            assigned_at=row.assigned_at,
            assigned_by_id=row.assigned_by_id,
        )
        for row in come
    )
    return len(come)


def _team(session: Session, assessment: Assessment) -> dict[UUID, User]:
    """The employer's people who can sign in, by id (one query)."""
    people = session.scalars(
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == assessment.organisation_id, User.disabled_at.is_(None))
    )
    return {person.id: person for person in people}


def narrowed(every: Collection[str], board: Board, *, to: str | None, person: User) -> Collection[str] | None:
    """The tasks that a narrowed list shows: `to` is "mine" or "nobody"; None when it is not narrowed."""
    if to == "mine":
        return {task for task in every if board.is_of(task, person)}
    if to == "nobody":
        return {task for task in every if task not in board.holders}
    return None
