"""The declarations and the figures: short answers, saved as they come."""

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import metrics
from charter.assessment.models import Assessment, Declaration, MetricReturn
from charter.clock import today
from charter.extensions import db
from charter.framework.content import Content
from charter.organisation.models import Organisation, Scope
from charter.review import queries as cases
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
    assert f"Saved. {len(content.declarations) - 2} of the legal basics still to answer. You say No to 1" in text
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


def test_a_figure_that_is_not_known_is_ticked_and_the_rest_is_enough(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=2, by=owner)
    content, home = made.framework.content, f"/assessments/{made.id}"
    metric = content.metrics_for(2)[0]
    own = {field.name for field in metric.inputs}
    numbers = {f"number-{field.name}": "5" for field in metrics.fields(content, 2) if field.name not in own}
    browser = sign_in(owner)
    typed = {**numbers, **period(-30), f"unknown-{metric.code}": "y", "seen_version": "0", "then": "list"}
    text = browser.send(f"{home}/figures", typed, follow_redirects=True).text
    assert "Saved: your figures. You do not know 1 figure yet." in text
    assert "1 figure you do not know yet" in text
    between = browser.get(f"{home}/level").text
    assert f"Still to come, because not known yet: the figure “{metric.label}”." in between
    assert figures(made).unknown == [metric.code]
    page = browser.get(f"{home}/figures").text
    assert (page.count(" checked"), page.count("Not known yet.")) == (1, 1)
    assert "govuk-error-message" not in page
    checked = browser.get(f"{home}/check").text
    assert checked.count("You do not know this yet") == len(own)
    assert checked.count("Still to come: you do not know this yet") == 1
    assert browser.send(f"{home}/figures", {**numbers, **period(-30), "seen_version": "1"}).status_code == 303
    assert figures(made).unknown == []


