"""Numbers are read as people type them, checked, and turned into figures."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpleeval import InvalidExpression

from charter.assessment import metrics
from charter.framework import formula
from charter.framework.content import Content
from tests.framework import small
from tests.framework.small import Document


@pytest.fixture(scope="module")
def content() -> Content:
    return small.content()


def with_metric(**values: Any) -> Content:
    """The small charter, with something else about its metric."""
    return small.content(lambda it: it["metrics"][0].update(values))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("6", "6"),
        (" 6 ", "6"),
        ("6.0", "6"),
        ("06", "6"),
        ("1200", "1200"),
        ("1,200", "1200"),
        ("1 200", "1200"),
        ("1\u00a0200", "1200"),
        ("12,345", "12345"),
    ],
)
def test_a_number_is_read_as_people_type_it(content: Content, typed: str, number: str) -> None:
    assert metrics.parse(content, {"staff": typed}) == ({"staff": Decimal(number)}, {})


@pytest.mark.parametrize(
    ("field", "typed", "fault"),
    [
        ("staff", "six", "Write this as a number, for example 12."),
        ("staff", "1,5", "Write this as a number, for example 12."),
        ("staff", "1,20", "Write this as a number, for example 12."),
        ("staff", "5%", "Write this as a number, for example 12."),
        ("staff", "1e3", "Write this as a number, for example 12."),
        ("staff", "NaN", "Write this as a number, for example 12."),
        ("staff", "٣", "Write this as a number, for example 12."),
        ("staff", "9" * 5000, "Write this as a number, for example 12."),
        ("full_time", "lots", "Write this as a number, for example 12.5."),
        ("staff", "5.5", "Write a whole number, with nothing after the point."),
        ("full_time", "5.55", "Write this with at most 1 figure after the point."),
        ("staff", "0", "This must be 1 or more."),
        ("staff", "-3", "This must be 1 or more."),
        ("staff", "100,001", "This must be 100,000 or less."),
    ],
)
def test_what_is_no_fit_number_says_what_to_write(content: Content, field: str, typed: str, fault: str) -> None:
    assert metrics.parse(content, {field: typed}) == ({}, {field: fault})


@pytest.mark.parametrize("inputs", [{}, {"staff": ""}, {"staff": "  "}, {"unknown": "7"}])
def test_an_empty_field_is_neither_a_number_nor_a_mistake(content: Content, inputs: dict[str, str]) -> None:
    assert metrics.parse(content, inputs) == ({}, {})


def test_a_part_cannot_be_more_than_the_whole(content: Content) -> None:
    message = "This cannot be more than 1,000, the number you gave for “How many staff?”."

    assert metrics.check(content, {"staff": "1000", "staff_here": "1000"}) == {}
    assert metrics.check(content, {"staff": "1000", "staff_here": "1001"}) == {"staff_here": message}
    assert metrics.check(content, {"staff_here": "1001"}) == {}


def test_a_number_that_is_wrong_is_not_used(content: Content) -> None:
    assert metrics.local_headcount(content, {"staff": "10", "staff_here": "11"}) is None


def test_what_is_odd_but_possible_is_only_pointed_out(content: Content) -> None:
    inputs = {"staff": "5", "full_time": "5.5"}

    assert metrics.check(content, inputs) == {}
    assert metrics.warnings(content, inputs) == {
        "full_time": "This is more than 5, the number you gave for “How many staff?”. Check both."
    }
    assert metrics.warnings(content, {"staff": "5", "full_time": "5"}) == {}


def test_headcounts_are_those_the_framework_names(content: Content) -> None:
    inputs = {"staff": "1,200", "staff_here": "300"}

    assert (metrics.headcount(content, inputs), metrics.local_headcount(content, inputs)) == (1200, 300)
    assert (metrics.headcount(content, {}), metrics.local_headcount(content, {})) == (None, None)


def test_a_figure_is_worked_out_and_rounded_half_up(content: Content) -> None:
    (figure,) = metrics.figures(content, {"staff": "16", "left": "1"}, 2)

    assert (figure.value, figure.complete, figure.note, figure.warning) == (Decimal("6.3"), True, None, None)


def test_a_figure_needs_all_of_its_numbers(content: Content) -> None:
    (figure,) = metrics.figures(content, {"left": "3"}, 2)

    assert (figure.value, figure.complete, figure.note) == (None, False, "Some numbers are still missing.")
    assert metrics.returned(content, {"left": "3"}, 2) == frozenset()
    assert metrics.returned(content, {"left": "3", "staff": "16"}, 2) == {"M1"}


def test_a_number_that_only_limits_or_breaks_down_is_needed_too() -> None:
    def change(it: Document) -> None:
        it["metrics"][0]["formula"] = "left"
        it["metrics"][0]["inputs"] = [
            {"name": "left", "label": "Left?", "unit": "people", "max_field": "staff"},
            {"name": "left_early", "label": "Early?", "unit": "people", "max_field": "left"},
        ]

    content = small.content(change)

    assert metrics.needs(content, content.metrics[0]) == {"left", "left_early", "staff"}
    assert metrics.returned(content, {"left": "3", "staff": "16"}, 2) == frozenset()
    assert metrics.returned(content, {"left": "3", "left_early": "0", "staff": "16"}, 2) == {"M1"}


def test_a_level_asks_only_for_its_own_figures(content: Content) -> None:
    assert metrics.figures(content, {}, 1) == ()
    assert [figure.metric.code for figure in metrics.figures(content, {}, 2)] == ["M1"]
    assert [figure.metric.code for figure in metrics.figures(content, {})] == ["M1"]
    assert [field.name for field in metrics.fields(content, 1)] == ["staff", "staff_here"]
    assert [field.name for field in metrics.fields(content, 2)] == ["staff", "staff_here", "left"]


@pytest.mark.parametrize(
    ("rule", "complete", "note"),
    [
        ("not_applicable", True, "There was nobody to count, so there is no figure."),
        ("error", False, "This cannot be worked out, because it would divide by 0."),
    ],
)
def test_nothing_to_divide_by_is_as_the_framework_says(rule: str, complete: bool, note: str) -> None:
    inputs = [{"name": name, "label": name, "unit": "people", "min": 0} for name in ("left", "due")]
    content = with_metric(inputs=inputs, formula="left / due * 100", zero_denominator=rule)

    (figure,) = metrics.figures(content, {"left": "0", "due": "0"}, 2)

    assert (figure.value, figure.complete, figure.note) == (None, complete, note)


@pytest.mark.parametrize(
    ("left", "warning"),
    [
        ("60", None),
        ("61", "This is higher than usual (above 60). If it is right, tell us why."),
        ("400", "This is higher than usual (above 60). If it is right, tell us why."),
        ("401", "This comes to 401, and we expect 400 or less. Check your numbers."),
        ("4", "This is lower than usual (below 5). If it is right, tell us why."),
        ("1", "This comes to 1, and we expect 2 or more. Check your numbers."),
    ],
)
def test_a_figure_outside_its_range_is_pointed_out(left: str, warning: str | None) -> None:
    content = with_metric(warn_below=5, min=2)

    (figure,) = metrics.figures(content, {"staff": "100", "left": left}, 2)

    assert (figure.value, figure.complete, figure.warning) == (Decimal(left), True, warning)


def test_a_figure_about_few_people_says_so() -> None:
    content = with_metric(min_denominator=10)
    few = "Fewer than 10 people are counted, so one person can change this figure a lot."

    warnings = [metrics.figures(content, {"staff": staff, "left": "1"}, 2)[0].warning for staff in ("9", "10")]

    assert warnings == [few, None]


def test_a_figure_that_is_not_known_has_no_value_and_nothing_is_missing(content: Content) -> None:
    (figure,) = metrics.figures(content, {"staff": "16"}, 2, {"M1"})

    assert (figure.value, figure.complete, figure.unknown, figure.warning) == (None, False, True, None)
    assert figure.note == "Not known yet."
    assert metrics.returned(content, {"staff": "16", "left": "0"}, 2, {"M1"}) == frozenset()


def test_what_was_typed_for_a_figure_that_is_not_known_is_no_number_and_no_mistake(content: Content) -> None:
    for typed in ("-3", "lots", "3"):
        assert metrics.parse(content, {"staff": "16", "left": typed}, {"M1"}) == ({"staff": Decimal(16)}, {})
        assert metrics.check(content, {"staff": "16", "left": typed}, {"M1"}) == {}
    assert metrics.headcount(content, {"staff": "16", "left": "3"}) == 16


def test_numbers_for_a_figure_that_is_not_known_are_a_contradiction_that_is_named(content: Content) -> None:
    (metric,) = content.metrics

    assert metrics.contradicted(content, {"left": "0"}, {"M1"}) == (metric,)
    assert metrics.contradicted(content, {"left": "lots"}, {"M1"}) == (metric,)
    assert metrics.contradicted(content, {"left": " ", "staff": "16"}, {"M1"}) == ()
    assert metrics.contradicted(content, {"left": "0"}, ()) == ()
    assert metrics.contradicted(content, {"left": "0"}, {"M1"}, 1) == ()  # a level that does not ask for it


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_number_or_a_mistake(typed: str) -> None:
    content = small.content()
    numbers, faults = metrics.parse(content, {"staff": typed})

    assert len(numbers) + len(faults) == (1 if typed.strip() else 0)


@given(st.integers(1, 100000))
def test_a_number_written_with_commas_reads_back(number: int) -> None:
    assert metrics.parse(small.content(), {"staff": f"{number:,}"}).numbers == {"staff": Decimal(number)}


# Formulas


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "6"),
        ("a + b * 2", "12"),
        ("(a + b) * 2", "18"),
        ("a - b", "3"),
        ("a / b * 100", "200"),
        ("a * 0.1", "0.6"),
        ("  a / b", "2"),
    ],
)
def test_a_formula_is_worked_out_on_decimals(text: str, value: str) -> None:
    assert formula.problem(text, {"a", "b"}) is None
    assert formula.value(text, {"a": Decimal(6), "b": Decimal(3)}) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "a ** b",
        "a % b",
        "a // b",
        "-a",
        "a if b else a",
        "a < b",
        "a and b",
        "a.real",
        "a[0]",
        "[a]",
        "(a, b)",
        "abs(a)",
        "lambda: a",
        "a; b",
        "a = b",
        "'a'",
        "True",
        "1j",
        "c",
        "",
        "a b",
        "(" * 250 + "a",
        "a + " * 200 + "a",
        "(a := b)",
        "__import__('os')",
        "1e999 + a",
    ],
)
def test_a_formula_does_sums_and_nothing_else(text: str) -> None:
    assert formula.problem(text, {"a", "b"}) is not None


def test_a_formula_that_slipped_past_the_check_still_does_nothing_else() -> None:
    for text in ("a ** 2", "abs(a)", "a.real", "-a"):
        with pytest.raises(InvalidExpression):
            formula.value(text, {"a": Decimal(6), "abs": Decimal(1)})


def test_a_formula_knows_what_it_divides_by() -> None:
    numbers = {"a": Decimal(6), "b": Decimal(3), "c": Decimal(4)}

    assert formula.denominators("a / (b + c) + a / b / 100", numbers) == (Decimal(7), Decimal(3))
    with pytest.raises(formula.ZeroDenominator):
        formula.value("a / (b - b)", numbers)
    with pytest.raises(KeyError):
        formula.value("a / d", numbers)


# Numbers that several figures share ---------------------------------------------------------------------------------


def test_a_figure_that_needs_an_unknown_shared_number_is_not_known_either_and_never_0() -> None:
    content = small.content()

    (figure,) = metrics.figures(content, {"left": "3"}, 2, {"staff"})

    assert (figure.value, figure.complete, figure.unknown) == (None, False, True)
    assert figure.note == "This cannot be worked out yet: you do not know “How many staff?”"
    assert metrics.not_known(content, {"staff"}) == {"M1"}
    assert metrics.not_known(content, {"full_time"}) == frozenset()
    assert metrics.not_given(content, {"staff"}) == {"staff", "left"}
    assert metrics.returned(content, {"left": "3"}, 2, {"staff"}) == frozenset()


def test_a_shared_number_that_only_limits_another_may_be_unknown() -> None:
    def change(it: Document) -> None:
        it["metrics"][0] |= {"formula": "left"}
        it["metrics"][0]["inputs"][0]["max_field"] = "staff"

    content = small.content(change)
    (figure,) = metrics.figures(content, {"left": "3"}, 2, {"staff"})
    assert (figure.value, figure.complete, figure.unknown) == (Decimal(3), True, False)
    assert metrics.figures(content, {"left": "3"}, 2)[0].complete is False  # it is missing, which is not unknown


def test_a_number_beside_a_tick_that_it_is_not_known_is_a_contradiction_and_no_number() -> None:
    content = small.content()
    assert [one.code for one in metrics.contradicted(content, {"staff": "8"}, {"staff"}, 2)] == ["staff"]
    assert metrics.contradicted(content, {"staff": " "}, {"staff"}, 2) == ()
    assert metrics.parse(content, {"staff": "lots"}, {"staff"}) == ({}, {})
