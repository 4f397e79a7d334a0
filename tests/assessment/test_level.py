"""The level that outcomes reach, and what stands between there and the next."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.assessment import level
from charter.assessment.level import Attainment
from charter.assessment.models import Answer
from charter.framework import publishing
from charter.framework.content import Content, Extent
from tests.framework import small
from tests.framework.small import Document

ON = date(2026, 11, 22)
MET, PART, NOT, NA = Extent.MET, Extent.IN_PROGRESS, Extent.NOT_MET, Extent.NOT_APPLICABLE
Outcomes = dict[str, Extent]


def charter(*rules: Document) -> Content:
    """Five criteria at level 1, A and B core when a rule speaks of core, with these rules; level 2 asks no more."""

    def change(it: Document) -> None:
        it["criteria"] = [
            small.criterion("A", core=True),
            small.criterion("B", core=True, theme="CARE"),
            small.criterion("C"),
            small.criterion("D", theme="CARE", min_headcount=10, not_applicable_allowed=True),
            small.criterion("E", theme="CARE", counts_from="2027-04-01"),
        ]
        if CORE not in rules:
            for criterion in it["criteria"]:
                criterion["core"] = False
        it["passports"] = []
        it["levels"] = [small.level(1, *rules), small.level(2, {"kind": "declarations"})]

    return small.content(change)


def attain(content: Content, outcomes: Outcomes, **case: Any) -> Attainment:
    """The level when nothing else is in the way, unless `case` says so."""
    facts: dict[str, Any] = {
        "agreed": {declaration.code for declaration in content.declarations},
        "returned": {metric.code for metric in content.metrics},
        "headcount_ceiling": None,
        "on": ON,
        **case,
    }
    return level.attained_level(content, outcomes, **facts)


CORE: Document = {"kind": "core"}
ALL: Document = {"kind": "all_of", "criteria": ["A", "C"]}
TWO_OF: Document = {"kind": "at_least", "count": 2, "criteria": ["A", "B", "D"]}
EACH_THEME: Document = {"kind": "theme_minimum", "count": 1}
BOTH_OF_EACH: Document = {"kind": "theme_minimum", "count": 2}
ONE_UNDER_WAY: Document = {"kind": "in_progress_at_most", "count": 1}


@pytest.mark.parametrize(
    ("rule", "outcomes", "sentences"),
    [
        # every core criterion of the level
        (CORE, {"A": MET, "B": MET}, []),
        (CORE, {"A": MET, "B": NA}, []),
        (CORE, {"A": MET, "B": PART}, ["Fully meet “The B thing”."]),
        (CORE, {"C": MET}, ["Fully meet “The A thing”.", "Fully meet “The B thing”."]),
        # each of these
        (ALL, {"A": MET, "C": MET}, []),
        (ALL, {"A": NA, "C": MET}, []),
        (ALL, {"A": MET, "C": PART}, ["Fully meet “The C thing”."]),
        # any N of M
        (TWO_OF, {"A": MET, "D": MET}, []),
        (TWO_OF, {"A": MET, "B": MET, "D": MET}, []),
        (TWO_OF, {"A": MET, "D": NA}, ["Fully meet “The B thing”."]),
        (TWO_OF, {"A": MET, "B": NA, "D": NA}, []),
        (TWO_OF, {"A": MET, "B": PART}, ["Fully meet at least 1 of “The B thing” and “The D thing”."]),
        (TWO_OF, {}, ["Fully meet at least 2 of “The A thing”, “The B thing” and “The D thing”."]),
        # a minimum in each theme
        (EACH_THEME, {"A": MET, "D": MET}, []),
        (
            EACH_THEME,
            {"A": MET, "C": MET},
            ["Fully meet at least 1 of “The B thing” and “The D thing” in the theme “Care”."],
        ),
        (EACH_THEME, {"A": MET, "B": NA, "D": NA}, []),
        (BOTH_OF_EACH, {"A": MET, "B": MET, "C": MET, "D": NA}, []),
        (BOTH_OF_EACH, {"A": MET, "B": MET, "D": MET}, ["Fully meet “The C thing”."]),
        # met or in progress, and not too many in progress
        (ONE_UNDER_WAY, {"A": MET, "B": MET, "C": PART, "D": MET}, []),
        (ONE_UNDER_WAY, {"A": MET, "B": NA, "C": PART, "D": NA}, []),
        (
            ONE_UNDER_WAY,
            {"A": MET, "B": MET, "C": PART, "D": PART},
            ["Fully meet at least 1 of “The C thing” and “The D thing”."],
        ),
        (ONE_UNDER_WAY, {"A": MET, "B": MET, "C": PART}, ["Fully meet “The D thing”."]),
        (
            ONE_UNDER_WAY,
            {"A": MET, "B": MET, "D": MET},
            ["Meet “The C thing”, or plan it with an owner and a date."],
        ),
    ],
)
def test_a_rule_holds_or_says_what_is_missing(rule: Document, outcomes: Outcomes, sentences: list[str]) -> None:
    found = attain(charter(rule), outcomes)

    assert [missing.sentence for missing in found.missing] == sentences
    assert found.level == (0 if sentences else 2)
    assert all(missing.rule == rule["kind"] and missing.level == 1 for missing in found.missing)


def test_core_criteria_are_no_part_of_those_that_may_be_in_progress() -> None:
    content = charter(CORE, ONE_UNDER_WAY)

    assert attain(content, {"A": MET, "B": MET, "C": PART, "D": MET}).level == 2
    assert [missing.criteria for missing in attain(content, {"A": PART, "B": MET, "C": PART, "D": MET}).missing] == [
        ("A",)
    ]


def test_a_declaration_that_is_not_agreed_stops_the_level() -> None:
    found = attain(charter({"kind": "declarations"}), {}, agreed=())

    assert found.level == 0
    assert [(missing.sentence, missing.declarations) for missing in found.missing] == [
        ("Agree to “We obey the law.”", ("BASE",))
    ]


def test_several_declarations_are_one_thing_to_do() -> None:
    def change(it: Document) -> None:
        it["levels"] = [small.level(1, {"kind": "declarations"}), small.level(2, {"kind": "figures"})]
        it["declarations"] = [{"code": code, "statement": f"We do {code}."} for code in ("ONE", "TWO", "SIX")]
        it["criteria"] = [small.criterion("A"), small.criterion("B", theme="CARE")]
        it["passports"] = []

    found = attain(small.content(change), {}, agreed=("TWO",))

    assert [(missing.sentence, missing.declarations) for missing in found.missing] == [
        ("Say yes to the legal basics: 2 to go.", ("ONE", "SIX"))
    ]


def test_figures_that_are_not_known_yet_are_still_to_come_and_each_is_named() -> None:
    content = published()
    first, second, third = content.metrics_for(2)[:3]
    returned = {metric.code for metric in content.metrics} - {first.code, second.code, third.code}
    found = attain(content, {}, returned=returned, unknown={first.code, second.code})
    sentences = {missing.sentence: missing.metrics for missing in found.missing_for(2) if missing.level == 2}
    assert sentences[f"Give the numbers for “{third.label}”."] == (third.code,)
    to_come = f"Still to come, because not known yet: the figures “{first.label}” and “{second.label}”."
    assert sentences[to_come] == (first.code, second.code)


def test_several_figures_are_one_thing_to_do() -> None:
    content = published()
    asked = [metric.code for metric in content.metrics_for(2)]
    found = attain(content, {}, returned=asked[2:])

    figures = [missing for missing in found.missing_for(2) if missing.rule == "figures" and missing.level == 2]
    assert [missing.metrics for missing in figures] == [tuple(asked[:2])]
    assert "Give the numbers for 2 figures." in [missing.sentence for missing in found.missing_for(2)]


def test_a_figure_is_asked_from_the_level_that_needs_it() -> None:
    def change(it: Document) -> None:
        it["levels"] = [small.level(1, {"kind": "figures"}), small.level(2, {"kind": "figures"})]
        it["criteria"] = [small.criterion("A"), small.criterion("B", theme="CARE")]
        it["passports"] = []

    found = attain(small.content(change), {}, returned=())

    assert found.level == 1
    assert [(missing.sentence, missing.metrics, missing.level) for missing in found.missing] == [
        ("Give the numbers for “Leavers”.", ("M1",), 2)
    ]


def test_a_small_employer_is_not_asked_what_only_larger_ones_are() -> None:
    content = charter({"kind": "all_of", "criteria": ["A", "D"]})

    assert attain(content, {"A": MET}, headcount_ceiling=9).level == 2
    assert attain(content, {"A": MET}, headcount_ceiling=10).level == 0
    assert attain(content, {"A": MET}, headcount_ceiling=None).level == 0


def test_a_criterion_counts_from_its_day_on() -> None:
    content = charter({"kind": "all_of", "criteria": ["A", "E"]})

    assert attain(content, {"A": MET}, on=date(2027, 3, 31)).level == 2
    assert attain(content, {"A": MET}, on=date(2027, 4, 1)).level == 0


def test_a_level_is_not_reached_over_one_that_is_not() -> None:
    content = charter(CORE)  # level 2 asks for the declarations alone

    found = attain(content, {"A": MET})

    assert found.level == 0
    assert [(step.level, step.rule, step.held) for step in found.steps] == [
        (1, "core", False),
        (2, "declarations", True),
    ]
    assert [missing.criteria for missing in found.missing_for(2)] == [("B",)]


def test_each_level_looks_at_its_own_criteria_only() -> None:
    """One in progress at each level is within a limit of one; what level 1 lacks is not said again for level 2."""

    def change(it: Document) -> None:
        it["levels"] = [small.level(1, CORE, ONE_UNDER_WAY), small.level(2, CORE, ONE_UNDER_WAY)]
        it["passports"] = []

    content = small.content(change)

    assert attain(content, {"A": MET, "B": PART, "C": PART, "D": MET}).level == 2
    steps = attain(content, {"B": NOT, "C": MET, "D": MET}).steps
    assert [(step.level, step.rule, step.held) for step in steps] == [
        (1, "core", False),
        (1, "in_progress_at_most", False),
        (2, "core", True),
        (2, "in_progress_at_most", True),
    ]


def test_two_rules_that_miss_the_same_thing_say_it_once() -> None:
    found = attain(charter(CORE, {"kind": "all_of", "criteria": ["A"]}), {"B": MET})

    assert [missing.sentence for missing in found.missing] == ["Fully meet “The A thing”."]
    assert [step.held for step in found.steps] == [False, False, True]


def test_the_steps_say_what_each_rule_asks() -> None:
    found = attain(charter(CORE, TWO_OF, ONE_UNDER_WAY), {"A": MET, "B": MET, "D": NA})

    assert [step.asks for step in found.steps] == [
        "Every question that is a must for the level is fully in place.",
        "At least 2 of these 2 are fully in place: “The A thing” and “The B thing”.",
        "Every other question of the level is in place or under way, with no more than 1 under way.",
        "You say yes to each of the legal basics.",
    ]


# Properties, on the published charter and on the made-up one


@cache
def published() -> Content:
    return publishing.read(publishing.SHIPPED[-1])


@dataclass(frozen=True)
class Case:
    """Everything that the level follows from."""

    content: Content
    outcomes: Outcomes
    facts: dict[str, Any]

    def attain(self, outcomes: Outcomes | None = None) -> Attainment:
        return attain(self.content, self.outcomes if outcomes is None else outcomes, **self.facts)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """An employer that is anywhere between nothing and everything, most often near the border of a level."""
    content = draw(st.sampled_from([published(), small.content(), charter(CORE, TWO_OF, EACH_THEME, ONE_UNDER_WAY)]))
    reached = draw(st.integers(0, len(content.levels)))
    codes = [criterion.code for criterion in content.criteria]
    outcomes = {item.code: MET if item.level <= reached else NOT for item in content.criteria}
    outcomes.update(draw(st.dictionaries(st.sampled_from(codes), st.sampled_from(list(Extent)), max_size=8)))
    all_agreed, all_returned = (frozenset(it.code for it in part) for part in (content.declarations, content.metrics))
    facts = {
        "agreed": draw(st.just(all_agreed) | st.frozensets(st.sampled_from(sorted(all_agreed)))),
        "returned": draw(st.just(all_returned) | st.frozensets(st.sampled_from(sorted(all_returned)))),
        "headcount_ceiling": draw(st.sampled_from([None, 9, 49, 249])),
        "on": draw(st.dates(date(2026, 1, 1), date(2028, 12, 31))),
    }
    return Case(content, outcomes, facts)


HIGHER = {NOT: [PART, MET], PART: [MET]}


@given(case=cases(), data=st.data())
def test_doing_more_never_lowers_the_level(case: Case, data: st.DataObject) -> None:
    better = dict(case.outcomes)
    for code in data.draw(st.lists(st.sampled_from(sorted(better)), min_size=1, max_size=5)):
        better[code] = data.draw(st.sampled_from(HIGHER.get(better[code], [better[code]])))

    assert case.attain(better).level >= case.attain().level


@given(case=cases())
def test_a_level_is_reached_exactly_when_all_rules_up_to_it_hold(case: Case) -> None:
    found = case.attain()

    for rank in range(1, found.top + 1):
        assert (rank <= found.level) == all(step.held for step in found.steps if step.level <= rank)


@given(case=cases())
def test_nothing_is_missing_for_a_level_exactly_when_it_is_reached(case: Case) -> None:
    found = case.attain()

    for rank in range(1, found.top + 1):
        assert (not found.missing_for(rank)) == (rank <= found.level)
    assert (not found.missing) == (found.level == found.top)


@given(case=cases())
def test_doing_all_that_is_missing_reaches_the_next_level(case: Case) -> None:
    found = case.attain()
    outcomes = {**case.outcomes, **{code: MET for missing in found.missing for code in missing.criteria}}
    agreed = {*case.facts["agreed"], *(code for missing in found.missing for code in missing.declarations)}
    returned = {*case.facts["returned"], *(code for missing in found.missing for code in missing.metrics)}

    facts = {**case.facts, "agreed": agreed, "returned": returned}
    assert attain(case.content, outcomes, **facts).level >= min(found.level + 1, found.top)


@given(case=cases())
def test_missing_things_name_what_is_really_not_done(case: Case) -> None:
    for missing in case.attain().missing:
        assert all(case.outcomes[code] != MET for code in missing.criteria)
        assert not set(missing.declarations) & set(case.facts["agreed"])
        assert not set(missing.metrics) & set(case.facts["returned"])
        assert missing.criteria or missing.declarations or missing.metrics


def taking_promises_twice(content: Content, *, allowed: bool) -> Content:
    """The same version with this word on what was planned before."""
    return content.model_copy(update={"meta": content.meta.model_copy(update={"planned_again": allowed})})


@st.composite
def promises(draw: st.DrawFn) -> tuple[Case, dict[str, date]]:
    """A case, and what was planned at the award before: for days that are past, today or to come."""
    case = draw(cases())
    codes = st.sampled_from([criterion.code for criterion in case.content.criteria])
    on = case.facts["on"]
    days = st.integers(-400, 30).map(lambda days: on + timedelta(days=days)) | st.just(on)
    return case, draw(st.dictionaries(codes, days))


@given(drawn=promises())
def test_what_was_promised_for_a_day_that_is_past_is_met_or_not_met_and_nothing_between(
    drawn: tuple[Case, dict[str, date]],
) -> None:
    case, promised = drawn
    content = taking_promises_twice(case.content, allowed=False)
    broken = {code for code, due in promised.items() if due < case.facts["on"] and case.outcomes.get(code) == PART}
    kept_to_account = {**case.outcomes, **dict.fromkeys(broken, NOT)}

    found = attain(content, case.outcomes, promised=promised, **case.facts)

    plainly = attain(content, kept_to_account, **case.facts)
    assert (found.level, [step.held for step in found.steps]) == (plainly.level, [step.held for step in plainly.steps])
    assert found.level <= attain(content, case.outcomes, **case.facts).level


@given(drawn=promises())
def test_a_version_that_takes_promises_twice_asks_nothing_of_them(drawn: tuple[Case, dict[str, date]]) -> None:
    case, promised = drawn
    content = taking_promises_twice(case.content, allowed=True)

    assert attain(content, case.outcomes, promised=promised, **case.facts) == attain(
        content, case.outcomes, **case.facts
    )


@pytest.mark.parametrize(
    ("due", "allowed", "level_reached"),
    [(ON - timedelta(days=1), False, 0), (ON, False, 2), (ON - timedelta(days=1), True, 2)],
)
def test_what_was_planned_at_the_last_award_is_not_under_way_once_its_day_is_past(
    due: date, allowed: bool, level_reached: int
) -> None:
    content = taking_promises_twice(charter(ONE_UNDER_WAY), allowed=allowed)
    outcomes = {**dict.fromkeys("ABCD", MET), "C": PART}

    found = attain(content, outcomes, promised={"C": due})

    assert found.level == level_reached
    assert [missing.sentence for missing in found.missing] == (
        []
        if level_reached
        else ["Fully meet “The C thing”. You planned this by 21 November 2026. It has to be in place now."]
    )


def test_a_gap_that_some_of_several_would_fill_says_how_many() -> None:
    (missing,) = attain(charter(TWO_OF), {"A": MET}).missing

    assert (missing.criteria, missing.least) == (("B", "D"), 1)


def test_all_met_reaches_the_top_of_the_published_charter() -> None:
    content = published()

    found = attain(content, {criterion.code: MET for criterion in content.criteria})

    assert (found.level, found.missing) == (found.top, ())


def test_nothing_done_reaches_nothing_in_the_published_charter() -> None:
    assert attain(published(), {}).level == 0


# From answers


def answer(criterion: str = "A", value: str | None = "yes", **values: Any) -> Answer:
    """An answer, whole in every way unless `values` says otherwise."""
    return Answer(
        criterion=criterion,
        value=value,
        **{
            "explanation": "Half is there.",
            "action": "Do the rest.",
            "action_owner": "The owner",
            "action_due": date(2027, 3, 1),
            "reason": "We have no shifts.",
            **values,
        },
    )


@pytest.mark.parametrize(
    ("given_answer", "evidenced", "lacks", "extent"),
    [
        (answer(value=None), True, "Choose an answer.", NOT),
        (answer(value="gone"), True, "Choose an answer.", NOT),
        (answer(value="no", action="", reason=""), False, None, NOT),
        (answer(value="yes"), True, None, MET),
        (answer(value="yes"), False, "Add evidence: this question needs it.", NOT),
        (answer("B", "yes"), False, None, MET),
        (answer(value="plan", explanation=""), False, None, PART),
        (answer(value="plan", action=" "), False, "Say what you will do.", NOT),
        (answer(value="plan", action_owner=""), False, "Say who will do it.", NOT),
        (answer(value="plan", action_due=None), False, "Say by when.", NOT),
        (
            answer(value="plan", action="", action_owner="", action_due=None),
            False,
            "Say what you will do, who will do it and by when.",
            NOT,
        ),
        (answer(value="plan", action_due=ON), False, "Give a date in the future for your action.", NOT),
        (answer(value="plan", action_due=date(2026, 11, 23)), False, None, PART),
        (answer(value="plan", action_due=date(2027, 11, 22)), False, None, PART),
        (
            answer(value="plan", action_due=date(2027, 11, 23)),
            False,
            "Give a date within 12 months for your action.",
            NOT,
        ),
        (answer(value="part"), False, None, PART),
        (answer(value="part", explanation=""), False, "Say what is in place, and what is not.", NOT),
        (answer(value="part", action_due=None), False, "Say by when.", NOT),
        (answer("B", "na"), False, None, NA),
        (answer("B", "na", reason="\n"), False, "Say why this does not apply to you.", NOT),
        (answer("A", "na"), True, "Choose another answer: this applies to every employer.", NOT),
    ],
)
def test_an_answer_counts_only_when_it_is_whole(
    given_answer: Answer, evidenced: bool, lacks: str | None, extent: Extent
) -> None:
    content = small.content()
    criterion = content.criterion(given_answer.criterion)
    assert criterion is not None
    codes = {criterion.code} if evidenced else set()

    assert level.why_not(content, criterion, given_answer, evidenced, ON) == lacks
    assert level.outcomes_of_answers(content, [given_answer], evidenced=codes, on=ON) == {criterion.code: extent}


def test_no_answer_at_all_lacks_a_choice() -> None:
    content = small.content()

    assert level.why_not(content, content.criteria[0], None, True, ON) == "Choose an answer."


def test_an_answer_to_a_criterion_of_another_version_is_left_out() -> None:
    assert level.outcomes_of_answers(small.content(), [answer("GONE")], evidenced=(), on=ON) == {}


def test_what_is_missing_says_when_only_evidence_is_lacking() -> None:
    found = level.level_of_answers(
        small.content(),
        [answer("A", "yes"), answer("B", "yes")],
        evidenced=(),
        agreed={"BASE"},
        returned=(),
        headcount_ceiling=None,
        on=ON,
    )

    assert found.level == 0
    assert [missing.sentence for missing in found.missing] == [
        "Complete “The A thing”. Add evidence: this question needs it."
    ]


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 22), 12, date(2027, 11, 22)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert level.months_after(day, months) == later


# From findings


@dataclass(frozen=True)
class Finding:
    criterion: str
    outcome: str | None


def test_findings_count_as_the_framework_says() -> None:
    findings = [
        Finding("A", "good"),
        Finding("B", "exempt"),
        Finding("C", "half"),
        Finding("D", "ask"),
        Finding("E", None),
        Finding("GONE", "good"),
    ]

    assert level.outcomes_of_findings(small.content(), findings) == {"A": MET, "B": NA, "C": PART, "D": NOT, "E": NOT}


def test_what_must_apply_to_everyone_is_not_exempted_by_a_finding() -> None:
    assert level.outcomes_of_findings(small.content(), [Finding("A", "exempt")]) == {"A": NOT}


def test_the_later_of_two_findings_counts() -> None:
    findings = [Finding("A", "bad"), Finding("A", "good")]

    assert level.outcomes_of_findings(small.content(), findings) == {"A": MET}
