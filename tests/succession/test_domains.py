"""Which email domains can be one employer's own, and who may say so."""

import pytest
import sqlalchemy as sa

from charter.account.models import User, domain_of
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.succession import domains
from charter.succession.models import EmailDomain
from tests.conftest import AT
from tests.factories import Factory
from tests.succession.conftest import DOMAIN, at_domain, said


@pytest.mark.parametrize(
    "domain",
    ["temevalley.co.uk", "worcester.gov.uk", "st-marys.worcs.sch.uk", "hr.temevalley.co.uk", "malvern.charity"],
)
def test_a_domain_that_somebody_registered_for_themselves_can_be_an_employers_own(domain: str) -> None:
    assert domains.why_not(domain) is None


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("gmail.com", "gives email addresses to everyone"),
        ("hotmail.co.uk", "gives email addresses to everyone"),
        ("btinternet.com", "gives email addresses to everyone"),
        ("mail.btinternet.com", "gives email addresses to everyone"),
        ("nhs.net", "gives email addresses to everyone"),
        ("mailinator.com", "gives email addresses to everyone"),
        ("co.uk", "is shared by many employers"),
        ("worcs.sch.uk", "is shared by many employers"),
        ("github.io", "is shared by many employers"),
        ("localhost", "is shared by many employers"),
    ],
)
def test_a_domain_where_anybody_can_have_an_address_cannot(domain: str, reason: str) -> None:
    assert reason in (domains.why_not(domain) or "")


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("olive@Teme.example", "teme.example"),
        ('"a@b"@teme.example', "teme.example"),
        ("olive@bücher.example", "xn--bcher-kva.example"),
        ("olive@teme.example.", "teme.example"),
    ],
)
def test_the_domain_is_what_stands_behind_the_last_at(address: str, domain: str) -> None:
    assert domain_of(address) == domain


def test_an_owner_names_the_domain_of_their_own_address_once(employer: Organisation, owner: User) -> None:
    for _ in range(2):
        said(employer, owner)
    assert db.session.scalars(sa.select(EmailDomain.domain)).all() == [DOMAIN]


def test_a_contributor_cannot(employer: Organisation, owner: User, colleague: User) -> None:
    with pytest.raises(Refusal, match="Only an owner"):
        said(employer, colleague)


def test_an_address_that_nobody_proved_says_nothing(employer: Organisation, owner: User) -> None:
    owner = at_domain(owner)
    with transaction() as session:
        again = session.get_one(User, owner.id)
        again.email_confirmed_at = None
        with pytest.raises(Refusal, match="Confirm your email"):
            domains.add(session, employer, by=again, at=AT)


def test_a_domain_of_free_mail_is_refused_with_the_reason(employer: Organisation, owner: User) -> None:
    with pytest.raises(Refusal, match=r"gmail\.com gives email addresses to everyone"):
        said(employer, owner, "gmail.com")


def test_a_domain_of_two_employers_proves_neither(
    make: Factory, known: Organisation, newcomer: User, stranger: User
) -> None:
    assert domains.proves(db.session, known.id, newcomer.email)
    other = stranger.memberships[0].organisation
    said(other, stranger)
    assert [domains.proves(db.session, one.id, newcomer.email) for one in (known, other)] == [False, False]
    assert domains.shared_with_others(db.session, known.id) == {DOMAIN}


def test_a_domain_that_is_removed_proves_nothing_and_removing_it_twice_does_no_harm(
    known: Organisation, owner: User, newcomer: User
) -> None:
    for _ in range(2):
        with transaction() as session:
            domains.remove(session, known, DOMAIN, by=owner, at=AT)
    assert not domains.proves(db.session, known.id, newcomer.email)
