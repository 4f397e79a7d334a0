"""The improvement plan of an employer: what to do next, who does it and by when; as a page, PDF and calendar file."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content
from charter.improvement import actions, building, calendar, plan, plan_pdf, programmes
from charter.improvement.models import Action, ActionStatus, Programme
from charter.organisation import queries
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint
from charter.web.employer.differing import Difference, differing
from charter.web.employer.forms import number_in
from charter.web.forms import BaseForm, DateParts, EmptyForm, at_most, choice_in, needed, stripped

HELPERS = 3
"""How many services an action shows at once."""


class ActionForm(BaseForm):
    """What is to be done, by whom and by when."""

    title = StringField(
        "What will you do?",
        filters=[stripped],
        validators=[needed("Say what you will do."), at_most(actions.TITLE_LIMIT, "What you will do")],
    )
    detail = TextAreaField(
        "Details (optional)",
        description="For example, the steps, or what it will look like when it is done. Do not write about "
        "anyone’s health.",
        filters=[stripped],
        validators=[at_most(actions.TEXT_LIMIT, "The details")],
    )
    criterion = SelectField("Which question is it about? (optional)", validate_choice=False)
    owner = SelectField(
        "Who will do it? (optional)", description="A colleague that you choose is reminded.", validate_choice=False
    )
    owner_name = StringField(
        "Somebody else (optional)",
        description="A job title, for somebody who has no account here.",
        filters=[stripped],
        validators=[at_most(actions.NAME_LIMIT, "The name")],
    )
    due_on = DateParts("By when? (optional)")
    seen_version = HiddenField()

    def details(self) -> actions.Details:
        """What was typed, as the verbs take it."""
        return actions.Details(
            title=self.title.data or "",
            detail=self.detail.data or "",
            owner_id=choice_in(self.owner.data),
            owner_name=self.owner_name.data or "",
            due_on=self.due_on.data,
        )


class FinishForm(BaseForm):
    """What shows that an action is done."""

    shows = TextAreaField(
        "What shows that it is done? (optional)",
        description="For example, the document that changed, or where people can see it. You can use it as evidence "
        "next time. Do not name anyone.",
        filters=[stripped],
        validators=[at_most(actions.TEXT_LIMIT, "This")],
    )
    seen_version = HiddenField()


class DropForm(BaseForm):
    """Why an action is dropped."""

    reason = TextAreaField(
        "Why will you not do this?",
        filters=[stripped],
        validators=[needed("Say why you will not do this."), at_most(actions.TEXT_LIMIT, "The reason")],
    )
    seen_version = HiddenField()


@blueprint.route("/organisations/<uuid:organisation_id>/plan", methods=["GET", "POST"])
@requires(Permission.SEE_PLAN, Organisation)
def show_plan(organisation: Organisation) -> ResponseReturnValue:
    """What to do next; and the button that brings it up to date with the newest answers."""
    form = EmptyForm()
    found = _plan(organisation)
    if form.validate_on_submit():
        if found.assessment is None:
            raise Refusal("There are no answers to make a plan from yet. Start an assessment first.")
        with transaction() as session:
            built = building.refresh(session, found.assessment, at=now(), on=today())
        flash(_built(built), "success")
        return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    return render_template(
        "employer/plan/show.html",
        organisation=organisation,
        plan=found,
        content=found.content,
        form=form,
        helping=_helping(found),
    )


def _built(built: building.Built) -> str:
    said = [
        f"{count} {'action' if count == 1 else 'actions'} {what}"
        for count, what in ((built.added, "added"), (built.changed, "changed"), (built.proposed, "may be done"))
        if count
    ]
    return f"Your plan is up to date: {', '.join(said)}." if said else "Your plan was up to date already."


@blueprint.route("/organisations/<uuid:organisation_id>/plan/new", methods=["GET", "POST"])
@requires(Permission.CHANGE_PLAN, Organisation)
def add_action(organisation: Organisation) -> ResponseReturnValue:
    """Add an action of one's own."""
    content = _plan(organisation).content
    form = _form(organisation, content)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                actions.add(
                    session,
                    organisation,
                    form.details(),
                    criterion=form.criterion.data or None,
                    content=content,
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("Your plan has a new action.", "success")
            return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    page = render_template("employer/plan/edit.html", organisation=organisation, form=form, action=None)
    return page, 400 if form.errors else 200


@blueprint.route("/organisations/<uuid:organisation_id>/plan/<uuid:action_id>", methods=["GET", "POST"])
@requires(Permission.CHANGE_PLAN, Organisation)
def change_action(organisation: Organisation, action_id: UUID) -> ResponseReturnValue:
    """Say something else of an action: what, who, by when."""
    action = _action(organisation, action_id)
    if action.status is not ActionStatus.TO_DO:
        return redirect(url_for(".open_action", organisation_id=organisation.id, action_id=action.id), 303)
    form = _form(organisation, _plan(organisation).content, action)
    del form.criterion
    theirs: Action | None = None
    differences: list[Difference] = []
    if form.validate_on_submit():
        try:
            with transaction() as session:
                actions.change(
                    session, action, form.details(), seen_version=number_in(form.seen_version), by=the_user(), at=now()
                )
        except Stale:
            theirs = _action(organisation, action_id)
            form.seen_version.data = str(theirs.version)
            differences = _differences(theirs, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("Your action is saved.", "success")
            return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/plan/edit.html",
        organisation=organisation,
        form=form,
        action=action,
        theirs=theirs,
        differences=differences,
    )
    return page, 409 if theirs else 400 if form.errors else 200


def _differences(theirs: Action, form: ActionForm) -> list[Difference]:
    """Where what is saved of an action and what was typed are not the same."""
    people = {choice.value: choice.label for choice in form.owner.choices if choice.value}
    mine = form.details()
    return differing(
        [
            ("What you will do", theirs.title, mine.title),
            ("Details", theirs.detail, mine.detail),
            ("Who", theirs.doer, people.get(form.owner.data or "") or mine.owner_name),
            ("By when", theirs.due_on, mine.due_on),
        ]
    )


@blueprint.route("/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/done", methods=["GET", "POST"])
@requires(Permission.CHANGE_PLAN, Organisation)
def finish_action(organisation: Organisation, action_id: UUID) -> ResponseReturnValue:
    """Say that an action is done, and what shows it."""
    action = _action(organisation, action_id)
    form = FinishForm(data={"seen_version": str(action.version)})
    theirs: Action | None = None
    if action.status is not ActionStatus.TO_DO and not form.is_submitted():
        return redirect(url_for(".open_action", organisation_id=organisation.id, action_id=action.id), 303)
    if form.validate_on_submit():
        seen, shows = number_in(form.seen_version), form.shows.data or ""
        try:
            with transaction() as session:
                actions.finish(session, action, shows=shows, seen_version=seen, by=the_user(), at=now())
        except Stale:
            theirs = _action(organisation, action_id)
            form.seen_version.data = str(theirs.version)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"Done: {action.title}.", "success")
            return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/plan/finish.html", organisation=organisation, form=form, action=action, theirs=theirs
    )
    return page, 409 if theirs else 400 if form.errors else 200


