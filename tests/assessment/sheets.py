"""Spreadsheets to upload in tests, and what is understood of them."""

import io
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from charter.assessment import queries, sheet_file, sheet_rows, spreadsheet
from charter.assessment.models import Assessment
from charter.assessment.queries import Material
from charter.assessment.sheet_rows import Understood
from charter.extensions import db
from charter.framework.content import Content, Extent
from tests.conftest import AT

TODAY = AT.date()
HEADINGS = [column.heading for column in spreadsheet.TABLES[spreadsheet.ANSWERS]]
Cells = Mapping[str, Any]
"""What stands in the columns of one row of answers, by the name of the column."""


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


def understood(
    content_of_file: bytes, assessment: Assessment, filename: str = "answers.xlsx", on: date = TODAY
) -> Understood:
    return sheet_rows.understand(sheet_file.read(filename, content_of_file), material(assessment), on=on)


def told(found: Understood) -> list[str]:
    return [f"{one.where}: {one.sentence}" for one in found.problems]
