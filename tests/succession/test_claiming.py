"""Claiming an employer whose owners have gone, from the claim to its end."""

import re

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import interests, team
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import asking, claim_facts, claim_rules, claiming, transferring
from charter.succession.models import Afterwards, Claim, ClaimNotice, Ground, JoinRequest
from charter.succession.status import ClaimStatus, JoinStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.succession.conftest import (
    a_day_passes,
    ask,
    at_domain,
    claim,
    close,
    days,
    fresh,
    parts,
    presses,
    proof,
    said,
    signs_in,
    told,
)

OWNER, CONTRIBUTOR = MemberRole.OWNER, MemberRole.CONTRIBUTOR


@pytest.fixture
def left(known: Organisation, owner: User, colleague: User) -> Organisation:
    """An employer whose only owner's account is closed; a contributor is still there."""
    close(owner)
    return known


def do(verb: str, made: Claim, by: User, *, day: int, **said: str) -> None:
    with transaction() as session:
        getattr(claiming, verb)(session, session.get_one(Claim, made.id), by=by, at=days(day), **said)


def link(person: User) -> str:
    body = db.session.scalars(
        sa.select(Message.body).where(Message.kind == "claim_made", Message.to_address == person.email)
    ).one()
    found = re.search(r"/claims/still-here/([\w-]+)", body)
    assert found
    return found[1]


def test_with_the_employers_domain_it_is_granted_after_14_days_and_nobody_is_thrown_out(
    left: Organisation, owner: User, colleague: User, newcomer: User
) -> None:
    made = claim(left, newcomer, at=AT)
    assert (made.status, made.ground) == (ClaimStatus.NOTICE, Ground.NOBODY)
    assert told("claim_made") == {colleague.email}  # the owner's account is closed
    assert told("claim_received") == {newcomer.email}
    presses(newcomer, days(2))
    assert [a_day_passes(days(number)) for number in (1, 13, 14, 14, 15)] == [0, 0, 1, 0, 0]
    assert fresh(made).status is ClaimStatus.GRANTED
    assert parts(left) == {"Olive": CONTRIBUTOR, "Colin": CONTRIBUTOR, "Nina": OWNER}
    assert told("claim_ended") == {newcomer.email, colleague.email}


def test_owners_who_have_been_silent_for_long_become_contributors(
    known: Organisation, owner: User, newcomer: User
) -> None:
    request = ask(known, newcomer, at=days(50))
    with pytest.raises(Refusal, match="An owner has signed in lately"):
        claim(known, newcomer, at=days(63))
    a_day_passes(days(64))
    made = claim(known, newcomer, at=days(64))
    assert made.ground is Ground.SILENT
    presses(newcomer, days(64))
    a_day_passes(days(78))
    assert parts(known) == {"Olive": CONTRIBUTOR, "Nina": OWNER}
    assert fresh(request).status is JoinStatus.ACCEPTED
    assert told("join_accepted") == set()


def test_an_owner_who_signs_in_meanwhile_ends_it(known: Organisation, owner: User, newcomer: User) -> None:
    ask(known, newcomer, at=days(50))
    made = claim(known, newcomer, at=days(64))
    signs_in(owner, days(70))
    assert a_day_passes(days(70)) == 2  # and the request has lapsed
    assert (fresh(made).status, fresh(made).reason) == (ClaimStatus.VOID, claim_rules.SOMEBODY)
    assert parts(known) == {"Olive": OWNER}


def test_anyone_of_the_employer_stops_it_by_the_mailed_link_once(
    left: Organisation, colleague: User, newcomer: User
) -> None:
    made = claim(left, newcomer, at=AT)
    token = link(colleague)
    assert token not in str([vars(one) for one in db.session.scalars(sa.select(ClaimNotice))])
    notice = claim_facts.noticed(db.session, token)
    assert notice is not None
    assert (notice.user_id, notice.claim_id) == (colleague.id, made.id)
    for _ in range(2):
        do("stop", made, notice.user, day=13)
    assert fresh(made).status is ClaimStatus.STOPPED
    a_day_passes(days(30))
    assert parts(left) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    with pytest.raises(Refusal, match="Your last claim was stopped"):
        claim(left, newcomer, at=days(80))


def test_neither_the_claimant_nor_a_stranger_nor_who_was_removed_can_stop_it(
    left: Organisation, colleague: User, newcomer: User, stranger: User
) -> None:
    made = claim(left, colleague, at=AT)  # a contributor, whom the scheme decides about
    for who in (colleague, newcomer, stranger):
        with pytest.raises(Refusal, match="own people"):
            do("stop", made, who, day=1)


