"""An answer goes back to whoever asked; when that person cannot take it, it is first in line, and both are told."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter import audit
from charter.account import away
from charter.account.models import Role, User
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review import moderation, reopening
from charter.review.handing_out import allocation, next_case, queue
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.factories import Factory
from tests.review.clocks import MONDAY, answered_on, asked_on, claimed_on, on_day, sent_on


@pytest.fixture
def asked(make: Factory, employer, owner: User, assessor: User) -> Review:
    """A case whose employer was asked for more on the Wednesday."""
    review = sent_on(0, make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    claimed_on(1, review, by=assessor)
    asked_on(2, review, by=assessor)
    return review


def mails(kind: str) -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.kind == kind).order_by(Message.id)))


def leaves(session, person: User) -> None:
    person.disabled_at = on_day(3)


def changes_work(session, person: User) -> None:
    person.role = Role.BOARD


def goes_away(days: int):
    def go(session, person: User) -> None:
        first = MONDAY + timedelta(days=3)
        away.add(
            session,
            person,
            starts_on=first,
            ends_on=MONDAY + timedelta(days=8 + days),
            by=person,
            at=on_day(3),
            on=first,
        )

    return go


def has_interest(session, person: User) -> None:
    employer = db.session.scalars(sa.select(Review)).one().assessment.organisation
    allocation.declare_conflict(session, employer, reason="My sister works there.", by=person, at=on_day(3))


def test_the_answer_goes_back_to_whoever_asked(asked, owner, assessor) -> None:
    answered_on(8, asked, by=owner)
    assert (asked.status, asked.assessor_id) == (ReviewStatus.IN_REVIEW, assessor.id)
    (mail,) = mails("resubmission_received")
    assert "the assessor who asked reads what you changed" in mail.body
    assert "We have used 2 of our" in mail.body
    assert "You used 4" in mail.body
    assert mails("answer_went_on") == []
    (mine,) = mails("answer_came")
    assert mine.to_address == assessor.email
    assert f"/admin/reviews/{asked.id}" in mine.body
    assert f"A decision is due by {asked.due_on.day} {asked.due_on:%B %Y}." in mine.body


def test_a_short_absence_is_waited_for(asked, owner, assessor) -> None:
    with transaction() as session:
        goes_away(3)(session, assessor)
    answered_on(8, asked, by=owner)
    assert asked.assessor_id == assessor.id


@pytest.mark.parametrize(
    ("what", "because", "told"),
    [
        (leaves, "left", 0),
        (changes_work, "left", 1),
        (goes_away(20), "away", 1),
        (has_interest, "interest", 1),
    ],
    ids=["left", "changed work", "away", "interest"],
)
def test_when_that_person_cannot_it_waits_for_another_and_both_are_told(
    asked: Review, owner: User, assessor: User, what, because: str, told: int
) -> None:
    with transaction() as session:
        what(session, assessor)
    answered_on(8, asked, by=owner)
    assert (asked.status, asked.assessor_id, asked.claimed_at) == (ReviewStatus.WAITING, None, None)
    event = db.session.scalars(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "case:release")).one()
    assert (event.actor_id, event.details["because"]) == (None, because)
    (mail,) = mails("resubmission_received")
    assert "another assessor reads what you changed" in mail.body
    assert "interest" not in mail.body  # why is nobody's business outside
    assert [one.to_address for one in mails("answer_went_on")] == [assessor.email] * told
    assert mails("answer_came") == []


def test_an_answer_that_waits_comes_before_cases_that_are_due_earlier(
    make: Factory, asked: Review, owner: User, assessor: User, second: User
) -> None:
    other = make.organisation("An Older Case Ltd")
    boss = make.member(other, "Ola Other")
    older = sent_on(-20, make.answered(make.assessment(other, by=boss), by=boss), by=boss)
    with transaction() as session:
        leaves(session, assessor)
    answered_on(8, asked, by=owner)
    assert older.due_on < asked.due_on
    on = MONDAY + timedelta(days=8)
    by_need = queue.oldest_waiting(db.session, queue.Asked(), 5, by=second, on=on)
    assert by_need == [asked.id, older.id]
    rows = {row.id: row.is_answered for row in queue.find(db.session, queue.Asked(), on=on).rows}
    assert rows == {asked.id: True, older.id: False}
    with transaction() as session:
        taken = next_case.take(session, seen=None, by=second, at=on_day(8), on=on)
    assert taken.id == asked.id


def test_a_case_that_an_appeal_opened_again_is_not_taken_for_an_answer(
    make: Factory, asked: Review, owner: User, assessor: User, second: User, moderator: User, administrator: User
) -> None:
    other = make.organisation("An Older Case Ltd")
    boss = make.member(other, "Ola Other")
    older = sent_on(3, make.answered(make.assessment(other, by=boss), by=boss), by=boss)
    answered_on(8, asked, by=owner)
    later = Factory(on_day(9))
    later.recommended(later.found(asked, by=assessor), by=assessor)
    on = MONDAY + timedelta(days=10)
    with transaction() as session:
        moderation.agree(session, asked, by=moderator, at=on_day(9), on=on)
    with transaction() as session:
        reopening.open_again(session, asked, apart=(), by=administrator, at=on_day(10), on=on)
    assert (asked.status, asked.assessment.round) == (ReviewStatus.WAITING, 2)
    rows = {row.id: row.is_answered for row in queue.find(db.session, queue.Asked(), on=on).rows}
    assert rows == {asked.id: False, older.id: False}
    assert queue.oldest_waiting(db.session, queue.Asked(), 5, by=second, on=on) == [older.id, asked.id]
