"""Which badges no longer count: a public list of bits (Bitstring Status List), at places that say nothing of an award.

Each badge that is given out has a place, drawn by lot, so that neither the order of awards nor their number can be read
from the list. A bit that was set is never taken back: when an award counts again, it gets a new badge at a new place.
"""

import base64
import gzip
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.database import insert
from charter.orm import Base

LENGTH = 131_072
"""How many places a list has: the least that the standard allows, so that each badge hides among many."""
REVOCATION = "revocation"
"""The one purpose of our lists."""
TAKEN_AWAY = (AwardStatus.SUSPENDED, AwardStatus.SUPERSEDED, AwardStatus.REVOKED)
"""Awards whose badges do not count."""
_LOTS = 64
"""Places drawn at one go. When half of them are taken, so is about half of the list, and the next one is begun."""


class StatusPlace(Base):
    """Where it is published whether one badge still counts. One that is given out anew has another place."""

    __tablename__ = "status_place"
    __table_args__ = (
        sa.UniqueConstraint("award_id", "edition"),
        sa.UniqueConstraint("list_number", "position"),
        sa.CheckConstraint("edition > 0", name="counts_from_1"),
    )

    award_id: Mapped[UUID] = mapped_column(sa.ForeignKey("award.id", ondelete="CASCADE"))
    edition: Mapped[int]
    """1 for the badge of the day of the award."""
    list_number: Mapped[int]
    position: Mapped[int]
    given_at: Mapped[datetime]
    is_replaced: Mapped[bool]
    """Whether a newer badge was given out for the same award: then this one does not count, whatever the award does."""


def give_place(session: Session, award: Award, *, at: datetime) -> StatusPlace:
    """Give the award's badge a place, in place of the one it had before, if it had one. Whoever calls holds the award.

    Verbs call it that give an award, bring one back, or change what its badge says.
    """
    session.flush()
    before = of(session, award.id)
    if before is not None:
        before.is_replaced = True
        session.flush()
    while True:
        list_number, position = _draw(session)
        place = insert(session, StatusPlace).values(
            id=uuid7(),
            award_id=award.id,
            edition=before.edition + 1 if before else 1,
            list_number=list_number,
            position=position,
            given_at=at,
            is_replaced=False,
        )
        place = place.on_conflict_do_nothing(index_elements=["list_number", "position"])
        if session.scalar(place.returning(StatusPlace.id)) is not None:  # else another drew the same in this moment
            found = of(session, award.id)
            assert found is not None
            return found


def _draw(session: Session) -> tuple[int, int]:
    """A place by lot, which was free a moment ago."""
    newest = last(session)
    lots = [secrets.randbelow(LENGTH) for _ in range(_LOTS)]
    query = sa.select(StatusPlace.position).where(StatusPlace.list_number == newest, StatusPlace.position.in_(lots))
    taken = set(session.scalars(query))
    free = [lot for lot in lots if lot not in taken]
    return (newest, free[0]) if 2 * len(free) > _LOTS else (newest + 1, lots[0])


def draw_many(session: Session, number: int) -> list[tuple[int, int]]:
    """So many places by lot at one go, for awards that are written in bulk."""
    newest = last(session)
    taken = set(session.scalars(sa.select(StatusPlace.position).where(StatusPlace.list_number == newest)))
    drawn: list[tuple[int, int]] = []
    while len(drawn) < number:
        if 2 * len(taken) >= LENGTH:
            newest, taken = newest + 1, set()
        lot = secrets.randbelow(LENGTH)
        if lot not in taken:
            taken.add(lot)
            drawn.append((newest, lot))
    return drawn


def last(session: Session) -> int:
    """The number of the newest list. The first one is there before anybody has a place on it."""
    return session.scalar(sa.select(sa.func.max(StatusPlace.list_number))) or 1


def of(session: Session, award_id: UUID) -> StatusPlace | None:
    """The place of the badge that is given out for the award now."""
    query = sa.select(StatusPlace).where(StatusPlace.award_id == award_id).order_by(StatusPlace.edition.desc())
    return session.scalars(query.limit(1)).first()


def set_on(session: Session, list_number: int) -> Iterable[int]:
    """The places on a list whose badges do not count."""
    away = sa.or_(StatusPlace.is_replaced, Award.status.in_(TAKEN_AWAY))
    query = sa.select(StatusPlace.position).join(Award, Award.id == StatusPlace.award_id)
    return session.scalars(query.where(StatusPlace.list_number == list_number, away)).all()


def encoded(positions: Iterable[int]) -> str:
    """A list with the bits set at `positions`, as it is published: packed by GZIP, in base64url, after the letter u."""
    bits = bytearray(LENGTH // 8)
    for position in positions:
        bits[position // 8] |= 0x80 >> position % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")
