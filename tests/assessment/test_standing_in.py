"""What awards of other schemes stand in for: by date, by strength, and never against what the employer says itself."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.assessment import level
from charter.assessment.models import Answer
from charter.assessment.standing_in import counting_as_met, done_for, standing_in, without
from charter.framework.content import Content, Extent
from tests.framework import small
from tests.framework.small import Document

ON = date(2026, 11, 22)


@dataclass(frozen=True)
class Award:
    """One that was checked."""

    scheme: str = "old-scheme"
    level: str | None = "1"
    starts_on: date = date(2026, 1, 1)
    ends_on: date | None = date(2027, 1, 1)


def charter(met_up_to: int = 0, evidence_up_to: int = 0) -> Content:
    """A charter whose one passport names A (level 1) and C (level 2), of a strength that reaches so far."""

    def change(it: Document) -> None:
        it["strengths"] = [
            {
                "code": "assessed",
                "title": "S.",
                "met_up_to": met_up_to,
                "evidence_up_to": max(met_up_to, evidence_up_to),
            }
        ]

    return small.content(change)


@pytest.mark.parametrize(
    ("met_up_to", "evidence_up_to", "found"),
    [
        (0, 0, {}),
        (0, 1, {"A": False}),
        (1, 1, {"A": True}),
        (1, 2, {"A": True, "C": False}),
        (2, 2, {"A": True, "C": True}),
    ],
)
def test_the_strength_says_up_to_which_level_it_is_met_or_only_evidence(
    met_up_to: int, evidence_up_to: int, found: dict[str, bool]
) -> None:
    stand_ins = standing_in(charter(met_up_to, evidence_up_to), [Award()], on=ON)
    assert {code: one.is_met for code, one in stand_ins.items()} == found


def test_a_version_without_strengths_takes_awards_for_evidence_and_no_more() -> None:
    stand_ins = standing_in(small.content(), [Award()], on=ON)
    assert {code: one.is_met for code, one in stand_ins.items()} == {"A": False, "C": False}


def test_an_award_stands_in_at_its_own_level_of_its_own_scheme_only() -> None:
    assert standing_in(charter(2), [Award(level="2"), Award(scheme="new-scheme"), Award(level=None)], on=ON) == {}


def test_no_award_stands_in_for_core_criteria_of_the_highest_level() -> None:
    def change(it: Document) -> None:
        it["criteria"][2].update(core=True)
        it["strengths"] = [{"code": "assessed", "title": "S.", "met_up_to": 2, "evidence_up_to": 2}]

    assert standing_in(small.content(change), [Award()], on=ON).keys() == {"A"}


@pytest.mark.parametrize(
    ("starts", "ends", "stands"),
    [
        (ON, ON, True),
        (ON - timedelta(days=9), None, True),
        (ON + timedelta(days=1), None, False),
        (ON - timedelta(days=9), ON - timedelta(days=1), False),
    ],
)
def test_it_stands_in_from_its_first_day_to_its_last(starts: date, ends: date | None, stands: bool) -> None:
    assert bool(standing_in(charter(2), [Award(starts_on=starts, ends_on=ends)], on=ON)) is stands


def test_of_two_awards_the_one_that_does_more_and_longer_counts() -> None:
    sooner, later, never = Award(ends_on=date(2027, 1, 1)), Award(ends_on=date(2028, 1, 1)), Award(ends_on=None)
    for awards in ([sooner, later], [later, sooner]):
        assert standing_in(charter(2), awards, on=ON)["A"].until == date(2028, 1, 1)
    assert standing_in(charter(2), [later, never, sooner], on=ON)["A"].until is None


def test_what_the_employer_says_itself_counts_before_the_award() -> None:
    content = charter(2)
    there = standing_in(content, [Award()], on=ON)
    assert counting_as_met(content, there, {}) == {"A", "C"}
    assert counting_as_met(content, there, {"A": "yes", "C": None}) == {"A", "C"}
    assert counting_as_met(content, there, {"A": "plan", "C": "no"}) == frozenset()
    assert done_for(there, {"A": "yes", "C": None}) == {"C"}


def test_what_an_award_takes_with_it_when_it_ends_is_named() -> None:
    content = charter(1, 2)
    there = standing_in(content, [Award()], on=ON)
    assert without(there, {}) == ["A", "C"]
    assert without(there, there) == []


def test_a_criterion_that_an_award_meets_counts_without_an_answer_or_a_finding() -> None:
    content = charter(2)
    there = standing_in(content, [Award()], on=ON)
    facts = {"evidenced": there.keys(), "agreed": {"BASE"}, "returned": (), "headcount_ceiling": None, "on": ON}
    answers = [Answer(criterion="B", value="yes")]
    assert level.level_of_answers(content, answers, **facts).level == 0  # type: ignore[arg-type]
    found = level.level_of_answers(content, answers, **facts, stand_ins=there)  # type: ignore[arg-type]
    assert found.level == 1
    assert level.outcomes_of_findings(content, [], met={"A"}) == {"A": Extent.MET}


@dataclass(frozen=True)
class Found:
    """A finding."""

    criterion: str
    outcome: str | None


def test_a_finding_counts_instead_of_an_award_and_feedback_alone_does_not() -> None:
    content = charter(2)
    assert level.outcomes_of_findings(content, [Found("A", "bad")], met={"A"}) == {"A": Extent.NOT_MET}
    assert level.outcomes_of_findings(content, [Found("A", None)], met={"A"}) == {"A": Extent.MET}


DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
AWARDS = st.builds(
    Award,
    scheme=st.sampled_from(["old-scheme", "another"]),
    level=st.sampled_from(["1", "2", None]),
    starts_on=DAYS,
    ends_on=st.none() | DAYS,
)


@given(awards=st.lists(AWARDS, max_size=4), more=AWARDS, on=DAYS)
def test_another_award_never_takes_anything_away(awards: list[Award], more: Award, on: date) -> None:
    content = charter(1, 2)
    before, after = standing_in(content, awards, on=on), standing_in(content, [*awards, more], on=on)
    assert without(before, after) == []
    assert all(one.until is None or one.until >= on for one in after.values())
