"""Draw what an employer has in place for another scheme, item by item, to print beside that scheme's own form.

The same answers and day give the same bytes. The scheme's page says the same to those who cannot read it.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, HRFlowable, PageTemplate, Paragraph, Spacer

from charter import drawing
from charter.assessment.other_schemes import Beside, Cover, ItemCover, SchemeCover
from charter.drawing import BOLD, GOLD, GREEN, GREY, INK, ITALIC, PALE, REGULAR
from charter.framework.content import Content

WIDTH, HEIGHT = A4
MARGIN = 56.0
COLUMN = WIDTH - 2 * MARGIN
WORDS = {
    Cover.DONE: "In place",
    Cover.PARTLY: "Partly in place",
    Cover.NOT_YET: "Not in place yet",
    Cover.NOT_ASKED: "The charter does not ask about this",
}

ONE_OF = "For some of these, the answers say only that one of them is in place. Say in the scheme’s own form which."
"""What is said of a group whose items share their criteria."""


@dataclass(frozen=True)
class Facts:
    """What the summary says besides the answers themselves."""

    employer: str
    charter: str
    """The name of the scheme whose portal this is."""
    on: date


def draw(found: SchemeCover, content: Content, said: Facts) -> bytes:
    """The summary as PDF. `content` has the words of the scale of the employer's answers."""
    drawing.fonts()
    file = io.BytesIO()
    document: Any = BaseDocTemplate(
        file,
        pagesize=A4,
        title=f"{found.scheme.title}: what {said.employer} has in place",
        author=said.employer,
        subject=f"Answers given for {said.charter}, on {drawing.day(said.on)}",
        creator=said.charter,
        lang="en-GB",
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
        displayDocTitle=True,
    )
    frame = Frame(MARGIN, 60, COLUMN, HEIGHT - 60 - 70, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=_edges(found, said))])
    document.build([*_head(found, said), *_body(found, content)])
    return file.getvalue()


def _edges(found: SchemeCover, said: Facts) -> Callable[[Canvas, Any], None]:
    def draw_page(page: Canvas, document: Any) -> None:
        drawing.mark(page, MARGIN + 7, HEIGHT - 42, 15, fill=GREEN, tick=GOLD)
        page.setFillColor(GREY)
        text = drawing.drawable(f"{said.employer}: {found.scheme.title}", REGULAR)
        page.setFont(REGULAR, min(10.5, (COLUMN - 22) / drawing.width_of(text, REGULAR)))
        page.drawString(MARGIN + 22, HEIGHT - 46, text)
        page.setStrokeColor(PALE)
        page.setLineWidth(0.6)
        page.line(MARGIN, HEIGHT - 56, WIDTH - MARGIN, HEIGHT - 56)
        page.line(MARGIN, 46, WIDTH - MARGIN, 46)
        page.setFont(REGULAR, 10.5)
        page.drawString(MARGIN, 32, f"As at {drawing.day(said.on)}")
        page.drawRightString(WIDTH - MARGIN, 32, f"Page {document.page}")

    return draw_page


def _style(size: float, font: str = REGULAR, **values: Any) -> Any:
    given = {
        "fontName": font,
        "fontSize": size,
        "leading": size * 1.28,
        "textColor": INK,
        "splitLongWords": 1,
        **values,
    }
    return ParagraphStyle("", **given)


_H1 = _style(24, BOLD, textColor=GREEN, spaceAfter=6)
_H2 = _style(16, BOLD, textColor=GREEN, spaceBefore=14, spaceAfter=2)
_H3 = _style(13, BOLD, textColor=GREEN, spaceBefore=10, spaceAfter=0)
_ITEM = _style(12.5, BOLD, spaceBefore=2)
_BODY = _style(12, spaceAfter=4)
_SMALL = _style(11, textColor=GREY, spaceAfter=3)
_AIM = _style(11.5, ITALIC, textColor=GREY, spaceAfter=3)
_UNDER = _style(11.5, leftIndent=14, spaceAfter=2)


