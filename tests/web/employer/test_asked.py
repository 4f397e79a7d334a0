"""A round of more information on a criterion, a declaration and a figure, from the question to the case page."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import evidence, metrics, queries, returns
from charter.assessment.answers import FROZEN
from charter.assessment.models import Assessment
from charter.clock import today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Content, Extent, Metric
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.review.models import About, Review, Subject
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]
DECLARED = {"declared_by": "Olive Owner", "declared_role": "Owner", "agreed": "y"}


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)


@pytest.fixture
def content(sent: Assessment) -> Content:
    return sent.framework.content


@pytest.fixture
def metric(content: Content) -> Metric:
    """One whose formula uses a number that other figures use too."""
    shared = {field.name for field in content.context_fields}
    return next(one for one in content.metrics_for(2) if metrics.needs(content, one) & shared)


@pytest.fixture
def home(sent: Assessment) -> str:
    return f"/assessments/{sent.id}"


def said(assessment: Assessment) -> queries.Material:
    db.session.rollback()
    db.session.expire_all()
    return queries.material(db.session, assessment)


def in_two_weeks() -> dict[str, str]:
    day = today() + timedelta(days=14)
    return {"answer_by-day": str(day.day), "answer_by-month": str(day.month), "answer_by-year": str(day.year)}


def others(content: Content, metric: Metric) -> str:
    """A number that belongs to another figure alone."""
    return next(
        field.name
        for one in content.metrics_for(2)
        if one != metric
        for field in one.inputs
        if field.name not in metrics.needs(content, metric)
    )


def test_a_round_on_one_criterion_one_declaration_and_one_figure(
    make: Factory,
    sent: Assessment,
    content: Content,
    metric: Metric,
    home: str,
    owner: User,
    assessor: User,
    sign_in: SignIn,
) -> None:
    criterion, declaration = content.asked(2)[0], content.declarations[1]
    case: Review = make.found(make.claimed(sent, by=assessor), by=assessor)
    desk, page = sign_in(assessor), f"/admin/reviews/{case.id}/ask"
    keys = [
        Subject(about, code).key
        for about, code in (
            (About.CRITERION, criterion.code),
            (About.DECLARATION, declaration.code),
            (About.FIGURE, metric.code),
        )
    ]
    put: dict[str, Any] = {"questions": keys, **in_two_weeks()}
    wrong = desk.send(page, {**put, f"question-{keys[0]}": "Which shifts?"})
    assert wrong.status_code == 400
    told = html.unescape(wrong.text)
    for title, key in ((declaration.statement, keys[1]), (metric.label, keys[2])):
        assert told.count(f"Write your question on “{title}”.") == 2, "in the summary, and beside its field"
        assert f'href="#question-{key}"' in told
    assert "Which shifts?" in told
    texts = {f"question-{key}": f"Please explain, number {place}?" for place, key in enumerate(keys)}
    assert desk.send(page, {**put, **texts}).status_code == 302

    browser = sign_in(owner)
    tasks = html.unescape(browser.get(home).text)
    assert "Answer 3 questions" in tasks
    assert tasks.count("To do</strong>") == 3
    for place, title in enumerate((criterion.title, declaration.statement, metric.label)):
        assert title in tasks
        assert f"Please explain, number {place}?" in tasks

    declared = browser.get(f"{home}/declarations").text
    assert declared.count('type="radio"') == 2
    assert "Please explain, number 1?" in declared
    assert (
        browser.send(
            f"{home}/declarations",
            {f"declaration-{declaration.code}": "yes", f"note-{declaration.code}": "Agency staff too."},
        ).status_code
        == 303
    )
    own = metric.inputs[0].name
    figures = browser.get(f"{home}/figures").text
    assert f'name="number-{own}"' in figures
    assert f'name="number-{others(content, metric)}"' not in figures
    given = {f"number-{own}": "5", f"note-{metric.code}": "One left.", "seen_version": "1", "then": "list"}
    assert browser.send(f"{home}/figures", given).status_code == 303
    assert said(sent).inputs == {**dict.fromkeys(said(sent).inputs, "6"), own: "5"}
    assert browser.get(home).text.count("You have added to this") == 2
    checked = html.unescape(browser.get(f"{home}/check").text)
    assert "the assessor asked" in checked
    fully = next(value.value for value in content.scale if value.extent is Extent.MET)
    answer = {"value": fully, "explanation": "All shifts.", "seen_version": "1", "then": "list"}
    assert browser.send(f"{home}/criteria/{criterion.code}", answer).status_code == 303
    assert "the assessor asked" not in browser.get(f"{home}/check").text
    make.submitted(sent, by=owner)

    shown = html.unescape(desk.get(f"/admin/reviews/{case.id}").text)
    for place in range(3):
        assert f"Please explain, number {place}?" in shown
    assert "Agency staff too." in shown
    assert f"{metric.inputs[0].label}:</strong> was 6, now 5" in shown
    assert f"the declaration “{declaration.statement}”; the figure “{metric.label}”" in shown


def test_what_was_not_asked_is_refused_on_its_field_and_the_rest_is_saved(
    make: Factory,
    sent: Assessment,
    content: Content,
    metric: Metric,
    home: str,
    owner: User,
    assessor: User,
    sign_in: SignIn,
) -> None:
    asked, other = content.declarations[0].code, content.declarations[1].code
    make.asked_for_more(sent, declarations=[asked], figures=[metric.code], assessor=assessor)
    browser, own, closed = sign_in(owner), metric.inputs[0].name, others(content, metric)
    answer = browser.send(
        f"{home}/declarations",
        {f"declaration-{asked}": "no", f"declaration-{other}": "no", f"note-{asked}": "Not yet."},
    )
    assert answer.status_code == 400
    assert f"{FROZEN} You chose “No”." in html.unescape(answer.text)
    now = said(sent)
    assert (now.declarations[asked], now.declarations[other]) == (False, True)
    assert now.declaration_notes == {asked: "Not yet."}
    elsewhere = next(one.code for one in content.metrics if one is not metric)
    answer = browser.send(
        f"{home}/figures",
        {
            f"number-{own}": "4",
            f"number-{closed}": "3",
            f"note-{elsewhere}": "We counted twice.",
            "seen_version": "1",
            "then": "list",
        },
    )
    assert answer.status_code == 400
    assert f"{FROZEN} You typed “3”." in html.unescape(answer.text)
    assert f"{FROZEN} You typed “We counted twice.”." in html.unescape(answer.text)
    assert (said(sent).inputs[own], said(sent).inputs[closed]) == ("4", "6")


def test_a_number_that_no_longer_fits_opens_with_the_ones_asked_about(
    make: Factory, sent: Assessment, content: Content, home: str, owner: User, assessor: User, sign_in: SignIn
) -> None:
    limited = {
        field.name: (one, field.max_field) for one in content.metrics_for(2) for field in one.inputs if field.max_field
    }
    metric, limit, closed = next(
        (one, limit, name)
        for one in content.metrics_for(2)
        for name, (owner_of, limit) in limited.items()
        if owner_of != one and limit in metrics.needs(content, one)
    )
    make.asked_for_more(sent, figures=[metric.code], assessor=assessor)
    browser = sign_in(owner)
    assert f'name="number-{closed}"' not in browser.get(f"{home}/figures").text
    smaller = {f"number-{limit}": "5", "seen_version": "1", "then": "list"}
    answer = browser.send(f"{home}/figures", smaller)
    assert answer.status_code == 400
    assert f'name="number-{closed}"' in answer.text
    assert closed in returns.opened(sent, {metric.code}, said(sent).figures)


def test_a_round_without_figures_or_declarations_leaves_both_pages_closed(
    make: Factory, sent: Assessment, content: Content, home: str, owner: User, assessor: User, sign_in: SignIn
) -> None:
    make.asked_for_more(sent, [content.asked(2)[0].code], assessor=assessor)
    browser = sign_in(owner)
    for page in ("declarations", "figures"):
        assert "cannot be changed now" in browser.get(f"{home}/{page}").text


def test_of_two_who_write_a_note_on_a_declaration_the_later_sees_both_and_loses_neither(
    make: Factory,
    sent: Assessment,
    content: Content,
    home: str,
    owner: User,
    colleague: User,
    assessor: User,
    sign_in: SignIn,
) -> None:
    code, page = content.declarations[0].code, f"{home}/declarations"
    make.asked_for_more(sent, declarations=[code], assessor=assessor)

    def mark(text: str) -> str:
        (found,) = re.findall(rf'name="seen-{code}"[^>]* value="([^"]+)"', text)
        return str(found)

    first, second = sign_in(owner), sign_in(colleague)
    seen = mark(second.get(page).text)
    mine = {f"declaration-{code}": "yes", f"note-{code}": "Agency staff too."}
    assert first.send(page, {**mine, f"seen-{code}": mark(first.get(page).text)}).status_code == 303
    theirs = {f"declaration-{code}": "no", f"note-{code}": "Not for drivers.", f"seen-{code}": seen}
    answer = second.send(page, theirs)
    assert answer.status_code == 409
    told = html.unescape(answer.text)
    assert '<td class="govuk-table__cell">Yes</td><td class="govuk-table__cell">No</td>' in told
    assert 'cell">Agency staff too.</td><td class="govuk-table__cell">Not for drivers.</td>' in told
    assert re.search(r"<textarea[^>]*>\s*Not for drivers\.", told)
    assert (said(sent).declarations[code], said(sent).declaration_notes) == (True, {code: "Agency staff too."})
    assert second.send(page, {**theirs, f"seen-{code}": mark(answer.text)}).status_code == 303
    assert (said(sent).declarations[code], said(sent).declaration_notes) == (False, {code: "Not for drivers."})


def test_what_is_typed_when_the_round_was_sent_meanwhile_is_shown_again(
    make: Factory,
    sent: Assessment,
    content: Content,
    metric: Metric,
    home: str,
    owner: User,
    assessor: User,
    sign_in: SignIn,
) -> None:
    code, own = content.declarations[0].code, metric.inputs[0]
    make.asked_for_more(sent, declarations=[code], figures=[metric.code], assessor=assessor)
    browser = sign_in(owner)
    browser.get(f"{home}/declarations")
    make.submitted(sent, by=owner)
    answer = browser.send(f"{home}/declarations", {f"declaration-{code}": "yes", f"note-{code}": "Agency staff too."})
    assert answer.status_code == 409
    assert "Your note:</strong> Agency staff too." in answer.text
    numbers = {f"number-{own.name}": "5", f"note-{metric.code}": "One left.", "seen_version": "1"}
    answer = browser.send(f"{home}/figures", numbers)
    assert answer.status_code == 409
    told = html.unescape(answer.text)
    assert f"{own.label}:</strong> 5" in told
    assert "One left." in told
    assert said(sent).inputs[own.name] == "6"


@pytest.mark.parametrize("what", ["place", "library"])
def test_saying_where_to_look_or_using_older_evidence_answers_a_question(
    make: Factory,
    sent: Assessment,
    content: Content,
    home: str,
    owner: User,
    assessor: User,
    sign_in: SignIn,
    what: str,
) -> None:
    needing = [one.code for one in content.asked(2) if one.evidence_required]
    (use,) = said(sent).evidence[needing[0]]
    bare = next(one.code for one in content.asked(2) if not said(sent).evidence.get(one.code))
    code = needing[0] if what == "place" else bare
    make.asked_for_more(sent, [code], assessor=assessor)
    browser = sign_in(owner)
    assert "You have added to this" not in browser.get(home).text
    common: dict[str, Any] = {"by": owner, "at": make.at, "open_criteria": {code}}
    with transaction() as session:
        here, piece = session.get_one(Assessment, sent.id), session.get_one(type(use.evidence), use.evidence_id)
        if what == "place":
            evidence.say_where(session, here, piece, criterion=code, place="Pages 4 to 6", **common)
        else:
            evidence.reuse(session, here, piece, criteria=[code], **common)
    assert "You have added to this" in browser.get(home).text
    assert "the assessor asked" not in browser.get(f"{home}/check").text


# Why a figure changed so much ---------------------------------------------------------------------------------------


@pytest.fixture
def moved(
    make: Factory, employer: Organisation, owner: User, moderator: User, content_of: Content
) -> tuple[Assessment, Metric]:
    """An assessment that was sent, and the one figure of it that moved a lot since last time: nobody said why."""
    award = make.award(employer, on=today() - timedelta(days=330), by=moderator)
    (metric,) = content_of.metrics_for(1)
    due = make.yearly_return(award)
    make.gives(due, {one.name: "1" for one in metric.inputs}, period_end=today() - timedelta(days=60), by=owner)
    return make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner), metric


@pytest.fixture
def content_of(make: Factory) -> Content:
    return make.framework().content


LARGE = "This is 5 higher than last time. Tell us why, in a few words."
NO_REASON = "Say why this changed so much since last time."


@pytest.mark.parametrize("about", ["a criterion", "the figure", "another figure"])
def test_why_a_figure_changed_a_lot_is_asked_in_any_round_and_nothing_is_sent_without_it(
    make: Factory,
    moved: tuple[Assessment, Metric],
    owner: User,
    assessor: User,
    sign_in: SignIn,
    content_of: Content,
    about: str,
) -> None:
    sent, metric = moved
    criterion = content_of.asked(2)[0].code
    other = next(one.code for one in content_of.metrics_for(2) if one != metric)
    figures = {"a criterion": [], "the figure": [metric.code], "another figure": [other]}[about]
    make.asked_for_more(sent, [] if figures else [criterion], figures=figures, assessor=assessor)
    home, note, own = f"/assessments/{sent.id}", f"note-{metric.code}", metric.inputs[0].name
    asked_itself = about == "the figure"
    (mail,) = db.session.scalars(sa.select(Message.body).where(Message.kind == "more_information_needed"))
    assert (LARGE in mail) is not asked_itself  # then the assessor's own words are there
    browser = sign_in(owner)
    tasks = html.unescape(browser.get(home).text)
    assert f"Answer {1 if asked_itself else 2} question" in tasks
    assert (LARGE in tasks) is not asked_itself

    page = browser.get(f"{home}/figures").text
    assert f'name="{note}"' in page
    assert (f'name="number-{own}"' in page) is asked_itself, "the numbers stay as they are unless they are asked about"
    assert NO_REASON not in page, "nobody is told off before they had the chance"
    assert f'href="{home}/figures?missing=why#{note}"' in browser.get(f"{home}/check").text

    sending = {**DECLARED, "round": "2"}
    refused = browser.send(f"{home}/figures", sending, to=f"{home}/submit", follow_redirects=True)
    assert f'href="#{note}"' in refused.text, "the reason is beside the field, and in the list above"
    assert refused.text.lower().count(NO_REASON.lower()) == 2
    with pytest.raises(Refusal, match=r"Say why “.+” changed so much"):
        make.submitted(said(sent).assessment, by=owner)

    version = {"seen_version": "1", "then": "list"}
    empty = browser.send(f"{home}/figures", {note: " ", **version})
    assert (empty.status_code, empty.text.count(NO_REASON)) == (400, 1)
    assert browser.send(f"{home}/figures", {note: "We opened a second site.", **version}).status_code == 303
    assert said(sent).figures.notes == {metric.code: "We opened a second site."}
    assert said(sent).inputs == dict.fromkeys(said(sent).inputs, "6")
    assert "You have added to this" in browser.get(home).text
    assert f'name="{note}"' in browser.get(f"{home}/figures").text, "it can be put in other words until it is sent"
    assert browser.send(f"{home}/submit", {**DECLARED, "round": "2"}).location == f"{home}/submitted"


def test_a_note_that_was_there_before_and_what_did_not_change_much_stay_closed(
    make: Factory,
    moved: tuple[Assessment, Metric],
    owner: User,
    assessor: User,
    sign_in: SignIn,
    content_of: Content,
) -> None:
    sent, metric = moved
    make.asked_for_more(sent, [content_of.asked(2)[0].code], assessor=assessor)
    browser, home = sign_in(owner), f"/assessments/{sent.id}"
    other = next(one.code for one in content_of.metrics_for(2) if one != metric)
    both = {f"note-{metric.code}": "A second site.", f"note-{other}": "Something.", "seen_version": "1"}
    answer = browser.send(f"{home}/figures", {**both, "then": "list"})
    assert answer.status_code == 400
    assert f"{FROZEN} You typed “Something.”." in html.unescape(answer.text)
    assert said(sent).figures.notes == {metric.code: "A second site."}
    make.submitted(said(sent).assessment, by=owner)
    make.asked_for_more(sent, [content_of.asked(2)[1].code], assessor=assessor)
    assert "cannot be changed now" in browser.get(f"{home}/figures").text
    assert "Answer 1 question" in browser.get(home).text


def test_a_change_that_the_round_itself_brings_about_is_asked_about_too(
    make: Factory, moved: tuple[Assessment, Metric], owner: User, assessor: User, sign_in: SignIn
) -> None:
    sent, metric = moved
    make.asked_for_more(sent, figures=[metric.code], assessor=assessor)
    browser, page, note = sign_in(owner), f"/assessments/{sent.id}/figures", f"note-{metric.code}"
    own = {f"number-{one.name}": "1" for one in metric.inputs}
    assert browser.send(page, {**own, note: "", "seen_version": "1", "then": "list"}).status_code == 303
    assert NO_REASON not in browser.get(f"{page}?missing=why").text, "put right, it is as last time"
    own = {f"number-{one.name}": "5" for one in metric.inputs}
    worked_out = browser.send(page, {**own, note: "", "seen_version": "2", "then": "work-out"}, follow_redirects=True)
    assert "This is 4 higher than last time. Tell us why" in worked_out.text
    assert NO_REASON not in worked_out.text
    assert browser.send(page, {**own, note: "", "seen_version": "3", "then": "list"}).status_code == 400


def test_of_two_who_say_why_the_later_sees_both(
    make: Factory,
    moved: tuple[Assessment, Metric],
    owner: User,
    colleague: User,
    assessor: User,
    sign_in: SignIn,
    content_of: Content,
) -> None:
    sent, metric = moved
    make.asked_for_more(sent, [content_of.asked(2)[0].code], assessor=assessor)
    page, note = f"/assessments/{sent.id}/figures", f"note-{metric.code}"
    first, second = sign_in(owner), sign_in(colleague)
    assert first.send(page, {note: "A second site.", "seen_version": "1", "then": "list"}).status_code == 303
    answer = second.send(page, {note: "We hired.", "seen_version": "1", "then": "list"})
    assert answer.status_code == 409
    assert "A second site." in answer.text
    assert "We hired." in answer.text
    assert said(sent).figures.notes == {metric.code: "A second site."}


def test_the_desk_is_told_that_the_reason_is_asked_along_with_its_questions(
    make: Factory, moved: tuple[Assessment, Metric], owner: User, assessor: User, sign_in: SignIn
) -> None:
    sent, metric = moved
    case = make.found(make.claimed(sent, by=assessor), by=assessor)
    desk = sign_in(assessor)
    told = html.unescape(desk.get(f"/admin/reviews/{case.id}/ask").text)
    assert f"<li>{metric.label}: this is 5 higher than last time.</li>" in told
    make.asked_for_more(sent, figures=[metric.code], assessor=assessor)
    page = {f"note-{metric.code}": "We opened a second site.", "seen_version": "1", "then": "list"}
    assert sign_in(owner).send(f"/assessments/{sent.id}/figures", page).status_code == 303
    make.submitted(said(sent).assessment, by=owner)
    assert "We opened a second site." in desk.get(f"/admin/reviews/{case.id}").text
    assert "has not said why" not in desk.get(f"/admin/reviews/{case.id}/ask").text
