"""An employer's profile, its sites and its people."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from wtforms.fields.choices import SelectChoice

from charter.account import throttle
from charter.assessment import sharing
from charter.clock import local_date, now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content
from charter.improvement import leaving
from charter.improvement.leaving import Left
from charter.notification import emails
from charter.organisation import joining, queries, team
from charter.organisation.joining import Place
from charter.organisation.models import Invitation, MemberRole, Membership, Organisation
from charter.permissions import Permission
from charter.succession import asking, domains
from charter.web.access import keep_what_was_typed, requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.differing import Difference, differing
from charter.web.employer.forms import InviteForm, OrganisationForm, SiteForm, number_in
from charter.web.employer.succession import people_come_and_go
from charter.web.employer.succession_forms import OwnDomainForm
from charter.web.forms import EmptyForm


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@requires(Permission.CREATE_ORGANISATION)
def create_organisation() -> ResponseReturnValue:
    """Tell us about the employer; whoever does so is its first owner.

    Whoever seems to work for one that is here is first asked whether it is that one.
    """
    if request.method == "GET" and "another" not in request.args and asking.matches(db.session, the_user()):
        return redirect(url_for(".ask_to_join"), 303)
    content = publishing.current(db.session).content
    form, domain = OrganisationForm.on(content), OwnDomainForm.of(the_user())
    if form.validate_on_submit():
        try:
            with transaction() as session:
                organisation = joining.register(session, form.details(), sites=(), by=the_user(), at=now(), on=today())
                if domain.own_domain.data and domain.domain:
                    session.flush()  # the domain is of an employer that is there
                    domains.add(session, organisation, by=the_user(), at=now())
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            flash(f"{organisation.name} has joined. Now choose the level you are aiming for.", "success")
            return redirect(url_for(".start_assessment", organisation_id=organisation.id), 303)
    elif form.is_submitted():
        _refuse(form)
    here = _here_already(form) if form.errors else []
    page = render_template(
        "employer/organisation/edit.html", form=form, content=content, organisation=None, domain=domain, here=here
    )
    return page, 400 if form.errors else 200


def _here_already(form: OrganisationForm) -> list[asking.Match]:
    """The employers that have a number which was typed; none for whoever has looked up too many numbers lately.

    What was typed is kept for whoever looks at them first.
    """
    company, charity = form.company_number.data, form.charity_number.data
    if company or charity:
        try:
            with transaction() as session:
                throttle.look_up_number(session, the_user().id, at=now())
        except Refusal:
            return []
    found = asking.matches(db.session, the_user(), company=company, charity=charity)
    found = [match for match in found if match.by.by_number]
    if found:
        keep_what_was_typed(the_user())
    return found


@blueprint.get("/organisations/<uuid:organisation_id>")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_organisation(organisation: Organisation) -> ResponseReturnValue:
    """The profile, the sites and the team."""
    return render_template(
        "employer/organisation/show.html",
        organisation=organisation,
        content=publishing.current(db.session).content,
        sites=queries.sites(db.session, organisation),
        team=queries.team(db.session, organisation),
        recognitions=queries.recognitions(db.session, organisation),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_ORGANISATION, Organisation)
def edit_organisation(organisation: Organisation) -> ResponseReturnValue:
    """Change the employer's details."""
    content = publishing.current(db.session).content
    form = OrganisationForm.on(
        content,
        data={
            **{name: getattr(organisation, name) for name in _DETAILS},
            "scope": organisation.scope.value,
            "listed": "yes" if organisation.listed else "no",
            "needs_sign_off": organisation.needs_sign_off,
            "version": str(organisation.version),
        },
    )
    overtaken = None
    differences: list[Difference] = []
    if form.validate_on_submit():
        try:
            with transaction() as session:
                joining.change(
                    session,
                    organisation,
                    form.details(),
                    version=number_in(form.version),
                    by=the_user(),
                    at=now(),
                )
        except Stale as stale:
            overtaken = str(stale)
            differences = _differences(organisation, form, content)
            form.version.data = str(organisation.version)
        except Refusal as refusal:
            _refuse(form, refusal, organisation)
        else:
            flash("Your details are saved.", "success")
            return redirect(url_for(".show_organisation", organisation_id=organisation.id), 303)
    elif form.is_submitted():
        _refuse(form, of=organisation)
    page = render_template(
        "employer/organisation/edit.html",
        form=form,
        content=content,
        organisation=organisation,
        overtaken=overtaken,
        differences=differences,
    )
    return page, 400 if form.errors else 409 if overtaken else 200


