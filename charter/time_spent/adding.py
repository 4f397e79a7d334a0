"""Add the time that a page was open until it was saved; nothing of who opened it is kept."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.database import insert
from charter.time_spent.models import TimeSpent

LONGEST = timedelta(minutes=20)
"""What a page counts for at most: one that was left open over lunch was no effort."""
KEPT = timedelta(days=3 * 365)
"""For how long the sums are kept after the last time was added."""


def add(session: Session, assessment: Assessment, *, tasks: Sequence[str], opened_at: datetime, at: datetime) -> None:
    """Add the time from `opened_at` to `at`, at most `LONGEST`, shared equally by the tasks that were on the page.

    A page that was opened before time was last added to a task adds nothing to it: the same form sent again, or found
    with the back button, counts once. Nothing is added once the assessment was sent (one statement, or none).
    """
    seconds = int(min(at - opened_at, LONGEST).total_seconds())
    if seconds <= 0 or not tasks or assessment.status is not AssessmentStatus.DRAFT:
        return
    each, left = divmod(seconds, len(tasks))
    rows = [
        {
            "id": uuid7(),
            "assessment_id": assessment.id,
            "task": task,
            "seconds": each + (number < left),
            "counted_at": at,
        }
        for number, task in enumerate(tasks)
    ]
    new = insert(session, TimeSpent).values(rows)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["assessment_id", "task"],
            set_={"seconds": TimeSpent.seconds + new.excluded.seconds, "counted_at": new.excluded.counted_at},
            where=TimeSpent.counted_at <= opened_at,
        )
    )


def so_far(session: Session, assessment: Assessment) -> int:
    """The seconds that an assessment took so far (one query)."""
    total = sa.select(sa.func.coalesce(sa.func.sum(TimeSpent.seconds), 0)).where(
        TimeSpent.assessment_id == assessment.id
    )
    return int(session.scalar(total) or 0)


def forget_old(session: Session, on: date, at: datetime) -> int:
    """Delete the sums to which nothing was added for `KEPT`; says how many there were. Harmless when done twice."""
    gone = session.execute(sa.delete(TimeSpent).where(TimeSpent.counted_at < at - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]
