"""A draft moves to a newer version of the charter, when its employer chooses so; what was submitted never moves.

Everything is carried by code. What the newer version no longer asks stays in the records, and counts for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.metrics import may_be_unknown
from charter.assessment.models import Answer, Assessment, Declaration, MetricReturn, UploadedSheet
from charter.assessment.queries import headcount_ceiling
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.changes import Change, Changes, Kind, changes
from charter.framework.content import Content, Criterion
from charter.framework.models import Framework, FrameworkStatus

STAYS = "Your answers were sent on this version of the charter, and they stay on it until they are decided."


@dataclass(frozen=True)
class Ahead:
    """What a move would do to a draft, before anything is changed."""

    target_level: int
    """The level aimed at afterwards: the same, unless the newer version has none of that rank."""
    changes: Changes
    kept: tuple[str, ...]
    """The criteria whose answers stay as they are."""
    to_check: tuple[str, ...]
    """Those that are answered, and whose answers are to be looked at again."""
    gone: tuple[Change[Criterion], ...]
    """Those that are answered and no longer asked."""

    @property
    def new(self) -> tuple[Change[Criterion], ...]:
        """The criteria that are asked for the first time."""
        return tuple(change for change in self.changes.criteria if change.is_new)


def newer(session: Session, assessment: Assessment) -> Framework | None:
    """The version that this draft could move to; None when it is on the newest, or is no draft (one query or none)."""
    if assessment.status is not AssessmentStatus.DRAFT:
        return None
    return newer_of(publishing.current(session), assessment)


def newer_of(current: Framework, assessment: Assessment) -> Framework | None:
    """The current version, when this is a draft on an older one."""
    draft = assessment.status is AssessmentStatus.DRAFT
    return current if draft and _is_newer(current, assessment.framework) else None


class Answered(Protocol):
    """What looking ahead has to know of an answer."""

    @property
    def value(self) -> str | None:
        """The value that was chosen."""


def look_ahead(assessment: Assessment, framework: Framework, answers: Mapping[str, Answered]) -> Ahead:
    """What moving this draft to `framework` would do; `answers` are its answers by criterion."""
    before, after = assessment.framework.content, framework.content
    target = _target(after, assessment.target_level)
    found = changes(before, after, rank=target, headcount_ceiling=headcount_ceiling(assessment))
    answered = {code for code, answer in answers.items() if answer.value is not None}
    asked = [one.code for one in after.asked(target, headcount_ceiling(assessment)) if one.code in answered]
    again = {change.code for change in found.criteria if change.asks_again}
    again |= {code for code in asked if after.scale_value(answers[code].value) is None}
    return Ahead(
        target_level=target,
        changes=found,
        kept=tuple(code for code in asked if code not in again),
        to_check=tuple(code for code in asked if code in again),
        gone=tuple(change for change in found.criteria if change.is_gone and change.code in answered),
    )


def move_to(session: Session, assessment: Assessment, framework: Framework, *, by: User, at: datetime) -> bool:
    """Move a draft to a newer version; False when it is there already, because a colleague was a moment earlier.

    Answers, evidence, declarations and figures are carried by code. An answer whose question asks for another look is
    marked as to be checked. A declaration with other words, and the numbers of a figure that is worked out in another
    way, are given anew. Raises Refusal when it was sent already, and when the version is not a newer one.
    """
    session.refresh(assessment, with_for_update=True)
    if assessment.framework_id == framework.id:
        return False
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal(STAYS)
    old = assessment.framework
    if not _is_newer(framework, old):
        raise Refusal("You can move your answers to a newer version only. Open this page again.")
    answers = {
        answer.criterion: answer
        for answer in session.scalars(
            sa.select(Answer).where(Answer.assessment_id == assessment.id).execution_options(populate_existing=True)
        )
    }
    ahead = look_ahead(assessment, framework, answers)
    content = framework.content
    for code, answer in answers.items():
        if content.criterion(code) is not None and content.scale_value(answer.value) is None:
            answer.value = None  # its words stay, and one of the new answers is chosen
    for code in ahead.to_check:
        answers[code].carried_at, answers[code].confirmed_at = at, None
    again = _declare_again(session, assessment, ahead.changes)
    figures = _give_again(session, assessment, old.content, content)
    session.execute(sa.delete(UploadedSheet).where(UploadedSheet.assessment_id == assessment.id))
    assessment.came_from_id = assessment.came_from_id or old.id
    assessment.framework_id = framework.id
    assessment.target_level, aimed = ahead.target_level, assessment.target_level
    session.flush()
    session.refresh(assessment)
    audit.record(
        session,
        "assessment:move",
        assessment,
        by=by.id,
        at=at,
        case=assessment.id,
        before=old.version,
        after=framework.version,
        kept=len(ahead.kept),
        to_check=list(ahead.to_check),
        new=[change.code for change in ahead.new],
        gone=[change.code for change in ahead.gone],
        declarations=again,
        figures=figures,
        aimed=aimed,
        aims=ahead.target_level,
    )
    return True


def _is_newer(framework: Framework, than: Framework) -> bool:
    return (
        framework.id != than.id
        and framework.status is FrameworkStatus.PUBLISHED
        and framework.published_at > than.published_at
    )


def _target(content: Content, rank: int) -> int:
    """The highest level that is not above `rank`."""
    ranks = [level.rank for level in content.levels]
    return max((one for one in ranks if one <= rank), default=min(ranks))


def _declare_again(session: Session, assessment: Assessment, found: Changes) -> list[str]:
    """Take back the yes or no to each declaration that says something else now; says which were there."""
    codes = [change.code for change in found.declarations if Kind.WORDS in change.kinds]
    there = session.scalars(
        sa.select(Declaration)
        .where(Declaration.assessment_id == assessment.id, Declaration.code.in_(codes))
        .order_by(Declaration.code)
    ).all()
    for declaration in there:
        session.delete(declaration)
    return [declaration.code for declaration in there]


def _give_again(session: Session, assessment: Assessment, before: Content, after: Content) -> list[str]:
    """Take out the numbers that mean something else now, by the names of their fields; says which were there."""
    stored = session.scalars(
        sa.select(MetricReturn)
        .where(MetricReturn.assessment_id == assessment.id)
        .execution_options(populate_existing=True)
    ).first()
    if stored is None:
        return []
    was, now = _fields(before), _fields(after)
    dropped = sorted(name for name in stored.inputs if name in was and name in now and was[name] != now[name])
    known = {one.code for one in may_be_unknown(after)}
    stored.inputs = {name: number for name, number in stored.inputs.items() if name not in dropped}
    stored.unknown = [code for code in stored.unknown or () if code in known]
    return dropped


def _fields(content: Content) -> dict[str, tuple[str, str]]:
    """What each number is, by its name: whoever typed it read these words."""
    own = [*content.context_fields, *(field for metric in content.metrics for field in metric.inputs)]
    return {field.name: (field.label, field.unit) for field in own}
