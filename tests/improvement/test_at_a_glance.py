"""All of a person's employers in a line each: what waits, what has a day first."""

from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.assessment import submission
from charter.award.models import Award
from charter.award.yearly import queries as yearly
from charter.award.yearly.models import YearlyReturn
from charter.extensions import db, transaction
from charter.improvement import at_a_glance
from charter.improvement.at_a_glance import Glance, ToDo, in_order
from charter.organisation.models import Organisation
from charter.review import intake
from tests.conftest import AT
from tests.factories import Factory

ON = AT.date()
BEGAN = ON - timedelta(days=330)


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, level=2, on=BEGAN, by=moderator)


@pytest.fixture
def due(make: Factory, award: Award) -> YearlyReturn:
    return make.yearly_return(award, on=ON)


def glance(user: User, *, on: date = ON, opens_days: int = 90) -> Glance:
    db.session.rollback()
    db.session.expire_all()
    (found,) = at_a_glance.of_person(db.session, user, opens_days=opens_days, on=on)
    return found


def said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def test_what_has_a_day_comes_first_by_that_day_and_the_rest_stays_in_its_order() -> None:
    first, second = ToDo("b", ON), ToDo("a", ON + timedelta(days=1))
    assert in_order([ToDo("x"), second, ToDo("c"), first]) == (first, second, ToDo("x"), ToDo("c"))


def test_yearly_figures_stand_in_the_line_with_their_day_before_and_after_it_until_they_are_given(
    make: Factory, due: YearlyReturn, owner: User
) -> None:
    (thing,) = glance(owner).to_do
    assert thing == ToDo(f"give your yearly figures (due by {said(due.due_on)})", due.due_on, due.id)
    late = due.due_on + timedelta(days=40)
    assert (
        glance(owner, on=late).line == f"1 thing to do: give your yearly figures (they were due on {said(due.due_on)})"
    )
    assert glance(owner, on=due.due_on + timedelta(days=301)).to_do == ()
    make.gives(due, period_end=ON, by=owner, at=AT)
    assert glance(owner).line == "nothing to do now"


def test_yearly_figures_come_before_an_end_that_is_later_and_before_a_draft(
    make: Factory, due: YearlyReturn, award: Award, employer: Organisation, owner: User
) -> None:
    left = (award.ends_on - ON).days
    words = [one.words.partition(" (")[0] for one in glance(owner, opens_days=left).to_do]
    assert words == ["give your yearly figures", "choose what comes after your award"]
    make.assessment(employer, level=3, by=owner)
    words = [one.words.partition(" (")[0] for one in glance(owner).to_do]
    assert words == ["give your yearly figures", "finish your answers"]


def test_whoever_has_just_sent_an_assessment_is_asked_for_yearly_figures_only_when_it_is_decided(
    make: Factory, due: YearlyReturn, employer: Organisation, owner: User, assessor: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    assert glance(owner).line == "nothing to do now"
    assert yearly.asked_for(db.session, [employer.id], on=ON) == []
    make.asked_for_more(sent, [sent.framework.content.asked(2)[0].code], assessor=assessor)
    assert glance(owner).line == f"1 thing to do: answer the assessor by {said(ON + timedelta(days=14))}"
    with transaction() as session:
        intake.withdraw(session, sent, by=owner, at=AT)
    assert [one.yearly_return_id for one in glance(owner).to_do] == [due.id]
    assert [one.id for one in yearly.asked_for(db.session, [employer.id], on=ON)] == [due.id]


def test_an_employer_that_holds_nothing_starts_an_assessment_and_one_that_has_started_finishes_it(
    make: Factory, employer: Organisation, owner: User
) -> None:
    assert glance(owner).line == "1 thing to do: start an assessment"
    draft = make.assessment(employer, by=owner)
    assert glance(owner).line == "1 thing to do: finish your answers"
    with transaction() as session:
        submission.withdraw(session, draft, by=owner, at=AT)
    assert glance(owner).line == "1 thing to do: start an assessment"
