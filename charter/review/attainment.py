"""The level that the findings of a case reach, by the same pure function that tells employers theirs."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy.orm import Session

from charter.assessment import metrics
from charter.assessment.level import Attainment, attained_level, outcomes_of_findings
from charter.assessment.models import Assessment
from charter.organisation.models import Scope
from charter.review import submitted
from charter.review.findings import met_by_awards, of_review, requests_of, stand_ins, standing
from charter.review.models import Finding, Review
from charter.review.submitted import Submitted


def of_findings(
    assessment: Assessment, stands: Iterable[Finding], said: Submitted, *, on: date, met: Collection[str] = ()
) -> Attainment:
    """The level reached on a day by the findings that stand, with the declarations and figures as submitted.

    `met` are the criteria that count as met by an award of another scheme, unless a finding says otherwise.
    """
    content = assessment.framework.content
    return attained_level(
        content,
        outcomes_of_findings(content, stands, met=met),
        agreed=said.agreed,
        returned=metrics.returned(content, said.inputs, assessment.target_level, said.unknown),
        headcount_ceiling=submitted.headcount_ceiling(assessment, said),
        on=on,
        unknown=metrics.not_known(content, said.unknown),
        promised=said.promised,
    )


def reached(session: Session, review: Review, *, on: date) -> int:
    """The highest level that may be decided for this case on a day: never above the one that was aimed at."""
    assessment = review.assessment
    stands = standing(of_review(session, review), requests_of(session, review.id), assessment.round)
    said = submitted.latest(session, assessment)
    met = met_by_awards(review, said, stand_ins(session, review, on=on))
    return min(of_findings(assessment, stands.values(), said, on=on, met=met).level, assessment.target_level)


def headcount(assessment: Assessment, said: Submitted) -> int | None:
    """How many people the award covers, as the employer returned it: all, or those in the scheme's counties."""
    count = metrics.local_headcount if assessment.organisation.scope is Scope.LOCAL else metrics.headcount
    return count(assessment.framework.content, said.inputs)
