"""What printed documents share: how one begins, what stands on the edges of its pages, and its paragraphs."""

from collections.abc import Callable
from datetime import date
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, Paragraph

from charter import drawing
from charter.clock import day_in_words
from charter.drawing import GOLD, GREEN, GREY, INK, PALE, REGULAR

WIDTH, HEIGHT = A4
MARGIN = 56.0
COLUMN = WIDTH - 2 * MARGIN


def document(file: BinaryIO, *, title: str, author: str, subject: str, creator: str) -> Any:
    """An A4 document to be written to `file`, that says what it is and in which language.

    The same content gives the same bytes.
    """
    drawing.fonts()
    return BaseDocTemplate(
        file,
        pagesize=A4,
        title=title,
        author=author,
        subject=subject,
        creator=creator,
        lang="en-GB",
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
        displayDocTitle=True,
    )


def inside() -> Frame:
    """Where the text of a page stands, between the `edges`."""
    return Frame(MARGIN, 60, COLUMN, HEIGHT - 60 - 70, 0, 0, 0, 0)


def edges(line: str, on: date) -> Callable[[Canvas, Any], None]:
    """What is drawn around the text of every page: the mark with a line on top; day and page number below."""

    def draw_edges(page: Canvas, about: Any) -> None:
        drawing.mark(page, MARGIN + 7, HEIGHT - 42, 15, fill=GREEN, tick=GOLD)
        page.setFillColor(GREY)
        text = drawing.drawable(line, REGULAR)
        page.setFont(REGULAR, min(10.5, (COLUMN - 22) / drawing.width_of(text, REGULAR)))
        page.drawString(MARGIN + 22, HEIGHT - 46, text)
        page.setStrokeColor(PALE)
        page.setLineWidth(0.6)
        page.line(MARGIN, HEIGHT - 56, WIDTH - MARGIN, HEIGHT - 56)
        page.line(MARGIN, 46, WIDTH - MARGIN, 46)
        page.setFont(REGULAR, 10.5)
        page.drawString(MARGIN, 32, f"As at {day_in_words(on)}")
        page.drawRightString(WIDTH - MARGIN, 32, f"Page {about.page}")

    return draw_edges


def style(size: float, font: str = REGULAR, **values: Any) -> Any:
    """How a paragraph looks; `values` are ReportLab's."""
    given = {
        "fontName": font,
        "fontSize": size,
        "leading": size * 1.28,
        "textColor": INK,
        "splitLongWords": 1,
        **values,
    }
    return ParagraphStyle("", **given)


def paragraph(text: str, look: Any) -> Any:
    """A paragraph of plain text, in letters that the font has and with nothing in it a command."""
    return Paragraph(escape(drawing.drawable(text, look.fontName)), look)
