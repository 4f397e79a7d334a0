"""Take the next one: the case due first of all that a person may have."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from charter.account import away
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.review.handing_out import allocation, next_case, workload
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.second.second_models import LookKind, SecondLook
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import case_of
from tests.turns import in_turn

ON = local_date(AT)


def take(by: User, *, seen: Any = None, minutes: int = 0) -> Review:
    with transaction() as session:
        return next_case.take(session, seen=seen, by=by, at=AT + timedelta(minutes=minutes), on=ON)


def waits(make: Factory, *names: str) -> list[Review]:
    """Cases that came in a day after each other."""
    return [make.review(case_of(make, name, days=day)) for day, name in enumerate(names)]


def test_the_case_that_is_due_first_is_taken(make: Factory, assessor: User) -> None:
    older, newer = waits(make, "Older Ltd", "Newer Ltd")
    with transaction() as session:
        session.get_one(Review, newer.id).due_on = older.due_on - timedelta(days=1)
    assert take(assessor).id == newer.id
    assert (newer.status, newer.assessor_id, older.status) == (
        ReviewStatus.IN_REVIEW,
        assessor.id,
        ReviewStatus.WAITING,
    )


def test_what_somebody_declared_is_passed_over_and_then_nothing_is_left(make: Factory, assessor: User) -> None:
    first, second = waits(make, "First Ltd", "Second Ltd")
    with transaction() as session:
        allocation.declare_conflict(session, first.assessment.organisation, reason="A friend.", by=assessor, at=AT)
    assert take(assessor).id == second.id
    with pytest.raises(Refusal, match="No case waits that you can have: you declared an interest"):
        take(assessor, seen=AT, minutes=5)


@pytest.mark.parametrize("part", ["took part in what was appealed", "is its second assessor"])
def test_a_case_that_one_had_another_part_in_is_passed_over_and_stops_nothing(
    make: Factory, assessor: User, part: str
) -> None:
    first, other = waits(make, "First Ltd", "Second Ltd")
    with transaction() as session:
        if part == "is its second assessor":
            look = SecondLook(review_id=first.id, round=1, kind=LookKind.ASSESSOR, by_id=assessor.id, begun_at=AT)
            session.add(look)
        else:
            session.add(SetApart(review_id=first.id, user_id=assessor.id))
    assert take(assessor).id == other.id
    with pytest.raises(Refusal, match="had a part in those cases before"):
        take(assessor, seen=AT, minutes=5)


def test_a_button_pressed_twice_takes_one_case(make: Factory, assessor: User) -> None:
    waits(make, "First Ltd", "Second Ltd")
    taken = take(assessor)
    assert take(assessor, minutes=1).id == taken.id
    seen = next_case.last_taken_at(db.session, assessor)
    assert take(assessor, seen=seen, minutes=2).id != taken.id


def test_a_case_given_back_does_not_make_the_button_give_an_older_one(make: Factory, assessor: User) -> None:
    waits(make, "First Ltd", "Second Ltd", "Third Ltd")
    older = take(assessor)
    newer = take(assessor, seen=AT, minutes=1)
    seen = next_case.last_taken_at(db.session, assessor)
    with transaction() as session:
        allocation.release(session, newer, by=assessor, at=AT)
    assert take(assessor, seen=seen, minutes=2).id not in {older.id}


def test_who_has_enough_is_told_how_many_and_what_to_do(make: Factory, assessor: User, moderator: User) -> None:
    waits(make, "First Ltd", "Second Ltd")
    with transaction() as session:
        workload.set_most(session, 1, by=moderator, at=AT)
    take(assessor)
    with pytest.raises(Refusal, match=r"^You have 1 open cases?, and one person should have 1 at most\. Recommend"):
        take(assessor, seen=AT, minutes=1)


def test_who_is_away_takes_nothing(make: Factory, assessor: User) -> None:
    waits(make, "First Ltd")
    with transaction() as session:
        away.add(session, assessor, starts_on=ON, ends_on=ON + timedelta(days=3), by=assessor, at=AT, on=ON)
    with pytest.raises(Refusal, match=r"you are away until 25 November 2026\. If you are back, end them first\."):
        take(assessor)


def test_with_nothing_waiting_one_is_told_so(assessor: User) -> None:
    with pytest.raises(Refusal, match=r"^No case waits for an assessor\."):
        take(assessor)


def test_two_who_press_at_once_get_two_cases(app: Flask, make: Factory, assessor: User, second: User) -> None:
    first, other = waits(make, "First Ltd", "Second Ltd")

    def press(session: Any, _review: Review, user: User) -> Any:
        return next_case.take(session, seen=None, by=user, at=AT, on=ON).id

    given = in_turn(app, first, (assessor, press), (second, press))
    assert given == [first.id, other.id]
