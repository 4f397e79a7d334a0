"""A spreadsheet of answers: what is understood, what is said of each bad row, and what is saved once confirmed."""

import io
import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, importing, metrics, queries, sheet_file, spreadsheet
from charter.assessment.importing import Preview, State, Understood
from charter.assessment.models import Assessment
from charter.assessment.queries import Material
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Content, Criterion, Extent
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn

TODAY = AT.date()
HEADINGS = [column.heading for column in spreadsheet.TABLES[spreadsheet.ANSWERS]]
Cells = Mapping[str, Any]
"""What stands in the columns of one row of answers, by the name of the column."""


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def material(assessment: Assessment) -> Material:
    db.session.rollback()
    db.session.expire_all()
    return queries.material(db.session, assessment)


def label(content: Content, extent: Extent) -> str:
    return next(one.label for one in content.scale if one.extent is extent)


def workbook(rows: list[list[Any]], name: str = "Answers", then: Callable[[Any, Any], None] | None = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, place, value, book.add_format({"num_format": "dd/mm/yyyy"}))
            else:
                sheet.write(number, place, value)
    if then:
        then(book, sheet)
    book.close()
    return out.getvalue()


def table(*rows: Cells) -> list[list[Any]]:
    names = [column.name for column in spreadsheet.TABLES[spreadsheet.ANSWERS]]
    return [HEADINGS, *([row.get(name) for name in names] for row in rows)]


def understood(content_of_file: bytes, assessment: Assessment, filename: str = "answers.xlsx") -> Understood:
    return importing.understand(sheet_file.read(filename, content_of_file), material(assessment), on=TODAY)


def told(found: Understood) -> list[str]:
    return [f"{one.where}: {one.sentence}" for one in found.problems]


def csv_file(content: Content, separator: str = ",") -> str:
    code = content.asked(1)[0].code
    line = [code, label(content, Extent.MET), "Café £5 – “yes”"]
    return "".join(separator.join(row) + "\r\n" for row in (["Code", "Answer", "What is in place now"], line))


def upload(assessment: Assessment, rows: list[list[Any]], by: User) -> tuple[UUID, Preview]:
    found = understood(workbook(rows), assessment)
    with transaction() as session:
        kept = importing.keep(session, assessment, found, filename="answers.xlsx", by=by, at=AT)
    return kept.id, importing.compare(found, material(assessment))


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
        )


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
    found = understood(spreadsheet.write(material(assessment)), assessment)
    preview = importing.compare(found, material(assessment))
    assert (found.problems, found.remarks, preview.wrong, preview.to_save) == ((), (), (), ())
    said = material(assessment)
    assert {line.item.code for line in preview.lines} >= {one.code for one in said.asked} | set(said.declarations)
    assert {line.state for line in preview.lines} == {State.UNCHANGED}


def test_the_template_offers_the_words_of_the_scale_and_writes_no_formula(
    assessment: Assessment, content: Content, owner: User
) -> None:
    first = content.asked(1)[0]
    save(assessment, first, owner, '=HYPERLINK("https://example.org")')
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.write(material(assessment))))
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
    preview = importing.compare(found, material(assessment))
    assert [one.sentence for one in preview.wrong] == ["Cell B4: “perhaps” is neither “Yes” nor “No”."]
    with transaction() as session:
        kept = importing.keep(session, assessment, found, filename="a.xlsx", by=owner, at=AT)
    confirm(assessment, kept.id, preview, owner)
    said = material(assessment)
    assert dict(said.declarations) == {basics[0].code: True, basics[1].code: False}
    assert said.figures is not None
    assert (said.figures.period_end, said.inputs[content.headcount_field]) == (date(2026, 10, 31), "8")
    assert said.unknown == {figure.code}


# Bad rows -----------------------------------------------------------------------------------------------------------


