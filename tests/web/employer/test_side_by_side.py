"""Two people on one form: the later is shown both versions, keeps either or makes one of both, and undoes nothing."""

import html
import re
from datetime import timedelta
from typing import Any

import html5lib
import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import evidence, metrics, queries
from charter.assessment.models import Answer, Assessment, Declaration, Evidence, EvidenceUse, MetricReturn
from charter.award.yearly.models import YearlyReturn
from charter.clock import today
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.improvement.models import Action, ActionStatus
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import SignIn


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def filled(page: str) -> dict[str, str]:
    """What a browser would send of the form in the page's main part that has the most fields, untouched."""
    document = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False)
    forms = document.findall(".//main//form")
    found: list[dict[str, str]] = []
    for one in forms:
        sent: dict[str, str] = {}
        for field in one.iter("input", "textarea", "select"):
            name, kind = field.get("name"), field.get("type")
            if not name or kind == "submit" or (kind in {"radio", "checkbox"} and field.get("checked") is None):
                continue
            if field.tag == "textarea":
                sent[name] = (field.text or "").removeprefix("\n")
            elif field.tag == "select":
                chosen = field.find(".//option[@selected]")
                sent[name] = chosen.get("value", "") if chosen is not None else ""
            else:
                sent[name] = field.get("value", "")
        found.append(sent)
    return max(found, key=len)


class Two:
    """Two colleagues who opened one page before either saved. The first saves first."""

    def __init__(self, first: CheckedClient, second: CheckedClient, address: str) -> None:
        self.first, self.second, self.address = first, second, address
        self.theirs, self.mine = filled(first.get(address).text), filled(second.get(address).text)

    def meet(self, theirs: dict[str, str], mine: dict[str, str]) -> Any:
        """What the second is answered."""
        saved = self.first.post(self.address, data=self.theirs | theirs)
        assert saved.status_code == 303, saved.text
        return self.second.post(self.address, data=self.mine | mine)

    def again(self, page: Any, changed: dict[str, str] | None = None) -> Any:
        """The second sends the form of the page that was the answer, as it stands there."""
        return self.second.post(self.address, data=filled(page.text) | (changed or {}))


@pytest.fixture
def two(owner: User, colleague: User, sign_in: SignIn) -> Any:
    return lambda address: Two(sign_in(owner), sign_in(colleague), address)


def shows_both(answered: Any, theirs: str, mine: str) -> None:
    text = html.unescape(answered.text)
    assert answered.status_code == 409
    assert "Keep mine and replace theirs" in text
    assert "drop mine" in text
    assert theirs in text
    assert mine in text


def cells(theirs: str, mine: str) -> str:
    return f'<td class="govuk-table__cell">{theirs}</td><td class="govuk-table__cell">{mine}</td>'


def stored(model: type[Any]) -> Any:
    db.session.rollback()
    return db.session.scalars(sa.select(model).execution_options(populate_existing=True)).one()


def date_fields(name: str, days: int) -> dict[str, str]:
    day = today() + timedelta(days=days)
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


# An answer -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_either_way_with_one_button(content: Content, home: str, codes: list[str], two: Any) -> None:
    zero, one = content.scale[0].value, content.scale[1].value
    meeting = two(f"{home}/criteria/{codes[0]}")
    answered = meeting.meet({"value": zero, "explanation": "Theirs."}, {"value": one, "explanation": "Mine."})
    shows_both(answered, "Theirs.", "Mine.")
    assert re.search(r'<button type="submit" form="answer"[^>]*name="then" value="next">Keep mine', answered.text)
    assert stored(Answer).explanation == "Theirs."
    assert meeting.again(answered, {"then": "next"}).status_code == 303
    assert (stored(Answer).value, stored(Answer).explanation) == (one, "Mine.")


