"""What the scheme decided about an employer's awards, what the employer can say to it, and its appeals."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, TextAreaField

from charter.aftercare import appeals, concerns, queries, steps, words
from charter.aftercare.appeals import Decision, Way
from charter.aftercare.models import AwardStep, Concern
from charter.aftercare.status import StepStatus
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import queries as cases
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.forms import number_in
from charter.web.forms import BaseForm, at_most, needed, stripped


class AnswerForm(BaseForm):
    """The employer's side of a concern."""

    text = TextAreaField(
        "Your side",
        description="Say what is so and what is not, and how that can be seen. Do not name people.",
        filters=[stripped],
        validators=[needed("Write your side."), at_most(words.LONGEST, "Your side")],
    )
    seen_version = HiddenField()


class ReplyForm(BaseForm):
    """The employer's reply to what the scheme means to do."""

    text = TextAreaField(
        "Your reply",
        description="Say what is wrong in the reasons, what you have put right since, and how that can be seen. Do not "
        "name people.",
        filters=[stripped],
        validators=[needed("Write your reply."), at_most(words.LONGEST, "Your reply")],
    )
    is_all = BooleanField("We have nothing to add. You can decide before that day.")
    seen_version = HiddenField()


class AppealForm(BaseForm):
    """Why the employer thinks that a decision is wrong."""

    grounds = TextAreaField(
        "Why do you think that the decision is wrong?",
        description="Say what was overlooked or misunderstood. Do not name people.",
        filters=[stripped],
        validators=[needed("Say why you think that the decision is wrong."), at_most(words.LONGEST, "The reasons")],
    )


@blueprint.get("/organisations/<uuid:organisation_id>/decisions")
@requires(Permission.VIEW_AWARD, Organisation)
def show_decisions(organisation: Organisation) -> ResponseReturnValue:
    """What happened to the awards after they were made, what waits for an answer, and the appeals."""
    found = queries.steps_of(db.session, organisation.id)
    made = queries.appeals_of(db.session, organisation.id)
    appealed = {one.award_step_id for one in made}
    return render_template(
        "employer/decisions/list.html",
        organisation=organisation,
        awards=queries.awards_of(db.session, organisation.id),
        steps=found,
        concerns=queries.concerns_asked(db.session, organisation.id),
        appeals=made,
        open_to_appeal={
            one.id: until
            for one in found
            if one.id not in appealed and (until := appeals.open_until(one)) is not None and today() <= until
        },
    )


@blueprint.route("/concerns/<uuid:concern_id>/answer", methods=["GET", "POST"])
@requires(Permission.ANSWER_CONCERN, Concern)
def answer_concern(concern: Concern) -> ResponseReturnValue:
    """Give the employer's side of a concern. One that nobody asked it about is not there."""
    if concern.asked_at is None:
        abort(404)
    form = AnswerForm(data={"seen_version": concern.version})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                concerns.answer(
                    session,
                    concern,
                    text=form.text.data or "",
                    seen_version=number_in(form.seen_version),
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("Sent. We will write to you when this is settled.", "success")
            return redirect(url_for(".show_decisions", organisation_id=concern.organisation_id), 303)
    content = publishing.current(db.session).content
    page = render_template("employer/decisions/answer.html", concern=concern, form=form, content=content)
    return page, 400 if form.errors else 200


@blueprint.route("/award-steps/<uuid:award_step_id>/reply", methods=["GET", "POST"])
@requires(Permission.REPLY_TO_STEP, AwardStep)
def reply_to_step(award_step: AwardStep) -> ResponseReturnValue:
    """Reply to what the scheme means to do with the award, or did at once."""
    _known(award_step)
    said = {"text": award_step.reply, "is_all": award_step.reply_is_all, "seen_version": award_step.version}
    form, theirs = ReplyForm(data=said), None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                steps.reply(
                    session,
                    award_step,
                    text=form.text.data or "",
                    is_all=bool(form.is_all.data),
                    seen_version=number_in(form.seen_version),
                    by=the_user(),
                    at=now(),
                    on=today(),
                )
        except Stale as stale:
            theirs = stale.current
            form.seen_version.data = str(award_step.version)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("Your reply is sent. You can change it until its day.", "success")
            return redirect(url_for(".show_decisions", organisation_id=award_step.organisation_id), 303)
    page = render_template(
        "employer/decisions/reply.html",
        step=award_step,
        form=form,
        theirs=theirs,
        open=award_step.takes_reply_on(today()),
        waits=award_step.status is StepStatus.PROPOSED,
    )
    return page, 400 if form.errors else (409 if theirs else 200)


@blueprint.route("/award-steps/<uuid:award_step_id>/appeal", methods=["GET", "POST"])
@requires(Permission.APPEAL, AwardStep)
def appeal_step(award_step: AwardStep) -> ResponseReturnValue:
    """Appeal against a suspension or revocation."""
    _known(award_step)
    said = f"Your award {award_step.award.number} was {award_step.deed.done}"
    return _appeal(award_step, award_step.organisation, said)


@blueprint.route("/assessments/<uuid:assessment_id>/appeal", methods=["GET", "POST"])
@requires(Permission.APPEAL, Assessment)
def appeal_decision(assessment: Assessment) -> ResponseReturnValue:
    """Appeal against the decision on an assessment."""
    case = cases.of_assessment(db.session, assessment)
    if case is None:
        abort(404)
    content = assessment.framework.content
    level = content.level(case.decided_level or 0)
    said = f"Your assessment reached {level.title}" if level else "Your assessment did not reach a level"
    return _appeal(case, assessment.organisation, said)


def _appeal(decision: Decision, organisation: Organisation, said: str) -> ResponseReturnValue:
    way: Way | None = appeals.way(db.session, decision)
    form = AppealForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                appeals.appeal(session, decision, grounds=form.grounds.data or "", by=the_user(), at=now(), on=today())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("Your appeal is sent. We have emailed you by when you will have an answer.", "success")
            return redirect(url_for(".show_decisions", organisation_id=organisation.id), 303)
    values: dict[str, Any] = {"form": form, "way": way, "organisation": organisation, "said": said, "today": today()}
    return render_template("employer/decisions/appeal.html", **values), 400 if form.errors else 200


def _known(step: AwardStep) -> None:
    """What is to be done at once is not there for the employer before it is done."""
    if step.at_once and step.status is not StepStatus.CARRIED_OUT:
        abort(404)