@blueprint.route("/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/drop", methods=["GET", "POST"])
@requires(Permission.CHANGE_PLAN, Organisation)
def drop_action(organisation: Organisation, action_id: UUID) -> ResponseReturnValue:
    """Take an action out of the plan, with a reason."""
    action = _action(organisation, action_id)
    form = DropForm(data={"seen_version": str(action.version)})
    theirs: Action | None = None
    if action.status is not ActionStatus.TO_DO and not form.is_submitted():
        return redirect(url_for(".open_action", organisation_id=organisation.id, action_id=action.id), 303)
    if form.validate_on_submit():
        seen, reason = number_in(form.seen_version), form.reason.data or ""
        try:
            with transaction() as session:
                actions.drop(session, action, reason=reason, seen_version=seen, by=the_user(), at=now())
        except Stale:
            theirs = _action(organisation, action_id)
            form.seen_version.data = str(theirs.version)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"Taken out of your plan: {action.title}.", "success")
            return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/plan/drop.html", organisation=organisation, form=form, action=action, theirs=theirs
    )
    return page, 409 if theirs else 400 if form.errors else 200


@blueprint.route("/organisations/<uuid:organisation_id>/plan/<uuid:action_id>/open-again", methods=["GET", "POST"])
@requires(Permission.CHANGE_PLAN, Organisation)
def open_action(organisation: Organisation, action_id: UUID) -> ResponseReturnValue:
    """What was done, or why it was dropped; and the button that puts it back among what is to do."""
    action = _action(organisation, action_id)
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            actions.open_again(session, action, by=the_user(), at=now())
        flash(f"Back in your plan: {action.title}.", "success")
        return redirect(url_for(".show_plan", organisation_id=organisation.id), 303)
    return render_template("employer/plan/open_again.html", organisation=organisation, form=form, action=action)


