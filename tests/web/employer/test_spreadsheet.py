"""Answers from a spreadsheet, as an employer goes through it: download, upload, look, confirm."""

import html
import io
import re
from typing import Any

import openpyxl
import pytest

from charter.account.models import User
from charter.assessment import queries, recognising, spreadsheet
from charter.assessment.metrics import fields
from charter.assessment.models import Assessment
from charter.assessment.queries import Material
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.framework.content import Content, Extent
from charter.organisation.models import Organisation
from tests.assessment.test_recognising import state
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn

ANSWER, EXPLANATION = "Answer", "What is in place now"


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def material(assessment: Assessment) -> Material:
    db.session.rollback()
    db.session.expire_all()
    return queries.material(db.session, assessment)


def filled(browser: CheckedClient, home: str, said: dict[str, dict[str, str]]) -> bytes:
    """The template as it is downloaded, with these cells written, by code and heading."""
    response = browser.get(f"{home}/spreadsheet.xlsx")
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    sheet = book[spreadsheet.ANSWERS]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        for heading, text in said.get(row[0].value, {}).items():
            sheet.cell(row[0].row, places[heading], text)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(browser: CheckedClient, home: str, file: bytes, name: str = "answers.xlsx") -> Any:
    return browser.send(f"{home}/spreadsheet", {"file": (io.BytesIO(file), name)}, content_type="multipart/form-data")


def seen(page: str) -> dict[str, str]:
    """What the page carries: the upload that it shows, and the versions of what is saved."""
    found = {}
    for tag in re.findall(r"<input[^>]*name=\"(?:seen-[^>]*|upload\"[^>]*)>", page):
        found[re.search(r'name="([^"]+)"', tag)[1]] = re.search(r'value="([^"]*)"', tag)[1]  # type: ignore[index]
    return found


def test_a_template_goes_out_comes_back_is_shown_and_is_saved_when_confirmed(
    assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    first, second = content.asked(1)[:2]
    file = filled(
        browser,
        home,
        {first.code: {ANSWER: content.scale[-2].label, EXPLANATION: "It works."}, second.code: {ANSWER: "Sort of"}},
    )
    assert send(browser, home, file).location == f"{home}/spreadsheet/check"
    page = browser.get(f"{home}/spreadsheet/check").text
    assert first.title in page
    assert "“Sort of” is not one of the answers." in page
    assert not re.search(r"[.?!]\.", re.sub(r"<[^>]*>", "", page))
    assert material(assessment).answers == {}
    assert "nothing of it is saved yet" in browser.get(f"{home}/spreadsheet").text
    done = browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page)})
    assert done.location == f"{home}/spreadsheet/saved"
    assert {code: answer.explanation for code, answer in material(assessment).answers.items()} == {
        first.code: "It works."
    }
    result = browser.get(f"{home}/spreadsheet/saved").text
    assert "Saved from your spreadsheet: 1 answer." in result
    assert "“Sort of” is not one of the answers." in result
    assert second.title in result
    assert browser.get(f"{home}/spreadsheet/check").location == f"{home}/spreadsheet"
    upload = browser.get(f"{home}/spreadsheet").text
    assert "1 thing in your last spreadsheet could not be used." in upload
    assert "nothing of it is saved yet" not in upload


def test_a_row_with_a_refused_cell_is_left_as_it_is_unless_somebody_chooses_it(
    make: Factory, assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    first = content.asked(1)[0]
    make.answered(assessment, by=owner)
    before = material(assessment).answers[first.code].value
    planned = next(value.label for value in content.scale if value.value != before)
    send(browser, home, filled(browser, home, {first.code: {ANSWER: planned, "By when": "next spring"}}))
    page = browser.get(f"{home}/spreadsheet/check").text
    card = page.split("Changes to what is saved")[1]
    assert "next spring" in card
    assert "So the row is left out, unless you choose the spreadsheet’s." in card
    chosen = re.search(r'value="(\w+)" checked', card)
    assert chosen is not None
    assert chosen[1] == "saved"
    choice = f"choice-criterion-{first.code}"
    browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page), choice: chosen[1]})
    assert material(assessment).answers[first.code].value == before
    result = browser.get(f"{home}/spreadsheet/saved").text
    assert "1 row left out, as you chose" in result
    assert "Saved: nothing" in result


