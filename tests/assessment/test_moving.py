"""A draft moves to a newer version by its employer's choice and loses nothing; what was sent stays where it is."""

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from charter import audit
from charter.account.models import User
from charter.assessment import answers, carrying, changing, moving, progress, queries, submission
from charter.assessment.models import Answer, Assessment, Declaration, UploadedSheet
from charter.assessment.progress import TaskState
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.database import writing
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

Document = dict[str, Any]
LATER = AT + timedelta(days=1)
Publish = Callable[..., Framework]


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, level=2, by=owner), by=owner)


def find(made: Document, code: str) -> Document:
    found: Document = next(one for one in made["criteria"] if one["code"] == code)
    return found


def codes(assessment: Assessment) -> list[str]:
    return [one.code for one in queries.material(db.session, assessment).asked]


def move(assessment: Assessment, framework: Framework, by: User) -> bool:
    with transaction() as session:
        return moving.move_to(session, assessment, session.get_one(Framework, framework.id), by=by, at=LATER)


def free_code(made: Document) -> str:
    """A criterion that no rule, passport or figure names: it can go."""
    named = str([made["levels"], made["passports"], made.get("survey"), made.get("crosswalk")])
    return next(
        one["code"]
        for one in made["criteria"]
        if one["code"] not in named and not one["core"] and not one["metric"] and one["level"] == 2
    )


def changed(made: Document) -> None:
    """One question worded anew, one more, one gone, and a declaration that says something else."""
    gone = free_code(made)
    made["criteria"] = [one for one in made["criteria"] if one["code"] != gone]
    for name in ("short_path", "efforts"):
        made.pop(name, None)
    first = made["criteria"][0]
    first["statement"] = "We do this, and more."
    made["criteria"].append({**copy.deepcopy(first), "code": "NEW-01", "title": "A new thing", "metric": None})
    made["declarations"][0]["statement"] = "We keep every law."


def test_answers_evidence_and_figures_move_by_code_and_what_changed_is_marked(
    draft: Assessment, owner: User, publish: Publish
) -> None:
    before = queries.material(db.session, draft)
    said = {code: (one.value, one.explanation, one.saved_at) for code, one in before.answers.items()}
    supported = {code: [use.evidence_id for use in uses] for code, uses in before.evidence.items()}
    inputs = dict(before.inputs)
    framework = publish(changed)
    first = before.content.criteria[0].code
    gone = free_code(before.assessment.framework.document)
    ahead = moving.look_ahead(draft, framework, before.answers)
    assert ahead.to_check == (first,)
    assert [change.code for change in ahead.new] == ["NEW-01"]
    assert [change.code for change in ahead.gone] == [gone]
    assert set(ahead.kept) == said.keys() - {first, gone}

    assert move(draft, framework, owner)
    now = queries.material(db.session, draft)
    assert now.assessment.framework_id == framework.id
    assert {code: (one.value, one.explanation, one.saved_at) for code, one in now.answers.items()} == said
    assert {code: [use.evidence_id for use in uses] for code, uses in now.evidence.items()} == supported
    assert now.inputs == inputs
    assert [code for code, one in now.answers.items() if one.is_to_check] == [first]
    assert now.declarations.keys() == before.declarations.keys() - {before.content.declarations[0].code}
    states = {
        task.criterion.code: task.state
        for theme in progress.progress(now, on=local_date(AT)).themes
        for task in theme.tasks
    }
    assert gone not in states
    assert {code: state for code, state in states.items() if state is not TaskState.COMPLETED} == {
        first: TaskState.TO_CHECK,
        "NEW-01": TaskState.NOT_STARTED,
    }
    found = changing.since(draft)
    assert found is not None
    assert found.of_criterion.keys() == {first, "NEW-01", gone}
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "assessment:move")).one()
    assert (event.details["before"], event.details["after"]) == (before.content.meta.version, "99.0.0")
    assert (event.details["new"], event.details["gone"]) == (["NEW-01"], [gone])


def test_a_whole_draft_that_moved_to_a_version_without_changes_can_be_sent_as_it_is(
    make: Factory, draft: Assessment, owner: User, publish: Publish
) -> None:
    framework = publish(lambda made: None)
    assert move(draft, framework, owner)
    assert changing.since(draft) is None
    assert make.submitted(draft, by=owner).framework_id == framework.id


