"""What decides about a claim as the tables say it, and the claims that there are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import Role, User
from charter.account.sessions import hashed
from charter.organisation import interests, queries
from charter.organisation.models import MemberRole, Membership
from charter.succession import claim_rules, domains
from charter.succession.claim_rules import Facts, OwnerSeen
from charter.succession.models import Claim, ClaimNotice, Ground, JoinRequest
from charter.succession.status import OPEN, UNANSWERED, ClaimStatus


def ground_for(session: Session, organisation_id: UUID, user: User, *, at: datetime) -> Ground | None:
    """Why this person may claim this employer now; None when they may not."""
    asked_at = session.scalars(
        sa.select(JoinRequest.asked_at)
        .where(
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.user_id == user.id,
            JoinRequest.status.in_(UNANSWERED),
        )
        .order_by(JoinRequest.asked_at.desc())
        .limit(1)
    ).first()
    return claim_rules.ground(
        owners_seen(session, organisation_id),
        asked_at=asked_at,
        member=queries.part_of(session, organisation_id, user.id) is not None,
        at_domain=domains.proves(session, organisation_id, user.email),
        at=at,
    )


def owners_seen(session: Session, organisation_id: UUID) -> list[OwnerSeen]:
    """An employer's owners, as far as a claim looks at them."""
    return [
        OwnerSeen(one.user.can_sign_in, max(one.user.last_signed_in_at or one.joined_at, one.joined_at))
        for one in members(session, organisation_id)
        if one.role is MemberRole.OWNER
    ]


def knows(session: Session, organisation_id: UUID, user: User) -> bool:
    """Whether this person may know how it stands with an employer: a member, somebody who has asked to be let in and
    waits, or whoever has an address at a domain that is this employer's alone."""
    if queries.part_of(session, organisation_id, user.id) is not None:
        return True
    asked = sa.select(JoinRequest.id).where(
        JoinRequest.organisation_id == organisation_id,
        JoinRequest.user_id == user.id,
        JoinRequest.status.in_(UNANSWERED),
    )
    if session.scalars(asked).first() is not None:
        return True
    return user.email_confirmed_at is not None and domains.proves(session, organisation_id, user.email)


def scheme_decides(session: Session, organisation_id: UUID, user: User) -> str | None:
    """Why the scheme would decide if this person claimed now, in a sentence for them; None when the portal would."""
    return claim_rules.why_scheme(
        at_domain=domains.proves(session, organisation_id, user.email),
        left=queries.left_at(session, organisation_id, user.id) is not None,
        told=any(claim_rules.is_told(one.user, claimant=user.id) for one in members(session, organisation_id)),
    )


def facts(session: Session, claim: Claim, *, at: datetime) -> Facts:
    """What decides about an open claim now."""
    return Facts(
        claimed_at=claim.claimed_at,
        address=claim.address,
        address_now=claim.user.email if claim.user.can_sign_in and not claim.user.is_staff else None,
        by_itself=claim.status is ClaimStatus.NOTICE,
        at_domain=domains.proves(session, claim.organisation_id, claim.address),
        left=queries.left_at(session, claim.organisation_id, claim.user_id) is not None,
        told=session.scalars(sa.select(ClaimNotice.id).where(ClaimNotice.claim_id == claim.id)).first() is not None,
        proved_at=claim.proved_at,
        # The claimant had asked, or belonged there, when they claimed: now only the owners matter.
        ground=claim_rules.ground(
            owners_seen(session, claim.organisation_id), asked_at=None, member=True, at_domain=True, at=at
        ),
    )


def noticed(session: Session, token: str) -> ClaimNotice | None:
    """Which of the employer's people holds this link, and against which claim."""
    return session.scalars(
        sa.select(ClaimNotice)
        .where(ClaimNotice.token_hash == hashed(token))
        .options(
            joinedload(ClaimNotice.user),
            joinedload(ClaimNotice.claim).joinedload(Claim.organisation),
            joinedload(ClaimNotice.claim).joinedload(Claim.user),
        )
    ).first()


def with_proof(session: Session, token: str) -> Claim | None:
    """The claim whose claimant holds this link."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.proof_hash == hashed(token))
        .options(joinedload(Claim.organisation), joinedload(Claim.user))
    ).first()


def open_one(session: Session, organisation_id: UUID) -> Claim | None:
    """The open claim to an employer."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.organisation_id == organisation_id, Claim.status.in_(OPEN))
        .options(joinedload(Claim.user))
    ).first()


def of_employer(session: Session, organisation_id: UUID) -> Sequence[Claim]:
    """Every claim to an employer, the newest first."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.organisation_id == organisation_id)
        .options(joinedload(Claim.user))
        .order_by(Claim.claimed_at.desc(), Claim.id)
    ).all()


def members(session: Session, organisation_id: UUID) -> Sequence[Membership]:
    """An employer's people, in order of name."""
    return session.scalars(
        sa.select(Membership)
        .join(Membership.user)
        .options(joinedload(Membership.user))
        .where(Membership.organisation_id == organisation_id)
        .order_by(User.name, Membership.id)
    ).all()


def deciders(session: Session, organisation_id: UUID) -> Sequence[User]:
    """Who decides about a claim that the portal cannot settle: the administrators with no interest in the employer."""
    return session.scalars(
        sa.select(User)
        .where(User.role == Role.ADMINISTRATOR, User.disabled_at.is_(None), ~interests.interested(organisation_id))
        .order_by(User.name, User.id)
    ).all()
