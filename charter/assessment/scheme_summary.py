"""Draw what an employer has in place for another scheme, item by item, to print beside that scheme's own form.

The same answers and day give the same bytes. The scheme's page says the same to those who cannot read it.
"""

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.platypus import CondPageBreak, HRFlowable, PageTemplate, Spacer

from charter import printing
from charter.assessment.other_schemes import Beside, Cover, ItemCover, SchemeCover
from charter.clock import day_in_words
from charter.drawing import BOLD, GREEN, GREY, ITALIC, PALE
from charter.framework.content import Content
from charter.printing import paragraph

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
    file = io.BytesIO()
    document = printing.document(
        file,
        title=f"{found.scheme.title}: what {said.employer} has in place",
        author=said.employer,
        subject=f"Answers given for {said.charter}, on {day_in_words(said.on)}",
        creator=said.charter,
    )
    around = printing.edges(f"{said.employer}: {found.scheme.title}", said.on)
    document.addPageTemplates([PageTemplate("page", [printing.inside()], onPage=around)])
    document.build([*_head(found, said), *_body(found, content)])
    return file.getvalue()


_H1 = printing.style(24, BOLD, textColor=GREEN, spaceAfter=6)
_H2 = printing.style(16, BOLD, textColor=GREEN, spaceBefore=14, spaceAfter=2)
_H3 = printing.style(13, BOLD, textColor=GREEN, spaceBefore=10, spaceAfter=0)
_ITEM = printing.style(12.5, BOLD, spaceBefore=2)
_BODY = printing.style(12, spaceAfter=4)
_SMALL = printing.style(11, textColor=GREY, spaceAfter=3)
_AIM = printing.style(11.5, ITALIC, textColor=GREY, spaceAfter=3)
_UNDER = printing.style(11.5, leftIndent=14, spaceAfter=2)


def _head(found: SchemeCover, said: Facts) -> list[Any]:
    flowables = [
        paragraph(found.scheme.title, _H1),
        paragraph(f"What {said.employer} has in place, from its answers for {said.charter}.", _BODY),
        paragraph(
            "This is no application. Use it beside the scheme’s own form, and check each line with the scheme before "
            "you send anything.",
            _BODY,
        ),
        paragraph(
            f"{found.done} of {found.total} items are in place.", printing.style(13, BOLD, spaceBefore=4, spaceAfter=4)
        ),
    ]
    for level in found.levels:
        left = "nothing left to do that we know of" if not level.to_do else f"{actions(level.to_do)} to go"
        if level.is_held:
            left = "held already"
        flowables.append(paragraph(f"{level.level.title}: {left}.", _BODY))
    if found.scheme.note:
        flowables.append(paragraph(_note(found, found.scheme.note), _AIM))
    if found.scheme.changed_at:
        flowables.append(
            paragraph(f"Our list was last changed on {day_in_words(found.scheme.changed_at.date())}.", _SMALL)
        )
    return flowables


def _note(found: SchemeCover, note: str) -> str:
    """A published note. It may say what is so no more, where the list was edited on top."""
    return f"{note} (We wrote this before we last changed the list.)" if found.scheme.changed_at else note


def actions(count: int) -> str:
    """So many actions, in words."""
    return "1 action" if count == 1 else f"{count} actions"


def _body(found: SchemeCover, content: Content) -> list[Any]:
    flowables: list[Any] = []
    for level in found.levels:
        flowables += [CondPageBreak(180), paragraph(level.level.title, _H2)]
        if level.level.note:
            flowables.append(paragraph(_note(found, level.level.note), _AIM))
        for group in level.groups:
            asks = "all of these" if group.group.at_least is None else f"at least {group.group.at_least} of these"
            flowables += [
                CondPageBreak(140),
                paragraph(f"{group.group.title} ({asks})", _H3),
            ]  # with its first item
            if group.unsure:
                flowables.append(paragraph(f"{group.unsure}.", _SMALL))
            if group.is_shared:
                flowables.append(paragraph(ONE_OF, _SMALL))
            for item in group.items:
                flowables += _item(item, content, say_unsure=not group.unsure)
    if found.levels and found.ungrouped:
        flowables.append(paragraph("Other items", _H2))
    for item in found.ungrouped:
        flowables += _item(item, content)
    return flowables


def _item(one: ItemCover, content: Content, *, say_unsure: bool = True) -> list[Any]:
    flowables: list[Any] = [
        CondPageBreak(70),
        HRFlowable(width="100%", thickness=0.5, color=PALE, spaceBefore=6, spaceAfter=4),
        paragraph(f"{one.item.label}: {_words(one)}", _ITEM),
    ]
    if say_unsure and not one.item.is_sure:
        flowables.append(paragraph(f"{one.item.words}.", _SMALL))
    if one.item.note:
        flowables.append(paragraph(one.item.note, _SMALL))
    if one.item.source:
        flowables.append(paragraph(f"From: {one.item.source}", _SMALL))
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
        until = f" until {day_in_words(one.stand_in.until)}" if one.stand_in.until else ""
        said = f"{one.stand_in.passport.title} stands in for this{until}"
    found = [paragraph(f"{one.criterion.statement} ({said}.)", _UNDER)]
    if one.answer and one.in_place:
        found += [paragraph(line, _UNDER) for line in one.answer.explanation.splitlines() if line.strip()]
    if one.answer and not one.in_place and one.answer.action.strip():
        due = f" By {day_in_words(one.answer.action_due)}." if one.answer.action_due else ""
        found.append(paragraph(f"We plan: {one.answer.action.strip()}{due}", _UNDER))
    titles = "; ".join(use.evidence.title for use in one.evidence if not use.evidence.is_gone)
    if titles:
        found.append(paragraph(f"Evidence: {titles}", _UNDER))
    return found
