"""Wilson's interval, against values worked out elsewhere."""

import pytest

from charter.reporting import wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_it_agrees_with_published_values(hits: int, total: int, low: float, high: float) -> None:
    found = wilson.interval(hits, total)
    assert found is not None
    assert found == pytest.approx((low, high), abs=0.00006)


def test_of_nothing_there_is_none() -> None:
    assert wilson.interval(0, 0) is None
