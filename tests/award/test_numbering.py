"""A number of a certificate: printed, read from paper, and mistyped."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.account.models import User
from charter.award import numbering
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.factories import Factory

FIRST = date(2026, 11, 22)
SERIES = "GEC-2026"


def test_a_number_ends_with_two_figures_that_check_the_others() -> None:
    assert re.fullmatch(r"GEC-2026-000123-[0-9]{2}", numbering.written(SERIES, 123))


@given(st.integers(1, 999_999), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_figure_never_makes_another_number(last: int, place: int, by: int) -> None:
    year, figures, checks = numbering.written(SERIES, last).split("-")[1:]
    right = year + figures + checks
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert numbering.check_figures(f"GEC-{wrong[:4]}", wrong[4:10]) != wrong[10:]


@given(st.integers(1, 999_999), st.integers(0, 10))
def test_two_figures_that_changed_places_never_make_another_number(last: int, place: int) -> None:
    year, figures, checks = numbering.written(SERIES, last).split("-")[1:]
    right = year + figures + checks
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    assert wrong == right or numbering.check_figures(f"GEC-{wrong[:4]}", wrong[4:10]) != wrong[10:]


@pytest.mark.parametrize(
    "typed",
    [
        "{number}",
        "{prefix}-2026-000001-{checks}",
        " {lower} 2026 000001 {checks} ",
        "{prefix}2026000001{checks}",
        "{prefix}-2026-1-{checks}",
        "{prefix}-2026-000001",
        " {lower}-2026-000001 ",
        "{prefix} 2026 000001",
        "{prefix}2026000001",
        "{prefix}-2O26-OOOOOI",
        "{lower}-2o26-ooooo1",
        "{prefix}–2026–00000l",
        "{prefix}-2026-1",
        "{code}",
        "https://charter.example.org/certificates/{code}",
        "https://charter.example.org/certificates/{code}.pdf",
    ],
)
def test_a_number_is_found_however_it_was_read(
    make: Factory, employer: Organisation, moderator: User, typed: str
) -> None:
    issued = make.award(employer, on=FIRST, by=moderator)
    prefix = make.framework().content.meta.certificate_prefix
    words = {"number": issued.number, "checks": issued.number[-2:], "code": issued.code}
    text = typed.format(prefix=prefix, lower=prefix.lower(), **words)
    assert numbering.look_up(db.session, text) == issued.code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "{prefix}-2026-000002",
        "{prefix}-2026-000001-00",
        "{prefix}-2025-000001",
        "000001",
        "{prefix}-2026-",
        "%",
        "\x00",
        "x" * 999,
    ],
)
def test_a_number_nobody_issued_is_not_found(
    make: Factory, employer: Organisation, moderator: User, typed: str
) -> None:
    make.award(employer, on=FIRST, by=moderator)
    prefix = make.framework().content.meta.certificate_prefix
    assert numbering.look_up(db.session, typed.format(prefix=prefix)) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{prefix}-2026-000002", "we have not issued {prefix}-2026-000002. Check each figure."),
        (
            "{prefix}-2026-2",
            "we have not issued {prefix}-2026-000002. Check each figure.",
        ),
        ("{prefix}-2025-000001", "We issued no certificate in 2025."),
        ("{prefix}-2026-", "This number is too short."),
        ("{prefix}", "This number is too short."),
        (
            "{prefix}-2026-000001234",
            "This number is too long. After the year come 8 figures, and you typed 9.",
        ),
        ("{prefix}-2026-0000014", "A figure is missing. After the year come 8 figures, and you typed 7."),
        (
            "{prefix}-2026-000001-00",
            "One of the figures is wrong, or two changed places: the last two do not fit the others.",
        ),
        ("{prefix}-2026-00000S", "you typed the letter S. Is it the figure 5?"),
        ("{prefix}-2026-00000x", "After {prefix} come only figures, and you typed the letter X."),
        ("{prefix}-2O26-OOOOO9", "we have not issued {prefix}-2026-000009."),
        ("000001", "This is not a whole number of ours. It begins with {prefix} and a year"),
        ("ABC-2026-000001", "This is not a number of ours. Our certificate numbers begin with {prefix}"),
        ("%", "This is not a number of ours."),
        ("x" * 22, "We do not know this address of a certificate."),
        ("https://charter.example.org/certificates/AAAA", "We do not know this address of a certificate."),
    ],
)
def test_a_number_that_is_not_known_is_told_what_is_wrong_with_it(
    make: Factory, employer: Organisation, moderator: User, typed: str, said: str
) -> None:
    make.award(employer, on=FIRST, by=moderator)
    prefix = make.framework().content.meta.certificate_prefix
    found = numbering.why_unknown(db.session, typed.format(prefix=prefix), prefix=prefix)
    assert said.format(prefix=prefix) in found


def test_before_the_first_certificate_its_number_has_a_form_too(make: Factory) -> None:
    prefix = make.framework().content.meta.certificate_prefix
    said = numbering.why_unknown(db.session, f"{prefix}-2026-000001", prefix=prefix)
    assert said.startswith("We issued no certificate in 2026.")
