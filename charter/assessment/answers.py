"""Save what an employer says about one criterion, and lose nothing when two people do so at once."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.models import Answer, Assessment
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.errors import Refusal, Stale, who_saved
from charter.framework.content import Content, Extent, Need

TEXT_LIMIT = 5_000
NAME_LIMIT = 120

_LIMITS = {
    "explanation": ("The explanation", TEXT_LIMIT),
    "action": ("What you will do", TEXT_LIMIT),
    "action_owner": ("Who will do it", NAME_LIMIT),
    "reason": ("Your reason", TEXT_LIMIT),
}

_PARTS = ("value", "explanation", "action", "action_owner", "action_due", "reason")

FROZEN = "This answer is with the assessor and cannot be changed now."


def mark(said: Mapping[str, object] | Answer | None) -> str:
    """What an answer says, in a few characters, for a form to bring back: what a person saw when they began."""
    if isinstance(said, Answer):
        said = {name: getattr(said, name) for name in _PARTS}
    parts = [str((said or {}).get(name) or "") for name in _PARTS]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


def is_open(assessment: Assessment, code: str, asked: Collection[str] | None) -> bool:
    """Whether the answer to a criterion, a declaration or a figure may be changed now.

    `asked` are those of its kind that the assessor asked about; they matter only in a round of more information.
    """
    if assessment.status is AssessmentStatus.MORE_INFORMATION:
        return code in (asked or ())
    return assessment.is_editable


def plans(content: Content, value: str | None) -> bool:
    """Whether a value of the scale speaks of an action to come, so that its date must be in the future."""
    chosen = content.scale_value(value)
    return chosen is not None and (chosen.needs is Need.ACTION or chosen.extent is Extent.IN_PROGRESS)


def faults(
    content: Content,
    *,
    value: str | None,
    explanation: str,
    action: str,
    action_owner: str,
    action_due: date | None,
    reason: str,
    on: date,
) -> dict[str, str]:
    """A sentence for each part of an answer that cannot be saved as it is. What is merely not there yet is no fault."""
    found: dict[str, str] = {}
    if value is not None and content.scale_value(value) is None:
        found["value"] = "Choose one of the answers."
    texts = {"explanation": explanation, "action": action, "action_owner": action_owner, "reason": reason}
    for name, text in texts.items():
        what, limit = _LIMITS[name]
        if len(text) > limit:
            found[name] = f"{what} must be {limit:,} characters or fewer. It has {len(text):,}."
    if plans(content, value) and action_due is not None and action_due <= on:
        found["action_due"] = "The date must be in the future."
    return found


def save(
    session: Session,
    assessment: Assessment,
    *,
    criterion: str,
    value: str | None,
    explanation: str,
    action: str,
    action_owner: str,
    action_due: date | None,
    reason: str,
    seen_version: int,
    seen: str | None = None,
    by: User,
    at: datetime,
    open_criteria: Collection[str] | None = None,
) -> Answer:
    """Save an answer, whole or in part, and return it.

    `seen_version` is the version of the answer that the person saw, 0 for none. `seen` is its `mark`, when the form
    brought it back: who changed nothing does not stand in the way of a colleague who did. `open_criteria` are the
    criteria that the assessor asked about, which only a round of more information needs. Raises Refusal when the answer
    may not be changed now or a part cannot be saved (on its field), and Stale when somebody else saved something
    different meanwhile.
    """
    author = by.id  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    content = assessment.framework.content
    asked = content.criterion(criterion)
    if asked is None or asked.level > assessment.target_level:
        raise Refusal("This is not one of the questions of your assessment.")
    if not is_open(assessment, criterion, open_criteria):
        raise Refusal(FROZEN)
    wrong = faults(
        content,
        value=value,
        explanation=explanation,
        action=action,
        action_owner=action_owner,
        action_due=action_due,
        reason=reason,
        on=local_date(at),
    )
    for field, fault in wrong.items():
        raise Refusal(fault, field=field)
    said: dict[str, object] = {
        "value": value,
        "explanation": explanation,
        "action": action,
        "action_owner": action_owner,
        "action_due": action_due,
        "reason": reason,
    }
    answer = session.scalars(
        sa.select(Answer)
        .where(Answer.assessment_id == assessment.id, Answer.criterion == criterion)
        .execution_options(populate_existing=True)
    ).first()
    if answer is not None and all(getattr(answer, name) == new for name, new in said.items()):
        if answer.is_to_check and assessment.status is AssessmentStatus.DRAFT:  # saved as it is, it still holds
            answer.confirmed_at = at
            session.flush()  # so that its version is known to the page
            audit.record(session, "answer:confirm", answer, by=author, at=at, case=assessment.id, criterion=criterion)
        return answer
    if answer is not None and seen and seen == mark(said):
        return answer
    if seen_version != (answer.version if answer else 0):
        raise Stale(
            who_saved(answer and answer.saved_by_id, author, "Somebody else saved this while you were typing."),
            current=answer,
        )
    if answer is None:
        if not any(said.values()):
            raise Refusal("Choose an answer.", field="value")
        answer = Answer(assessment_id=assessment.id, criterion=criterion, carried_at=None, confirmed_at=None)
        session.add(answer)
    if answer.is_to_check:
        answer.confirmed_at = at
    for name, new in said.items():
        setattr(answer, name, new)
    answer.saved_at = at
    answer.saved_by_id = author
    session.flush()  # so that its version is known to the page
    audit.record(
        session,
        "answer:save",
        answer,
        by=author,
        at=at,
        case=assessment.id,
        criterion=criterion,
        value=value,
        version=answer.version,
    )
    return answer
