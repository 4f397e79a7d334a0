"""What every CSV that the portal writes shares: its first mark, and no cell that a spreadsheet would run."""

MARK = "\ufeff"
"""The byte order mark. Spreadsheets read a file that begins with it as UTF-8; without it Excel garbles “é” and “–”."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How text begins that a spreadsheet takes for a formula."""


def harmless(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
