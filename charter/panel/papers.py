"""Draw the agenda of a meeting before it, and its minutes after it (ReportLab).

The same meeting gives the same bytes. The pages about the meeting say the same to those who cannot read the drawing.
"""

import io
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, PageTemplate, Spacer

from charter import drawing, printing
from charter.clock import day_in_words, time_in_words
from charter.drawing import BOLD, GREEN, GREY, ITALIC
from charter.framework.content import Content
from charter.panel.models import Item, Meeting
from charter.panel.status import Outcome, Presence
from charter.review.models import Review

_H1 = printing.style(24, BOLD, textColor=GREEN, spaceAfter=4)
_H2 = printing.style(15, BOLD, textColor=GREEN, spaceBefore=16, spaceAfter=4)
_H3 = printing.style(12.5, BOLD, spaceBefore=10, spaceAfter=2)
_TEXT = printing.style(11.5, spaceAfter=3)
_SMALL = printing.style(11, ITALIC, textColor=GREY, spaceAfter=3)
HIDDEN = "You have an interest in this employer, so what is known about its case is left out of this copy."


def agenda(meeting: Meeting, *, scheme: str, hidden: Collection[UUID] = ()) -> bytes:
    """The agenda as PDF. Of the items in `hidden` it says only which employer they are about."""

    def story() -> Iterator[Any]:
        yield from _top(meeting, scheme, "Agenda of the panel")
        yield from _facts(("Partners who must be there for a decision", str(meeting.quorum)))
        if meeting.seats:
            yield _p("Who is expected", _H2)
            for seat in meeting.seats:
                said = "" if seat.presence is not Presence.APOLOGIES else " (sends apologies)"
                yield _p(_person(seat.person, seat.role, seat.partner.name) + said, _TEXT)
        yield _p("Items", _H2)
        if not meeting.items:
            yield _p("There is nothing on the agenda yet.", _TEXT)
        for number, item in enumerate(meeting.items, 1):
            yield CondPageBreak(70)
            yield _p(f"{number}. {name_of(item)}", _H3)
            if item.id in hidden:
                yield _p(HIDDEN, _SMALL)
            elif item.review is not None:
                yield from _facts(*_case(item))
                if item.review.recommendation:
                    yield from _paragraphs(f"The assessor writes: {item.review.recommendation}", _TEXT)

    return _drawn(meeting, story(), scheme, "Agenda of the panel")


def minutes(meeting: Meeting, *, scheme: str, agreed_on: date | None) -> bytes:
    """The minutes as PDF; with no day on which they were agreed, a draft that says so."""
    title = "Minutes of the panel" if agreed_on else "Draft minutes of the panel"

    def story() -> Iterator[Any]:
        yield from _top(meeting, scheme, title)
        if agreed_on:
            yield _p(f"Agreed on {day_in_words(agreed_on)}.", _SMALL)
        else:
            yield _p("These minutes are not agreed yet, and may change.", _SMALL)
        yield from _facts(
            ("Partners who must be there for a decision", str(meeting.quorum)),
            ("Partners who were there", str(len({seat.partner_id for seat in meeting.present}))),
        )
        for presence, heading in (
            (Presence.PRESENT, "Present"),
            (Presence.APOLOGIES, "Apologies"),
            (Presence.ABSENT, "Did not come"),
            (Presence.EXPECTED, "Not known yet"),
        ):
            seats = [seat for seat in meeting.seats if seat.presence is presence]
            if seats:
                yield _p(heading, _H2)
                for seat in seats:
                    yield _p(_person(seat.person, seat.role, seat.partner.name), _TEXT)
        yield _p("Items", _H2)
        for number, item in enumerate(meeting.items, 1):
            yield CondPageBreak(70)
            yield _p(f"{number}. {name_of(item)}", _H3)
            yield from _came_of(item)

    return _drawn(meeting, story(), scheme, title)


def name_of(item: Item) -> str:
    """What an item is about, in a few words."""
    return item.review.assessment.organisation.name if item.review else item.title


