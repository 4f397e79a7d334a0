"""The improvement plan as it is read: what to do next, what comes later, what is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from charter.assessment import recognising, shelf
from charter.assessment.evidence_dates import State
from charter.assessment.models import Assessment, Submission
from charter.assessment.status import AssessmentStatus
from charter.framework.content import Content, Criterion
from charter.improvement import actions
from charter.improvement.models import Action, ActionStatus
from charter.organisation.models import Organisation, Recognition
from charter.review import queries as cases

SOON = timedelta(days=60)
"""What is due within so long is among the first things to do."""
AT_ONCE = 3
"""How many things to do next a plan shows at least: a few can be done, a long list is put away."""


@dataclass(frozen=True)
class Plan:
    """An employer's plan as its page shows it on a day."""

    organisation: Organisation
    actions: Sequence[Action]
    content: Content
    assessment: Assessment | None
    """The newest assessment: the one that the plan is built from."""
    reached: int
    """The level that the newest assessment reached, by its decision or its own answers; 0 for none."""
    on: date

    @property
    def next_level(self) -> int | None:
        """The rank of the level that comes next; none at the top."""
        return self.reached + 1 if self.content.level(self.reached + 1) else None

    def of_status(self, status: ActionStatus) -> list[Action]:
        """The actions with this status."""
        return [action for action in self.actions if action.status is status]

    @cached_property
    def to_do(self) -> list[Action]:
        """What is to be done, in order: what is due soon by its day, then the next level first, the smallest first."""
        until = self.on + SOON
        soon = [one for one in self._open if one.due_on is not None and one.due_on <= until]
        rest = [one for one in self._open if one not in soon]
        soon.sort(key=lambda one: (one.due_on or until, one.effort, one.created_at, one.id))
        rest.sort(
            key=lambda one: (one.level or 0, one.effort, one.due_on or date.max, one.created_at, one.title, one.id)
        )
        return [*soon, *rest]

    @cached_property
    def _open(self) -> list[Action]:
        return self.of_status(ActionStatus.TO_DO)

    @property
    def do_next(self) -> list[Action]:
        """The first of them: all that is due soon or seems done, and a few at least."""
        soon = sum(one.due_on is not None and one.due_on <= self.on + SOON for one in self.to_do)
        first = self.to_do[: max(soon, AT_ONCE)]
        return [one for one in self.to_do if one in first or one.seems_done_at is not None]

    @property
    def bare(self) -> int:
        """How many of those to do have neither a day nor anybody to do them: it is said once, not of each."""
        return sum(one.due_on is None and not one.doer for one in self.to_do)

    @property
    def later(self) -> list[Action]:
        """The others."""
        first = self.do_next
        return [one for one in self.to_do if one not in first]

    @property
    def done(self) -> list[Action]:
        """What is done, the latest first."""
        found = self.of_status(ActionStatus.DONE)
        return sorted(found, key=lambda one: (one.closed_at or one.created_at, one.id), reverse=True)

    @property
    def dropped(self) -> list[Action]:
        """What was dropped, the latest first."""
        found = self.of_status(ActionStatus.DROPPED)
        return sorted(found, key=lambda one: (one.closed_at or one.created_at, one.id), reverse=True)

    @property
    def counted(self) -> int:
        """How many actions there are, those that were dropped left out."""
        return len(self.to_do) + len(self.done)

    @property
    def criteria(self) -> list[Criterion]:
        """The criteria that the actions to do are about."""
        codes = dict.fromkeys(action.criterion for action in self.to_do if action.criterion)
        return [found for code in codes if (found := self.content.criterion(code))]


def of(session: Session, organisation: Organisation, *, content: Content, on: date) -> Plan:
    """An employer's plan (three queries). `content` is the charter to speak of when there is no assessment yet."""
    assessments = session.scalars(
        sa.select(Assessment)
        .where(Assessment.organisation_id == organisation.id, Assessment.status != AssessmentStatus.WITHDRAWN)
        .options(joinedload(Assessment.framework))
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
        .limit(2)  # the one under way, and the one before it
    ).all()
    own = actions.all_of(session, organisation.id)
    judged = next((one for one in assessments if one.status is not AssessmentStatus.DRAFT), None)
    return Plan(
        organisation=organisation,
        actions=own,
        content=assessments[0].framework.content if assessments else content,
        assessment=assessments[0] if assessments else None,
        reached=_reached(session, judged) if judged else _below(own),
        on=on,
    )


def _reached(session: Session, assessment: Assessment) -> int:
    """The level of the decision; before it, the one that the employer's own answers reached."""
    if assessment.status is AssessmentStatus.DECIDED:
        review = cases.of_assessment(session, assessment)
        return (review.decided_level or 0) if review else 0
    return (
        session.scalar(
            sa.select(Submission.attained_level)
            .where(Submission.assessment_id == assessment.id)
            .order_by(Submission.round.desc())
            .limit(1)
        )
        or 0
    )


def _below(own: Sequence[Action]) -> int:
    """The level below the first that a plan works towards, where nothing was submitted yet."""
    levels = [one.level for one in own if one.level is not None and one.key is not None]
    return min(levels) - 1 if levels else 0


@dataclass(frozen=True)
class Outlook:
    """A plan in a line: how much is to be done, and when the first of it is due; and what will soon hold no more."""

    to_do: int
    done: int
    next_due: date | None
    awards_soon: int = 0
    """How many checked awards of other schemes end soon, with none to carry them on."""
    award_ends_on: date | None = None
    """When the first of them ends."""
    evidence: Mapping[State, int] = field(default_factory=dict)
    """How many pieces of evidence are to be renewed or replaced, by why."""


def outlook(session: Session, organisation_id: UUID, *, on: date) -> Outlook:
    """The plan in a line (one query)."""
    row = session.execute(_outlook(on), {"employer": organisation_id}).one()
    counts = {state: number for state, number in zip(shelf.TO_RENEW, row[5:], strict=True) if number}
    return Outlook(row[0], row[1], row[2], row[3], row[4], counts)


@lru_cache(maxsize=2)
def _outlook(on: date) -> sa.Select[*tuple[Any, ...]]:
    """The query, put together once a day: each home asks it, and putting it together takes longer than asking it."""
    organisation_id = sa.bindparam("employer", type_=Action.organisation_id.type)
    is_open = Action.status == ActionStatus.TO_DO
    later = aliased(Recognition)
    ending = (
        Recognition.organisation_id == organisation_id,
        Recognition.checked_at.is_not(None),
        Recognition.ends_on.between(on, on + timedelta(days=max(recognising.WARN_DAYS))),
        ~sa.exists().where(
            later.organisation_id == organisation_id,
            later.checked_at.is_not(None),
            later.scheme == Recognition.scheme,
            later.id != Recognition.id,
            sa.or_(later.ends_on.is_(None), later.ends_on > Recognition.ends_on),
        ),
    )
    return sa.select(
        sa.func.count().filter(is_open),
        sa.func.count().filter(Action.status == ActionStatus.DONE),
        sa.func.min(Action.due_on).filter(is_open),
        sa.select(sa.func.count()).where(*ending).scalar_subquery(),
        sa.select(sa.func.min(Recognition.ends_on)).where(*ending).scalar_subquery(),
        *shelf.to_renew(organisation_id, on=on),
    ).where(Action.organisation_id == organisation_id)
