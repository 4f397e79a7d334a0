"""What the tables say about a claim: who may know of it, and who decides about it."""

from charter.account.models import User
from charter.extensions import db
from charter.organisation.models import Organisation
from charter.succession import claim_facts
from tests.factories import Factory
from tests.succession.conftest import close


def test_a_claim_is_decided_by_every_administrator_who_has_no_part_in_the_employer(
    make: Factory, employer: Organisation, administrator: User, assessor: User, moderator: User
) -> None:
    assert claim_facts.deciders(db.session, employer.id) == [administrator]
    second, gone, own = (make.staff("administrator", name) for name in ("Zoe Second", "Gus Gone", "Owen Own"))
    close(gone)
    make.joins(employer, own, "contributor")
    assert claim_facts.deciders(db.session, employer.id) == [administrator, second]


def test_a_member_and_whoever_is_at_its_own_domain_may_know_how_it_stands_and_nobody_else(
    known: Organisation, owner: User, newcomer: User, stranger: User
) -> None:
    assert claim_facts.knows(db.session, known.id, owner)
    assert claim_facts.knows(db.session, known.id, newcomer)
    assert not claim_facts.knows(db.session, known.id, stranger)
