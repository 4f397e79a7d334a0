"""The look of what the scheme prints: our colours, font and mark, and text that fits its place."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

GREEN, INK, GREY = HexColor("#14432f"), HexColor("#16201b"), HexColor("#47524c")
GOLD, GOLD_DEEP, PALE = HexColor("#f0c24b"), HexColor("#b8892a"), HexColor("#b6cdbf")
REGULAR, BOLD, ITALIC = "EBGaramond-Regular", "EBGaramond-SemiBold", "EBGaramond-Italic"
FONTS = Path(__file__).parent / "award" / "fonts"


# Shapes ---------------------------------------------------------------------------------------------------------------


def leaf(
    page: Canvas, x: float, y: float, height: float, *, fill: Color | None = None, stroke: Color | None = None
) -> None:
    """The leaf of our mark, as static/mark.svg draws it, around its centre."""
    unit = height / 34
    path = page.beginPath()

    def at(across: float, up: float) -> tuple[float, float]:
        return x + (across - 20) * unit, y + (20 - up) * unit

    path.moveTo(*at(20, 3))
    path.curveTo(*at(29, 6), *at(34, 12), *at(34, 20))
    path.curveTo(*at(34, 28), *at(29, 34), *at(20, 37))
    path.curveTo(*at(11, 34), *at(6, 28), *at(6, 20))
    path.curveTo(*at(6, 12), *at(11, 6), *at(20, 3))
    path.close()
    if fill is not None:
        page.setFillColor(fill)
    if stroke is not None:
        page.setStrokeColor(stroke)
        page.setLineWidth(1)
    page.drawPath(path, stroke=int(stroke is not None), fill=int(fill is not None))


def mark(page: Canvas, x: float, y: float, height: float, *, fill: Color, tick: Color) -> None:
    """Our mark: a leaf with a tick."""
    leaf(page, x, y, height, fill=fill)
    unit = height / 34
    page.saveState()
    page.setStrokeColor(tick)
    page.setLineWidth(4 * unit)
    page.setLineCap(1)
    page.setLineJoin(1)
    path = page.beginPath()
    path.moveTo(x - 7.5 * unit, y - 0.5 * unit)
    path.lineTo(x - 2 * unit, y - 6 * unit)
    path.lineTo(x + 8 * unit, y + 6 * unit)
    page.drawPath(path, stroke=1, fill=0)
    page.restoreState()


def qr(page: Canvas, url: str, left: float, bottom: float, side: float) -> None:
    """A QR code that leads to `url`, and is a link for who reads the page on a screen."""
    modules = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
    one = side / len(modules)
    page.setFillColor(INK)
    for number, row in enumerate(modules):
        column = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:  # a hair taller than its row, so that no viewer shows a seam between rows
                top = bottom + side - number * one
                page.rect(left + column * one, top - one - 0.03, length * one, one + 0.06, stroke=0, fill=1)
            column += length
    page.linkURL(url, (left, bottom, left + side, bottom + side), relative=0)


# Text -----------------------------------------------------------------------------------------------------------------


@cache
def fonts() -> None:
    """Make our font known, once; call it before anything is measured or drawn."""
    for name in (REGULAR, BOLD, ITALIC):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def drawable(text: str, font: str) -> str:
    """The text on one line, in letters the font has; for one it lacks, the letter under it or a question mark."""
    known: dict[int, Any] = pdfmetrics.getFont(font).face.charToGlyph
    drawn = []
    for letter in " ".join(unicodedata.normalize("NFC", text).split()):
        if ord(letter) in known:
            drawn.append(letter)
        elif letter.isprintable():
            plain = unicodedata.normalize("NFKD", letter)
            drawn.append("".join(part for part in plain if ord(part) in known) or "?")
    return "".join(drawn)


def width_of(text: str, font: str) -> float:
    """The width at size 1."""
    width: float = pdfmetrics.stringWidth(text, font, 100) / 100
    return max(width, 0.01)


def balanced(words: Sequence[str], font: str, count: int) -> list[str]:
    """The words on at most `count` lines, broken where the widest line is narrowest."""
    widths = [width_of(word, font) for word in words]
    space = width_of(" ", font)

    def filled(limit: float) -> list[list[str]]:
        lines: list[list[str]] = [[]]
        used = 0.0
        for word, width in zip(words, widths, strict=True):
            if lines[-1] and used + space + width > limit:
                lines.append([])
                used = 0.0
            used += width + (space if lines[-1] else 0)
            lines[-1].append(word)
        return lines

    low, high = max(widths), sum(widths) + space * len(words)
    for _ in range(30):
        middle = (low + high) / 2
        if len(filled(middle)) > count:
            low = middle
        else:
            high = middle
    return [" ".join(line) for line in filled(high)]
