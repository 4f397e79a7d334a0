"""Whose each task is: given, taken back, told of once, and never overwritten by somebody who looked earlier."""

from collections.abc import Mapping
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import moving, progress, queries, sharing, submission
from charter.assessment.models import Assessment
from charter.assessment.sharing import Outcome
from charter.assessment.teamwork import Assignment
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def codes(assessment: Assessment) -> list[str]:
    return list(sharing.tasks(assessment))


def give(
    assessment: Assessment,
    wanted: Mapping[str, User | None],
    *,
    by: User,
    seen: Mapping[str, User | None] | None = None,
) -> Outcome:
    """`by` gives tasks to people, having seen what is so now, or `seen`."""
    with transaction() as session:
        now = {task: holder.id for task, holder in sharing.board(session, assessment).holders.items()}
        return sharing.assign(
            session,
            assessment,
            wanted={task: person.id if person else None for task, person in wanted.items()},
            seen=now if seen is None else {task: person.id if person else None for task, person in seen.items()},
            by=by,
            at=AT,
        )


def whose(assessment: Assessment) -> dict[str, str]:
    db.session.rollback()
    return {task: holder.name for task, holder in sharing.board(db.session, assessment).holders.items()}


def told() -> list[tuple[UUID | None, str]]:
    db.session.rollback()
    mails = db.session.scalars(sa.select(Message).where(Message.kind == "tasks_given"))
    return [(mail.to_user_id, mail.body) for mail in mails]


def test_the_last_two_tasks_are_the_legal_basics_and_the_figures(codes: list[str], assessment: Assessment) -> None:
    content = assessment.framework.content
    asked = [one.code for one in queries.in_order(content, content.asked(1))]
    assert codes == [*asked, sharing.DECLARATIONS, sharing.FIGURES]


def test_who_gets_tasks_is_told_in_one_email_per_save_and_never_of_what_they_take_themselves(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague, codes[1]: colleague, codes[2]: owner, sharing.FIGURES: colleague}, by=owner)
    assert whose(assessment) == {
        codes[0]: colleague.name,
        codes[1]: colleague.name,
        codes[2]: owner.name,
        sharing.FIGURES: colleague.name,
    }
    [(to, body)] = told()
    assert to == colleague.id
    content = assessment.framework.content
    assert f"- {sharing.title(content, codes[0])}\n- {sharing.title(content, codes[1])}\n- Your figures\n" in body
    assert f"/assessments/{assessment.id}?whose=mine" in body
    give(assessment, {codes[3]: colleague}, by=owner)
    assert len(told()) == 2
    [new] = [said for _, said in told() if said != body]
    assert f"/assessments/{assessment.id}/criteria/{codes[3]}" in new


def test_the_same_save_sent_twice_tells_once(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    for _ in range(2):
        outcome = give(assessment, {codes[0]: colleague}, by=owner, seen={})
    assert (outcome.changed, outcome.overtaken, len(told())) == (0, {}, 1)
    assert len(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "task:assign")).all()) == 1


def test_what_is_taken_back_is_nobodys_and_has_no_row(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague}, by=owner)
    give(assessment, {codes[0]: None}, by=colleague)
    assert whose(assessment) == {}
    assert db.session.scalars(sa.select(Assignment)).all() == []


def test_a_task_that_somebody_gave_away_meanwhile_stays_so_and_the_rest_is_saved(
    make: Factory, employer: Organisation, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    third = make.member(employer, "Thea Third", role="contributor")
    give(assessment, {codes[0]: third}, by=colleague)
    wanted = {codes[0]: colleague, codes[1]: colleague}
    outcome = give(assessment, wanted, by=owner, seen={})
    assert {task: holder and holder.name for task, holder in outcome.overtaken.items()} == {codes[0]: third.name}
    assert whose(assessment) == {codes[0]: third.name, codes[1]: colleague.name}


def test_what_was_left_as_it_was_seen_does_not_undo_what_a_colleague_did_meanwhile(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague}, by=colleague)
    outcome = give(assessment, {codes[0]: None, codes[1]: owner}, by=owner, seen={})
    assert (outcome.changed, outcome.overtaken) == (1, {})
    assert whose(assessment) == {codes[0]: colleague.name, codes[1]: owner.name}