def test_changing_ones_address_voids_it_at_once_and_changing_back_does_not_help(
    left: Organisation, newcomer: User
) -> None:
    made, address = claim(left, newcomer, at=AT), newcomer.email
    presses(newcomer, AT)
    with transaction() as session:
        again = session.get_one(User, newcomer.id)
        again.email = "nina@elsewhere.example"
        claiming.address_changed(session, again, at=days(2))
    assert (fresh(made).status, fresh(made).reason) == (ClaimStatus.VOID, claim_rules.CHANGED)
    with transaction() as session:
        session.get_one(User, newcomer.id).email = address
    a_day_passes(days(20))
    assert parts(left) == {"Olive": OWNER, "Colin": CONTRIBUTOR}


@pytest.mark.parametrize("fault", ["another address", "closed", "not confirmed"])
def test_at_granting_the_address_must_still_be_the_claimants_and_confirmed(
    left: Organisation, newcomer: User, fault: str
) -> None:
    made = claim(left, newcomer, at=AT)
    presses(newcomer, AT)
    with transaction() as session:
        again = session.get_one(User, newcomer.id)
        if fault == "another address":
            again.email = "nina@elsewhere.example"
        elif fault == "closed":
            again.disabled_at = days(3)
        else:
            again.email_confirmed_at = None
    a_day_passes(days(14))
    assert fresh(made).status is ClaimStatus.VOID
    assert "Nina" not in parts(left)


def test_a_domain_that_has_become_shared_or_was_removed_leaves_it_to_the_scheme(
    left: Organisation, newcomer: User, stranger: User
) -> None:
    made = claim(left, newcomer, at=AT)
    presses(newcomer, AT)
    said(stranger.memberships[0].organisation, stranger)
    assert a_day_passes(days(14)) == 1
    assert fresh(made).status is ClaimStatus.WITH_SCHEME
    assert told("claim_with_scheme") == {newcomer.email}
    assert a_day_passes(days(15)) == 0


# The claimant's own mailbox, and who could object ---------------------------------------------------------------------


def test_an_old_mailbox_takes_nothing_over_the_button_in_it_has_to_be_pressed(
    left: Organisation, newcomer: User, administrator: User
) -> None:
    made = claim(left, newcomer, at=AT)
    assert a_day_passes(days(13)) == 0
    assert told("claim_to_decide") == set()
    assert a_day_passes(days(14)) == 1
    assert fresh(made).status is ClaimStatus.WITH_SCHEME
    assert parts(left) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "claim_with_scheme")).one()
    assert "did not press the button" in body
    assert told("claim_to_decide") == {administrator.email}
    letter = db.session.scalars(sa.select(Message).where(Message.kind == "claim_to_decide")).one()
    assert f"/admin/claims/details/?id={made.id}" in letter.body
    assert "have had 14 days to object" in letter.body
    for of_a_person in (newcomer.name, newcomer.email, "Nina", "new@"):
        assert of_a_person not in letter.subject
    presses(newcomer, days(15))  # late, and still a fact for whoever decides
    assert a_day_passes(days(40)) == 0
    assert fresh(made).proved_at == days(15)


def test_pressing_the_button_twice_keeps_the_first_time_and_no_token_is_kept(
    left: Organisation, newcomer: User
) -> None:
    made = claim(left, newcomer, at=AT)
    token = proof(newcomer)
    for day in (1, 3):
        presses(newcomer, days(day))
    assert fresh(made).proved_at == days(1)
    assert token not in str(vars(fresh(made)))
    presses_ = sa.select(AuditEvent.actor_id).where(AuditEvent.action == "claim:prove")
    assert db.session.scalars(presses_).all() == [newcomer.id]


def test_the_email_is_sent_again_an_hour_later_with_a_link_that_replaces_the_first(
    left: Organisation, newcomer: User, colleague: User
) -> None:
    made = claim(left, newcomer, at=AT)
    first = proof(newcomer)
    do("mail_proof_again", made, newcomer, day=0)  # a double click
    assert proof(newcomer) == first
    soon = AT + claim_rules.MAIL_AGAIN - claim_rules.SAME_CLICK
    with pytest.raises(Refusal, match="less than an hour ago"), transaction() as session:
        claiming.mail_proof_again(session, session.get_one(Claim, made.id), by=newcomer, at=soon)
    with pytest.raises(Refusal, match="not your claim"):
        do("mail_proof_again", made, colleague, day=1)
    do("mail_proof_again", made, newcomer, day=1)
    assert proof(newcomer) != first
    with pytest.raises(Refusal, match="no longer works"), transaction() as session:
        claiming.prove(session, first, at=days(1))
    presses(newcomer, days(1))
    with pytest.raises(Refusal, match="pressed the button already"):
        do("mail_proof_again", made, newcomer, day=2)


