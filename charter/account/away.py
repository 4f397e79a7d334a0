"""When the scheme's staff are away, so that nobody gives them work then."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from charter import audit
from charter.account.models import Role, User
from charter.clock import day_in_words
from charter.errors import Refusal
from charter.orm import Base

LONGEST = timedelta(days=366)
FOR_OTHERS = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})
"""Who may enter when somebody else is away."""


class Away(Base):
    """Days, the first and the last included, on which a member of staff is away. What is past is kept."""

    __tablename__ = "away"
    __table_args__ = (
        sa.CheckConstraint("starts_on <= ends_on", name="in_order"),
        sa.Index("ix_away_user_id_ends_on", "user_id", "ends_on"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))

    user: Mapped[User] = relationship(foreign_keys=user_id)

    def has_begun(self, on: date) -> bool:
        """Whether its first day is here or past."""
        return self.starts_on <= on

    def is_past(self, on: date) -> bool:
        """Whether its last day is past."""
        return self.ends_on < on


def may_set(by: User, person: User) -> bool:
    """Whether `by` may enter when `person` is away."""
    return person.is_staff and (by.id == person.id or by.role in FOR_OTHERS)


def add(session: Session, person: User, *, starts_on: date, ends_on: date, by: User, at: datetime, on: date) -> Away:
    """Keep that `person` is away from one day to another. The same again gives what is there.

    Raises `Refusal` on "ends_on" when the days are the wrong way round, past, too long or meet others that are entered,
    and when `by` may not say so for them.
    """
    _check(by, person)
    if ends_on < starts_on:
        raise Refusal("The last day must be the first day or after it.", field="ends_on")
    if ends_on < on:
        raise Refusal("The last day must be today or after it.", field="ends_on")
    if ends_on - starts_on > LONGEST:
        raise Refusal("Enter a year at most. You can add more later.", field="ends_on")
    # The person's row is locked, so that two who enter days in one moment do not enter days that meet.
    session.execute(sa.select(User.id).where(User.id == person.id).with_for_update())
    meets = session.scalars(
        sa.select(Away)
        .where(Away.user_id == person.id, Away.starts_on <= ends_on, Away.ends_on >= starts_on)
        .order_by(Away.starts_on)
        .limit(1)
    ).first()
    if meets is not None:
        if (meets.starts_on, meets.ends_on) == (starts_on, ends_on):
            return meets
        raise Refusal(
            f"These days meet others that are entered: {day_in_words(meets.starts_on)} to "
            f"{day_in_words(meets.ends_on)}. Take those out first, or choose other days.",
            field="ends_on",
        )
    made = Away(user_id=person.id, starts_on=starts_on, ends_on=ends_on, set_at=at, set_by_id=by.id)
    session.add(made)
    _record(session, "add", made, by=by, at=at)
    return made


def end(session: Session, away: Away, *, by: User, at: datetime, on: date) -> None:
    """`away` is over: taken out when it has not begun, ended yesterday when it has. What is past stays.

    Raises `Refusal` when it is past, or `by` may not say so.
    """
    key = away.id
    if session.scalars(sa.select(Away.id).where(Away.id == key).with_for_update()).first() is None:
        return
    away = session.get_one(Away, key, populate_existing=True)
    _check(by, away.user)
    if away.is_past(on):
        raise Refusal("These days are past. They stay in the record.")
    if away.starts_on < on:
        away.ends_on = on - timedelta(days=1)
        _record(session, "end", away, by=by, at=at)
    else:
        _record(session, "take-out", away, by=by, at=at)
        session.delete(away)


def of(session: Session, person: User) -> Sequence[Away]:
    """All the days that one person was, is and will be away, the last first."""
    return session.scalars(
        sa.select(Away).where(Away.user_id == person.id).order_by(Away.starts_on.desc(), Away.id)
    ).all()


def now_and_next(session: Session, *, on: date) -> dict[UUID, Away]:
    """For each person who is away or will be, the days that come first (one query)."""
    found: dict[UUID, Away] = {}
    for one in session.scalars(sa.select(Away).where(Away.ends_on >= on).order_by(Away.starts_on, Away.id)):
        found.setdefault(one.user_id, one)
    return found


def until(session: Session, *, on: date) -> dict[UUID, date]:
    """Who is away on that day, and the last day of it (one query)."""
    rows = session.execute(sa.select(Away.user_id, Away.ends_on).where(Away.starts_on <= on, Away.ends_on >= on))
    return {user_id: ends_on for user_id, ends_on in rows}  # noqa: C416 - rows, not pairs


def is_away(user_id: sa.ColumnElement[UUID] | sa.orm.InstrumentedAttribute[UUID | None], on: date) -> sa.Exists:
    """Whether the person of a query is away on that day."""
    return sa.exists().where(Away.user_id == user_id, Away.starts_on <= on, Away.ends_on >= on)


def _check(by: User, person: User) -> None:
    if not may_set(by, person):
        raise Refusal("Only the person, a moderator or an administrator can say when somebody is away.")


def _record(session: Session, deed: str, away: Away, *, by: User, at: datetime) -> None:
    audit.record(
        session,
        f"away:{deed}",
        away,
        by=by.id,
        at=at,
        person=str(away.user_id),
        starts_on=away.starts_on.isoformat(),
        ends_on=away.ends_on.isoformat(),
    )
