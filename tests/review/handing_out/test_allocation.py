"""Who works on a case, and who may not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from charter import worker
from charter.account.models import User
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory


def claim(review: Review, by: User) -> None:
    with transaction() as session:
        allocation.claim(session, review, by=by, at=AT)


def declare(organisation, by: User, reason: str = "I worked there until last year.") -> None:
    with transaction() as session:
        allocation.declare_conflict(session, organisation, reason=reason, by=by, at=AT)


def test_an_assessor_takes_a_waiting_case(waiting, assessor) -> None:
    claim(waiting, assessor)
    assert (waiting.status, waiting.assessor_id, waiting.claimed_at) == (ReviewStatus.IN_REVIEW, assessor.id, AT)


def test_a_case_that_is_taken_cannot_be_taken(claimed, second) -> None:
    with pytest.raises(Refusal, match=r"^Asha Assessor has just taken this case\.$"):
        claim(claimed, second)


def test_nobody_takes_the_same_case_twice(claimed, assessor) -> None:
    with pytest.raises(Refusal, match=r"^You already have this case\.$"):
        claim(claimed, assessor)


def test_of_two_who_take_a_case_at_once_one_gets_it(app: Flask, waiting, assessor, second) -> None:
    start, review_id, people = Barrier(2, timeout=20), waiting.id, [assessor.id, second.id]
    db.session.rollback()

    def try_it(user_id: UUID) -> str:
        with app.app_context():
            user, review = db.session.get(User, user_id), db.session.get(Review, review_id)
            start.wait()
            try:
                claim(review, user)
            except Refusal as refusal:
                return str(refusal)
            return f"{user.name} has it"

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(try_it, people))
    db.session.rollback()
    holder = db.session.get(User, db.session.get(Review, review_id).assessor_id)
    assert answers == {f"{holder.name} has it", f"{holder.name} has just taken this case."}


def test_a_case_given_back_keeps_its_findings_and_waits_again(make, found, assessor) -> None:
    with transaction() as session:
        allocation.release(session, found, by=assessor, at=AT)
    assert (found.status, found.assessor_id, found.claimed_at) == (ReviewStatus.WAITING, None, None)
    from charter.review import findings

    assert len(findings.of_review(db.session, found)) > 5


def test_another_assessor_cannot_give_a_case_back_but_a_moderator_can(claimed, second, moderator) -> None:
    with pytest.raises(Refusal, match="Only the assessor who has this case, or a moderator"), transaction() as session:
        allocation.release(session, claimed, by=second, at=AT)
    with transaction() as session:
        allocation.release(session, claimed, by=moderator, at=AT)
    assert claimed.status is ReviewStatus.WAITING


def test_a_declared_interest_is_refused_with_its_reason(waiting, employer, assessor) -> None:
    declare(employer, assessor)
    assert allocation.conflicted(db.session, assessor, employer)
    with pytest.raises(Refusal, match="You declared an interest in this employer on 22 November 2026"):
        claim(waiting, assessor)


def test_a_member_of_the_employer_is_refused(waiting, employer, assessor) -> None:
    with transaction() as session:
        session.add(
            Membership(organisation_id=employer.id, user_id=assessor.id, role=MemberRole.CONTRIBUTOR, joined_at=AT)
        )
    with pytest.raises(Refusal, match="You belong to this employer"):
        claim(waiting, assessor)


def test_declaring_an_interest_gives_back_the_case_in_hand(claimed, employer, assessor) -> None:
    declare(employer, assessor)
    assert (claimed.status, claimed.assessor_id) == (ReviewStatus.WAITING, None)


def test_an_interest_in_one_employer_says_nothing_of_another(make, employer, assessor) -> None:
    declare(employer, assessor)
    assert not allocation.conflicted(db.session, assessor, make.organisation("Another Ltd"))


@pytest.mark.parametrize(("reason", "message"), [("  ", "Say what your interest"), ("x" * 301, "300 characters")])
def test_an_interest_needs_a_reason_that_fits(employer, assessor, reason: str, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        declare(employer, assessor, reason)


def test_an_interest_is_declared_once(employer, assessor) -> None:
    declare(employer, assessor)
    with pytest.raises(Refusal, match="already declared"):
        declare(employer, assessor)


def test_an_interest_that_binds_while_a_case_is_in_review_puts_it_back_in_the_queue(
    make: Factory, employer, claimed, assessor
) -> None:
    def hourly() -> int:
        with transaction() as session:
            return allocation.let_go_of_interests(session, local_date(AT), AT)

    assert hourly() == 0
    with transaction() as session:
        interests.declare_to_come(session, name="Wye Joiners", company_number=None, reason="Kin.", by=assessor, at=AT)
    with transaction() as session:
        employer = session.get_one(Organisation, employer.id)
        employer.name = "Wye Joiners Ltd"
        interests.bind(session, employer, at=AT)
    assert claimed.assessor_id == assessor.id
    assert hourly() == 1
    assert (claimed.status, claimed.assessor_id) == (ReviewStatus.WAITING, None)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "case:release")).one()
    assert (event.actor_id, event.details["because"]) == (None, "interest")
    assert hourly() == 0
    assert allocation.let_go_of_interests in worker.DAILY
