"""What changed between two rounds."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from charter.assessment import metrics
from charter.assessment.models import EvidenceKind
from charter.framework import publishing
from charter.framework.content import Content
from charter.review import differences
from charter.review.differences import Change
from charter.review.submitted import AnswerSaid, EvidenceSaid, Submitted


@pytest.fixture(scope="module")
def content() -> Content:
    return publishing.read(publishing.SHIPPED[-1])


@pytest.fixture
def code(content: Content) -> str:
    return content.criteria[0].code


@pytest.fixture
def before(content: Content, code: str) -> Submitted:
    answer = AnswerSaid(content.scale[0].value, "", "", "", None, "")
    return Submitted(1, "small", {code: answer}, {}, {}, {}, {}, None)


def piece(number: int, title: str) -> EvidenceSaid:
    return EvidenceSaid(UUID(int=number), EvidenceKind.LINK, title, None, None, None, "https://example.org", None, None)


def test_nothing_changed_is_no_difference(content: Content, before: Submitted) -> None:
    assert not differences.between(content, before, replace(before, round=2))


def test_an_answer_is_compared_part_by_part_in_words(content: Content, before: Submitted, code: str) -> None:
    new = AnswerSaid(content.scale[-2].value, "We do it.", "", "", date(2027, 3, 5), "")
    found = differences.between(content, before, replace(before, answers={code: new}))
    assert found.criteria == {
        code: (
            Change("Answer", content.scale[0].label, content.scale[-2].label),
            Change("Explanation", "", "We do it."),
            Change("By when", "", "5 March 2027"),
        )
    }


def test_evidence_added_changed_and_removed_is_named(content: Content, before: Submitted, code: str) -> None:
    old = replace(before, evidence={code: (piece(1, "Handbook"), piece(2, "Advert"))})
    new = replace(before, evidence={code: (piece(2, "Advert, new"), piece(3, "Rota"))})
    assert differences.between(content, old, new).criteria == {
        code: (
            Change("Evidence added", "", "Rota"),
            Change("Evidence removed", "Handbook", ""),
            Change("Evidence changed", "Advert", "Advert, new"),
        )
    }


def test_a_figure_that_became_known_is_told(content: Content, before: Submitted) -> None:
    metric = content.metrics[0]
    old = replace(before, unknown=frozenset({metric.code}))
    assert differences.between(content, old, before).figures == (Change(metric.label, "Not known yet", ""),)
    assert differences.between(content, before, old).figures == (Change(metric.label, "", "Not known yet"),)


def test_where_to_look_is_a_change_of_its_own(content: Content, before: Submitted, code: str) -> None:
    old, new = piece(1, "Handbook"), replace(piece(1, "Handbook"), place="Pages 4 to 6")
    found = differences.between(
        content, replace(before, evidence={code: (old,)}), replace(before, evidence={code: (new,)})
    )
    assert found.criteria == {code: (Change("Where to look in “Handbook”", "", "Pages 4 to 6"),)}
    both = replace(new, title="Handbook, new")
    found = differences.between(
        content, replace(before, evidence={code: (old,)}), replace(before, evidence={code: (both,)})
    )
    assert [change.what for change in found.criteria[code]] == [
        "Evidence changed",
        "Where to look in “Handbook, new”",
    ]


def test_figures_and_declarations_are_compared_too(content: Content, before: Submitted) -> None:
    field, declaration = content.headcount_field, content.declarations[0]
    new = replace(before, inputs={field: "12"}, declarations={declaration.code: True}, period_end=date(2026, 3, 31))
    found = differences.between(content, before, new)
    label = next(one.label for one in content.context_fields if one.name == field)
    assert found.figures == (Change(label, "", "12"), Change("Last day of the 12 months", "", "31 March 2026"))
    assert found.declarations == (Change(declaration.statement, "", "Yes"),)


def test_what_changed_in_a_declaration_is_said_with_its_note(content: Content, before: Submitted) -> None:
    one = content.declarations[0]
    old = replace(before, declarations={one.code: False})
    new = replace(before, declarations={one.code: True}, declaration_notes={one.code: "Since June."})
    found = differences.between(content, old, new)
    changes = (Change(one.statement, "No", "Yes"), Change(f"Note on “{one.statement}”", "", "Since June."))
    assert (found.declarations, found.by_declaration) == (changes, {one.code: changes})


def test_what_changed_in_a_figure_is_said_with_what_it_comes_to(content: Content, before: Submitted) -> None:
    metric = next(one for one in content.metrics if len(metrics.needs(content, one)) == 2)
    old = replace(before, inputs=dict.fromkeys(metrics.needs(content, metric), "8"))
    part = metric.inputs[0]
    found = differences.between(content, old, replace(old, inputs={**old.inputs, part.name: "4"}))
    changes = {change.what: (change.before, change.after) for change in found.by_figure[metric.code]}
    assert set(changes) == {part.label, "Comes to"}
    assert changes[part.label] == ("8", "4")
    assert changes["Comes to"][0] != changes["Comes to"][1]
