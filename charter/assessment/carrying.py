"""What an employer said last time comes with it when it starts again, so that it types nothing twice.

Answers and evidence come over by the criterion's code. Declarations and figures do not: what the law asks is declared
anew each time, and the figures are of other twelve months.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Answer, Assessment, EvidenceUse

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
    it, and when, stays with each answer, for nobody has looked at it again yet.
    """
    last = session.scalars(
        sa.select(Assessment.id)
        .where(
            Assessment.organisation_id == assessment.organisation_id,
            Assessment.id != assessment.id,
            sa.exists().where(Answer.assessment_id == Assessment.id),
        )
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return 0
    content = assessment.framework.content
    answers = [
        Answer(assessment_id=assessment.id, **{name: getattr(old, name) for name in _SAID})
        for old in session.scalars(sa.select(Answer).where(Answer.assessment_id == last))
        if content.criterion(old.criterion) and (old.value is None or content.scale_value(old.value))
    ]
    uses = [
        EvidenceUse(
            assessment_id=assessment.id, criterion=old.criterion, evidence_id=old.evidence_id, place=old.place
        )
        for old in session.scalars(sa.select(EvidenceUse).where(EvidenceUse.assessment_id == last))
        if content.criterion(old.criterion)
    ]
    session.add_all([*answers, *uses])
    session.flush()
    return len(answers)
