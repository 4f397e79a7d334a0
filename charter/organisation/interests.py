"""Who has an interest in an employer: its own people, and staff who declared one.

They see nothing of it and decide nothing about it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from charter import audit
from charter.account.models import Role, User
from charter.clock import day_in_words, local_date
from charter.errors import Refusal
from charter.organisation import numbers
from charter.organisation.models import Conflict, InterestKind, Membership, Organisation
from charter.orm import Base

REASON_LENGTH = 300
NAME_LENGTH = 160


class EndedInterest(Base):
    """An interest that ended, kept so that a decision of its time can be explained."""

    __tablename__ = "ended_interest"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    kind: Mapped[InterestKind]
    reason: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[date | None]
    declared_at: Mapped[datetime]
    because: Mapped[str] = mapped_column(sa.Text)
    """Why it ended, as the person said it."""
    ended_at: Mapped[datetime]
    ended_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    """The moderator or administrator who agreed."""

    user: Mapped[User] = relationship(foreign_keys=user_id)
    organisation: Mapped[Organisation] = relationship()


class InterestToCome(Base):
    """An interest in an employer that has not registered yet. It binds the moment it does (`bind`)."""

    __tablename__ = "interest_to_come"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "name_key"),
        sa.Index("ix_interest_to_come_name_key", "name_key"),
        sa.Index("ix_interest_to_come_company_number", "company_number"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    """`name_key` of the name."""
    company_number: Mapped[str | None] = mapped_column(sa.String(8))
    kind: Mapped[InterestKind]
    reason: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[date | None]
    declared_at: Mapped[datetime]

    user: Mapped[User] = relationship()


def name_key(name: str) -> str:
    """A name as it is compared: letters and digits alone, and without what kind of company it is."""
    words = re.findall(r"[^\W_]+", name.casefold().replace("'", "").replace("’", ""))
    plain = [word for word in words if word not in {"ltd", "limited", "plc", "llp", "the"}]
    return "".join(plain or words)[:NAME_LENGTH]


# Declare -----------------------------------------------------------------------------------------------------------


def declare(
    session: Session,
    organisation: Organisation,
    *,
    reason: str,
    kind: InterestKind = InterestKind.OTHER,
    since: date | None = None,
    by: User,
    at: datetime,
) -> Conflict:
    """Keep that `by` has an interest in this employer. A case of its that they have is not given back here.

    Raises `Refusal` when they declared it before, on "reason" when there is none or it is too long, and on "since" when
    that day is yet to come.
    """
    reason = _checked(reason, since, at)
    # The person's row is locked, so that two clicks in one moment declare it once.
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    found = session.scalars(
        sa.select(Conflict).where(Conflict.user_id == by.id, Conflict.organisation_id == organisation.id)
    ).first()
    if found is not None:
        raise Refusal("You have already declared an interest in this employer.")
    return _keep(session, by, organisation, kind=kind, reason=reason, since=since, declared_at=at, by=by, at=at)


def declare_to_come(
    session: Session,
    *,
    name: str,
    company_number: str | None,
    reason: str,
    kind: InterestKind = InterestKind.OTHER,
    since: date | None = None,
    by: User,
    at: datetime,
) -> InterestToCome:
    """Keep that `by` has an interest in an employer that has not registered. Twice, it is kept once.

    Raises `Refusal` on its field when there is no name, the number cannot be one, or as `declare` does; and on "name"
    when an employer of this name or number is here already, so that it must be chosen.
    """
    key = name_key(name)
    if not key:
        raise Refusal("Enter the name of the employer.", field="name")
    if len(name.strip()) > NAME_LENGTH:
        raise Refusal(f"The name must be {NAME_LENGTH} characters or fewer.", field="name")
    number = numbers.company_number(company_number)
    reason = _checked(reason, since, at)
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    here = sa.select(Organisation.name).where(
        Organisation.merged_into_id.is_(None),
        sa.or_(
            sa.func.lower(Organisation.name) == name.strip().lower(),
            Organisation.company_number == number if number else sa.false(),
        ),
    )
    there = session.scalars(here.limit(1)).first()
    if there is not None:
        raise Refusal(f"{there} has registered. Search for it by name and choose it.", field="name")
    found = session.scalars(
        sa.select(InterestToCome).where(InterestToCome.user_id == by.id, InterestToCome.name_key == key)
    ).first()
    if found is not None:
        return found
    made = InterestToCome(
        user_id=by.id,
        name=name.strip(),
        name_key=key,
        company_number=number,
        kind=kind,
        reason=reason,
        since=since,
        declared_at=at,
    )
    session.add(made)
    audit.record(session, "interest-to-come:declare", made, by=by.id, at=at, company_number=number)
    return made


def bind(session: Session, organisation: Organisation, *, at: datetime) -> list[Conflict]:
    """An employer registered, or has another name or number: what staff declared in advance of it stands from now.

    The date of the declaration stays what it was. Gives those that are new.
    """
    keys = [InterestToCome.name_key == name_key(organisation.name)]
    if organisation.company_number:
        keys.append(InterestToCome.company_number == organisation.company_number)
    found = session.scalars(
        sa.select(InterestToCome)
        .where(sa.or_(*keys))
        .options(joinedload(InterestToCome.user))
        .order_by(InterestToCome.declared_at, InterestToCome.id)
        .with_for_update(of=InterestToCome)
    ).all()
    if not found:
        return []
    known = set(session.scalars(sa.select(Conflict.user_id).where(Conflict.organisation_id == organisation.id)))
    made = []
    for one in found:
        if one.user_id not in known:
            known.add(one.user_id)
            made.append(
                _keep(
                    session,
                    one.user,
                    organisation,
                    kind=one.kind,
                    reason=one.reason,
                    since=one.since,
                    declared_at=one.declared_at,
                    by=None,
                    at=at,
                )
            )
        session.delete(one)
    return made


def _checked(reason: str, since: date | None, at: datetime) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("Say what your interest in this employer is.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal(f"Say it in {REASON_LENGTH} characters or fewer.", field="reason")
    if since is not None and since > local_date(at):
        raise Refusal("The day it began cannot be after today. Leave it empty if you do not know.", field="since")
    return reason


def _keep(
    session: Session,
    user: User,
    organisation: Organisation,
    *,
    kind: InterestKind,
    reason: str,
    since: date | None,
    declared_at: datetime,
    by: User | None,
    at: datetime,
) -> Conflict:
    conflict = Conflict(
        user_id=user.id,
        organisation_id=organisation.id,
        kind=kind,
        reason=reason,
        since=since,
        declared_at=declared_at,
        kept_because="",
    )
    session.add(conflict)
    action = "conflict:declare" if by else "conflict:bind"
    audit.record(
        session,
        action,
        conflict,
        by=by.id if by else None,
        at=at,
        organisation=str(organisation.id),
        interested=str(user.id),
        kind=kind.value,
    )
    return conflict


# End ---------------------------------------------------------------------------------------------------------------


def ask_to_end(session: Session, conflict: Conflict, *, because: str, by: User, at: datetime) -> None:
    """`by` says that their interest has ended. It stands until a moderator or an administrator agrees.

    Asked twice, the first stays. Raises `Refusal` when it is somebody else's, and on "because" without a reason.
    """
    conflict = _held(session, conflict)
    if conflict.user_id != by.id:
        raise Refusal("Only the person who declared an interest can ask to end it.")
    if conflict.end_asked_at is not None:
        return
    conflict.end_because = _words(because, "Say why you no longer have an interest in this employer.")
    conflict.end_asked_at, conflict.kept_because = at, ""
    audit.record(session, "conflict:ask-to-end", conflict, by=by.id, at=at, organisation=str(conflict.organisation_id))


def agree_to_end(session: Session, conflict: Conflict, *, by: User, at: datetime) -> EndedInterest:
    """A moderator or an administrator agrees that somebody's interest has ended.

    Raises `Refusal` when it was not asked for, or `by` may not say so: it is their own, or they have one themselves.
    """
    conflict = _to_answer(session, conflict, by)
    ended = EndedInterest(
        user_id=conflict.user_id,
        organisation_id=conflict.organisation_id,
        kind=conflict.kind,
        reason=conflict.reason,
        since=conflict.since,
        declared_at=conflict.declared_at,
        because=conflict.end_because or "",
        ended_at=at,
        ended_by_id=by.id,
    )
    session.add(ended)
    audit.record(
        session,
        "conflict:end",
        conflict,
        by=by.id,
        at=at,
        organisation=str(conflict.organisation_id),
        interested=str(conflict.user_id),
    )
    session.delete(conflict)
    return ended


def refuse_to_end(session: Session, conflict: Conflict, *, because: str, by: User, at: datetime) -> None:
    """A moderator or an administrator says that the interest still stands, and why; its person reads it.

    Raises `Refusal` as `agree_to_end` does, and on "because" when there is no reason.
    """
    conflict = _to_answer(session, conflict, by)
    conflict.kept_because = _words(because, "Say why the interest still stands. The person reads it.")
    conflict.end_asked_at = conflict.end_because = None
    audit.record(
        session,
        "conflict:keep",
        conflict,
        by=by.id,
        at=at,
        organisation=str(conflict.organisation_id),
        interested=str(conflict.user_id),
    )


def may_answer(user: User, conflict: Conflict) -> bool:
    """Whether `user` may say if an interest has ended: never of their own."""
    return user.role in {Role.MODERATOR, Role.ADMINISTRATOR} and conflict.user_id != user.id


def take_back(session: Session, to_come: InterestToCome, *, by: User, at: datetime) -> None:
    """Take back an interest in an employer that never registered: nothing was decided while it stood.

    Raises `Refusal` when it is somebody else's.
    """
    if to_come.user_id != by.id:
        raise Refusal("Only the person who declared an interest can take it back.")
    audit.record(session, "interest-to-come:take-back", to_come, by=by.id, at=at)
    session.delete(to_come)


def _held(session: Session, conflict: Conflict) -> Conflict:
    """The interest as it is now, held until the transaction ends. Raises `Refusal` when it has ended meanwhile."""
    key = conflict.id
    if session.scalars(sa.select(Conflict.id).where(Conflict.id == key).with_for_update()).first() is None:
        raise Refusal("This interest has ended already.")
    return session.get_one(Conflict, key, populate_existing=True)


def _to_answer(session: Session, conflict: Conflict, by: User) -> Conflict:
    conflict = _held(session, conflict)
    if not may_answer(by, conflict):
        raise Refusal("Another moderator or administrator must say whether this interest has ended.")
    if conflict.organisation_id in of(by):
        raise Refusal("You have an interest in this employer too, so somebody else must say whether this one ended.")
    if conflict.end_asked_at is None:
        raise Refusal("Nobody has asked to end this interest, or somebody else has just answered.")
    return conflict


def _words(words: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise Refusal(missing, field="because")
    if len(words) > REASON_LENGTH:
        raise Refusal(f"Say it in {REASON_LENGTH} characters or fewer.", field="because")
    return words


# Ask ---------------------------------------------------------------------------------------------------------------


def of(user: User) -> frozenset[UUID]:
    """The employers that `user`, who works for the scheme, may see and decide nothing about.

    Read from the person, who is loaded once in a request with what they declared.
    """
    belongs = {part.organisation_id for part in user.memberships}
    return frozenset(belongs | {one.organisation_id for one in user.interests})


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
    return _in_words(belongs, declared_at, deed)


def why_not_show(user: User, organisation_id: UUID, deed: str) -> str | None:
    """What `why_not` says, for a page: read from the person, as `of` does. A deed asks again, for it may be newer."""
    belongs = any(part.organisation_id == organisation_id for part in user.memberships)
    declared = (one.declared_at for one in user.interests if one.organisation_id == organisation_id)
    return _in_words(belongs, next(declared, None), deed)


def _in_words(belongs: bool, declared_at: datetime | None, deed: str) -> str | None:
    if belongs:
        return f"You belong to this employer, so somebody else must {deed}."
    if declared_at is not None:
        day = local_date(declared_at)
        return f"You declared an interest in this employer on {day_in_words(day)}, so somebody else must {deed}."
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


def has_one(person: Any, organisation: Any) -> sa.ColumnElement[bool]:
    """Whether the person in one column of a query has an interest in the employer in another."""
    return sa.or_(
        *(
            sa.exists().where(part.user_id == person, part.organisation_id == organisation)
            for part in (Membership, Conflict)
        )
    )


def by_person(session: Session, user_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The employers that each of these people has an interest in (two queries). A person without one has no entry."""
    found: dict[UUID, set[UUID]] = {}
    for part in (Membership, Conflict):
        rows = session.execute(sa.select(part.user_id, part.organisation_id).where(part.user_id.in_(user_ids)))
        for user_id, organisation_id in rows:
            found.setdefault(user_id, set()).add(organisation_id)
    return {user_id: frozenset(theirs) for user_id, theirs in found.items()}


