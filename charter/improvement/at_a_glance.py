"""A person's employers, each in a line: what there is to do for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award.models import Award
from charter.award.yearly import queries as yearly
from charter.award.yearly.models import YearlyReturn
from charter.clock import day_in_words
from charter.improvement.models import Action, ActionStatus
from charter.organisation.models import Membership, Organisation
from charter.review.models import InformationRequest, Review


@dataclass(frozen=True)
class ToDo:
    """One thing that waits for an employer's people."""

    words: str
    by: date | None = None
    """Its day, when it has one."""
    yearly_return_id: UUID | None = None
    """The return to give, when it is that."""


@dataclass(frozen=True)
class Glance:
    """One employer in a line. `to_do` is what waits for its people: what has a day first, by that day."""

    employer: Organisation
    to_do: tuple[ToDo, ...]

    @property
    def how_much(self) -> str:
        """How many things there are to do."""
        if not self.to_do:
            return "nothing to do now"
        return "1 thing to do" if len(self.to_do) == 1 else f"{len(self.to_do)} things to do"

    @property
    def line(self) -> str:
        """How much there is to do, and what."""
        return ": ".join([self.how_much, *([", ".join(one.words for one in self.to_do)] if self.to_do else [])])


def in_order(things: Iterable[ToDo]) -> tuple[ToDo, ...]:
    """What has a day first, by that day; what has none stays in its order after it."""
    return tuple(sorted(things, key=lambda one: one.by or date.max))


def of_person(session: Session, user: User, *, opens_days: int, on: date) -> list[Glance]:
    """The employers that a person belongs to, by name (one query, however many there are).

    `opens_days` is how long before an award ends the charter asks what comes next.
    """
    mine = Organisation.id
    status = sa.select(Assessment.status).where(Assessment.organisation_id == mine, Assessment.status.in_(OPEN))
    asked = (
        sa.select(sa.func.min(InformationRequest.answer_by))
        .select_from(InformationRequest)
        .join(Review, Review.id == InformationRequest.review_id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(
            Assessment.organisation_id == mine,
            Assessment.status == AssessmentStatus.MORE_INFORMATION,
            InformationRequest.round == Assessment.round,
        )
    )
    actions = Action.organisation_id == mine, Action.status == ActionStatus.TO_DO, Action.due_on < on
    late, since = (sa.select(what).where(*actions) for what in (sa.func.count(), sa.func.min(Action.due_on)))
    ends = sa.select(sa.func.max(Award.ends_on)).where(Award.organisation_id == mine, Award.ended_on.is_(None))
    figures, due_on = (
        sa.select(what)
        .join(Award, Award.id == YearlyReturn.award_id)
        .where(YearlyReturn.organisation_id == mine, *yearly.still_asked(on))
        .order_by(YearlyReturn.due_on, YearlyReturn.id)
        .limit(1)
        for what in (YearlyReturn.id, YearlyReturn.due_on)
    )
    parts = (status, asked, late, since, ends, figures, due_on)
    rows = session.execute(
        sa.select(Organisation, *(one.correlate(Organisation).scalar_subquery() for one in parts))
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user.id)
        .order_by(Organisation.name, Organisation.id)
    )
    return [
        Glance(employer, in_order(_to_do(*found, on=on, soon=on + timedelta(days=opens_days))))
        for employer, *found in rows
    ]


def _to_do(
    status: Any,
    asked_by: date | None,
    late: int,
    late_since: date | None,
    ends: date | None,
    figures: UUID | None,
    due_on: date | None,
    *,
    on: date,
    soon: date,
) -> Iterable[ToDo]:
    if asked_by:
        yield ToDo(f"answer the assessor by {day_in_words(asked_by)}", asked_by)
    if figures and due_on:
        late_or_not = "they were due on" if due_on < on else "due by"
        yield ToDo(f"give your yearly figures ({late_or_not} {day_in_words(due_on)})", due_on, figures)
    if status is None and ends is not None and ends <= soon:
        yield ToDo("choose what comes after your award", ends)
    if late:
        yield ToDo("1 action is late" if late == 1 else f"{late} actions are late", late_since)
    if status is AssessmentStatus.DRAFT:
        yield ToDo("finish your answers")
    elif status is None and ends is None:
        yield ToDo("start an assessment")