def test_in_two_windows_one_person_is_not_told_of_somebody_else(
    content: Content, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    code = content.declarations[0].code
    for address, theirs, mine in (
        (f"{home}/criteria/{codes[0]}", {"explanation": "First."}, {"explanation": "Second."}),
        (f"{home}/declarations", {f"declaration-{code}": "yes"}, {f"declaration-{code}": "no"}),
    ):
        page = Two(browser, browser, address).meet(theirs, mine)
        assert page.status_code == 409
        assert "You saved this in another window" in page.text
        assert "Somebody else" not in page.text
        assert owner.name + " saved" not in page.text


def test_who_changed_nothing_of_an_answer_does_not_undo_what_a_colleague_saved_meanwhile(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, two: Any
) -> None:
    make.answered(assessment, by=owner)
    meeting = two(f"{home}/criteria/{codes[0]}")
    assert meeting.meet({"explanation": "Theirs, and newer."}, {"then": "next"}).status_code == 303
    db.session.rollback()
    said = db.session.scalars(sa.select(Answer.explanation).where(Answer.criterion == codes[0])).one()
    assert said == "Theirs, and newer."


# The legal basics and the figures ------------------------------------------------------------------------------------


def declared() -> dict[str, bool]:
    db.session.rollback()
    return {one.code: one.agreed for one in db.session.scalars(sa.select(Declaration))}


def test_of_the_legal_basics_only_what_both_changed_has_to_be_chosen(content: Content, home: str, two: Any) -> None:
    first, second, third, *_ = (one.code for one in content.declarations)
    meeting = two(f"{home}/declarations")
    theirs = {f"declaration-{first}": "yes", f"declaration-{second}": "yes"}
    answered = meeting.meet(theirs, {f"declaration-{first}": "no", f"declaration-{third}": "yes"})
    shows_both(answered, cells("Yes", "No"), cells("Not answered", "Yes"))
    assert declared() == {first: True, second: True}
    assert meeting.again(answered).status_code == 303
    assert declared() == {first: False, second: True, third: True}, "what only the colleague answered stands"


def test_two_who_answer_different_legal_basics_both_do(content: Content, home: str, two: Any) -> None:
    first, second, *_ = (one.code for one in content.declarations)
    meeting = two(f"{home}/declarations")
    answered = meeting.meet({f"declaration-{first}": "yes"}, {f"declaration-{second}": "no"})
    assert answered.status_code == 303
    assert declared() == {first: True, second: False}


def test_of_the_figures_each_number_the_day_and_the_tick_are_shown_and_what_was_left_alone_follows_the_colleague(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, two: Any
) -> None:
    (metric,) = content.metrics_for(1)
    head, fields = content.headcount_field, [field.name for field in metric.inputs]
    make.answered(assessment, by=owner)
    meeting = two(f"{home}/figures")
    theirs = {f"number-{head}": "61", **date_fields("period_end", -40)} | {f"number-{one}": "7" for one in fields}
    answered = meeting.meet(theirs, {f"number-{head}": "72", "then": "list"})
    shows_both(answered, cells("61", "72"), "Keep what is saved now")
    assert f'name="number-{fields[0]}" type="text" value="7"' in answered.text, (
        "it was left alone, so it is as it is now"
    )
    assert meeting.again(answered, {"then": "list"}).status_code == 303
    figures = stored(MetricReturn)
    assert (figures.inputs[head], figures.inputs[fields[0]]) == ("72", "7")
    assert figures.period_end == today() - timedelta(days=40)


def test_the_day_and_the_note_of_figures_are_compared_too(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, two: Any
) -> None:
    make.answered(assessment, by=owner)
    meeting = two(f"{home}/figures")
    answered = meeting.meet(date_fields("period_end", -40), date_fields("period_end", -50))
    label = "Which day do the 12 months end on?</th>"
    assert answered.status_code == 409
    assert label in html.unescape(answered.text)


def test_who_changed_no_figure_undoes_none(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, two: Any
) -> None:
    make.answered(assessment, by=owner)
    meeting = two(f"{home}/figures")
    answered = meeting.meet({f"number-{content.headcount_field}": "61"}, {"then": "list"})
    assert answered.status_code == 303
    assert stored(MetricReturn).inputs[content.headcount_field] == "61"


def test_a_shared_number_that_one_does_not_know_and_the_other_gave_is_chosen_too(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, two: Any
) -> None:
    make.answered(assessment, by=owner)
    head = next(one for one in content.context_fields if one.name == content.headcount_field)
    meeting = two(f"{home}/figures")
    tick = f"unknown-{head.name}"
    answered = meeting.meet({f"number-{head.name}": "", tick: "y"}, {f"number-{head.name}": "72"})
    shows_both(answered, cells("Not known yet", "Known"), cells("Empty", "72"))
    assert tick not in filled(answered.text), "mine has no tick, so keeping mine takes theirs away"
    assert meeting.again(answered, {"then": "list"}).status_code == 303
    assert (stored(MetricReturn).unknown, stored(MetricReturn).inputs[head.name]) == ([], "72")


def test_who_left_a_tick_alone_keeps_the_colleagues(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, two: Any
) -> None:
    make.answered(assessment, by=owner)
    head, (metric,) = content.headcount_field, content.metrics_for(1)
    meeting = two(f"{home}/figures")
    theirs = {f"number-{head}": "", f"unknown-{head}": "y", f"number-{metric.inputs[0].name}": "7"}
    answered = meeting.meet(theirs, {f"number-{metric.inputs[0].name}": "8"})
    assert filled(answered.text)[f"unknown-{head}"] == "y"
    assert meeting.again(answered, {"then": "list"}).status_code == 303
    assert (stored(MetricReturn).unknown, stored(MetricReturn).inputs.get(head)) == ([head], None)


def test_in_a_round_of_more_information_the_tick_of_a_shared_number_is_chosen_too(
    make: Factory, employer: Organisation, owner: User, assessor: User, two: Any
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    content = sent.framework.content
    metric = next(one for one in content.metrics_for(2) if metrics.rests_on(content, one))
    field = metrics.rests_on(content, metric)[0]
    make.asked_for_more(sent, figures=[metric.code], assessor=assessor)
    meeting = two(f"/assessments/{sent.id}/figures")
    theirs = {f"number-{field.name}": "", f"unknown-{field.name}": "y"}
    answered = meeting.meet(theirs, {f"number-{field.name}": "72"})
    shows_both(answered, cells("Not known yet", "Known"), cells("Empty", "72"))
    assert meeting.again(answered, {"then": "list"}).status_code == 303
    assert (stored(MetricReturn).unknown, stored(MetricReturn).inputs[field.name]) == ([], "72")


@pytest.fixture
def due(make: Factory, employer: Organisation, moderator: User) -> YearlyReturn:
    award = make.award(employer, on=today() - timedelta(days=360), by=moderator)
    return make.yearly_return(award, on=today())


def test_of_yearly_figures_only_what_both_changed_has_to_be_chosen(
    content: Content, due: YearlyReturn, owner: User, two: Any
) -> None:
    (metric,) = content.metrics_for(1)
    head, own = content.headcount_field, metric.inputs[0].name
    meeting = two(f"/yearly-returns/{due.id}")
    theirs = {f"number-{head}": "61", f"number-{own}": "7", **date_fields("period_end", -40)}
    answered = meeting.meet(theirs, {f"number-{head}": "72"})
    shows_both(answered, cells("61", "72"), "Keep what is saved now")
    assert f'name="number-{own}" type="text" value="7"' in answered.text, "it was left alone, so it is as it is now"
    assert stored(YearlyReturn).inputs[head] == "61"
    assert meeting.again(answered, {"then": "work-out"}).status_code == 303
    found = stored(YearlyReturn)
    assert (found.inputs[head], found.inputs[own]) == ("72", "7")
    assert found.period_end == today() - timedelta(days=40)


def test_a_tick_goes_with_its_numbers_so_that_nothing_is_both_given_and_not_known(
    content: Content, due: YearlyReturn, two: Any
) -> None:
    (metric,) = content.metrics_for(1)
    meeting = two(f"/yearly-returns/{due.id}")
    numbers = [f"number-{field.name}" for field in metric.inputs]
    answered = meeting.meet(dict.fromkeys(numbers, "7"), {f"unknown-{metric.code}": "y"})
    shows_both(answered, cells("Known", "Not known yet"), cells("7", "Empty"))
    assert meeting.again(answered, {"then": "work-out"}).status_code == 303
    assert (stored(YearlyReturn).unknown, stored(YearlyReturn).inputs) == ([metric.code], {})


def test_who_changed_no_yearly_figure_undoes_none(content: Content, due: YearlyReturn, two: Any) -> None:
    meeting = two(f"/yearly-returns/{due.id}")
    assert meeting.meet({f"number-{content.headcount_field}": "61"}, {}).status_code == 303
    assert stored(YearlyReturn).inputs[content.headcount_field] == "61"


# The short way -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(make: Factory, owner: User, colleague: User) -> Assessment:
    """A draft of an employer small enough for the short way, which both belong to."""
    bands = make.framework().content.size_bands
    found = make.organisation("Fly's Bakery", size_band=next(one.code for one in bands if one.max == 9))
    make.joins(found, owner)
    make.joins(found, colleague)
    return make.assessment(found, by=owner)


def said(assessment: Assessment) -> dict[str, str]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(Answer).where(Answer.assessment_id == assessment.id))
    return {one.criterion: one.explanation for one in rows}


def test_on_the_short_way_each_question_is_chosen_by_itself(small: Assessment, two: Any) -> None:
    content = small.framework.content
    theme = next(
        theme
        for theme in content.themes
        if len([one for one in queries.material(db.session, small).asked if one.theme == theme.code]) > 1
    )
    a, b, *_ = (one.code for one in queries.material(db.session, small).asked if one.theme == theme.code)
    zero = content.scale[0].value
    meeting = two(f"/assessments/{small.id}/quick/{theme.code}")
    both = {f"{a}-value": zero, f"{b}-value": zero}
    theirs = {f"{a}-explanation": "Theirs on a.", f"{b}-explanation": "Theirs on b."}
    mine = {f"{a}-explanation": "Mine on a.", f"{b}-explanation": "Mine on b."}
    answered = meeting.meet(both | theirs, both | mine)
    text = html.unescape(answered.text)
    assert answered.status_code == 409
    assert all(words in text for words in (*theirs.values(), *mine.values()))
    assert text.count("Keep this one and drop mine") == 2
    assert meeting.again(answered, {f"{a}-keep_theirs": "y"}).status_code == 303
    assert said(small) == {a: "Theirs on a.", b: "Mine on b."}


def test_on_the_short_way_what_was_left_alone_undoes_nothing(small: Assessment, owner: User, two: Any) -> None:
    content = small.framework.content
    theme = content.themes[0]
    code = next(one.code for one in queries.material(db.session, small).asked if one.theme == theme.code)
    zero = content.scale[0].value
    address = f"/assessments/{small.id}/quick/{theme.code}"
    two(address).meet({f"{code}-value": zero, f"{code}-explanation": "As it was."}, {})
    meeting = two(address)
    assert meeting.meet({f"{code}-explanation": "Theirs, and newer."}, {}).status_code == 303
    assert said(small)[code] == "Theirs, and newer."


# Evidence ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def piece(assessment: Assessment, codes: list[str], owner: User) -> Evidence:
    with transaction() as session:
        return evidence.add_link(
            session,
            assessment,
            criteria=[codes[0]],
            title="Our staff pages",
            url="https://example.org/staff",
            dated_on=None,
            by=owner,
            at=AT,
        )


def test_the_details_of_a_piece_of_evidence(employer: Organisation, piece: Evidence, two: Any) -> None:
    meeting = two(f"/organisations/{employer.id}/evidence/{piece.id}/details")
    answered = meeting.meet({"title": "Theirs"}, {"title": "Mine", **date_fields("dated_on", -30)})
    shows_both(answered, cells("Theirs", "Mine"), "Date on the document")
    assert stored(Evidence).title == "Theirs"
    assert meeting.again(answered).status_code == 303
    assert (stored(Evidence).title, stored(Evidence).dated_on) == ("Mine", today() - timedelta(days=30))


def test_where_to_look_in_a_piece_of_evidence(home: str, codes: list[str], piece: Evidence, two: Any) -> None:
    meeting = two(f"{home}/criteria/{codes[0]}/evidence/{piece.id}/place")
    answered = meeting.meet({"place": "Page 4"}, {"place": "Page 9"})
    shows_both(answered, "Page 4", "Page 9")
    assert stored(EvidenceUse).place == "Page 4"
    assert meeting.again(answered).status_code == 303
    assert stored(EvidenceUse).place == "Page 9"


# The plan and the employer's details ---------------------------------------------------------------------------------


def test_an_action_of_the_plan(make: Factory, employer: Organisation, owner: User, two: Any) -> None:
    action = make.action(employer, by=owner)
    meeting = two(f"/organisations/{employer.id}/plan/{action.id}")
    answered = meeting.meet({"title": "Theirs"}, {"title": "Mine", "detail": "On Monday."})
    shows_both(answered, cells("Theirs", "Mine"), cells("Empty", "On Monday."))
    assert meeting.again(answered).status_code == 303
    assert stored(Action).title == "Mine"


@pytest.mark.parametrize(
    ("path", "field", "status"), [("done", "shows", ActionStatus.DONE), ("drop", "reason", ActionStatus.DROPPED)]
)
def test_the_words_with_which_an_action_is_closed(
    make: Factory, employer: Organisation, owner: User, two: Any, path: str, field: str, status: ActionStatus
) -> None:
    action = make.action(employer, by=owner)
    home = f"/organisations/{employer.id}/plan/{action.id}"
    meeting = two(f"{home}/{path}")
    answered = meeting.meet({field: "Their words."}, {field: "My words."})
    shows_both(answered, "Their words.", "My words.")
    assert (stored(Action).status, stored(Action).closing_note) == (status, "Their words.")
    assert meeting.again(answered).status_code == 303
    assert (stored(Action).status, stored(Action).closing_note) == (status, "My words.")
    assert meeting.second.get(f"{home}/{path}").location == f"{home}/open-again"


def test_the_details_of_the_employer(make: Factory, employer: Organisation, owner: User, sign_in: SignIn) -> None:
    other = make.member(employer, "Otto Owner")
    meeting = Two(sign_in(owner), sign_in(other), f"/organisations/{employer.id}/edit")
    answered = meeting.meet({"name": "Teme Orchards"}, {"about": "We grow apples."})
    shows_both(answered, cells("Teme Orchards", employer.name), cells("Empty", "We grow apples."))
    assert meeting.again(answered, {"name": "Teme Orchards"}).status_code == 303
    assert (stored(Organisation).name, stored(Organisation).about) == ("Teme Orchards", "We grow apples.")
