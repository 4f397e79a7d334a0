"""A staff survey from its opening to its results: one code counts once, and nothing says who said what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter import audit
from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.survey import answering, codes, queries, results, running
from charter.survey.answering import NotNow, Standing
from charter.survey.models import Ballot, Survey, SurveyStatus
from tests.conftest import AT
from tests.survey.conftest import ON, Asked, answer, said

Opens = Callable[..., Asked]


def again(survey: Survey) -> Survey:
    """The survey as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Survey, survey.id)


def close(survey: Survey, by: User | None = None) -> Survey:
    with transaction() as session:
        running.close(session, session.get_one(Survey, survey.id), by=by, at=AT)
    return again(survey)


def closed_after(opens: Opens, number: int, value: str = "5", **values: Any) -> Survey:
    asked = opens(people=max(number, 12), **values)
    for code in asked.codes[:number]:
        answer(code, value)
    return close(asked.survey)


# Answering ------------------------------------------------------------------------------------------------------------


def test_an_answer_is_added_to_the_sums_and_its_code_is_used(opens: Opens) -> None:
    asked = opens()
    answer(asked.codes[0], "5")
    answer(asked.codes[1], "2")
    survey = again(asked.survey)
    assert survey.answers == 2
    assert survey.sums == {question: {"5": 1, "2": 1} for question in said()}
    standings = [answering.look_up(db.session, code, on=ON)[0] for code in asked.codes[:3]]
    assert standings == [Standing.USED, Standing.USED, Standing.READY]


def test_one_code_counts_once(opens: Opens) -> None:
    asked = opens()
    answer(asked.codes[0], "5")
    with pytest.raises(NotNow) as refused:
        answer(asked.codes[0], "1")
    assert refused.value.standing is Standing.USED
    assert again(asked.survey).sums == {question: {"5": 1} for question in said()}


def test_a_code_that_nobody_made_is_unknown(opens: Opens) -> None:
    opens()
    with pytest.raises(NotNow) as refused:
        answer(codes.new())
    assert refused.value.standing is Standing.UNKNOWN


def test_a_question_may_be_left_out_but_not_all_of_them(opens: Opens) -> None:
    asked = opens()
    first = next(iter(said()))
    with pytest.raises(Refusal, match="at least one"), transaction() as session:
        answering.answer(session, asked.codes[0], {first: "", "made-up": "5", "other": "9"}, on=ON)
    with transaction() as session:
        answering.answer(session, asked.codes[0], {first: "4"}, on=ON)
    assert again(asked.survey).sums == {first: {"4": 1}}


def test_nobody_answers_after_the_last_day_even_before_the_job_of_the_day_closes_it(opens: Opens) -> None:
    asked = opens()
    answer(asked.codes[0], on=asked.survey.closes_on)
    with pytest.raises(NotNow) as refused:
        answer(asked.codes[1], on=asked.survey.closes_on + timedelta(days=1))
    assert refused.value.standing is Standing.CLOSED


def test_nobody_answers_a_closed_survey_and_it_does_not_say_who_did(opens: Opens) -> None:
    asked = opens()
    answer(asked.codes[0])
    close(asked.survey)
    assert {answering.look_up(db.session, code, on=ON)[0] for code in asked.codes} == {Standing.CLOSED}


def test_answering_leaves_no_event_no_time_and_no_link(opens: Opens) -> None:
    asked = opens()
    newest = audit.newest(db.session, "survey", "survey_ballot")
    before = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    answer(asked.codes[0])
    assert audit.newest(db.session, "survey", "survey_ballot") == newest
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before
    columns = {column.name for column in Ballot.__table__.columns}
    assert columns == {"id", "survey_id", "token_hash", "used"}
    assert "codes" not in str(again(asked.survey).sums)


# Codes ----------------------------------------------------------------------------------------------------------------


def test_there_is_one_code_for_each_person_and_only_its_hash_is_kept(opens: Opens) -> None:
    asked = opens(people=40)
    kept = db.session.scalars(sa.select(Ballot).order_by(Ballot.token_hash)).all()
    assert len(set(asked.codes)) == len(kept) == 40
    assert {one.token_hash for one in kept} == set(map(codes.hashed, asked.codes))
    assert {one.id.version for one in kept} == {4}


def test_codes_made_again_replace_the_first_until_somebody_has_answered(opens: Opens, owner: User) -> None:
    asked = opens()
    with pytest.raises(Refusal) as refused, transaction() as session:
        running.make_codes(session, session.get_one(Survey, asked.survey.id), by=owner, at=AT)
    assert refused.value.field == "again"
    with transaction() as session:
        second = running.make_codes(session, session.get_one(Survey, asked.survey.id), by=owner, at=AT, again=True)
    assert answering.look_up(db.session, asked.codes[0], on=ON)[0] is Standing.UNKNOWN
    answer(second[0])
    # A press of the button that changes nothing does not say that the first answer is in.
    with pytest.raises(Refusal, match="You have made the codes already"), transaction() as session:
        running.make_codes(session, session.get_one(Survey, asked.survey.id), by=owner, at=AT)
    with pytest.raises(Refusal, match="Somebody has answered"), transaction() as session:
        running.make_codes(session, session.get_one(Survey, asked.survey.id), by=owner, at=AT, again=True)


@pytest.mark.parametrize("typed", ["ABCD-EFGH-JKMN", " abcdefghjkmn ", "abcd efgh jkmn", "abcd–efgh–jkmn"])
def test_a_code_may_be_typed_as_one_likes(typed: str) -> None:
    assert codes.tidy(typed) == "abcd-efgh-jkmn"


