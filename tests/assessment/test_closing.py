"""A version closes on a day that is announced in time; until then, and for some longer, what is begun may be sent."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import closing, submission
from charter.assessment.closing import ANNOUNCED, LongerGrace, VersionNotice
from charter.assessment.models import Assessment
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.models import Framework, FrameworkStatus
from charter.notification.models import Message
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn

DAY = AT.date()
LAST = DAY + closing.NOTICE
Publish = Callable[..., Framework]


@pytest.fixture
def old(make: Factory, publish: Publish) -> Framework:
    """The version before the one in use."""
    first = make.framework()
    publish(lambda made: made)
    return first


@pytest.fixture
def draft(make: Factory, publish: Publish, employer: Organisation, owner: User) -> Assessment:
    """An assessment that is begun on the first version, before there is another."""
    return make.answered(make.assessment(employer, by=owner), by=owner)


def close(framework: Framework, day: date, by: User, *, on: date = DAY, seen: date | None = None) -> None:
    with transaction() as session:
        closing.close(session, framework, closes_on=day, seen=seen, by=by.id, at=AT, on=on)


def longer(draft: Assessment, until: date, by: User, *, seen: int = 0, reason: str = "Ill.") -> LongerGrace:
    with transaction() as session:
        return closing.give_longer(session, draft, until=until, reason=reason, seen_version=seen, by=by, at=AT, on=DAY)


def send(draft: Assessment, owner: User, on: date) -> None:
    try:
        with transaction() as session:
            submission.submit(
                session, draft, declared_by="O", declared_role="Owner", by=owner, at=AT, on=on, only_owner=True
            )
            raise ZeroDivisionError  # only whether it may be sent is asked
    except ZeroDivisionError:
        db.session.rollback()


def told(on: date) -> int:
    with transaction() as session:
        return closing.tell(session, on, AT)


def test_what_is_begun_may_be_sent_up_to_and_including_the_last_day(
    draft: Assessment, old: Framework, owner: User, administrator: User
) -> None:
    assert closing.of(db.session, draft, on=DAY) == closing.Closing(None, False)
    close(old, LAST, administrator)
    send(draft, owner, LAST)
    with pytest.raises(Refusal, match="closed"):
        send(draft, owner, LAST + timedelta(days=1))
    assert closing.of(db.session, draft, on=LAST + timedelta(days=1)) == closing.Closing(LAST, True)


def test_one_employer_may_be_given_longer_also_when_the_version_is_retired(
    draft: Assessment, old: Framework, owner: User, administrator: User
) -> None:
    close(old, LAST, administrator)
    later = LAST + timedelta(days=10)
    given = longer(draft, later, administrator)
    with transaction() as session:
        assert closing.retire_due(session, LAST, AT) == 0
        assert closing.retire_due(session, LAST + timedelta(days=1), AT) == 1
        assert closing.retire_due(session, LAST + timedelta(days=1), AT) == 0
    assert db.session.get_one(Framework, old.id, populate_existing=True).status is FrameworkStatus.RETIRED
    send(draft, owner, later)
    with pytest.raises(Refusal, match="closed"):
        send(draft, owner, later + timedelta(days=1))
    assert given.reason == "Ill."


@pytest.mark.parametrize(
    ("days", "reason", "said"),
    [
        (0, "Ill.", "after the one for everybody"),
        (-1, "Ill.", "after"),
        (400, "Ill.", "within a year"),
        (9, " ", "why"),
    ],
)
def test_longer_is_given_for_a_reason_and_to_a_day_that_makes_sense(
    draft: Assessment, old: Framework, administrator: User, days: int, reason: str, said: str
) -> None:
    close(old, LAST, administrator)
    with pytest.raises(Refusal, match=said):
        longer(draft, LAST + timedelta(days=days), administrator, reason=reason)


def test_nobody_is_given_longer_before_there_is_a_last_day(draft: Assessment, administrator: User) -> None:
    with pytest.raises(Refusal, match="no answers that are waiting on a version that closes"):
        longer(draft, LAST, administrator)


def test_the_notice_is_kept_while_anybody_is_at_work_on_the_version(
    draft: Assessment, old: Framework, administrator: User
) -> None:
    with pytest.raises(Refusal, match="The first day that you can choose is 20 December 2026"):
        close(old, LAST - timedelta(days=1), administrator)
    close(old, LAST, administrator)
    with pytest.raises(Refusal, match="The first day"):  # what was said is not taken back
        close(old, LAST - timedelta(days=1), administrator, seen=LAST)
    close(old, LAST + timedelta(days=1), administrator, seen=LAST)


def test_a_version_that_nobody_is_at_work_on_may_close_at_once(old: Framework, administrator: User) -> None:
    close(old, DAY, administrator)
    with transaction() as session:
        assert closing.retire_due(session, DAY + timedelta(days=1), AT) == 1
    with pytest.raises(Refusal, match="closed already"):
        close(old, DAY + timedelta(days=50), administrator, seen=DAY)


def test_the_version_in_use_is_not_closed(make: Factory, old: Framework, administrator: User) -> None:
    with pytest.raises(Refusal, match="Publish another"):
        close(publishing.current(db.session), LAST, administrator)


def test_owners_are_told_of_the_day_and_again_before_it_each_once(
    draft: Assessment, old: Framework, administrator: User, owner: User
) -> None:
    assert told(DAY) == 0
    close(old, LAST, administrator)
    days = [DAY + timedelta(days=days) for days in range(40) for _ in range(2)]
    assert [(LAST - day).days for day in days if told(day)] == [28, 14, 3]
    messages = list(db.session.scalars(sa.select(Message).order_by(Message.written_at, Message.id)))
    assert {message.to_user_id for message in messages} == {owner.id}
    assert len(messages) == 3


def test_of_several_that_are_due_only_the_nearest_is_sent(
    draft: Assessment, old: Framework, administrator: User
) -> None:
    close(old, LAST, administrator)
    assert told(LAST - timedelta(days=2)) == 1
    assert [one.mark for one in db.session.scalars(sa.select(VersionNotice))] == [3]


def test_who_is_given_longer_is_told_of_the_new_day(draft: Assessment, old: Framework, administrator: User) -> None:
    close(old, LAST, administrator)
    told(DAY)
    longer(draft, LAST + timedelta(days=30), administrator)
    assert (told(DAY), told(DAY)) == (1, 0)
    notices = db.session.scalars(sa.select(VersionNotice).order_by(VersionNotice.ends_on))
    assert [(one.ends_on, one.mark) for one in notices] == [(LAST, ANNOUNCED), (LAST + timedelta(days=30), ANNOUNCED)]


def test_two_who_set_the_day_at_once_the_second_is_told(
    app: Flask, draft: Assessment, old: Framework, administrator: User, moderator: User
) -> None:
    version = old.id

    def to(day: date) -> Callable[[Session, Assessment, User], None]:
        return lambda session, _, user: closing.close(
            session, session.get_one(Framework, version), closes_on=day, seen=None, by=user.id, at=AT, on=DAY
        )

    deeds = (administrator, to(LAST)), (moderator, to(LAST + timedelta(days=5)))
    first, second = in_turn(app, draft, *deeds)
    assert first is None
    assert isinstance(second, Stale)
    assert second.current == LAST
    assert db.session.get_one(Framework, old.id, populate_existing=True).closes_on == LAST


def test_two_who_give_longer_at_once_the_second_is_told(
    app: Flask, draft: Assessment, old: Framework, administrator: User, moderator: User
) -> None:
    close(old, LAST, administrator)

    def to(days: int) -> Callable[[Session, Assessment, User], LongerGrace]:
        return lambda session, one, user: closing.give_longer(
            session, one, until=LAST + timedelta(days=days), reason="Ill.", seen_version=0, by=user, at=AT, on=DAY
        )

    _, second = in_turn(app, draft, (administrator, to(5)), (moderator, to(9)))
    assert isinstance(second, Stale)
    assert db.session.scalars(sa.select(LongerGrace.until)).one() == LAST + timedelta(days=5)
