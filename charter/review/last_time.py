"""What was found the last time the employer was decided on, beside what is looked at now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.review.models import Finding, Review
from charter.review.status import ReviewStatus


@dataclass(frozen=True)
class LastTime:
    """The employer's last decided assessment before this one."""

    decided_at: datetime
    level: int
    findings: Mapping[str, Finding]
    """The finding that stood on each criterion when it was decided."""


def with_last_time(session: Session, review: Review) -> tuple[Sequence[Finding], LastTime | None]:
    """Every finding of a case, the earliest round first, and what was found last time (one query for both).

    A case that is decided is shown as it was: what was decided after it is no last time.
    """
    last = (
        sa.select(Review.id)
        .join(Review.assessment)
        .where(
            Assessment.organisation_id == review.assessment.organisation_id,
            Review.id != review.id,
            Review.status == ReviewStatus.DECIDED,
            *([Review.decided_at < review.decided_at] if review.decided_at else ()),
        )
        .order_by(Review.decided_at.desc(), Review.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Finding, Review.decided_at, Review.decided_level)
        .join(Review, Review.id == Finding.review_id)
        .where(sa.or_(Finding.review_id == review.id, Finding.review_id == last))
        .order_by(Finding.round, Finding.criterion)
    ).all()
    own = [finding for finding, _, _ in rows if finding.review_id == review.id]
    before = [row for row in rows if row[0].review_id != review.id]
    decided_at, level = (before[-1][1], before[-1][2]) if before else (None, None)
    if decided_at is None:
        return own, None
    # a case is decided only when each criterion has a finding that stands, so that of its last round counts
    return own, LastTime(decided_at, level or 0, {finding.criterion: finding for finding, _, _ in before})
