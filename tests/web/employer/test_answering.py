"""One criterion a page: saved as far as it can be, and nothing that was typed is lost."""

import html
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import SignInSession, User
from charter.assessment.models import Answer, Assessment
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.framework.content import Extent, Need
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.review import queries as cases
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn


@pytest.fixture
def address(home: str, codes: list[str]) -> str:
    return f"{home}/criteria/{codes[0]}"


def value_with(assessment: Assessment, need: Need) -> str:
    return next(value.value for value in assessment.framework.content.scale if value.needs is need)


def date_fields(days: int) -> dict[str, str]:
    day = today() + timedelta(days=days)
    return {"action_due-day": str(day.day), "action_due-month": str(day.month), "action_due-year": str(day.year)}


def stored(assessment: Assessment, code: str) -> Answer | None:
    db.session.rollback()
    return db.session.scalars(
        sa.select(Answer).where(Answer.assessment_id == assessment.id, Answer.criterion == code)
    ).first()


def test_the_page_shows_the_statement_the_guidance_and_the_scale_without_what_is_not_allowed(
    assessment: Assessment, address: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    criterion = content.criterion(codes[0])
    assert criterion is not None
    text = html.unescape(sign_in(owner).get(address).text)
    assert criterion.statement in text
    assert criterion.good_evidence in text
    offered = [value.label for value in content.scale if f'value="{value.value}"' in text]
    assert not criterion.not_applicable_allowed
    assert offered == [value.label for value in content.scale if value.extent is not Extent.NOT_APPLICABLE]


def test_does_not_apply_is_offered_where_the_framework_allows_it(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=2, by=owner)
    content = made.framework.content
    allowed = next(one for one in content.asked(2) if one.not_applicable_allowed)
    none = next(value for value in content.scale if value.extent is Extent.NOT_APPLICABLE)
    browser, address = sign_in(owner), f"/assessments/{made.id}/criteria/{allowed.code}"
    assert f'value="{none.value}"' in browser.get(address).text
    browser.send(address, {"value": none.value, "reason": "We have had no vacancy.", "seen_version": "0"})
    answer = stored(made, allowed.code)
    assert answer is not None
    assert (answer.value, answer.reason) == (none.value, "We have had no vacancy.")


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 200), ("colleague", 200), ("stranger", 404), ("assessor", 403), ("nobody", 302)]
)
def test_only_the_employers_people_may_answer(
    request: pytest.FixtureRequest, address: str, who: str, status: int, client: Any, sign_in: SignIn
) -> None:
    browser = client if who == "nobody" else sign_in(request.getfixturevalue(who))
    answered = browser.get(address)
    assert answered.status_code in ({302, 303} if who == "nobody" else {status})


@pytest.mark.parametrize("code", ["NOT-THERE", "above"])
def test_a_criterion_that_is_not_asked_has_no_page(
    assessment: Assessment, home: str, code: str, owner: User, sign_in: SignIn
) -> None:
    above = next(one.code for one in assessment.framework.content.criteria if one.level > assessment.target_level)
    address = f"{home}/criteria/{above if code == 'above' else code}"
    assert sign_in(owner).get(address).status_code == 404


