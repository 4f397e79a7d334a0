"""How long the scheme waits for an employer that does not answer, before its assessor may go on without the answer."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.orm import Base
from charter.review.timing import working_days

USUAL = 5
"""Working days, until somebody sets another number."""
HIGHEST = 60


class Patience(Base):
    """The working days after the day to answer by, from a moment on. The newest counts; the others say what held
    before."""

    __tablename__ = "patience"
    __table_args__ = (sa.CheckConstraint("days > 0", name="some_days"), sa.Index("ix_patience_set_at", "set_at"))

    days: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))


def days(session: Session) -> int:
    """How many working days after the day to answer by an assessor may go on without an answer (one query)."""
    newest = sa.select(Patience.days).order_by(Patience.set_at.desc(), Patience.id.desc()).limit(1)
    return session.scalar(newest) or USUAL


def ends_on(session: Session, answer_by: date) -> date:
    """The last day of waiting for an answer that was to come by `answer_by`. The day after it, we may go on."""
    return working_days.after(answer_by, days(session))


def history(session: Session) -> Sequence[tuple[Patience, str]]:
    """The last ten numbers with who set each, the newest first."""
    return [
        (one, name)
        for one, name in session.execute(
            sa.select(Patience, User.name)
            .join(User, User.id == Patience.set_by_id)
            .order_by(Patience.set_at.desc(), Patience.id.desc())
            .limit(10)
        )
    ]


def set_days(session: Session, number: int, *, by: User, at: datetime) -> None:
    """Wait so many working days from now on. The same number again changes nothing.

    Raises `Refusal` on "days" when the number makes no sense.
    """
    if not 1 <= number <= HIGHEST:
        raise Refusal(f"Enter a number from 1 to {HIGHEST}.", field="days")
    before = days(session)
    if number == before:
        return
    made = Patience(days=number, set_at=at, set_by_id=by.id)
    session.add(made)
    audit.record(session, "patience:set", made, by=by.id, at=at, before=before, after=number)
