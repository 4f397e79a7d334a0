"""What pages ask about employers, in a fixed number of queries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import User
from charter.organisation.models import FormerMember, MemberRole, Membership, Organisation, Recognition, Site


def organisations_of(session: Session, user: User) -> list[Organisation]:
    """The employers that a person belongs to, by name."""
    return list(
        session.scalars(
            sa.select(Organisation)
            .join(Membership)
            .where(Membership.user_id == user.id)
            .order_by(Organisation.name, Organisation.id)
        )
    )


def part_of(session: Session, organisation_id: UUID, user_id: UUID | None) -> Membership | None:
    """A person's part in an employer, if they have one."""
    mine = sa.select(Membership).where(Membership.organisation_id == organisation_id, Membership.user_id == user_id)
    return session.scalars(mine).first()


def left_at(session: Session, organisation_id: UUID, user_id: UUID) -> datetime | None:
    """When this person last went out of an employer's team; None when they never did."""
    return session.scalars(
        sa.select(FormerMember.left_at).where(
            FormerMember.organisation_id == organisation_id, FormerMember.user_id == user_id
        )
    ).first()


def left_lately(session: Session, user: User, *, since: datetime) -> list[tuple[Organisation, datetime]]:
    """The employers whose teams a person went out of since then and is not back in, with when, the newest first."""
    back = sa.select(Membership.organisation_id).where(Membership.user_id == user.id)
    rows = session.execute(
        sa.select(Organisation, FormerMember.left_at)
        .join(FormerMember, FormerMember.organisation_id == Organisation.id)
        .where(FormerMember.user_id == user.id, FormerMember.left_at > since, Organisation.id.not_in(back))
        .order_by(FormerMember.left_at.desc(), Organisation.id)
    )
    return [(organisation, left) for organisation, left in rows]


def team(session: Session, organisation: Organisation) -> Sequence[Membership]:
    """The employer's people, owners first, then by name."""
    return session.scalars(
        sa.select(Membership)
        .join(Membership.user)
        .options(joinedload(Membership.user))
        .where(Membership.organisation_id == organisation.id)
        .order_by((Membership.role != MemberRole.OWNER), User.name, Membership.id)
    ).all()


def people(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, list[User]]:
    """The people of these employers, owners first, then by name, by employer (one query)."""
    found: dict[UUID, list[User]] = {}
    rows = session.execute(
        sa.select(Membership.organisation_id, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id.in_(organisation_ids))
        .order_by((Membership.role != MemberRole.OWNER), User.name, Membership.id)
    )
    for organisation_id, user in rows:
        found.setdefault(organisation_id, []).append(user)
    return found


def owners(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, list[User]]:
    """The owners of these employers who can still sign in, by employer (one query)."""
    found: dict[UUID, list[User]] = {}
    rows = session.execute(
        sa.select(Membership.organisation_id, User)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id.in_(organisation_ids),
            Membership.role == MemberRole.OWNER,
            User.can_sign_in,
        )
        .order_by(User.id)
    )
    for organisation_id, user in rows:
        found.setdefault(organisation_id, []).append(user)
    return found


def sites(session: Session, organisation: Organisation) -> Sequence[Site]:
    """The places where the employer's staff work, by town."""
    return session.scalars(
        sa.select(Site).where(Site.organisation_id == organisation.id).order_by(Site.town, Site.name, Site.id)
    ).all()


def recognitions(session: Session, organisation: Organisation) -> Sequence[Recognition]:
    """The awards of other schemes that the employer told us about, in the order they began."""
    return session.scalars(
        sa.select(Recognition)
        .where(Recognition.organisation_id == organisation.id)
        .order_by(Recognition.starts_on, Recognition.id)
    ).all()


def recognition(session: Session, organisation: Organisation, recognition_id: UUID) -> Recognition | None:
    """One award of another scheme that this employer told us about."""
    found = session.get(Recognition, recognition_id)
    return found if found is not None and found.organisation_id == organisation.id else None


def membership(session: Session, organisation: Organisation, membership_id: UUID) -> Membership | None:
    """One person's part in this employer."""
    found = session.get(Membership, membership_id, options=[joinedload(Membership.user)])
    return found if found is not None and found.organisation_id == organisation.id else None
