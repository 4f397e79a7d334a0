"""An employer with a domain of its own, somebody new at that domain, and time that passes."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import asking, claiming, domains, transferring
from charter.succession.models import Claim, JoinRequest, Matched
from tests.conftest import AT
from tests.factories import Factory

DOMAIN = "temevalley.co.uk"


def days(number: int) -> datetime:
    """So many days after everything began."""
    return AT + timedelta(days=number)


def at_domain(user: User, domain: str = DOMAIN) -> User:
    """The same person with an address at a domain."""
    with transaction() as session:
        again = session.get_one(User, user.id)
        again.email = f"{again.email.split('@')[0]}@{domain}"
    return db.session.get_one(User, user.id, populate_existing=True)


def said(employer: Organisation, owner: User, domain: str = DOMAIN) -> User:
    """An owner says that the domain is the employer's."""
    owner = at_domain(owner, domain)
    with transaction() as session:
        domains.add(session, employer, by=owner, at=AT)
    return owner


@pytest.fixture
def newcomer(make: Factory) -> User:
    """Somebody who works for the employer and has only just signed up."""
    return at_domain(make.user("Nina New"))


@pytest.fixture
def known(employer: Organisation, owner: User) -> Organisation:
    """The employer, with its domain."""
    said(employer, owner)
    return employer


def ask(employer: Organisation, user: User, *, at: datetime = AT, by: Matched = Matched.DOMAIN) -> JoinRequest:
    with transaction() as session:
        return asking.ask(session, asking.Match(employer, by), message="I am the new HR lead.", by=user, at=at)


def claim(employer: Organisation, user: User, *, at: datetime, message: str = "I run the place now.") -> Claim:
    with transaction() as session:
        return claiming.claim(session, employer, message=message, by=user, at=at)


def proof(person: User) -> str:
    """The token in the newest email to a claimant's own address."""
    bodies = sa.select(Message.body).where(Message.kind == "claim_received", Message.to_address == person.email)
    found = re.search(
        r"/claims/my-mailbox/([\w-]+)", db.session.scalars(bodies.order_by(Message.id.desc())).first() or ""
    )
    assert found
    return found[1]


def presses(person: User, at: datetime) -> None:
    """A claimant shows that the mailbox is still theirs."""
    with transaction() as session:
        claiming.prove(session, proof(person), at=at)


def a_day_passes(at: datetime) -> int:
    """Do what a day brings about."""
    with transaction() as session:
        return sum(job(session, local_date(at), at) for job in (asking.lapse, transferring.lapse, claiming.settle))


def parts(employer: Organisation) -> dict[str, MemberRole]:
    """Who has which part, by first name."""
    rows = db.session.execute(
        sa.select(User.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == employer.id)
    )
    return {name.split()[0]: role for name, role in rows}


def told(kind: str) -> set[str]:
    """Whom an email of this kind went to."""
    return set(db.session.scalars(sa.select(Message.to_address).where(Message.kind == kind)))


def close(user: User) -> None:
    """An administrator closed the account."""
    with transaction() as session:
        session.get_one(User, user.id).disabled_at = AT


def signs_in(user: User, at: datetime) -> None:
    with transaction() as session:
        session.get_one(User, user.id).last_signed_in_at = at


def fresh(thing: Any) -> Any:
    """What the database holds of it now."""
    db.session.rollback()
    return db.session.get_one(type(thing), thing.id, populate_existing=True)
