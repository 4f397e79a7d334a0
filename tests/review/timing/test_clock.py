"""The clock has two sides, our working days and the employer's, and what was promised is not promised anew."""

from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.review import moderation, queries, reopening, telling
from charter.review.models import Review
from charter.review.status import OPEN, ReviewStatus
from charter.review.timing import clock, working_days
from charter.review.timing.clock import Clock
from charter.review.timing.turns import Span
from tests.factories import Factory
from tests.review.clocks import MONDAY, answered_on, asked_on, claimed_on, on_day, sent_on
from tests.review.test_queries import Counted

S = ReviewStatus


def spans(*turns: tuple[ReviewStatus, int, int | None]) -> list[Span]:
    """Turns by their stage, the day each began on, and how many working days it took."""
    return [Span(stage, on_day(day), days) for stage, day, days in turns]


def read(*turns: tuple[ReviewStatus, int, int | None], on: int, promised: int = 20) -> Clock:
    return clock.read(spans(*turns), promised=promised, since=on_day(0), on=MONDAY + timedelta(days=on))


@pytest.mark.parametrize(
    ("turns", "on", "ours", "theirs", "of"),
    [
        ([(S.WAITING, 0, None)], 0, 0, 0, 20),
        ([(S.WAITING, 0, None)], 1, 1, 0, 20),
        ([(S.WAITING, 0, None)], 6, 4, 0, 20),  # a weekend is nobody's
        ([(S.WAITING, 0, 1), (S.IN_REVIEW, 1, None)], 4, 4, 0, 20),
        ([(S.WAITING, 0, 1), (S.IN_REVIEW, 1, 1), (S.WITH_EMPLOYER, 2, None)], 8, 2, 4, 20),
        ([(S.IN_REVIEW, 0, 2), (S.WITH_EMPLOYER, 2, 4), (S.IN_REVIEW, 8, None)], 9, 3, 4, 20),
        ([(S.IN_REVIEW, 0, 17), (S.WITH_EMPLOYER, 23, 4), (S.IN_REVIEW, 29, None)], 29, 17, 4, 21),  # late in our time
        (
            [(S.IN_REVIEW, 0, 23), (S.WITH_EMPLOYER, 33, 1), (S.IN_REVIEW, 37, None)],
            37,
            23,
            1,
            27,
        ),  # we are late already
        ([(S.WAITING, 0, 2), (S.RECOMMENDED, 2, 3), (S.WITH_PANEL, 7, 4)], 99, 9, 0, 20),  # decided: nothing runs
    ],
)
def test_each_side_is_counted_in_working_days(turns, on: int, ours: int, theirs: int, of: int) -> None:
    count = read(*turns, on=on)
    assert (count.ours, count.theirs, count.of) == (ours, theirs, of)


def test_while_the_employer_answers_our_clock_stands_still() -> None:
    turns = [(S.IN_REVIEW, 0, 2), (S.WITH_EMPLOYER, 2, None)]
    counts = [read(*turns, on=day) for day in (2, 9, 30)]
    assert [(one.ours, one.left, one.is_theirs, one.pauses) for one in counts] == [(2, 18, True, 1)] * 3
    assert [one.theirs for one in counts] == [
        0,
        5,
        working_days.between(MONDAY + timedelta(days=2), date(2026, 12, 23)),
    ]


def test_every_open_stage_is_ours_but_the_employers() -> None:
    assert {stage for stage in OPEN if clock.side_is_theirs(stage)} == {S.WITH_EMPLOYER}


def test_both_sides_together_make_all_working_days_since_it_came_in(sent_later: Review, assessor, owner) -> None:
    claimed_on(1, sent_later, by=assessor)
    asked_on(2, sent_later, by=assessor)
    answered_on(8, sent_later, by=owner)
    for day in range(8, 40, 3):
        count = telling.clock_of(sent_later, on=MONDAY + timedelta(days=day))
        assert count.ours + count.theirs == working_days.between(MONDAY, MONDAY + timedelta(days=day))


@pytest.fixture
def sent_later(make: Factory, employer, owner: User) -> Review:
    """A case that came in on the Monday."""
    return sent_on(0, make.answered(make.assessment(employer, by=owner), by=owner), by=owner)


