"""What an employer's staff said, for the assessors of a level that asks what staff say."""

from charter.assessment.level import months_after
from charter.clock import local_date
from charter.extensions import db
from charter.review import queries
from charter.survey import queries as surveys
from charter.survey.models import Survey
from charter.survey.results import Results, results


def surveyed(case: queries.Case) -> tuple[Survey, Results] | None:
    """The newest survey of the employer's staff that has results and was in date when this was sent (one query).

    A survey is in date as long as evidence of its kind is. None where the charter has no survey, and for levels that
    do not ask what staff say.
    """
    content = case.content
    if content.survey is None or not case.second.rule.conversation:
        return None
    kind = content.evidence_rules.type(content.survey.evidence_type)
    months = (kind.valid_months if kind else None) or content.evidence_rules.max_age_months
    sent = local_date(case.submissions[0].submitted_at)
    for survey in surveys.of_organisation(db.session, case.organisation):
        found = results(survey)
        if found is not None and survey.closed_at and months_after(local_date(survey.closed_at), months) >= sent:
            return survey, found
    return None
