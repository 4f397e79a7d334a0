"""The spreadsheet that an employer can fill in offline: its sheets and columns, and how it is written."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from charter.assessment.answers import plans
from charter.assessment.declarations import mark
from charter.assessment.metrics import fields, fields_of
from charter.assessment.queries import Material
from charter.assessment.standing_in import StandIn
from charter.clock import day_in_words
from charter.framework.asking import standing
from charter.framework.content import Content, Extent, ScaleValue

HOW, ANSWERS, BASICS, FIGURES = "How to fill this in", "Answers", "Legal basics", "Figures"
PERIOD_END = "period_end"
"""The code of the row that says which day the figures end on."""
NOT_KNOWN = "not known"
YES, NO = "Yes", "No"


@dataclass(frozen=True)
class Column:
    """A column of the template, known by its heading."""

    name: str
    heading: str
    width: int
    fill: bool = False
    """Whether the employer writes in it."""
    also: tuple[str, ...] = ()
    """Other headings that it is known by."""


CODE = Column("code", "Code", 11)
VERSION = Column("version", "Saved version (leave as it is)", 12, also=("saved version", "version"))
TABLES: Mapping[str, tuple[Column, ...]] = {
    ANSWERS: (
        CODE,
        Column("theme", "Theme", 18),
        Column("question", "Question", 45, also=("statement",)),
        Column("guidance", "What it means", 55, also=("guidance",)),
        Column("standing", "How it counts", 18),
        Column("award", "Done for you by", 26),
        Column("value", "Answer", 22, fill=True),
        Column("explanation", "What is in place now", 50, fill=True, also=("explanation",)),
        Column("action", "What you will do", 40, fill=True, also=("action",)),
        Column("action_owner", "Who will do it", 22, fill=True, also=("owner", "action owner")),
        Column("action_due", "By when", 18, fill=True, also=("date", "due", "action due")),
        Column("reason", "Why it does not apply", 30, fill=True, also=("reason",)),
        VERSION,
    ),
    BASICS: (
        CODE,
        Column("statement", "Statement", 70),
        Column("help", "What it means", 60),
        Column("agreed", "Yes or no", 14, fill=True),
        VERSION,
    ),
    FIGURES: (
        CODE,
        Column("label", "What we ask", 60),
        Column("hint", "What to count", 60),
        Column("unit", "Unit", 16),
        Column("number", "Your number", 20, fill=True, also=("your figure",)),
        VERSION,
    ),
}
"""The tables of the template by the name of their sheet. A table is known by its headings, not by its sheet's name."""
NEEDED = {ANSWERS: "value", BASICS: "agreed", FIGURES: "number"}
"""The column that makes a table what it is; with the codes, it must be there."""


_TO_FILL = {"valign": "top", "bg_color": "#fff7bf", "border": 1, "border_color": "#b1b4b6"}
Styles = Mapping[str, Format]


