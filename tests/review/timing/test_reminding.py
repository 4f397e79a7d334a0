"""An employer is reminded before its day and told on the day after, once each."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review.models import Review
from charter.review.timing import reminding, silence
from charter.worker import DAILY
from tests.factories import Factory
from tests.review.clocks import MONDAY, answered_on, asked_on, claimed_on, on_day, sent_on

KINDS = ("answer_due", "answer_late")


@pytest.fixture
def case(make: Factory, employer, owner: User, assessor: User) -> Review:
    """A case that was taken on the Tuesday."""
    review = sent_on(0, make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    claimed_on(1, review, by=assessor)
    return review


def run(day: int) -> int:
    with transaction() as session:
        return reminding.remind(session, MONDAY + timedelta(days=day), on_day(day))


def told(review: Review, days: range) -> list[tuple[int, str]]:
    """Which emails went out on which day, when the worker looks twice a day."""
    found = []
    for day in days:
        run(day)
        run(day)
        query = sa.select(Message).where(Message.kind.in_(KINDS), Message.written_at == on_day(day))
        found += [(day, message.kind) for message in db.session.scalars(query)]
    return found


def test_it_is_told_five_days_and_one_before_and_on_the_day_after_once_each(case, assessor) -> None:
    asked_on(2, case, by=assessor)  # to answer by Wednesday 9 December, day 16
    assert told(case, range(2, 40)) == [(9, "answer_due"), (15, "answer_due"), (17, "answer_late")]


def test_a_day_on_a_weekend_is_as_near_as_the_friday_before(case, assessor) -> None:
    asked_on(2, case, by=assessor, days=17)  # by Saturday 12 December, day 19
    assert told(case, range(2, 40)) == [(11, "answer_due"), (17, "answer_due"), (20, "answer_late")]


def test_who_has_just_been_asked_is_not_reminded_of_the_same_at_once(case, assessor) -> None:
    asked_on(2, case, by=assessor, days=5)  # by Monday 30 November: three working days
    assert told(case, range(2, 12)) == [(4, "answer_due"), (8, "answer_late")]


def test_a_worker_that_was_down_sends_only_what_is_true_now(case, assessor) -> None:
    asked_on(2, case, by=assessor)
    assert told(case, range(15, 16)) == [(15, "answer_due")]
    assert told(case, range(20, 22)) == [(20, "answer_late")]


def test_who_has_answered_is_left_alone(case, owner, assessor) -> None:
    asked_on(2, case, by=assessor)
    answered_on(8, case, by=owner)
    assert told(case, range(9, 30)) == []


def test_more_time_begins_the_reminders_anew(case, assessor) -> None:
    asked_on(2, case, by=assessor)
    assert told(case, range(2, 18)) == [(9, "answer_due"), (15, "answer_due"), (17, "answer_late")]
    with transaction() as session:
        silence.more_time(
            session,
            case,
            answer_by=MONDAY + timedelta(days=28),
            seen=MONDAY + timedelta(days=16),
            by=assessor,
            at=on_day(17),
        )
    assert told(case, range(17, 40)) == [
        (17, "answer_late"),
        (21, "answer_due"),
        (25, "answer_due"),
        (29, "answer_late"),
    ]


def test_what_it_says_names_both_days(case, owner, assessor) -> None:
    asked_on(2, case, by=assessor)
    run(17)
    message = db.session.scalars(sa.select(Message).where(Message.kind == "answer_late")).one()
    assert message.to_address == owner.email
    assert "by 9 December 2026" in message.body
    assert "we wait until 16 December 2026" in message.body


def test_the_worker_does_it_daily() -> None:
    assert reminding.remind in DAILY
