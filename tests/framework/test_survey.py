"""What a version of the charter may say of the staff survey: faults are found with their place."""

from collections.abc import Callable
from typing import Any

import pytest

from charter.framework import publishing
from charter.framework.checking import Faulty, check
from tests.framework.small import Document, content, document

SURVEY: Document = {
    "title": "Staff survey",
    "source": "Made up.",
    "min_answers": 10,
    "prompt": "Is it so?",
    "scale": [{"value": "yes", "label": "Yes", "good": True}, {"value": "no", "label": "No"}],
    "questions": [{"code": f"Q{n}", "dimension": "Pay", "statement": "It is fine."} for n in range(5)],
    "supports": ["A"],
    "evidence_type": "photo",
}


def with_survey(**values: Any) -> Callable[[Document], object]:
    """The small charter with a survey, in which `values` are other."""
    return lambda it: it.update(survey={**SURVEY, **values})


def faults(change: Callable[[Document], object]) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        check(document(change))
    return [(fault.place, fault.message) for fault in refused.value.faults]


def test_the_newest_version_that_is_shipped_asks_five_to_eight_questions_and_names_their_source() -> None:
    survey = publishing.read(publishing.SHIPPED[-1]).survey
    assert survey is not None
    assert 5 <= len(survey.questions) <= 8
    assert len(survey.scale) == 5
    assert survey.min_answers >= 10
    assert "CIPD" in survey.source


def test_a_version_without_a_survey_offers_none() -> None:
    assert content().survey is None
    assert publishing.read(publishing.SHIPPED[0]).survey is None


def test_a_survey_that_can_be_run_has_no_faults() -> None:
    found = content(with_survey()).survey
    assert found is not None
    assert [answer.good for answer in found.scale] == [True, False]


@pytest.mark.parametrize(
    ("values", "place", "message"),
    [
        ({"supports": ["AA"]}, "survey → supports[1] AA", "There is no criterion called “AA”. Did you mean “A”?"),
        (
            {"supports": ["A", "B"]},
            "survey → supports[2] B",
            "“B” does not take evidence of the type “photo”. Add it there, or take the code out.",
        ),
        (
            {"supports": ["A", "A"]},
            "survey → supports[2] A",
            "The criterion “A” is here twice. Give each its own, or take one out.",
        ),
        ({"min_answers": 9}, "survey → min_answers", "This should be 10 or more, not 9."),
        ({"questions": SURVEY["questions"][:4]}, "survey → questions", "There should be 5 or more here, not 4."),
        (
            {"questions": [*SURVEY["questions"][:4], SURVEY["questions"][0]]},
            "survey → questions[5] Q0 → code",
            "The question of the survey “Q0” is here twice. Give each its own, or take one out.",
        ),
        (
            {"scale": [{"value": "no", "label": "No"}]},
            "survey → scale",
            "Some answers are good and some are not. Mark the good ones with “good: true”.",
        ),
    ],
)
def test_a_survey_that_cannot_be_run_is_told_why(values: dict[str, Any], place: str, message: str) -> None:
    assert (place, message) in faults(with_survey(**values))


def test_nine_questions_are_too_many() -> None:
    nine = [{"code": f"Q{n}", "dimension": "Pay", "statement": "It is fine."} for n in range(9)]
    assert ("survey → questions", "There should be 8 or fewer here, not 9.") in faults(with_survey(questions=nine))


def test_a_kind_of_evidence_that_nobody_knows_is_a_fault() -> None:
    assert ("survey → evidence_type", "There is no type of evidence called “foto”. Did you mean “photo”?") in faults(
        with_survey(evidence_type="foto")
    )
