"""What an employer prints for a survey: a poster, a slip for each person, and the results.

Drawn like the certificate, in our own font and colours. The same facts always give the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from charter import drawing
from charter.clock import day_in_words
from charter.drawing import BOLD, GOLD, GREEN, GREY, INK, ITALIC, PALE, REGULAR
from charter.framework.content import StaffSurvey
from charter.survey.results import Result, Results

WIDTH, HEIGHT = A4
LEFT, RIGHT = 56.0, WIDTH - 56
ROWS, COLUMNS = 5, 2
SHADES = (HexColor("#14432f"), HexColor("#5b9a77"), HexColor("#d9dedb"), HexColor("#d99a3c"), HexColor("#8a3b12"))
"""From the answer that speaks best of a job to the one that speaks worst; the page of results has the same."""


@dataclass(frozen=True)
class About:
    """What every paper of one survey says."""

    employer: str
    title: str
    scheme: str
    opens_on: date
    closes_on: date
    asked: StaffSurvey


def poster(about: About, *, url: str) -> bytes:
    """A poster for the wall. `url` is where people type the code on their slip; it knows nobody's code."""
    page = _Page(about, "Poster")
    centre = WIDTH / 2
    drawing.mark(page.canvas, centre, HEIGHT - 66, 46, fill=GREEN, tick=GOLD)
    page.name(about.employer, HEIGHT - 136, 24)
    page.centred(about.title, HEIGHT - 158, REGULAR, 15, GREY)
    page.centred("What is it like to work here?", HEIGHT - 214, BOLD, 38, INK)
    number = len(about.asked.questions)
    page.centred(f"{number} short questions. Two minutes. No names.", HEIGHT - 244, ITALIC, 20, INK)
    side = 190.0
    drawing.qr(page.canvas, url, centre - side / 2, HEIGHT - 462, side)
    page.centred(url.split("://", 1)[-1], HEIGHT - 486, BOLD, 17, INK)
    page.down = HEIGHT - 530
    for step, words in enumerate(
        (
            "Take a slip of your own. Nobody notes which one you have.",
            "Scan the code on your slip. Or scan the one above, then type yours.",
            f"Answer by {day_in_words(about.closes_on)}. You can answer once.",
        ),
        start=1,
    ):
        page.item(str(step), words, 16)
    page.down -= 12
    top = page.down + 16
    page.say("Nobody can find out what you said", BOLD, 18, GREEN, left=LEFT + 18, width=RIGHT - LEFT - 36)
    for words in (
        "What you choose is added to a total. It is not kept by itself.",
        "There is no account, no name and no cookie.",
        f"Your employer sees totals after the survey has closed, and only from {about.asked.min_answers} answers.",
    ):
        page.say(words, REGULAR, 14.5, INK, left=LEFT + 18, width=RIGHT - LEFT - 36)
    page.canvas.setStrokeColor(GREEN)
    page.canvas.setLineWidth(1.4)
    page.canvas.roundRect(LEFT, page.down + 4, RIGHT - LEFT, top - page.down + 4, 8)
    page.centred(about.scheme, 40, REGULAR, 12, GREY)
    return page.bytes()


def slips(about: About, links: Sequence[tuple[str, str]]) -> bytes:
    """A slip for each of `links` (code, address), ten on a page, to print and cut."""
    page = _Page(about, "Slips")
    high, wide = (HEIGHT - 40) / ROWS, (WIDTH - 40) / COLUMNS
    for place, (code, url) in enumerate(links):
        row, column = divmod(place % (ROWS * COLUMNS), COLUMNS)
        if place and not place % (ROWS * COLUMNS):
            page.turn()
        left, bottom = 20 + column * wide, HEIGHT - 20 - (row + 1) * high
        page.canvas.setStrokeColor(GREY)
        page.canvas.setLineWidth(0.5)
        page.canvas.setDash(3, 3)
        page.canvas.rect(left, bottom, wide, high)
        page.canvas.setDash()
        side = 92.0
        drawing.qr(page.canvas, url, left + 14, bottom + (high - side) / 2, side)
        text, width = left + side + 28, wide - side - 40
        page.down = bottom + high - 34
        page.say(about.employer, BOLD, 11, GREEN, left=text, width=width, lines=3)
        page.say(about.title, REGULAR, 10, GREY, left=text, width=width, lines=1)
        page.down -= 8
        page.say(code.upper(), BOLD, 15, INK, left=text, width=width, lines=1)
        page.say(url.rpartition("/")[0].split("://", 1)[-1], REGULAR, 9.5, INK, left=text, width=width, lines=1)
        page.down -= 3
        page.say(
            f"Answer once, by {day_in_words(about.closes_on)}. Nobody can find out what you said.",
            REGULAR,
            9.5,
            INK,
            left=text,
            width=width,
        )
    return page.bytes()