def decided(item: Item) -> str:
    """What became of an item, in a few words; empty while nothing is written down."""
    if item.was_withdrawn:
        return "The employer withdrew before a decision"
    if item.outcome is None:
        return ""
    if item.outcome is Outcome.AWARDED and item.review is not None and item.level is not None:
        return f"Award: {_content(item.review).level_title(item.level)}"
    return item.outcome.label


def _came_of(item: Item) -> Iterator[Any]:
    if item.review is not None:
        yield from _facts(*_case(item))
    yield from _facts(("Decision" if item.review else "Outcome", decided(item) or "Not written down yet"))
    if item.reasons:
        yield from _paragraphs(f"Reasons: {item.reasons}", _TEXT)
    if item.discussion:
        yield from _paragraphs(f"What was said: {item.discussion}" if item.review else item.discussion, _TEXT)
    if item.review is not None and item.outcome is not None:
        yield from _facts(("Partners in the room", ", ".join(item.partners) or "None"))
        left = [f"{one.seat.person} ({one.seat.partner.name})" for one in item.absences]
        if left:
            yield from _facts(("Left the room because of an interest", ", ".join(left)))


def _content(review: Review) -> Content:
    content: Content = review.assessment.framework.content
    return content


def recommended(item: Item) -> str:
    """The level that an item's case was recommended for when the panel had it; empty when that is no more.

    A case that was sent back, or opened again by an appeal, has no recommendation or a new one, which is not what the
    panel had before it.
    """
    review = item.review
    if review is None or review.recommended_level is None or review.recommended_at is None:
        return ""
    if item.recorded_at is not None and review.recommended_at > item.recorded_at:
        return ""
    return _content(review).level_title(review.recommended_level) if review.recommended_level else "No award"


def _case(item: Item) -> list[tuple[str, str]]:
    """What the case of an item is about."""
    review = item.review
    assert review is not None, "other business has no case"
    facts = [("Aimed at", _content(review).level_title(review.assessment.target_level))]
    level = recommended(item)
    return [*facts, ("Recommended", level)] if level else facts


def _top(meeting: Meeting, scheme: str, title: str) -> Iterator[Any]:
    yield _p(scheme, _SMALL)
    yield _p(title, _H1)
    yield from _facts(
        ("When", f"{day_in_words(meeting.meets_on)}, {time_in_words(meeting.begins)}"),
        ("Where", meeting.place),
        ("Chair", meeting.chair),
    )


def _person(person: str, role: str, partner: str) -> str:
    return ", ".join(one for one in (person, role, partner) if one)


def _facts(*facts: tuple[str, str]) -> Iterator[Any]:
    for name, value in facts:
        yield _p(f"{name}: {value}", _TEXT)


def _paragraphs(text: str, look: Any) -> Iterator[Any]:
    for line in text.split("\n"):
        if line.strip():
            yield _p(line, look)


def _p(text: str, look: Any) -> Any:
    return printing.paragraph(text, look)


def _drawn(meeting: Meeting, story: Iterator[Any], scheme: str, title: str) -> bytes:
    file = io.BytesIO()
    name = f"{title}, {day_in_words(meeting.meets_on)}"
    document = printing.document(file, title=name, author=scheme, subject=f"Meeting at {meeting.place}", creator=scheme)
    document.addPageTemplates([PageTemplate("page", [printing.inside()], onPage=_edges(name))])
    document.build([*story, Spacer(0, 1)])
    return file.getvalue()


def _edges(name: str) -> Callable[[Canvas, Any], None]:
    def draw_edges(page: Canvas, about: Any) -> None:
        drawing.mark(page, printing.MARGIN + 7, printing.HEIGHT - 42, 15, fill=GREEN, tick=drawing.GOLD)
        page.setFillColor(GREY)
        page.setFont(drawing.REGULAR, 10.5)
        page.drawString(printing.MARGIN + 22, printing.HEIGHT - 46, name)
        page.setStrokeColor(drawing.PALE)
        page.setLineWidth(0.6)
        page.line(printing.MARGIN, printing.HEIGHT - 56, printing.WIDTH - printing.MARGIN, printing.HEIGHT - 56)
        page.line(printing.MARGIN, 46, printing.WIDTH - printing.MARGIN, 46)
        page.drawRightString(printing.WIDTH - printing.MARGIN, 32, f"Page {about.page}")

    return draw_edges
