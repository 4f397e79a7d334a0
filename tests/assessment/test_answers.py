"""What may be saved of an answer, when, and what happens when two people do so at once."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import answers, submission
from charter.assessment.models import Answer, Assessment
from charter.audit import AuditEvent
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Extent, Need
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

TODAY = AT.date()


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def code(assessment: Assessment) -> str:
    return assessment.framework.content.asked(1)[0].code


def value_with(assessment: Assessment, need: Need) -> str:
    return next(value.value for value in assessment.framework.content.scale if value.needs is need)


def save(assessment: Assessment, criterion: str, by: User, seen: int, **said: Any) -> Answer:
    whole: dict[str, Any] = {
        "value": None,
        "explanation": "",
        "action": "",
        "action_owner": "",
        "action_due": None,
        "reason": "",
        "open_criteria": None,
        **said,
    }
    with transaction() as session:
        return answers.save(session, assessment, criterion=criterion, seen_version=seen, by=by, at=AT, **whole)


def test_an_answer_is_saved_with_who_and_when_and_counts_its_saves(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    first = save(assessment, code, owner, 0, explanation="The owner is responsible.")
    assert (first.value, first.version, first.saved_by_id, first.saved_at) == (None, 1, owner.id, AT)
    second = save(assessment, code, colleague, 1, explanation="The owner and the manager.")
    assert (second.id, second.version, second.saved_by_id) == (first.id, 2, colleague.id)


def test_a_planned_answer_may_be_saved_without_its_action(assessment: Assessment, code: str, owner: User) -> None:
    planned = value_with(assessment, Need.ACTION)
    saved = save(assessment, code, owner, 0, value=planned)
    assert (saved.value, saved.action, saved.action_due) == (planned, "", None)


def test_each_save_is_in_the_audit_without_what_was_said(assessment: Assessment, code: str, owner: User) -> None:
    save(assessment, code, owner, 0, explanation="Private words")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "answer:save")).one()
    assert (event.case_id, event.details["criterion"]) == (assessment.id, code)
    assert "Private words" not in str(event.details)


def test_whoever_saves_over_an_answer_they_have_not_seen_is_told_what_is_there(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    save(assessment, code, owner, 0, explanation="Mine")
    with pytest.raises(Stale) as stale:
        save(assessment, code, colleague, 0, explanation="Theirs")
    current = stale.value.current
    assert isinstance(current, Answer)
    assert (current.explanation, current.saved_by_id) == ("Mine", owner.id)


def test_two_who_save_the_same_words_do_not_disagree(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    save(assessment, code, owner, 0, explanation="The same")
    again = save(assessment, code, colleague, 0, explanation="The same")
    assert (again.version, again.saved_by_id) == (1, owner.id)


def test_an_empty_answer_is_not_one(assessment: Assessment, code: str, owner: User) -> None:
    with pytest.raises(Refusal, match="Choose an answer") as refused:
        save(assessment, code, owner, 0)
    assert refused.value.field == "value"


@pytest.mark.parametrize("field", ["explanation", "action", "reason"])
def test_a_text_of_more_than_5000_characters_is_refused_on_its_field(
    assessment: Assessment, code: str, owner: User, field: str
) -> None:
    assert getattr(save(assessment, code, owner, 0, **{field: "x" * 5000}), field) == "x" * 5000
    with pytest.raises(Refusal, match=r"5,000 characters or fewer\. It has 10,000") as refused:
        save(assessment, code, owner, 1, **{field: "x" * 10_000})
    assert refused.value.field == field


def test_an_action_to_come_needs_a_date_to_come(assessment: Assessment, code: str, owner: User) -> None:
    planned = value_with(assessment, Need.ACTION)
    for past in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(Refusal, match="must be in the future") as refused:
            save(assessment, code, owner, 0, value=planned, action_due=past)
        assert refused.value.field == "action_due"
    assert save(assessment, code, owner, 0, value=planned, action_due=TODAY + timedelta(days=1)).version == 1


def test_a_date_that_has_passed_does_not_hold_up_an_answer_that_plans_nothing(
    assessment: Assessment, code: str, owner: User
) -> None:
    fully = next(value.value for value in assessment.framework.content.scale if value.extent is Extent.MET)
    assert save(assessment, code, owner, 0, value=fully, action_due=date(2020, 1, 1)).value == fully


def test_a_value_that_is_not_on_the_scale_is_refused(assessment: Assessment, code: str, owner: User) -> None:
    with pytest.raises(Refusal) as refused:
        save(assessment, code, owner, 0, value="perfect")
    assert refused.value.field == "value"


def test_only_criteria_of_the_target_level_are_answered(assessment: Assessment, owner: User) -> None:
    above = next(criterion for criterion in assessment.framework.content.criteria if criterion.level > 1)
    for code in (above.code, "NOT-THERE"):
        with pytest.raises(Refusal, match="not one of the questions"):
            save(assessment, code, owner, 0, explanation="x")


def test_nothing_is_saved_once_it_is_with_the_assessor(
    make: Factory, assessment: Assessment, code: str, owner: User
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    with pytest.raises(Refusal, match="with the assessor"):
        save(assessment, code, owner, 1, explanation="Something else")


def test_in_a_round_of_more_information_only_what_was_asked_is_open(
    make: Factory, assessment: Assessment, code: str, owner: User, assessor: User
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    make.asked_for_more(assessment, [code], assessor=assessor)
    other = assessment.framework.content.asked(1)[1].code
    for criterion, open_criteria in ((other, [code]), (code, None)):
        with pytest.raises(Refusal, match="cannot be changed now"):
            save(assessment, criterion, owner, 1, explanation="More", open_criteria=open_criteria)
    assert save(assessment, code, owner, 1, explanation="More", open_criteria=[code]).version == 2


def test_nothing_is_saved_in_an_assessment_that_was_withdrawn(assessment: Assessment, code: str, owner: User) -> None:
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    with pytest.raises(Refusal):
        save(assessment, code, owner, 0, explanation="Too late")
