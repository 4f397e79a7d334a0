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
from charter.errors import Refusal, Stale

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
) -> MetricReturn:
    """Save the numbers typed (by field), the notes (by metric) and the last day of their twelve months.

    `unknown` are the metrics (by code) that the employer does not know yet; numbers typed for one of them are kept too.
    A number that makes no sense is kept as it was typed; `metrics.parse` says what is wrong with it. `seen_version` is
    the version the person saw, 0 for none. Raises Refusal when the figures may not be changed now, or the day is yet to
    come, and Stale when somebody else saved different figures meanwhile.
    """
    author = by.id  # read now: a query later would store a half-filled row
    session.refresh(assessment, with_for_update=True)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise Refusal(FROZEN)
    if period_end is not None and period_end > local_date(at):
        raise Refusal("The 12 months must have ended: choose a day that is not in the future.", field="period_end")
    content = assessment.framework.content
    known, codes = metrics.fields_of(content), {metric.code for metric in content.metrics}
    typed = {name: text.strip()[:INPUT_LIMIT] for name, text in inputs.items() if name in known and text.strip()}
    said = {code: text.strip()[:NOTE_LIMIT] for code, text in notes.items() if code in codes and text.strip()}
    not_known = sorted(codes & set(unknown))
    found = session.scalars(
        sa.select(MetricReturn)
        .where(MetricReturn.assessment_id == assessment.id)
        .execution_options(populate_existing=True)
    ).first()
    if found is not None and (found.period_end, found.inputs, found.notes, found.unknown) == (
        period_end,
        typed,
        said,
        not_known,
    ):
        return found
    if seen_version != (found.version if found else 0):
        raise Stale("Somebody else saved figures while you were typing.", current=found)
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
