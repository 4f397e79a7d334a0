"""Two people in the same moment: one does it, and the other is told."""

from datetime import timedelta

import pytest
from flask import Flask

from charter.account.models import User
from charter.aftercare import appeals, concerns, steps
from charter.aftercare.models import AwardStep, Concern
from charter.award.status import AwardStatus
from charter.errors import Refusal
from tests.aftercare.conftest import ON, do, fresh
from tests.conftest import AT
from tests.turns import in_turn

LATER = {"at": AT + timedelta(days=15), "on": ON + timedelta(days=15)}


def test_of_two_who_take_a_concern_one_gets_it(app: Flask, concern: Concern, assessor: User, moderator: User) -> None:
    def take(session, found, user):
        concerns.take(session, found, by=user, at=AT)

    _, told = in_turn(app, concern, (assessor, take), (moderator, take))
    assert str(told) == "Asha Assessor has taken this concern."
    assert fresh(concern).holder_id == assessor.id


def test_of_two_who_carry_out_a_step_one_does(app: Flask, step: AwardStep, second: User, administrator: User) -> None:
    def carry_out(session, found, user):
        steps.carry_out(session, found, reply_read=False, seen_version=1, by=user, **LATER)

    _, told = in_turn(app, step, (second, carry_out), (administrator, carry_out))
    assert str(told) == "This has been decided already."
    assert (fresh(step).decided_by_id, fresh(step.award).status) == (second.id, AwardStatus.REVOKED)


def test_a_reply_that_comes_in_while_it_is_carried_out_is_read_first(
    app: Flask, step: AwardStep, owner: User, second: User
) -> None:
    last = {"at": AT + timedelta(days=14), "on": ON + timedelta(days=14)}

    def reply(session, found, user):
        steps.reply(session, found, text="We paid.", is_all=True, seen_version=1, by=user, **last)

    def carry_out(session, found, user):
        steps.carry_out(session, found, reply_read=True, seen_version=1, by=user, **LATER)

    _, told = in_turn(app, step, (owner, reply), (second, carry_out))
    assert isinstance(told, Refusal)
    assert "replied after you opened this page" in str(told)
    assert fresh(step.award).status is AwardStatus.ACTIVE


@pytest.mark.parametrize("same", [True, False])
def test_two_owners_who_appeal_make_one_appeal(
    app: Flask, step: AwardStep, owner: User, colleague: User, second: User, same: bool
) -> None:
    do(steps.carry_out, step, reply_read=False, seen_version=1, by=second, **LATER)

    def appeal(session, found, user):
        grounds = "It was paid." if same or user.id == owner.id else "Something else."
        return appeals.appeal(session, found, grounds=grounds, by=user, **LATER).id

    first, other = in_turn(app, step, (owner, appeal), (colleague, appeal))
    assert first == other if same else "There can be one" in str(other)
