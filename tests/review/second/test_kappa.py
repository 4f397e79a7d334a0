"""Cohen's kappa and its interval, against published examples and an independent working."""

from collections.abc import Sequence
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.review.second.kappa import FEWEST, Agreement, agreement

SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
"""Two dermatologists: the example of SAS/STAT's PROC FREQ, which prints kappa 0.3449, ASE 0.0724, 0.2030 to 0.4868."""
DIAGNOSES = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
"""Table 1 of Fleiss, Cohen and Everitt (1969): kappa .429, variance .002885."""


def counted(table: Sequence[Sequence[int]]) -> dict[tuple[str, str], int]:
    return {(str(i), str(j)): number for i, row in enumerate(table) for j, number in enumerate(row) if number}


def kappa_of(table: Sequence[Sequence[float]]) -> float:
    """Kappa by its definition, of shares."""
    size, total = range(len(table)), sum(map(sum, table))
    seen = sum(table[i][i] for i in size) / total
    chance = sum(sum(table[i]) * sum(row[i] for row in table) for i in size) / total**2
    return (seen - chance) / (1 - chance)


def error_of(table: Sequence[Sequence[int]]) -> float:
    """The standard error by the delta method with slopes by hand: nothing of the formula of 1969 is in it."""
    total, step = sum(map(sum, table)), 1e-6
    shares = [[number / total for number in row] for row in table]
    slopes = {}
    for i, row in enumerate(shares):
        for j in range(len(row)):
            up = [[value + step * ((a, b) == (i, j)) for b, value in enumerate(line)] for a, line in enumerate(shares)]
            down = [
                [value - step * ((a, b) == (i, j)) for b, value in enumerate(line)] for a, line in enumerate(shares)
            ]
            slopes[i, j] = (kappa_of(up) - kappa_of(down)) / (2 * step)
    mean = sum(shares[i][j] * slope for (i, j), slope in slopes.items())
    return sqrt(max(0.0, sum(shares[i][j] * (slope - mean) ** 2 for (i, j), slope in slopes.items()) / total))


def test_the_published_example_of_two_dermatologists_comes_out() -> None:
    found = agreement(counted(SKIN))
    assert found.kappa is not None
    assert found.error is not None
    assert found.interval is not None
    assert (found.pairs, found.same) == (88, 45)
    assert (round(found.kappa, 4), round(found.error, 4)) == (0.3449, 0.0724)
    assert [round(end, 4) for end in found.interval] == [0.2030, 0.4868]


def test_the_example_of_the_paper_comes_out() -> None:
    found = agreement(counted(DIAGNOSES))
    assert found.kappa is not None
    assert found.error is not None
    assert (round(found.kappa, 3), round(found.error**2, 6)) == (0.429, 0.002885)


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=3, max_size=3))
def test_it_is_what_an_independent_working_gives(table: list[list[int]]) -> None:
    found = agreement(counted(table))
    assert found.pairs == sum(map(sum, table))
    if found.kappa is None or found.error is None:
        return
    assert isclose(found.kappa, kappa_of(table), abs_tol=1e-9)
    assert isclose(found.error, error_of(table), abs_tol=1e-4)
    assert found.interval is not None
    assert -1 <= found.interval[0] <= found.kappa <= found.interval[1] <= 1


def test_who_always_agree_have_one_and_who_never_do_less_than_nothing() -> None:
    assert agreement({("a", "a"): 8, ("b", "b"): 4}).kappa == 1
    never = agreement({("a", "b"): 6, ("b", "a"): 6})
    assert never.kappa == -1
    assert never.interval == (-1, -1)


@pytest.mark.parametrize(
    ("pairs", "raw"), [({}, None), ({("a", "a"): FEWEST - 1}, 1.0), ({("a", "a"): FEWEST - 2, ("a", "b"): 1}, 8 / 9)]
)
def test_too_few_pairs_have_none(pairs: dict[tuple[str, str], int], raw: float | None) -> None:
    found = agreement(pairs)
    assert (found.kappa, found.interval, found.is_enough, found.raw) == (None, None, False, raw)


@pytest.mark.parametrize(
    "pairs", [{("a", "a"): 40}, {("a", "a"): 30, ("a", "b"): 10}, {("a", "a"): 30, ("b", "a"): 10}]
)
def test_where_one_of_the_two_always_found_the_same_thing_there_is_none_either(
    pairs: dict[tuple[str, str], int],
) -> None:
    assert agreement(pairs) == Agreement(40, pairs["a", "a"], None)
