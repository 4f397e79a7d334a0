"""An example of a figure is worked out when the charter is checked, so that it never shows a wrong sum."""

from typing import Any

import pytest

from charter.framework import publishing
from charter.framework.checking import Faulty, check
from tests.framework import small

GOOD: dict[str, Any] = {
    "words": "A shop has 8 people. 2 of them left.",
    "numbers": {"staff": 8, "left": 2},
    "result": 25,
}


def faults(**other: Any) -> list[str]:
    def change(it: small.Document) -> None:
        it["metrics"][0]["example"] = {**GOOD, **other}

    try:
        small.content(change)
    except Faulty as faulty:
        return [f"{fault.place}: {fault.message}" for fault in faulty.faults]
    return []


def test_an_example_that_comes_out_is_taken() -> None:
    assert faults() == []
    assert faults(numbers={"staff": 6, "left": 1}, words="1 of 6 left.", result="16.7") == []  # rounded as figures are


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"result": 26}, "metrics[1] M1 → example → result: The numbers come to 25.0, not 26."),
        ({"numbers": {"staff": 8}}, "metrics[1] M1 → example → numbers: The example gives no number for left."),
        (
            {"numbers": {"staff": 8, "left": 2, "lift": 2}},
            "metrics[1] M1 → example → numbers → lift: There is no number called “lift”. Did you mean “left”?",
        ),
        (
            {"numbers": {"staff": 8, "left": 2.5}, "words": "Some left.", "result": "31.3"},
            "metrics[1] M1 → example → numbers → left: This has to be a whole number.",
        ),
        (
            {"numbers": {"staff": 8, "left": -2}, "words": "Some left.", "result": -25},
            "metrics[1] M1 → example → numbers → left: This is not between the smallest and the largest that the field "
            "takes.",
        ),
        (
            {"words": "A shop has 8 people. 3 of them left."},
            "metrics[1] M1 → example → words: The words say 3, which is none of the example's numbers.",
        ),
    ],
)
def test_an_example_that_does_not_is_named(other: dict[str, Any], said: str) -> None:
    assert faults(**other) == [said]


def test_an_example_may_not_divide_by_nothing() -> None:
    def change(it: small.Document) -> None:
        it["metrics"][0] |= {"formula": "left / (staff - 8)", "example": {**GOOD, "result": 0}}

    with pytest.raises(Faulty, match="This divides by 0"):
        small.content(change)


def test_a_part_of_an_example_is_not_more_than_its_whole() -> None:
    def change(it: small.Document) -> None:
        it["metrics"][0]["inputs"][0]["max_field"] = "staff"
        it["metrics"][0]["example"] = {**GOOD, "numbers": {"staff": 8, "left": 9}, "words": "Many.", "result": "112.5"}

    with pytest.raises(Faulty, match="This is more than 8, the number for “staff”"):
        small.content(change)


def test_a_metric_cannot_be_called_like_a_shared_number() -> None:
    with pytest.raises(Faulty, match="A context field has this name"):
        small.content(lambda it: it["metrics"][0].update(code="staff"))


def test_every_figure_of_the_newest_charter_has_an_example_and_the_first_is_as_it_was() -> None:
    first, newest = (publishing.read(path) for path in (publishing.SHIPPED[0], publishing.SHIPPED[-1]))
    assert [metric.code for metric in newest.metrics if metric.example is None] == []
    assert {metric.example for metric in first.metrics} == {None}
    assert check(newest.model_dump(mode="json")) == newest
