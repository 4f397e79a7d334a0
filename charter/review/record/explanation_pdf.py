"""Draw the explanation of a decision (ReportLab). The same record gives the same bytes.

The page of the explanation says the same to those who cannot read the drawing.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, PageTemplate, Paragraph, Spacer

from charter import drawing, printing
from charter.clock import day_in_words
from charter.drawing import BOLD, GREEN, GREY, ITALIC
from charter.review.record.explanation import Explanation
from charter.review.record.wording import Block

_H1 = printing.style(22, BOLD, textColor=GREEN, spaceAfter=4)
_H2 = printing.style(15, BOLD, textColor=GREEN, spaceBefore=16, spaceAfter=4)
_H3 = printing.style(12, BOLD, spaceBefore=9, spaceAfter=2)
_TEXT = printing.style(11, spaceAfter=3)
_WITHIN = printing.style(11, spaceAfter=3, leftIndent=14)
_SMALL = printing.style(9.5, ITALIC, textColor=GREY, spaceAfter=3, leftIndent=14)


def draw(said: Explanation) -> bytes:
    """The explanation as PDF."""
    file = io.BytesIO()
    document = printing.document(file, title=said.title, author="", subject=f"SHA-256 {said.sha256}", creator="")
    document.addPageTemplates([PageTemplate("page", [printing.inside()], onPage=_edges(said))])
    document.build([*_story(said), Spacer(0, 1)])
    return file.getvalue()


def _story(said: Explanation) -> Iterator[Any]:
    yield printing.paragraph(said.title, _H1)
    if said.private:
        yield printing.paragraph(said.words["private"], _H3)
    for title, blocks in said.sections:
        yield CondPageBreak(90)
        yield printing.paragraph(title, _H2)
        for block in blocks:
            yield from _DRAWN[block[0]](block)


def _heading(block: Block) -> Iterator[Any]:
    yield CondPageBreak(50)
    yield printing.paragraph(block[1], _H3)


def _text(block: Block) -> Iterator[Any]:
    yield printing.paragraph(block[1], _TEXT)


def _fact(block: Block) -> Iterator[Any]:
    yield _named(block[1], block[2], _TEXT)


def _rule(block: Block) -> Iterator[Any]:
    yield _named(block[1], block[2], _TEXT)
    for sentence in block[3]:
        yield printing.paragraph(f"– {sentence}", _WITHIN)


def _evidence(block: Block) -> Iterator[Any]:
    _, name, facts, said, hashes, evidence = block
    yield _named(evidence, f"{name} ({facts})", _TEXT)
    for line in said.splitlines():
        if line.strip():
            yield printing.paragraph(line, _WITHIN)
    yield printing.paragraph(hashes, _SMALL)


_DRAWN: dict[str, Callable[[Block], Iterator[Any]]] = {
    "heading": _heading,
    "text": _text,
    "fact": _fact,
    "rule": _rule,
    "evidence": _evidence,
}


def _named(name: str, value: str, look: Any) -> Any:
    """A value after its name."""
    name, value = (escape(drawing.drawable(one, font)) for one, font in ((name, BOLD), (value, look.fontName)))
    return Paragraph(f'<font name="{BOLD}">{name}{"" if name[-1:] in {"?", "."} else ":"}</font> {value}', look)


def _edges(said: Explanation) -> Callable[[Canvas, Any], None]:
    """The mark and the title on top; the day, the page number and the hash below: of its own, so that they stay."""
    right = printing.WIDTH - printing.MARGIN

    def draw_edges(page: Canvas, about: Any) -> None:
        page.setDateFormatter(lambda *_: f"D:{said.decided_on:%Y%m%d}000000Z")
        drawing.mark(page, printing.MARGIN + 7, printing.HEIGHT - 42, 15, fill=GREEN, tick=drawing.GOLD)
        page.setFillColor(GREY)
        title = drawing.drawable(said.title, drawing.REGULAR)
        page.setFont(
            drawing.REGULAR, min(10.5, (right - printing.MARGIN - 22) / drawing.width_of(title, drawing.REGULAR))
        )
        page.drawString(printing.MARGIN + 22, printing.HEIGHT - 46, title)
        page.setStrokeColor(drawing.PALE)
        page.setLineWidth(0.6)
        page.line(printing.MARGIN, printing.HEIGHT - 56, right, printing.HEIGHT - 56)
        page.line(printing.MARGIN, 46, right, 46)
        page.setFont(drawing.REGULAR, 10)
        page.drawString(printing.MARGIN, 33, said.words["as_at"].format(day=day_in_words(said.decided_on)))
        page.drawRightString(right, 33, f"{said.words['page']} {about.page}")
        page.setFont(drawing.REGULAR, 9)
        page.drawString(printing.MARGIN, 20, f"SHA-256 {said.sha256}")
        if said.private:
            page.drawCentredString(printing.WIDTH / 2, 33, said.words["private"])

    return draw_edges


def name_of(said: Explanation) -> str:
    """What the file is called."""
    return f"explanation-{said.decided_on.isoformat()}{'-for-staff' if said.private else ''}.pdf"
