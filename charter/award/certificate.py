"""Draw the certificate: one landscape A4 page that an employer would frame.

Everything is drawn as lines, shapes and text of our own font, so that it prints sharp at any size. The same
facts always give the same bytes. The web page of the certificate says the same to those who cannot read the drawing.
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from charter.award.models import Award

GREEN, INK, GREY = HexColor("#14432f"), HexColor("#16201b"), HexColor("#47524c")
GOLD, GOLD_DEEP, PALE = HexColor("#f0c24b"), HexColor("#b8892a"), HexColor("#b6cdbf")
WIDTH, HEIGHT = landscape(A4)
CENTRE = WIDTH / 2
REGULAR, BOLD, ITALIC = "EBGaramond-Regular", "EBGaramond-SemiBold", "EBGaramond-Italic"


@dataclass(frozen=True)
class Issuer:
    """Who issues certificates, as they print it."""

    scheme: str
    area: str
    owner: str


@dataclass(frozen=True)
class Facts:
    """What a certificate says, as it was on the day of the award."""

    name: str
    level: int
    levels: int
    level_title: str
    depth: str
    scope: str
    county: str
    starts_on: date
    ends_on: date
    number: str


def facts(award: Award) -> Facts:
    """What the award's certificate says."""
    content = award.framework.content
    level = content.level(award.level)
    assert level is not None
    return Facts(
        name=award.name,
        level=award.level,
        levels=len(content.levels),
        level_title=level.title,
        depth=level.depth,
        scope=award.scope.label,
        county=content.county_title(award.county),
        starts_on=award.starts_on,
        ends_on=award.ends_on,
        number=award.number,
    )


def draw(said: Facts, *, issuer: Issuer, verify_url: str) -> bytes:
    """The certificate as PDF. `verify_url` is where anyone can check it, and what its QR code holds."""
    _fonts()
    file = io.BytesIO()
    page = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en-GB", initialFontName=REGULAR)
    page.setTitle(f"{issuer.scheme}: {said.level_title}, {said.name}")
    page.setAuthor(issuer.owner)
    page.setSubject(f"Certificate {said.number}, valid from {_day(said.starts_on)} to {_day(said.ends_on)}")
    page.setKeywords([issuer.scheme, issuer.area, said.level_title, said.number])
    page.setCreator(issuer.scheme)
    page.setViewerPreference("DisplayDocTitle", "true")

    _border(page)
    _mark(page, CENTRE, 527, 42, leaf=GREEN, tick=GOLD)
    _centred(page, issuer.scheme, 480, BOLD, 23, GREEN)
    _centred(page, issuer.area, 461, REGULAR, 13.5, GREY)
    _centred(page, "This is to certify that", 427, ITALIC, 16, INK)
    _name(page, said.name, top=412, bottom=314)
    _centred(page, "holds the level of", 289, ITALIC, 16, INK)
    _level(page, said, 250)
    _centred(page, said.depth, 222, ITALIC, 13.5, GREY)
    _facts(page, said, 184)
    _issued_by(page, issuer, 62, 84)
    _seal(page, CENTRE, 98, 38)
    _check(page, verify_url, WIDTH - 62, 54)
    page.showPage()
    page.save()
    return file.getvalue()


# The parts, from the outside in -------------------------------------------------------------------------------------


def _border(page: Canvas) -> None:
    page.setStrokeColor(GREEN)
    page.setLineWidth(1.4)
    page.rect(24, 24, WIDTH - 48, HEIGHT - 48)
    page.setStrokeColor(GOLD_DEEP)
    page.setLineWidth(0.5)
    inset, notch = 30.0, 16.0
    left, bottom, right, top = inset, inset, WIDTH - inset, HEIGHT - inset
    line = page.beginPath()  # the inner line steps back at each corner to make room for a leaf
    line.moveTo(left + notch, bottom)
    for x, y in (
        (right - notch, bottom),
        (right - notch, bottom + notch),
        (right, bottom + notch),
        (right, top - notch),
        (right - notch, top - notch),
        (right - notch, top),
        (left + notch, top),
        (left + notch, top - notch),
        (left, top - notch),
        (left, bottom + notch),
        (left + notch, bottom + notch),
        (left + notch, bottom),
    ):
        line.lineTo(x, y)
    page.drawPath(line, stroke=1, fill=0)
    for x in (left + notch / 2, right - notch / 2):
        for y in (bottom + notch / 2, top - notch / 2):
            _leaf(page, x, y, 11, fill=GREEN)