def test_numbers_beside_a_tick_that_they_are_not_known_are_told_and_both_are_kept(
    content: Content, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    (metric,) = content.metrics_for(1)
    name = metric.inputs[0].name
    typed = {f"number-{name}": "about 6", f"unknown-{metric.code}": "y", **period(-1), "seen_version": "0"}
    answered = browser.send(f"{home}/figures", typed)
    assert answered.status_code == 400
    assert answered.text.count(f"You gave numbers for “{metric.label}” and ticked that you do not know it.") == 2
    assert "Write this as a number" not in answered.text
    assert 'value="about 6"' in answered.text
    saved = figures(assessment)
    assert (saved.inputs, saved.unknown) == ({name: "about 6"}, [metric.code])
    assert "ticked that you do not know it" in browser.get(f"{home}/figures").text
    assert "You also gave numbers for it. Choose one." in browser.get(f"{home}/check").text


def test_of_two_browsers_the_later_sees_which_tick_differs(
    content: Content, assessment: Assessment, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    (metric,) = content.metrics_for(1)
    first, second = sign_in(owner), sign_in(colleague)
    token = second.token(f"{home}/figures")
    first.send(f"{home}/figures", {f"unknown-{metric.code}": "y", "seen_version": "0"})
    answered = second.post(f"{home}/figures", data={"csrf_token": token, "seen_version": "0"})
    assert answered.status_code == 409
    assert '<td class="govuk-table__cell">Not known yet</td><td class="govuk-table__cell">Known</td>' in answered.text


@pytest.mark.parametrize(("scope", "told"), [(Scope.LOCAL, True), (Scope.WHOLE, False)])
def test_who_answers_for_local_staff_only_is_told_whom_the_numbers_are_about(
    make: Factory, owner: User, sign_in: SignIn, scope: Scope, told: bool
) -> None:
    organisation = make.organisation("Branch Ltd", scope=scope)
    person = make.member(organisation, "Bo Branch")
    home = f"/assessments/{make.assessment(organisation, by=person).id}"
    browser = sign_in(person)
    page = browser.get(f"{home}/figures").text
    of_part = "How many people do you employ in the part of your organisation that your answers cover?"
    about = "Give every number for the part of your organisation that your answers cover, not for all of it."
    assert [text in page for text in (of_part, about)] == [told, told]
    assert (about in browser.get(f"{home}/check").text) is told
    shown = browser.get(f"/organisations/{organisation.id}").text
    assert ("People employed in the part that your answers cover" in shown) is told


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


def test_a_figure_to_explain_is_asked_about_once_and_is_on_top_of_the_check_until_then(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=2, by=owner)
    page, browser = f"/assessments/{made.id}/figures", sign_in(owner)
    sent = {f"number-{field.name}": "5" for field in metrics.fields(made.framework.content, 2)} | period(-30)
    back = browser.send(page, sent | {"seen_version": "0", "then": "next"})
    outside = next(one for one in metrics.figures(made.framework.content, figures(made).inputs, 2) if one.warning)
    note = f"note-{outside.metric.code}"
    assert back.location == f"{page}#{note}"
    text = browser.get(page).text
    assert "Say why below if you can" in text
    assert f'id="{note}"' in text
    check = f"/assessments/{made.id}/check"
    assert f'href="{page}#{note}"' in browser.get(check).text
    boxes = {f"note-{code}": "" for code in re.findall(r'name="note-([^"]+)"', text)}
    assert browser.send(page, sent | boxes | {"seen_version": "1", "then": "next"}).location == check
    assert f'href="{page}#{note}"' in browser.get(check).text
    said = dict.fromkeys(boxes, "We are a new firm.")
    assert browser.send(page, sent | said | {"seen_version": "1", "then": "next"}).location == check
    assert f'href="{page}#{note}"' not in browser.get(check).text


def test_more_people_than_the_size_in_the_details_is_asked_about_and_told_to_the_assessor(
    make: Factory, assessment: Assessment, home: str, owner: User, assessor: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    band = content.size_band(assessment.organisation.size_band)
    assert band is not None
    assert band.max is not None
    make.answered(assessment, by=owner)
    browser, doubt = sign_in(owner), f"Your details say “{band.title}”, and this number is"
    for people, doubted in ((band.max, False), (band.max + 1, True)):
        numbers = {f"number-{field.name}": str(people) for field in metrics.fields(content, 1)}
        version = str(figures(assessment).version)
        browser.send(f"{home}/figures", numbers | period(-30) | {"seen_version": version, "then": "list"})
        for page in (f"{home}/figures", f"{home}/check"):
            assert (doubt in unescape(browser.get(page).text)) is doubted
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    case = cases.case(db.session, review, by=assessor, on=today())
    assert doubt in case.warnings[content.headcount_field]


def test_no_to_a_legal_basic_is_no_success_and_says_that_no_level_can_be_reached(
    sign_in: SignIn, owner: User, home: str, assessment: Assessment
) -> None:
    codes = [one.code for one in assessment.framework.content.declarations]
    client = sign_in(owner)
    sent = {f"declaration-{code}": "yes" for code in codes} | {f"declaration-{codes[0]}": "no", "then": "list"}
    text = client.get(client.send(f"{home}/declarations", sent).location).text
    no = "You say No to 1 of the legal basics. While you do, no level can be reached."
    assert text.count(no) == 2  # in the message, and beside the task
    assert "govuk-notification-banner--success" not in text


def test_a_number_that_contradicts_the_details_is_said_on_top_of_every_page_before_it_is_sent(
    sign_in: SignIn, owner: User, home: str, assessment: Assessment, content: Content, make: Factory
) -> None:
    band = content.size_band(make.answered(assessment, by=owner).organisation.size_band)
    assert band is not None
    found = figures(assessment)
    odd = str(band.max + 1 if band.max else band.min - 1)
    found.inputs = {**found.inputs, content.headcount_field: odd}
    db.session.commit()
    client = sign_in(owner)
    _, token = make.asks_for_sign_off(assessment, by=owner)
    for address in (f"{home}/check", f"{home}/submit", f"/sign-off/{token}"):
        text = unescape(client.get(address).text)
        assert f"Your details say “{band.title}”" in text, address
        assert text.index("Please check") < text.index("</main>") / 2 + text.index("<main") / 2, address
