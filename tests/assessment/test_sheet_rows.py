"""The rows of a spreadsheet: what each is understood to say, and what is said of a bad one."""

import json
from datetime import date
from typing import Any

import pytest

from charter.account.models import User
from charter.assessment import metrics, sheet_changes, spreadsheet
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.framework.content import Content, Extent
from charter.organisation.models import Organisation
from tests.assessment.sheets import label, material, table, told, understood, workbook
from tests.factories import Factory


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


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
        "Answers, row 3: “XYZ-99” is not the code of a criterion. Check it in the template.",
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
            sheet_changes.compare(found, said)
