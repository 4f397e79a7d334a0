"""Whoever does an action is told once before its day and once after, in at most one email a day."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.extensions import db, transaction
from charter.improvement import actions, due
from charter.improvement.models import Action
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from tests.conftest import AT
from tests.factories import Factory

ON = AT.date()
DUE = ON + timedelta(days=60)


def remind(on: date) -> int:
    with transaction() as session:
        return due.remind(session, on, AT + (on - ON))


def mails() -> list[tuple[str | None, str, str]]:
    db.session.rollback()
    found = db.session.scalars(sa.select(Message).where(Message.kind == "actions_due").order_by(Message.id))
    return [(one.to_address, one.subject, one.body) for one in found]


@pytest.fixture
def action(make: Factory, employer: Organisation, owner: User, colleague: User) -> Action:
    """An action that the colleague does."""
    return make.action(employer, "Write it down", due_on=DUE, by=colleague)


def test_whoever_does_it_is_told_fourteen_days_before_and_on_the_day_after(
    action: Action, colleague: User, employer: Organisation
) -> None:
    assert [remind(DUE - timedelta(days=days)) for days in (15, 14, 13, 1, 0, -1, -2, -9)] == [0, 1, 0, 0, 0, 1, 0, 0]
    (before, after) = mails()
    assert before[:2] == (colleague.email, f"Due soon: Write it down ({employer.name})")
    assert after[:2] == (colleague.email, f"Not done yet: Write it down ({employer.name})")
    assert f"/organisations/{action.organisation_id}/plan" in before[2]


def test_days_that_were_missed_are_made_up_for_once(action: Action) -> None:
    assert [remind(DUE - timedelta(days=3)), remind(DUE - timedelta(days=3)), remind(DUE + timedelta(days=40))] == [
        1,
        0,
        1,
    ]


def test_what_is_done_is_not_told_of(action: Action, colleague: User) -> None:
    with transaction() as session:
        actions.finish(session, session.get_one(Action, action.id), shows="", by=colleague, at=AT)
    assert remind(DUE - timedelta(days=14)) == remind(DUE + timedelta(days=1)) == 0


def test_an_action_of_nobody_or_of_somebody_who_left_is_told_to_the_owners(
    make: Factory, employer: Organisation, owner: User, action: Action, colleague: User
) -> None:
    with transaction() as session:
        session.delete(session.scalars(sa.select(Membership).where(Membership.user_id == colleague.id)).one())
    assert remind(DUE - timedelta(days=14)) == 1
    assert [to for to, _, _ in mails()] == [owner.email]


def test_one_email_has_everything_and_what_comes_later_that_day_waits_for_the_next(
    make: Factory, employer: Organisation, action: Action, colleague: User
) -> None:
    make.action(employer, "Tell all", due_on=DUE, by=colleague)
    day = DUE - timedelta(days=14)
    assert remind(day) == 1
    with transaction() as session:
        third = session.get_one(Action, make_later(make, employer, colleague).id)
        third.reminded_for = None
    assert remind(day) == 0
    assert remind(day + timedelta(days=1)) == 1
    assert [subject for _, subject, _ in mails()] == [
        f"Due soon: {what} ({employer.name})" for what in ("2 actions", "Hang it up")
    ]


def make_later(make: Factory, employer: Organisation, colleague: User) -> Action:
    return make.action(employer, "Hang it up", due_on=DUE, by=colleague)


def test_another_day_is_reminded_of_anew_but_not_one_that_was_just_set_and_is_near(
    action: Action, colleague: User
) -> None:
    assert remind(DUE - timedelta(days=14)) == 1
    for days, told in ((90, 1), (60, 0)):
        later = DUE - timedelta(days=14) + timedelta(days=days)
        with transaction() as session:
            found = session.get_one(Action, action.id)
            details = actions.Details(found.title, "", colleague.id, "", later)
            set_on = later - timedelta(days=50 if told else 10)
            actions.change(session, found, details, seen_version=found.version, by=colleague, at=AT + (set_on - ON))
        assert remind(later - timedelta(days=9)) == told
