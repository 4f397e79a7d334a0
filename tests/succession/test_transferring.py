"""Handing over: offered by one side, accepted by the other, undone for a week while both are there."""

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import team
from charter.organisation.models import MemberRole, Organisation
from charter.succession import transferring
from charter.succession.models import Afterwards, Transfer
from charter.succession.status import TransferStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.succession.conftest import a_day_passes, close, days, fresh, parts, told

OWNER, CONTRIBUTOR = MemberRole.OWNER, MemberRole.CONTRIBUTOR


def offer(
    employer: Organisation, by: User, to: str, *, afterwards: Afterwards = Afterwards.STAYS, day: int = 0
) -> Transfer:
    with transaction() as session:
        return transferring.offer(session, employer, to=to, afterwards=afterwards, by=by, at=days(day))


def do(verb: str, transfer: Transfer, by: User, *, day: int = 1) -> None:
    with transaction() as session:
        getattr(transferring, verb)(session, session.get_one(Transfer, transfer.id), by=by, at=days(day))


@pytest.mark.parametrize(
    ("afterwards", "then"),
    [(Afterwards.STAYS, {"Olive": CONTRIBUTOR, "Colin": OWNER}), (Afterwards.LEAVES, {"Colin": OWNER})],
)
def test_it_takes_effect_only_when_the_other_accepts_and_once(
    employer: Organisation, owner: User, colleague: User, afterwards: Afterwards, then: dict[str, MemberRole]
) -> None:
    made = offer(employer, owner, colleague.email, afterwards=afterwards)
    assert parts(employer) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    for _ in range(2):
        do("accept", made, colleague)
    assert parts(employer) == then
    assert told("transfer_offered") == {colleague.email}
    assert told("transfer_news") == {owner.email, colleague.email}


def test_somebody_who_is_not_in_the_team_joins_by_accepting(make: Factory, employer: Organisation, owner: User) -> None:
    made = offer(employer, owner, " Nina.New@Example.org ")
    assert told("transfer_offered") == {"nina.new@example.org"}
    nina = make.user("Nina New")
    with pytest.raises(Refusal, match="somebody else"):
        do("accept", made, nina)
    with transaction() as session:
        session.get_one(User, nina.id).email = "nina.new@example.org"
    do("accept", made, fresh(nina))
    assert parts(employer) == {"Olive": CONTRIBUTOR, "Nina": OWNER}


