"""How far an assessment is: counted from plain objects, without a database."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from charter.assessment import metrics
from charter.assessment.models import Answer
from charter.assessment.progress import Progress, TaskState, progress
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.framework import publishing
from charter.framework.content import Criterion, Extent, Need
from charter.organisation.models import Recognition, Scope

TODAY = date(2026, 11, 22)
CONTENT = publishing.read(publishing.SHIPPED[-1])
ASKED = CONTENT.asked(1)


def value(extent: Extent) -> str:
    return next(one.value for one in CONTENT.scale if one.extent is extent)


def answer(criterion: Criterion, **said: Any) -> Answer:
    whole = {"explanation": "", "action": "", "action_owner": "", "action_due": None, "reason": "", **said}
    return Answer(criterion=criterion.code, **whole)


def met(criterion: Criterion) -> Answer:
    return answer(criterion, value=value(Extent.MET))


def so_far(
    answers: Mapping[str, Answer] | None = None,
    *,
    held: tuple[Recognition, ...] = (),
    evidenced: frozenset[str] = frozenset(),
    declarations: Mapping[str, bool] | None = None,
    inputs: Mapping[str, str] | None = None,
    period_end: date | None = None,
    unknown: tuple[str, ...] = (),
    level: int = 1,
    on: date = TODAY,
) -> Progress:
    assessment: Any = SimpleNamespace(
        framework=SimpleNamespace(content=CONTENT),
        status=AssessmentStatus.DRAFT,
        organisation=SimpleNamespace(size_band=CONTENT.size_bands[0].code, scope=Scope.WHOLE),
        target_level=level,
    )
    returned: Any = (
        SimpleNamespace(inputs=inputs, notes={}, period_end=period_end, unknown=list(unknown))
        if inputs is not None
        else None
    )
    sound = SimpleNamespace(evidence=SimpleNamespace(is_infected=False))
    uses: Any = dict.fromkeys(evidenced, (sound,))
    return progress(Material(assessment, answers or {}, uses, declarations or {}, returned, held), on=on)


WHOLE: Mapping[str, Any] = {
    "answers": {one.code: met(one) for one in ASKED},
    "evidenced": frozenset(one.code for one in ASKED),
    "declarations": {one.code: True for one in CONTENT.declarations},
    "inputs": {field.name: "5" for field in metrics.fields(CONTENT, 1)},
    "period_end": TODAY,
}


def test_nothing_is_started_in_a_new_assessment_and_the_first_criterion_is_next() -> None:
    found = so_far()
    assert {task.state for theme in found.themes for task in theme.tasks} == {TaskState.NOT_STARTED}
    assert (found.declarations, found.figures.state) == (TaskState.NOT_STARTED, TaskState.NOT_STARTED)
    assert (found.completed, found.tasks) == (0, len(ASKED) + 2)
    assert found.next is not None
    assert (found.next.kind, found.next.code) == ("criterion", ASKED[0].code)


def test_when_everything_is_there_it_can_be_sent_and_reaches_its_level() -> None:
    found = so_far(**WHOLE)
    assert (found.gaps, found.can_be_submitted, found.next) == ((), True, None)
    assert found.completed == found.tasks
    assert found.attainment.level == 1


def test_an_answer_that_lacks_what_its_value_needs_is_incomplete() -> None:
    needing = next(one for one in ASKED if one.evidence_required)
    found = so_far(**{**WHOLE, "evidenced": WHOLE["evidenced"] - {needing.code}})
    assert [(gap.code, gap.sentence) for gap in found.gaps] == [(needing.code, "Add evidence: this question needs it.")]
    states = {task.criterion.code: task.state for theme in found.themes for task in theme.tasks}
    assert states[needing.code] is TaskState.INCOMPLETE


def test_a_checked_award_of_another_scheme_stands_in_for_evidence_while_it_is_in_date() -> None:
    passport = next(
        one for one in CONTENT.passports if any(code in {item.code for item in ASKED} for code in one.supports)
    )
    award = Recognition(scheme=passport.scheme, level=passport.level, starts_on=TODAY, ends_on=TODAY)
    needing = {one.code for one in ASKED if one.evidence_required}
    for on, supported in ((TODAY, set(passport.supports)), (TODAY + timedelta(days=1), set())):
        found = so_far(**{**WHOLE, "evidenced": frozenset()}, held=(award,), on=on)
        assert {gap.code for gap in found.gaps} == needing - supported


def test_an_award_that_the_employers_own_answer_outweighs_is_named() -> None:
    passport, code = next(
        (one, code)
        for one in CONTENT.passports
        for code in one.supports
        if code in {item.code for item in ASKED} and (strength := CONTENT.strength(one.strength)) and strength.met_up_to
    )
    award = Recognition(scheme=passport.scheme, level=passport.level, starts_on=TODAY, ends_on=TODAY)
    for extent, named in ((Extent.NOT_MET, True), (Extent.MET, False)):
        said = {code: answer(CONTENT.criterion(code), value=value(extent))}
        found = so_far(said, held=(award,))
        [task] = [one for theme in found.themes for one in theme.tasks if one.criterion.code == code]
        assert bool(task.outweighed) is named
        assert not task.done_for


def test_a_planned_answer_is_whole_with_its_action_its_owner_and_a_day_to_come() -> None:
    planned = next(one.value for one in CONTENT.scale if one.needs is Need.ACTION)
    first = ASKED[0]
    plan = {"value": planned, "action": "Tell everyone", "action_owner": "Owner"}
    for due, gaps in ((TODAY + timedelta(days=30), 0), (TODAY, 1), (None, 1)):
        answers = {**WHOLE["answers"], first.code: answer(first, **plan, action_due=due)}
        assert len(so_far(**{**WHOLE, "answers": answers}).gaps) == gaps


def test_saying_no_to_a_declaration_answers_it_but_reaches_no_level() -> None:
    code = CONTENT.declarations[0].code
    found = so_far(**{**WHOLE, "declarations": {**WHOLE["declarations"], code: False}})
    assert (found.can_be_submitted, found.attainment.level) == (True, 0)


def test_a_declaration_without_an_answer_is_a_gap() -> None:
    declarations = dict(WHOLE["declarations"])
    declarations.popitem()
    found = so_far(**{**WHOLE, "declarations": declarations})
    assert [(gap.kind, gap.sentence) for gap in found.gaps] == [("declarations", "Answer the last one.")]
    assert found.declarations is TaskState.INCOMPLETE


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inputs": {}}, "Give the 5 numbers."),
        ({"period_end": None}, "Say which day your 12 months end on."),
        ({"inputs": WHOLE["inputs"] | {CONTENT.headcount_field: "?"}}, "Correct the numbers that do not look right."),
        ({"inputs": WHOLE["inputs"] | {CONTENT.headcount_field: ""}}, "Give the last number."),
    ],
)
def test_figures_that_are_not_whole_are_a_gap(changes: dict[str, Any], sentence: str) -> None:
    found = so_far(**{**WHOLE, **changes})
    assert [(gap.kind, gap.sentence) for gap in found.gaps] == [("figures", sentence)]


def test_a_figure_out_of_the_usual_range_asks_for_a_note_and_never_stands_in_the_way() -> None:
    numbers = {field.name: "5" for field in metrics.fields(CONTENT, 2)}
    found = so_far(inputs=numbers, period_end=TODAY, level=2)
    assert found.figures.complete
    assert found.figures.unexplained
    assert "figures" not in {gap.kind for gap in found.gaps}


def test_a_figure_that_is_not_known_yet_holds_back_no_submission_but_the_level_that_asks_for_it() -> None:
    (metric,) = CONTENT.metrics_for(1)
    own = {field.name for field in metric.inputs}
    numbers = {name: number for name, number in WHOLE["inputs"].items() if name not in own}
    found = so_far(**{**WHOLE, "inputs": numbers, "unknown": (metric.code,)})
    assert (found.figures.state, found.gaps) == (TaskState.COMPLETED, ())
    assert (found.figures.unknown, found.figures.given) == ((metric,), len(numbers))
    assert found.attainment.level == 0
    assert [(missing.sentence, missing.metrics) for missing in found.attainment.missing] == [
        (f"Still to come, because not known yet: the figure “{metric.label}”.", (metric.code,))
    ]
    assert so_far(**WHOLE).attainment.level == 1


def test_numbers_beside_a_tick_that_they_are_not_known_must_be_settled_first() -> None:
    (metric,) = CONTENT.metrics_for(1)
    found = so_far(**{**WHOLE, "unknown": (metric.code,)})
    sentence = f"You gave numbers for “{metric.label}”, and also said that you do not know. Choose one."
    assert [(gap.kind, gap.sentence) for gap in found.gaps] == [("figures", sentence)]
    assert found.figures.state is TaskState.INCOMPLETE


def test_to_say_only_that_a_figure_is_not_known_is_a_beginning() -> None:
    found = so_far(inputs={}, unknown=(CONTENT.metrics_for(1)[0].code,))
    assert found.figures.state is TaskState.INCOMPLETE


def test_a_criterion_that_is_only_announced_may_be_left_empty_until_its_day() -> None:
    announced = next(one for one in CONTENT.criteria if one.counts_from is not None)
    assert announced.counts_from is not None
    before, after = (
        {gap.code for gap in so_far(level=3, on=day).gaps}
        for day in (announced.counts_from - timedelta(days=1), announced.counts_from)
    )
    assert (announced.code in before, announced.code in after) == (False, True)


def test_criteria_for_larger_employers_are_not_asked_of_a_small_one() -> None:
    larger = next(one for one in CONTENT.criteria if one.min_headcount)
    asked = {task.criterion.code for theme in so_far(level=3).themes for task in theme.tasks}
    assert larger.code not in asked
