"""The pages of the improvement plan: it fills when answers are sent and when a case is decided, and people keep it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks import counting
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import today
from charter.extensions import db, transaction
from charter.improvement.models import Action, ActionStatus, ProgrammeRequest
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def home(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/plan"


@pytest.fixture
def page(owner: User, sign_in: SignIn) -> CheckedClient:
    return sign_in(owner)


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User, page: CheckedClient) -> Assessment:
    """An assessment of the first level that its owner sent by the page."""
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    data = {"declared_by": "Olive Owner", "declared_role": "Owner", "agreed": "y", "round": "1"}
    assert page.send(f"/assessments/{assessment.id}/submit", data).status_code == 303
    return assessment


def only(title: str) -> Action:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(Action).where(Action.title == title)).one()


def day(value: date) -> dict[str, str]:
    return {"due_on-day": str(value.day), "due_on-month": str(value.month), "due_on-year": str(value.year)}


def test_sending_answers_fills_the_plan_with_what_the_next_level_needs(
    page: CheckedClient, home: str, sent: Assessment
) -> None:
    assert f'href="{home}"' in page.get(f"/assessments/{sent.id}/submitted").text
    text = page.get(home).text
    content = sent.framework.content
    assert "Do next" in text
    assert "Later" in text
    assert f"<strong>{content.level_title(2)}</strong>" in text
    for criterion in content.criteria:
        if criterion.level == 2 and criterion.core:
            assert criterion.title in text


def test_a_decision_brings_the_plan_up_to_date(
    make: Factory, home: str, page: CheckedClient, sent: Assessment, assessor: User, moderator: User, sign_in: SignIn
) -> None:
    must = next(one for one in sent.framework.content.asked(1) if one.core)
    review = make.found(make.claimed(sent, by=assessor), by=assessor, but=[must.code])
    others = [one.code for one in sent.framework.content.criteria if one.code != must.code]
    from charter.framework.content import Extent

    make.found(review, by=assessor, outcome=Extent.NOT_MET, but=others)
    make.recommended(review, by=assessor, level=0, reasons="One is missing.")
    answer = sign_in(moderator).send(
        f"/admin/reviews/{review.id}/moderate", {"deed": "agree", "reasons": "One is missing."}
    )
    assert answer.status_code == 302
    text = page.get(home).text
    assert must.title in text
    assert "The assessor says:" in text


def test_a_person_adds_changes_finishes_and_puts_back_an_action(
    page: CheckedClient, home: str, owner: User, colleague: User
) -> None:
    due = today() + timedelta(days=40)
    assert page.send(f"{home}/new", {"title": "Write it down", **day(due)}).status_code == 303
    action = only("Write it down")
    data = {
        "title": "Write it all down",
        "owner": str(colleague.id),
        "seen_version": str(action.version),
        **day(due),
    }
    assert page.send(f"{home}/{action.id}", data).status_code == 303
    assert only("Write it all down").owner_id == colleague.id
    assert "Colin Colleague" in page.get(home).text
    assert page.send(f"{home}/{action.id}/done", {"shows": "The staff page."}).status_code == 303
    assert only("Write it all down").status is ActionStatus.DONE
    assert "The staff page." in page.get(home).text
    assert page.get(f"{home}/{action.id}").location == f"{home}/{action.id}/open-again"
    assert page.send(f"{home}/{action.id}/open-again").status_code == 303
    assert only("Write it all down").status is ActionStatus.TO_DO


def test_an_action_is_dropped_only_with_a_reason(
    page: CheckedClient, home: str, make: Factory, employer: Organisation, owner: User
) -> None:
    action = make.action(employer, by=owner)
    refused = page.send(f"{home}/{action.id}/drop", {"reason": " "})
    assert (refused.status_code, "Say why you will not do this." in refused.text) == (400, True)
    assert page.send(f"{home}/{action.id}/drop", {"reason": "Not for us."}).status_code == 303
    assert (only(action.title).status, "Not for us." in page.get(home).text) == (ActionStatus.DROPPED, True)


def test_of_two_who_change_an_action_the_later_sees_both(
    page: CheckedClient, home: str, make: Factory, employer: Organisation, owner: User
) -> None:
    action = make.action(employer, by=owner)
    seen = str(action.version)
    assert page.send(f"{home}/{action.id}", {"title": "Theirs", "seen_version": seen}).status_code == 303
    later = page.send(f"{home}/{action.id}", {"title": "Mine", "seen_version": seen})
    assert later.status_code == 409
    assert "Theirs" in later.text
    assert 'value="Mine"' in later.text
    again = {"title": "Mine", "seen_version": str(only("Theirs").version)}
    assert f'value="{again["seen_version"]}"' in later.text
    assert page.send(f"{home}/{action.id}", again).status_code == 303
    assert only("Mine").id == action.id


def test_what_cannot_be_kept_is_told_beside_its_field_and_stays_typed(
    page: CheckedClient, home: str, stranger: User
) -> None:
    data = {"title": "A good thing", "owner": str(stranger.id), **day(today() - timedelta(days=1))}
    refused = page.send(f"{home}/new", data)
    assert refused.status_code == 400
    assert "Choose somebody from the list." in refused.text
    assert 'value="A good thing"' in refused.text
    del data["owner"]
    assert "The date must be today or later." in page.send(f"{home}/new", data).text


def test_a_form_sent_twice_makes_one_action(page: CheckedClient, home: str) -> None:
    token = page.token(f"{home}/new")
    for _ in range(2):
        assert page.post(f"{home}/new", data={"csrf_token": token, "title": "Write it down"}).status_code == 303
    assert only("Write it down").status is ActionStatus.TO_DO


def test_the_plan_of_a_draft_is_made_by_a_button(
    make: Factory, employer: Organisation, owner: User, page: CheckedClient, home: str
) -> None:
    empty = page.get(home).text
    assert "Your plan is empty." in empty
    make.assessment(employer, by=owner)
    assert page.send(home).location == home
    assert "Do next" in page.get(home).text
    page.send(home)
    assert "Your plan was up to date already." in page.get(home).text


def test_each_action_says_who_can_help_and_asking_names_the_action(
    make: Factory, employer: Organisation, page: CheckedClient, home: str, sent: Assessment
) -> None:
    make.programmes()
    db.session.rollback()
    text = page.get(home).text
    assert "Who can help" in text
    address = text.split(f'href="/organisations/{employer.id}/services/')[1].split('"')[0]
    page.send(f"/organisations/{employer.id}/services/{address}", {"message": "", "agree": "y"})
    db.session.rollback()
    request = db.session.scalars(sa.select(ProgrammeRequest)).one()
    assert str(request.action_id) == address.partition("action=")[2]


def test_the_plan_asks_the_database_a_fixed_number_of_questions(
    app: Flask, make: Factory, employer: Organisation, owner: User, page: CheckedClient, home: str, sent: Assessment
) -> None:
    make.programmes()
    db.session.rollback()
    with counting.statements(app) as first:
        page.get(home)
    for number in range(10):
        make.action(employer, f"One more {number}", by=owner)
    db.session.rollback()
    with counting.statements(app) as then:
        page.get(home)
    assert len(then) == len(first) <= 12


def test_beyond_the_first_three_the_actions_are_folded_and_what_nobody_planned_yet_is_said_once(
    sign_in: SignIn, owner: User, employer: Organisation, make: Factory
) -> None:
    for number in range(5):
        make.action(employer, title=f"Action {number}", due_on=None, by=owner)
    with transaction() as session:
        session.execute(sa.update(Action).values(owner_id=None))
    text = sign_in(owner).get(f"/organisations/{employer.id}/plan").text
    first, _, rest = text.partition("See all 5")
    assert (first.count('<li class="charter-action">'), rest.count('<li class="charter-action">')) == (3, 2)
    assert text.count("Nothing here has a day or a name yet.") == 1
    assert "Nobody named yet" not in text
