"""Whoever leaves the staff, or changes their part, hands back what they have in hand; and one administrator stays."""

import pytest
import sqlalchemy as sa
from flask import Flask

from charter import staffing
from charter.account import people
from charter.account.models import Role, User
from charter.aftercare import appeals, concerns, raising, steps
from charter.aftercare.models import Appeal, Concern
from charter.aftercare.raising import Told
from charter.aftercare.status import AppealStatus, ConcernStatus, Deed
from charter.audit import AuditEvent
from charter.award.models import Award
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.second import beside, second_looks
from charter.review.status import ReviewStatus
from charter.staffing import HandedBack, InHand
from tests.conftest import AT
from tests.factories import Factory
from tests.review.conftest import claimed, codes, found, highest, recommended, second, sent, waiting
from tests.turns import in_turn

__all__ = ["claimed", "codes", "found", "highest", "recommended", "second", "sent", "waiting"]


def close(user: User, *, by: User) -> HandedBack:
    with transaction() as session:
        return staffing.close_account(session, user, by=by, at=AT)


def test_closing_an_account_hands_its_cases_back_with_their_findings(
    found: Review, employer: Organisation, assessor: User, administrator: User, second: User
) -> None:
    assert staffing.in_hand(db.session, assessor) == InHand(cases=(employer.name,))
    assert close(assessor, by=administrator) == HandedBack(cases=1)
    assert (found.status, found.assessor_id, found.claimed_at) == (ReviewStatus.WAITING, None, None)
    assert not staffing.in_hand(db.session, assessor)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "case:release")).one()
    assert (event.actor_id, event.details["assessor"]) == (administrator.id, str(assessor.id))
    with transaction() as session:
        allocation.claim(session, found, by=second, at=AT)
        assert beside.of_case(session, found, by=second).looks == ()


def test_what_is_with_somebody_else_stays_there_and_waits_for_another_when_it_comes_back(
    recommended: Review, assessor: User, administrator: User, moderator: User
) -> None:
    assert len(staffing.in_hand(db.session, assessor).elsewhere) == 1
    assert close(assessor, by=administrator) == HandedBack()
    assert (recommended.status, recommended.assessor_id) == (ReviewStatus.RECOMMENDED, assessor.id)
    with transaction() as session:
        moderation.send_back(session, recommended, reasons="Look again.", by=moderator, at=AT)
    assert (recommended.status, recommended.assessor_id) == (ReviewStatus.WAITING, None)


def test_a_new_role_keeps_the_work_it_does_and_hands_back_the_rest(
    claimed: Review, assessor: User, administrator: User
) -> None:
    with transaction() as session:
        assert staffing.change_role(session, assessor, Role.MODERATOR, by=administrator, at=AT) == HandedBack()
    assert claimed.assessor_id == assessor.id
    with transaction() as session:
        assert staffing.change_role(session, assessor, Role.BOARD, by=administrator, at=AT) == HandedBack(cases=1)
    assert claimed.assessor_id is None


def test_a_second_assessor_who_leaves_makes_room_for_another(
    make: Factory, highest: Review, second: User, administrator: User
) -> None:
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    assert len(staffing.in_hand(db.session, second).second_looks) == 1
    assert close(second, by=administrator) == HandedBack(second_looks=1)
    other = make.staff("assessor", "Ola Other")
    with transaction() as session:
        assert second_looks.take(session, highest, by=other, at=AT).by_id == other.id


def test_concerns_and_appeals_find_somebody_else(
    make: Factory, employer: Organisation, assessor: User, moderator: User, administrator: User
) -> None:
    mine, asked, appeal = in_hand_of(moderator, make.award(employer, by=administrator), assessor)
    assert close(moderator, by=administrator) == HandedBack(concerns=1, appeals=1)
    check_found_somebody_else(mine, asked, appeal, moderator, assessor, administrator)


def test_whoever_declares_an_interest_keeps_no_concern_and_no_appeal_of_that_employer(
    make: Factory, employer: Organisation, assessor: User, moderator: User, administrator: User
) -> None:
    mine, asked, appeal = in_hand_of(moderator, make.award(employer, by=administrator), assessor)
    with transaction() as session:
        staffing.declare_interest(session, employer, reason="My sister runs it.", by=moderator, at=AT)
    check_found_somebody_else(mine, asked, appeal, moderator, assessor, administrator)