def test_what_was_made_nobodys_meanwhile_is_told_too(
    make: Factory, employer: Organisation, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    outcome = give(assessment, {codes[0]: owner}, by=owner, seen={codes[0]: colleague})
    assert outcome.overtaken == {codes[0]: None}
    assert whose(assessment) == {}


def sharing_out(task: str, to: UUID) -> Deed:
    def deed(session: Session, assessment: Assessment, user: User) -> Outcome:
        return sharing.assign(session, assessment, wanted={task: to}, seen={}, by=user, at=AT)

    return deed


def test_of_two_who_give_one_task_away_at_once_the_later_is_told(
    app: Flask, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    first, second = in_turn(
        app,
        assessment,
        (owner, sharing_out(codes[0], colleague.id)),
        (colleague, sharing_out(codes[0], owner.id)),
    )
    assert first.overtaken == {}
    assert second.overtaken[codes[0]].name == colleague.name
    assert whose(assessment) == {codes[0]: colleague.name}


def test_two_who_give_different_tasks_away_at_once_both_do(
    app: Flask, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    in_turn(
        app,
        assessment,
        (owner, sharing_out(codes[0], colleague.id)),
        (colleague, sharing_out(codes[1], owner.id)),
    )
    assert whose(assessment) == {codes[0]: colleague.name, codes[1]: owner.name}


def test_nobody_outside_the_team_can_have_a_task_and_no_task_is_made_up(
    assessment: Assessment, codes: list[str], owner: User, stranger: User
) -> None:
    with pytest.raises(Refusal, match="from your team") as refused:
        give(assessment, {codes[0]: stranger}, by=owner)
    assert refused.value.field == f"who-{codes[0]}"
    with pytest.raises(Refusal, match="not one of the questions"):
        give(assessment, {"NOT-THERE": owner}, by=owner)


def test_of_a_closed_assessment_nothing_can_be_given(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    with pytest.raises(Refusal, match="is closed"):
        give(assessment, {codes[0]: owner}, by=owner)


def test_what_somebody_had_who_left_by_whatever_way_is_nobodys(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague}, by=owner)
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == colleague.id))
    assert whose(assessment) == {}
    assert give(assessment, {codes[0]: owner}, by=owner, seen={}).changed == 1


def test_who_starts_again_finds_whose_each_task_was_but_for_who_left(
    make: Factory, employer: Organisation, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    third = make.member(employer, "Thea Third", role="contributor")
    make.answered(assessment, by=owner, but=codes[1:])
    give(assessment, {codes[0]: colleague, codes[1]: third, sharing.FIGURES: owner}, by=owner)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
        session.execute(sa.delete(Membership).where(Membership.user_id == third.id))
    again = make.assessment(employer, by=owner)
    assert whose(again) == {codes[0]: colleague.name, sharing.FIGURES: owner.name}
    assert len(told()) == 2, "what only comes along is no news"


def test_a_move_to_a_newer_version_keeps_whose_each_task_is(
    make: Factory, publish: object, assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague, sharing.DECLARATIONS: owner}, by=owner)
    assert callable(publish)
    publish(lambda document: document["criteria"].pop(1))
    with transaction() as session:
        assert moving.move_to(session, assessment, publishing.current(session), by=owner, at=AT)
    assert whose(assessment) == {codes[0]: colleague.name, sharing.DECLARATIONS: owner.name}


def test_ones_own_that_are_still_to_do_come_in_the_order_of_the_list(
    make: Factory, assessment: Assessment, codes: list[str], owner: User
) -> None:
    make.answered(assessment, by=owner, but=[codes[2]])
    own = [sharing.FIGURES, codes[2], codes[0]]
    give(assessment, dict.fromkeys(own, owner), by=owner)
    [found] = sharing.of_person(db.session, owner, assessment.organisation_id)
    assert found.assessment is assessment
    assert (found.is_shared, found.was_read) == (True, False)
    reached = progress.progress(queries.material(db.session, assessment), on=local_date(AT))
    mine = sharing.mine(reached, found.tasks)
    assert (mine.tasks, mine.to_do) == ([codes[0], codes[2], sharing.FIGURES], [codes[2]])


def test_a_list_is_narrowed_to_ones_own_and_to_nobodys(
    assessment: Assessment, codes: list[str], owner: User, colleague: User
) -> None:
    give(assessment, {codes[0]: colleague, codes[1]: owner}, by=owner)
    board = sharing.board(db.session, assessment)

    def shown(to: str | None) -> object:
        return sharing.narrowed(codes, board, to=to, person=owner)

    assert shown("mine") == {codes[1]}
    assert shown("nobody") == set(codes[2:])
    assert shown(None) is shown("else") is None