def test_each_bad_row_is_named_and_costs_no_good_one(assessment: Assessment, content: Content) -> None:
    first, second, third = content.asked(1)[:3]
    higher = next(one for one in content.criteria if one.level > 1)
    met = label(content, Extent.MET)
    rows = table(
        {"code": first.code, "value": met},
        {"code": "XYZ-99", "value": met},
        {"value": met},
        {"code": higher.code, "value": met},
        {"code": second.code, "value": met},
        {"code": second.code, "value": "Planned"},
        {"code": third.code, "value": "Sort of", "explanation": "It stays."},
    )
    found = understood(workbook(rows), assessment)
    assert told(found) == [
        "Answers, row 3: “XYZ-99” is not the code of a question. Check it in the template.",
        "Answers, row 4: This row has an answer but no code, so we do not know what it is about.",
        f"Answers, row 5: {higher.code} is not asked of you for the level you aim for.",
        f"Answers, row 6 and Answers, row 7: These rows say different things about {second.code}. "
        "Keep one of them. We used neither.",
    ]
    assert [(item.code, dict(item.said)) for item in found.items] == [
        (first.code, {"value": next(one.value for one in content.scale if one.label == met)}),
        (third.code, {"explanation": "It stays."}),
    ]
    assert found.items[1].faults[0].startswith("Cell F8: “Sort of” is not one of the answers. Choose “")


def test_the_same_row_twice_is_read_once(assessment: Assessment, content: Content) -> None:
    first = content.asked(1)[0]
    row = {"code": first.code, "explanation": "Yes."}
    found = understood(workbook(table(row, row)), assessment)
    assert [(item.where, item.remarks) for item in found.items] == [
        ("Answers, row 2", ("It stands again in Answers, row 3.",))
    ]


@pytest.mark.parametrize(
    ("typed", "day", "told_of"),
    [
        (date(2027, 3, 27), date(2027, 3, 27), ""),
        ("27/3/2027", date(2027, 3, 27), ""),
        ("27 March 2027", date(2027, 3, 27), ""),
        ("2027-03-27", date(2027, 3, 27), ""),
        (46473, date(2027, 3, 27), "we read the number 46473"),
        ("3/4/2027", date(2027, 4, 3), "we read 3/4/2027 as 3 April 2027, the day first"),
        ("03/27/2027", None, "has the month first. Write 27/3/2027."),
        ("27/3/27", None, "is not a date we can read"),
        ("next spring", None, "is not a date we can read"),
        (12, None, "is not a date we can read"),
        ("27 Marvember 2027", None, "is not a date we can read"),
        ("1 March 2020", None, "The date must be in the future."),
    ],
)
def test_dates_are_read_with_the_day_first_however_they_are_kept(
    assessment: Assessment, content: Content, typed: object, day: date | None, told_of: str
) -> None:
    row = {"code": content.asked(1)[0].code, "value": "Planned", "action_due": typed}
    (item,) = understood(workbook(table(row)), assessment).items
    assert item.said.get("action_due") == (day.isoformat() if day else None)
    assert told_of in " ".join((*item.faults, *item.remarks))
    assert bool(item.faults) is (day is None)
    assert "value" in item.said


def test_formulas_errors_and_merged_cells_are_named_by_cell(assessment: Assessment, content: Content) -> None:
    first, second = content.asked(1)[:2]

    def spoil(_book: Any, sheet: Any) -> None:
        sheet.write_formula("G2", "=1+1", None, "2")
        sheet.merge_range("A3:A4", second.code)

    rows = table({"code": first.code, "value": "Planned"}, {"explanation": "Merged."}, {"explanation": "Lost?"})
    found = understood(workbook(rows, then=spoil), assessment)
    assert found.items[0].faults == (
        "Cell G2 has a formula, so we did not use it. Write the answer itself in the cell.",
    )
    assert "value" in found.items[0].said
    assert found.items[1].remarks == ("Cells A3:A4 are merged. We read only the first cell of each.",)
    assert told(found) == [
        "Answers, row 4: This row has an answer but no code, so we do not know what it is about. "
        "Cells A3:A4 are merged: unmerge them."
    ]


