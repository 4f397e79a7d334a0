"""The queue: cases by stage, the most in need first, narrowed and exported, in a fixed number of queries.

Need is the day a decision is due: the level's working days from when the case came in. Nobody is shown the cases of
employers that they have an interest in.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, load_only

from charter.account import away
from charter.account.models import Role, User
from charter.assessment.models import Assessment
from charter.framework.content import Content, Moderated
from charter.framework.models import Framework
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review.models import Review, still_open
from charter.review.second import sampling
from charter.review.status import OPEN, ReviewStatus
from charter.review.timing import clock, reminding, turns
from charter.review.timing.clock import Clock
from charter.review.timing.turns import Span, Turn

PAGE = 50
STAGES = tuple(status for status in ReviewStatus if status in OPEN)
"""The open stages, in the order of a case's life."""


class Order(enum.StrEnum):
    """What stands first."""

    DUE = "due"
    WAITING = "waiting"


@dataclass(frozen=True)
class Asked:
    """What narrows the queue, as its address says. All of it is optional."""

    status: ReviewStatus | None = None
    county: str | None = None
    level: int | None = None
    assessor: UUID | None = None
    nobody: bool = False
    """Only those that nobody has."""
    overdue: bool = False
    """Only the open ones that should have been decided before today."""
    away: bool = False
    """Only those of somebody who is away."""
    late: bool = False
    """Only those whose employer should have answered before today."""
    search: str = ""
    """Words of the employer's name."""
    order: Order = Order.DUE
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether anything is left out, whatever the stage."""
        return self != Asked(status=self.status, order=self.order, page=self.page)


class QueueRow(NamedTuple):
    """One case in the queue, with the titles that its own version of the charter has."""

    id: UUID
    employer: str
    county: str
    level: str
    target_days: int
    """The working days in which its level promises a decision."""
    turns: Sequence[Span]
    round: int
    waiting_since: datetime
    due_on: date
    status: ReviewStatus
    assessor_id: UUID | None
    assessor: str | None
    answer_by: date | None
    """The day by which the employer was asked to answer in this round."""
    closely: sampling.Why
    """Why it gets a second look, if it does."""

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.status in OPEN

    def clock(self, on: date) -> Clock:
        """The working days that each side used."""
        return clock.read(self.turns, promised=self.target_days, since=self.waiting_since, on=on)

    @property
    def is_answered(self) -> bool:
        """Whether an employer that was asked for more has answered, and nobody reads it yet: it comes first."""
        own = clock.of_now(self.turns, self.waiting_since)
        return (
            self.status is ReviewStatus.WAITING and self.round > 1 and any(clock.side_is_theirs(t.stage) for t in own)
        )

    def is_late(self, on: date) -> bool:
        """Whether the employer should have answered before that day."""
        return self.status is ReviewStatus.WITH_EMPLOYER and self.answer_by is not None and self.answer_by < on

    def is_overdue(self, on: date) -> bool:
        """Whether it should have been decided before that day. While the employer answers, the clock is theirs."""
        return self.is_open and self.status is not ReviewStatus.WITH_EMPLOYER and self.due_on < on


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, with how many cases there are at each stage."""

    rows: Sequence[QueueRow]
    stages: Mapping[ReviewStatus, int]
    """The open cases that the filters leave, by stage."""
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))

    @cached_property
    def open(self) -> int:
        """How many open cases the filters leave."""
        return sum(self.stages.values())


def _overdue(on: date) -> sa.ColumnElement[bool]:
    """The cases that should have been decided before a day. While the employer has to answer, the clock is theirs."""
    return sa.and_(Review.due_on < on, Review.status != ReviewStatus.WITH_EMPLOYER)


def _late(on: date) -> sa.ColumnElement[bool]:
    """The cases whose employer should have answered before a day. Needs the assessment."""
    return sa.and_(Review.status == ReviewStatus.WITH_EMPLOYER, reminding.answer_by() < on)