def report(about: About, results: Results, *, closed_on: date) -> bytes:
    """The results to share with staff, and to give as evidence: totals, and nothing that they do not show."""
    page = _Page(about, "Results")
    drawing.mark(page.canvas, LEFT + 14, HEIGHT - 62, 30, fill=GREEN, tick=GOLD)
    page.canvas.setFillColor(GREY)
    page.canvas.setFont(REGULAR, 12)
    page.canvas.drawString(LEFT + 36, HEIGHT - 66, drawing.drawable(about.scheme, REGULAR))
    page.down = HEIGHT - 108
    page.say(about.employer, BOLD, 24, GREEN, lines=2)
    page.say(f"What our staff said: {about.title}", REGULAR, 16, INK, lines=2)
    page.down -= 4
    page.say(
        f"{results.answers:,} of the {results.people:,} people asked answered ({results.response_percent}%), from "
        f"{day_in_words(about.opens_on)} to {day_in_words(closed_on)}. Each had a code that worked once. Nobody gave a "
        f"name. Totals are shown only from {about.asked.min_answers} answers.",
        REGULAR,
        11.5,
        INK,
    )
    page.down -= 6
    _key(page, about.asked)
    for result in results.questions:
        if page.down < 120:
            page.turn()
            page.down = HEIGHT - 70
        _question(page, result, about.asked)
    page.down -= 4
    page.say(about.asked.source, ITALIC, 10, GREY)
    return page.bytes()


def _key(page: "_Page", asked: StaffSurvey) -> None:
    x = LEFT
    for value, shade in zip(asked.scale, _shades(asked), strict=True):
        label = drawing.drawable(value.label, REGULAR)
        wide = drawing.width_of(label, REGULAR) * 10 + 26
        if x + wide > RIGHT:
            x, page.down = LEFT, page.down - 15
        page.box(x, page.down - 1, 9, 9, shade)
        page.canvas.setFillColor(INK)
        page.canvas.setFont(REGULAR, 10)
        page.canvas.drawString(x + 13, page.down, label)
        x += wide
    page.down -= 24


def _question(page: "_Page", result: Result, asked: StaffSurvey) -> None:
    page.say(result.question.statement, BOLD, 13, INK, lines=2)
    if not result.shares:
        page.say(f"Not shown: fewer than {asked.min_answers} people answered this.", ITALIC, 11, GREY)
        page.down -= 8
        return
    page.say(
        f"{result.question.dimension}: {result.good_percent}% positive ({result.good} of {result.answered})",
        REGULAR,
        11,
        GREY,
    )
    x, across = LEFT, RIGHT - LEFT
    page.down -= 4
    for share, shade in zip(result.shares, _shades(asked), strict=True):
        wide = across * share.number / result.answered
        if share.number:
            page.box(x, page.down, wide, 13, shade)
            words = f"{share.percent}%"
            if wide > 28:
                page.canvas.setFillColor(INK if _is_light(shade) else HexColor("#ffffff"))
                page.canvas.setFont(BOLD, 10)
                page.canvas.drawCentredString(x + wide / 2, page.down + 3.4, words)
        x += wide
    page.down -= 13
    words = ", ".join(f"{share.value.label} {share.number}" for share in result.shares)
    page.say(words, REGULAR, 9.5, GREY)
    page.down -= 8


