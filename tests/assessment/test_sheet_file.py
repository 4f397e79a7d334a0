"""An uploaded file: read whatever program wrote it, or refused with what to do."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from charter.account.models import User
from charter.assessment import sheet_file
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.framework.content import Content, Extent
from charter.organisation.models import Organisation
from tests.assessment.sheets import label, table, understood, workbook
from tests.factories import Factory


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def csv_file(content: Content, separator: str = ",") -> str:
    code = content.asked(1)[0].code
    line = [code, label(content, Extent.MET), "Café £5 – “yes”"]
    return "".join(separator.join(row) + "\r\n" for row in (["Code", "Answer", "What is in place now"], line))


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


def test_a_row_far_down_costs_no_time_and_is_told(assessment: Assessment, content: Content) -> None:
    def far(_book: Any, sheet: Any) -> None:
        sheet.write(1_000_000, 0, "far")

    begun = time.process_time()
    found = understood(workbook(table({"code": content.asked(1)[0].code, "value": "Planned"}), then=far), assessment)
    assert time.process_time() - begun < 5
    assert len(found.items) == 1
    assert "Sheet “Answers” has something below row 20,000, which we did not read." in found.remarks
