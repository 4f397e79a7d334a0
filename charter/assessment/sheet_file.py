"""An uploaded spreadsheet as plain rows of cells: from Excel's format or from CSV, within tight limits.

Nothing here knows what the rows mean (`sheet_rows.py` does). A formula is never worked out, and no row is believed to
be small: what is too large is refused before it is held in memory.
"""

import csv
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from charter.assessment import file_checks
from charter.errors import Refusal

MAX_BYTES = 5_000_000
MAX_UNPACKED = 16_000_000
"""The most that all parts of a workbook but its pictures may unpack to. The template unpacks to a hundredth of it."""
MAX_ROWS = 2_000
LAST_ROW = 20_000
"""Rows further down are not looked for: empty ones can be claimed a million at a time."""
MAX_COLUMNS = 60
MAX_SHEETS = 20
MAX_CELLS = 60_000
"""The most cells on all sheets together, coloured and empty ones too: each takes time. The template has a thousand."""
MAX_NOTED = 200
"""The most merged ranges that are remembered: a sheet with more is told of those."""
ACCEPT = ".xlsx,.csv,.txt"
FIELD = "file"
TEMPLATE = "Download the template again, copy your answers into it, and choose that."

Value = str | Decimal | date | bool | None


@dataclass(frozen=True)
class Cell:
    """What one cell holds. `fault` says, in a sentence, why it cannot be used; then it has no value."""

    ref: str
    value: Value
    fault: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.fault is None and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))

    @property
    def text(self) -> str:
        """What is in it, as people write it."""
        if isinstance(self.value, bool):
            return "Yes" if self.value else "No"
        day = self.value
        return f"{day.day}/{day.month}/{day.year}" if isinstance(day, date) else str(day)


def short(text: str) -> str:
    """As much of a text as fits in a sentence about it."""
    return text if len(text) <= 60 else f"{text[:59]}…"


@dataclass(frozen=True)
class Row:
    """A row that is not empty, by its number in the file."""

    number: int
    cells: tuple[Cell, ...]
    merged: tuple[str, ...] = ()
    """The ranges of merged cells that it is part of."""


@dataclass(frozen=True)
class Sheet:
    """One sheet, or a whole CSV file; its empty rows are left out."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class File:
    """What was uploaded."""

    sheets: tuple[Sheet, ...]
    remarks: tuple[str, ...] = ()
    """What its sender should know of how it was read."""


@dataclass
class _Shape:
    """What a sheet's own description says before any cell is read."""

    rows: int = 0
    cells: int = 0
    below: bool = False
    """Whether something stands below the last row that is looked at."""
    merged: list[str] = field(default_factory=list)


def read(filename: str, content: bytes) -> File:
    """The rows of a spreadsheet.

    Raises Refusal beside the field "file" when it is empty, too large, locked, damaged, of another kind, or could act
    when opened.
    """
    if not content:
        file_checks.refuse("This file is empty. Choose the spreadsheet that you filled in.")
    if len(content) > MAX_BYTES:
        file_checks.refuse(f"This file is larger than {MAX_BYTES // 1_000_000} MB. {TEMPLATE}")
    extension = file_checks.extension_of(filename)
    if extension == "xlsx":
        return _workbook(filename, content)
    if extension in {"csv", "txt", "tsv"}:
        return _text(content)
    if extension in {"xls", "xlsm", "xlsb", "xltx", "xltm", "ods", "numbers"}:
        file_checks.refuse(
            f"We cannot read .{extension} files. Save it as an Excel workbook (.xlsx) or as CSV, and choose that."
        )
    raise Refusal("This is not a spreadsheet we can read. Choose an Excel workbook (.xlsx) or a CSV file.", field=FIELD)


# Excel --------------------------------------------------------------------------------------------------------------

_BROKEN = (
    BadZipFile,
    InvalidFileException,
    SyntaxError,  # of the XML, from whichever parser reads it
    expat.ExpatError,
    struct.error,
    zlib.error,
    LookupError,  # also an encoding that nobody knows
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,  # a part that is locked, or packed in a way that nobody knows
    OSError,
    EOFError,
)


