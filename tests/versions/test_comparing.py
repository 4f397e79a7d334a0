"""Two versions are compared by counts, item by item, and word by word where that helps."""

import copy
from typing import Any

from charter.framework.checking import check
from charter.versions.comparing import Group, compare, word_by_word
from tests.framework.small import SMALL, criterion

Document = dict[str, Any]


def groups(change: Any) -> dict[str, Group]:
    made = copy.deepcopy(SMALL)
    change(made)
    return {group.title: group for group in compare(check(SMALL), check(made))}


def test_the_same_version_has_no_changes() -> None:
    found = groups(lambda made: None)
    assert [group.changed for group in found.values()] == [()] * 7
    assert found["Criteria"].sentence == "5 unchanged"


def test_criteria_are_counted_by_what_became_of_them() -> None:
    def change(made: Document) -> None:
        a, b, c, d, _ = made["criteria"]
        a["statement"] = "We do A well."
        b["core"] = True
        c["checks"] = ["It is there."]
        made["criteria"] = [a, b, c, d, criterion("F", theme="CARE")]
        made["levels"][1]["rules"][2] = {"kind": "at_least", "count": 1, "criteria": ["C", "D"]}

    found = groups(change)
    assert (
        found["Criteria"].sentence
        == "1 unchanged, 1 the same but for what assessors check, 1 reworded, 1 changed, 1 new, 1 gone"
    )
    assert {item.code: item.state for item in found["Criteria"].items} == {
        "A": "reworded", "B": "changed", "C": "assessors", "D": "same", "F": "new", "E": "gone",
    }  # fmt: skip
    assert next(item for item in found["Criteria"].items if item.code == "B").says == ("It is now a must.",)
    (level,) = found["Levels and their rules"].changed
    assert "At least 2 of these" in level.differences[0].before
    assert "At least 1 of these" in level.differences[0].after


def test_words_are_shown_in_one_text_where_few_changed() -> None:
    pieces = word_by_word("We pay all our staff on time.", "We pay nearly all our staff.")
    assert [(one.text, one.was, one.now) for one in pieces] == [
        ("We pay", True, True),
        (" nearly", False, True),
        (" all our staff", True, True),
        (" on time", True, False),
        (".", True, True),
    ]
    assert "".join(one.text for one in pieces if one.was) == "We pay all our staff on time."
    assert word_by_word("One thing entirely.", "Quite something else, said otherwise.") == ()


def test_figures_basics_and_the_rest_are_compared_too() -> None:
    def change(made: Document) -> None:
        made["declarations"][0]["statement"] = "We obey every law."
        made["metrics"][0]["label"] = "Another name"
        made["meta"]["in_progress_months"] = 6

    found = groups(change)
    assert found["Legal basics"].sentence == "1 reworded"
    assert "1 reworded" in found["Figures"].sentence
    (meta,) = found["The rest of the file"].changed
    assert [(one.what, one.before, one.after) for one in meta.differences] == [("in progress months", "12", "6")]