def promised(review: Review) -> int:
    level = review.assessment.framework.content.level(1)
    assert level is not None
    return level.target_decision_working_days


def test_after_an_answer_what_is_left_of_the_promise_holds(sent_later, assessor, owner) -> None:
    assert sent_later.due_on == working_days.after(MONDAY, promised(sent_later))
    claimed_on(1, sent_later, by=assessor)
    asked_on(2, sent_later, by=assessor)
    answered_on(8, sent_later, by=owner)
    back = MONDAY + timedelta(days=8)
    assert sent_later.due_on == working_days.after(back, promised(sent_later) - 2)
    assert sent_later.due_on < working_days.after(back, promised(sent_later))  # and no whole new promise


def test_an_answer_near_the_end_leaves_us_time_to_read_it(sent_later, assessor, owner) -> None:
    claimed_on(1, sent_later, by=assessor)
    used = promised(sent_later) - 1
    asked = working_days.after(MONDAY, used)
    asked_on((asked - MONDAY).days, sent_later, by=assessor)
    back = working_days.after(asked, 3)
    answered_on((back - MONDAY).days, sent_later, by=owner)
    count = telling.clock_of(sent_later, on=back)
    assert (count.ours, count.theirs, count.of, count.is_longer) == (used, 3, used + clock.LEAST, True)
    assert sent_later.due_on == working_days.after(back, clock.LEAST)


def test_what_came_late_is_no_excuse_when_we_were_late_before_it() -> None:
    late = read((S.IN_REVIEW, 0, 23), (S.WITH_EMPLOYER, 33, 1), (S.IN_REVIEW, 37, None), on=37)
    near = read((S.IN_REVIEW, 0, 19), (S.WITH_EMPLOYER, 25, 1), (S.IN_REVIEW, 28, None), on=28)
    assert [(one.is_late, one.is_longer) for one in (late, near)] == [(True, False), (False, True)]


def test_a_turn_is_written_for_every_step(sent_later, assessor, owner) -> None:
    claimed_on(1, sent_later, by=assessor)
    asked_on(2, sent_later, by=assessor)
    answered_on(8, sent_later, by=owner)
    assert [(turn.number, turn.stage, turn.days) for turn in sent_later.turns] == [
        (1, S.WAITING, 1),
        (2, S.IN_REVIEW, 1),
        (3, S.WITH_EMPLOYER, 4),
        (4, S.IN_REVIEW, None),
    ]
    ended = [turn.ended_at for turn in sent_later.turns]
    assert ended[:-1] == [turn.began_at for turn in sent_later.turns][1:]


def test_a_decision_ends_the_last_turn(make: Factory, recommended: Review, moderator: User) -> None:
    with transaction() as session:
        moderation.agree(session, recommended, by=moderator, at=on_day(3), on=MONDAY + timedelta(days=3))
    assert [(turn.stage, turn.ended_at is None) for turn in recommended.turns] == [
        (S.WAITING, False),
        (S.IN_REVIEW, False),
        (S.RECOMMENDED, False),
    ]
    after = [telling.clock_of(recommended, on=MONDAY + timedelta(days=day)) for day in (3, 300)]
    assert after[0] == after[1]


def test_a_case_opened_again_has_a_clock_of_its_own(recommended: Review, moderator, administrator) -> None:
    with transaction() as session:
        moderation.agree(session, recommended, by=moderator, at=on_day(3), on=MONDAY + timedelta(days=3))
    with transaction() as session:
        reopening.open_again(
            session, recommended, apart=(), by=administrator, at=on_day(30), on=MONDAY + timedelta(days=30)
        )
    count = telling.clock_of(recommended, on=MONDAY + timedelta(days=31))
    assert (count.ours, count.theirs, count.pauses) == (1, 0, 0)


def test_what_the_assessment_says_of_its_case_comes_in_one_query(make: Factory, sent_later: Review) -> None:
    assessment = db.session.get_one(Assessment, sent_later.assessment_id)
    db.session.expunge(sent_later)
    with Counted() as counted:
        found = queries.of_assessment(db.session, assessment)
        assert found is not None
        assert len(found.turns) == 1
    assert len(counted.statements) == 1
