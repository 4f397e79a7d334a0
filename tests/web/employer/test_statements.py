"""The declarations and the figures: short answers, saved as they come."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import metrics
from charter.assessment.models import Assessment, Declaration, MetricReturn
from charter.clock import today
from charter.extensions import db
from charter.framework.content import Content
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.web.employer.conftest import SignIn


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def figures(assessment: Assessment) -> MetricReturn:
    db.session.rollback()
    return db.session.scalars(
        sa.select(MetricReturn)
        .where(MetricReturn.assessment_id == assessment.id)
        .execution_options(populate_existing=True)
    ).one()


def period(days: int) -> dict[str, str]:
    day = today() + timedelta(days=days)
    return {"period_end-day": str(day.day), "period_end-month": str(day.month), "period_end-year": str(day.year)}


def test_some_declarations_can_be_answered_now_and_the_others_later(
    content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    first, second = (one.code for one in content.declarations[:2])
    assert browser.send(f"{home}/declarations", {f"declaration-{first}": "yes"}).location == home
    assert browser.send(f"{home}/declarations", {f"declaration-{second}": "no"}).location == home
    db.session.rollback()
    found = db.session.scalars(sa.select(Declaration).order_by(Declaration.code)).all()
    assert [(one.code, one.agreed) for one in found] == [(first, True), (second, False)]
    text = browser.get(f"{home}/declarations").text
    assert text.count(" checked") == 2
    assert f"Saved so far. {len(content.declarations) - 2} of the legal basics still to answer." in text
    assert "Incomplete" in browser.get(home).text


def test_figures_saved_with_holes_do_not_look_done(home: str, owner: User, sign_in: SignIn) -> None:
    answered = sign_in(owner).send(f"{home}/figures", {"seen_version": "0", "then": "list"}, follow_redirects=True)
    assert "Saved so far. Some of your figures are still missing." in answered.text
    assert "Saved: your figures." not in answered.text


def test_whole_figures_are_saved_and_the_rates_are_shown(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=2, by=owner)
    content, page = made.framework.content, f"/assessments/{made.id}/figures"
    numbers = {f"number-{field.name}": "5" for field in metrics.fields(content, 2)}
    browser = sign_in(owner)
    saved = browser.send(page, {**numbers, **period(-30), "seen_version": "0", "then": "work-out"})
    assert saved.location == page
    text = browser.get(page).text
    assert text.count("This comes to <strong>") == len(content.metrics_for(2))
    assert "100%" in text
    outside = [one for one in metrics.figures(content, figures(made).inputs, 2) if one.warning]
    assert outside
    note = {f"note-{outside[0].metric.code}": "We are a new firm."}
    assert browser.send(page, {**numbers, **note, **period(-30), "seen_version": "1"}).status_code == 303
    assert figures(made).notes == {outside[0].metric.code: "We are a new firm."}


def test_a_number_that_makes_no_sense_is_kept_as_typed_and_told(
    content: Content, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    head, local = content.headcount_field, content.local_headcount_field
    typed = {f"number-{head}": "about six", f"number-{local}": "4", **period(-1), "seen_version": "0"}
    answered = browser.send(f"{home}/figures", typed)
    assert answered.status_code == 400
    assert answered.text.count("Write this as a number") == 2
    assert 'value="about six"' in answered.text
    assert figures(assessment).inputs == {head: "about six", local: "4"}
    assert "Write this as a number" in browser.get(f"{home}/figures").text


def test_a_count_above_the_headcount_is_told_and_the_rest_is_saved(
    content: Content, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    head, local = content.headcount_field, content.local_headcount_field
    answered = sign_in(owner).send(
        f"{home}/figures", {f"number-{head}": "6", f"number-{local}": "7", **period(-1), "seen_version": "0"}
    )
    assert answered.status_code == 400
    assert "This cannot be more than 6" in answered.text
    assert figures(assessment).inputs == {head: "6", local: "7"}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (period(1), "The 12 months must have ended"),
        ({"period_end-day": "31", "period_end-month": "4", "period_end-year": "2026"}, "must be a real date"),
    ],
)
def test_a_day_that_cannot_be_is_told_and_the_numbers_are_saved(
    content: Content,
    assessment: Assessment,
    home: str,
    owner: User,
    sign_in: SignIn,
    typed: dict[str, str],
    message: str,
) -> None:
    head = content.headcount_field
    answered = sign_in(owner).send(f"{home}/figures", {f"number-{head}": "6", **typed, "seen_version": "0"})
    assert answered.status_code == 400
    assert answered.text.count(message) == 2
    saved = figures(assessment)
    assert (saved.inputs, saved.period_end) == ({head: "6"}, None)


def test_of_two_browsers_the_later_sees_where_the_figures_differ(
    content: Content, assessment: Assessment, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    head = content.headcount_field
    first, second = sign_in(owner), sign_in(colleague)
    token = second.token(f"{home}/figures")
    first.send(f"{home}/figures", {f"number-{head}": "61", "seen_version": "0"})
    said = {"csrf_token": token, f"number-{head}": "72"}
    answered = second.post(f"{home}/figures", data={**said, "seen_version": "0"})
    assert answered.status_code == 409
    assert "Somebody else saved figures while you were typing" in answered.text
    assert '<td class="govuk-table__cell">61</td><td class="govuk-table__cell">72</td>' in answered.text
    assert figures(assessment).inputs == {head: "61"}
    assert second.post(f"{home}/figures", data={**said, "seen_version": "1"}).status_code == 303
    assert figures(assessment).inputs == {head: "72"}


@pytest.mark.parametrize("path", ["/declarations", "/figures"])
def test_back_after_submit_is_a_friendly_page(
    make: Factory, assessment: Assessment, home: str, path: str, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    token = browser.token(home + path)
    make.submitted(assessment, by=owner)
    answered = browser.post(home + path, data={"csrf_token": token, "seen_version": "1"})
    assert answered.status_code == 409
    assert "with the assessor and cannot be changed now" in answered.text