def test_the_other_owners_are_told_and_can_stop_it(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    second = make.member(employer, "Olga Owner")
    made = offer(employer, owner, colleague.email)
    assert told("transfer_news") == {owner.email, second.email}
    with pytest.raises(Refusal, match="Only an owner"):
        do("withdraw", made, colleague)
    do("withdraw", made, second)
    with pytest.raises(Refusal, match="withdrawn already"):
        do("accept", made, colleague)


def test_either_side_can_say_no_before_it_is_accepted(employer: Organisation, owner: User, colleague: User) -> None:
    for verb, who in (("decline", colleague), ("withdraw", owner)):
        made = offer(employer, owner, colleague.email)
        for _ in range(2):
            do(verb, made, who)
        bodies = db.session.execute(sa.select(Message.to_address, Message.body).where(Message.kind == "transfer_news"))
        words: dict[str, str] = {}
        for address, body in bodies:  # of the offer, and of its end
            words[address] = f"{words.get(address, '')} {' '.join(body.split())}"
        if verb == "decline":  # whoever declined is not told about herself as about somebody else
            assert f"You have declined to take over {employer.name}." in words[colleague.email]
            assert f"{colleague.name} has declined to take over {employer.name}." in words[owner.email]
    assert parts(employer) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    assert told("transfer_news") == {owner.email, colleague.email}


def test_one_offer_of_a_person_waits_at_a_time_and_a_double_click_makes_one(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    assert offer(employer, owner, colleague.email).id == offer(employer, owner, colleague.email).id
    with pytest.raises(Refusal, match="Withdraw that offer first"):
        offer(employer, owner, "other@example.org")


def test_whom_it_cannot_be_offered_to(
    make: Factory, employer: Organisation, owner: User, colleague: User, assessor: User
) -> None:
    second = make.member(employer, "Olga Owner")
    for address, reason in [
        (owner.email, "your own address"),
        (second.email, "an owner already"),
        (assessor.email, "cannot become an owner"),
    ]:
        with pytest.raises(Refusal, match=reason) as refused:
            offer(employer, owner, address)
        assert refused.value.field == "to"
    with pytest.raises(Refusal, match="Only an owner can hand over"):
        offer(employer, colleague, "other@example.org")


def test_an_offer_of_somebody_who_is_no_owner_any_more_is_worth_nothing(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    made = offer(employer, owner, colleague.email)
    second = make.member(employer, "Olga Owner")
    with transaction() as session:
        part = next(one for one in session.get_one(Organisation, employer.id).memberships if one.user_id == owner.id)
        team.change_role(session, part, role=CONTRIBUTOR, by=second, at=AT)
    with pytest.raises(Refusal, match="no longer an owner"):
        do("accept", made, colleague)


def test_an_offer_lasts_14_days(employer: Organisation, owner: User, colleague: User) -> None:
    made = offer(employer, owner, colleague.email)
    with pytest.raises(Refusal, match="too old"):
        do("accept", made, colleague, day=14)
    assert [a_day_passes(days(number)) for number in (13, 14, 14)] == [0, 1, 0]
    assert fresh(made).status is TransferStatus.LAPSED


@pytest.mark.parametrize("who", ["owner", "colleague"])
def test_for_a_week_either_of_the_two_puts_both_back(
    employer: Organisation, owner: User, colleague: User, request: pytest.FixtureRequest, who: str
) -> None:
    made = offer(employer, owner, colleague.email)
    do("accept", made, colleague, day=1)
    for _ in range(2):
        do("undo", made, request.getfixturevalue(who), day=7)
    assert parts(employer) == {"Olive": OWNER, "Colin": CONTRIBUTOR}
    assert fresh(made).status is TransferStatus.UNDONE


def test_it_cannot_be_undone_later_by_others_after_leaving_or_when_the_team_has_changed(
    make: Factory, employer: Organisation, owner: User, colleague: User, stranger: User
) -> None:
    made = offer(employer, owner, colleague.email)
    with pytest.raises(Refusal, match="nothing to undo"):
        do("undo", made, owner)
    do("accept", made, colleague, day=1)
    with pytest.raises(Refusal, match="Only the two people"):
        do("undo", made, stranger, day=2)
    with pytest.raises(Refusal, match="for 7 days"):
        do("undo", made, owner, day=8)
    with transaction() as session:
        part = next(one for one in session.get_one(Organisation, employer.id).memberships if one.user_id == owner.id)
        team.remove(session, part, by=colleague, at=days(2))
    with pytest.raises(Refusal, match="team has changed"):
        do("undo", made, owner, day=3)
    assert parts(employer) == {"Colin": OWNER}


def test_who_left_when_handing_over_does_not_come_back_by_undoing(
    employer: Organisation, owner: User, colleague: User
) -> None:
    made = offer(employer, owner, colleague.email, afterwards=Afterwards.LEAVES)
    do("accept", made, colleague)
    for who in (owner, colleague):
        with pytest.raises(Refusal, match="has left the team"):
            do("undo", made, who, day=2)
    assert parts(employer) == {"Colin": OWNER}


def test_an_employer_never_ends_up_with_an_owner_whose_account_is_closed(
    employer: Organisation, owner: User, colleague: User
) -> None:
    made = offer(employer, owner, colleague.email)
    do("accept", made, colleague)
    close(owner)
    with pytest.raises(Refusal, match="team has changed"):
        do("undo", made, colleague, day=2)
    assert [one.id for one in transferring.current(db.session, employer.id, at=days(2))] == [made.id]
    assert transferring.current(db.session, employer.id, at=days(8)) == []


def test_each_offer_of_an_employer_that_waits_is_taken_back_at_once_and_both_are_told(
    make: Factory, employer: Organisation, owner: User, colleague: User, administrator: User
) -> None:
    second = make.member(employer, "Olga Owner")
    offers = [offer(employer, owner, colleague.email), offer(employer, second, "next@example.org")]
    other = make.organisation("Severn Tools Ltd")
    elsewhere = offer(other, make.member(other, "Ed Else"), "next@example.org")
    for count in (2, 0):
        with transaction() as session:
            assert transferring.end_all(session, employer.id, by=administrator, at=days(1)) == count
    assert {fresh(one).status for one in offers} == {TransferStatus.WITHDRAWN}
    assert fresh(elsewhere).status is TransferStatus.OFFERED
    assert told("transfer_news") >= {owner.email, second.email, colleague.email, "next@example.org"}
    with pytest.raises(Refusal, match="withdrawn already"):
        do("accept", offers[0], colleague)
