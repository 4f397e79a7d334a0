"""What is still to do, in groups."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from charter.assessment import groups
from charter.assessment.level import Missing
from charter.assessment.models import Answer, MetricReturn
from charter.assessment.progress import Gap, progress
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.organisation.models import Scope
from tests.assessment.test_progress import ASKED, CONTENT, TODAY, answer


def material(answers: Mapping[str, Answer] | None = None, *, level: int = 1) -> Material:
    assessment: Any = SimpleNamespace(
        framework=SimpleNamespace(content=CONTENT),
        status=AssessmentStatus.DRAFT,
        organisation=SimpleNamespace(size_band=CONTENT.size_bands[0].code, scope=Scope.WHOLE),
        target_level=level,
    )
    return Material(assessment, answers or {}, {}, {}, None)


def test_all_that_stands_in_the_way_of_a_level_is_in_groups_in_the_order_of_the_task_list() -> None:
    said = material()
    missing = progress(said, on=TODAY).attainment.missing_for(1)
    found = groups.of_missing(said, missing)
    sizes = [len(group.todos) for group in found]
    themes = [theme.code for theme in CONTENT.themes]
    asked = {one.theme for one in ASKED}
    assert [group.code for group in found if group.kind == "theme"] == [code for code in themes if code in asked]
    assert [group.kind for group in found if group.kind != "theme"][-2:] == ["declarations", "figures"]
    basics = next(group for group in found if group.kind == "declarations")
    assert basics.only is not None
    assert basics.only.sentence == f"Say yes to {len(CONTENT.declarations)} statements."
    assert sum(sizes) == len(missing)


def test_what_a_lower_level_said_is_not_said_again() -> None:
    said = material(level=2)
    attainment = progress(said, on=TODAY).attainment
    lower = attainment.missing_for(1)
    higher = [one for one in attainment.missing_for(2) if one.level == 2]
    found = groups.of_missing(said, higher, known=lower)
    assert "declarations" not in {group.kind for group in found}
    figures = next(group for group in found if group.kind == "figures")
    more = len(CONTENT.metrics_for(2)) - len(CONTENT.metrics_for(1))
    assert [todo.sentence for todo in figures.todos] == [f"Give the numbers for {more} more figures."]


def test_a_figure_that_is_not_known_is_never_said_to_be_given_as_more_numbers() -> None:
    low, high = CONTENT.metrics_for(1), CONTENT.metrics_for(2)
    new = tuple(one.code for one in high if one not in low)[:2]
    said = replace(
        material(level=2),
        figures=MetricReturn(inputs={}, notes={}, unknown=[low[0].code, *new], period_end=None),
    )
    known, item = (
        Missing("figures", rank, "Still to come.", metrics=codes)
        for rank, codes in ((1, (low[0].code,)), (2, (low[0].code, *new)))
    )
    (found,) = groups.of_missing(said, [item], known=[known])
    assert [todo.sentence for todo in found.todos] == ["Still to come, because not known yet: 2 more figures."]


def test_in_a_group_the_questions_stand_in_the_order_of_the_task_list_also_when_a_later_one_was_begun() -> None:
    theme = next(one.theme for one in ASKED if sum(other.theme == one.theme for other in ASKED) > 1)
    first, last = [one for one in ASKED if one.theme == theme][:2]
    said = material({last.code: answer(last)})
    found = groups.of_gaps(said, [Gap("criterion", one.code, one.title, "Choose an answer.") for one in (last, first)])
    assert [(group.kind, group.code) for group in found] == [("theme", theme)]
    assert [todo.criteria for todo in found[0].todos] == [(first.code,), (last.code,)]


def test_a_rule_about_several_themes_has_a_group_of_its_own() -> None:
    codes = tuple(next(one.code for one in ASKED if one.theme == theme.code) for theme in CONTENT.themes[:2])
    found = groups.of_missing(material(), [Missing("at_least", 1, "Fully meet one of two.", criteria=codes)])
    assert [(group.kind, group.todos[0].criteria) for group in found] == [("themes", codes)]


def test_what_cannot_be_sent_is_grouped_alike() -> None:
    said = material()
    gaps = progress(said, on=TODAY).gaps
    found = groups.of_gaps(said, gaps)
    assert sum(len(group.todos) for group in found) == len(gaps)
    assert {"theme", "declarations", "figures"} == {group.kind for group in found}
