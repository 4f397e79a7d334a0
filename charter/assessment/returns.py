"""Save the figures an employer returns, as typed: what is wrong with them is said each time they are read."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import metrics
from charter.assessment.answers import FROZEN
from charter.assessment.models import Assessment, MetricReturn
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.errors import Refusal, Stale, who_saved

INPUT_LIMIT = 40
NOTE_LIMIT = 1_000


def save(
    session: Session,
    assessment: Assessment,
    *,
    period_end: date | None,
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
    unknown: Collection[str] = (),
    seen_version: int,
    by: User,
    at: datetime,
    open_figures: Collection[str] | None = None,
    open_notes: Collection[str] = (),
) -> MetricReturn:
    """Save the numbers typed (by field), the notes (by metric) and the last day of their twelve months.

    `unknown` is what the employer does not know yet, metrics by code and shared numbers by name; numbers typed for one
    of them are kept too.
    A number that makes no sense is kept as it was typed; `metrics.parse` says what is wrong with it. `seen_version` is
    the version the person saw, 0 for none. Raises Refusal when the figures may not be changed now, or the day is yet to
    come, and Stale when somebody else saved different figures meanwhile.

    In a round of more information only the figures that the assessor asked about may change: `open_figures`, by code.
    What is not given then stays as it is, and what is given otherwise for another figure is refused on its field. The
    note of a figure among `open_notes` may be written too.
    """
    author = by.id  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    again = assessment.status is AssessmentStatus.MORE_INFORMATION
    if not assessment.is_editable or (again and not open_figures and not open_notes):
        raise Refusal(FROZEN)
    if period_end is not None and period_end > local_date(at):
        raise Refusal("The 12 months must have ended: choose a day that is not in the future.", field="period_end")
    content = assessment.framework.content
    known, codes = metrics.fields_of(content), {metric.code for metric in content.metrics}
    not_known = sorted({one.code for one in metrics.may_be_unknown(content)} & set(unknown))
    found = session.scalars(
        sa.select(MetricReturn)
        .where(MetricReturn.assessment_id == assessment.id)
        .execution_options(populate_existing=True)
    ).first()
    typed = fitting(inputs, known, INPUT_LIMIT, found.inputs if found else {})
    said = fitting(notes, codes, NOTE_LIMIT, found.notes if found else {})
    if again and found is not None:
        period_end = _day_as_it_was(found, period_end)
        open_names = opened(assessment, open_figures, found)
        typed = _merged(found.inputs, typed, inputs, open_names, "number-")
        said = _merged(found.notes, said, notes, {*(open_figures or ()), *open_notes}, "note-")
        not_known = _unknown_as_asked(found, not_known, {*(open_figures or ()), *open_names})
    if found is not None and (found.period_end, found.inputs, found.notes, found.unknown) == (
        period_end,
        typed,
        said,
        not_known,
    ):
        return found
    if seen_version != (found.version if found else 0):
        raise Stale(
            who_saved(found and found.saved_by_id, author, "Somebody else saved figures while you were typing."),
            current=found,
        )
    if found is None:
        found = MetricReturn(assessment_id=assessment.id)
        session.add(found)
    found.period_end = period_end
    found.inputs = dict(typed)
    found.notes = dict(said)
    found.unknown = not_known
    found.saved_at = at
    found.saved_by_id = author
    session.flush()  # so that its version is known to the page
    audit.record(
        session,
        "return:save",
        found,
        by=author,
        at=at,
        case=assessment.id,
        fields=sorted(typed),
        unknown=not_known,
        period_end=period_end.isoformat() if period_end else None,
    )
    return found


def opened(assessment: Assessment, open_figures: Collection[str] | None, found: MetricReturn | None) -> frozenset[str]:
    """The names of the numbers that may be changed now.

    In a round of more information they are those that the figures asked about are worked out from, with the headcounts
    and the like that they share with others. A number that no longer fits, since one of these changed, is open too:
    otherwise nobody could send the figures again.
    """
    content = assessment.framework.content
    if assessment.status is AssessmentStatus.MORE_INFORMATION:
        shared = {field.name for field in content.context_fields}
        asked = [metric for metric in content.metrics if metric.code in (open_figures or ())]
        needed = {name for metric in asked for name in metrics.needs(content, metric)}
        faulty = metrics.check(content, found.inputs, found.unknown or ()) if found and asked else {}
        return frozenset(needed & shared) | metrics.own_fields(content, open_figures or ()) | frozenset(faulty)
    return frozenset(metrics.fields_of(content)) if assessment.is_editable else frozenset()


def _day_as_it_was(found: MetricReturn, period_end: date | None) -> date | None:
    if period_end not in {None, found.period_end}:
        raise Refusal(FROZEN, field="period_end")
    return found.period_end


def _merged(
    stored: Mapping[str, str],
    said: Mapping[str, str],
    given: Mapping[str, str],
    open_names: Collection[str],
    field: str,
) -> dict[str, str]:
    """What is stored, with what was `said` about the open ones. What is not `given` at all stays."""
    for name in given:
        if name not in open_names and said.get(name, "") != stored.get(name, ""):
            raise Refusal(FROZEN, field=f"{field}{name}")
    kept = {name: text for name, text in stored.items() if name not in open_names or name not in given}
    return {**kept, **{name: text for name, text in said.items() if name in open_names}}


def _unknown_as_asked(found: MetricReturn, unknown: Collection[str], opened: Collection[str]) -> list[str]:
    for code in unknown:
        if code not in opened and code not in found.unknown:
            raise Refusal(FROZEN, field=f"unknown-{code}")
    kept = {code for code in found.unknown if code not in opened}
    return sorted(kept | {code for code in unknown if code in opened})


def fitting(
    texts: Mapping[str, str], known: Collection[str], longest: int, stored: Mapping[str, str]
) -> dict[str, str]:
    """What was typed, without what is empty; where it is too long to keep, what was there before stays."""
    kept = {
        name: stripped if len(stripped := text.strip()) <= longest else stored.get(name, "")
        for name, text in texts.items()
        if name in known
    }
    return {name: text for name, text in kept.items() if text}
