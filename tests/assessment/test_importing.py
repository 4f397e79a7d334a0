"""A spreadsheet of answers: what it would change, and what is saved once it is confirmed."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, importing, sheet_changes, spreadsheet
from charter.assessment.models import Assessment
from charter.assessment.sheet_changes import Preview, State
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Content, Criterion, Extent
from charter.organisation.models import Organisation
from tests.assessment.sheets import HEADINGS, TODAY, label, material, table, understood, workbook
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def upload(assessment: Assessment, rows: list[list[Any]], by: User) -> tuple[UUID, Preview]:
    found = understood(workbook(rows), assessment)
    with transaction() as session:
        kept = importing.keep(session, assessment, found, filename="answers.xlsx", by=by, at=AT)
    return kept.id, sheet_changes.compare(found, material(assessment))


def confirm(
    assessment: Assessment, kept: UUID, seen: Preview, by: User, choices: Mapping[str, bool] | None = None
) -> int:
    with transaction() as session:
        return importing.confirm(
            session,
            assessment,
            upload=kept,
            choices=choices or {},
            seen={line.item.key: line.seen for line in seen.lines},
            by=by,
            at=AT,
        ).total


def save(assessment: Assessment, criterion: Criterion, by: User, text: str) -> None:
    there = material(assessment).answers.get(criterion.code)
    with transaction() as session:
        answers.save(
            session,
            assessment,
            criterion=criterion.code,
            value=there.value if there else None,
            explanation=text,
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=there.version if there else 0,
            by=by,
            at=AT,
        )


def test_the_template_read_back_says_just_what_is_saved(make: Factory, assessment: Assessment, owner: User) -> None:
    make.answered(assessment, by=owner)
    found = understood(spreadsheet.write(material(assessment), on=TODAY), assessment)
    preview = sheet_changes.compare(found, material(assessment))
    assert (found.problems, found.remarks, preview.wrong, preview.to_save) == ((), (), (), ())
    said = material(assessment)
    assert {line.item.code for line in preview.lines} >= {one.code for one in said.asked} | set(said.declarations)
    assert {line.state for line in preview.lines} == {State.UNCHANGED}


def test_the_template_offers_the_words_of_the_scale_and_writes_no_formula(
    assessment: Assessment, content: Content, owner: User
) -> None:
    first = content.asked(1)[0]
    save(assessment, first, owner, '=HYPERLINK("https://example.org")')
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.write(material(assessment), on=TODAY)))
    assert book.sheetnames == [spreadsheet.HOW, *spreadsheet.TABLES]
    sheet = book[spreadsheet.ANSWERS]
    row = next(row for row in sheet.iter_rows() if row[0].value == first.code)
    place = HEADINGS.index("What is in place now")
    assert (row[place].data_type, row[place].value) == ("s", '=HYPERLINK("https://example.org")')
    assert len(sheet.data_validations.dataValidation) >= 1
    how = [cell.value for cell in book[spreadsheet.HOW]["A"]]
    assert {one.label for one in content.scale} <= set(how)


def test_an_imported_file_is_saved_only_once_it_is_confirmed(
    assessment: Assessment, content: Content, owner: User
) -> None:
    first, second = content.asked(1)[:2]
    rows = table(
        {"code": first.code, "value": label(content, Extent.MET), "explanation": "Every Monday."},
        {"code": second.code.lower(), "value": "Planned", "action": "Write it", "action_due": date(2027, 3, 27)},
    )
    kept, preview = upload(assessment, rows, owner)
    assert [line.state for line in preview.lines] == [State.NEW, State.NEW]
    assert material(assessment).answers == {}
    assert confirm(assessment, kept, preview, owner) == 2
    found = material(assessment).answers
    assert found[first.code].explanation == "Every Monday."
    assert (found[second.code].action, found[second.code].action_due) == ("Write it", date(2027, 3, 27))
    assert importing.kept_of(db.session, assessment, owner, at=AT) is None


def test_an_empty_cell_or_a_missing_column_deletes_nothing(
    assessment: Assessment, content: Content, owner: User
) -> None:
    first = content.asked(1)[0]
    save(assessment, first, owner, "It works.")
    rows: list[list[Any]] = [["Code", "Answer", "What will you do"], [first.code, label(content, Extent.MET), None]]
    kept, preview = upload(assessment, rows, owner)
    assert {line.state for line in preview.lines} == {State.NEW}
    confirm(assessment, kept, preview, owner)
    answer = material(assessment).answers[first.code]
    assert (content.scale_value(answer.value), answer.explanation) == (
        next(one for one in content.scale if one.extent is Extent.MET),
        "It works.",
    )


def test_what_was_saved_after_the_download_must_be_chosen_and_is_kept_unless_the_spreadsheet_wins(
    assessment: Assessment, content: Content, owner: User, colleague: User
) -> None:
    first, second = content.asked(1)[:2]
    for one in (first, second):
        save(assessment, one, owner, "Old.")
    rows = table(*({"code": one.code, "explanation": "From the file.", "version": "1"} for one in (first, second)))
    save(assessment, first, colleague, "Newer.")
    kept, preview = upload(assessment, rows, owner)
    assert [(line.state, dict(line.now), dict(line.then)) for line in preview.lines] == [
        (State.CONFLICT, {"What is in place now": "Newer."}, {"What is in place now": "From the file."}),
        (State.CHANGED, {"What is in place now": "Old."}, {"What is in place now": "From the file."}),
    ]
    keys = [line.item.key for line in preview.lines]
    with pytest.raises(Refusal) as refused:
        confirm(assessment, kept, preview, owner, {keys[1]: True})
    assert refused.value.field == f"choice-{keys[0]}"
    assert material(assessment).answers[second.code].explanation == "Old."  # all or nothing
    assert confirm(assessment, kept, preview, owner, {keys[0]: False, keys[1]: True}) == 1
    found = material(assessment).answers
    assert (found[first.code].explanation, found[second.code].explanation) == ("Newer.", "From the file.")


def test_who_confirms_what_changed_meanwhile_is_told_and_nothing_is_saved(
    assessment: Assessment, content: Content, owner: User, colleague: User
) -> None:
    first, second = content.asked(1)[:2]
    rows = table(*({"code": one.code, "explanation": "From the file."} for one in (first, second)))
    kept, preview = upload(assessment, rows, owner)
    save(assessment, second, colleague, "Meanwhile.")
    with pytest.raises(Stale):
        confirm(assessment, kept, preview, owner)
    assert set(material(assessment).answers) == {second.code}
    assert material(assessment).answers[second.code].explanation == "Meanwhile."


def test_legal_basics_and_figures_are_read_from_their_sheets(
    assessment: Assessment, content: Content, owner: User
) -> None:
    basics = content.declarations
    figure = next(metric for metric in content.metrics_for(1) if metric.inputs)
    own = figure.inputs[0].name

    def more(book: Any, _sheet: Any) -> None:
        sheet = book.add_worksheet("Figures of ours")
        for number, row in enumerate(
            [["code", "your number"], ["period_end", "31/10/2026"], [content.headcount_field, 8], [own, "not known"]]
        ):
            sheet.write_row(number, 0, row)

    rows = [["Code", "Yes or no"], [basics[0].code, "yes"], [basics[1].code, "NO"], [basics[2].code, "perhaps"]]
    found = understood(workbook(rows, "Basics", more), assessment)
    preview = sheet_changes.compare(found, material(assessment))
    assert [one.sentence for one in preview.wrong] == ["Cell B4: “perhaps” is neither “Yes” nor “No”."]
    with transaction() as session:
        kept = importing.keep(session, assessment, found, filename="a.xlsx", by=owner, at=AT)
    confirm(assessment, kept.id, preview, owner)
    said = material(assessment)
    assert dict(said.declarations) == {basics[0].code: True, basics[1].code: False}
    assert said.figures is not None
    assert (said.figures.period_end, said.inputs[content.headcount_field]) == (date(2026, 10, 31), "8")
    assert said.unknown == {figure.code}


def test_an_upload_that_nobody_confirms_is_forgotten_after_a_day(
    assessment: Assessment, content: Content, owner: User
) -> None:
    upload(assessment, table({"code": content.asked(1)[0].code, "value": "Planned"}), owner)
    for later, gone in ((importing.KEPT / 2, 0), (importing.KEPT, 1), (importing.KEPT, 0)):
        with transaction() as session:
            assert importing.drop_old(session, TODAY, AT + later) == gone


def test_a_sent_assessment_takes_no_spreadsheet(
    make: Factory, assessment: Assessment, content: Content, owner: User
) -> None:
    kept, preview = upload(assessment, table({"code": content.asked(1)[0].code, "explanation": "New."}), owner)
    make.submitted(make.answered(assessment, by=owner), by=owner)
    with pytest.raises(Refusal, match="only before they are sent"):
        confirm(assessment, kept, preview, owner)


def confirming(upload: UUID, seen: Preview) -> Deed:
    versions = {line.item.key: line.seen for line in seen.lines}

    def deed(session: Session, assessment: Assessment, user: User) -> object:
        return importing.confirm(session, assessment, upload=upload, choices={}, seen=versions, by=user, at=AT).total

    return deed


def test_a_button_pressed_twice_saves_once(app: Flask, assessment: Assessment, content: Content, owner: User) -> None:
    rows = table({"code": content.asked(1)[0].code, "explanation": "Once."})
    kept, preview = upload(assessment, rows, owner)
    deed = confirming(kept, preview)
    first, second = in_turn(app, assessment, (owner, deed), (owner, deed))
    assert first == 1
    assert isinstance(second, Refusal)
    assert material(assessment).answers[content.asked(1)[0].code].version == 1


def test_of_two_people_with_a_file_each_the_later_is_told_and_loses_nothing(
    app: Flask, assessment: Assessment, content: Content, owner: User, colleague: User
) -> None:
    code = content.asked(1)[0].code
    kept, preview = upload(assessment, table({"code": code, "explanation": "Mine."}), owner)
    theirs, theirs_seen = upload(assessment, table({"code": code, "explanation": "Theirs."}), colleague)
    first, second = in_turn(
        app, assessment, (owner, confirming(kept, preview)), (colleague, confirming(theirs, theirs_seen))
    )
    assert first == 1
    assert isinstance(second, Stale)
    assert material(assessment).answers[code].explanation == "Mine."
    assert importing.kept_of(db.session, assessment, colleague, at=AT) is not None


def test_a_file_that_was_replaced_since_is_not_saved_unseen(
    assessment: Assessment, content: Content, owner: User
) -> None:
    code = content.asked(1)[0].code
    kept, preview = upload(assessment, table({"code": code, "explanation": "Old file."}), owner)
    upload(assessment, table({"code": code, "explanation": "New file."}), owner)
    with pytest.raises(Refusal, match="replaced since"):
        confirm(assessment, kept, preview, owner)
    assert material(assessment).answers == {}
