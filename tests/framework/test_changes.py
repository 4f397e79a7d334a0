"""What is different between two versions of the charter is found by code, the same from both sides."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.framework.changes import OPPOSITES, Changes, Kind, changes
from charter.framework.content import Content
from tests.framework.small import SMALL, content, criterion, document

Document = dict[str, Any]

TOUCHES: dict[str, tuple[Any, ...]] = {
    "title": ("Other", "Another"),
    "statement": ("We do it well.", "We do it."),
    "guidance": ("Do it now.", "Do."),
    "good_evidence": ("A film.", "A photo."),
    "core": (True, False),
    "evidence_required": (True, False),
    "not_applicable_allowed": (True, False),
    "level": (1, 2),
    "counts_from": ("2027-04-01", None),
}


@st.composite
def versions(draw: st.DrawFn) -> Content:
    """The small charter with some criteria taken out, added and touched."""
    made = copy.deepcopy(SMALL)
    codes = draw(st.lists(st.sampled_from("ABFGH"), unique=True, min_size=1))  # the rules name the others
    kept = [one for one in made["criteria"] if one["code"] in {*codes, "C", "D", "E"}]
    there = {one["code"] for one in kept}
    made["criteria"] = kept + [criterion(code) for code in codes if code not in there]
    for one in made["criteria"]:
        field = draw(st.sampled_from([*TOUCHES, None]))
        if field and not (field == "level" and one["code"] in "CDE"):
            one[field] = draw(st.sampled_from(TOUCHES[field]))
    made["passports"] = []
    if draw(st.booleans()):
        made["declarations"][0]["statement"] = "We obey every law."
    if draw(st.booleans()):
        made["declarations"].append({"code": "MORE", "statement": "We pay on time."})
    if draw(st.booleans()):
        made["metrics"][0]["definition"] = "another"
    return Content.model_validate(made)


RANKS = st.sampled_from([1, 2])
CEILINGS = st.sampled_from([None, 9])


@given(versions(), RANKS, CEILINGS)
def test_a_version_does_not_differ_from_itself(one: Content, rank: int, ceiling: int | None) -> None:
    again = Content.model_validate(one.model_dump(mode="json"))
    assert not changes(one, again, rank=rank, headcount_ceiling=ceiling)


@given(versions(), versions(), RANKS, CEILINGS)
def test_looked_at_from_the_other_side_each_difference_is_its_opposite(
    before: Content, after: Content, rank: int, ceiling: int | None
) -> None:
    def seen(found: Changes) -> set[tuple[str, Kind]]:
        every = [*found.criteria, *found.declarations, *found.figures]
        return {(change.code, kind) for change in every for kind in change.kinds}

    there = seen(changes(before, after, rank=rank, headcount_ceiling=ceiling))
    back = seen(changes(after, before, rank=rank, headcount_ceiling=ceiling))
    assert {(code, OPPOSITES[kind]) for code, kind in there} == back


@given(versions(), versions(), RANKS, CEILINGS)
def test_each_question_is_new_gone_changed_or_the_same(
    before: Content, after: Content, rank: int, ceiling: int | None
) -> None:
    found = changes(before, after, rank=rank, headcount_ceiling=ceiling)
    was, now = ({one.code: one for one in side.asked(rank, ceiling)} for side in (before, after))
    assert {one.code for one in found.criteria if one.is_new} == now.keys() - was.keys()
    assert {one.code for one in found.criteria if one.is_gone} == was.keys() - now.keys()
    assert len(found.of_criterion) == len(found.criteria)
    for code in was.keys() & now.keys():
        touched = {name for name in TOUCHES if getattr(was[code], name) != getattr(now[code], name)}
        if touched - {"core"}:  # whether a core criterion is a must is for the rules to say
            assert code in found.of_criterion
        elif not touched:
            # the same criterion can be a must, or not, only because a rule says so; the rules are the same here
            assert code not in found.of_criterion


def once(**values: Any) -> Changes:
    """What is different when criterion B gets these values."""
    return changes(content(), content(lambda made: made["criteria"][1].update(values)), rank=2)


@pytest.mark.parametrize(
    ("values", "kinds", "asks_again"),
    [
        ({"title": "Other"}, (Kind.WORDS,), True),
        ({"statement": "We do it all."}, (Kind.WORDS,), True),
        ({"guidance": "More."}, (Kind.GUIDANCE,), False),
        ({"good_evidence": "More."}, (Kind.GUIDANCE,), False),
        ({"core": True}, (Kind.NOW_MUST,), True),
        ({"evidence_required": True, "evidence_types": ["photo"]}, (Kind.NOW_EVIDENCE,), True),
        ({"not_applicable_allowed": False}, (Kind.NOW_FOR_ALL,), True),
        ({"counts_from": "2027-04-01"}, (Kind.COUNTS_FROM,), False),
        ({"statement": "We do it all.", "core": True}, (Kind.WORDS, Kind.NOW_MUST), True),
    ],
)
def test_each_difference_has_its_name(values: Document, kinds: tuple[Kind, ...], asks_again: bool) -> None:
    [change] = once(**values).criteria
    assert (change.code, change.kinds, change.asks_again) == ("B", kinds, asks_again)
    assert change.words == " ".join(kind.sentence for kind in kinds)


def test_a_question_of_a_higher_level_is_no_concern_of_whoever_aims_lower() -> None:
    after = content(lambda made: made["criteria"][2].update(statement="We do more."))
    assert not changes(content(), after, rank=1)
    assert [one.code for one in changes(content(), after, rank=2).criteria] == ["C"]


def test_a_question_that_comes_down_to_ones_level_is_new() -> None:
    after = content(lambda made: made["criteria"][3].update(level=1))
    [change] = changes(content(), after, rank=1).criteria
    assert (change.code, change.kinds) == ("D", (Kind.NEW,))
    assert [one.kinds for one in changes(content(), after, rank=2).criteria] == [(Kind.LEVEL,)]


def test_every_kind_of_difference_has_words_and_an_opposite() -> None:
    assert all(kind.sentence.endswith(".") for kind in Kind)
    assert OPPOSITES.keys() == set(Kind)
    assert all(OPPOSITES[OPPOSITES[kind]] is kind for kind in Kind)


def test_the_document_that_these_tests_change_is_a_charter() -> None:
    assert content() == content(lambda made: made.update(document()))
