"""Figures that moved by more than the rules allow, and nobody said why: the reason is asked for in a round.

When figures are first sent the page asks for it and holds nothing back. In a round of more information somebody is
waiting for answers anyway, and the same figure should not cost another round: the note is open and must be given.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from charter.assessment import metrics, year_on_year
from charter.assessment.models import Assessment
from charter.assessment.progress import Figures
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.assessment.year_on_year import Change
from charter.review import submitted
from charter.review.submitted import Submitted


def missing(assessment: Assessment, said: Submitted) -> dict[str, Change]:
    """The large changes that a submission says nothing about, by the metric's code, in the charter's order."""
    content = assessment.framework.content
    figures = metrics.figures(content, said.inputs, assessment.target_level, said.unknown)
    return without_reason(year_on_year.changes(content, figures, said.before), said.notes)


def asked_now(session: Session, said: Material, numbers: Figures) -> dict[str, Change]:
    """The large changes whose reason is asked for in this round, also when it has been given since, in the same way.

    `numbers` are the figures beside those of last time. None outside a round of more information, and a change that the
    round itself brought about is among them (one query when anything changed much).
    """
    open_again = said.assessment.status is AssessmentStatus.MORE_INFORMATION
    if not open_again or not any(change.question for change in numbers.changes.values()):
        return {}
    return without_reason(numbers.changes, submitted.latest(session, said.assessment).notes)


def without_reason(moved: Mapping[str, Change], notes: Mapping[str, str]) -> dict[str, Change]:
    """Those of some changes that the rules ask about and that none of the `notes`, by the metric's code, is on."""
    return {code: change for code, change in moved.items() if change.question and not notes.get(code)}
