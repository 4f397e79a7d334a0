"""Staff surveys: open one, make its slips, close it, see what staff said."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.survey import codes, queries, results, running
from charter.survey.models import Survey
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint
from charter.web.forms import BaseForm, DateParts, EmptyForm, needed, stripped

SLIPS, LINKS = "slips", "links"
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
    asked = publishing.current(db.session).content.survey
    first = running.next_from(db.session, organisation)
    return render_template(
        "employer/surveys/list.html",
        organisation=organisation,
        surveys=found,
        asked=asked,
        next_from=first if first and first > today() else None,
        any_open=any(survey.is_open for survey in found),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/new", methods=["GET", "POST"])
@requires(Permission.RUN_SURVEY, Organisation)
def open_survey(organisation: Organisation) -> ResponseReturnValue:
    """Open a survey."""
    framework = publishing.current(db.session)
    asked = running.questions(framework)
    form = SurveyForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                survey = running.start(
                    session,
                    organisation,
                    framework,
                    title=form.title.data,
                    people=form.number or 0,
                    closes_on=form.closes_on.data or today(),
                    by=the_user(),
                    at=now(),
                    on=today(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"{survey.title} is open. Now make the codes and hand them out.", "success")
            return redirect(_page(organisation, survey.id), 303)
    page = render_template("employer/surveys/new.html", organisation=organisation, form=form, asked=asked)
    return page, 400 if form.errors else 200


@blueprint.get("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>")
@requires(Permission.SEE_SURVEYS, Organisation)
def show_survey(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Where a survey stands; once it is closed, what staff said."""
    survey = _survey(organisation, survey_id)
    return render_template(
        "employer/surveys/show.html",
        organisation=organisation,
        survey=survey,
        asked=running.questions(survey.framework),
        is_open=survey.is_open,
        about=results.in_tens(survey.answers),
        results=results.results(survey),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/surveys/<uuid:survey_id>/codes", methods=["GET", "POST"])
@requires(Permission.RUN_SURVEY, Organisation)
def make_codes(organisation: Organisation, survey_id: UUID) -> ResponseReturnValue:
    """Make the codes, and hand them over as a file: the only time that anybody sees them."""
    survey = _survey(organisation, survey_id)
    form = CodesForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                made = running.make_codes(session, survey, again=form.again.data, by=the_user(), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _links(survey, made)
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
    return render_template(
        "employer/surveys/close.html",
        organisation=organisation,
        survey=survey,
        asked=running.questions(survey.framework),
        about=results.in_tens(survey.answers),
        form=form,
    )


def _links(survey: Survey, made: tuple[str, ...]) -> Response:
    """The links as a list that spreadsheets and mail programs read."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["Link", "Code"])
    rows.writerows((_link(code), code) for code in made)
    return _download(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{survey.title} links.csv")


def _link(code: str) -> str:
    return settings().base_url + url_for("public.answer_survey", code=codes.tidy(code))


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
