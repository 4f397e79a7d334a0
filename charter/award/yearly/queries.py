"""What pages ask about yearly returns, in a fixed number of queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from charter.assessment.metrics import fields_of
from charter.assessment.models import Assessment, MetricReturn
from charter.award.models import Award
from charter.award.verification import counts_on
from charter.award.yearly.models import TAKEN_FOR, ReturnState, YearlyReturn
from charter.award.yearly.opening import WITH_US, due_days

_WHOLE = (
    joinedload(YearlyReturn.award),
    joinedload(YearlyReturn.framework),
    joinedload(YearlyReturn.organisation),
)


def of_organisation(session: Session, organisation_id: UUID) -> list[YearlyReturn]:
    """All the returns of an employer, the newest first, each with its award, employer and charter (two queries)."""
    return list(
        session.scalars(
            sa.select(YearlyReturn)
            .where(YearlyReturn.organisation_id == organisation_id)
            .options(*_WHOLE, selectinload(YearlyReturn.held))
            .order_by(YearlyReturn.due_on.desc(), YearlyReturn.id.desc())
        )
    )


def asked_for(session: Session, organisation_ids: Collection[UUID], *, on: date) -> list[YearlyReturn]:
    """The returns that these employers are to give now, the earliest due first (one query)."""
    return list(
        session.scalars(
            sa.select(YearlyReturn)
            .join(YearlyReturn.award)
            .where(YearlyReturn.organisation_id.in_(organisation_ids), *still_asked(on))
            .options(joinedload(YearlyReturn.award), joinedload(YearlyReturn.organisation))
            .order_by(YearlyReturn.due_on, YearlyReturn.id)
        )
    )


def may_be_asked_for(award: Award, *, on: date) -> bool:
    """Whether there can be a return of this award to give on the day `on`: one of its anniversaries is near enough.

    Without asking the database, for pages that would ask in vain.
    """
    opens = timedelta(days=award.framework.content.metric_rules.yearly_opens_days)
    return award.is_valid_on(on) and any(on - TAKEN_FOR <= day <= on + opens for day in due_days(award))


def still_asked(on: date) -> tuple[sa.ColumnElement[bool], ...]:
    """For a query with the award: those that were not given and are still asked for, on the day `on`.

    Of two awards that a merge brought together, only the one that counts asks. An employer whose next assessment is
    with the scheme has just given figures, and is asked when that is decided.
    """
    return (YearlyReturn.sent_at.is_(None), YearlyReturn.due_on >= on - TAKEN_FOR, *counts_on(on), ~has_just_sent())


def has_just_sent() -> sa.Exists:
    """For a query with the return: whether an assessment of its employer is with the scheme."""
    return sa.exists().where(Assessment.organisation_id == YearlyReturn.organisation_id, Assessment.status.in_(WITH_US))


def in_state(state: ReturnState, on: date) -> sa.ColumnElement[bool]:
    """Those that stand so on the day `on`, as `YearlyReturn.state` says of one. The query has no award in it."""
    held = sa.select(Award.id).where(Award.id == YearlyReturn.award_id, *counts_on(on)).exists()
    asked = sa.and_(YearlyReturn.sent_at.is_(None), YearlyReturn.due_on >= on - TAKEN_FOR, held)
    if state is ReturnState.RETURNED:
        return YearlyReturn.sent_at.is_not(None)
    if state is ReturnState.LAPSED:
        return sa.and_(YearlyReturn.sent_at.is_(None), sa.not_(asked))
    late = YearlyReturn.due_on < on
    return sa.and_(asked, late if state is ReturnState.OVERDUE else sa.not_(late))


@dataclass(frozen=True)
class Brought:
    """The numbers of a yearly return that an assessment can begin with, each to be checked."""

    period_end: date
    inputs: Mapping[str, str]
    unknown: frozenset[str]


def to_bring(session: Session, assessment: Assessment) -> Brought | None:
    """What the employer's newest yearly return says, when it is of later months than any assessment (two queries).

    Only numbers that mean the same in the assessment's version of the charter come along.
    """
    found = session.scalars(
        sa.select(YearlyReturn)
        .where(YearlyReturn.organisation_id == assessment.organisation_id, YearlyReturn.sent_at.is_not(None))
        .options(joinedload(YearlyReturn.framework))
        .order_by(YearlyReturn.period_end.desc(), YearlyReturn.sent_at.desc())
        .limit(1)
    ).first()
    if found is None or found.period_end is None:
        return None
    newest = session.scalar(
        sa.select(sa.func.max(MetricReturn.period_end))
        .join(Assessment, Assessment.id == MetricReturn.assessment_id)
        .where(Assessment.organisation_id == assessment.organisation_id, Assessment.id != assessment.id)
    )
    if newest is not None and newest >= found.period_end:
        return None
    was, now = fields_of(found.content), fields_of(assessment.framework.content)
    same = {
        name
        for name, field in now.items()
        if name in was and (was[name].label, was[name].unit) == (field.label, field.unit)
    }
    known = same | {metric.code for metric in assessment.framework.content.metrics}
    return Brought(
        found.period_end,
        {name: text for name, text in found.inputs.items() if name in same},
        frozenset(found.unknown) & known,
    )