@dataclass(frozen=True)
class Declared:
    """All that one person declared."""

    standing: Sequence[Conflict]
    to_come: Sequence[InterestToCome]
    ended: Sequence[EndedInterest]


def declared_by(session: Session, user: User) -> Declared:
    """All that one person declared, the newest first, with the employers' names (three queries)."""

    def theirs(model: type[Any], *eager: Any) -> Sequence[Any]:
        mine = sa.select(model).where(model.user_id == user.id).options(*eager)
        return session.scalars(mine.order_by(model.declared_at.desc(), model.id)).all()

    return Declared(
        theirs(Conflict, joinedload(Conflict.organisation)),
        theirs(InterestToCome),
        theirs(EndedInterest, joinedload(EndedInterest.organisation)),
    )


def search(session: Session, text: str, *, limit: int = 20) -> Sequence[Organisation]:
    """Employers whose name holds these words, or that have this company number, by name."""
    words = text.strip()
    if len(words) < 2:
        return []
    return session.scalars(
        sa.select(Organisation)
        .where(
            Organisation.merged_into_id.is_(None),
            sa.or_(
                Organisation.name.icontains(words, autoescape=True),
                Organisation.company_number == words.upper().replace(" ", ""),
            ),
        )
        .order_by(Organisation.name, Organisation.id)
        .limit(limit)
    ).all()
