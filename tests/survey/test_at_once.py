"""What people do to one survey in the same moment: a code counts once, no answer is lost, and closing is closing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.survey import answering, results, running
from charter.survey.answering import NotNow, Standing
from charter.survey.models import Survey
from tests.conftest import AT
from tests.survey.conftest import ON, Asked, answer, said
from tests.turns import Deed, in_turn

Opens = Callable[..., Asked]


def answers_with(code: str, value: str) -> Deed:
    def deed(session: Session, survey: Survey, user: User) -> str:
        answering.answer(session, code, said(value), on=ON)
        return "counted"

    return deed


def closes(session: Session, survey: Survey, user: User) -> str:
    running.close(session, survey, by=user, at=AT)
    return "closed"


def makes_codes_again(session: Session, survey: Survey, user: User) -> Any:
    return running.make_codes(session, survey, by=user, at=AT, again=True)


def all_at_once(app: Flask, codes: list[str]) -> list[str]:
    """Everybody answers with their code in one moment; what became of each."""
    begin = Barrier(len(codes))
    db.session.rollback()

    def go(code: str) -> str:
        with app.app_context():
            begin.wait(20)
            try:
                answer(code)
            except NotNow as refusal:
                return refusal.standing.value
            return "counted"

    with ThreadPoolExecutor(len(codes)) as pool:
        found = list(pool.map(go, codes))
    db.session.expire_all()
    return found


def test_of_two_answers_with_one_code_the_first_is_counted(app: Flask, opens: Opens, owner: User) -> None:
    asked = opens()
    code = asked.codes[0]
    first, second = in_turn(app, asked.survey, (owner, answers_with(code, "5")), (owner, answers_with(code, "1")))
    assert first == "counted"
    assert isinstance(second, NotNow)
    assert second.standing is Standing.USED
    survey = db.session.get_one(Survey, asked.survey.id)
    assert (survey.answers, survey.sums) == (1, {question: {"5": 1} for question in said()})


def test_ten_who_press_at_once_with_one_code_count_once(app: Flask, opens: Opens) -> None:
    asked = opens()
    found = all_at_once(app, [asked.codes[0]] * 10)
    assert sorted(found) == ["counted", *["used"] * 9]
    assert db.session.get_one(Survey, asked.survey.id).answers == 1


def test_twenty_who_answer_at_once_are_all_counted(app: Flask, opens: Opens) -> None:
    asked = opens(people=20)
    assert all_at_once(app, list(asked.codes)) == ["counted"] * 20
    survey = db.session.get_one(Survey, asked.survey.id)
    assert (survey.answers, survey.sums) == (20, {question: {"5": 20} for question in said()})


def test_who_answers_while_the_survey_is_being_closed_is_told_so(app: Flask, opens: Opens, owner: User) -> None:
    asked = opens()
    for code in asked.codes[:10]:
        answer(code)
    first, second = in_turn(app, asked.survey, (owner, closes), (owner, answers_with(asked.codes[10], "1")))
    assert first == "closed"
    assert isinstance(second, NotNow)
    assert second.standing is Standing.CLOSED
    found = results.results(db.session.get_one(Survey, asked.survey.id))
    assert found is not None
    assert found.answers == 10


def test_who_is_answering_is_counted_before_the_survey_closes(app: Flask, opens: Opens, owner: User) -> None:
    asked = opens()
    for code in asked.codes[:9]:
        answer(code)
    given = in_turn(app, asked.survey, (owner, answers_with(asked.codes[9], "5")), (owner, closes))
    assert given == ["counted", "closed"]
    assert results.results(db.session.get_one(Survey, asked.survey.id)) is not None


def test_codes_are_not_replaced_under_somebody_who_is_answering(app: Flask, opens: Opens, owner: User) -> None:
    asked = opens()
    first, second = in_turn(app, asked.survey, (owner, answers_with(asked.codes[0], "5")), (owner, makes_codes_again))
    assert first == "counted"
    assert isinstance(second, Refusal)


def test_of_two_owners_who_open_a_survey_at_once_one_does(app: Flask, employer: Organisation, owner: User) -> None:
    def opens_one(session: Session, organisation: Organisation, user: User) -> Survey:
        framework = publishing.current(session)
        return running.start(
            session, organisation, framework, title="Survey", people=12, closes_on=ON, by=user, at=AT, on=ON
        )

    first, second = in_turn(app, employer, (owner, opens_one), (owner, opens_one))
    assert isinstance(first, Survey)
    assert str(second).startswith("You have a survey open already.")


def test_an_answer_that_is_undone_leaves_the_code_unused(opens: Opens) -> None:
    asked = opens()
    with transaction() as session:
        answering.answer(session, asked.codes[0], said(), on=ON)
        session.rollback()
    assert answering.look_up(db.session, asked.codes[0], on=ON)[0] is Standing.READY
    assert db.session.get_one(Survey, asked.survey.id).answers == 0
