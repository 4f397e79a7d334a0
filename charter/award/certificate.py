"""Draw the certificate: one landscape A4 page that an employer would frame.

Everything is drawn as lines, shapes and text of our own font, so that it prints sharp at any size. The same
facts always give the same bytes. The web page of the certificate says the same to those who cannot read the drawing.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.colors import Color, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from charter import drawing
from charter.award.models import Award
from charter.clock import day_in_words
from charter.drawing import BOLD, GOLD, GOLD_DEEP, GREEN, GREY, INK, ITALIC, PALE, REGULAR

WIDTH, HEIGHT = landscape(A4)
CENTRE = WIDTH / 2


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
    drawing.fonts()
    file = io.BytesIO()
    page = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en-GB", initialFontName=REGULAR)
    page.setTitle(f"{issuer.scheme}: {said.level_title}, {said.name}")
    page.setAuthor(issuer.owner)
    page.setSubject(
        f"Certificate {said.number}, valid from {day_in_words(said.starts_on)} to {day_in_words(said.ends_on)}"
    )
    page.setKeywords([issuer.scheme, issuer.area, said.level_title, said.number])
    page.setCreator(issuer.scheme)
    page.setViewerPreference("DisplayDocTitle", "true")

    _border(page)
    drawing.mark(page, CENTRE, 527, 42, fill=GREEN, tick=GOLD)
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
            drawing.leaf(page, x, y, 11, fill=GREEN)


def _name(page: Canvas, name: str, *, top: float, bottom: float) -> None:
    lines, size = _fitted(drawing.drawable(name, BOLD), width=WIDTH - 150)
    leading = size * 1.12
    block = leading * (len(lines) - 1)
    y = (top + bottom) / 2 + block / 2 - size * 0.28
    for line in lines:
        _centred(page, line, y, BOLD, size, INK)
        y -= leading


def _level(page: Canvas, said: Facts, y: float) -> None:
    """The level's title between its marks: a leaf for each level of the charter, the reached ones filled."""
    size = 36.0
    title = drawing.drawable(said.level_title, BOLD)
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
            drawing.mark(page, x, y + 11, 25, fill=GREEN, tick=GOLD)
        else:
            drawing.leaf(page, x, y + 11, 24, stroke=PALE)


def _facts(page: Canvas, said: Facts, y: float) -> None:
    cells = (
        ("Awarded on", day_in_words(said.starts_on)),
        ("Valid until", day_in_words(said.ends_on)),
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
    lines = drawing.balanced(drawing.drawable(issuer.owner, BOLD).split() or [""], BOLD, 1)
    if pdfmetrics.stringWidth(lines[0], BOLD, 12) > 250:
        lines = drawing.balanced(lines[0].split(), BOLD, 2)
    size = min(12.0, 250 / max(drawing.width_of(line, BOLD) for line in lines))
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
        drawing.leaf(page, 0, radius - 8, 16, fill=GOLD)
        page.restoreState()
    page.setFillColor(white)
    page.circle(x, y, radius - 9, stroke=0, fill=1)
    page.setStrokeColor(GOLD_DEEP)
    page.setLineWidth(0.8)
    page.circle(x, y, radius - 9, stroke=1, fill=0)
    page.setLineWidth(0.4)
    page.circle(x, y, radius - 11.5, stroke=1, fill=0)
    drawing.mark(page, x, y, 36, fill=GREEN, tick=GOLD)


def _check(page: Canvas, url: str, right: float, y: float) -> None:
    """The QR code, and in words where it leads."""
    side = 88.0
    left = right - side
    drawing.qr(page, url, left, y, side)
    host, _, rest = url.rpartition("/")
    page.setFillColor(GREY)
    edge = left - 14
    page.setFont(REGULAR, 11)
    page.drawRightString(edge, y + 52, "Check this certificate at")
    page.setFillColor(INK)
    for text, height in ((f"{host}/", 37.0), (rest, 23.0)):
        size = min(11.0, 215 / drawing.width_of(text, BOLD))
        page.setFont(BOLD, size)
        page.drawRightString(edge, y + height, text)


# Text -----------------------------------------------------------------------------------------------------------------


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
    text = drawing.drawable(text, font)
    page.setFillColor(colour)
    page.setFont(font, min(size, width / drawing.width_of(text, font)))
    page.drawCentredString(at, y, text)


def _fitted(text: str, *, width: float) -> tuple[Sequence[str], float]:
    """The lines and the size that show a name best: as few lines as stay large, all about as long."""
    words = []
    for word in text.split() or [""]:
        pieces = max(1, -(-int(drawing.width_of(word, BOLD) * 22) // int(width)))  # a word too long for a line is cut
        length = -(-len(word) // pieces)
        words += [word[start : start + length] for start in range(0, len(word), length)]
    lines, size = [text], 1.0
    for count, largest, enough in ((1, 44.0, 31.0), (2, 38.0, 27.0), (3, 29.0, 21.0), (4, 22.0, 0.0)):
        lines = drawing.balanced(words, BOLD, count)
        size = min(largest, width / max(drawing.width_of(line, BOLD) for line in lines))
        if size >= enough:
            break
    return lines, size
