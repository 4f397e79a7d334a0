"""Answering a staff survey: without an account, without a cookie, once."""

from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import today
from charter.extensions import db
from charter.organisation.models import Organisation
from charter.survey.models import Survey
from tests.factories import Factory
from tests.survey.conftest import Asked, said


@pytest.fixture
def asked(make: Factory, employer: Organisation, owner: User) -> Asked:
    """A survey that is open today."""
    return Asked(*make.survey(employer, on=today(), by=owner))


def survey_of(asked: Asked) -> Survey:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Survey, asked.survey.id)


def test_somebody_answers_and_is_thanked(client, asked: Asked) -> None:
    page = f"/survey/{asked.codes[0]}"
    shown = client.get(page)
    assert shown.status_code == 200
    assert "Teme Valley Orchards Ltd" in shown.text
    assert all(question in shown.text for question in ("I am paid fairly", "a good place to work"))
    sent = client.post(page, data=said("4"))
    assert (sent.status_code, sent.location) == (303, "/survey/thank-you")
    assert "Thank you" in client.get(sent.location).text
    assert survey_of(asked).sums == {question: {"4": 1} for question in said()}


def test_nothing_that_answering_sends_back_is_a_cookie_or_kept(client, asked: Asked) -> None:
    page = f"/survey/{asked.codes[0]}"
    for given in (client.get("/survey"), client.get(page), client.post(page, data=said()), client.get(page)):
        assert "Set-Cookie" not in given.headers
        assert given.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in given.headers["X-Robots-Tag"]


def test_a_form_sent_twice_counts_once_and_the_second_is_told_kindly(client, asked: Asked) -> None:
    page = f"/survey/{asked.codes[0]}"
    client.post(page, data=said("5"))
    second = client.post(page, data=said("1"))
    assert second.status_code == 410
    assert "thank you" in second.text
    assert client.get(page).status_code == 410
    assert survey_of(asked).answers == 1


def test_an_empty_form_is_not_an_answer(client, asked: Asked) -> None:
    given = client.post(f"/survey/{asked.codes[0]}", data={})
    assert given.status_code == 400
    assert f'<a href="#{next(iter(said()))}">Answer at least one question.</a>' in given.text
    assert survey_of(asked).answers == 0
    assert client.get(f"/survey/{asked.codes[0]}").status_code == 200


def test_a_code_nobody_made_is_met_kindly(client, asked: Asked) -> None:
    for code in ("abcd-efgh-jkmn", "rubbish"):
        given = client.get(f"/survey/{code}")
        assert given.status_code == 404
        assert "We do not know this code" in given.text


def test_a_code_is_typed_as_one_likes(client, asked: Asked) -> None:
    code = asked.codes[0]
    typed = client.post("/survey", data={"code": f" {code.upper().replace('-', ' ')} "})
    assert typed.location == f"/survey/{code}"
    assert client.get(f"/survey/{code.upper()}").location == f"/survey/{code}"
    wrong = client.post("/survey", data={"code": "1234"})
    assert wrong.status_code == 400
    assert "12 letters and numbers" in wrong.text


def test_after_the_last_day_the_survey_is_closed(client, make: Factory, employer: Organisation, owner: User) -> None:
    _, codes = make.survey(employer, on=today() - timedelta(days=15), by=owner)
    for given in (client.get(f"/survey/{codes[0]}"), client.post(f"/survey/{codes[0]}", data=said())):
        assert given.status_code == 410
        assert "takes no more answers" in given.text