def _name(page: Canvas, name: str, *, top: float, bottom: float) -> None:
    lines, size = _fitted(_drawable(name, BOLD), width=WIDTH - 150)
    leading = size * 1.12
    block = leading * (len(lines) - 1)
    y = (top + bottom) / 2 + block / 2 - size * 0.28
    for line in lines:
        _centred(page, line, y, BOLD, size, INK)
        y -= leading


def _level(page: Canvas, said: Facts, y: float) -> None:
    """The level's title between its marks: a leaf for each level of the charter, the reached ones filled."""
    size = 36.0
    title = _drawable(said.level_title, BOLD)
    text = pdfmetrics.stringWidth(title, BOLD, size)
    gap, step = 24.0, 26.0
    marks = step * (said.levels - 1) + 16
    left = CENTRE - (text + gap + marks) / 2
    page.setFillColor(GREEN)
    page.setFont(BOLD, size)
    page.drawString(left, y, title)
    for number in range(1, said.levels + 1):
        x = left + text + gap + 8 + step * (number - 1)
        if number <= said.level:
            _mark(page, x, y + 11, 25, leaf=GREEN, tick=GOLD)
        else:
            _leaf(page, x, y + 11, 24, stroke=PALE)


def _facts(page: Canvas, said: Facts, y: float) -> None:
    cells = (
        ("Awarded on", _day(said.starts_on)),
        ("Valid until", _day(said.ends_on)),
        ("Covers", f"{said.scope}, {said.county}" if said.county else said.scope),
        ("Certificate number", said.number),
    )
    shares, across = (0.19, 0.19, 0.39, 0.23), WIDTH - 124
    page.setStrokeColor(PALE)
    page.setLineWidth(0.6)
    page.line(62, y + 22, WIDTH - 62, y + 22)
    page.line(62, y - 27, WIDTH - 62, y - 27)
    x = 62.0
    for (label, value), share in zip(cells, shares, strict=True):
        middle, width = x + across * share / 2, across * share - 10
        _centred(page, label, y + 5, REGULAR, 11, GREY, at=middle, width=width)
        _centred(page, value, y - 13, BOLD, 14.5, INK, at=middle, width=width)
        x += across * share


def _issued_by(page: Canvas, issuer: Issuer, x: float, y: float) -> None:
    page.setStrokeColor(INK)
    page.setLineWidth(0.6)
    page.line(x, y + 20, x + 235, y + 20)
    page.setFillColor(GREY)
    page.setFont(REGULAR, 11)
    page.drawString(x, y + 6, "Signed for the scheme")
    lines = _balanced(_drawable(issuer.owner, BOLD).split() or [""], BOLD, 1)
    if pdfmetrics.stringWidth(lines[0], BOLD, 12) > 250:
        lines = _balanced(lines[0].split(), BOLD, 2)
    size = min(12.0, 250 / max(_width(line, BOLD) for line in lines))
    page.setFillColor(INK)
    page.setFont(BOLD, size)
    for number, line in enumerate(lines):
        page.drawString(x, y - 9 - number * 14, line)