def test_an_interest_that_came_to_stand_by_itself_leaves_a_concern_and_an_appeal_free(
    make: Factory, employer: Organisation, assessor: User, moderator: User, administrator: User
) -> None:
    mine, _, appeal = in_hand_of(moderator, make.award(employer, by=administrator), assessor)
    second = make.staff("moderator", "Mia Moderator")
    every = sa.select(sa.func.count()).select_from(Concern).where(concerns.free())
    assert (db.session.scalar(every), appeals.is_free(db.session, appeal)) == (0, False)
    with transaction() as session:  # as when two employers turn out to be one
        interests.declare(session, employer, reason="My sister runs it.", by=moderator, at=AT)
    assert (db.session.scalar(every), appeals.is_free(db.session, appeal)) == (2, True)
    with transaction() as session:
        concerns.take(session, mine, by=assessor, at=AT)
        appeals.take(session, appeal, by=second, at=AT)
    assert (mine.holder_id, appeal.handler_id) == (assessor.id, second.id)
    assert (mine.status, appeal.status) == (ConcernStatus.IN_HAND, AppealStatus.IN_HAND)


def in_hand_of(moderator: User, award: Award, assessor: User) -> tuple[Concern, Concern, Appeal]:
    """Two concerns that `moderator` has, of which the employer was asked about the second, and an appeal."""
    with transaction() as session:
        told = [Told(what=f"Wages are late {number}.", happened="", known_by="I work there.") for number in (1, 2)]
        mine, asked = (
            raising.raise_concern(session, award, one, sent_as=one.what, network="192.0.2.1", at=AT) for one in told
        )
        session.flush()
        for one in (mine, asked):
            concerns.take(session, one, by=moderator, at=AT)
        concerns.ask(session, asked, substance="Wages are late.", by=moderator, at=AT, on=local_date(AT))
        step = steps.propose(session, award, deed=Deed.SUSPEND, reasons="Wages.", by=assessor, at=AT, on=local_date(AT))
        session.flush()
        appeal = Appeal(
            organisation_id=award.organisation_id, award_step_id=step.id, decision_at=AT, decision_said="",
            status=AppealStatus.IN_HAND, handler_id=moderator.id, grounds="We pay in time.", raised_at=AT,
            due_on=local_date(AT),
        )  # fmt: skip
        session.add(appeal)
    return mine, asked, appeal


def check_found_somebody_else(
    mine: Concern, asked: Concern, appeal: Appeal, moderator: User, assessor: User, administrator: User
) -> None:
    assert (mine.status, mine.holder_id) == (ConcernStatus.NEW, None)
    assert (appeal.status, appeal.handler_id) == (AppealStatus.WAITING, None)
    assert (asked.status, asked.holder_id) == (ConcernStatus.WITH_EMPLOYER, moderator.id)
    with transaction() as session:
        concerns.take(session, asked, by=assessor, at=AT)
    assert (asked.status, asked.holder_id) == (ConcernStatus.WITH_EMPLOYER, assessor.id)
    with pytest.raises(Refusal, match="has taken this concern"), transaction() as session:
        concerns.take(session, asked, by=administrator, at=AT)


def test_employers_that_whoever_looks_has_an_interest_in_are_counted_and_not_named(
    claimed: Review, employer: Organisation, assessor: User
) -> None:
    assert staffing.in_hand(db.session, assessor, hidden=frozenset({employer.id})) == InHand(hidden=1)


def test_of_two_administrators_who_close_each_other_at_once_one_stays(app: Flask, make: Factory) -> None:
    ada, bob = make.staff("administrator", "Ada Admin"), make.staff("administrator", "Bob Admin")
    for deed in (
        lambda session, other, me: staffing.close_account(session, other, by=me, at=AT),
        lambda session, other, me: staffing.change_role(session, other, Role.BOARD, by=me, at=AT),
    ):
        others = {ada.id: bob.id, bob.id: ada.id}

        def at_the_other(session, _, me, deed=deed, others=others):
            return deed(session, session.get_one(User, others[me.id]), me)

        answers = in_turn(app, ada, (ada, at_the_other), (bob, at_the_other))
        assert [type(one) for one in answers] == [HandedBack, Refusal]
        assert "not an administrator any more" in str(answers[1])
        open_now = sa.select(User.id).where(User.role == Role.ADMINISTRATOR, User.disabled_at.is_(None))
        assert db.session.scalars(open_now).all() == [ada.id]
        bob = make.staff("administrator", "Ben Admin")


def test_whoever_takes_a_case_while_their_account_is_closed_does_not_keep_it(
    app: Flask, waiting: Review, assessor: User, administrator: User
) -> None:
    def claim(session, _, me):
        return allocation.claim(session, session.get_one(Review, waiting_id), by=me, at=AT)

    def shut(session, _, me):
        return staffing.close_account(session, session.get_one(User, assessor_id), by=me, at=AT)

    waiting_id, assessor_id = waiting.id, assessor.id
    first, then = in_turn(app, waiting, (assessor, claim), (administrator, shut))
    assert (first, then) == (None, HandedBack(cases=1))
    assert waiting.assessor_id is None
    with transaction() as session:
        people.enable(session, assessor, by=administrator, at=AT)
    first, then = in_turn(app, waiting, (administrator, shut), (assessor, claim))
    assert first == HandedBack()
    assert isinstance(then, Refusal)
    assert waiting.assessor_id is None
