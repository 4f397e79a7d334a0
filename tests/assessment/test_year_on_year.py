"""How a figure moved since last time, and when the rules ask why."""

from datetime import date
from decimal import Decimal

import pytest

from charter.assessment import metrics
from charter.assessment.year_on_year import Before, change, changes, period_doubt
from charter.framework.content import Content
from tests.framework import small

LAST = date(2025, 12, 31)


def metric_of(unit: str, decimals: int = 1) -> Content:
    return small.content(lambda it: it["metrics"][0].update(unit=unit, decimals=decimals))


def asked(content: Content, old: str, new: str) -> bool:
    found = change(content.metric_rules, content.metrics[0], Before(Decimal(old), LAST), Decimal(new))
    return found.question is not None


@pytest.mark.parametrize(("old", "new", "why"), [("40", "55", False), ("40", "55.1", True), ("40", "24.9", True)])
def test_a_rate_is_asked_about_when_it_moves_by_more_points_than_the_rules_allow(old: str, new: str, why: bool) -> None:
    assert asked(metric_of("percent"), old, new) is why


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("10", "20", False),
        ("10", "21", True),
        ("10", "5", False),
        ("10", "4", True),
        ("0", "3", True),
        ("0", "2", False),
        ("1", "3", False),
        ("3", "0", True),
        ("0", "0", False),
    ],
)
def test_a_count_is_asked_about_when_it_more_than_doubles_or_halves_but_not_for_one_or_two_people(
    old: str, new: str, why: bool
) -> None:
    assert asked(metric_of("people", 0), old, new) is why


def test_what_is_no_count_of_whole_people_is_asked_about_however_small_it_is() -> None:
    assert asked(metric_of("days", 1), "0.8", "2") is True


def test_the_rules_say_how_much_is_much() -> None:
    def stricter(it: small.Document) -> None:
        it["metrics"][0].update(unit="people", decimals=0)
        it["metric_rules"] |= {"year_on_year_times": "1.5", "year_on_year_least": 1}

    assert asked(small.content(stricter), "2", "4") is True
    assert asked(metric_of("people", 0), "2", "4") is False


def test_the_change_is_said_in_words() -> None:
    rules, (metric,) = small.content().metric_rules, small.content().metrics
    said = [
        change(rules, metric, Before(Decimal(40), LAST), Decimal(new)).sentence for new in ("41", "36.5", "40", "70")
    ]
    assert said == [
        "This is 1 percentage point higher than last time.",
        "This is 3.5 percentage points lower than last time.",
        "This is the same as last time.",
        "This is 30 percentage points higher than last time.",
    ]


def test_only_a_figure_with_a_value_now_and_then_has_moved() -> None:
    content = small.content()
    last = {"M1": Before(Decimal(10), LAST), "GONE": Before(Decimal(1), LAST)}
    figures = metrics.figures(content, {"staff": "10", "left": "5"}, 2)
    assert changes(content, figures, last)["M1"].moved == 40
    assert changes(content, metrics.figures(content, {}, 2), last) == {}
    assert changes(content, figures, {}) == {}


@pytest.mark.parametrize(
    ("end", "doubted"),
    [
        (date(2026, 12, 31), None),
        (date(2027, 1, 31), None),
        (date(2027, 12, 31), None),  # a year was left out
        (date(2026, 6, 30), "6 months later"),
        (date(2027, 6, 30), "18 months later"),
        (date(2026, 1, 3), "1 month later"),
        (LAST, None),
        (None, None),
    ],
)
def test_twelve_months_that_end_at_another_time_of_the_year_than_last_time_are_to_be_checked(
    end: date | None, doubted: str | None
) -> None:
    found = period_doubt(end, {"M1": Before(Decimal(1), LAST)})
    assert (found is not None and doubted in found) if doubted else found is None
    assert period_doubt(end, {}) is None
