"""The rows of a spreadsheet: what each is understood to say, and what is said of a bad one."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from charter.account.models import User
from charter.assessment import answers, metrics, sheet_changes, spreadsheet
from charter.assessment.models import Assessment
from charter.assessment.sheet_changes import State
from charter.assessment.sheet_rows import Understood
from charter.errors import Refusal
from charter.extensions import transaction
from charter.framework.content import Content, Criterion, Extent
from charter.organisation.models import Organisation
from tests.assessment.sheets import TODAY, label, material, table, told, understood, workbook
from tests.conftest import AT
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
        "Answers, row 3: “XYZ-99” is not the code of a question. Check it in the template.",
        "Answers, row 4: This row has an answer but no code, so we do not know what it is about.",
        f"Answers, row 5: {higher.code} is not asked of you for the level you aim for.",
        f"Answers, rows 6 and 7: These rows say different things about {second.code}. "
        "Keep one of them. We used none of them.",
    ]
    assert [(item.code, dict(item.said)) for item in found.items] == [
        (first.code, {"value": next(one.value for one in content.scale if one.label == met)}),
        (third.code, {"explanation": "It stays."}),
    ]
    assert found.items[1].faults[0].startswith("Cell G8: “Sort of” is not one of the answers. Choose “")


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
        ("1 March 2020", None, "the date must be in the future."),
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
        sheet.write_formula("H2", "=1+1", None, "2")
        sheet.merge_range("A3:A4", second.code)

    rows = table({"code": first.code, "value": "Planned"}, {"explanation": "Merged."}, {"explanation": "Lost?"})
    found = understood(workbook(rows, then=spoil), assessment)
    assert found.items[0].faults == (
        "Cell H2 has a formula, so we did not use it. Write the answer itself in the cell.",
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


def test_what_is_wrong_is_told_sheet_by_sheet_and_row_by_row_as_in_the_file(
    assessment: Assessment, content: Content
) -> None:
    first, second, third = content.asked(1)[:3]

    def more(book: Any, _sheet: Any) -> None:
        sheet = book.add_worksheet("Basics")
        for number, row in enumerate(
            [["Code", "Yes or no"], [content.declarations[0].code, "perhaps"], ["XYZ", "yes"]]
        ):
            sheet.write_row(number, 0, row)

    rows = table(
        {"code": first.code, "value": "Sort of", "action_due": "soon"},
        {"code": second.code, "value": "Planned"},
        {"code": second.code, "value": "Sort of"},
        {"value": "Planned"},
        {"code": third.code, "value": "Nearly"},
    )
    found = understood(workbook(rows, then=more), assessment)
    kept = Understood.of(json.loads(json.dumps(found.document())))
    wrong = sheet_changes.compare(kept, material(assessment)).wrong
    assert [one.where for one in wrong] == [
        *("Answers, row 2", "Answers, row 2", "Answers, rows 3 and 4", "Answers, row 5", "Answers, row 6"),
        *("Basics, row 2", "Basics, row 3"),
    ]
    assert [one.sentence[:8] for one in wrong[:2]] == ["Cell G2:", "Cell K2:"]
    assert [one.about for one in wrong[:3]] == [first.title, first.title, ""]


@pytest.fixture
def planned(assessment: Assessment, content: Content, owner: User) -> Criterion:
    """A criterion whose saved answer has a day that is over when the template comes back, and text of two lines."""
    criterion = content.asked(1)[0]
    with transaction() as session:
        answers.save(
            session,
            assessment,
            criterion=criterion.code,
            value=label_value(content),
            explanation="One line.\nAnother.",
            action="Write it.",
            action_owner="Ann",
            action_due=TODAY + timedelta(days=10),
            reason="",
            seen_version=0,
            by=owner,
            at=AT,
        )
    return criterion


def label_value(content: Content) -> str:
    return next(one.value for one in content.scale if answers.plans(content, one.value))


def test_a_cell_as_the_template_gave_it_is_left_as_it_was_though_its_day_is_over(
    assessment: Assessment, planned: Criterion
) -> None:
    found = understood(spreadsheet.write(material(assessment), on=TODAY), assessment, on=TODAY + timedelta(days=30))
    preview = sheet_changes.compare(found, material(assessment))
    assert (preview.wrong, preview.to_save) == ((), ())
    assert [line.item.code for line in preview.of(State.UNCHANGED)] == [planned.code]


def test_what_is_saved_and_stands_in_the_way_of_a_row_is_said_before_it_is_confirmed(
    assessment: Assessment, planned: Criterion
) -> None:
    """Else the button at the end would be refused."""
    later = TODAY + timedelta(days=30)
    for day in (None, TODAY + timedelta(days=10)):
        rows = table({"code": planned.code, "explanation": "More.", "action_due": day, "version": "1"})
        (item,) = understood(workbook(rows), assessment, on=later).items
        place = "“By when”" if day is None else "Cell K2"
        sentence = f"{place}: the date must be in the future. So we could not use the rest of this row."
        assert (dict(item.said), item.faults) == ({}, (sentence,))
    rows = table({"code": planned.code, "explanation": "More.", "action_due": later + timedelta(days=1)})
    (item,) = understood(workbook(rows), assessment, on=later).items
    assert (set(item.said), item.faults) == ({"explanation", "action_due"}, ())
