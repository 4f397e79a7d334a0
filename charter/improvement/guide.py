"""Draw the yearly guide: every service of the directory, to print. What helps with what, each service, an index.

The same services and day give the same bytes. The pages of the directory say the same to those who cannot read it.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import white
from reportlab.lib.enums import TA_RIGHT
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Frame,
    HRFlowable,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from charter import drawing, printing
from charter.award.certificate import Issuer
from charter.clock import day_in_words
from charter.drawing import BOLD, GOLD, GREEN, GREY, INK, ITALIC, PALE, REGULAR
from charter.framework.content import Content
from charter.improvement.models import Programme
from charter.printing import COLUMN, HEIGHT, MARGIN, WIDTH

TITLE = "Employer Guide and Directory of Services"


@dataclass(frozen=True)
class Facts:
    """What the guide says besides the services themselves."""

    issuer: Issuer
    on: date
    """The day whose directory it prints."""
    address: str
    """Where the directory is on the web."""


def draw(found: Sequence[Programme], content: Content, said: Facts) -> bytes:
    """The guide as PDF: `found` in the order given, named in the words of `content`."""
    drawing.fonts()
    pages: dict[str, int] = {}
    for _ in range(4):  # until the page numbers in the contents are those of the pages
        file, seen = _drawn(found, content, said, pages)
        if seen == pages:
            break
        pages = seen
    return file


def _drawn(
    found: Sequence[Programme], content: Content, said: Facts, pages: dict[str, int]
) -> tuple[bytes, dict[str, int]]:
    file = io.BytesIO()
    seen: dict[str, int] = {}
    document = printing.document(
        file,
        title=f"{TITLE} {said.on.year}",
        author=said.issuer.owner,
        subject=f"Services for employers in {said.issuer.area}, on {day_in_words(said.on)}",
        creator=said.issuer.scheme,
    )

    def placed(flowable: Any) -> None:
        name = getattr(flowable, "place", None)
        if name is not None:
            seen[name] = document.page
            document.canv.bookmarkPage(name)
            document.canv.addOutlineEntry(flowable.outline, name, flowable.depth, closed=True)

    document.afterFlowable = placed
    around = printing.edges(f"{TITLE} {said.on.year}", said.on)
    document.addPageTemplates(
        [
            PageTemplate("cover", [Frame(MARGIN, 60, COLUMN, 120, 0, 0, 0, 0)], onPage=_cover(said, len(found))),
            PageTemplate("inside", [printing.inside()], onPage=around),
        ]
    )
    document.build(
        [
            NextPageTemplate("inside"),
            PageBreak(),
            *_how_to(said),
            *_needs(found, content, pages),
            PageBreak(),
            _placed(_p("Each service", _H1), "services", "Each service", 0),
            *(flowable for one in found for flowable in _service(one, content, said)),
            PageBreak(),
            *_index(found, content, pages),
        ]
    )
    return file.getvalue(), seen


# Pages ---------------------------------------------------------------------------------------------------------------


def _cover(said: Facts, number: int) -> Callable[[Canvas, Any], None]:
    def draw_page(page: Canvas, _document: Any) -> None:
        page.setFillColor(GREEN)
        page.rect(0, HEIGHT * 0.42, WIDTH, HEIGHT * 0.58, stroke=0, fill=1)
        page.setFillColor(GOLD)
        page.rect(0, HEIGHT * 0.42 - 5, WIDTH, 5, stroke=0, fill=1)
        drawing.leaf(page, WIDTH - 120, HEIGHT - 160, 190, stroke=PALE)
        drawing.mark(page, MARGIN + 27, HEIGHT - 105, 66, fill=GOLD, tick=GREEN)
        y = HEIGHT * 0.42 + 150
        for text, font, size, colour in (
            ("Employer Guide", BOLD, 46, white),
            ("and Directory of Services", BOLD, 30, white),
            (str(said.on.year), REGULAR, 30, GOLD),
        ):
            _line(page, text, MARGIN, y, font, size, colour)
            y -= size * 1.15
        y = HEIGHT * 0.42 - 60
        for text, font, size, colour in (
            (f"Help for employers in {said.issuer.area}", BOLD, 18, INK),
            (f"{number} services: what each offers, for whom, and how to start", REGULAR, 14, GREY),
            (f"As the directory stood on {day_in_words(said.on)}", REGULAR, 14, GREY),
        ):
            _line(page, text, MARGIN, y, font, size, colour)
            y -= 26
        _line(page, said.issuer.scheme, MARGIN, 92, BOLD, 14, GREEN)
        _line(page, said.issuer.owner, MARGIN, 74, REGULAR, 12, GREY)

    return draw_page


def _line(page: Canvas, text: str, x: float, y: float, font: str, size: float, colour: Any) -> None:
    """One line, made smaller when it would leave the page."""
    text = drawing.drawable(text, font)
    page.setFillColor(colour)
    page.setFont(font, min(size, COLUMN / drawing.width_of(text, font)))
    page.drawString(x, y, text)


# Text ----------------------------------------------------------------------------------------------------------------


_H1 = printing.style(24, BOLD, textColor=GREEN, spaceAfter=10)
_H2 = printing.style(14.5, BOLD, textColor=GREEN, spaceBefore=10, spaceAfter=2)
_NAME = printing.style(16, BOLD, textColor=GREEN, spaceBefore=4)
_BODY = printing.style(12, spaceAfter=5)
_LABEL = printing.style(11, textColor=GREY)
_CELL = printing.style(11.5)
_AIM = printing.style(11.5, ITALIC, textColor=GREY, spaceAfter=3)
_RIGHT = printing.style(11.5, alignment=TA_RIGHT)


def _p(text: str, style: Any, *, to: str = "") -> Any:
    """A paragraph of plain text, in letters that the font has; `to` is the place or address that it leads to."""
    plain = escape(drawing.drawable(text, style.fontName))
    return Paragraph(f'<a href="{escape(to, {chr(34): "&quot;"})}">{plain}</a>' if to else plain, style)


def _placed(flowable: Any, name: str, outline: str, depth: int) -> Any:
    """The flowable as a place that the contents and the reader's outline lead to."""
    flowable.place, flowable.outline, flowable.depth = name, outline, depth
    return flowable