def test_an_award_is_named_in_the_template_and_a_row_that_says_less_is_warned_of(
    make: Factory,
    assessment: Assessment,
    content: Content,
    home: str,
    owner: User,
    assessor: User,
    employer: Organisation,
    sign_in: SignIn,
) -> None:
    with transaction() as session:
        recognising.check(session, session.merge(state(make, employer, owner)), by=assessor, at=now())
    browser = sign_in(owner)
    stand_ins = material(assessment).stand_ins(today())
    code = next(one.code for one in content.asked(1) if one.code in stand_ins and stand_ins[one.code].is_met)
    title = stand_ins[code].passport.title
    less = next(one.label for one in content.scale if one.extent is Extent.NOT_MET)
    file = filled(browser, home, {code: {ANSWER: less}})
    sheet = openpyxl.load_workbook(io.BytesIO(file))[spreadsheet.ANSWERS]
    place = next(cell.column for cell in sheet[1] if cell.value == "Done for you by")
    told = {row[0].value: sheet.cell(row[0].row, place).value for row in sheet.iter_rows(min_row=2)}
    assert title in told[code]
    assert {one for one, words in told.items() if words} == {one for one in stand_ins if one in told}
    send(browser, home, file)
    page = html.unescape(browser.get(f"{home}/spreadsheet/check").text)
    assert f"Take care: your {title} stands in for this, and this answer says less." in page
    browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page)})
    tasks = html.unescape(browser.get(home).text)
    assert f"Your {title} would stand in for this. You say less yourself" in tasks


def test_figures_are_not_counted_as_answers(
    assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    number = fields(content, assessment.target_level)[0]
    send(browser, home, f"Code,Your number\n{number.name},12\n".encode(), "figures.csv")
    page = browser.get(f"{home}/spreadsheet/check").text
    assert browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page)}).location == home
    assert "Saved from your spreadsheet: 1 figure." in browser.get(home).text


def test_a_conflict_asks_which_to_keep_beside_its_question_and_remembers_the_other_choices(
    make: Factory,
    assessment: Assessment,
    content: Content,
    home: str,
    owner: User,
    colleague: User,
    sign_in: SignIn,
) -> None:
    browser = sign_in(owner)
    first = content.asked(1)[0]
    file = filled(browser, home, {first.code: {EXPLANATION: "From the file."}})
    sign_in(colleague).send(f"{home}/criteria/{first.code}", {"explanation": "By hand.", "seen_version": "0"})
    send(browser, home, file)
    page = browser.get(f"{home}/spreadsheet/check").text
    assert "By hand." in page
    assert "From the file." in page
    refused = browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page)})
    assert refused.status_code == 400
    assert refused.text.count(f"Choose which to keep for “{first.title}”.") == 2  # in the summary and beside it
    choice = {f"choice-criterion-{first.code}": "sheet"}
    assert browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page), **choice}).status_code == 303
    assert material(assessment).answers[first.code].explanation == "From the file."


