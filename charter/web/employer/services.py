"""Ask for a programme of the directory of services, in the name of one's employer."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.improvement import programmes, taking_up
from charter.improvement.models import Programme
from charter.organisation import queries
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint
from charter.web.forms import BaseForm, at_most, stripped


class AskForm(BaseForm):
    """What to say to a programme, and that one's name and address may go there."""

    message = TextAreaField(
        "What would you like to tell them? (optional)",
        description="For example, what you need help with and when it is best to reach you. "
        "Do not name anyone else, and do not say anything about a person’s health.",
        filters=[stripped],
        validators=[at_most(taking_up.LONGEST, "Your message")],
    )
    agree = BooleanField(
        "I agree",
        validators=[
            InputRequired("Tick the box to agree. Without your name and email address they cannot answer you.")
        ],
    )


@blueprint.get("/services/<code>/ask")
@requires(Permission.SEE_DASHBOARD)
def choose_who_asks(code: str) -> ResponseReturnValue:
    """Lead on to the form of one's employer; who has several chooses."""
    programme = _open(code)
    employers = queries.organisations_of(db.session, the_user())
    if not employers:
        flash("First tell us about your employer. Then you can ask for this service.", "notice")
        return redirect(url_for(".create_organisation"))
    if len(employers) == 1:
        return redirect(url_for(".ask_for_service", organisation_id=employers[0].id, code=code))
    return render_template("employer/services/choose.html", programme=programme, employers=employers)


@blueprint.get("/organisations/<uuid:organisation_id>/services")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def asked_services(organisation: Organisation) -> ResponseReturnValue:
    """What the employer asked for, and the way to find more for an employer like it."""
    asked = taking_up.asked_by(db.session, [organisation.id])
    return render_template(
        "employer/services/asked.html",
        organisation=organisation,
        asked=asked,
        who_asked=taking_up.who_asked(db.session, asked),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/services/<code>/ask", methods=["GET", "POST"])
@requires(Permission.ASK_FOR_PROGRAMME, Organisation)
def ask_for_service(organisation: Organisation, code: str) -> ResponseReturnValue:
    """Ask for one programme."""
    programme = _open(code)
    action_id = request.args.get("action", type=UUID)
    form = AskForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                taking_up.ask(
                    session,
                    organisation,
                    programme,
                    message=form.message.data or "",
                    content=publishing.current(session).content,
                    scheme_email=settings().scheme_email,
                    by=the_user(),
                    at=now(),
                    on=today(),
                    action_id=action_id,
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"You asked for {programme.name}. We have sent you a copy.", "success")
            back = ".show_plan" if action_id else ".asked_services"
            return redirect(url_for(back, organisation_id=organisation.id), 303)
    page = render_template(
        "employer/services/ask.html",
        organisation=organisation,
        programme=programme,
        form=form,
        from_plan=action_id is not None,
        asked=taking_up.asked_by(db.session, [organisation.id], programme=programme),
    )
    return page, 400 if form.errors else 200


def _open(code: str) -> Programme:
    return programmes.find_open(db.session, code) or abort(404)