def test_missing_and_extra_columns_and_hidden_sheets_are_told(assessment: Assessment, content: Content) -> None:
    def hide(book: Any, _sheet: Any) -> None:
        book.add_worksheet("Old").hide()
        book.add_worksheet("Notes of ours").write(0, 0, "Hello")

    rows = [["Our plan for the year"], ["CODE ", "Answer?", "Mood"], [content.asked(1)[0].code, "planned", "Good"]]
    found = understood(workbook(rows, "Mine", hide), assessment)
    assert [item.where for item in found.items] == ["Mine, row 3"]
    assert "Column C of “Mine”, “Mood”, is not one of ours, so we did not read it." in found.remarks
    assert "Mine: the column “By when” is missing. What is saved for it stays as it is." in found.remarks
    assert "Sheet “Old” is hidden, so we did not read it." in found.remarks
    assert "Sheet “Notes of ours” has none of our columns, so we did not read it." in found.remarks


@pytest.mark.parametrize(
    ("headings", "sentence"),
    [
        (["Code", "What is in place now"], "The column “Answer” or “Yes or no” or “Your number” is missing."),
        (["Question", "Answer"], "The column “Code” is missing."),
        (["One", "Two"], "We found no columns called “Code” and “Answer”."),
    ],
)
def test_a_file_without_the_columns_that_matter_is_refused(
    assessment: Assessment, headings: list[str], sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        understood(workbook([headings, ["a", "b"]]), assessment)
    assert refused.value.field == "file"


# Files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_is_read_in_every_usual_encoding_and_with_every_usual_separator(
    assessment: Assessment, content: Content, encoding: str, separator: str
) -> None:
    found = understood(csv_file(content, separator).encode(encoding), assessment, "answers.csv")
    assert found.items[0].said["explanation"] == "Café £5 – “yes”"
    assert found.items[0].where == "Row 2"
    guessed = [one for one in found.remarks if "how its letters are stored" in one]
    assert len(guessed) == (encoding == "cp1252")