def _shades(asked: StaffSurvey) -> Iterator[Color]:
    """A shade for each value of the scale; a longer scale than ours repeats the middle one."""
    more = len(asked.scale) - len(SHADES)
    yield from SHADES[:2][: len(asked.scale)]
    yield from (SHADES[2] for _ in range(1 + max(more, 0)))
    yield from SHADES[3:]


def _is_light(shade: Color) -> bool:
    return bool(0.3 * shade.red + 0.6 * shade.green + 0.1 * shade.blue > 0.45)


class _Page:
    """A page of ours, written from the top down: `down` is where the next line stands."""

    def __init__(self, about: About, what: str) -> None:
        drawing.fonts()
        self.file = io.BytesIO()
        self.canvas = Canvas(
            self.file, pagesize=A4, invariant=1, pageCompression=1, lang="en-GB", initialFontName=REGULAR
        )
        self.canvas.setTitle(f"{what}: {about.title}, {about.employer}")
        self.canvas.setAuthor(about.employer)
        self.canvas.setCreator(about.scheme)
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self.down = HEIGHT - 60

    def say(
        self,
        text: str,
        font: str,
        size: float,
        colour: Color,
        *,
        left: float = LEFT,
        width: float = RIGHT - LEFT,
        lines: int = 99,
    ) -> None:
        """Some text in lines of this width; in more than `lines` it is made smaller, then cut."""
        text = drawing.drawable(text, font)
        split = simpleSplit(text, font, size, width)
        while len(split) > lines and size > 7:
            size -= 0.5
            split = simpleSplit(text, font, size, width)
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        for line in split[:lines]:
            fits = min(size, width / drawing.width_of(line, font))  # one word may be wider than the line
            self.canvas.setFont(font, fits)
            self.canvas.drawString(left, self.down, line)
            self.down -= size * 1.28

    def item(self, number: str, text: str, size: float) -> None:
        """A step with its number in a leaf of ours."""
        drawing.leaf(self.canvas, LEFT + 12, self.down + size * 0.3, size * 1.7, fill=GREEN)
        self.canvas.setFillColor(HexColor("#ffffff"))
        self.canvas.setFont(BOLD, size * 0.9)
        self.canvas.drawCentredString(LEFT + 12, self.down, number)
        self.say(text, REGULAR, size, INK, left=LEFT + 38, width=RIGHT - LEFT - 38)
        self.down -= 8

    def centred(self, text: str, y: float, font: str, size: float, colour: Color) -> None:
        """One line in the middle, made smaller when it would be too wide."""
        text = drawing.drawable(text, font)
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, min(size, (RIGHT - LEFT) / drawing.width_of(text, font)))
        self.canvas.drawCentredString(WIDTH / 2, y, text)

    def name(self, text: str, y: float, size: float) -> None:
        """A name in the middle, its last line at `y`; a long one stands on two lines."""
        words = drawing.drawable(text, BOLD).split() or ["?"]
        count = 1 if drawing.width_of(" ".join(words), BOLD) * size * 0.8 <= RIGHT - LEFT else 2
        lines = drawing.balanced(words, BOLD, count)
        fits = min(size, (RIGHT - LEFT) / max(drawing.width_of(line, BOLD) for line in lines))
        for place, line in enumerate(reversed(lines)):
            self.centred(line, y + place * fits * 1.2, BOLD, fits, GREEN)

    def box(self, x: float, y: float, wide: float, high: float, shade: Color) -> None:
        """A filled box with a fine line around it, so that a pale one shows on white paper."""
        self.canvas.setFillColor(shade)
        self.canvas.setStrokeColor(PALE)
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, y, wide, high, stroke=1, fill=1)

    def turn(self) -> None:
        """Begin a new page."""
        self.canvas.showPage()

    def bytes(self) -> bytes:
        """The whole document."""
        self.canvas.showPage()
        self.canvas.save()
        return self.file.getvalue()