def test_save_and_continue_goes_to_the_next_criterion_and_save_and_return_to_the_list(
    assessment: Assessment, home: str, address: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    zero = assessment.framework.content.scale[0].value
    on = browser.send(address, {"value": zero, "seen_version": "0", "then": "next"})
    assert (on.status_code, on.location) == (303, f"{home}/criteria/{codes[1]}")
    back = browser.send(address, {"value": zero, "seen_version": "1", "then": "list"})
    assert (back.status_code, back.location) == (303, home)
    evidence = browser.send(address, {"value": zero, "seen_version": "1", "then": "evidence"})
    assert evidence.location == f"{address}/evidence"
    last = browser.send(f"{home}/criteria/{codes[-1]}", {"value": zero, "seen_version": "0", "then": "next"})
    assert last.location == home


def test_coming_back_shows_what_was_saved_by_whom_and_what_is_still_to_do(
    assessment: Assessment, address: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    planned = value_with(assessment, Need.ACTION)
    sign_in(owner).send(
        address, {"value": planned, "action": "Tell the night shift", "seen_version": "0", **date_fields(40)}
    )
    text = sign_in(colleague).get(address).text
    assert "Saved by Olive Owner" in text
    assert "Say who will do it." in text
    assert "Tell the night shift</textarea>" in text
    assert f'value="{planned}" checked' in text


def test_10000_characters_stay_in_the_box_and_the_rest_is_saved(
    assessment: Assessment, address: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    planned = value_with(assessment, Need.ACTION)
    long = "long " * 2000
    answered = sign_in(owner).send(
        address, {"value": planned, "action": long, "action_owner": "Office manager", "seen_version": "0"}
    )
    assert answered.status_code == 400
    assert "What you will do must be 5,000 characters or fewer. It has 9,999." in answered.text
    assert long.strip() in answered.text
    assert "We saved everything else on this page" in answered.text
    assert 'name="seen_version" type="hidden" value="1"' in answered.text
    saved = stored(assessment, codes[0])
    assert saved is not None
    assert (saved.value, saved.action, saved.action_owner) == (planned, "", "Office manager")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (date_fields(-1), "The date must be in the future."),
        (
            {"action_due-day": "31", "action_due-month": "2", "action_due-year": "2027"},
            "The date must be a real date, such as 27 3 2027.",
        ),
        ({"action_due-day": "3", "action_due-month": "", "action_due-year": "2027"}, "The date must include a month."),
    ],
)
def test_a_date_that_cannot_be_is_told_and_the_rest_is_saved(
    assessment: Assessment,
    address: str,
    codes: list[str],
    owner: User,
    sign_in: SignIn,
    typed: dict[str, str],
    message: str,
) -> None:
    planned = value_with(assessment, Need.ACTION)
    answered = sign_in(owner).send(address, {"value": planned, "action": "Tell everyone", "seen_version": "0", **typed})
    assert answered.status_code == 400
    assert answered.text.count(message) == 2  # in the summary and beside the field
    assert f'value="{typed["action_due-day"]}"' in answered.text
    saved = stored(assessment, codes[0])
    assert saved is not None
    assert (saved.value, saved.action, saved.action_due) == (planned, "Tell everyone", None)


def test_nothing_at_all_is_no_answer(address: str, owner: User, sign_in: SignIn) -> None:
    answered = sign_in(owner).send(address, {"seen_version": "0"})
    assert answered.status_code == 400
    assert "Choose an answer." in answered.text


def test_of_two_browsers_the_later_is_shown_both_versions_and_can_save_theirs(
    assessment: Assessment, address: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    values = [value.value for value in assessment.framework.content.scale]
    first, second = sign_in(owner), sign_in(colleague)
    said = {"value": values[3], "explanation": "Theirs, typed meanwhile", "seen_version": "0"}
    token = second.token(address)
    first.send(address, {"value": values[2], "explanation": "Mine, saved first", "seen_version": "0"})
    overtaken = second.post(address, data={"csrf_token": token, **said})
    assert overtaken.status_code == 409
    assert "Somebody else saved this while you were typing" in overtaken.text
    assert "Olive Owner saved another answer" in overtaken.text
    assert "Mine, saved first" in overtaken.text
    assert "Theirs, typed meanwhile</textarea>" in overtaken.text
    assert 'name="seen_version" type="hidden" value="1"' in overtaken.text
    kept = stored(assessment, codes[0])
    assert kept is not None
    assert kept.explanation == "Mine, saved first"
    assert second.post(address, data={"csrf_token": token, **said, "seen_version": "1"}).status_code == 303
    merged = stored(assessment, codes[0])
    assert merged is not None
    assert (merged.explanation, merged.version, merged.saved_by_id) == ("Theirs, typed meanwhile", 2, colleague.id)


def test_the_same_form_sent_twice_is_saved_once(
    assessment: Assessment, address: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    said = {"csrf_token": browser.token(address), "explanation": "Once", "seen_version": "0"}
    assert [browser.post(address, data=said).status_code for _ in range(2)] == [303, 303]
    saved = stored(assessment, codes[0])
    assert saved is not None
    assert saved.version == 1


def test_back_after_submit_is_a_friendly_page_that_keeps_what_was_typed_in_sight(
    make: Factory, assessment: Assessment, address: str, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    token = browser.token(address)
    make.submitted(assessment, by=owner)
    answered = browser.post(address, data={"csrf_token": token, "explanation": "One more thing", "seen_version": "1"})
    assert answered.status_code == 409
    assert "This answer is with the assessor and cannot be changed now." in answered.text
    assert "One more thing" in answered.text
    assert 'id="answer"' not in answered.text


def test_in_a_round_of_more_information_only_the_asked_criteria_have_a_form(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, assessor: User, sign_in: SignIn
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    make.asked_for_more(assessment, [codes[1]], assessor=assessor)
    browser = sign_in(owner)
    asked = browser.get(f"{home}/criteria/{codes[1]}")
    assert "Which of your people does this cover?" in asked.text
    assert 'name="explanation"' in asked.text
    frozen = browser.get(f"{home}/criteria/{codes[0]}")
    assert (frozen.status_code, 'name="explanation"' in frozen.text) == (200, False)
    assert "cannot be changed now" in frozen.text
    content = assessment.framework.content
    fully = next(value.value for value in content.scale if value.extent is Extent.MET)
    saved = browser.send(
        f"{home}/criteria/{codes[1]}",
        {"value": fully, "explanation": "All of them.", "seen_version": "1", "then": "next"},
    )
    assert (saved.status_code, saved.location) == (303, home)
    assert "You have added to this" in browser.get(home).text


def test_a_long_answer_survives_a_session_that_ended_meanwhile(
    assessment: Assessment, address: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    token = browser.token(address)
    with transaction() as session:
        session.execute(sa.update(SignInSession).values(ended_at=now()))
    long = "A long answer. " * 200
    away = browser.post(address, data={"csrf_token": token, "explanation": long, "seen_version": "0"})
    assert (away.status_code, away.location) == (303, "/sign-in")
    assert stored(assessment, codes[0]) is None
    browser.sign_in(owner)
    again = browser.get(address)
    assert "We kept what you typed" in again.text
    assert long.strip() in again.text
    assert browser.send(address, {"explanation": long, "seen_version": "0"}).status_code == 303
    saved = stored(assessment, codes[0])
    assert saved is not None
    assert saved.explanation == long.strip()


def test_the_page_takes_at_most_9_queries_whatever_is_in_it(
    make: Factory,
    assessment: Assessment,
    address: str,
    codes: list[str],
    owner: User,
    assessor: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    browser = sign_in(owner)
    browser.get(address)
    with counting() as empty:
        browser.get(address)
    make.answered(assessment, by=owner)
    with counting() as full:
        browser.get(address)
    assert len(empty) == len(full) <= 8
    make.asked_for_more(make.submitted(assessment, by=owner), [codes[0]], assessor=assessor)
    with counting() as asked:
        browser.get(address)
    assert len(asked) <= 9, asked


def test_who_starts_again_reads_what_the_assessor_said_last_time_and_never_the_private_note(
    make: Factory,
    assessment: Assessment,
    employer: Organisation,
    codes: list[str],
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    review = make.claimed(make.submitted(make.answered(assessment, by=owner), by=owner), by=assessor)
    make.recommended(make.found(review, by=assessor), by=assessor)
    browser, address = sign_in(owner), f"/assessments/{assessment.id}/criteria/{codes[0]}"
    assert "What the assessor said last time" not in browser.get(address).text
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=make.at, on=make.at.date())
    assert "What the assessor said last time" not in browser.get(address).text  # its own decision is on its own page
    again = make.assessment(employer, level=2, by=owner)
    address = f"/assessments/{again.id}/criteria/{codes[0]}"
    text = browser.get(address).text
    assert "What the assessor said last time" in text
    assert "Clear and in use." in text
    assert f'href="/assessments/{assessment.id}">Read the decision of' in text
    assert "Seen on the staff pages." not in text
    with counting() as said:
        browser.get(address)
    assert len(said) <= 9, said
    new = next(one.code for one in again.framework.content.asked(2) if one.code not in codes)
    assert "What the assessor said last time" not in browser.get(f"/assessments/{again.id}/criteria/{new}").text


def test_feedback_of_another_employer_is_never_shown(
    make: Factory, codes: list[str], assessment: Assessment, owner: User, assessor: User, moderator: User
) -> None:
    other = make.organisation("Another Ltd")
    olga = make.member(other, "Olga Other")
    theirs = make.submitted(make.answered(make.assessment(other, by=olga), by=olga), by=olga)
    review = make.recommended(make.found(make.claimed(theirs, by=assessor), by=assessor), by=assessor)
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=make.at, on=make.at.date())
    assert cases.last_feedback(db.session, assessment, codes[0]) is None


@pytest.mark.parametrize("then", ["next", "list"])
def test_too_little_for_a_must_is_saved_and_said(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn, then: str
) -> None:
    content = assessment.framework.content
    must, may = (next(one for one in content.asked(1) if one.core is core) for core in (True, False))
    partly, fully = value_with(assessment, Need.EXPLANATION), value_with(assessment, Need.EVIDENCE)
    labels = {value.value: value.label for value in content.scale}
    make.answered(assessment, by=owner, but=[must.code, may.code])
    browser = sign_in(owner)
    plan = {"explanation": "Some.", "action": "The rest.", "action_owner": "Olive", **date_fields(30)}
    for criterion, warned in ((may, False), (must, True)):
        address = f"{home}/criteria/{criterion.code}"
        answered = browser.send(address, {"value": partly, **plan, "seen_version": "0", "then": then})
        assert answered.status_code == 303
        page = html.unescape(browser.get(answered.location).text)
        assert (f"Saved: “{criterion.title}”. You said" in page) is warned
        if warned:
            needs = f"You said “{labels[partly]}”. It is a must, so {content.level_title(1)} needs “{labels[fully]}”."
            assert needs in page
            assert f"So far your answers reach: {content.level_title(0)}." in page
        assert ("Change your answer once that is so" in browser.get(address).text) is warned
    answered = browser.send(f"{home}/criteria/{must.code}", {"value": fully, "seen_version": "1", "then": then})
    assert "It is a must, so" not in browser.get(answered.location).text