def _differences(organisation: Organisation, form: OrganisationForm, content: Content) -> list[Difference]:
    """Where the saved details and those of the form are not the same."""
    mine = form.details()
    listed = {True: "On it", False: "Not on it"}
    approval = {True: "Needed", False: "Not needed"}
    return differing(
        [
            (form.name.label.text, organisation.name, mine.name),
            ("County", content.county_title(organisation.county), content.county_title(mine.county)),
            ("District", organisation.district, mine.district),
            ("Answers cover", organisation.scope.label, mine.scope.label),
            ("People employed", content.size_title(organisation.size_band), content.size_title(mine.size_band)),
            ("Kind of work", content.sector_words(organisation.sector), content.sector_words(mine.sector)),
            ("Company number", organisation.company_number, mine.company_number),
            ("Charity number", organisation.charity_number, mine.charity_number),
            ("Website", organisation.website, mine.website),
            ("About you", organisation.about, mine.about),
            ("Public register", listed[organisation.listed], listed[mine.listed]),
            ("Approval before you send", approval[organisation.needs_sign_off], approval[mine.needs_sign_off]),
        ]
    )


def _refuse(form: OrganisationForm, refusal: Refusal | None = None, of: Organisation | None = None) -> None:
    """Say beside each number what is wrong with it, so that nobody mends one fault only to meet the next.

    `refusal` is what the verb said, which stops at the first.
    """
    company, charity = form.company_number.data, form.charity_number.data
    faults = joining.number_faults(db.session, company=company, charity=charity, of=of)
    for fault in faults or ((refusal,) if refusal else ()):
        form.refuse(fault)


_DETAILS = (
    "name",
    "county",
    "district",
    "size_band",
    "sector",
    "company_number",
    "charity_number",
    "website",
    "about",
)


