"""The picture that an employer puts on its website: its level, and how the award stands on the day it is looked at."""

from datetime import date
from html import escape

from charter.award.models import Award
from charter.award.verification import Standing, standing
from charter.clock import day_in_words

WIDTH, HEIGHT = 320, 96
ROOM = 226
"""How wide a line of words may be."""
GREEN, GOLD, INK, RED, PAPER = "#14432f", "#f0c24b", "#16201b", "#a11d1d", "#ffffff"
_AVERAGE = 0.65
"""The width of a letter of the usual fonts, on the wide side, as a share of its size."""


def draw(award: Award, *, scheme: str, on: date) -> str:
    """The picture of the award as it stands on the local day `on`, as SVG."""
    found = standing(award, on)
    return _card(scheme, award.framework.content.level_title(award.level), in_words(award, found), found)


def draw_level(title: str, *, scheme: str) -> str:
    """The picture of a level, whoever holds it."""
    return _card(scheme, title, "", Standing.CURRENT)


def draw_unknown(*, scheme: str) -> str:
    """The picture in place of a certificate that we never issued."""
    return _card(scheme, "Not known", "We did not issue this certificate", Standing.REVOKED)


def in_words(award: Award, found: Standing) -> str:
    """How an award stands, in a line."""
    return {
        Standing.CURRENT: f"Valid until {day_in_words(award.ends_on)}",
        Standing.UNDER_REVIEW: "Valid, under review",
        Standing.SUSPENDED: "Suspended: not valid now",
        Standing.NOT_YET_VALID: f"Starts on {day_in_words(award.starts_on)}",
        Standing.EXPIRED: f"Expired on {day_in_words(award.ends_on)}",
        Standing.SUPERSEDED: "Replaced by a newer award",
        Standing.REVOKED: "Taken back: not valid",
    }[found]


def _card(scheme: str, title: str, words: str, found: Standing) -> str:
    said = ". ".join(one for one in (scheme, title, words) if one)
    frame = GREEN if found.may_be_relied_on else RED if found is Standing.REVOKED else INK
    tops = (30, 56, 78) if words else (40, 68, 0)
    drawn = _line(scheme, tops[0], 13, 400, INK) + _line(title, tops[1], 22, 700, frame)
    drawn += _line(words, tops[2], 13, 600, frame) if words else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-labelledby="said"><title id="said">{escape(said)}</title>'
        f'<rect x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="6" fill="{PAPER}" stroke="{frame}" '
        f'stroke-width="2"/>{_sign(found, frame)}{drawn}</svg>\n'
    )


def _sign(found: Standing, colour: str) -> str:
    """The leaf with its tick only while the award may be relied on: the shape says it too, not the colour alone."""
    if found.may_be_relied_on:
        inside = (
            f'<path fill="{colour}" d="M20 3c9 3 14 9 14 17s-5 14-14 17C11 34 6 28 6 20S11 6 20 3z"/>'
            f'<path fill="none" stroke="{GOLD}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" '
            'd="M12.5 20.5l5.5 5.5 10-12"/>'
        )
    else:
        mark = "M13 13l14 14M27 13L13 27" if found is Standing.REVOKED else "M20 10v10l7 4"
        inside = (
            f'<circle cx="20" cy="20" r="16.5" fill="none" stroke="{colour}" stroke-width="3"/>'
            f'<path fill="none" stroke="{colour}" stroke-width="3.5" stroke-linecap="round" d="{mark}"/>'
        )
    return f'<g transform="translate(14 18) scale(1.5)">{inside}</g>'


def _line(text: str, top: int, size: int, weight: int, colour: str) -> str:
    squeezed = f' textLength="{ROOM}" lengthAdjust="spacingAndGlyphs"' if len(text) * size * _AVERAGE > ROOM else ""
    return (
        f'<text x="84" y="{top}" font-family="Arial, Helvetica, sans-serif" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}"{squeezed}>{escape(text)}</text>'
    )
