"""Asking to join an employer, and the owners' answer."""

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import MemberRole, Organisation
from charter.succession import asking, claim_facts, claim_rules, domains
from charter.succession.models import JoinRequest, Matched
from charter.succession.queries import Kind, waiting_for
from charter.succession.status import JoinStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted
from tests.succession.conftest import DOMAIN, a_day_passes, ask, at_domain, close, days, fresh, parts, said, told


def decide(request: JoinRequest, by: User, role: MemberRole | None, reason: str = "We do not know you.") -> None:
    with transaction() as session:
        again = session.get_one(JoinRequest, request.id)
        if role is None:
            asking.decline(session, again, reason=reason, by=by, at=AT)
        else:
            asking.accept(session, again, role=role, by=by, at=AT)


def names(user: User, **numbers: str) -> list[tuple[str, Matched]]:
    return [(one.organisation.name, one.by) for one in asking.matches(db.session, user, **numbers)]


def test_an_address_at_an_employers_domain_finds_it(known: Organisation, newcomer: User, make: Factory) -> None:
    assert names(newcomer) == [(known.name, Matched.DOMAIN)]
    assert names(make.user("Elsa Elsewhere")) == []


def test_an_address_that_is_not_confirmed_finds_nothing(known: Organisation, newcomer: User) -> None:
    newcomer.email_confirmed_at = None
    assert names(newcomer) == []


def test_an_address_at_the_domain_of_an_owners_address_finds_the_employer_though_nobody_named_it(
    make: Factory, employer: Organisation, owner: User, newcomer: User
) -> None:
    assert names(newcomer) == []
    at_domain(owner)
    assert names(newcomer) == [(employer.name, Matched.OWNER)]
    assert names(make.user("Elsa Elsewhere")) == []


def test_the_domain_of_a_contributor_or_of_an_address_that_an_owner_did_not_confirm_finds_nothing(
    employer: Organisation, owner: User, colleague: User, newcomer: User
) -> None:
    at_domain(colleague)
    assert names(newcomer) == []
    at_domain(owner)
    with transaction() as session:
        session.get_one(User, owner.id).email_confirmed_at = None
    assert names(newcomer) == []


@pytest.mark.parametrize("domain", ["gmail.com", "nhs.net", "mailinator.com", "worcs.sch.uk"])
def test_where_anybody_can_have_an_address_an_owners_domain_finds_nothing(
    employer: Organisation, owner: User, newcomer: User, domain: str
) -> None:
    at_domain(owner, domain)
    assert names(at_domain(newcomer, domain)) == []


def test_an_owners_domain_is_no_proof_of_a_claim_and_tells_nobody_how_it_stands(
    employer: Organisation, owner: User, newcomer: User
) -> None:
    at_domain(owner)
    close(owner)
    (match,) = asking.matches(db.session, newcomer)
    assert match.by is Matched.OWNER
    assert not domains.proves(db.session, employer.id, newcomer.email)
    assert not claim_facts.knows(db.session, employer.id, newcomer)
    assert claim_facts.ground_for(db.session, employer.id, newcomer, at=AT) is None
    ask(employer, newcomer, by=match.by)
    assert not domains.proves(db.session, employer.id, newcomer.email)
    assert claim_facts.scheme_decides(db.session, employer.id, newcomer) == claim_rules.NO_DOMAIN


def test_an_owner_is_told_the_address_of_whoever_asks_and_not_that_it_is_at_their_own_domain(
    employer: Organisation, owner: User, newcomer: User
) -> None:
    at_domain(owner)
    ask(employer, newcomer, by=Matched.OWNER)
    (body,) = db.session.scalars(sa.select(Message.body).where(Message.kind == "join_asked"))
    assert newcomer.email in body
    assert "which is at your own domain" not in body


def test_to_find_employers_by_an_address_takes_the_same_queries_by_an_index_however_many_there_are(
    make: Factory, employer: Organisation, owner: User, newcomer: User
) -> None:
    def found() -> tuple[int, list[str]]:
        with Counted() as said:
            offered = names(newcomer)
        return len(said.statements), [name for name, _ in offered]

    at_domain(owner)
    few, one = found()
    others = [make.organisation(f"Orchard {number:02}") for number in range(asking.MATCHES + 2)]
    for other in others:
        at_domain(make.member(other, f"Owner of {other.name}"))
    many, offered = found()
    assert few == many <= 4
    assert one == [employer.name]
    assert len(offered) == asking.MATCHES
    assert "ix_user_email_domain" in {index["name"] for index in sa.inspect(db.engine).get_indexes("user")}


def test_a_new_address_is_found_by_its_own_domain(newcomer: User) -> None:
    assert newcomer.email_domain == DOMAIN
    newcomer.email = "nina@bücher.example"
    assert newcomer.email_domain == "xn--bcher-kva.example"


def test_an_owner_is_asked_to_name_a_domain_until_somebody_did_and_only_one_that_can_be_theirs(
    employer: Organisation, owner: User, colleague: User
) -> None:
    def asked(person: User) -> list[Kind]:
        return [one.kind for one in waiting_for(db.session, fresh(person), at=AT) if one.kind is Kind.NO_DOMAIN]

    at_domain(owner, "gmail.com")
    assert asked(owner) == []
    at_domain(owner)
    at_domain(colleague)
    assert (asked(owner), asked(colleague)) == ([Kind.NO_DOMAIN], [])
    said(employer, owner)
    assert asked(owner) == []