def hidden_from(user: User) -> list[sa.ColumnElement[bool]]:
    """Conditions on `Review` that leave out what `user` has an interest in; none when there is nothing of that.

    They look up the few cases of those employers, and not the employer of each case.
    """
    mine, theirs = interests.of(user), aliased(Assessment)
    return [Review.assessment_id.not_in(sa.select(theirs.id).where(theirs.organisation_id.in_(mine)))] if mine else []


def _conditions(
    asked: Asked, on: date, by: User | None
) -> tuple[list[sa.ColumnElement[bool]], list[sa.ColumnElement[bool]]]:
    """What `asked` leaves, as conditions on the case alone and on its assessment and employer."""
    of_case = hidden_from(by) if by else []
    of_employer: list[sa.ColumnElement[bool]] = []
    if asked.assessor:
        of_case.append(Review.assessor_id == asked.assessor)
    if asked.nobody:
        of_case.append(Review.assessor_id.is_(None))
    if asked.overdue:
        of_case.extend([_overdue(on), still_open()])
    if asked.away:
        of_case.append(away.is_away(Review.assessor_id, on))
    if asked.county:
        of_employer.append(Organisation.county == asked.county)
    if asked.level:
        of_employer.append(Assessment.target_level == asked.level)
    if asked.late:
        of_employer.append(_late(on))
    if asked.search:
        of_employer.append(Organisation.name.icontains(asked.search, autoescape=True))
    return of_case, of_employer


def _stage(asked: Asked) -> sa.ColumnElement[bool]:
    return Review.status == asked.status if asked.status else still_open()


def _joined(asked: Asked, on: date, by: User | None) -> sa.Select[Any]:
    of_case, of_employer = _conditions(asked, on, by)
    joined = sa.select(Review).join(Review.assessment).join(Assessment.organisation)
    return joined.where(*of_case, *of_employer)


def _rows(query: sa.Select[Any], order: Order) -> Any:
    first = Review.due_on if order is Order.DUE else Review.waiting_since
    then = Review.waiting_since if order is Order.DUE else Review.due_on
    return (
        query.outerjoin(Review.assessor)
        .with_only_columns(
            Assessment.framework_id,
            Organisation.county,
            Assessment.target_level,
            Review.id,
            Organisation.name,
            Assessment.round,
            Review.waiting_since,
            Review.due_on,
            Review.status,
            Review.assessor_id,
            User.name,
            reminding.answer_by(),
            *sampling.said_of(Review.id),
        )
        .order_by(first, then, Review.id)
    )


def answered_first() -> sa.ColumnElement[int]:
    """An order for cases that wait: those that were asked for more and answered stand before the others.

    What was asked before an appeal opened a case again counts no more: whoever asked has read the answer.
    """
    asked = sa.exists().where(
        Turn.review_id == Review.id,
        Turn.stage == ReviewStatus.WITH_EMPLOYER,
        Turn.began_at >= Review.waiting_since,
    )
    return sa.case((sa.and_(Assessment.round > 1, asked), 0), else_=1)


def _row(found: Any, contents: Mapping[UUID, Content], spans: Mapping[UUID, Sequence[Span]]) -> QueueRow:
    version, where, aim, case, employer, *rest, drawn, unsure = found
    content = contents[version]
    level = content.level(aim)
    days = level.target_decision_working_days if level else 0
    why = sampling.Why(sampling.rule_of(content, aim).moderation is Moderated.ALWAYS, drawn, unsure)
    return QueueRow._make(
        (case, employer, content.county_title(where), content.level_title(aim), days, spans.get(case, ()), *rest, why),
    )


