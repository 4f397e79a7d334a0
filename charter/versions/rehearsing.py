"""What publishing a draft would do to those who are at work on the versions before, by the code that moves them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.assessment import moving
from charter.assessment.models import Answer, Assessment
from charter.assessment.status import AssessmentStatus
from charter.framework.changes import Changes, Kind
from charter.framework.models import Framework

BATCH = 500
"""So many drafts of employers are looked at together."""


@dataclass(frozen=True)
class Given:
    """An answer, as far as looking ahead asks it."""

    value: str | None


@dataclass(frozen=True)
class Rehearsal:
    """What would come of moving every draft of an employer to a version, in counts."""

    employers: int
    """How many have answers that are not sent, on a version before."""
    by_version: Mapping[str, int]
    """How many of them on each version."""
    answers: int
    """Answers that are given."""
    kept: int
    """Answers carried as they are."""
    to_check: int
    """Answers carried, to be looked at again."""
    gone: int
    """Answers to what is no longer asked: they stay in the records."""
    new: int
    """Questions that are new, added up over all employers."""
    declared_again: int
    """Legal basics with other words, added up over all employers."""
    retargeted: int
    """Employers whose level there is no more."""
    why: Mapping[str, int]
    """For how many answers each criterion is to be looked at again."""
    busy: int
    """How many employers have sent theirs: they stay on the version that they are on until they are decided."""


def rehearse(session: Session, framework: Framework) -> Rehearsal:
    """What would come of it when every employer moved its draft to this version, which need not be published yet.

    The queries grow with batches of `BATCH` drafts, two each.
    """
    ids = session.scalars(
        sa.select(Assessment.id)
        .where(Assessment.status == AssessmentStatus.DRAFT, Assessment.framework_id != framework.id)
        .order_by(Assessment.id)
    ).all()
    sums: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        given = _answers(session, part)
        drafts = session.scalars(
            sa.select(Assessment)
            .where(Assessment.id.in_(part))
            .options(joinedload(Assessment.organisation), joinedload(Assessment.framework))
        )
        for assessment in drafts:
            ahead = moving.look_ahead(assessment, framework, given.get(assessment.id, {}))
            versions[assessment.framework.version] += 1
            why.update(ahead.to_check)
            sums["kept"] += len(ahead.kept)
            sums["to_check"] += len(ahead.to_check)
            sums["gone"] += len(ahead.gone)
            sums["new"] += len(ahead.new)
            sums["declared_again"] += _reworded(ahead.changes)
            sums["retargeted"] += ahead.target_level != assessment.target_level
    under_way = sa.select(sa.func.count()).where(
        Assessment.status.in_((AssessmentStatus.SUBMITTED, AssessmentStatus.MORE_INFORMATION))
    )
    return Rehearsal(
        employers=len(ids),
        by_version=dict(sorted(versions.items())),
        answers=sums["kept"] + sums["to_check"] + sums["gone"],
        kept=sums["kept"],
        to_check=sums["to_check"],
        gone=sums["gone"],
        new=sums["new"],
        declared_again=sums["declared_again"],
        retargeted=sums["retargeted"],
        why=dict(why.most_common()),
        busy=session.scalar(under_way) or 0,
    )


def _answers(session: Session, drafts: Sequence[UUID]) -> dict[UUID, dict[str, Given]]:
    rows = session.execute(
        sa.select(Answer.assessment_id, Answer.criterion, Answer.value).where(Answer.assessment_id.in_(drafts))
    )
    found: dict[UUID, dict[str, Given]] = {}
    for assessment_id, criterion, value in rows:
        found.setdefault(assessment_id, {})[criterion] = Given(value)
    return found


def _reworded(changes: Changes) -> int:
    return sum(Kind.WORDS in change.kinds for change in changes.declarations)