def _p(text: str, style: Any) -> Any:
    return Paragraph(escape(drawing.drawable(text, style.fontName)), style)


def _head(found: SchemeCover, said: Facts) -> list[Any]:
    flowables = [
        _p(found.scheme.title, _H1),
        _p(f"What {said.employer} has in place, from its answers for {said.charter}.", _BODY),
        _p(
            "This is no application. Use it beside the scheme’s own form, and check each line with the scheme before "
            "you send anything.",
            _BODY,
        ),
        _p(f"{found.done} of {found.total} items are in place.", _style(13, BOLD, spaceBefore=4, spaceAfter=4)),
    ]
    for level in found.levels:
        left = "nothing left to do that we know of" if not level.to_do else f"{actions(level.to_do)} to go"
        if level.is_held:
            left = "held already"
        flowables.append(_p(f"{level.level.title}: {left}.", _BODY))
    if found.scheme.note:
        flowables.append(_p(found.scheme.note, _AIM))
    if found.scheme.changed_at:
        flowables.append(_p(f"Our list was last changed on {drawing.day(found.scheme.changed_at.date())}.", _SMALL))
    return flowables


def actions(count: int) -> str:
    """So many actions, in words."""
    return "1 action" if count == 1 else f"{count} actions"


def _body(found: SchemeCover, content: Content) -> list[Any]:
    flowables: list[Any] = []
    for level in found.levels:
        flowables += [CondPageBreak(180), _p(level.level.title, _H2)]
        if level.level.note:
            flowables.append(_p(level.level.note, _AIM))
        for group in level.groups:
            asks = "all of these" if group.group.at_least is None else f"at least {group.group.at_least} of these"
            flowables += [CondPageBreak(140), _p(f"{group.group.title} ({asks})", _H3)]  # with its first item
            if group.unsure:
                flowables.append(_p(f"{group.unsure}.", _SMALL))
            if group.is_shared:
                flowables.append(_p(ONE_OF, _SMALL))
            for item in group.items:
                flowables += _item(item, content, say_unsure=not group.unsure)
    if found.levels and found.ungrouped:
        flowables.append(_p("Other items", _H2))
    for item in found.ungrouped:
        flowables += _item(item, content)
    return flowables


def _item(one: ItemCover, content: Content, *, say_unsure: bool = True) -> list[Any]:
    flowables: list[Any] = [
        CondPageBreak(70),
        HRFlowable(width="100%", thickness=0.5, color=PALE, spaceBefore=6, spaceAfter=4),
        _p(f"{one.item.label}: {_words(one)}", _ITEM),
    ]
    if say_unsure and not one.item.is_sure:
        flowables.append(_p(f"{one.item.words}.", _SMALL))
    if one.item.note:
        flowables.append(_p(one.item.note, _SMALL))
    for beside in one.beside:
        flowables += _beside(beside, content)
    flowables.append(Spacer(1, 2))
    return flowables


def _words(one: ItemCover) -> str:
    return "one of these is in place" if one.is_shared and one.is_done else WORDS[one.cover].lower()


def _beside(one: Beside, content: Content) -> list[Any]:
    value = content.scale_value(one.answer.value) if one.answer else None
    said = value.label if value else "No answer yet"
    if one.stand_in is not None and one.stand_in.is_met and value is None:
        until = f" until {drawing.day(one.stand_in.until)}" if one.stand_in.until else ""
        said = f"{one.stand_in.passport.title} stands in for this{until}"
    found = [_p(f"{one.criterion.statement} ({said}.)", _UNDER)]
    if one.answer and one.in_place:
        found += [_p(line, _UNDER) for line in one.answer.explanation.splitlines() if line.strip()]
    if one.answer and not one.in_place and one.answer.action.strip():
        due = f" By {drawing.day(one.answer.action_due)}." if one.answer.action_due else ""
        found.append(_p(f"We plan: {one.answer.action.strip()}{due}", _UNDER))
    titles = "; ".join(use.evidence.title for use in one.evidence if use.evidence.removed_at is None)
    if titles:
        found.append(_p(f"Evidence: {titles}", _UNDER))
    return found