def _how_to(said: Facts) -> list[Any]:
    return [
        _placed(_p("How to use this guide", _H1), "how", "How to use this guide", 0),
        _p(
            "You want to be a good employer, and somebody here can help. Look for what you need on these pages, then "
            "turn to the service. Each says what it offers, for whom, and how to start.",
            _BODY,
        ),
        _p("Services change. You find them as they are today, and can ask for one, at:", _BODY),
        _p(said.address, printing.style(12, BOLD, textColor=GREEN, spaceAfter=16), to=said.address),
    ]


def _needs(found: Sequence[Programme], content: Content, pages: dict[str, int]) -> list[Any]:
    flowables: list[Any] = [_placed(_p("What do you need help with?", _H1), "needs", "What do you need help with?", 0)]
    for theme in content.themes:
        helping = [one for one in found if theme.code in one.themes]
        head = [_placed(_p(theme.title, _H2), f"need-{theme.code}", theme.title, 1), _p(theme.aim, _AIM)]
        if helping:
            rows = [_row(one.name, _where(one, content), one.code, pages) for one in helping]
            flowables += [KeepTogether([*head, _lines(rows[:1])]), *([_lines(rows[1:])] if rows[1:] else [])]
        else:
            hub = "No service is listed for this yet. Ask your Growth Hub what there is."
            flowables.append(KeepTogether([*head, _p(hub, _BODY)]))
    return flowables


def _service(one: Programme, content: Content, said: Facts) -> list[Any]:
    themes = [theme.title for theme in content.themes if theme.code in one.themes]
    facts = [
        ("For whom", one.for_whom),
        ("Size", size_in_words(one)),
        ("Where", _where(one, content)),
        ("Helps with", "; ".join(themes)),
        ("How to start", one.how_to_start),
        ("Website", one.website or ""),
        ("Ask for it", f"{said.address}/{one.code}"),
    ]
    rows = [
        [_p(label, _LABEL), _p(text, _CELL, to=text if text.startswith(("https://", "http://")) else "")]
        for label, text in facts
        if text
    ]
    table = Table(rows, colWidths=[84, COLUMN - 84], style=TableStyle([*_TIGHT, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [
        CondPageBreak(190),
        HRFlowable(width="100%", thickness=0.6, color=PALE, spaceBefore=8, spaceAfter=6),
        _placed(_p(one.name, _NAME), one.code, one.name, 1),
        _p(one.provider, _AIM),
        _p(one.offers, _BODY),
        table,
        Spacer(1, 6),
    ]


def _index(found: Sequence[Programme], content: Content, pages: dict[str, int]) -> list[Any]:
    """Services and those who run them, from A to Z."""
    named = {(one.name, one.code) for one in found} | {(one.provider, one.code) for one in found}
    entries: dict[str, list[str]] = {}
    for name, code in named:
        entries.setdefault(name, []).append(code)
    flowables: list[Any] = [_placed(_p("Index", _H1), "index", "Index", 0)]
    letter = ""
    for name in sorted(entries, key=str.casefold):
        if name[:1].upper() != letter:
            letter = name[:1].upper()
            flowables += [CondPageBreak(44), Spacer(1, 4)]
        codes = sorted(entries[name], key=lambda code: pages.get(code, 0))
        numbers = dict.fromkeys(str(pages.get(code, 0)) for code in codes)
        row = [_p(name, _CELL, to=f"#{codes[0]}"), _p(", ".join(numbers), _RIGHT)]
        flowables.append(_lines([row], (COLUMN - 110, 110)))
    return flowables


_TIGHT = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
]


def _row(name: str, more: str, place: str, pages: dict[str, int]) -> list[Any]:
    return [_p(name, _CELL, to=f"#{place}"), _p(more, _LABEL), _p(str(pages.get(place, 0)), _RIGHT)]


def _lines(rows: list[list[Any]], widths: Sequence[float] = (COLUMN - 210, 180, 30)) -> Any:
    return Table(rows, colWidths=list(widths), style=TableStyle([*_TIGHT, ("LINEBELOW", (0, 0), (-1, -1), 0.3, PALE)]))


def _where(one: Programme, content: Content) -> str:
    return content.county_title(one.county) if one.county else " and ".join(county.title for county in content.counties)


def size_in_words(one: Programme) -> str:
    """Which employers a programme is for, by how many people they have."""
    if one.size_min and one.size_max:
        return f"{one.size_min:,} to {one.size_max:,} people"
    if one.size_max:
        return f"Up to {one.size_max:,} people"
    return f"{one.size_min:,} people or more" if one.size_min else "Any size"