def test_what_was_saved_while_one_looked_is_shown_again_before_anything_is_saved(
    assessment: Assessment, content: Content, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    first = content.asked(1)[0]
    send(browser, home, filled(browser, home, {first.code: {EXPLANATION: "From the file."}}))
    page = browser.get(f"{home}/spreadsheet/check").text
    sign_in(colleague).send(f"{home}/criteria/{first.code}", {"explanation": "By hand.", "seen_version": "0"})
    late = browser.send(f"{home}/spreadsheet/check", {"then": "save", **seen(page)})
    assert late.status_code == 409
    assert "Nothing was saved yet." in late.text
    assert "By hand." in late.text
    assert material(assessment).answers[first.code].explanation == "By hand."
    assert seen(late.text)[f"seen-criterion-{first.code}"] == "1"


def test_what_was_chosen_for_rows_that_nobody_changed_meanwhile_stays_chosen(
    assessment: Assessment, content: Content, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser, theirs = sign_in(owner), sign_in(colleague)
    codes = [one.code for one in content.asked(1)[:3]]
    file = filled(browser, home, {code: {EXPLANATION: f"{code} from the file."} for code in codes})
    for code in codes:
        theirs.send(f"{home}/criteria/{code}", {"explanation": f"{code} by hand.", "seen_version": "0"})
    send(browser, home, file)
    carried = seen(browser.get(f"{home}/spreadsheet/check").text)
    theirs.send(f"{home}/criteria/{codes[2]}", {"explanation": "Later.", "seen_version": "1"})
    names = [f"choice-criterion-{code}" for code in codes]
    chosen = dict(zip(names, ["sheet", "saved", "sheet"], strict=True))
    late = browser.send(f"{home}/spreadsheet/check", {"then": "save", **carried, **chosen})
    assert late.status_code == 409
    ticked = re.findall(r'<input[^>]*name="(choice-[^"]+)"[^>]*value="([^"]+)"[^>]*checked', late.text)
    assert dict(ticked) == {names[0]: "sheet", names[1]: "saved"}
    again = {"then": "save", **seen(late.text), **dict(ticked), names[2]: "saved"}
    assert browser.send(f"{home}/spreadsheet/check", again).status_code == 303
    said = {code: answer.explanation for code, answer in material(assessment).answers.items()}
    assert said == {codes[0]: f"{codes[0]} from the file.", codes[1]: f"{codes[1]} by hand.", codes[2]: "Later."}


def test_a_bad_file_is_refused_beside_its_field_and_a_dropped_one_saves_nothing(
    assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    assert "Choose a file." in browser.send(f"{home}/spreadsheet").text
    refused = send(browser, home, b"not a workbook")
    assert (refused.status_code, 'id="file-error"' in refused.text) == (400, True)
    send(browser, home, f"Code,Answer\n{content.asked(1)[0].code},planned\n".encode(), "answers.csv")
    assert browser.send(f"{home}/spreadsheet/check", {"then": "drop"}).location == f"{home}/spreadsheet"
    assert material(assessment).answers == {}
    assert browser.get(f"{home}/spreadsheet/check").status_code == 303


def test_each_person_checks_their_own_file(
    assessment: Assessment, content: Content, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    send(sign_in(owner), home, f"Code,Answer\n{content.asked(1)[0].code},planned\n".encode(), "a.csv")
    assert sign_in(colleague).get(f"{home}/spreadsheet/check").location == f"{home}/spreadsheet"


def test_once_sent_there_is_no_spreadsheet(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    browser = sign_in(owner)
    assert browser.get(f"{home}/spreadsheet").location == home
    assert browser.get(f"{home}/spreadsheet.xlsx").location == home


def test_looking_at_an_upload_asks_no_more_for_many_rows_than_for_one(
    assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    asked = []
    for codes in ([one.code for one in content.asked(1)[:1]], [one.code for one in content.asked(1)]):
        send(browser, home, "\n".join(["Code,Answer", *(f"{code},planned" for code in codes)]).encode(), "a.csv")
        with counting() as said:
            assert browser.get(f"{home}/spreadsheet/check").status_code == 200
        asked.append(len(said))
    assert asked[0] == asked[1] <= 12


def test_a_page_about_an_older_upload_shows_the_newer_one_before_anything_is_saved(
    assessment: Assessment, content: Content, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    code = content.asked(1)[0].code
    send(browser, home, f"Code,Answer\n{code},planned\n".encode(), "a.csv")
    old = seen(browser.get(f"{home}/spreadsheet/check").text)
    send(browser, home, f"Code,What is in place now,Answer\n{code},Another,planned\n".encode(), "b.csv")
    assert browser.send(f"{home}/spreadsheet/check", {"then": "save", **old}).location == f"{home}/spreadsheet/check"
    assert "You uploaded another file since." in browser.get(f"{home}/spreadsheet/check").text
    assert material(assessment).answers == {}
