"""The board's tables as files."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from charter import csv_cells
from charter.reporting import exports
from charter.reporting.exports import Table


def read(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(exports.as_csv(table).removeprefix(csv_cells.MARK), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert read(Table(("a",), [(text,)])) == [["a"], [f"'{text}"]]


def test_values_are_written_as_machines_read_them() -> None:
    row = (date(2026, 3, 31), Decimal("80.300"), Decimal("1200.000"), Decimal("1200"), -3, None, 'A "B", C')
    assert read(Table(tuple("abcdefg"), [row]))[1] == ["2026-03-31", "80.3", "1200", "1200", "-3", "", 'A "B", C']


def test_a_file_begins_with_the_mark_that_makes_a_spreadsheet_read_it_as_utf_8() -> None:
    file = exports.as_csv(Table(("county", "title"), [("a", "Café – Żabka")])).encode()
    assert file.startswith(b"\xef\xbb\xbfcounty,title\r\n")
    assert list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))[1] == ["a", "Café – Żabka"]


def test_codes_no_longer_known_come_after_the_known_ones() -> None:
    assert exports.in_order(["b", "a"], ["z", "a", "y"]) == ("b", "a", "y", "z")