def write(said: Material, *, on: date) -> bytes:
    """The template for one assessment, with everything filled in that is saved already, and what awards of other
    schemes stand in for on the day `on`."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"{said.content.meta.title}: answers of {said.assessment.organisation.name}"})
    styles = {
        "head": book.add_format({"bold": True, "bg_color": "#1d70b8", "font_color": "#ffffff", "text_wrap": True}),
        "title": book.add_format({"bold": True, "font_size": 16}),
        "bold": book.add_format({"bold": True}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "fill": book.add_format({"text_wrap": True, **_TO_FILL}),
        "day": book.add_format({"num_format": "d mmmm yyyy", **_TO_FILL}),
        "quiet": book.add_format({"font_color": "#505a5f", "valign": "top"}),
    }
    lists = _write_how(book.add_worksheet(HOW), said, styles)
    _write_answers(book.add_worksheet(ANSWERS), said, styles, lists, on)
    _write_basics(book.add_worksheet(BASICS), said, styles)
    _write_figures(book.add_worksheet(FIGURES), said, styles)
    book.close()
    return out.getvalue()


def version_of_declaration(agreed: bool | None, note: str) -> str:
    """What stands in the version column of a declaration."""
    return mark(agreed, note) if agreed is not None else "0"


_HOW = (
    "Fill in the yellow cells on the next three sheets. You can leave any cell empty and come back to it.",
    "Then upload the file where you downloaded it. We show you what we understood before anything is saved.",
    "An empty cell never deletes what is saved. To delete an answer, change it on its own page.",
    "Keep the columns “Code” and “Saved version” as they are. We leave out what you add in columns of your own.",
    "Do not use formulas or merged cells. Write the answer itself in its cell.",
    "Write dates with the day first, such as 27/3/2027, or as 27 March 2027.",
    "Evidence is added on the pages, not here.",
    f"If you do not know a figure yet, write “{NOT_KNOWN}” instead of a number.",
)


def _write_how(sheet: Worksheet, said: Material, styles: Styles) -> dict[bool, str]:
    """The first sheet. Returns where the answers to choose from stand: all of them, or (False) those for everybody."""
    content, employer = said.content, said.assessment.organisation.name
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 95)
    sheet.write_string(0, 0, f"{content.meta.title}: your answers", styles["title"])
    sheet.write_string(1, 0, employer, styles["bold"])
    row = 3
    for number, sentence in enumerate((*_HOW, content.evidence_rules.privacy), 1):
        sheet.write_string(row, 0, f"{number}.")
        sheet.write_string(row, 1, sentence, styles["text"])
        row += 1
    row += 1
    sheet.write_string(row, 0, "The answers you can choose", styles["head"])
    sheet.write_string(row, 1, "What each means, and what to fill in with it", styles["head"])
    first = row + 1
    for_all = [value for value in content.scale if value.extent is not Extent.NOT_APPLICABLE]
    for value in (*for_all, *(value for value in content.scale if value not in for_all)):
        row += 1
        sheet.write_string(row, 0, value.label)
        sheet.write_string(row, 1, _asks(content, value), styles["text"])
    return {
        True: f"='{HOW}'!$A${first + 1}:$A${first + len(content.scale)}",
        False: f"='{HOW}'!$A${first + 1}:$A${first + len(for_all)}",
    }


def _asks(content: Content, value: ScaleValue) -> str:
    told = [value.hint] if value.hint else []
    if value.extent is Extent.NOT_APPLICABLE:
        told.append("Only where it is offered. Fill in “Why it does not apply”.")
    elif plans(content, value.value):
        told.append("Fill in “What you will do”, “Who will do it” and “By when”.")
    elif value.extent is not Extent.NOT_MET or value.needs:
        told.append("Fill in “What is in place now”.")
    return " ".join(told)


def _head(sheet: Worksheet, name: str, styles: Styles) -> dict[str, int]:
    """The line of headings. Returns the place of each column by its name."""
    for place, column in enumerate(TABLES[name]):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.heading, styles["head"])
    sheet.freeze_panes(1, 1)
    return {column.name: place for place, column in enumerate(TABLES[name])}


def _line(
    sheet: Worksheet,
    name: str,
    row: int,
    values: Mapping[str, str | date | None],
    styles: Styles,
) -> None:
    """One row. Text is written as text, whatever it begins with: never as a formula or a link."""
    for place, column in enumerate(TABLES[name]):
        value = values.get(column.name)
        style = styles["fill" if column.fill else "quiet" if column is VERSION else "text"]
        if isinstance(value, date):
            sheet.write_datetime(row, place, value, styles["day"])
        elif value:
            sheet.write_string(row, place, value, style)
        else:
            sheet.write_blank(row, place, None, styles["day"] if column.name == "action_due" else style)


def _write_answers(sheet: Worksheet, said: Material, styles: Styles, lists: Mapping[bool, str], on: date) -> None:
    places, content, stand_ins = _head(sheet, ANSWERS, styles), said.content, said.stand_ins(on)
    for row, criterion in enumerate(said.asked, 1):
        answer = said.answers.get(criterion.code)
        value = content.scale_value(answer.value) if answer else None
        line: dict[str, str | date | None] = {
            "code": criterion.code,
            "theme": content.theme(criterion.theme).title,
            "question": criterion.statement,
            "guidance": criterion.guidance,
            "standing": standing(content, criterion, said.assessment.target_level).words,
            "award": _done_for_you_by(stand_ins.get(criterion.code)),
            "value": value.label if value else None,
            "version": str(answer.version if answer else 0),
        }
        if answer is not None:
            for name in ("explanation", "action", "action_owner", "action_due", "reason"):
                line[name] = getattr(answer, name)
        _line(sheet, ANSWERS, row, line, styles)
        rule = {"validate": "list", "source": lists[criterion.not_applicable_allowed], "error_type": "warning"}
        sheet.data_validation(row, places["value"], row, places["value"], rule)


def _done_for_you_by(one: StandIn | None) -> str | None:
    if one is None or not one.is_met:
        return None
    until = f" until {day_in_words(one.until)}" if one.until else ""
    return f"{one.passport.title}{until}. You can leave this row empty. If you answer less, your answer counts."


def _write_basics(sheet: Worksheet, said: Material, styles: Styles) -> None:
    places = _head(sheet, BASICS, styles)
    for row, declaration in enumerate(said.content.declarations, 1):
        agreed = said.declarations.get(declaration.code)
        line = {
            "code": declaration.code,
            "statement": declaration.statement,
            "help": declaration.help,
            "agreed": None if agreed is None else YES if agreed else NO,
            "version": version_of_declaration(agreed, said.declaration_notes.get(declaration.code, "")),
        }
        _line(sheet, BASICS, row, line, styles)
        sheet.data_validation(row, places["agreed"], row, places["agreed"], {"validate": "list", "source": [YES, NO]})


def _write_figures(sheet: Worksheet, said: Material, styles: Styles) -> None:
    _head(sheet, FIGURES, styles)
    version = str(said.figures.version if said.figures else 0)
    day = said.figures.period_end if said.figures else None
    line: dict[str, str | date | None] = {
        "code": PERIOD_END,
        "label": "Which day do the 12 months end on?",
        "hint": said.content.metric_rules.period,
        "unit": "date",
        "number": day,
        "version": version,
    }
    _line(sheet, FIGURES, 1, line, styles)
    unknown = unknown_fields(said)
    for row, number in enumerate(fields(said.content, said.assessment.target_level), 2):
        line = {
            "code": number.name,
            "label": number.label,
            "hint": number.hint,
            "unit": number.unit,
            "number": said.inputs.get(number.name) or (NOT_KNOWN if number.name in unknown else None),
            "version": version,
        }
        _line(sheet, FIGURES, row, line, styles)


def unknown_fields(said: Material) -> frozenset[str]:
    """The names of the numbers that the employer says it does not know yet, or that belong to such a figure."""
    own = {item.name: metric.code for metric in said.content.metrics for item in metric.inputs}
    return frozenset(name for name in fields_of(said.content) if own.get(name, name) in said.unknown)
