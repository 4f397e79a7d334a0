"""The numbers of certificates: in order, without gaps, and with two figures at the end that give a slip away.

A number is a prefix, a year, six figures and two check figures (ISO 7064, MOD 97-10, as bank accounts have): one wrong
figure, or two that changed places, never make another number of ours.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.iso7064 import mod_97_10
from uuid_utils.compat import uuid7

from charter.award.models import Award, Counter
from charter.database import insert

FIGURES = 6
"""How many figures stand between the year and the check figures; leading zeros may be left out when one types it."""
CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
FIGURE_FOR = {"S": "5", "B": "8", "Z": "2", "G": "6", "Q": "0", "D": "0"}
"""Letters that are easily read for a figure, besides those that are taken for one without a word."""
_READ_ALIKE = str.maketrans("OIL", "011")


def take(session: Session, prefix: str, year: int) -> str:
    """The next number of a year. Its counter stays locked until the transaction ends: no gap, no double."""
    series = f"{prefix}-{year}"
    counted = sa.update(Counter).where(Counter.series == series).values(last=Counter.last + 1).returning(Counter.last)
    counted = counted.execution_options(synchronize_session=False)
    last = session.scalar(counted)
    if last is None:
        session.execute(insert(session, Counter).values(id=uuid7(), series=series, last=0).on_conflict_do_nothing())
        last = session.scalar(counted)
    assert last is not None
    return written(series, last)


def written(series: str, last: int) -> str:
    """A number as it is printed: the series (prefix and year), the figures, and the two that check them."""
    figures = f"{last:0{FIGURES}d}"
    return f"{series}-{figures}-{check_figures(series, figures)}"


def check_figures(series: str, figures: str) -> str:
    """The two figures that check a number."""
    found: str = mod_97_10.calc_check_digits(_plain(series) + figures)
    return found


def look_up(session: Session, typed: str) -> str | None:
    """The code of the certificate whose number, code or address somebody typed; None when we issued none like it.

    Numbers are read from paper, so case, spaces, dashes and leading zeros do not matter, nor whether a letter O or I
    was meant as a nought or a one. A number may be given without its check figures; with them, they must fit.
    """
    typed = typed.strip()[:300]
    last = re.split(r"[/?#]", typed.rstrip("/"))[-1].removesuffix(".pdf")
    numbers = set(_meant(typed, session.scalars(sa.select(Counter.series))))
    codes = [last] if CODE.fullmatch(last) else []
    query = sa.select(Award.code).where(sa.or_(Award.code.in_(codes), Award.number.in_(numbers)))
    return session.scalars(query.limit(1)).first()


def _meant(typed: str, series: Iterable[str]) -> Iterable[str]:
    """The number that what somebody typed may mean, as it is printed: one at most for each series it begins with."""
    plain = _plain(typed)
    for one in series:
        rest = plain.removeprefix(_plain(one))
        if rest == plain or not re.fullmatch(r"[0-9]{1,11}", rest):
            continue
        figures, checks = _parted(typed, rest)
        meant = written(one, int(figures or "0"))
        if not checks or meant.endswith(f"-{checks}"):
            yield meant


def _parted(typed: str, rest: str) -> tuple[str, str]:
    """The figures after the year, and the check figures: none when they were left out.

    Whoever leaves out leading zeros parts the check figures by a dash or a space, or they are not known to be there.
    """
    if len(rest) > FIGURES:
        return rest[:-2], rest[-2:]
    last = re.split(r"[^A-Z0-9]+", typed.strip().upper())[-1]
    return (rest[:-2], rest[-2:]) if len(last) == 2 and len(rest) > 2 else (rest, "")


def why_unknown(session: Session, typed: str, *, prefix: str) -> str:
    """What is wrong with a number that `look_up` does not know, in a sentence, as far as its form tells.

    `prefix` is how the scheme's numbers begin today; those of older versions are known from the numbers issued.
    """
    series = set(session.scalars(sa.select(Counter.series)))
    prefixes = {prefix, *(one.rsplit("-", 1)[0] for one in series)}
    like = written(f"{prefix}-2026", 0)  # nobody's: numbers begin at 1
    typed = typed.strip()[:300]
    if "/" in typed or (re.fullmatch(r"[A-Za-z0-9_-]{20,32}", typed) and not re.match(r"[A-Za-z]+-\d", typed)):
        return "We do not know this address of a certificate. Copy all of it, or type the number that is printed."
    plain = _plain(typed)
    begins = next((one for one in sorted(prefixes, key=len, reverse=True) if plain.startswith(_plain(one))), None)
    if begins is None:
        if plain.isdigit():
            return f"This is not a whole number of ours. It begins with {prefix} and a year, such as {like}."
        return f"This is not a number of ours. Our certificate numbers begin with {prefix}, such as {like}."
    rest = re.sub(r"[^A-Z0-9]", "", typed.upper())[len(_plain(begins)) :]
    letters = sorted({letter for letter in rest if letter.isalpha() and letter not in "OIL"})
    if letters:
        letter = letters[0]
        read_as = f" Is it the figure {FIGURE_FOR[letter]}?" if letter in FIGURE_FOR else ""
        return f"After {begins} come only figures, and you typed the letter {letter}.{read_as}"
    figures = rest.translate(_READ_ALIKE)
    if len(figures) < 5:
        return f"This number is too short. After {begins} come a year and {FIGURES + 2} figures, such as {like}."
    year, last = figures[:4], figures[4:]
    if len(last) > FIGURES + 2:
        return f"This number is too long. After the year come {FIGURES + 2} figures, and you typed {len(last)}."
    if f"{begins}-{year}" not in series:
        return f"We issued no certificate in {year}. Check the year: it is the first four figures after {begins}."
    if len(last) == FIGURES + 1:
        return f"A figure is missing. After the year come {FIGURES + 2} figures, and you typed {len(last)}."
    counted, checks = _parted(typed, last)
    number = written(f"{begins}-{year}", int(counted or "0"))
    if checks and not number.endswith(f"-{checks}"):
        return "One of the figures is wrong, or two changed places: the last two do not fit the others. Check each one."
    return (
        f"The number has the right form, but we have not issued {number if checks else number[:-3]}. Check each "
        "figure. If the certificate says just this, do not rely on it, and tell us."
    )


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper()).translate(_READ_ALIKE)