def _workbook(filename: str, content: bytes) -> File:
    try:
        file_checks.check(filename, content, limit=MAX_BYTES)
    except Refusal as refusal:
        sentence = str(refusal)
        if "PDF" in sentence:  # that advice is for evidence
            sentence = f"{sentence.split('. ', 1)[0].rstrip('.')}. {TEMPLATE}"
        file_checks.refuse(sentence)
    try:
        with ZipFile(io.BytesIO(content)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of decorations that it does not keep
            _within_limits(archive)
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            try:
                return _sheets(book, archive)
            finally:
                book.close()
    except Refusal:
        raise
    except _BROKEN:
        file_checks.refuse(f"This Excel workbook is damaged or only part of it was saved. {TEMPLATE}")


def _within_limits(archive: ZipFile) -> None:
    parts = [part for part in archive.infolist() if not part.filename.lower().startswith("xl/media/")]
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        file_checks.refuse(f"This file holds far more than the template does. {TEMPLATE}")
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as opened:
                parser = expat.ParserCreate()
                parser.StartDoctypeDeclHandler = _declared
                parser.ParseFile(opened)


def _declared(*_: object) -> NoReturn:
    raise ValueError("no office program declares a document type")


def _sheets(book: Any, archive: ZipFile) -> File:
    remarks: list[str] = []
    found: list[Sheet] = []
    cells = 0
    if len(book.worksheets) > MAX_SHEETS:
        file_checks.refuse(f"This file has more than {MAX_SHEETS} sheets. {TEMPLATE}")
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            remarks.append(f"Sheet “{sheet.title}” is hidden, so we did not read it.")
            continue
        shape = _shape(archive, sheet._worksheet_path, sheet.title, MAX_CELLS - cells)
        cells += shape.cells
        rows = tuple(_rows(sheet, shape))
        if shape.below:
            remarks.append(f"Sheet “{sheet.title}” has something below row {LAST_ROW:,}, which we did not read.")
        found.append(Sheet(sheet.title, rows))
    return File(tuple(found), tuple(remarks))


def _shape(archive: ZipFile, path: str, title: str, most: int) -> _Shape:
    """Count the cells, at most `most`, and the rows that hold something, and note merged cells; keep no value."""
    shape, counted, below = _Shape(), [False], [False]

    def started(tag: str, values: dict[str, str]) -> None:
        name = tag.rsplit(":", 1)[-1]
        if name == "row":
            counted[0] = False
            number = values.get("r", "")
            below[0] = number.isdecimal() and int(number) > LAST_ROW
        elif name == "c":
            shape.cells += 1
            if shape.cells > most:
                file_checks.refuse(f"This file holds far more than the template does. {TEMPLATE}")
        elif name in {"v", "is", "f"} and not counted[0]:
            counted[0] = True
            shape.rows += 1
            shape.below = shape.below or below[0]
            if shape.rows > MAX_ROWS:
                _too_many(f"Sheet “{title}”")
        elif name == "mergeCell" and len(shape.merged) < MAX_NOTED:
            shape.merged.append(values.get("ref", ""))

    parser = expat.ParserCreate()
    parser.StartElementHandler = started
    with archive.open(path.lstrip("/")) as opened:
        parser.ParseFile(opened)
    return shape


def _too_many(what: str) -> NoReturn:
    file_checks.refuse(f"{what} has more than {MAX_ROWS:,} rows, far more than the template. {TEMPLATE}")


def _rows(sheet: Any, shape: _Shape) -> Iterator[Row]:
    merged = [(ref, range_boundaries(ref)) for ref in shape.merged]
    read = 0
    for number, row in enumerate(sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS), 1):
        if read >= shape.rows:
            return
        if all(cell.value is None for cell in row):
            continue
        read += 1
        cells = tuple(_cell(cell, number, column) for column, cell in enumerate(row, 1))
        if all(cell.is_empty for cell in cells):
            continue
        own = tuple(ref for ref, (_, top, _, bottom) in merged if top <= number <= bottom)
        yield Row(number, cells, own)


