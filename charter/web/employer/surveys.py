"""Staff surveys: open one, make its slips, close it, see what staff said."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from charter.assessment import file_checks
from charter.assessment import queries as assessments
from charter.clock import local_date, now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import queries as cases
from charter.survey import papers, proof, queries, results, running
from charter.survey.models import Survey
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint
from charter.web.employer.uploading import evidence_store, looked_at
from charter.web.forms import BaseForm, DateParts, EmptyForm, needed, stripped

SLIPS, LINKS = "slips", "links"
PDF = "application/pdf"
MOST_SLIPS = 500
"""More would take too long to draw while somebody waits."""
NUMBER = "Enter the number of people in figures, such as 24."


class SurveyForm(BaseForm):
    """What a new survey is called, whom it asks and until when. The rules are the verb's."""

    title = StringField(
        "What do you want to call it?",
        description="Your staff see this name. For example, Staff survey, spring 2027.",
        filters=[stripped],
        validators=[needed("Give the survey a name.")],
    )
    people = StringField("How many people will you ask?", filters=[stripped], validators=[needed(NUMBER)])
    closes_on = DateParts("What is the last day to answer?", validators=[needed("Enter the last day to answer.")])

    def validate_people(self, field: Any) -> None:
        """The number is in figures."""
        if self.number is None:
            raise ValidationError(NUMBER)

    @property
    def number(self) -> int | None:
        """How many people; None when it is no number. People write 1,200 and 1 200 too."""
        typed = "".join(str(self.people.data or "").replace(",", "").split())
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else None


class CodesForm(BaseForm):
    """How the codes reach the staff."""

    kind = RadioField(
        "How will you hand them out?",
        choices=[SelectChoice(SLIPS, "Slips of paper"), SelectChoice(LINKS, "Links to send by email or text")],
        validators=[needed("Choose slips or links.")],
    )
    again = BooleanField("Make new codes. The ones I have stop working.")


