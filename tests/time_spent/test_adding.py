"""Time is added once for each page that was opened, and for no longer than somebody can have worked on it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.time_spent import adding
from charter.time_spent.models import TimeSpent
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


def add(assessment: Assessment, *tasks: str, opened: float, saved: float) -> None:
    """Save a page that was opened so many seconds after `AT`."""
    with transaction() as session:
        again = session.get_one(Assessment, assessment.id)
        moments = {"opened_at": AT + timedelta(seconds=opened), "at": AT + timedelta(seconds=saved)}
        adding.add(session, again, tasks=tasks, **moments)


def sums(assessment: Assessment) -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(
        sa.select(TimeSpent.task, TimeSpent.seconds).where(TimeSpent.assessment_id == assessment.id)
    )
    return {row.task: row.seconds for row in rows}


def test_the_time_of_each_page_is_added_to_the_sum_of_its_task(assessment: Assessment) -> None:
    add(assessment, "ONE", opened=0, saved=90)
    add(assessment, "ONE", opened=100, saved=130)
    add(assessment, "TWO", opened=130, saved=140)
    assert sums(assessment) == {"ONE": 120, "TWO": 10}
    assert adding.so_far(db.session, assessment) == 130


def test_a_page_left_open_over_lunch_counts_for_twenty_minutes(assessment: Assessment) -> None:
    add(assessment, "ONE", opened=0, saved=5_000)
    assert sums(assessment) == {"ONE": 1_200}


def test_the_same_page_sent_again_adds_nothing(assessment: Assessment) -> None:
    add(assessment, "ONE", opened=0, saved=60)
    add(assessment, "ONE", opened=0, saved=60.5)  # the button pressed twice
    add(assessment, "ONE", opened=0, saved=600)  # found with the back button
    add(assessment, "ONE", opened=59, saved=600)  # opened beside it
    assert sums(assessment) == {"ONE": 60}
    add(assessment, "ONE", opened=60.1, saved=70.1)
    assert sums(assessment) == {"ONE": 70}


def test_a_page_with_several_questions_is_shared_equally_and_no_second_is_lost(assessment: Assessment) -> None:
    add(assessment, "ONE", "TWO", "THREE", opened=0, saved=100)
    assert sums(assessment) == {"ONE": 34, "TWO": 33, "THREE": 33}


def test_of_two_people_with_the_same_page_open_the_second_adds_nothing_and_meets_no_error(
    app: Flask, assessment: Assessment, owner: User, colleague: User
) -> None:
    """Neither found a sum when it began: the database decides whose is the first."""

    def save(session: Session, mine: Assessment, _user: User) -> None:
        adding.add(session, mine, tasks=["ONE", "TWO"], opened_at=AT, at=AT + timedelta(seconds=60))

    assert in_turn(app, assessment, (owner, save), (colleague, save)) == [None, None]
    assert sums(assessment) == {"ONE": 30, "TWO": 30}


@pytest.mark.parametrize("saved", [0, -30])
def test_a_clock_that_runs_backwards_adds_nothing(assessment: Assessment, saved: float) -> None:
    add(assessment, "ONE", opened=0, saved=saved)
    assert sums(assessment) == {}


def test_nothing_is_added_once_it_was_sent(make: Factory, assessment: Assessment, owner: User) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    add(assessment, "ONE", opened=0, saved=60)
    assert sums(assessment) == {}


def test_the_sums_go_with_the_assessment_and_after_three_years(assessment: Assessment) -> None:
    add(assessment, "ONE", opened=0, saved=60)
    for days, left in ((1_094, 1), (1_096, 0)):
        with transaction() as session:
            at = AT + timedelta(days=days)
            adding.forget_old(session, at.date(), at)
        assert len(sums(assessment)) == left
    add(assessment, "ONE", opened=0, saved=60)
    with transaction() as session:
        session.execute(sa.delete(Assessment).where(Assessment.id == assessment.id))
    assert sums(assessment) == {}


def test_a_sum_holds_nothing_of_a_person() -> None:
    assert set(TimeSpent.__table__.columns.keys()) == {"id", "assessment_id", "task", "seconds", "counted_at"}