def test_a_number_finds_the_employer_that_has_it(make: Factory, newcomer: User) -> None:
    made = make.organisation("Severn Tools Ltd", company_number="01234567", charity_number="1123456")
    assert names(newcomer, company="1234567") == [(made.name, Matched.COMPANY)]
    assert names(newcomer, charity="112 3456") == [(made.name, Matched.CHARITY)]
    assert names(newcomer, company="12", charity="nonsense") == []


def test_an_employer_of_ones_own_is_not_offered(known: Organisation, owner: User) -> None:
    assert names(db.session.get_one(User, owner.id)) == []


def test_the_owners_are_told_once_however_often_it_is_sent(
    known: Organisation, owner: User, colleague: User, newcomer: User
) -> None:
    assert ask(known, newcomer).id == ask(known, newcomer).id
    assert told("join_asked") == {fresh(owner).email}


def test_a_member_and_the_schemes_staff_cannot_ask(known: Organisation, colleague: User, assessor: User) -> None:
    with pytest.raises(Refusal, match=r"belong to .* already"):
        ask(known, colleague)
    with pytest.raises(Refusal, match="work for the scheme"):
        ask(known, assessor)


def test_one_person_asks_few_employers_a_day(make: Factory, newcomer: User) -> None:
    employers = [make.organisation(f"Employer {number}") for number in range(asking.A_DAY + 1)]
    for one in employers[:-1]:
        ask(one, newcomer)
    with pytest.raises(Refusal, match="Try again tomorrow"):
        ask(employers[-1], newcomer)
    assert ask(employers[-1], newcomer, at=days(2)).status is JoinStatus.WAITING


@pytest.mark.parametrize("role", list(MemberRole))
def test_whoever_is_let_in_has_the_part_they_were_given(
    known: Organisation, owner: User, newcomer: User, role: MemberRole
) -> None:
    request = ask(known, newcomer)
    for _ in range(2):  # a double click
        decide(request, owner, role)
    assert parts(known) == {"Olive": MemberRole.OWNER, "Nina": role}
    assert told("join_accepted") == {newcomer.email}


def test_whoever_is_not_let_in_reads_why_and_asks_again_only_after_a_while(
    known: Organisation, owner: User, newcomer: User
) -> None:
    request = ask(known, newcomer)
    with pytest.raises(Refusal, match="Say why") as refused:
        decide(request, owner, None, reason=" ")
    assert refused.value.field == "reason"
    for _ in range(2):
        decide(request, owner, None)
    assert told("join_declined") == {newcomer.email}
    assert parts(known) == {"Olive": MemberRole.OWNER}
    with pytest.raises(Refusal, match="did not let you in"):
        ask(known, newcomer, at=days(29))
    assert ask(known, newcomer, at=days(30)).id != request.id


def test_what_one_owner_decided_another_does_not_undo(
    make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    request, second = ask(known, newcomer), make.member(known, "Olga Owner")
    decide(request, owner, MemberRole.CONTRIBUTOR)
    with pytest.raises(Refusal, match="Olive Owner has answered this request already: let them in"):
        decide(request, second, None)


def test_whoever_withdrew_is_not_let_in(known: Organisation, owner: User, newcomer: User) -> None:
    request = ask(known, newcomer)
    for _ in range(2):
        with transaction() as session:
            asking.withdraw(session, session.get_one(JoinRequest, request.id), by=newcomer, at=AT)
    with pytest.raises(Refusal, match="has withdrawn"):
        decide(request, owner, MemberRole.OWNER)
    assert ask(known, newcomer).id != request.id


def test_a_closed_account_is_not_let_in(known: Organisation, owner: User, newcomer: User) -> None:
    request = ask(known, newcomer)
    close(newcomer)
    with pytest.raises(Refusal, match="cannot join"):
        decide(request, owner, MemberRole.OWNER)


def test_a_request_lapses_after_14_days_is_told_once_and_can_still_be_accepted(
    known: Organisation, owner: User, newcomer: User
) -> None:
    request = ask(known, newcomer)
    assert [a_day_passes(days(number)) for number in (13, 14, 14, 15)] == [0, 1, 0, 0]
    assert fresh(request).status is JoinStatus.LAPSED
    assert told("join_lapsed") == {newcomer.email}
    assert ask(known, newcomer, at=days(16)).id == request.id
    decide(request, owner, MemberRole.CONTRIBUTOR)
    assert parts(known)["Nina"] is MemberRole.CONTRIBUTOR


def test_of_those_who_came_by_an_invitation_meanwhile_the_greater_part_stays(
    make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    request = ask(known, newcomer)
    make.joins(known, newcomer, role="owner")
    decide(request, owner, MemberRole.CONTRIBUTOR)
    assert parts(known)["Nina"] is MemberRole.OWNER
    assert fresh(request).role is MemberRole.OWNER


def test_the_message_is_not_endless(known: Organisation, newcomer: User) -> None:
    with transaction() as session, pytest.raises(Refusal, match="500 characters") as refused:
        asking.ask(session, asking.Match(known, Matched.DOMAIN), message="x" * 501, by=newcomer, at=AT)
    assert refused.value.field == "message"
    assert db.session.scalars(sa.select(JoinRequest)).all() == []


def test_a_request_of_somebody_who_came_by_an_invitation_waits_no_more(
    make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    ask(known, newcomer)
    assert [len(asking.waiting(db.session, known.id)), kinds(owner), kinds(newcomer)] == [
        1,
        ["asks", "one-owner"],
        ["asked"],
    ]
    make.joins(known, newcomer, "contributor")
    assert [len(asking.waiting(db.session, known.id)), kinds(owner), kinds(newcomer)] == [0, ["one-owner"], []]


def kinds(user: User) -> list[str]:
    return [one.kind.value for one in waiting_for(db.session, fresh(user), at=AT)]
