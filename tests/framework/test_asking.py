"""What a level asks, in plain words."""

import pytest

from charter.framework.asking import Standing, Weight, asks, rule_in_words, rules_up_to, standing
from charter.framework.content import AllOfRule, AtLeastRule, Content, InProgressRule, ThemeMinimumRule
from charter.framework.publishing import SHIPPED, read
from tests.framework import small
from tests.framework.small import Document

CORE = {"kind": "core"}
NONE_UNDER_WAY = {"kind": "in_progress_at_most", "count": 0}
ONE_UNDER_WAY = {"kind": "in_progress_at_most", "count": 1}


@pytest.fixture(scope="module")
def published() -> Content:
    return read(SHIPPED[-1])


def charter(first: list[Document], second: list[Document]) -> Content:
    """A is a must of level 1, B another of level 1, C of level 2."""

    def change(it: Document) -> None:
        it["levels"] = [small.level(1, *first), small.level(2, *second)]
        it["criteria"] = [small.criterion("A", core=True), small.criterion("B"), small.criterion("C", "CARE", 2)]
        it["passports"] = []

    return small.content(change)


@pytest.mark.parametrize(
    ("first", "second", "code", "rank", "words"),
    [
        ([CORE], [CORE], "A", 1, "Must for Bronze."),
        ([CORE], [CORE], "A", 2, "Must for Bronze."),
        ([CORE], [CORE], "B", 1, "Helps, but Bronze does not need it."),
        ([CORE], [CORE], "B", 2, "Helps, but Silver does not need it."),
        ([CORE, ONE_UNDER_WAY], [CORE], "B", 1, "Can be under way for Bronze."),
        ([CORE, NONE_UNDER_WAY], [CORE], "B", 1, "Must for Bronze."),
        ([CORE, ONE_UNDER_WAY], [{"kind": "all_of", "criteria": ["B"]}], "B", 1, "Can be under way for Bronze."),
        ([CORE, ONE_UNDER_WAY], [{"kind": "all_of", "criteria": ["B"]}], "B", 2, "Must for Silver."),
        ([CORE], [{"kind": "at_least", "count": 1, "criteria": ["B", "C"]}], "B", 2, "Counts towards Silver."),
        ([CORE], [{"kind": "theme_minimum", "count": 1}], "C", 2, "Counts towards Silver."),
    ],
)
def test_each_criterion_is_marked_with_what_the_rules_make_of_it(
    first: list[Document], second: list[Document], code: str, rank: int, words: str
) -> None:
    content = charter(first, second)
    criterion = content.criterion(code)
    assert criterion is not None
    found = standing(content, criterion, rank)
    assert found.words == words
    assert found.is_must is words.startswith("Must")


def test_the_published_charter_leaves_no_criterion_without_a_place_in_its_rules(published: Content) -> None:
    top = max(level.rank for level in published.levels)
    found: list[Standing] = [standing(published, criterion, top) for criterion in published.criteria]
    assert [one.level.rank for one in found] == [criterion.level for criterion in published.criteria]
    assert {one.weight for one in found} == {Weight.MUST, Weight.MAY_BE_UNDER_WAY}
    assert [one.is_must for one in found] == [criterion.core for criterion in published.criteria]


def test_a_level_says_what_it_asks_on_top_of_the_one_below(published: Content) -> None:
    levels = asks(published)
    assert [ask.questions for ask in levels] == [len(published.asked(level.rank)) for level in published.levels]
    assert sum(ask.more_questions for ask in levels) == len(published.criteria)
    assert sum(ask.more_musts for ask in levels) == sum(criterion.core for criterion in published.criteria)
    assert sum(ask.more_needing_evidence for ask in levels) == sum(one.evidence_required for one in published.criteria)
    assert sum(ask.more_figures for ask in levels) == len(published.metrics)
    assert [ask.below for ask in levels] == [None, *published.levels[:-1]]


def test_a_small_employer_is_told_of_what_it_is_asked_itself(published: Content) -> None:
    top = len(published.levels) - 1
    smallest = min(one.min_headcount for one in published.criteria if one.min_headcount) - 1
    assert asks(published, smallest)[top].questions < asks(published)[top].questions


def test_the_time_follows_from_the_number_of_questions(published: Content) -> None:
    per_question = published.meta.minutes_per_question
    for ask in asks(published):
        assert 0 <= ask.minutes - per_question * (ask.questions + ask.figures) < 5
        assert ask.minutes % 5 == 0
    first = asks(published)[0]
    assert first.time == "30 minutes", "a small firm can finish the first level in half an hour"
    meta = published.meta.model_copy(update={"minutes_per_question": 60})
    hours = asks(published.model_copy(update={"meta": meta}))[0]
    assert hours.time == f"{hours.questions + hours.figures} hours"


def test_what_several_levels_ask_alike_is_said_once() -> None:
    content = charter([CORE, ONE_UNDER_WAY], [CORE, NONE_UNDER_WAY])
    must = "Every question that is a must for the level is fully in place."
    under_way = rule_in_words(InProgressRule(kind="in_progress_at_most", count=1), content)
    others = rule_in_words(InProgressRule(kind="in_progress_at_most", count=0), content)
    assert rules_up_to(content, 1) == (must, under_way)
    assert rules_up_to(content, 2) == (must, f"Bronze: {under_way}", f"Silver: {others}")


def test_each_kind_of_rule_is_said_in_words(published: Content) -> None:
    codes = tuple(criterion.code for criterion in published.criteria[:2])
    titles = "; ".join(criterion.title for criterion in published.criteria[:2])
    assert rule_in_words(AllOfRule(kind="all_of", criteria=codes), published) == (
        f"Each of these is fully in place: {titles}."
    )
    assert rule_in_words(AtLeastRule(kind="at_least", count=1, criteria=codes), published) == (
        f"At least 1 of these are fully in place: {titles}."
    )
    assert [rule_in_words(ThemeMinimumRule(kind="theme_minimum", count=least), published) for least in (1, 2)] == [
        "In each theme, at least 1 question is fully in place.",
        "In each theme, at least 2 questions are fully in place.",
    ]
    assert rule_in_words(InProgressRule(kind="in_progress_at_most", count=0), published) == (
        "Every other question of the level is fully in place."
    )
    three = rule_in_words(InProgressRule(kind="in_progress_at_most", count=3), published)
    assert "At most 3 may be under way" in three
    assert all(rule_in_words(rule, published).endswith(".") for level in published.levels for rule in level.rules)
