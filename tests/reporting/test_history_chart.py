"""An employer's own history of a figure, drawn: every number can be read."""

from datetime import date
from decimal import Decimal
from itertools import product

from charter.reporting.history_chart import BOTTOM, FALLS, RADIUS, RISES, draw


def drawn(values: tuple[int, ...], middle: int | None):
    years = [(date(2020 + place, 3, 31), Decimal(value)) for place, value in enumerate(values)]
    return draw("code", "Title", "Words.", years, None if middle is None else Decimal(middle))


def test_no_number_is_written_on_the_line_of_the_others_or_a_dot_or_outside() -> None:
    for values in product((0, 3, 10, 11, 20), repeat=3):
        for middle in (None, *range(0, 24)):
            chart = drawn(values, middle)
            for dot in chart.dots:
                top, bottom = dot.foot - RISES, dot.foot + FALLS
                assert top >= 0, (values, middle)
                assert bottom < BOTTOM, (values, middle)
                assert bottom <= dot.y - RADIUS or top >= dot.y + RADIUS, (values, middle)
                assert chart.level is None or not top - 2 < chart.level < bottom + 2, (values, middle)


def test_in_a_valley_the_number_stands_below_where_no_line_rises() -> None:
    first, valley, last = drawn((20, 10, 20), None).dots
    assert valley.foot > valley.y
    assert (first.foot < first.y, last.foot < last.y) == (True, True)
