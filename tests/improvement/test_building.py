"""The plan is built from what was planned and what stands before the next level; building it twice makes no more."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.assessment.level import counts_on
from charter.assessment.models import Assessment
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Content, Criterion, Extent
from charter.improvement import actions, building
from charter.improvement.models import Action, ActionSource, ActionStatus
from charter.organisation.models import Organisation
from charter.review import intake, moderation
from tests.conftest import AT
from tests.factories import Factory
from tests.improvement.conftest import DUE, ON, build


def there(employer: Organisation) -> dict[str, Action]:
    db.session.rollback()
    db.session.expire_all()
    return {action.key or action.title: action for action in actions.all_of(db.session, employer.id)}


def codes(content: Content, rank: int, core: bool) -> list[str]:
    return [one.code for one in content.criteria if one.level == rank and one.core is core]


def close(employer: Organisation, key: str, *, by: User, drop: bool = False) -> None:
    with transaction() as session:
        action = session.scalars(sa.select(Action).where(Action.key == key)).one()
        if drop:
            actions.drop(session, action, reason="Not for us.", by=by, at=AT)
        else:
            actions.finish(session, action, shows="A photo.", by=by, at=AT)


def test_what_was_planned_is_in_the_plan_in_the_employers_own_words(
    make: Factory,
    employer: Organisation,
    owner: User,
    draft: Assessment,
    optional: list[Criterion],
    say: Callable[..., None],
) -> None:
    first = optional[0]
    make.answered(draft, by=owner, but=[first.code])
    say(first.code, Extent.IN_PROGRESS, action="We write it down.")
    make.submitted(draft, by=owner)
    build(draft)
    action = there(employer)[f"criterion:{first.code}"]
    assert (action.source, action.title, action.detail) == (ActionSource.PLANNED, first.title, "We write it down.")
    assert (action.doer, action.due_on, action.level) == ("Office manager", DUE, 1)


def test_what_stands_before_the_next_level_is_in_the_plan(
    make: Factory, employer: Organisation, owner: User, draft: Assessment
) -> None:
    make.submitted(make.answered(draft, by=owner), by=owner)
    build(draft)
    content = draft.framework.content
    found = there(employer)
    assert {key for key in found if key.startswith("criterion:")} == {
        f"criterion:{one.code}" for one in content.criteria if one.level == 2 and counts_on(one, ON)
    }
    assert {action.level for action in found.values()} == {2}
    assert {action.source for action in found.values()} == {ActionSource.GAP}


def test_building_the_plan_again_changes_nothing(
    make: Factory, employer: Organisation, owner: User, draft: Assessment
) -> None:
    make.submitted(make.answered(draft, by=owner), by=owner)
    assert build(draft).added > 5
    before = {key: action.version for key, action in there(employer).items()}
    assert build(draft) == building.Built(0, 0, 0)
    assert {key: action.version for key, action in there(employer).items()} == before
    built = db.session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "plan:build"))
    assert built == 1


def test_two_who_build_the_plan_at_once_make_nothing_twice(
    app: Flask, make: Factory, employer: Organisation, owner: User, draft: Assessment
) -> None:
    make.submitted(make.answered(draft, by=owner), by=owner)
    db.session.rollback()
    failed: list[BaseException] = []

    def go() -> None:
        try:
            with app.app_context():
                build(draft)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    titles = [action.title for action in actions.all_of(db.session, employer.id)]
    assert len(titles) == len(set(titles)) > 5


def decide(
    make: Factory, assessment: Assessment, owner: User, assessor: User, moderator: User, *, unmet: list[str]
) -> None:
    """Send it; every criterion is found met but for `unmet`, and the highest level that leaves is decided."""
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    make.found(review, by=assessor, but=unmet)
    if unmet:
        met = [one.code for one in assessment.framework.content.criteria if one.code not in unmet]
        make.found(review, by=assessor, outcome=Extent.NOT_MET, but=met)
    make.recommended(review, by=assessor, level=0 if unmet else assessment.target_level, reasons="As found.")
    with transaction() as session:
        again = session.get_one(type(review), review.id)
        moderation.agree(session, again, by=session.get_one(User, moderator.id), at=AT, on=ON)


def test_after_a_decision_the_assessors_words_say_what_is_missing(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, draft: Assessment
) -> None:
    must = codes(draft.framework.content, 1, core=True)[0]
    make.answered(draft, by=owner)
    decide(make, draft, owner, assessor, moderator, unmet=[must])
    build(draft)
    found = there(employer)
    assert set(found) == {f"criterion:{must}"}
    (action,) = found.values()
    assert (action.source, action.feedback, action.why) == (ActionSource.FEEDBACK, "Clear and in use.", "")


def test_the_rules_words_are_never_said_to_be_the_assessors(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, draft: Assessment
) -> None:
    make.answered(draft, by=owner)
    decide(make, draft, owner, assessor, moderator, unmet=[])
    build(draft)
    found = there(employer)
    assert {action.source for action in found.values()} == {ActionSource.FEEDBACK}
    assert {action.feedback for action in found.values()} == {""}  # nobody looked at the next level
    may_plan = {action.why for action in found.values() if action.why.endswith("with an owner and a date.")}
    assert may_plan == {"Put it in place, or plan it with an owner and a date."}


def test_what_the_assessor_said_of_a_plan_stands_with_it_as_the_assessors(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    moderator: User,
    draft: Assessment,
    optional: list[Criterion],
    say: Callable[..., None],
) -> None:
    first = optional[0]
    make.answered(draft, by=owner, but=[first.code])
    say(first.code, Extent.IN_PROGRESS, action="We write it down.")
    review = make.claimed(make.submitted(draft, by=owner), by=assessor)
    make.found(review, by=assessor, but=[first.code])
    make.found(
        review,
        by=assessor,
        outcome=Extent.IN_PROGRESS,
        but=[one.code for one in draft.framework.content.criteria if one.code != first.code],
    )
    make.recommended(review, by=assessor, level=1)
    with transaction() as session:
        again = session.get_one(type(review), review.id)
        moderation.agree(session, again, by=session.get_one(User, moderator.id), at=AT, on=ON)
    build(draft)
    action = there(employer)[f"criterion:{first.code}"]
    assert (action.source, action.feedback, action.detail) == (
        ActionSource.PLANNED, "Clear and in use.", "We write it down.",
    )  # fmt: skip


def test_what_is_done_or_dropped_is_never_made_again(
    make: Factory, employer: Organisation, owner: User, draft: Assessment
) -> None:
    make.submitted(make.answered(draft, by=owner), by=owner)
    build(draft)
    musts = codes(draft.framework.content, 2, core=True)
    close(employer, f"criterion:{musts[0]}", by=owner)
    close(employer, f"criterion:{musts[1]}", by=owner, drop=True)
    assert build(draft).added == 0
    found = there(employer)
    assert found[f"criterion:{musts[0]}"].status is ActionStatus.DONE
    assert found[f"criterion:{musts[1]}"].status is ActionStatus.DROPPED


def test_a_gap_that_is_closed_proposes_its_action_as_done_and_one_that_opens_takes_that_back(
    make: Factory, employer: Organisation, owner: User, draft: Assessment, say: Callable[..., None]
) -> None:
    must = next(one for one in draft.framework.content.asked(1) if one.core and not one.evidence_required)
    make.answered(draft, by=owner, but=[must.code])
    build(draft)
    say(must.code, Extent.MET)
    assert build(draft, days=1).proposed == 1
    action = there(employer)[f"criterion:{must.code}"]
    assert (action.status, action.seems_done_at) == (ActionStatus.TO_DO, AT + timedelta(days=1))
    say(must.code, Extent.NOT_MET, days=2)
    assert build(draft, days=2).changed == 1
    assert there(employer)[f"criterion:{must.code}"].seems_done_at is None


def test_what_a_person_wrote_stays_until_the_employer_says_something_newer(
    make: Factory,
    employer: Organisation,
    owner: User,
    draft: Assessment,
    optional: list[Criterion],
    say: Callable[..., None],
) -> None:
    first = optional[0]
    say(first.code, Extent.IN_PROGRESS, action="We write it down.")
    build(draft)
    with transaction() as session:
        action = session.scalars(sa.select(Action).where(Action.criterion == first.code)).one()
        written = actions.Details(action.title, "We write it down and tell all.", owner.id, "", ON + timedelta(days=50))
        actions.change(session, action, written, seen_version=action.version, by=owner, at=AT + timedelta(hours=1))
    build(draft)
    kept = there(employer)[f"criterion:{first.code}"]
    assert (kept.detail, kept.doer, kept.due_on) == (written.detail, owner.name, written.due_on)
    say(first.code, Extent.IN_PROGRESS, action="We do it at once.", days=1)
    build(draft, days=1)
    newer = there(employer)[f"criterion:{first.code}"]
    assert (newer.detail, newer.doer, newer.due_on) == ("We do it at once.", owner.name, DUE)


def test_a_promise_that_another_assessment_makes_anew_is_a_new_action(
    make: Factory,
    employer: Organisation,
    owner: User,
    draft: Assessment,
    optional: list[Criterion],
    say: Callable[..., None],
) -> None:
    first = optional[0]
    say(first.code, Extent.IN_PROGRESS, action="We write it down.")
    build(draft)
    close(employer, f"criterion:{first.code}", by=owner)
    assert build(draft).added == 0
    with transaction() as session:
        intake.withdraw(session, session.get_one(Assessment, draft.id), by=owner, at=AT)
    again = make.assessment(employer, by=owner)
    build(again)
    assert there(employer)[f"criterion:{first.code}@{again.id.hex}"].status is ActionStatus.TO_DO
    assert build(again).added == 0


def test_no_plan_is_made_from_what_was_withdrawn(make: Factory, owner: User, draft: Assessment) -> None:
    with transaction() as session:
        intake.withdraw(session, session.get_one(Assessment, draft.id), by=owner, at=AT)
    with pytest.raises(Refusal, match="withdrawn"):
        build(draft)
