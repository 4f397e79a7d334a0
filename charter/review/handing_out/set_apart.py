"""Whoever took part in a decision that an appeal overturned has no part in the new one."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from charter.account.models import User
from charter.orm import Base
from charter.review.models import Review

WHY = "You took part in the decision that was appealed, so somebody else must work on the new one."


class SetApart(Base):
    """A member of staff who may not work on a case that was opened again."""

    __tablename__ = "set_apart"
    __table_args__ = (sa.UniqueConstraint("review_id", "user_id"),)

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))


def why_not(session: Session, user: User, review_id: UUID) -> str | None:
    """Why `user` may not work on this case, in a sentence; None when nothing of this kind stands in the way."""
    found = session.scalar(
        sa.select(SetApart.id).where(SetApart.review_id == review_id, SetApart.user_id == user.id).limit(1)
    )
    return WHY if found is not None else None


def was_opened_again(session: Session, review: Review) -> bool:
    """Whether an appeal opened this case again: somebody decided it before."""
    return session.scalar(sa.select(SetApart.id).where(SetApart.review_id == review.id).limit(1)) is not None
