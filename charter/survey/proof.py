"""The results of a survey as evidence, for the criteria that the assessment's version of the charter names."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import answers, evidence
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import Checked
from charter.assessment.models import Assessment
from charter.assessment.quarantine import Scan
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.content import Criterion
from charter.survey.models import Survey
from charter.survey.results import results


def supported(assessment: Assessment, open_criteria: Collection[str] | None = None) -> tuple[Criterion, ...]:
    """The criteria of the assessment that results may be evidence for and that can be changed now.

    `open_criteria` are those the assessor asked about, which only a round of more information needs.
    """
    content = assessment.framework.content
    named = content.survey.supports if content.survey else ()
    return tuple(
        criterion
        for criterion in content.asked(assessment.target_level)
        if criterion.code in named and answers.is_open(assessment, criterion.code, open_criteria)
    )


def use(
    session: Session,
    survey: Survey,
    assessment: Assessment,
    *,
    filename: str,
    checked: Checked,
    sha256: str,
    size: int,
    scan: Scan,
    by: User,
    at: datetime,
    open_criteria: Collection[str] | None = None,
) -> tuple[Criterion, ...]:
    """Add the drawn results, stored as `sha256`, as evidence for what they support, and return those criteria.

    Given twice, they are one piece of evidence. Raises Refusal when there are no results, when they are another
    employer's, or when no criterion of the assessment takes them.
    """
    if survey.organisation_id != assessment.organisation_id:
        raise Refusal("This survey is not yours to use.")
    if results(survey) is None or survey.closed_at is None:
        raise Refusal("This survey has no results to show.")
    criteria = supported(assessment, open_criteria)
    if not criteria:
        raise Refusal("No criterion of your assessment takes these results now.")
    content = assessment.framework.content
    kind = content.evidence_rules.type(content.survey.evidence_type) if content.survey else None
    last = max(survey.opens_on, min(survey.closes_on, local_date(survey.closed_at)))
    evidence.add_file(
        session,
        assessment,
        criteria=[criterion.code for criterion in criteria],
        title=f"What our staff said: {survey.title}",
        filename=filename,
        checked=checked,
        sha256=sha256,
        size=size,
        scan=scan,
        type=kind.code if kind else None,
        dates=Dates(local_date(survey.closed_at), period_from=survey.opens_on, period_to=last),
        by=by,
        at=at,
        open_criteria=open_criteria,
    )
    codes = [criterion.code for criterion in criteria]
    audit.record(session, "survey:use", survey, by=by.id, at=at, case=assessment.id, criteria=codes)
    return criteria
