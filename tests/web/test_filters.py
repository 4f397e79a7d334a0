"""Figures as people read them."""

import pytest

from charter.web.filters import of_unit


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(1, "people", "1 person"), (2, "people", "2 people"), (0, "people", "0 people"), (7.5, "percent", "7.5%")],
)
def test_a_figure_is_said_with_its_unit(value: float, unit: str, said: str) -> None:
    assert of_unit(value, unit) == said
