"""Sending answers and deciding a case, each with the employer's improvement plan: the verbs that pages call.

After each self-assessment and each decision there is a plan that fits it. `charter.review` lies below the plan and
cannot make it, so whoever sends or decides from above does it here, whatever verb of the review it rests on: one that
decides in a new way gets its own few lines with `decided` at their end. `tests/improvement/test_with_plan.py` finds
callers that go past this module.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment, Submission
from charter.improvement import building
from charter.panel import recording
from charter.panel.models import Item
from charter.review import intake, moderation
from charter.review.models import Moderation, Review


def submit(
    session: Session,
    assessment: Assessment,
    *,
    declared_by: str,
    declared_role: str,
    by: User,
    at: datetime,
    on: date,
    only_owner: bool | None = None,
) -> Submission:
    """Send an assessment, as `intake.submit` does, and bring the employer's plan up to date with its answers."""
    submission = intake.submit(
        session,
        assessment,
        declared_by=declared_by,
        declared_role=declared_role,
        by=by,
        at=at,
        on=on,
        only_owner=only_owner,
    )
    building.refresh(session, assessment, at=at, on=on)
    return submission


def agree(session: Session, review: Review, *, reasons: str = "", by: User, at: datetime, on: date) -> Moderation:
    """Decide as was recommended, as `moderation.agree` does, with the plan that follows."""
    outcome = moderation.agree(session, review, reasons=reasons, by=by, at=at, on=on)
    decided(session, review, at=at, on=on)
    return outcome


def change(
    session: Session, review: Review, *, level: int, reasons: str, by: User, at: datetime, on: date
) -> Moderation:
    """Decide on another level, as `moderation.change` does, with the plan that follows."""
    outcome = moderation.change(session, review, level=level, reasons=reasons, by=by, at=at, on=on)
    decided(session, review, at=at, on=on)
    return outcome


def decide_together(
    session: Session,
    item: Item,
    *,
    level: int,
    reasons: str,
    discussion: str = "",
    left: Collection[UUID] = (),
    by: User,
    at: datetime,
    on: date,
) -> Review:
    """Record what the panel decided on a case, as `recording.decide` does, with the plan that follows."""
    review = recording.decide(
        session, item, level=level, reasons=reasons, discussion=discussion, left=left, by=by, at=at, on=on
    )
    decided(session, review, at=at, on=on)
    return review


def decided(session: Session, review: Review, *, at: datetime, on: date) -> None:
    """A case was decided in this transaction: bring the employer's plan up to date with its findings."""
    session.flush()  # so that the plan finds the decision
    building.refresh(session, review.assessment, at=at, on=on)
