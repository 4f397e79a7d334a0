"""Who has an interest in an employer: its own people, and staff who declared one. They decide nothing about it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter import audit
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.organisation.models import Membership, Organisation
from charter.orm import Base

REASON_LENGTH = 300


class Conflict(Base):
    """A member of staff's interest in an employer: they may not work on its cases, awards or claims."""

    __tablename__ = "conflict"
    __table_args__ = (sa.UniqueConstraint("user_id", "organisation_id"),)

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.Text)
    """As they said it; of two employers that were merged, both."""
    declared_at: Mapped[datetime]


def declare(session: Session, organisation: Organisation, *, reason: str, by: User, at: datetime) -> Conflict:
    """Keep that `by` has an interest in this employer. A case of its that they have is not given back here.

    Raises `Refusal` when they declared it before, and on "reason" when there is none or it is too long.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("Say what your interest in this employer is.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal(f"Say it in {REASON_LENGTH} characters or fewer.", field="reason")
    # The person's row is locked, so that two clicks in one moment declare it once.
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    found = session.scalars(
        sa.select(Conflict).where(Conflict.user_id == by.id, Conflict.organisation_id == organisation.id)
    ).first()
    if found is not None:
        raise Refusal("You have already declared an interest in this employer.")
    conflict = Conflict(user_id=by.id, organisation_id=organisation.id, reason=reason, declared_at=at)
    session.add(conflict)
    audit.record(session, "conflict:declare", conflict, by=by.id, at=at, organisation=str(organisation.id))
    return conflict


def why_not(session: Session, user: User, organisation_id: UUID, deed: str) -> str | None:
    """Why `user` may not do something about this employer, in a sentence; None when they may (one query).

    `deed` is what somebody else must do then: "check its awards of other schemes".
    """
    belongs, declared_at = session.execute(
        sa.select(
            sa.exists().where(Membership.user_id == user.id, Membership.organisation_id == organisation_id),
            sa.select(Conflict.declared_at)
            .where(Conflict.user_id == user.id, Conflict.organisation_id == organisation_id)
            .scalar_subquery(),
        )
    ).one()
    if belongs:
        return f"You belong to this employer, so somebody else must {deed}."
    if declared_at is not None:
        day = local_date(declared_at)
        return f"You declared an interest in this employer on {day.day} {day:%B %Y}, so somebody else must {deed}."
    return None


def check_none(session: Session, user: User, organisation_id: UUID, deed: str) -> None:
    """Raise `Refusal` with the reason of `why_not` when `user` has an interest in this employer."""
    why = why_not(session, user, organisation_id, deed)
    if why is not None:
        raise Refusal(why)


def interested(organisation_id: UUID) -> sa.ColumnElement[bool]:
    """Whether a `User` of a query has an interest in this employer."""
    return sa.or_(
        *(
            sa.exists().where(part.user_id == User.id, part.organisation_id == organisation_id).correlate(User)
            for part in (Membership, Conflict)
        )
    )