@pytest.mark.parametrize("typed", ["", "abcd-efgh", "abcd-efgh-jkm1", "abcd-efgh-jkmn-pqrs", "ａbcd-efgh-jkmn"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.tidy(typed) == ""


def test_a_new_code_is_tidy() -> None:
    made = {codes.new() for _ in range(50)}
    assert len(made) == 50
    assert made == set(map(codes.tidy, made))


# Opening --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"people": 9}, "people"),
        ({"people": running.MOST_PEOPLE + 1}, "people"),
        ({"closes_on": ON - timedelta(days=1)}, "closes_on"),
        ({"closes_on": ON + timedelta(days=93)}, "closes_on"),
        ({"title": "  "}, "title"),
    ],
)
def test_a_survey_that_cannot_be_run_is_refused_on_its_field(
    make, employer: Organisation, owner: User, values: dict[str, Any], field: str
) -> None:
    asked = {"title": "Survey", "people": 10, "closes_on": ON, **values}
    with pytest.raises(Refusal) as refused, transaction() as session:
        running.start(session, employer, publishing.current(session), **asked, by=owner, at=AT, on=ON)
    assert refused.value.field == field


def test_one_survey_is_open_at_a_time(opens: Opens) -> None:
    opens()
    with pytest.raises(Refusal, match="open already"):
        opens()


def test_after_results_the_next_survey_waits_three_months(opens: Opens, employer: Organisation) -> None:
    closed_after(opens, 10)
    assert running.next_from(db.session, employer) == ON + running.REST
    with pytest.raises(Refusal, match="three months"):
        opens(on=ON + running.REST - timedelta(days=1))
    assert opens(on=ON + running.REST).survey.status is SurveyStatus.OPEN


def test_after_a_survey_without_results_the_next_may_start_at_once(opens: Opens, employer: Organisation) -> None:
    closed_after(opens, 9)
    assert running.next_from(db.session, employer) is None
    opens()


# Results --------------------------------------------------------------------------------------------------------------


def test_there_are_no_results_while_a_survey_is_open(opens: Opens) -> None:
    asked = opens()
    for code in asked.codes:
        answer(code)
    assert results.results(again(asked.survey)) is None


def test_nine_answers_are_never_shown_and_their_sums_are_dropped(opens: Opens) -> None:
    survey = closed_after(opens, 9)
    assert results.results(survey) is None
    assert survey.sums == {}


def test_ten_answers_are_shown_as_shares(opens: Opens) -> None:
    asked = opens(people=20)
    for place, code in enumerate(asked.codes[:10]):
        answer(code, "5" if place < 4 else "4" if place < 7 else "1")
    found = results.results(close(asked.survey))
    assert found is not None
    assert (found.answers, found.people, found.response_percent) == (10, 20, 50)
    assert {tuple((share.number, share.percent) for share in one.shares) for one in found.questions} == {
        ((4, 40), (3, 30), (0, 0), (0, 0), (3, 30))
    }
    assert {(one.good, one.good_percent) for one in found.questions} == {(7, 70)}


def test_a_question_that_fewer_than_ten_answered_is_not_shown(opens: Opens) -> None:
    asked = opens()
    skipped = next(iter(said()))
    for place, code in enumerate(asked.codes[:11]):
        with transaction() as session:
            answering.answer(session, code, said() if place < 9 else {**said(), skipped: ""}, on=ON)
    found = results.results(close(asked.survey))
    assert found is not None
    assert [(one.answered, bool(one.shares)) for one in found.questions] == [(0, False)] + [(11, True)] * 7


def test_while_it_is_open_one_more_answer_cannot_be_told_from_none() -> None:
    numbers = (0, 9, 10, 19, 20, 104)
    assert [results.at_least(number, fewest=10) for number in numbers] == [0, 0, 10, 10, 20, 100]
    assert [results.at_least(number, fewest=15) for number in numbers] == [0, 0, 0, 15, 20, 100]


# What a day brings about ----------------------------------------------------------------------------------------------


def test_the_day_after_its_last_a_survey_is_closed_once(opens: Opens) -> None:
    survey = opens().survey
    after = survey.closes_on + timedelta(days=1)
    with transaction() as session:
        assert running.close_due(session, survey.closes_on, AT) == 0
    with transaction() as session:
        assert running.close_due(session, after, AT + timedelta(days=15)) == 1
    with transaction() as session:
        assert running.close_due(session, after, AT + timedelta(days=15)) == 0
    assert again(survey).status is SurveyStatus.CLOSED


def test_when_the_day_closes_a_survey_its_owners_are_told_once(
    opens: Opens, owner: User, colleague: User, stranger: User
) -> None:
    survey = opens().survey
    with transaction() as session:
        running.close_due(session, survey.closes_on + timedelta(days=1), AT + timedelta(days=15))
    (told,) = db.session.scalars(sa.select(Message).where(Message.kind == "survey_closed")).all()
    assert told.to_address == owner.email
    assert "Too few people answered" in told.body
    assert f"/organisations/{survey.organisation_id}/surveys/{survey.id}" in told.body


def test_three_months_after_it_closed_its_codes_are_removed_and_its_sums_stay(opens: Opens) -> None:
    survey = closed_after(opens, 10)
    for days, removed in ((89, 0), (91, 12), (92, 0)):
        with transaction() as session:
            assert running.forget_codes(session, ON, AT + timedelta(days=days)) == removed
    assert results.results(again(survey)) is not None


def test_a_survey_is_its_employers_own(opens: Opens, employer: Organisation, stranger: User) -> None:
    survey = opens().survey
    other = stranger.memberships[0].organisation
    assert queries.one(db.session, employer, survey.id) is not None
    assert queries.one(db.session, other, survey.id) is None
    assert list(queries.of_organisation(db.session, other)) == []