def find(session: Session, asked: Asked, *, by: User | None = None, on: date) -> QueuePage:
    """A page of the cases that are open (or at one stage), as `by` may see them, in four queries.

    One counts the open cases by stage, one reads the page, one its turns, one the versions of the charter that its
    cases are on; a fifth counts the cases of a stage that is not open, when that is asked for. Rows, not objects:
    fifty cases are four hundred objects.
    """
    of_case, of_employer = _conditions(asked, on, by)
    joined = _joined(asked, on, by)
    counted = joined if of_employer else sa.select(Review).where(*of_case)
    by_stage = counted.where(still_open()).with_only_columns(Review.status, sa.func.count(Review.id))
    stages = {status: number for status, number in session.execute(by_stage.group_by(Review.status))}  # noqa: C416
    if asked.status is None:
        total = sum(stages.values())
    elif asked.status in OPEN:
        total = stages.get(asked.status, 0)
    else:
        total = session.scalar(counted.where(_stage(asked)).with_only_columns(sa.func.count(Review.id))) or 0
    page = min(max(1, asked.page), max(1, -(-total // PAGE)))
    query = _rows(joined.where(_stage(asked)), asked.order).limit(PAGE).offset((page - 1) * PAGE)
    found = session.execute(query).all()
    versions = sa.select(Framework).where(Framework.id.in_({row[0] for row in found}))
    contents = {version.id: version.content for version in session.scalars(versions)}
    spans = turns.of_cases(session, [row[3] for row in found])
    return QueuePage([_row(one, contents, spans) for one in found], stages, total, page)


def every(session: Session, asked: Asked, *, by: User, on: date) -> Iterator[QueueRow]:
    """All the rows that `asked` leaves, whatever the page, read a thousand at a time (two queries, and one for the
    turns of each thousand).

    What `by` may see is settled at once, and the rest when it is read: a file is sent after its page is done with `by`.
    """
    query = _rows(_joined(asked, on, by).where(_stage(asked)), asked.order)

    def read() -> Iterator[QueueRow]:
        contents = {version.id: version.content for version in session.scalars(sa.select(Framework))}
        for found in session.execute(query.execution_options(yield_per=1000)).partitions():
            spans = turns.of_cases(session, [row[3] for row in found])
            for one in found:
                yield _row(one, contents, spans)

    return read()


def oldest_waiting(session: Session, asked: Asked, number: int, *, by: User, on: date) -> list[UUID]:
    """The ids of so many cases that wait for an assessor, those with an answer and then the most in need first, of
    those that `asked` leaves."""
    waits = replace(asked, status=ReviewStatus.WAITING, order=Order.DUE)
    query = _rows(_joined(waits, on, by).where(_stage(waits)), waits.order).with_only_columns(Review.id)
    query = query.order_by(None).order_by(answered_first(), Review.due_on, Review.waiting_since, Review.id)
    return list(session.scalars(query.limit(number)))


def assessors(session: Session) -> Sequence[User]:
    """Everybody who may have a case, by name."""
    return session.scalars(
        sa.select(User)
        .where(User.role.in_([Role.ASSESSOR, Role.MODERATOR]))
        .options(load_only(User.name, User.disabled_at))
        .order_by(User.name, User.id)
    ).all()


@dataclass(frozen=True)
class Counts:
    """How much work there is."""

    waiting: int
    mine: int
    with_employer: int
    to_moderate: int
    overdue: int
    of_away: int
    """In review with somebody who is away."""


def counts(session: Session, user: User, *, on: date) -> Counts:
    """The open cases that `user` may see by what they wait for, in one query. `mine` are those they have in review."""
    query = sa.select(Review).where(still_open(), *hidden_from(user))
    numbers = session.execute(
        query.with_only_columns(
            *(
                sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
                for condition in (
                    Review.status == ReviewStatus.WAITING,
                    sa.and_(Review.status == ReviewStatus.IN_REVIEW, Review.assessor_id == user.id),
                    Review.status == ReviewStatus.WITH_EMPLOYER,
                    Review.status == ReviewStatus.RECOMMENDED,
                    _overdue(on),
                    sa.and_(Review.status == ReviewStatus.IN_REVIEW, away.is_away(Review.assessor_id, on)),
                )
            )
        )
    ).one()
    return Counts(*numbers)
