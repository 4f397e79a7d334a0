"""How many cases one person should have at most, as the scheme sets it, and how many each has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter import audit
from charter.account import away
from charter.account.models import AT_THE_DESK, User
from charter.errors import Refusal
from charter.orm import Base
from charter.review.models import Review
from charter.review.status import ReviewStatus

USUAL = 12
"""The most until somebody sets it."""
HIGHEST = 500
HELD = (ReviewStatus.IN_REVIEW, ReviewStatus.WITH_EMPLOYER)
"""In these a case is its assessor's work. Once a level is recommended, it is somebody else's."""


class WorkloadLimit(Base):
    """The most cases for one person, from a moment on. The newest counts; the others say what held before."""

    __tablename__ = "workload_limit"
    __table_args__ = (sa.CheckConstraint("cases > 0", name="some_work"), sa.Index("ix_workload_limit_set_at", "set_at"))

    cases: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))


def limits(session: Session) -> Sequence[tuple[WorkloadLimit, str]]:
    """The last ten limits with who set each, the newest first."""
    return [
        (limit, name)
        for limit, name in session.execute(
            sa.select(WorkloadLimit, User.name)
            .join(User, User.id == WorkloadLimit.set_by_id)
            .order_by(WorkloadLimit.set_at.desc(), WorkloadLimit.id.desc())
            .limit(10)
        )
    ]


def most(session: Session) -> int:
    """How many cases one person should have at most, now."""
    newest = sa.select(WorkloadLimit.cases).order_by(WorkloadLimit.set_at.desc(), WorkloadLimit.id.desc()).limit(1)
    return session.scalar(newest) or USUAL


def set_most(session: Session, cases: int, *, by: User, at: datetime) -> None:
    """Set how many cases one person should have at most. The same number again changes nothing.

    Raises `Refusal` on "cases" when the number makes no sense.
    """
    if not 1 <= cases <= HIGHEST:
        raise Refusal(f"Enter a number from 1 to {HIGHEST}.", field="cases")
    before = most(session)
    if cases == before:
        return
    made = WorkloadLimit(cases=cases, set_at=at, set_by_id=by.id)
    session.add(made)
    audit.record(session, "workload:set", made, by=by.id, at=at, before=before, after=cases)


def held(session: Session, user_ids: Sequence[UUID] | None = None) -> dict[UUID, int]:
    """How many cases each person has in hand, or each of these (one query). Who has none is not in it."""
    query = (
        sa.select(Review.assessor_id, sa.func.count())
        .where(Review.status.in_(HELD), Review.assessor_id.is_not(None))
        .group_by(Review.assessor_id)
    )
    if user_ids is not None:
        query = query.where(Review.assessor_id.in_(user_ids))
    return {user_id: number for user_id, number in session.execute(query) if user_id is not None}


def overdue(session: Session, *, on: date) -> dict[UUID, int]:
    """How many cases each person has in review that should have been decided before a day (one query). Who has none is
    not in it."""
    query = (
        sa.select(Review.assessor_id, sa.func.count())
        .where(Review.status == ReviewStatus.IN_REVIEW, Review.due_on < on)
        .group_by(Review.assessor_id)
    )
    return {user_id: number for user_id, number in session.execute(query) if user_id is not None}


@dataclass(frozen=True)
class AtDesk:
    """One person who may have cases, and whether they can take more today."""

    user: User
    cases: int
    away: away.Away | None
    """The days that they are away now, or next."""


def desk(session: Session, *, on: date) -> Sequence[AtDesk]:
    """Everybody who may have cases, by name, with how many they have and when they are away (three queries)."""
    people = session.scalars(
        sa.select(User).where(User.role.in_(AT_THE_DESK), User.can_sign_in).order_by(User.name, User.id)
    ).all()
    numbers, gone = held(session), away.now_and_next(session, on=on)
    return [AtDesk(one, numbers.get(one.id, 0), gone.get(one.id)) for one in people]
