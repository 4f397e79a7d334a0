"""What an employer said last time comes with it when it starts again, so that it types nothing twice.

Answers and evidence come over by the criterion's code. Declarations and figures do not: what the law asks is declared
anew each time, and the figures are of other twelve months. Each answer that came over is to be looked at again. Whose
each task was comes along too; what was said about it stays where it was said.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment import queries, sharing
from charter.assessment.models import Answer, Assessment, EvidenceUse
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.framework.content import Content

_SAID = (
    "criterion",
    "value",
    "explanation",
    "action",
    "action_owner",
    "action_due",
    "reason",
    "saved_at",
    "saved_by_id",
)


def carry_over(session: Session, assessment: Assessment) -> int:
    """Copy into a new assessment what the employer said in its last one; says how many answers came.

    Left behind is what this version of the charter no longer has: criteria by code, and answers by value. Who said
    it, and when, stays with each answer, for nobody has looked at it again yet: each is marked as to be checked. The
    assessment notes the version they were given on, when it is another.
    """
    last = last_answered(session, assessment.organisation_id, but=assessment)
    if last is None:
        return 0
    content = assessment.framework.content
    answers = [
        Answer(
            assessment_id=assessment.id,
            carried_at=assessment.started_at,
            confirmed_at=None,
            **{name: getattr(old, name) for name in _SAID},
        )
        for old in session.scalars(sa.select(Answer).where(Answer.assessment_id == last.id))
        if _comes_along(content, old.criterion, old.value)
    ]
    newest = queries.newest_evidence(session, assessment.organisation_id)
    used = {
        (old.criterion, evidence_id): old.place
        for old in session.scalars(sa.select(EvidenceUse).where(EvidenceUse.assessment_id == last.id))
        if content.criterion(old.criterion) and (evidence_id := newest[old.evidence_id]) is not None
    }
    uses = [
        EvidenceUse(assessment_id=assessment.id, criterion=criterion, evidence_id=evidence_id, place=place)
        for (criterion, evidence_id), place in used.items()
    ]
    if last.framework_id != assessment.framework_id:
        assessment.came_from_id = last.framework_id
    session.add_all([*answers, *uses])
    sharing.carry(session, last, assessment)
    session.flush()
    return len(answers)


def last_answered(session: Session, organisation_id: UUID, *, but: Assessment | None = None) -> Assessment | None:
    """The employer's newest assessment that has any answer, leaving out `but`, with employer and framework."""
    found = (
        sa.select(Assessment)
        .where(Assessment.organisation_id == organisation_id, sa.exists().where(Answer.assessment_id == Assessment.id))
        .options(joinedload(Assessment.organisation), joinedload(Assessment.framework))
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
        .limit(1)
    )
    return session.scalars(found if but is None else found.where(Assessment.id != but.id)).first()


@dataclass(frozen=True)
class Brought:
    """How much of an assessment would come along to the next."""

    answers: int
    evidence: int
    """Pieces of it, however many criteria each supports."""


def brought(session: Session, last: Assessment, content: Content) -> Brought:
    """How much an assessment has to bring along to one on the version `content` (two queries)."""
    answers = session.execute(sa.select(Answer.criterion, Answer.value).where(Answer.assessment_id == last.id))
    pieces = session.scalars(
        sa.select(EvidenceUse.evidence_id)
        .where(
            EvidenceUse.assessment_id == last.id,
            EvidenceUse.criterion.in_([criterion.code for criterion in content.criteria]),
        )
        .distinct()
    ).all()
    return Brought(sum(_comes_along(content, row.criterion, row.value) for row in answers), len(pieces))


def _comes_along(content: Content, criterion: str, value: str | None) -> bool:
    return content.criterion(criterion) is not None and (value is None or content.scale_value(value) is not None)


def confirm(session: Session, assessment: Assessment, *, criteria: Collection[str], by: User, at: datetime) -> int:
    """Say of answers from last time that they still hold, by criterion; says how many of them had to be checked.

    One that a colleague changed or confirmed meanwhile stays as it is. Raises Refusal once the assessment was sent.
    """
    session.refresh(assessment, with_for_update=True)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal("Your answers are with the assessor and cannot be changed now.")
    waiting = session.scalars(
        sa.select(Answer)
        .where(
            Answer.assessment_id == assessment.id,
            Answer.criterion.in_(criteria),
            Answer.carried_at.is_not(None),
            Answer.confirmed_at.is_(None),
        )
        .order_by(Answer.criterion)
        .execution_options(populate_existing=True)
    ).all()
    for answer in waiting:
        answer.confirmed_at = at
        audit.record(session, "answer:confirm", answer, by=by.id, at=at, case=assessment.id, criterion=answer.criterion)
    return len(waiting)
