"""How much work a criterion is, as a version of the charter says it."""

from typing import Any

import pytest

from charter.framework import publishing
from charter.framework.checking import Faulty, check
from tests.framework.small import Document, content, document

EFFORTS = [{"code": "little", "label": "A small job"}, {"code": "much", "label": "A big job"}]


def with_efforts(it: Document, *, usual: str | None = "much", first: str | None = "little") -> None:
    it["meta"]["efforts"] = [dict(one) for one in EFFORTS]
    if usual:
        it["meta"]["usual_effort"] = usual
    if first:
        it["criteria"][0]["effort"] = first


def faults(**values: Any) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        check(document(lambda it: with_efforts(it, **values)))
    return [(fault.place.rpartition(" → ")[2], fault.message) for fault in refused.value.faults]


def test_the_smallest_effort_comes_first_and_a_criterion_that_says_nothing_is_usual() -> None:
    found = content(with_efforts)
    named, silent = found.criteria[0], next(one for one in found.criteria if one.effort is None)
    assert (found.effort(named), found.effort(silent), found.effort(None)) == (0, 1, 1)
    assert [found.effort_label(place) for place in (0, 1, 2, -1)] == ["A small job", "A big job", "", ""]


def test_without_words_for_it_everything_is_alike() -> None:
    first = publishing.read(publishing.SHIPPED[0])
    assert {first.effort(one) for one in first.criteria} == {0}
    assert first.effort_label(0) == ""
    assert first.meta.planned_again


def test_the_newest_version_knows_three_efforts_and_takes_no_promise_twice() -> None:
    newest = publishing.read(publishing.SHIPPED[-1])
    assert {newest.effort(one) for one in newest.criteria} == {0, 1, 2}
    assert not newest.meta.planned_again


def test_an_effort_that_nobody_knows_is_a_fault() -> None:
    assert faults(first="litle") == [("effort", "There is no effort called “litle”. Did you mean “little”?")]
    assert faults(usual="mush") == [("usual_effort", "There is no effort called “mush”. Did you mean “much”?")]


def test_efforts_without_a_usual_one_are_a_fault() -> None:
    assert [place for place, _ in faults(usual=None)] == ["efforts"]
