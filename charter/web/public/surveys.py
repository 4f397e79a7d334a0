"""Answer a staff survey: no account, no name, no cookie.

The address holds the code, which is the whole right to answer: nobody who does not know it can send the form from
elsewhere. So the form needs no token of its own, and the page no cookie to tie one to.
"""

from typing import Any

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from charter.clock import today
from charter.errors import Refusal
from charter.extensions import csrf, db, transaction
from charter.framework.content import StaffSurvey
from charter.survey import answering, codes, running
from charter.survey.answering import NotNow, Standing
from charter.survey.models import Survey
from charter.web.access import public, unkept
from charter.web.forms import WithoutToken, stripped
from charter.web.public import blueprint

STATUS = {Standing.READY: 200, Standing.USED: 410, Standing.CLOSED: 410, Standing.UNKNOWN: 404}


class CodeForm(WithoutToken):
    """The code on a slip."""

    code = StringField(
        "What is the code on your slip?",
        description="It has 12 letters and numbers, such as ABCD-2345-WXYZ.",
        filters=[stripped],
    )


class AnswersForm(WithoutToken):
    """A choice for each question; none of them is needed."""

    @classmethod
    def asking(cls, asked: StaffSurvey) -> "AnswersForm":
        """The form for the questions of one version of the charter."""
        scale = [SelectChoice(value.value, value.label) for value in asked.scale]
        fields: dict[str, Any] = {
            question.code: RadioField(question.statement, choices=scale, validate_choice=False)
            for question in asked.questions
        }
        form: AnswersForm = type("AskingForm", (cls,), fields)()
        return form


@blueprint.route("/survey", methods=["GET", "POST"])
@csrf.exempt
@public
def enter_code() -> ResponseReturnValue:
    """Type the code on a slip, for whoever cannot scan it."""
    form = CodeForm()
    if form.validate_on_submit():
        code = codes.tidy(form.code.data or "")
        if code:
            return unkept(redirect(url_for(".answer_survey", code=code), 303), 303)
        form.refuse(Refusal("Enter the code as it stands on your slip: 12 letters and numbers.", field="code"))
    return unkept(render_template("public/surveys/code.html", form=form), 400 if form.errors else 200)


@blueprint.get("/survey/thank-you")
@public
def survey_answered() -> ResponseReturnValue:
    """Thanks; the address says nothing of who answered what."""
    return unkept(render_template("public/surveys/thank_you.html"))


@blueprint.route("/survey/<code>", methods=["GET", "POST"])
@csrf.exempt
@public
def answer_survey(code: str) -> ResponseReturnValue:
    """The questions, or a kind word when the code cannot be used."""
    tidy = codes.tidy(code)
    if tidy and tidy != code:
        return unkept(redirect(url_for(".answer_survey", code=tidy), 308), 308)
    standing, survey = answering.look_up(db.session, code, on=today())
    if standing is not Standing.READY or survey is None:
        return _not_now(standing, survey)
    form = AnswersForm.asking(running.questions(survey.framework))
    if form.validate_on_submit():
        said = {name: str(value) for name, value in form.data.items() if value}
        try:
            with transaction() as session:
                answering.answer(session, code, said, on=today())
        except NotNow as refusal:
            return _not_now(refusal.standing, survey)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return unkept(redirect(url_for(".survey_answered"), 303), 303)
    page = render_template(
        "public/surveys/answer.html",
        code=code,
        form=form,
        asked=running.questions(survey.framework),
        survey=survey,
        employer=survey.organisation.name,
    )
    return unkept(page, 400 if form.errors else 200)


def _not_now(standing: Standing, survey: Survey | None) -> Response:
    page = render_template("public/surveys/not_now.html", standing=standing, survey=survey, Standing=Standing)
    return unkept(page, STATUS[standing])
