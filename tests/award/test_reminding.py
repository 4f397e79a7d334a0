"""Owners hear in time that an award ends, once for each mark, and only the nearest when days were missed."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.award import reminding
from charter.award.models import Award
from charter.award.reminding import remind
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.notification.models import Message
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

DAY = date(2026, 11, 22)


@pytest.fixture
def award(make: Factory, employer: Organisation, owner: User, colleague: User, moderator: User) -> Award:
    return make.award(employer, level=2, on=DAY, by=moderator)


def on(day: date) -> int:
    with transaction() as session:
        return remind(session, day, AT)


def before(award: Award, days: Iterable[int]) -> list[int]:
    """On which of these days before the end somebody was told."""
    return [days_left for days_left in days if on(award.ends_on - timedelta(days=days_left))]


def told() -> list[Message]:
    return list(db.session.scalars(sa.select(Message).order_by(Message.written_at, Message.event_key)))


def test_owners_are_told_on_each_mark_on_the_last_day_and_on_the_day_after(award: Award, owner: User) -> None:
    assert before(award, range(400, -60, -1)) == [90, 60, 30, 7, 0, -1]
    assert Counter(message.kind for message in told()) == {
        "award_ends_soon": 4,
        "award_last_day": 1,
        "award_ended": 1,
    }
    assert {message.to_user_id for message in told()} == {owner.id}


def test_each_is_sent_once_however_often_the_day_is_done(award: Award) -> None:
    assert [on(award.ends_on - timedelta(days=60)) for _ in range(3)] == [1, 0, 0]
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([95, 85, 50], [85, 50]),  # the days of both marks were missed: each is caught up
        ([95, 20], [20]),  # three marks were missed: the nearest alone
        ([95, 3], [3]),
        ([95, -5], [-5]),
        ([95, -31], []),  # stale news
    ],
)
def test_missed_days_are_caught_up_with_the_nearest_alone(award: Award, days: list[int], found: list[int]) -> None:
    assert before(award, days) == found
    assert len(told()) == len(found)


def test_a_reminder_that_is_late_says_how_many_days_are_left(award: Award) -> None:
    on(award.ends_on - timedelta(days=45))
    [message] = told()
    assert message.subject.startswith("Your award ends in 45 days")
    assert f"/organisations/{award.organisation_id}/renew" in message.body


def test_an_only_owner_is_asked_for_a_second_from_thirty_days_before(
    make: Factory, award: Award, employer: Organisation
) -> None:
    before(award, [60, 30])
    assert ["You are the only owner" in message.body for message in sorted(told(), key=lambda one: one.event_key)] == [
        True,
        False,
    ]
    make.member(employer, "Otto Owner")
    before(award, [7])
    last = [message.body for message in told() if ":ends:7:" in message.event_key]
    assert ["You are the only owner" in body for body in last] == [False, False], "one to each owner"


def test_a_level_that_cannot_be_renewed_says_so_and_names_the_next(
    make: Factory, employer: Organisation, owner: User, moderator: User
) -> None:
    first = make.award(employer, level=1, on=DAY, by=moderator)
    on(first.ends_on - timedelta(days=90))
    content = make.framework().content
    [message] = told()
    assert "It is held once and cannot be renewed." in message.body
    assert content.level_title(2) in message.body


def test_nobody_is_reminded_of_an_award_that_was_renewed_replaced_or_taken_back(
    make: Factory, award: Award, employer: Organisation, moderator: User
) -> None:
    make.award(employer, level=2, on=award.ends_on - timedelta(days=80), by=moderator)
    assert before(award, [75, 60, 30, 7, 0, -1]) == []


def test_whoever_has_begun_is_told_to_finish_and_whoever_sent_it_to_wait(
    make: Factory, award: Award, employer: Organisation, owner: User
) -> None:
    begun = make.assessment(employer, level=2, by=owner)
    before(award, [90])
    make.submitted(make.answered(begun, by=owner), by=owner)
    before(award, [60])
    bodies = {message.event_key.split(":")[3]: message.body for message in told() if message.kind == "award_ends_soon"}
    assert "You have begun your next assessment." in bodies["90"]
    assert "Your next assessment is with us already." in bodies["60"]


def test_before_the_first_version_is_published_there_is_nothing_to_do(
    award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_session: object) -> object:
        raise Refusal("No version of the charter is published yet.")

    monkeypatch.setattr(publishing, "current", none)
    assert on(award.ends_on) == 0


def test_many_awards_are_looked_up_together(make: Factory, moderator: User) -> None:
    """One award or eight: the same number of questions to the database but for the messages themselves."""
    counts = []
    for number in (1, 8):
        with transaction() as session:
            session.execute(sa.delete(Message))
        for one in range(number):
            make.award(make.organisation(f"No owner {number} {one} Ltd"), level=2, on=DAY, by=moderator)
        end = db.session.scalars(sa.select(Award.ends_on)).first()
        assert end is not None
        asked: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object, asked: list[str] = asked) -> None:
            asked.append(statement.split()[0])

        sa.event.listen(db.engine, "before_cursor_execute", note)
        on(end - timedelta(days=30))
        sa.event.remove(db.engine, "before_cursor_execute", note)
        counts.append(asked.count("SELECT"))
    assert counts[0] == counts[1]


def test_the_marks_are_those_of_the_charter(make: Factory) -> None:
    assert make.framework().content.renewal.remind_days == (90, 60, 30, 7)
    assert reminding.ENDED < 0


def asked_for_a_second() -> dict[str, bool]:
    """Whether each reminder, by its mark, asks for a second owner."""
    return {":".join(one.event_key.split(":")[2:4]): "You are the only owner." in one.body for one in told()}


def test_the_only_owner_is_asked_for_a_second_once_30_days_before(award: Award, owner: User) -> None:
    before(award, range(100, 0, -1))
    assert asked_for_a_second() == {"ends:90": False, "ends:60": False, "ends:30": True, "ends:7": False}


def test_two_owners_are_not_asked_and_one_who_cannot_sign_in_is_no_second(
    make: Factory, award: Award, employer: Organisation, owner: User
) -> None:
    second = make.member(employer, "Olga Owner")
    on(award.ends_on - timedelta(days=60))
    with transaction() as session:
        session.get_one(User, second.id).disabled_at = AT
    on(award.ends_on - timedelta(days=30))
    assert asked_for_a_second() == {"ends:60": False, "ends:30": True}


@pytest.fixture
def beside(make: Factory, award: Award, owner: User, moderator: User) -> Callable[..., Award]:
    """`beside(days)`: the lower award of an employer that was here twice, which ends so many days later."""

    def bring(days: int) -> Award:
        twin = make.organisation("Teme Valley Orchards Limited")
        lower = make.award(twin, level=1, on=DAY, by=moderator)
        with transaction() as session:
            for one in (session.get_one(Award, lower.id), session.get_one(Award, award.id)):
                one.organisation_id, one.beside_another = award.organisation_id, True
            session.get_one(Award, lower.id).ends_on = award.ends_on + timedelta(days=days)
        return db.session.get_one(Award, lower.id, populate_existing=True)

    return bring


@pytest.mark.parametrize("days", [-100, 0])
def test_of_two_that_a_merge_brought_together_only_the_one_that_counts_is_spoken_of(
    award: Award, beside: Callable[..., Award], days: int
) -> None:
    lower = beside(days)
    assert before(award, range(400, -60, -1)) == [90, 60, 30, 7, 0, -1]
    assert not [one for one in told() if f"award:{lower.id}" in one.event_key]


def test_when_the_higher_has_ended_the_lower_is_the_one_that_counts(award: Award, beside: Callable[..., Award]) -> None:
    lower = beside(40)
    last = award.ends_on
    said = {day: on(last + timedelta(days=day)) for day in range(-100, 60)}
    spoken = [one.event_key.partition(":award_")[0] for one in told()]
    assert [day for day, count in said.items() if count] == [-90, -60, -30, -7, 0, 1, 10, 33, 40, 41]
    assert [key for key in spoken if str(award.id) in key] == spoken[:6]
    assert [key for key in spoken if str(lower.id) in key] == spoken[6:]