def _cell(cell: Any, row: int, column: int) -> Cell:
    ref = f"{get_column_letter(column)}{row}"
    value = cell.value
    if value is None:
        return Cell(ref, None)
    if cell.data_type == "f" or not isinstance(value, str | bool | int | float | date):
        return Cell(ref, None, f"Cell {ref} has a formula, so we did not use it. Write the answer itself in the cell.")
    if cell.data_type == "e":
        return Cell(ref, None, f"Cell {ref} shows the error {value}, so we did not use it. Write the answer itself.")
    if isinstance(value, datetime):
        return Cell(ref, value.date())
    if isinstance(value, bool | date):
        return Cell(ref, value)
    if isinstance(value, int | float):
        return Cell(ref, _number(value))
    return Cell(ref, clean(value))


def _number(value: float) -> Decimal:
    """A number as the spreadsheet shows it: Excel keeps 15 figures."""
    plain = Decimal(format(value, ".15g"))
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() and abs(plain) < 10**15 else plain


def clean(text: str) -> str:
    """No spaces around, one kind of line break, and no character that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]", "", text).strip()


# CSV ----------------------------------------------------------------------------------------------------------------

NAME_OF_TEXT = "Your file"


def _text(content: bytes) -> File:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-")):
        file_checks.refuse("This file is named as text but is not. Save it as an Excel workbook (.xlsx) or as CSV.")
    text, remarks = _decoded(content)
    if "\x00" in text:
        file_checks.refuse("This file is not text. Save it as an Excel workbook (.xlsx) or as CSV, and choose that.")
    separator = ""
    first = text.split("\n", 1)[0].strip()
    if re.fullmatch(r'"?sep=[,;\t]"?', first, re.IGNORECASE):  # Excel's own way of saying so
        separator = first.strip('"')[-1]
        text = "\n" + text.split("\n", 1)[-1]  # the numbers of the rows stay those of the file
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or _separator(text))
    rows: list[Row] = []
    try:
        for number, values in enumerate(reader, 1):
            cells = tuple(
                Cell(f"{get_column_letter(column)}{number}", clean(value))
                for column, value in enumerate(values[:MAX_COLUMNS], 1)
            )
            if not all(cell.is_empty for cell in cells):
                rows.append(Row(number, cells))
            if len(rows) > MAX_ROWS:
                _too_many("This file")
    except csv.Error:
        file_checks.refuse(f"We cannot tell the rows of this file apart. Check its quotation marks. {TEMPLATE}")
    return File((Sheet(NAME_OF_TEXT, tuple(rows)),), remarks)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, and what to say about the letters when they had to be guessed."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16"), ()
        if content.startswith(b"\xef\xbb\xbf"):
            return content.decode("utf-8-sig"), ()
        for wide, zeros in (("utf-16-le", content[1:200:2]), ("utf-16-be", content[:200:2])):
            if len(zeros) > 4 and zeros.count(0) > len(zeros) * 0.6:
                return content.decode(wide), ()
        try:
            return content.decode("utf-8"), ()
        except UnicodeDecodeError:
            guessed = "The file does not say how its letters are stored. Check letters such as £ and é below."
            return content.decode("cp1252"), (guessed,)
    except UnicodeDecodeError:
        file_checks.refuse("We cannot read the letters in this file. Save it as “CSV UTF-8” and choose that.")


def _separator(text: str) -> str:
    """What sets the columns apart: the one found most often in the first line that is not empty, outside quotes."""
    line = next((line for line in text.split("\n") if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", line)
    counts: Sequence[tuple[int, str]] = [(bare.count(one), one) for one in (",", ";", "\t")]
    return max(counts, key=lambda one: one[0])[1]
