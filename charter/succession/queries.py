"""What waits for a person about who may answer for their employers, in one query."""

import enum
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter.account.models import User
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import domains, transferring
from charter.succession.models import Afterwards, Claim, EmailDomain, JoinRequest, Transfer
from charter.succession.status import OPEN, UNANSWERED, TransferStatus


class Kind(enum.StrEnum):
    """What waits, in the order in which it is shown."""

    CLAIM = "claim"
    """Somebody claims an employer of theirs."""
    ASKS = "asks"
    """Somebody asks to join an employer they own."""
    OFFER = "offer"
    """Somebody offers them an employer."""
    HANDED = "handed"
    """They have handed over an employer, so lately that they can undo it."""
    CLAIMED = "claimed"
    """They have claimed an employer."""
    ASKED = "asked"
    """They have asked to join an employer."""
    ONE_OWNER = "one-owner"
    """They are the only owner of an employer who can sign in."""
    NO_DOMAIN = "no-domain"
    """They own an employer that has named no email domain, and theirs could be its own."""


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: what, about which employer, since when."""

    kind: Kind
    id: UUID
    organisation_id: UUID
    name: str
    since: datetime

    @property
    def undone_until(self) -> datetime:
        """Until when handing over can be undone."""
        return self.since + transferring.UNDONE_WITHIN


def waiting_for(session: Session, user: User, *, at: datetime) -> list[Waiting]:
    """Everything that waits for a person or that they wait for, the most pressing kind first, then by age."""
    values = {
        "person": user.id,
        "address": user.email,
        "offered_since": at - transferring.LASTS,
        "ended_since": at - transferring.UNDONE_WITHIN,
    }
    order = list(Kind)
    found = [
        Waiting(Kind(row.kind), row.id, row.organisation_id, row.name, row.since)
        for row in session.execute(_waiting(domains.may_name(user)), values)
    ]
    return sorted(found, key=lambda one: (order.index(one.kind), one.since, str(one.id)))


@cache
def _waiting(names_domains: bool) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The query, put together once: each home asks it, and putting it together takes longer than asking it."""
    person_id = sa.bindparam("person", type_=User.id.type)
    address = sa.bindparam("address", type_=User.email.type)
    offered_since = sa.bindparam("offered_since", type_=Transfer.offered_at.type)
    ended_since = sa.bindparam("ended_since", type_=Transfer.offered_at.type)
    mine = sa.select(Membership.organisation_id).where(Membership.user_id == person_id)
    owned = mine.where(Membership.role == MemberRole.OWNER)
    part, person = aliased(Membership), aliased(User)
    able = (
        sa.select(sa.func.count())
        .select_from(part)
        .join(person, person.id == part.user_id)
        .where(
            part.organisation_id == Organisation.id,
            part.role == MemberRole.OWNER,
            person.can_sign_in,
        )
        .scalar_subquery()
    )
    came = (  # by an invitation, say: their request asks for nothing any more
        sa.exists()
        .where(part.organisation_id == JoinRequest.organisation_id, part.user_id == JoinRequest.user_id)
        .correlate(JoinRequest)
    )
    selects: list[sa.Select[*tuple[Any, ...]]] = [
        _of(Kind.CLAIM, Claim, Claim.claimed_at).where(
            Claim.status.in_(OPEN), Claim.user_id != person_id, Claim.organisation_id.in_(mine)
        ),
        _of(Kind.ASKS, JoinRequest, JoinRequest.asked_at).where(
            JoinRequest.status.in_(UNANSWERED), JoinRequest.organisation_id.in_(owned), ~came
        ),
        _of(Kind.OFFER, Transfer, Transfer.offered_at).where(
            Transfer.status == TransferStatus.OFFERED,
            Transfer.offered_at > offered_since,
            sa.or_(Transfer.to_id == person_id, sa.and_(Transfer.to_id.is_(None), Transfer.to_email == address)),
        ),
        _of(Kind.HANDED, Transfer, Transfer.ended_at).where(
            Transfer.status == TransferStatus.ACCEPTED,
            Transfer.ended_at > ended_since,
            Transfer.from_id == person_id,
            Transfer.afterwards == Afterwards.STAYS,
            Transfer.organisation_id.in_(mine),
        ),
        _of(Kind.CLAIMED, Claim, Claim.claimed_at).where(Claim.status.in_(OPEN), Claim.user_id == person_id),
        _of(Kind.ASKED, JoinRequest, JoinRequest.asked_at).where(
            JoinRequest.status.in_(UNANSWERED), JoinRequest.user_id == person_id, ~came
        ),
        sa.select(
            sa.literal(Kind.ONE_OWNER.value).label("kind"),
            Organisation.id.label("id"),
            Organisation.id.label("organisation_id"),
            Organisation.name.label("name"),
            Organisation.registered_at.label("since"),
        ).where(Organisation.id.in_(owned), able == 1),
    ]
    if names_domains:
        selects.append(
            sa.select(
                sa.literal(Kind.NO_DOMAIN.value).label("kind"),
                Organisation.id.label("id"),
                Organisation.id.label("organisation_id"),
                Organisation.name.label("name"),
                Organisation.registered_at.label("since"),
            ).where(Organisation.id.in_(owned), ~sa.exists().where(EmailDomain.organisation_id == Organisation.id))
        )
    return sa.union_all(*selects)


def _of(kind: Kind, model: type[Claim | JoinRequest | Transfer], since: Any) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        sa.literal(kind.value).label("kind"),
        model.id.label("id"),
        model.organisation_id.label("organisation_id"),
        Organisation.name.label("name"),
        since.label("since"),
    ).join(Organisation, Organisation.id == model.organisation_id)