def test_what_was_sent_stays_on_its_version(
    make: Factory, draft: Assessment, owner: User, assessor: User, publish: Publish
) -> None:
    framework, first = publish(lambda made: None), draft.framework_id
    make.submitted(draft, by=owner)
    with pytest.raises(Refusal, match="sent on this version"):
        move(draft, framework, owner)
    make.asked_for_more(draft, codes(draft)[:1], assessor=assessor)
    with pytest.raises(Refusal, match="sent on this version"):
        move(draft, framework, owner)
    assert (draft.framework_id, moving.newer(db.session, draft)) == (first, None)


def test_nobody_moves_back_or_to_a_version_that_is_closed(
    make: Factory, draft: Assessment, owner: User, publish: Publish
) -> None:
    older = publish(lambda made: None, version="0.9.0", days=-30)
    with pytest.raises(Refusal, match="newer version only"):
        move(draft, older, owner)
    closed = publish(lambda made: None)
    with transaction() as session:
        publishing.retire(session, session.get_one(Framework, closed.id), by=None, at=LATER)
    with pytest.raises(Refusal, match="newer version only"):
        move(draft, closed, owner)
    assert moving.newer(db.session, draft) is None


def test_a_draft_on_a_closed_version_is_moved_before_it_is_sent(
    make: Factory, draft: Assessment, owner: User, publish: Publish
) -> None:
    framework, first = publish(lambda made: None), draft.framework_id
    with transaction() as session:
        publishing.retire(session, session.get_one(Framework, first), by=None, at=LATER)
    try:
        with pytest.raises(Refusal, match="Move your answers to the newest one"):
            make.submitted(draft, by=owner)
        move(draft, framework, owner)
        make.submitted(draft, by=owner)
    finally:
        with transaction() as session:  # the first version is every test's
            session.execute(sa.update(Framework).where(Framework.id == first).values(status="published"))


def test_the_second_of_two_who_move_finds_it_done(draft: Assessment, owner: User, publish: Publish) -> None:
    framework = publish(lambda made: None)
    assert [move(draft, framework, owner) for _ in range(2)] == [True, False]


def test_two_who_move_at_once_move_once(
    draft: Assessment, engine: sa.Engine, owner: User, colleague: User, publish: Publish
) -> None:
    framework_id, which, people = publish(changed).id, draft.id, [owner.id, colleague.id]
    db.session.rollback()

    def go(who: Any) -> bool:
        with writing(), sessionmaker(engine, expire_on_commit=False)() as session:
            by = session.get_one(User, who)
            done = moving.move_to(
                session, session.get_one(Assessment, which), session.get_one(Framework, framework_id), by=by, at=LATER
            )
            audit.seal(session)
            session.commit()
            return done

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, people)) == [False, True]
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "assessment:move")).all()
    assert len(events) == 1


def test_whoever_typed_an_answer_meanwhile_is_shown_that_its_question_changed(
    draft: Assessment, owner: User, colleague: User, publish: Publish
) -> None:
    first = codes(draft)[0]
    seen = queries.material(db.session, draft).answers[first].version
    move(draft, publish(changed), owner)
    with pytest.raises(Stale), transaction() as session:
        answers.save(
            session,
            draft,
            criterion=first,
            value=draft.framework.content.scale[0].value,
            explanation="",
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=seen,
            by=colleague,
            at=LATER,
        )


def test_an_answer_the_newer_version_does_not_offer_is_chosen_again_and_its_words_stay(
    draft: Assessment, owner: User, publish: Publish
) -> None:
    full = next(one.value for one in draft.framework.content.scale if one.extent.value == "met")

    def rename(made: Document) -> None:
        next(one for one in made["scale"] if one["value"] == full)["value"] = "wholly"

    asked = codes(draft)
    framework = publish(rename)
    ahead = moving.look_ahead(draft, framework, queries.material(db.session, draft).answers)
    assert (ahead.kept, ahead.to_check) == ((), tuple(asked_in_framework_order(draft, asked)))
    move(draft, framework, owner)
    found = queries.material(db.session, draft).answers[asked[0]]
    assert (found.value, found.explanation) == (None, "We do this every day.")


