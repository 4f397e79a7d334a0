"""One definition of how long decisions take: our own working days, of the last twelve months, and no few of them."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.extensions import db
from charter.organisation.models import Organisation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.review.timing import pace
from charter.review.timing.pace import Pace, Period
from charter.review.timing.turns import Turn
from tests.factories import Factory
from tests.review.clocks import MONDAY, on_day
from tests.review.test_queries import Counted

S = ReviewStatus


def decided(
    session: Session,
    make: Factory,
    *turns: tuple[ReviewStatus, int],
    level: int = 1,
    day: int = 0,
    opened: int = -60,
    reached: int | None = None,
    assessor: User,
    moderator: User,
    employer: Organisation | None = None,
) -> Review:
    """A case decided on a day, with turns of so many working days, and one of 99 before it was opened again."""
    employer = employer or make.organisation(f"Employer {uuid4().hex[:8]} Ltd")
    assessment = Assessment(
        organisation=employer,
        framework=make.framework(),
        target_level=level,
        status=AssessmentStatus.DECIDED,
        round=1,
        started_at=on_day(-90),
        submitted_at=on_day(-60),
        decided_at=on_day(day),
        decided_level=level if reached is None else reached,
    )
    session.add(assessment)
    session.flush()
    review = Review(
        assessment_id=assessment.id,
        status=S.DECIDED,
        waiting_since=on_day(opened),
        due_on=MONDAY,
        assessor_id=assessor.id,
        claimed_at=on_day(-50),
        recommended_level=level,
        recommended_by_id=assessor.id,
        recommended_at=on_day(-1),
        recommendation="",
        decided_level=level if reached is None else reached,
        decided_by_id=moderator.id,
        decided_at=on_day(day),
        reasons="",
    )
    for number, (stage, days) in enumerate([(S.WAITING, 99), *turns]):
        review.turns.append(
            Turn(
                number=number + 1,
                stage=stage,
                began_at=on_day(opened + number - 1),
                ended_at=on_day(day),
                days=days,
                reminded_days=None,
            )
        )
    session.add(review)
    session.commit()
    return review


def of(*days: int, **more):
    """One case for each of these numbers of our days."""
    return [((S.WAITING, 0), (S.IN_REVIEW, number), (S.WITH_EMPLOYER, 50)) for number in days]


@pytest.mark.parametrize(
    ("days", "median"),
    [((4,), 4), ((4, 9), 6.5), ((9, 4, 5), 5), ((9, 4, 5, 8), 6.5), ((3, 3, 3, 10, 10), 3), ((1, 2, 3, 4, 5, 6), 3.5)],
)
def test_the_median_is_the_middle_of_our_own_days(make, assessor, moderator, days, median) -> None:
    for turns in of(*days):
        decided(db.session, make, *turns, assessor=assessor, moderator=moderator)
    assert pace.of_levels(db.session, on=MONDAY) == {1: Pace(median, len(days))}


def test_each_level_has_its_own_and_one_query_does_for_all(make, assessor, moderator) -> None:
    for level, number in ((1, 4), (1, 6), (2, 12), (3, 30)):
        decided(db.session, make, *of(number)[0], level=level, assessor=assessor, moderator=moderator)
    with Counted() as counted:
        found = pace.of_levels(db.session, on=MONDAY)
    assert found == {1: Pace(5, 2), 2: Pace(12, 1), 3: Pace(30, 1)}
    assert len(counted.statements) == 1


def test_only_decisions_of_the_last_twelve_months_count(make, assessor, moderator) -> None:
    for day in (-366, -365, 0, 1):
        decided(db.session, make, *of(5)[0], day=day, opened=day - 30, assessor=assessor, moderator=moderator)
    assert pace.of_levels(db.session, on=MONDAY)[1].decisions == 1
    assert pace.of_levels(db.session, on=MONDAY - timedelta(days=1))[1].decisions == 1


def test_few_decisions_are_not_enough_to_publish() -> None:
    assert [Pace(5, number).is_enough for number in (4, 5)] == [False, True]


def test_a_case_that_is_open_does_not_count(found) -> None:
    assert pace.of_levels(db.session, on=MONDAY + timedelta(days=9)) == {}


@pytest.mark.parametrize(
    ("on", "first"),
    [
        (date(2026, 11, 23), date(2025, 11, 24)),
        (date(2028, 2, 28), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2027, 3, 1)),
        (date(2027, 2, 28), date(2026, 3, 1)),
    ],
)
def test_twelve_months_are_a_year_to_the_day(on: date, first: date) -> None:
    assert pace.twelve_months(on) == Period(first, on)


def test_a_period_holds_its_last_day_to_midnight_here() -> None:
    period = Period(date(2026, 6, 1), date(2026, 6, 30))
    assert period.ends - period.begins == timedelta(days=30)
    assert str(period.begins) == "2026-06-01 00:00:00+01:00"


def test_a_turn_ends_with_its_days_and_the_database_minds(make, assessor, moderator) -> None:
    review = decided(db.session, make, assessor=assessor, moderator=moderator)
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(sa.update(Turn).where(Turn.review_id == review.id).values(days=None))
    db.session.rollback()