def test_a_claim_that_has_ended_is_not_proved_any_more(left: Organisation, newcomer: User) -> None:
    made = claim(left, newcomer, at=AT)
    do("withdraw", made, newcomer, day=1)
    with pytest.raises(Refusal, match="has ended"):
        presses(newcomer, days(1))
    assert fresh(made).proved_at is None


@pytest.mark.parametrize("how", ["taken out", "handed over"])
def test_a_former_colleague_takes_nothing_over_by_themselves(
    make: Factory, known: Organisation, owner: User, colleague: User, newcomer: User, how: str
) -> None:
    with transaction() as session:
        if how == "taken out":
            part = Membership(organisation_id=known.id, user_id=newcomer.id, role=CONTRIBUTOR, joined_at=AT)
            session.add(part)
            session.flush()
            team.remove(session, part, by=owner, at=days(1))
    if how == "handed over":
        make.joins(known, newcomer, "owner")
        with transaction() as session:
            offer = transferring.offer(
                session, known, to=colleague.email, afterwards=Afterwards.LEAVES, by=newcomer, at=AT
            )
            session.flush()
            transferring.accept(session, offer, by=colleague, at=days(1))
        close(colleague)
    close(owner)
    second = make.member(known, "Cora Contributor", role="contributor")
    made = claim(known, newcomer, at=days(300))
    assert second.email in told("claim_made")
    assert made.status is ClaimStatus.WITH_SCHEME
    presses(newcomer, days(300))
    assert a_day_passes(days(330)) == 0
    assert "Nina" not in parts(known)


def test_who_goes_out_of_the_team_while_their_claim_waits_is_left_to_the_scheme(
    make: Factory, left: Organisation, newcomer: User, owner: User
) -> None:
    make.joins(left, newcomer, "contributor")
    made = claim(left, newcomer, at=AT)
    presses(newcomer, AT)
    with transaction() as session:
        for part in session.scalars(sa.select(Membership).where(Membership.user_id == newcomer.id)):
            team.remove(session, part, by=owner, at=days(2))
    assert a_day_passes(days(3)) == 1
    assert fresh(made).status is ClaimStatus.WITH_SCHEME


def test_where_nobody_can_be_told_nothing_happens_by_itself(known: Organisation, owner: User, newcomer: User) -> None:
    close(owner)
    made = claim(known, newcomer, at=AT)
    assert told("claim_made") == set()
    assert made.status is ClaimStatus.WITH_SCHEME
    presses(newcomer, AT)
    assert a_day_passes(days(40)) == 0
    assert parts(known) == {"Olive": OWNER}


def test_a_stranger_learns_nothing_and_claims_nothing(left: Organisation, make: Factory) -> None:
    elsa = make.user("Elsa Elsewhere")
    assert not claim_facts.knows(db.session, left.id, elsa)
    with pytest.raises(Refusal, match="Ask to join this employer first"):
        claim(left, elsa, at=AT)


def test_somebody_from_elsewhere_claims_only_after_asking_in_vain_and_the_scheme_decides(
    left: Organisation, make: Factory, administrator: User
) -> None:
    elsa = make.user("Elsa Elsewhere")
    ask(left, elsa)
    with pytest.raises(Refusal, match="too little time"):
        claim(left, elsa, at=days(13))
    with pytest.raises(Refusal, match="Tell us how we can see") as refused:
        claim(left, elsa, at=days(14), message=" ")
    assert refused.value.field == "message"
    made = claim(left, elsa, at=days(14))
    assert made.status is ClaimStatus.WITH_SCHEME
    assert told("claim_to_decide") == {administrator.email}
    a_day_passes(days(40))
    assert fresh(made).status is ClaimStatus.WITH_SCHEME  # the portal grants nothing by itself
    do("grant", made, administrator, day=40, reason="We called them.")
    assert parts(left)["Elsa"] is OWNER
    events = db.session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.subject_id == made.id).order_by(AuditEvent.sequence)
    ).all()
    assert events == ["claim:make", "claim:grant"]


