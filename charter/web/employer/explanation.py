"""What explains the decision on an assessment: shown, printed, and as a file to check."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from charter.assessment.models import Assessment
from charter.extensions import db
from charter.permissions import Permission
from charter.review import queries
from charter.review.record import explanation
from charter.review.record.record_models import DecisionRecord
from charter.web.access import requires
from charter.web.employer import blueprint
from charter.web.explaining import NOT_YET, as_file, chosen, printed


@blueprint.get("/assessments/<uuid:assessment_id>/explanation")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def show_explanation(assessment: Assessment) -> ResponseReturnValue:
    """What a decision on an assessment rests on, in words; the newest, or the one that the address names."""
    records = _records(assessment)
    record = chosen(records)
    if record is None:
        return _not_yet(assessment)
    return render_template(
        "employer/assessment/explanation.html",
        assessment=assessment,
        records=records,
        record=record,
        said=explanation.for_employer(record),
    )


@blueprint.get("/assessments/<uuid:assessment_id>/explanation.pdf")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def print_explanation(assessment: Assessment) -> ResponseReturnValue:
    """The same to print."""
    record = chosen(_records(assessment))
    return _not_yet(assessment) if record is None else printed(explanation.for_employer(record))


@blueprint.get("/assessments/<uuid:assessment_id>/explanation.json")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def take_explanation(assessment: Assessment) -> ResponseReturnValue:
    """The same as a file that can be checked without us."""
    record = chosen(_records(assessment))
    return _not_yet(assessment) if record is None else as_file(record)


def _records(assessment: Assessment) -> list[DecisionRecord]:
    review = queries.of_assessment(db.session, assessment)
    return list(explanation.of_case(db.session, review.id)) if review else []


def _not_yet(assessment: Assessment) -> ResponseReturnValue:
    flash(NOT_YET, "notice")
    return redirect(url_for(".show_assessment", assessment_id=assessment.id))