def asked_in_framework_order(assessment: Assessment, asked: list[str]) -> list[str]:
    return [one.code for one in assessment.framework.content.criteria if one.code in asked]


def test_numbers_whose_words_changed_are_given_again(draft: Assessment, owner: User, publish: Publish) -> None:
    stored = queries.material(db.session, draft)
    metric = next(one for one in stored.content.metrics_for(2) if one.inputs)
    name = metric.inputs[0].name

    def reword(made: Document) -> None:
        for one in made["metrics"]:
            for field in one["inputs"]:
                if field["name"] == name:
                    field["label"] = "Something else?"

    before = dict(stored.inputs)
    move(draft, publish(reword), owner)
    assert queries.material(db.session, draft).inputs == {key: one for key, one in before.items() if key != name}


def test_an_uploaded_sheet_is_read_anew(draft: Assessment, owner: User, publish: Publish) -> None:
    with transaction() as session:
        session.add(
            UploadedSheet(
                assessment_id=draft.id, uploaded_by_id=owner.id, filename="a.xlsx", understood={}, uploaded_at=AT
            )
        )
    move(draft, publish(lambda made: None), owner)
    assert db.session.scalars(sa.select(UploadedSheet)).all() == []


def test_what_started_on_last_times_answers_keeps_the_version_they_were_given_on(
    make: Factory, draft: Assessment, employer: Organisation, owner: User, publish: Publish
) -> None:
    first = draft.framework_id
    with transaction() as session:
        submission.withdraw(session, draft, by=owner, at=AT)
    second = publish(changed, version="99.0.0")
    started = make.assessment(employer, level=2, by=owner)
    assert (started.framework_id, started.came_from_id) == (second.id, first)
    third = publish(lambda made: made["criteria"][1].update(statement="Other words."), version="99.1.0", days=2)
    move(started, third, owner)
    assert (started.framework_id, started.came_from_id) == (third.id, first)


# Answers from last time ----------------------------------------------------------------------------------------------


@pytest.fixture
def again(make: Factory, draft: Assessment, employer: Organisation, owner: User) -> Assessment:
    """A draft that began with the answers of the last one."""
    with transaction() as session:
        submission.withdraw(session, draft, by=owner, at=AT)
    return make.assessment(employer, level=2, by=owner)


def confirm(assessment: Assessment, criteria: list[str], by: User) -> int:
    with transaction() as session:
        return carrying.confirm(session, assessment, criteria=criteria, by=by, at=LATER)


def test_answers_from_last_time_are_to_be_checked_before_they_are_sent(
    make: Factory, again: Assessment, owner: User
) -> None:
    said = queries.material(db.session, again)
    assert {code: answer.is_to_check for code, answer in said.answers.items()} == dict.fromkeys(codes(again), True)
    assert len(progress.progress(said, on=local_date(AT)).to_check) == len(said.asked)
    with pytest.raises(Refusal, match="Check that it still holds"):
        make.submitted(again, by=owner)


def test_confirming_says_who_and_when_and_counts_each_once(again: Assessment, owner: User, colleague: User) -> None:
    first, second, *_ = codes(again)
    assert confirm(again, [first, second, "NO-SUCH"], colleague) == 2
    assert confirm(again, [first, second], owner) == 0
    found = queries.material(db.session, again).answers[first]
    assert (found.confirmed_at, found.saved_by_id) == (LATER, owner.id)
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "answer:confirm")).all()
    assert [(event.details["criterion"], event.actor_id) for event in events] == [
        (code, colleague.id) for code in sorted([first, second])
    ]


def test_confirming_after_it_was_sent_is_refused(make: Factory, again: Assessment, owner: User) -> None:
    everything = codes(again)
    confirm(again, everything, owner)
    make.submitted(make.answered(again, by=owner), by=owner)
    with pytest.raises(Refusal, match="with the assessor"):
        confirm(again, everything, owner)


def test_a_new_answer_has_nothing_to_check(draft: Assessment, session: Session) -> None:
    assert {answer.is_to_check for answer in db.session.scalars(sa.select(Answer))} == {False}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Declaration))
