"""The pages of an employer's figures: year by year, beside similar employers, and the figures given each year."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks import counting
from charter.account.models import User
from charter.assessment import benchmarks, metrics
from charter.assessment.metric_values import MetricValue
from charter.assessment.models import MetricReturn
from charter.award.models import Award
from charter.award.yearly import opening
from charter.award.yearly.models import YearlyReturn
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.notification.models import Message
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, on=today() - timedelta(days=340), by=moderator)


@pytest.fixture
def due(make: Factory, award: Award) -> YearlyReturn:
    return make.yearly_return(award)


@pytest.fixture
def content(make: Factory) -> Content:
    return make.framework().content


@pytest.fixture
def page(owner: User, sign_in: SignIn) -> CheckedClient:
    return sign_in(owner)


def period(day: date) -> dict[str, str]:
    return {"period_end-day": str(day.day), "period_end-month": str(day.month), "period_end-year": str(day.year)}


def typed(content: Content, number: str, rank: int = 1, **more: str) -> dict[str, str]:
    return {f"number-{field.name}": number for field in metrics.fields(content, rank)} | more


def fresh(due: YearlyReturn) -> YearlyReturn:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(YearlyReturn, due.id)


DECLARED = {"declared_by": "Olive Owner", "declared_role": "Owner", "agreed": "y"}


# Giving the figures of a year ---------------------------------------------------------------------------------------


def test_the_dashboard_says_by_when_they_are_due_and_an_owner_gives_them(
    page: CheckedClient, due: YearlyReturn, content: Content, employer: Organisation, owner: User
) -> None:
    home = f"/yearly-returns/{due.id}"
    text = page.get("/dashboard").text
    assert "Your yearly figures are due by" in text
    assert f'href="{home}"' in text
    ends = today() - timedelta(days=20)
    saved = page.send(home, {**typed(content, "6"), **period(ends), "seen_version": "1", "then": "check"})
    assert saved.location == f"{home}/send"
    text = page.get(f"{home}/send").text
    assert "Check and send your yearly figures" in text
    refused = page.send(f"{home}/send", {"declared_by": "", "declared_role": "Owner", "seen_version": "2"})
    assert (refused.status_code, "Tick the box to say that the figures are true." in refused.text) == (400, True)
    sent = page.send(f"{home}/send", {**DECLARED, "seen_version": "2"})
    assert sent.location == f"{home}/sent"
    assert fresh(due).sent_at is not None
    assert '<h1 class="govuk-panel__title">Your yearly figures are sent</h1>' in page.get(sent.location).text
    receipt = db.session.query(Message).filter(Message.kind == "yearly_figures_sent").one()
    assert (receipt.to_address, due.organisation.name in receipt.subject) == (owner.email, True)
    assert "Your yearly figures are due by" not in page.get("/dashboard").text
    assert "They cannot be changed now." in page.get(home).text
    assert "They cannot be changed now." in page.get(f"{home}/send").text
    again = page.post(f"{home}/send", data={"csrf_token": page.token("/account/name"), **DECLARED, "seen_version": "2"})
    assert again.status_code == 409
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MetricValue)) == len(content.metrics_for(1))


def test_an_end_day_that_is_no_year_after_last_times_is_to_be_checked_on_the_form_and_before_sending(
    page: CheckedClient, due: YearlyReturn, content: Content, make: Factory, employer: Organisation, owner: User
) -> None:
    home, last = f"/yearly-returns/{due.id}", today() - timedelta(days=600)
    before = make.assessment(employer, by=owner)
    with transaction() as session:
        session.add(
            MetricValue(
                organisation_id=employer.id,
                metric=content.metrics_for(1)[0].code,
                period_end=last,
                value=6,
                county=employer.county,
                size_band=employer.size_band,
                sector=employer.sector,
                recorded_at=now(),
                replaced_at=None,
                assessment_id=before.id,
                yearly_return_id=None,
            )
        )
    page.send(home, {**typed(content, "6"), **period(today() - timedelta(days=50)), "seen_version": "1"})
    for address in (home, f"{home}/send"):
        assert "18 months later, so the two cannot be compared" in page.get(address).text
    page.send(home, {**typed(content, "6"), **period(last + timedelta(days=365)), "seen_version": "2"})
    assert "cannot be compared" not in page.get(home).text


def test_with_nothing_given_the_page_to_send_asks_for_the_last_day_too(page: CheckedClient, due: YearlyReturn) -> None:
    assert "numbers. Say too which day your 12 months end on." in page.get(f"/yearly-returns/{due.id}/send").text
    assert page.get(f"/yearly-returns/{due.id}/sent").location == f"/yearly-returns/{due.id}"


def next_steps(page: CheckedClient) -> str:
    return page.get("/dashboard").text.partition("What to do next</h2>")[2].partition("</section>")[0]


def buttons(text: str) -> list[tuple[str, str]]:
    """The buttons in order: their words, and the kind of those that are not the main one."""
    return [(words, kind) for kind, words in re.findall(r'class="govuk-button ?([^"]*)"[^>]*>([^<]+)</a>', text)]


@pytest.mark.parametrize("days", [60, 0, -1, -300])
def test_what_to_do_next_begins_with_yearly_figures_that_are_due_or_overdue(
    make: Factory, page: CheckedClient, employer: Organisation, owner: User, moderator: User, days: int
) -> None:
    """Beside a draft for a higher level, which has no day, as beside nothing else."""
    award = make.award(employer, level=2, on=opening.anniversary(today() + timedelta(days=days), -1), by=moderator)
    due = make.yearly_return(award, on=min(today(), today() + timedelta(days=days)))
    assert due.due_on == today() + timedelta(days=days)
    secondary = "govuk-button--secondary"
    text = next_steps(page)
    assert buttons(text) == [("Give your yearly figures", ""), ("See what comes next", secondary)]
    assert f"{due.due_on.day} {due.due_on:%B %Y}" in text
    assert f'href="/yearly-returns/{due.id}"' in text
    assert ("were due on" in text) is (days < 0)
    make.assessment(employer, level=3, by=owner)
    assert buttons(next_steps(page)) == [("Give your yearly figures", ""), ("Start answering", secondary)]
    make.gives(due, period_end=today(), send=False, by=owner)
    assert buttons(next_steps(page))[0] == ("Go on with your yearly figures", "")
    make.gives(due, period_end=today(), by=owner)
    assert buttons(next_steps(page)) == [("Start answering", "")]


def test_they_come_before_an_award_that_ends(
    make: Factory, page: CheckedClient, due: YearlyReturn, award: Award
) -> None:
    with transaction() as session:
        session.get_one(Award, award.id).ends_on = due.due_on + timedelta(days=5)
    text = next_steps(page)
    assert [kind for _, kind in buttons(text)] == ["", "govuk-button--secondary"]
    assert text.index("Your yearly figures are due") < text.index("ends on")


def test_the_list_of_all_ones_employers_leads_to_their_yearly_figures(
    make: Factory, page: CheckedClient, due: YearlyReturn, employer: Organisation, owner: User
) -> None:
    make.joins(make.organisation("Severn Tools Ltd"), owner)
    day = f"{due.due_on.day} {due.due_on:%B %Y}"
    text = page.get("/dashboard").text.partition("Your other employer")[2]
    assert f'1 thing to do: <a class="govuk-link" href="/yearly-returns/{due.id}">' in text
    assert f"give your yearly figures (due by {day})<span" in text
    assert f"1 thing to do: give your yearly figures (due by {day})" in page.get("/dashboard/employers").text
    make.gives(due, period_end=today(), by=owner)
    assert "Nothing to do now" in page.get("/dashboard").text.partition("Your other employer")[2]


def test_what_was_typed_when_a_colleague_sent_them_is_shown_again(
    page: CheckedClient, due: YearlyReturn, content: Content, make: Factory, owner: User
) -> None:
    home = f"/yearly-returns/{due.id}"
    token = page.token(home)
    make.gives(due, period_end=today() - timedelta(days=20), by=owner)
    answered = page.post(home, data={"csrf_token": token, **typed(content, "7"), "seen_version": "1"})
    assert answered.status_code == 409
    assert "What you typed just now, which was not saved" in answered.text


def test_of_two_browsers_the_later_sees_both(
    due: YearlyReturn, content: Content, owner: User, colleague: User, sign_in: SignIn
) -> None:
    home = f"/yearly-returns/{due.id}"
    first, second = sign_in(owner), sign_in(colleague)
    token = second.token(home)
    assert first.send(home, {**typed(content, "6"), "seen_version": "1"}).status_code == 303
    answered = second.post(home, data={"csrf_token": token, **typed(content, "7"), "seen_version": "1"})
    assert answered.status_code == 409
    assert '<td class="govuk-table__cell">6</td><td class="govuk-table__cell">7</td>' in answered.text
    saved = second.post(home, data={"csrf_token": token, **typed(content, "7"), "seen_version": "2"})
    assert saved.status_code == 303
    assert fresh(due).inputs[content.headcount_field] == "7"


def test_a_contributor_gives_them_and_leaves_the_sending_to_an_owner(
    due: YearlyReturn, colleague: User, sign_in: SignIn
) -> None:
    theirs = sign_in(colleague)
    text = theirs.get(f"/yearly-returns/{due.id}").text
    assert "An owner of" in text
    assert "Save and check" not in text
    assert theirs.get(f"/yearly-returns/{due.id}/send").status_code == 403


def test_a_big_change_asks_why_in_the_place_of_other_notes_and_holds_nothing_back(
    make: Factory, page: CheckedClient, due: YearlyReturn, content: Content, employer: Organisation, owner: User
) -> None:
    (metric,) = content.metrics_for(1)
    home, ends = f"/yearly-returns/{due.id}", today() - timedelta(days=1)
    sends(make, employer, owner)  # its figures are the last time's
    text = page.send(
        home, {**typed(content, "20"), **period(ends), "seen_version": "1", "then": "work-out"}, follow_redirects=True
    ).text
    assert "A big change:" in text
    assert "This is 14 higher than last time. Tell us why, in a few words." in text
    assert f'name="note-{metric.code}"' in text
    assert "You have not said why." in page.get(f"{home}/send").text
    assert f'href="{home}#note-{metric.code}"' in page.get(f"{home}/send").text
    asked = page.send(home, {**typed(content, "21"), **period(ends), "seen_version": "2", "then": "check"})
    assert asked.location == f"{home}#note-{metric.code}"
    why = {f"note-{metric.code}": "We opened a second site."}
    page.send(home, {**typed(content, "20"), **why, **period(ends), "seen_version": "3"})
    text = page.get(f"{home}/send").text
    assert "We opened a second site." in text
    assert "You have not said why." not in text
    assert page.send(f"{home}/send", {**DECLARED, "seen_version": "4"}).status_code == 303


def test_a_head_count_outside_the_size_in_the_details_is_asked_about_as_in_an_assessment(
    make: Factory, page: CheckedClient, due: YearlyReturn, content: Content, employer: Organisation, owner: User
) -> None:
    band = content.size_band(employer.size_band)
    assert band is not None
    assert band.max is not None
    assessment = make.assessment(employer, by=owner)
    yearly = (f"/yearly-returns/{due.id}", f"/yearly-returns/{due.id}/send")
    own = (f"/assessments/{assessment.id}/figures", f"/assessments/{assessment.id}/check")
    for pages, versions in ((own, ("0", "1")), (yearly, ("1", "2"))):
        for people, doubted, version in ((band.max, False, versions[0]), (band.max + 1, True, versions[1])):
            ends = period(today() - timedelta(days=20))
            page.send(pages[0], {**typed(content, str(people)), **ends, "seen_version": version})
            doubt = f"Your details say “{band.title}”, and this number is {people}. Which of the two is right?"
            for shown in map(page.get, pages):
                assert (doubt in shown.text) is doubted
                assert (f'href="/organisations/{employer.id}/edit">Change your details' in shown.text) is doubted
    assert page.send(yearly[1], {**DECLARED, "seen_version": "3"}).status_code == 303
    assert "Which of the two is right?" not in page.get(yearly[0]).text


# What belongs to both forms -----------------------------------------------------------------------------------------


def test_each_mistake_is_named_with_its_number_in_the_list_above(
    page: CheckedClient, due: YearlyReturn, content: Content, make: Factory, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    (metric,) = content.metrics_for(1)
    field = metric.inputs[0]
    for home, version in ((f"/assessments/{assessment.id}/figures", "0"), (f"/yearly-returns/{due.id}", "1")):
        wrong = {f"number-{field.name}": "5.5", f"number-{content.headcount_field}": "six", "seen_version": version}
        text = page.send(home, {**typed(content, "5"), **wrong}).text
        summary = text.partition("govuk-error-summary__list")[2].partition("</ul>")[0]
        head = metrics.fields_of(content)[content.headcount_field].label
        assert f">{field.label}: write a whole number, with nothing after the point.</a>" in summary
        assert f">{head} Write this as a number, for example 12.</a>" in summary


def test_a_shared_number_that_is_not_known_is_ticked_and_what_needs_it_waits(
    make: Factory, page: CheckedClient, employer: Organisation, owner: User, content: Content
) -> None:
    assessment = make.assessment(employer, level=2, by=owner)
    home = f"/assessments/{assessment.id}"
    fte = next(field for field in content.context_fields if field.type == "decimal")
    waits = [metric for metric in content.metrics_for(2) if fte in metrics.rests_on(content, metric)]
    numbers = typed(content, "5", 2)
    numbers[f"number-{fte.name}"] = ""
    ticked = {**numbers, **period(today() - timedelta(days=20)), f"unknown-{fte.name}": "y", "seen_version": "0"}
    text = page.send(f"{home}/figures", {**ticked, "then": "list"}, follow_redirects=True).text
    assert f"You do not know {len(waits)} figure yet." in text
    found = db.session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == assessment.id)).one()
    assert (found.unknown, found.inputs.get(fte.name)) == ([fte.name], None)
    text = page.get(f"{home}/figures").text
    assert "These cannot be worked out yet, because a number they need is not known:" in text
    assert all(f"<li>{metric.label}</li>" in text for metric in waits)
    both = page.send(f"{home}/figures", {**ticked, f"number-{fte.name}": "4", "seen_version": "1"})
    assert both.status_code == 400
    assert f"You gave a number for “{fte.label}” and ticked that you do not know it." in both.text


def test_without_a_headcount_the_page_says_what_that_means_and_the_answers_can_be_sent(
    make: Factory, page: CheckedClient, employer: Organisation, owner: User, content: Content
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    home = f"/assessments/{assessment.id}"
    unknown = {f"unknown-{content.headcount_field}": "y", f"unknown-{content.local_headcount_field}": "y"}
    heads = (content.headcount_field, content.local_headcount_field)
    numbers = typed(content, "5") | {f"number-{name}": "" for name in heads}
    page.send(f"{home}/figures", {**numbers, **unknown, **period(today() - timedelta(days=20)), "seen_version": "1"})
    assert "an award counts you, but not your people" in page.get(f"{home}/figures").text
    assert "You do not know this yet" in page.get(f"{home}/check").text
    assert page.send(f"{home}/submit", {**DECLARED, "round": "1"}).status_code == 303


def test_each_figure_has_its_worked_example(
    make: Factory, page: CheckedClient, employer: Organisation, owner: User, content: Content
) -> None:
    assessment = make.assessment(employer, level=3, by=owner)
    text = page.get(f"/assessments/{assessment.id}/figures").text
    assert text.count("See an example<") == len(content.metrics)
    turnover = next(metric for metric in content.metrics if "leavers" in metric.formula)
    assert turnover.example is not None
    assert "1 ÷ 5.5 × 100 = <strong>18.2%</strong>" in text


def test_an_assessment_can_start_from_the_yearly_figures_and_nothing_is_saved_before_it_is_checked(
    make: Factory, page: CheckedClient, due: YearlyReturn, employer: Organisation, owner: User, content: Content
) -> None:
    ends = today() - timedelta(days=20)
    make.gives(due, {content.headcount_field: "8"}, period_end=ends, by=owner)
    assessment = make.assessment(employer, by=owner)
    home = f"/assessments/{assessment.id}/figures"
    assert "Start from those numbers" in page.get(home).text
    text = page.get(f"{home}?from=yearly-return").text
    assert "Check each, then save. Nothing is saved yet." in text
    assert 'value="8"' in text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MetricReturn)) == 0
    assert page.send(home, {**typed(content, "8"), **period(ends), "seen_version": "0"}).status_code == 303
    assert "Start from those numbers" not in page.get(home).text


# The page of figures ------------------------------------------------------------------------------------------------


def sends(make: Factory, employer: Organisation, owner: User) -> None:
    make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)


def test_the_page_shows_each_figure_with_its_chart_table_and_where_it_came_from(
    make: Factory, page: CheckedClient, due: YearlyReturn, employer: Organisation, owner: User, content: Content
) -> None:
    home = f"/organisations/{employer.id}/figures"
    assert "There are no figures yet." in page.get(home).text
    (metric,) = content.metrics_for(1)
    make.gives(due, {one.name: "2" for one in metric.inputs}, period_end=date(2025, 3, 31), by=owner)
    text = page.get(home).text
    assert "This is your first year." in text
    assert "charter-history__dot" not in text
    sends(make, employer, owner)
    text = page.get(home).text
    assert (text.count('class="charter-history__line"'), text.count('class="charter-history__dot"')) == (1, 2)
    assert "This is 4 higher than last time." in text
    assert re.search(r"<desc[^>]*>2 people for the 12 months to 31 March 2025; 6 people for the 12 months", text)
    assert f'href="/yearly-returns/{due.id}"' in text
    assert "Fewer than 5 other employers of your size have given this figure" in text


def test_the_middle_of_similar_employers_is_said_and_drawn(
    make: Factory, page: CheckedClient, due: YearlyReturn, employer: Organisation, owner: User, content: Content
) -> None:
    (metric,) = content.metrics_for(1)
    make.gives(due, {one.name: "2" for one in metric.inputs}, period_end=date(2025, 3, 31), by=owner)
    others = [make.organisation(f"Other {number} Ltd") for number in range(6)]
    for other in (employer, *others):
        sends(make, other, owner if other is employer else make.member(other, f"Owner {other.name[6]}"))
    with transaction() as session:  # they were sent in another quarter
        day = benchmarks.quarter_end(today())
        early = now() - timedelta(days=100)
        sent = sa.update(MetricValue).where(MetricValue.assessment_id.is_not(None))
        session.execute(sent.values(recorded_at=early, period_end=day - timedelta(days=30)))
        assert benchmarks.keep_up(session, today(), now())
    text = page.get(f"/organisations/{employer.id}/figures").text
    size, sector = content.size_title(employer.size_band), content.sector_words(employer.sector)
    words = (
        f"The middle of employers of your size ({size}) in your kind of work ({sector}) was <strong>6 people</strong>."
    )
    assert words in text
    assert "At least 5 others are counted." in text
    assert 'class="charter-history__others"' in text
    assert f"</span> The middle of employers of your size ({size}) in your kind of work ({sector}): 6 people." in text


def test_the_page_takes_a_fixed_number_of_queries(
    app: Flask, make: Factory, page: CheckedClient, due: YearlyReturn, employer: Organisation, owner: User
) -> None:
    home = f"/organisations/{employer.id}/figures"

    def queries() -> int:
        with counting.statements(app) as asked:
            page.get(home)
        return len(asked)

    make.gives(due, period_end=date(2025, 3, 31), by=owner)
    first = queries()
    sends(make, employer, owner)
    assert queries() == first <= 9
