"""Ask to join an employer that is here already, and answer those who ask."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.account import throttle
from charter.account.models import domain_of
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import MemberRole, Organisation
from charter.permissions import Permission
from charter.succession import asking, claim_facts, domains
from charter.succession.models import JoinRequest
from charter.succession.status import UNANSWERED
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.succession_forms import AnswerRequestForm, AskForm
from charter.web.forms import EmptyForm


@blueprint.route("/organisations/join", methods=["GET", "POST"])
@requires(Permission.ASK_TO_JOIN)
def ask_to_join() -> ResponseReturnValue:
    """The employers that a person seems to work for, by name and county alone, and a form to ask one to let them in."""
    typed = request.form if request.method == "POST" else request.args
    numbers = {"company_number": typed.get("company_number", ""), "charity_number": typed.get("charity_number", "")}
    too_many = None
    if any(value.strip() for value in numbers.values()):
        try:
            with transaction() as session:
                throttle.look_up_number(session, the_user().id, at=now())
        except Refusal as refusal:
            too_many, numbers = refusal, dict.fromkeys(numbers, "")
    matches = asking.matches(
        db.session, the_user(), company=numbers["company_number"], charity=numbers["charity_number"]
    )
    if any(match.by.by_number for match in matches):  # they told us which one it is
        matches = [match for match in matches if match.by.by_number]
    form = AskForm.among(matches, **numbers)
    if too_many is not None:
        form.refuse(too_many)
    elif form.validate_on_submit():
        match = next(one for one in matches if str(one.organisation.id) == form.employer.data)
        try:
            with transaction() as session:
                asked = asking.ask(session, match, message=form.message.data or "", by=the_user(), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"We have asked the owners of {match.organisation.name}.", "success")
            return redirect(url_for(".show_join_request", join_request_id=asked.id), 303)
    page = render_template(
        "employer/succession/join.html",
        form=form,
        matches=matches,
        content=publishing.current(db.session).content,
        by_number=any(match.by.by_number for match in matches),
        domain=domain_of(the_user().email),
    )
    return page, 429 if too_many else 400 if form.errors else 200


@blueprint.route("/join-requests/<uuid:join_request_id>", methods=["GET", "POST"])
@requires(Permission.SEE_JOIN_REQUEST, JoinRequest)
def show_join_request(join_request: JoinRequest) -> ResponseReturnValue:
    """How it stands with what somebody asked; they can withdraw it."""
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            asking.withdraw(session, join_request, by=the_user(), at=now())
        flash("You no longer ask to join.", "success")
        return redirect(url_for(".dashboard"), 303)
    ground = claim_facts.ground_for(db.session, join_request.organisation_id, the_user(), at=now())
    claim = claim_facts.open_one(db.session, join_request.organisation_id)
    return render_template(
        "employer/succession/request.html",
        form=form,
        asked=join_request,
        open=join_request.status in UNANSWERED,
        content=publishing.current(db.session).content,
        ground=ground,
        claim=claim if claim and claim.user_id == the_user().id else None,
        answer_by=join_request.asked_at + asking.LASTS,
    )


@blueprint.route("/organisations/<uuid:organisation_id>/team/requests/<uuid:request_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def answer_join_request(organisation: Organisation, request_id: UUID) -> ResponseReturnValue:
    """Let somebody in, or say no with a reason."""
    asked = asking.of(db.session, organisation, request_id) or abort(404)
    form = AnswerRequestForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                if form.answer.data == "no":
                    asking.decline(session, asked, reason=form.reason.data or "", by=the_user(), at=now())
                    done = f"{asked.user.name} is told that you said no, and why."
                else:
                    asking.accept(session, asked, role=MemberRole(form.answer.data), by=the_user(), at=now())
                    done = f"{asked.user.name} is in the team now."
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(done, "success")
            return redirect(url_for(".show_team", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/succession/answer.html",
        form=form,
        organisation=organisation,
        asked=asked,
        open=asked.status in UNANSWERED,
        at_domain=domains.proves(db.session, organisation.id, asked.user.email),
    )
    return page, 400 if form.errors else 200
