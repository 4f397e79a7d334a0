"""Draw the improvement plan, to print and hang up: what to do next, who does it, by when, and a box to tick.

The same plan and day give the same bytes. The page of the plan says the same to those who cannot read the drawing.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, PageTemplate, Paragraph, Table, TableStyle

from charter import drawing, printing
from charter.clock import day_in_words
from charter.drawing import BOLD, GOLD, GREEN, GREY, INK, ITALIC, PALE, REGULAR
from charter.improvement.models import Action
from charter.improvement.plan import Plan
from charter.printing import COLUMN, HEIGHT, MARGIN, WIDTH

LONGEST = 600
"""The most characters of a text that is printed; the page has the rest."""

TO_FILL_IN = "_" * 20
"""A line to write a day on."""

_H1 = ParagraphStyle("h1", fontName=BOLD, fontSize=24, leading=28, textColor=GREEN, spaceAfter=4)
_H2 = ParagraphStyle("h2", fontName=BOLD, fontSize=16, leading=20, textColor=GREEN, spaceBefore=14, spaceAfter=4)
_LEAD = ParagraphStyle("lead", fontName=REGULAR, fontSize=13, leading=17, textColor=INK, spaceAfter=4)
_TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=13, leading=16, textColor=INK)
_TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=11.5, leading=14.5, textColor=INK, spaceBefore=2)
_SMALL = ParagraphStyle("small", fontName=ITALIC, fontSize=11, leading=14, textColor=GREY, spaceBefore=2)


@dataclass(frozen=True)
class Printed:
    """What the plan says besides its actions."""

    scheme: str
    url: str
    """Where the plan is on the web."""
    helpers: Mapping[str, Sequence[str]]
    """The names of services that help, by criterion."""


def draw(plan: Plan, said: Printed) -> bytes:
    """The plan as PDF."""
    file = io.BytesIO()
    document = printing.document(
        file,
        title=f"Improvement plan: {plan.organisation.name}",
        author=said.scheme,
        subject=f"As it was on {day_in_words(plan.on)}",
        creator=said.scheme,
    )
    frame = Frame(MARGIN, 62, COLUMN, HEIGHT - 62 - 74, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("plan", [frame], onPage=_edges(plan, said))])
    document.build([*_top(plan), *_parts(plan, said)])
    return file.getvalue()


def _edges(plan: Plan, said: Printed) -> Callable[[Canvas, Any], None]:
    """What stands on the edges of every page."""

    def draw_edges(page: Canvas, document: Any) -> None:
        page.setDateFormatter(lambda *_: f"D:{plan.on:%Y%m%d}000000Z")  # its own day, so that the bytes stay the same
        drawing.mark(page, MARGIN + 9, HEIGHT - 42, 22, fill=GREEN, tick=GOLD)
        page.setFillColor(GREEN)
        page.setFont(BOLD, 12)
        page.drawString(MARGIN + 26, HEIGHT - 46, drawing.drawable(said.scheme, BOLD))
        page.setStrokeColor(PALE)
        page.setLineWidth(0.6)
        page.line(MARGIN, 50, WIDTH - MARGIN, 50)
        page.setFillColor(GREY)
        page.setFont(REGULAR, 10)
        page.drawString(MARGIN, 36, f"As it was on {day_in_words(plan.on)}. The plan as it is today:")
        page.setFont(REGULAR, min(10, (COLUMN - 4) / drawing.width_of(said.url, REGULAR)))
        page.drawString(MARGIN, 23, said.url)
        page.linkURL(said.url, (MARGIN, 19, WIDTH - MARGIN, 34), relative=0)
        page.setFont(REGULAR, 10)
        page.drawRightString(WIDTH - MARGIN, 36, f"Page {document.page}")

    return draw_edges


def _top(plan: Plan) -> list[Flowable]:
    next_level = plan.content.level(plan.next_level or 0)
    aim = f"What stands between us and <b>{_safe(next_level.title)}</b>, and what we planned. " if next_level else ""
    count = f"{len(plan.done)} of {plan.counted} {'action' if plan.counted == 1 else 'actions'} done."
    return [_p(_safe(plan.organisation.name), _LEAD), _p("Improvement plan", _H1), _p(aim + count, _LEAD)]


def _parts(plan: Plan, said: Printed) -> list[Flowable]:
    if not plan.actions:
        return [_p("The plan is empty.", _LEAD)]
    parts: list[Flowable] = []
    for heading, actions in (("Do next", plan.do_next), ("Later", plan.later), ("Done", plan.done)):
        if actions:
            parts += [_p(heading, _H2), *(_row(action, plan, said) for action in actions)]
    return parts


def _row(action: Action, plan: Plan, said: Printed) -> Flowable:
    """One action beside its box; an action that is done has a tick in it."""
    facts = [
        "" if action.closed_at else f"by {day_in_words(action.due_on) if action.due_on else TO_FILL_IN}",
        f"done on {day_in_words(action.closed_at.date())}" if action.closed_at else "",
        action.doer or ("" if action.closed_at else "nobody named yet"),
        plan.content.effort_label(action.effort) if not action.closed_at else "",
    ]
    line = " · ".join(_safe(one) for one in facts if one)
    cell: list[Flowable] = [_p(_safe(action.title), _TITLE), _p(line[:1].upper() + line[1:], _SMALL)]
    criterion = plan.content.criterion(action.criterion or "")
    what = action.detail or (criterion.statement if criterion else "")
    feedback = f"The assessor says: {action.feedback}" if action.feedback else ""
    texts = [action.closing_note] if action.closed_at else [what, feedback, action.why]
    cell += [_p(_safe(_short(text)).replace("\n", "<br/>"), _TEXT) for text in texts if text]
    helpers = said.helpers.get(action.criterion or "", ()) if not action.closed_at else ()
    if helpers:
        cell.append(_p(f"Who can help: {_safe(', '.join(helpers))}", _SMALL))
    table = Table([[_Box(ticked=action.closed_at is not None), cell]], colWidths=[26, COLUMN - 26], splitInRow=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, PALE),
            ]
        )
    )
    return table


class _Box(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """A box to tick."""

    def __init__(self, *, ticked: bool) -> None:
        super().__init__()
        self.ticked = ticked
        self.width, self.height = 14, 14

    def draw(self) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.9)
        self.canv.rect(1, 0, 12, 12)
        if self.ticked:
            self.canv.setLineWidth(1.8)
            self.canv.lines([(3.5, 6, 6, 3), (6, 3, 11, 10)])


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(text, style)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2].rstrip()} …"


def _safe(text: str) -> str:
    """A text for a paragraph: in letters the font has, and nothing in it a command."""
    return "\n".join(escape(drawing.drawable(line, REGULAR)) for line in text.split("\n"))