def _seal(page: Canvas, x: float, y: float, radius: float) -> None:
    """A seal of sixteen gold leaves around our mark."""
    for number in range(16):
        page.saveState()
        page.translate(x, y)
        page.rotate(number * 22.5)
        _leaf(page, 0, radius - 8, 16, fill=GOLD)
        page.restoreState()
    page.setFillColor(white)
    page.circle(x, y, radius - 9, stroke=0, fill=1)
    page.setStrokeColor(GOLD_DEEP)
    page.setLineWidth(0.8)
    page.circle(x, y, radius - 9, stroke=1, fill=0)
    page.setLineWidth(0.4)
    page.circle(x, y, radius - 11.5, stroke=1, fill=0)
    _mark(page, x, y, 36, leaf=GREEN, tick=GOLD)


def _check(page: Canvas, url: str, right: float, y: float) -> None:
    """The QR code, and in words where it leads."""
    side = 88.0
    code = segno.make(url, error="m", micro=False)
    modules = [list(row) for row in code.matrix]
    one = side / len(modules)
    left = right - side
    page.setFillColor(INK)
    for number, row in enumerate(modules):
        column = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:  # a hair taller than its row, so that no viewer shows a seam between rows
                top = y + side - number * one
                page.rect(left + column * one, top - one - 0.03, length * one, one + 0.06, stroke=0, fill=1)
            column += length
    page.linkURL(url, (left, y, right, y + side), relative=0)
    host, _, rest = url.rpartition("/")
    page.setFillColor(GREY)
    edge = left - 14
    page.setFont(REGULAR, 11)
    page.drawRightString(edge, y + 52, "Check this certificate at")
    page.setFillColor(INK)
    for text, height in ((f"{host}/", 37.0), (rest, 23.0)):
        size = min(11.0, 215 / _width(text, BOLD))
        page.setFont(BOLD, size)
        page.drawRightString(edge, y + height, text)


# Shapes ---------------------------------------------------------------------------------------------------------------


def _leaf(
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


def _mark(page: Canvas, x: float, y: float, height: float, *, leaf: Color, tick: Color) -> None:
    """Our mark: a leaf with a tick."""
    _leaf(page, x, y, height, fill=leaf)
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


# Text -----------------------------------------------------------------------------------------------------------------


@cache
def _fonts() -> None:
    for name in (REGULAR, BOLD, ITALIC):
        pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / "fonts" / f"{name}.ttf")))


def _drawable(text: str, font: str) -> str:
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


def _width(text: str, font: str) -> float:
    """The width at size 1."""
    width: float = pdfmetrics.stringWidth(text, font, 100) / 100
    return max(width, 0.01)


def _centred(
    page: Canvas,
    text: str,
    y: float,
    font: str,
    size: float,
    colour: Color,
    *,
    at: float = CENTRE,
    width: float = WIDTH - 124,
) -> None:
    """One line, made smaller when it would be wider than `width`."""
    text = _drawable(text, font)
    page.setFillColor(colour)
    page.setFont(font, min(size, width / _width(text, font)))
    page.drawCentredString(at, y, text)


def _fitted(text: str, *, width: float) -> tuple[Sequence[str], float]:
    """The lines and the size that show a name best: as few lines as stay large, all about as long."""
    words = []
    for word in text.split() or [""]:
        pieces = max(1, -(-int(_width(word, BOLD) * 22) // int(width)))  # a word too long for a line is cut
        length = -(-len(word) // pieces)
        words += [word[start : start + length] for start in range(0, len(word), length)]
    lines, size = [text], 1.0
    for count, largest, enough in ((1, 44.0, 31.0), (2, 38.0, 27.0), (3, 29.0, 21.0), (4, 22.0, 0.0)):
        lines = _balanced(words, BOLD, count)
        size = min(largest, width / max(_width(line, BOLD) for line in lines))
        if size >= enough:
            break
    return lines, size


def _balanced(words: Sequence[str], font: str, count: int) -> list[str]:
    """The words on at most `count` lines, broken where the widest line is narrowest."""
    widths = [_width(word, font) for word in words]
    space = _width(" ", font)

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


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