def test_the_scheme_gives_a_reason_waits_out_the_14_days_and_decides_nothing_that_settles_itself(
    left: Organisation, make: Factory, administrator: User, newcomer: User, colleague: User
) -> None:
    made = claim(left, colleague, at=AT)
    for verb in ("grant", "refuse"):
        with pytest.raises(Refusal, match="Say why") as refused:
            do(verb, made, administrator, day=14, reason=" ")
        assert refused.value.field == "reason"
    with pytest.raises(Refusal, match="can object until 6 December 2026"):
        do("grant", made, administrator, day=13, reason="We called them.")
    do("refuse", made, administrator, day=13, reason="Nobody there knows them.")
    assert fresh(made).status is ClaimStatus.REFUSED
    with pytest.raises(Refusal, match="has ended: refused"):
        do("grant", made, administrator, day=14, reason="We called them.")
    own = claim(left, newcomer, at=days(14))
    with pytest.raises(Refusal, match="settles this claim by itself"):
        do("grant", own, administrator, day=30, reason="We called them.")


def test_the_scheme_cannot_grant_it_once_an_owner_is_back(
    known: Organisation, owner: User, colleague: User, administrator: User
) -> None:
    made = claim(known, colleague, at=days(60))
    signs_in(owner, days(70))
    with pytest.raises(Refusal, match="An owner has signed in since"):
        do("grant", made, administrator, day=75, reason="We called them.")


def test_nobody_decides_about_an_employer_of_their_own(
    left: Organisation, make: Factory, colleague: User, administrator: User
) -> None:
    make.joins(left, administrator, "contributor")
    made = claim(left, colleague, at=AT)
    with pytest.raises(Refusal, match="somebody else must decide"):
        do("refuse", made, administrator, day=1, reason="No.")


def test_who_declared_an_interest_neither_decides_nor_is_asked_to(
    left: Organisation, make: Factory, colleague: User, administrator: User
) -> None:
    other = make.staff("administrator", "Abel Administrator")
    with transaction() as session:
        interests.declare(session, left, reason="My sister works there.", by=administrator, at=AT)
    made = claim(left, colleague, at=AT)
    assert told("claim_to_decide") == {other.email}
    for verb in ("grant", "refuse"):
        with pytest.raises(Refusal, match="You declared an interest in this employer on 22 November 2026, so somebody"):
            do(verb, made, administrator, day=14, reason="No.")
    assert fresh(made).status is ClaimStatus.WITH_SCHEME


def test_an_employer_is_claimed_by_one_person_at_a_time_and_a_double_click_claims_once(
    left: Organisation, make: Factory, newcomer: User
) -> None:
    second = at_domain(make.user("Sam Second"))
    first = claim(left, newcomer, at=AT)
    assert claim(left, newcomer, at=AT).id == first.id
    with pytest.raises(Refusal, match="Somebody else has claimed"):
        claim(left, second, at=AT)
    do("withdraw", first, newcomer, day=1)
    assert claim(left, second, at=days(1)).status is ClaimStatus.NOTICE


def test_an_owner_and_the_schemes_staff_claim_nothing(known: Organisation, owner: User, assessor: User) -> None:
    with pytest.raises(Refusal, match="an owner already"):
        claim(known, fresh(owner), at=days(100))
    with pytest.raises(Refusal, match="work for the scheme"):
        claim(known, assessor, at=days(100))


def test_an_owner_who_answers_the_request_ends_the_claim_that_came_of_it(
    known: Organisation, owner: User, newcomer: User
) -> None:
    request = ask(known, newcomer, at=days(50))
    made = claim(known, newcomer, at=days(64))
    with transaction() as session:
        again = session.get_one(JoinRequest, request.id)
        asking.accept(session, again, role=CONTRIBUTOR, by=owner, at=days(65))
    assert fresh(made).status is ClaimStatus.STOPPED
    a_day_passes(days(90))
    assert parts(known) == {"Olive": OWNER, "Nina": CONTRIBUTOR}


def test_whoever_no_longer_asks_to_join_no_longer_claims(known: Organisation, newcomer: User) -> None:
    request = ask(known, newcomer, at=days(50))
    made = claim(known, newcomer, at=days(64))
    with transaction() as session:
        asking.withdraw(session, session.get_one(JoinRequest, request.id), by=newcomer, at=days(65))
    assert fresh(made).status is ClaimStatus.WITHDRAWN


def test_each_open_claim_to_an_employer_ends_with_a_reason_that_the_claimant_reads(
    make: Factory, known: Organisation, owner: User, newcomer: User
) -> None:
    close(owner)
    made = claim(known, newcomer, at=AT)
    for count in (1, 0):
        with transaction() as session:
            assert claiming.end_all(session, known.id, "It has other owners now.", at=days(1)) == count
    assert (fresh(made).status, fresh(made).reason) == (ClaimStatus.VOID, "It has other owners now.")
    assert newcomer.email in told("claim_ended")
    assert a_day_passes(days(20)) == 0
    assert "Nina" not in parts(known)
