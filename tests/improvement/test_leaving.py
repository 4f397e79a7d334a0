"""Somebody goes out of a team: what was theirs is nobody's, in each of its parts, and an owner stays."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import sharing
from charter.assessment.teamwork import Assignment
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.improvement import actions, leaving
from charter.improvement.leaving import Left
from charter.improvement.models import Action
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from charter.succession import transferring
from charter.succession.models import Afterwards
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn


def leaves(session: Session, organisation: Organisation, user: User) -> Left:
    return leaving.leave(session, organisation, person_id=user.id, by=user, at=AT)


def members(employer: Organisation) -> list[str]:
    db.session.rollback()
    people = sa.select(User.name).join(Membership).where(Membership.organisation_id == employer.id)
    return sorted(db.session.scalars(people))


def test_tasks_and_actions_of_this_employer_are_nobodys_and_those_of_another_stay(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    other = make.organisation("Severn Tools Ltd")
    make.joins(other, colleague)
    for one in (employer, other):
        assessment = make.assessment(one, by=colleague)
        with transaction() as session:
            wanted = dict.fromkeys(sharing.tasks(assessment)[:2], colleague.id)
            sharing.assign(session, assessment, wanted=wanted, seen={}, by=colleague, at=AT)
        make.action(one, "To do", by=colleague)
    finished = make.action(employer, "Done", by=colleague)
    with transaction() as session:
        actions.finish(session, finished, shows="", by=colleague, at=AT)
    with transaction() as session:
        assert leaves(session, employer, colleague) == Left(tasks=2, actions=1)
    assert members(employer) == [owner.name]
    left = db.session.scalars(sa.select(Assignment.person_id)).all()
    assert left == [colleague.id] * 2
    held = {(one.organisation_id, one.owner_id) for one in db.session.scalars(sa.select(Action))}
    assert held == {(employer.id, None), (other.id, colleague.id)}


def test_of_two_owners_who_leave_at_once_one_stays(
    app: Flask, make: Factory, employer: Organisation, owner: User
) -> None:
    other = make.member(employer, "Otto Owner")
    first, second = in_turn(app, employer, (owner, leaves), (other, leaves))
    assert isinstance(first, Left)
    assert str(second) == "An employer needs at least one owner who can sign in. Make somebody else an owner first."
    assert members(employer) == [other.name]


def test_the_button_pressed_twice_in_one_moment_leaves_once(
    app: Flask, employer: Organisation, owner: User, colleague: User
) -> None:
    first, second = in_turn(app, employer, (colleague, leaves), (colleague, leaves))
    assert (first, second) == (Left(0, 0), Left(0, 0))
    assert len(db.session.scalars(sa.select(Message).where(Message.kind == "member_left")).all()) == 1
    assert len(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "membership:remove")).all()) == 1


def test_the_last_owner_stays_and_nothing_is_given_back(make: Factory, employer: Organisation, owner: User) -> None:
    make.action(employer, by=owner)
    with pytest.raises(Refusal, match="at least one owner"), transaction() as session:
        leaves(session, employer, owner)
    assert members(employer) == [owner.name]
    assert db.session.scalars(sa.select(Action.owner_id)).all() == [owner.id]


def hands_over(session: Session, employer: Organisation, leaver: User, other: User) -> None:
    made = transferring.offer(session, employer, to=other.email, afterwards=Afterwards.LEAVES, by=leaver, at=AT)
    transferring.accept(session, made, by=other, at=AT)


def is_taken_out(session: Session, employer: Organisation, leaver: User, other: User) -> None:
    team_of = sa.select(Membership).where(Membership.organisation_id == employer.id, Membership.user_id == leaver.id)
    session.delete(session.scalars(team_of).one())


def is_closed(session: Session, employer: Organisation, leaver: User, other: User) -> None:
    session.get_one(User, leaver.id).disabled_at = AT


@pytest.mark.parametrize("goes", [hands_over, is_taken_out, is_closed])
def test_by_whatever_way_somebody_goes_nothing_in_the_plan_or_the_assessment_is_theirs_any_more(
    make: Factory,
    employer: Organisation,
    owner: User,
    colleague: User,
    goes: Callable[[Session, Organisation, User, User], None],
) -> None:
    make.member(employer, "Otto Owner")
    assessment = make.assessment(employer, by=owner)
    with transaction() as session:
        wanted = dict.fromkeys(sharing.tasks(assessment)[:2], owner.id)
        sharing.assign(session, assessment, wanted=wanted, seen={}, by=owner, at=AT)
    action = make.action(employer, "To do", by=owner)
    assert actions.all_of(db.session, employer.id)[0].doer == owner.name
    db.session.rollback()
    with transaction() as session:
        goes(session, employer, owner, colleague)
    assert [one.doer for one in actions.all_of(db.session, employer.id)] == [""]
    found = actions.of(db.session, employer, action.id)
    assert found is not None
    assert found.owner is None
    assert sharing.board(db.session, assessment).holders == {}
