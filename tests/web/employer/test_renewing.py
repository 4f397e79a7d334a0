"""What comes after an award, and looking again at what was said last time."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks import counting, pages
from benchmarks.pages import Page
from charter.account.models import User
from charter.assessment import queries, submission
from charter.assessment.models import Answer, Assessment
from charter.award.issuing import last_day
from charter.clock import today
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def held(make: Factory, employer: Organisation, moderator: User) -> Callable[..., None]:
    """`held(level, days)` gives the employer an award that ends in so many days."""

    def give(level: int, days: int) -> None:
        months = make.framework().content.level(level).valid_months  # type: ignore[union-attr]
        first = today() + timedelta(days=days) - timedelta(days=months * 30)
        while last_day(first, months) < today() + timedelta(days=days):
            first += timedelta(days=1)
        while last_day(first, months) > today() + timedelta(days=days):
            first -= timedelta(days=1)
        make.award(employer, level=level, on=first, by=moderator)

    return give


@pytest.fixture
def again(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """A draft that began with the answers of the last one."""
    first = make.answered(make.assessment(employer, by=owner), by=owner)
    with transaction() as session:
        submission.withdraw(session, first, by=owner, at=make.at)
    return make.assessment(employer, by=owner)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def under_way(employer: Organisation) -> Assessment | None:
    who = employer.id
    db.session.rollback()  # what a page wrote is seen from here on
    return queries.open_one(db.session, who)


def answer(assessment: Assessment, code: str) -> Answer:
    which = assessment.id
    db.session.rollback()  # what a page wrote is seen from here on
    return db.session.scalars(
        sa.select(Answer)
        .where(Answer.assessment_id == which, Answer.criterion == code)
        .execution_options(populate_existing=True)
    ).one()


def test_checking_what_was_said_last_time_leads_and_all_that_came_along_is_accounted_for(
    again: Assessment, owner: User, sign_in: SignIn
) -> None:
    client, home = sign_in(owner), f"/assessments/{again.id}"
    came = len(queries.material(db.session, again).answers)
    page = client.get(home).text
    first = re.search(r'<a href="([^"]*)" role="button"[^>]*>\s*([^<]*?)\s*</a>', page)
    assert first is not None
    assert (first[1], first[2]) == (f"{home}/last-time", f"Check {came} answers from last time")
    lost = next(one.criterion for one in queries.material(db.session, again).answers.values())
    with transaction() as session:  # what it said cannot just hold any more
        session.execute(
            sa.update(Answer)
            .where(Answer.assessment_id == again.id, Answer.criterion == lost)
            .values(explanation="", value=None)
        )
    said = text(client.get(home).text)
    assert f"{came - 1} answers from last time to check" in said
    assert "Another 1 answer from last time needs something new, and is marked “Incomplete” below." in said


# What comes after an award -------------------------------------------------------------------------------------------


def test_a_level_that_can_be_renewed_is_offered_again_and_the_next_beside_it(
    make: Factory, employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(2, 45)
    client, content = sign_in(owner), make.framework().content
    page = client.get(f"/organisations/{employer.id}/renew").text
    assert re.findall(r'name="target_level" type="radio" value="(\d)"', page) == ["2", "3"]
    assert "That is in 45 days." in text(page)
    assert "You have one owner" in page
    response = client.send(f"/organisations/{employer.id}/renew", {"target_level": "2"})
    assert response.status_code == 303
    started = under_way(employer)
    assert started is not None
    assert (started.target_level, response.location) == (2, f"/assessments/{started.id}")
    assert content.level_title(2) in client.get(f"/organisations/{employer.id}/renew").text


@pytest.mark.parametrize(("days", "in_time"), [(85, 2), (45, 1), (10, 0)])
def test_each_level_says_if_there_is_time_to_hear_before_the_award_ends(
    employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn, days: int, in_time: int
) -> None:
    held(2, days)
    page = text(sign_in(owner).get(f"/organisations/{employer.id}/renew").text)
    assert (page.count("and there is no gap."), page.count("You may hear only after")) == (in_time, 2 - in_time)


def test_a_level_that_cannot_be_renewed_says_so_plainly_and_offers_the_next(
    make: Factory, employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(1, 45)
    client, content = sign_in(owner), make.framework().content
    page = client.get(f"/organisations/{employer.id}/renew").text
    assert f"{content.level_title(1)} cannot be renewed." in page
    assert re.findall(r'name="target_level" type="radio" value="(\d)"', page) == ["2"]
    assert client.send(f"/organisations/{employer.id}/renew", {"target_level": "1"}).status_code == 400
    start = f"/organisations/{employer.id}/assessments/new"
    refused = client.send(start, {"target_level": "1"}, follow_redirects=True)
    assert (refused.request.path, "There is a problem" in refused.text) == (start, True)
    assert under_way(employer) is None


def test_the_page_to_start_does_not_offer_a_level_that_was_held_once(
    employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(1, 400)
    client = sign_in(owner)
    page = client.get(f"/organisations/{employer.id}/assessments/new").text
    assert re.findall(r'name="target_level" type="radio" value="(\d)"', page) == ["2", "3"]
    assert "is held once and cannot be renewed." in page


def test_an_end_is_told_without_drama(
    employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(2, -3)
    client = sign_in(owner)
    assert "You can start again at any time." in client.get(f"/organisations/{employer.id}/renew").text
    dashboard = client.get("/dashboard").text
    assert "Your answers and evidence are kept, and you can start again at any time." in dashboard
    assert f"/organisations/{employer.id}/renew" in dashboard


@pytest.mark.parametrize(("days", "button"), [(90, "Renew your award"), (91, "See what comes next")])
def test_the_dashboard_asks_to_renew_from_ninety_days_before(
    owner: User, held: Callable[..., None], sign_in: SignIn, days: int, button: str
) -> None:
    held(2, days)
    page = sign_in(owner).get("/dashboard").text
    assert re.search(rf'class="govuk-button"[^>]*>\s*{button}', page)


def test_a_renewal_that_begins_later_is_coming_and_not_past(
    make: Factory, employer: Organisation, owner: User, moderator: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(2, 10)
    make.award(employer, level=2, on=today(), by=moderator)
    page = text(sign_in(owner).get("/dashboard").text)
    assert "Nothing for now. Your new award" in page
    assert "Coming:" in page
    assert "Before now" not in page.split("Coming:")[0]


def test_an_employer_without_an_award_is_sent_to_start(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    response = sign_in(owner).get(f"/organisations/{employer.id}/renew")
    assert (response.status_code, response.location) == (303, f"/organisations/{employer.id}/assessments/new")


def test_whoever_has_begun_carries_on(
    make: Factory, employer: Organisation, owner: User, held: Callable[..., None], sign_in: SignIn
) -> None:
    held(2, 45)
    client = sign_in(owner)
    token = client.token(f"/organisations/{employer.id}/renew")
    begun = make.assessment(employer, level=2, by=owner)
    page = client.get(f"/organisations/{employer.id}/renew").text
    assert "You have begun" in page
    assert 'name="target_level"' not in page
    sent = client.post(f"/organisations/{employer.id}/renew", data={"csrf_token": token, "target_level": "2"})
    assert (sent.status_code, sent.location) == (303, f"/assessments/{begun.id}")


# What was said last time ---------------------------------------------------------------------------------------------


def test_an_answer_from_last_time_is_marked_until_it_is_confirmed_with_one_button(
    make: Factory, again: Assessment, colleague: User, sign_in: SignIn
) -> None:
    client = sign_in(colleague)
    first, second = [one.code for one in queries.material(db.session, again).asked][:2]
    assert "Check that it still holds." in client.get(f"/assessments/{again.id}").text
    page = f"/assessments/{again.id}/criteria/{first}"
    assert "This is your answer from last time: check it" in client.get(page).text
    response = client.send(page, {"criteria": first, "then": "next"}, to=f"/assessments/{again.id}/last-time")
    assert (response.status_code, response.location) == (303, f"/assessments/{again.id}/criteria/{second}")
    assert "This is your answer from last time: check it" not in client.get(page).text
    found = answer(again, first)
    assert found.confirmed_at is not None
    assert found.saved_by_id != colleague.id  # who said it stays


def test_saving_an_answer_from_last_time_as_it_is_or_changed_confirms_it(
    make: Factory, again: Assessment, owner: User, sign_in: SignIn
) -> None:
    client = sign_in(owner)
    first, second = [one.code for one in queries.material(db.session, again).asked][:2]
    for code, explanation in ((first, answer(again, first).explanation), (second, "It is better still.")):
        client.send(
            f"/assessments/{again.id}/criteria/{code}",
            {
                "value": answer(again, code).value,
                "explanation": explanation,
                "seen_version": str(answer(again, code).version),
                "then": "list",
            },
        )
        assert not answer(again, code).is_to_check


def test_all_that_still_holds_is_confirmed_on_one_page(
    make: Factory, again: Assessment, owner: User, sign_in: SignIn
) -> None:
    client, page = sign_in(owner), f"/assessments/{again.id}/last-time"
    offered = re.findall(r'name="criteria" type="checkbox" value="([^"]+)"', client.get(page).text)
    assert offered == [one.code for one in queries.material(db.session, again).asked]
    assert client.send(page, {}).status_code == 400
    assert client.send(page, {"criteria": offered[1:]}).location == page
    assert re.findall(r'name="criteria" type="checkbox" value="([^"]+)"', client.get(page).text) == offered[:1]
    assert client.send(page, {"criteria": offered}).location == f"/assessments/{again.id}"
    assert "You have looked at all of them." in client.get(page).text


def test_answers_nobody_looked_at_again_cannot_be_sent(again: Assessment, owner: User, sign_in: SignIn) -> None:
    page = text(sign_in(owner).get(f"/assessments/{again.id}/check").text)
    assert "This is your answer from last time. Check that it still holds." in page


# A newer version of the charter --------------------------------------------------------------------------------------


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


def reworded(made: dict[str, Any]) -> None:
    """The first question says more, and a declaration too."""
    made["criteria"][0]["statement"] = "We do this, and more."
    made["declarations"][0]["statement"] = "We keep every law."
    made["meta"]["changes"] = ["Two sentences say more."]


def test_a_draft_is_told_of_a_newer_version_sees_what_would_change_and_moves(
    draft: Assessment, owner: User, colleague: User, publish: Callable[..., Framework], sign_in: SignIn
) -> None:
    client, code = sign_in(owner), draft.framework.content.criteria[0].code
    page = f"/assessments/{draft.id}/newer-version"
    assert client.get(page).location == f"/assessments/{draft.id}"
    framework = publish(reworded)
    for place in ("/dashboard", f"/assessments/{draft.id}"):
        assert page in client.get(place).text
    preview = text(client.get(page).text)
    assert "Two sentences say more." in preview
    assert "What you look at again: 1 answer" in preview
    assert "We keep every law. The wording changed." in preview
    other = sign_in(colleague)
    token = other.token(page)
    assert client.send(page).location == f"/assessments/{draft.id}"
    assert other.post(page, data={"csrf_token": token}).location == f"/assessments/{draft.id}"
    db.session.rollback()
    assert db.session.get_one(Assessment, draft.id).framework_id == framework.id
    tasks = client.get(f"/assessments/{draft.id}").text
    assert "The wording changed." in tasks
    assert page not in tasks
    shown = text(client.get(f"/assessments/{draft.id}/criteria/{code}").text)
    assert "Different in this version of the charter" in shown
    assert "We do this, and more." in shown
    assert "The question changed: check your answer" in shown


def test_what_was_sent_says_why_it_stays(
    make: Factory, draft: Assessment, owner: User, publish: Callable[..., Framework], sign_in: SignIn
) -> None:
    publish(reworded)
    make.submitted(draft, by=owner)
    client = sign_in(owner)
    page = client.get(f"/assessments/{draft.id}/newer-version", follow_redirects=True)
    assert page.request.path == f"/assessments/{draft.id}"
    assert "they stay on it until they are decided" in page.text
    assert "/newer-version" not in client.get("/dashboard").text


def test_a_closed_version_says_that_one_moves_before_one_sends(
    make: Factory, draft: Assessment, owner: User, publish: Callable[..., Framework], sign_in: SignIn
) -> None:
    first = draft.framework_id
    publish(reworded)
    try:
        with transaction() as session:
            publishing.retire(session, session.get_one(Framework, first), by=None, at=make.at)
        client = sign_in(owner)
        assert "move before you send your answers" in client.get(f"/assessments/{draft.id}").text
        assert "cannot send them until you move" in client.get(f"/assessments/{draft.id}/newer-version").text
        sent = client.send(
            f"/assessments/{draft.id}/submit",
            {"declared_by": "O", "declared_role": "Owner", "agreed": "y", "round": "1"},
        )
        assert sent.status_code == 400
        assert "Move your answers to the newest one" in sent.text
    finally:
        with transaction() as session:  # the first version is every test's
            session.execute(sa.update(Framework).where(Framework.id == first).values(status="published"))


def test_a_renewal_shows_what_is_different_since_last_time(
    make: Factory,
    employer: Organisation,
    owner: User,
    draft: Assessment,
    held: Callable[..., None],
    publish: Callable[..., Framework],
    sign_in: SignIn,
) -> None:
    with transaction() as session:
        submission.withdraw(session, draft, by=owner, at=make.at)
    held(1, 45)
    publish(reworded)
    page = text(sign_in(owner).get(f"/organisations/{employer.id}/renew").text)
    assert "What is different in the charter since last time" in page
    assert "Changed: 1 question" in page
    assert "Two sentences say more." in page


def test_what_is_no_longer_asked_can_still_be_read(
    make: Factory, employer: Organisation, owner: User, publish: Callable[..., Framework], sign_in: SignIn
) -> None:
    moved = make.answered(make.assessment(employer, level=2, by=owner), by=owner)
    content = moved.framework.content
    gone = next(one for one in content.asked(2) if one.level == 2 and not one.core and one.metric is None)

    def higher(made: dict[str, Any]) -> None:
        next(one for one in made["criteria"] if one["code"] == gone.code)["level"] = 3

    publish(higher)
    client = sign_in(owner)
    preview = text(client.get(f"/assessments/{moved.id}/newer-version").text)
    assert "What is no longer asked: 1 answer" in preview
    client.send(f"/assessments/{moved.id}/newer-version")
    page = text(client.get(f"/assessments/{moved.id}/check").text)
    assert "No longer asked" in page
    assert f"{gone.title} Fully in place We do this every day." in page


def test_the_pages_ask_the_database_a_fixed_number_of_questions(
    app: Flask,
    make: Factory,
    again: Assessment,
    employer: Organisation,
    owner: User,
    held: Callable[..., None],
    publish: Callable[..., Framework],
) -> None:
    held(2, 45)
    publish(reworded)
    paths = [
        f"/organisations/{employer.id}/renew",
        f"/assessments/{again.id}/last-time",
        f"/assessments/{again.id}/newer-version",
        f"/assessments/{again.id}",
        "/dashboard",
    ]
    found = [Page(path, lambda _session, path=path: [(path, owner.id)], queries=12) for path in paths]
    asked = {path: counting.queries(app, seen) for path, seen in pages.visits(app, found).items()}
    assert {path: count for path, count in asked.items() if count > (14 if path == "/dashboard" else 12)} == {}