def bomb() -> bytes:
    """A workbook whose sheet unpacks to far more than its size."""
    out = io.BytesIO()
    with (
        ZipFile(io.BytesIO(workbook(table()))) as old,
        ZipFile(out, "w", ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                text = text.replace(b"</sheetData>", b"</sheetData>" + b" " * 30_000_000)
            new.writestr(part.filename, text)
    return out.getvalue()


def macros() -> bytes:
    out = io.BytesIO()
    with ZipFile(io.BytesIO(workbook(table()))) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        new.writestr("xl/vbaProject.bin", b"macro")
    return out.getvalue()


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "file", "sentence"),
    [
        ("a.xlsx", lambda: b"", "This file is empty"),
        ("a.csv", lambda: b" \r\n \r\n", "We found no columns"),
        ("a.xls", lambda: OLD, r"We cannot read \.xls files. Save it as an Excel workbook"),
        ("a.xlsx", lambda: OLD, "is not an Excel workbook"),
        ("a.xlsx", lambda: LOCKED, "protected with a password"),
        ("a.xlsm", macros, r"We cannot read \.xlsm files"),
        ("a.xlsx", macros, "macros or other programs inside it, which we cannot accept. Download the template"),
        ("a.xlsx", bomb, "Download the template again"),
        ("a.xlsx", lambda: workbook(table())[:-400], "damaged"),
        ("a.csv", lambda: workbook(table()), "named as text but is not"),
        ("a.csv", lambda: b"Code,Answer\n\x81\x8d,\x90", "Save it as “CSV UTF-8”"),
        ("a.pdf", lambda: b"%PDF-1.7", "This is not a spreadsheet"),
        ("a.csv", lambda: b"x" * 5_000_001, "larger than 5 MB"),
        ("a.csv", lambda: b"Code,Answer\n" + b'"' + b"x" * 200_000 + b'"', "cannot tell the rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    assessment: Assessment, name: str, file: Callable[[], bytes], sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        understood(file(), assessment, name)
    assert refused.value.field == "file"


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("huge") / "answers.xlsx"
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Answers")
    for number in range(100_000):
        sheet.write_row(number, 0, ["LEAD-01", number])
    book.close()
    return path


def test_a_hundred_thousand_rows_are_refused_within_seconds(assessment: Assessment, huge: Path) -> None:
    content_of_file = huge.read_bytes()
    begun = time.process_time()
    with pytest.raises(Refusal, match="more than 2,000 rows"):
        sheet_file.read("answers.xlsx", content_of_file)
    with pytest.raises(Refusal, match="more than 2,000 rows"):
        sheet_file.read("answers.csv", b"Code,Answer\n" + b"LEAD-01,Planned\n" * 100_000)
    assert time.process_time() - begun < 5


def test_a_file_of_many_small_cells_is_refused_before_they_are_read(assessment: Assessment) -> None:
    """Each sheet is within the limits of a sheet; together they would keep a worker busy for a minute."""

    def fill(book: Any, _sheet: Any) -> None:
        coloured = book.add_format({"bg_color": "#fff7bf"})
        for number in range(3):
            other = book.add_worksheet(f"More {number}")
            for row in range(1_000):
                for column in range(30):
                    other.write_blank(row, column, None, coloured)

    begun = time.process_time()
    with pytest.raises(Refusal, match="holds far more than the template"):
        understood(workbook(table(), then=fill), assessment)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b'encoding="UTF-8"', b'encoding="UT_-8"'),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData><row r='x'><c r='A1' t='s'><v>99999</v></c></row>"),
        ("xl/workbook.xml", b"<sheets>", b"<sheets><"),
        ("xl/styles.xml", b"<cellXfs", b"<cellXfs count='-1' x='"),
    ],
)
def test_a_workbook_that_is_broken_inside_is_refused_and_breaks_nothing(
    assessment: Assessment, content: Content, part: str, old: bytes, new: bytes
) -> None:
    whole = workbook(table({"code": content.asked(1)[0].code, "value": "Planned"}))
    out = io.BytesIO()
    with ZipFile(io.BytesIO(whole)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for info in before.infolist():
            text = before.read(info)
            after.writestr(info.filename, text.replace(old, new) if info.filename == part else text)
    with pytest.raises(Refusal, match="damaged") as refused:
        understood(out.getvalue(), assessment)
    assert refused.value.field == "file"


def test_numbers_that_are_none_and_text_in_strange_letters_break_nothing(
    assessment: Assessment, content: Content
) -> None:
    """Each of these in each cell of the three tables: told or read, never an error."""
    said = material(assessment)
    odd = ["NaN", "Infinity", "1e400", "9" * 400, -1, 1e300, True, "\u202eleft", "٣", "⅓", "=1+1", "x" * 32_000]
    codes = {
        spreadsheet.ANSWERS: [one.code for one in content.asked(1)],
        spreadsheet.BASICS: [one.code for one in content.declarations],
        spreadsheet.FIGURES: ["period_end", *metrics.fields_of(content)],
    }
    for name, columns in spreadsheet.TABLES.items():
        for value in odd:
            rows = [[column.heading for column in columns]]
            rows += [[code, *[value] * (len(columns) - 1)] for code in codes[name]]
            found = understood(workbook(rows), assessment)
            assert json.loads(json.dumps(found.document())) == found.document()
            importing.compare(found, said)


def test_a_row_far_down_costs_no_time_and_is_told(assessment: Assessment, content: Content) -> None:
    def far(_book: Any, sheet: Any) -> None:
        sheet.write(1_000_000, 0, "far")

    begun = time.process_time()
    found = understood(workbook(table({"code": content.asked(1)[0].code, "value": "Planned"}), then=far), assessment)
    assert time.process_time() - begun < 5
    assert len(found.items) == 1
    assert "Sheet “Answers” has something below row 20,000, which we did not read." in found.remarks


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
        return importing.confirm(session, assessment, upload=upload, choices={}, seen=versions, by=user, at=AT)

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