@blueprint.get("/organisations/<uuid:organisation_id>/surveys")
@requires(Permission.SEE_SURVEYS, Organisation)
def show_surveys(organisation: Organisation) -> ResponseReturnValue:
    """An employer's surveys, and the way to a new one."""
    found = queries.of_organisation(db.session, organisation)
    framework = publishing.current(db.session)
    asked = framework.content.survey
    first = running.next_from(db.session, organisation)
    return render_template(
        "employer/surveys/list.html",
        organisation=organisation,
        surveys=found,
        asked=asked,
        next_from=first if first and first > today() else None,
        too_small=asked is not None and running.too_small(organisation, framework),
        any_open=any(survey.is_open for survey in found),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/new", methods=["GET", "POST"])
@requires(Permission.RUN_SURVEY, Organisation)
def open_survey(organisation: Organisation) -> ResponseReturnValue:
    """Open a survey: the first button shows once more what cannot be changed later, the second opens it."""
    framework = publishing.current(db.session)
    asked = running.questions(framework)
    form = SurveyForm()
    survey, check = None, False
    then = request.form.get("then")
    if form.validate_on_submit() and then != "change":
        wanted: dict[str, Any] = {
            "title": form.title.data,
            "people": form.number or 0,
            "closes_on": form.closes_on.data or today(),
            "on": today(),
        }
        try:
            if then == "open":
                with transaction() as session:
                    survey = running.start(session, organisation, framework, **wanted, by=the_user(), at=now())
            else:
                running.check(db.session, organisation, framework, **wanted)
                check = True
        except Refusal as refusal:
            form.refuse(refusal)
    if survey is not None:
        flash(f"{survey.title} is open. Now make the codes and hand them out.", "success")
        return redirect(_page(organisation, survey.id), 303)
    page = render_template(
        "employer/surveys/check.html" if check else "employer/surveys/new.html",
        organisation=organisation,
        form=form,
        asked=asked,
    )
    return page, 400 if form.errors or form.form_errors else 200


@blueprint.get("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>")
@requires(Permission.SEE_SURVEYS, Organisation)
def show_survey(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Where a survey stands; once it is closed, what staff said."""
    survey = _survey(organisation, survey_id)
    asked = running.questions(survey.framework)
    return render_template(
        "employer/surveys/show.html",
        organisation=organisation,
        survey=survey,
        asked=asked,
        is_open=survey.is_open,
        about=results.at_least(survey.answers, fewest=asked.min_answers),
        results=results.results(survey),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/codes", methods=["GET", "POST"])
@requires(Permission.RUN_SURVEY, Organisation)
def make_codes(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Make the codes, and hand them over as a file: the only time that anybody sees them."""
    survey = _survey(organisation, survey_id)
    form = CodesForm()
    if form.validate_on_submit() and form.kind.data == SLIPS and survey.people > MOST_SLIPS:
        form.refuse(Refusal(f"Slips are for up to {MOST_SLIPS} people. Choose links instead.", field="kind"))
    elif form.validate_on_submit():
        try:
            with transaction() as session:
                made = running.make_codes(session, survey, again=form.again.data, by=the_user(), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _links(survey, made) if form.kind.data == LINKS else _slips(organisation, survey, made)
    page = render_template("employer/surveys/codes.html", organisation=organisation, survey=survey, form=form)
    return page, 400 if form.errors else 200


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/close", methods=["GET", "POST"])
@requires(Permission.RUN_SURVEY, Organisation)
def close_survey(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Close a survey, after a question."""
    survey = _survey(organisation, survey_id)
    form = EmptyForm()
    if not survey.is_open:  # the button was pressed twice, or the last day is past
        return redirect(_page(organisation, survey.id), 303)
    if form.validate_on_submit():
        with transaction() as session:
            running.close(session, survey, by=the_user(), at=now())
        flash(f"{survey.title} is closed.", "success")
        return redirect(_page(organisation, survey.id), 303)
    asked = running.questions(survey.framework)
    return render_template(
        "employer/surveys/close.html",
        organisation=organisation,
        survey=survey,
        asked=asked,
        about=results.at_least(survey.answers, fewest=asked.min_answers),
        form=form,
    )


@blueprint.get("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/poster.pdf")
@requires(Permission.SEE_SURVEYS, Organisation)
def survey_poster(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """A poster for the wall. It holds nobody's code."""
    survey = _survey(organisation, survey_id)
    url = settings().base_url + url_for("public.enter_code")
    return _download(papers.poster(_about(organisation, survey), url=url), PDF, f"{survey.title} poster.pdf")


@blueprint.get("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/results.pdf")
@requires(Permission.SEE_SURVEYS, Organisation)
def survey_results(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """The results to share with staff."""
    survey = _survey(organisation, survey_id)
    report = _report(organisation, survey)
    if report is None:
        return redirect(_page(organisation, survey.id), 303)
    return _download(report, PDF, f"{survey.title} results.pdf")


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/evidence", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def use_survey_as_evidence(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Give the results as evidence for the criteria that the charter says they may support."""
    survey = _survey(organisation, survey_id)
    report = _report(organisation, survey)
    if report is None:
        return redirect(_page(organisation, survey.id), 303)
    assessment = assessments.open_one(db.session, organisation.id)
    open_criteria = cases.open_criteria(db.session, assessment) if assessment else ()
    form = EmptyForm()
    if assessment is not None and form.validate_on_submit():
        name = f"{survey.title} results.pdf"
        checked = file_checks.check(name, report, limit=len(report))
        scan = looked_at(report, organisation)
        sha256 = evidence_store().put(report)
        with transaction() as session:
            given = proof.use(
                session,
                survey,
                assessment,
                filename=name,
                checked=checked,
                sha256=sha256,
                size=len(report),
                scan=scan,
                by=the_user(),
                at=now(),
                open_criteria=cases.open_criteria(session, assessment),
            )
        flash(f"The results are evidence for {' and '.join(one.title for one in given)}.", "success")
        return redirect(url_for(".show_evidence", assessment_id=assessment.id), 303)
    return render_template(
        "employer/surveys/evidence.html",
        organisation=organisation,
        survey=survey,
        assessment=assessment,
        supported=proof.supported(assessment, open_criteria) if assessment else (),
        form=form,
    )


def _about(organisation: Organisation, survey: Survey) -> papers.About:
    return papers.About(
        employer=organisation.name,
        title=survey.title,
        scheme=settings().scheme_name,
        opens_on=survey.opens_on,
        closes_on=survey.closes_on,
        asked=running.questions(survey.framework),
    )


def _report(organisation: Organisation, survey: Survey) -> bytes | None:
    """The results as PDF; None when there are none to show."""
    found = results.results(survey)
    if found is None or survey.closed_at is None:
        return None
    return papers.report(_about(organisation, survey), found, closed_on=local_date(survey.closed_at))


def _slips(organisation: Organisation, survey: Survey, made: tuple[str, ...]) -> Response:
    """The slips to print and cut."""
    drawn = papers.slips(_about(organisation, survey), [(code, _link(code)) for code in made])
    return _download(drawn, PDF, f"{survey.title} slips.pdf")


def _links(survey: Survey, made: tuple[str, ...]) -> Response:
    """The links as a list that spreadsheets and mail programs read."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["Link", "Code"])
    rows.writerows((_link(code), code) for code in made)
    return _download(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{survey.title} links.csv")


def _link(code: str) -> str:
    return settings().base_url + url_for("public.answer_survey", code=code)


def _download(content: bytes, media_type: str, name: str) -> Response:
    """A file to save, which no browser keeps."""
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _survey(organisation: Organisation, survey_id: UUID) -> Survey:
    found = queries.one(db.session, organisation, survey_id)
    if found is None:
        abort(404)
    return found


def _page(organisation: Organisation, survey_id: UUID) -> str:
    return url_for(".show_survey", organisation_id=organisation.id, survey_id=survey_id)