@blueprint.route("/organisations/<uuid:organisation_id>/sites", methods=["GET", "POST"])
@requires(Permission.EDIT_ORGANISATION, Organisation)
def edit_sites(organisation: Organisation) -> ResponseReturnValue:
    """Add the places where staff work, and take them away."""
    content = publishing.current(db.session).content
    form = SiteForm(data={"county": organisation.county})
    form.county.choices = [SelectChoice(county.code, county.title) for county in content.counties]
    removing = request.form.get("remove")
    if form.is_submitted() and removing:
        with transaction() as session:
            site = next((site for site in queries.sites(session, organisation) if str(site.id) == removing), None)
            if site is not None:  # pressing twice takes it away once
                joining.remove_site(session, site, by=the_user(), at=now())
        flash("The place is removed.", "success")
        return redirect(url_for(".edit_sites", organisation_id=organisation.id), 303)
    if form.validate_on_submit():
        place = Place(form.name.data, form.town.data, form.postcode.data, form.county.data)
        with transaction() as session:
            joining.add_site(session, organisation, place, by=the_user(), at=now())
        flash(f"{place.name} is added.", "success")
        return redirect(url_for(".edit_sites", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/organisation/sites.html",
        form=form,
        content=content,
        organisation=organisation,
        sites=queries.sites(db.session, organisation),
    )
    return page, 400 if form.errors else 200


# The team --------------------------------------------------------------------------------------------------------


@blueprint.get("/organisations/<uuid:organisation_id>/team")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_team(organisation: Organisation) -> ResponseReturnValue:
    """The employer's people, and the invitations that wait."""
    members = queries.team(db.session, organisation)
    return render_template(
        "employer/organisation/team.html",
        organisation=organisation,
        team=members,
        waiting=team.waiting(db.session, organisation, at=now()),
        **people_come_and_go(organisation, members),
    )


@blueprint.route("/organisations/<uuid:organisation_id>/team/invite", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def invite_colleague(organisation: Organisation) -> ResponseReturnValue:
    """Ask a colleague to join."""
    form = InviteForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                invitation, token = team.invite(
                    session,
                    organisation,
                    email=form.email.data,
                    role=MemberRole(form.role.data),
                    by=the_user(),
                    at=now(),
                )
                session.flush()  # the email names the invitation
                if token is not None:  # else the button was pressed twice: the email is on its way
                    emails.invitation_to_employer(
                        session,
                        to=invitation.email,
                        organisation_name=organisation.name,
                        invited_by=the_user().name,
                        token=token,
                        expires_on=local_date(invitation.expires_at),
                        event_key=f"invitation:{invitation.id}",
                        at=now(),
                    )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"We have sent an invitation to {form.email.data}. It works for 14 days.", "success")
            return redirect(url_for(".show_team", organisation_id=organisation.id), 303)
    page = render_template("employer/organisation/invite.html", form=form, organisation=organisation)
    return page, 400 if form.errors else 200


@blueprint.route("/organisations/<uuid:organisation_id>/team/<uuid:member_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def change_member(organisation: Organisation, member_id: UUID) -> ResponseReturnValue:
    """Give a member another part."""
    membership = _member(organisation, member_id)
    form = EmptyForm()
    if form.validate_on_submit():
        name, home = membership.user.name, url_for(".show_team", organisation_id=organisation.id)
        oneself = membership.user_id == the_user().id
        role = MemberRole.CONTRIBUTOR if membership.role is MemberRole.OWNER else MemberRole.OWNER
        if request.form.get("do") != role.value:  # the form is an old one: what it asks for is so already
            return redirect(home, 303)
        with transaction() as session:
            team.change_role(session, membership, role=role, by=the_user(), at=now())
        flash(f"{name} is now {'an owner' if role is MemberRole.OWNER else 'a contributor'}.", "success")
        return redirect(url_for(".dashboard") if oneself else home, 303)
    return render_template(
        "employer/organisation/member.html",
        form=form,
        organisation=organisation,
        membership=membership,
    )


@blueprint.route("/organisations/<uuid:organisation_id>/team/<uuid:member_id>/remove", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def remove_member(organisation: Organisation, member_id: UUID) -> ResponseReturnValue:
    """Take a member out of the team, after a page that says what happens."""
    membership = queries.membership(db.session, organisation, member_id)
    home = url_for(".show_team", organisation_id=organisation.id)
    if membership is None:
        if db.session.get(Membership, member_id) is not None:  # of another employer
            abort(404)
        return redirect(home, 303)  # the button was pressed twice, or a colleague did it
    form, oneself = EmptyForm(), membership.user_id == the_user().id
    if form.validate_on_submit():
        name = membership.user.name
        with transaction() as session:
            left = leaving.leave(session, organisation, person_id=membership.user_id, by=the_user(), at=now())
        flash(_removed(organisation, name, left, linked=not oneself), "success")
        return redirect(url_for(".dashboard") if oneself else home, 303)
    there = sharing.open_tasks_of(db.session, organisation.id, membership.user_id)
    return render_template(
        "employer/organisation/remove_member.html",
        form=form,
        organisation=organisation,
        membership=membership,
        oneself=oneself,
        left=leaving.look_ahead(db.session, membership),
        tasks=[sharing.title(assessment.framework.content, task) for assessment, task in there],
    )


def _removed(organisation: Organisation, name: str, left: Left, *, linked: bool) -> Markup:
    """That somebody is in the team no longer, and what nobody has now, with where to share it out."""
    said = escape(f"{name} is no longer in the team.")
    if not left.tasks:
        return said
    said += escape(" 1 question has nobody now." if left.tasks == 1 else f" {left.tasks} questions have nobody now.")
    under_way = sharing.open_assessment(db.session, organisation.id) if linked else None
    if under_way is not None:
        address = url_for(".share_assessment", assessment_id=under_way.id)
        said += Markup(' <a class="govuk-link" href="{}">Share them out</a>').format(address)
    return said


@blueprint.route("/organisations/<uuid:organisation_id>/team/invitations/<uuid:invitation_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_TEAM, Organisation)
def cancel_invitation(organisation: Organisation, invitation_id: UUID) -> ResponseReturnValue:
    """Stop an invitation from working."""
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None or invitation.organisation_id != organisation.id:
        abort(404)
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            team.cancel(session, invitation, by=the_user(), at=now())
        flash(f"The invitation to {invitation.email} no longer works.", "success")
        return redirect(url_for(".show_team", organisation_id=organisation.id), 303)
    return render_template(
        "employer/organisation/cancel_invitation.html", form=form, organisation=organisation, invitation=invitation
    )


def _member(organisation: Organisation, member_id: UUID) -> Membership:
    found = queries.membership(db.session, organisation, member_id)
    if found is None:
        abort(404)
    return found