@blueprint.get("/organisations/<uuid:organisation_id>/plan.pdf")
@requires(Permission.SEE_PLAN, Organisation)
def print_plan(organisation: Organisation) -> ResponseReturnValue:
    """The plan to print."""
    found = _plan(organisation)
    helpers = {code: [one.name for one in helping] for code, helping in _helping(found).items()}
    printed = plan_pdf.Printed(scheme=settings().scheme_name, url=_address(organisation), helpers=helpers)
    return _file(plan_pdf.draw(found, printed), "application/pdf", "pdf")


@blueprint.get("/organisations/<uuid:organisation_id>/plan.ics")
@requires(Permission.SEE_PLAN, Organisation)
def plan_calendar(organisation: Organisation) -> ResponseReturnValue:
    """The dates of the plan, for a calendar."""
    written = calendar.write(
        _plan(organisation).to_do, name=organisation.name, url=_address(organisation), scheme=settings().scheme_name
    )
    return _file(written, "text/calendar; charset=utf-8", "ics")


def _address(organisation: Organisation) -> str:
    return f"{settings().base_url}/organisations/{organisation.id}/plan"


def _file(content: bytes, kind: str, ending: str) -> Response:
    response = Response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="improvement-plan.{ending}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


# What the pages share -------------------------------------------------------------------------------------------------


def _plan(organisation: Organisation) -> plan.Plan:
    return plan.of(db.session, organisation, content=publishing.current(db.session).content, on=today())


def _helping(found: plan.Plan) -> dict[str, tuple[Programme, ...]]:
    """A few services that help with what is to be done, by criterion."""
    band = found.content.size_band(found.organisation.size_band)
    helping = programmes.helping(
        db.session,
        criteria=found.criteria,
        county=found.organisation.county,
        headcount_ceiling=band.max if band else None,
    )
    return {code: helpers[:HELPERS] for code, helpers in helping.items()}


def _action(organisation: Organisation, action_id: UUID) -> Action:
    """The action, when it is one of this employer's."""
    return actions.of(db.session, organisation, action_id) or abort(404)


def _form(organisation: Organisation, content: Content, action: Action | None = None) -> ActionForm:
    values: dict[str, Any] = {}
    if action is not None:
        values = {
            "title": action.title,
            "detail": action.detail,
            "owner": str(action.owner.id) if action.owner else "",
            "owner_name": action.owner_name,
            "due_on": action.due_on,
            "seen_version": str(action.version),
        }
    form = ActionForm(data=values)
    form.owner.choices = [
        SelectChoice("", "Nobody yet, or somebody else"),
        *(SelectChoice(str(one.user_id), one.user.name) for one in queries.team(db.session, organisation)),
    ]
    form.criterion.choices = [
        SelectChoice("", "None of them"),
        *(SelectChoice(one.code, f"{content.theme(one.theme).title}: {one.title}") for one in content.criteria),
    ]
    return form
