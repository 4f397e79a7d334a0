"""What every CSV of the portal shares, and that none has a guard of its own."""

from pathlib import Path

import pytest

import charter
from charter import csv_cells


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@here", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert csv_cells.harmless(text) == f"'{text}"
    assert csv_cells.harmless(f"a{text}") == f"a{text}"


def test_nothing_else_says_what_a_formula_begins_with() -> None:
    root = Path(charter.__file__).parent
    guards = [path.name for path in root.rglob("*.py") if '"=", "+"' in path.read_text(encoding="utf-8")]
    assert guards == ["csv_cells.py"]
