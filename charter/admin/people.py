"""People: who may sign in, and the scheme's staff: invite, change a role, close an account, reset a second factor."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.account import people
from charter.account.models import Role, User
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.admin.forms import InviteForm, RoleForm, staff_roles
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import transaction
from charter.notification import emails
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import EmptyForm

BAD = 400


class PeopleView(RecordView):
    """Everybody who has an account."""

    permission = Permission.MANAGE_PEOPLE
    what = "Everybody with an account: the scheme’s staff and employers’ people."
    noun = "person"
    plural = "people"
    searched = "By name or email address"
    can_export = False  # a list of people's addresses has no business in a spreadsheet
    column_list = ("name", "email", "role", "last_signed_in_at", "disabled_at")
    column_labels = {
        "last_signed_in_at": "Last signed in",
        "disabled_at": "Account closed",
        "created_at": "Joined",
        "email_confirmed_at": "Email confirmed",
        "totp_confirmed_at": "Second factor set up",
    }
    column_sortable_list = ("name", "email", "role", "last_signed_in_at")
    column_default_sort = "name"
    column_searchable_list = ("name", "email")
    column_filters = (Chosen(User.role, "Role", "role", of_status(Role)),)
    column_details_list = (
        "name",
        "email",
        "role",
        "created_at",
        "email_confirmed_at",
        "totp_confirmed_at",
        "last_signed_in_at",
        "disabled_at",
    )
    list_template = "admin/records/people.html"
    details_template = "admin/records/person.html"

    def title(self, model: User) -> str:
        """The heading of one person's page."""
        return model.name

    @expose("/invite", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE)
    def invite_view(self) -> ResponseReturnValue:
        """Invite somebody to the scheme's staff."""
        form = InviteForm()
        form.role.choices = staff_roles()
        if form.validate_on_submit():
            try:
                invite(form)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"{form.name.data} has been invited.", "success")
                return redirect(url_for(".index_view"))
        return self.render("admin/records/invite.html", form=form), BAD if form.errors else 200

    @expose("/<uuid:user_id>/role", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def role_view(self, user: User) -> ResponseReturnValue:
        """Give a member of staff another role."""
        form = RoleForm(data={"role": user.role.value})
        form.role.choices = staff_roles()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    people.change_role(session, user, role_in(form.role.data), by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The role is changed. They sign in again to use it.", "success")
                return redirect(url_for(".details_view", id=user.id))
        return self.render("admin/records/role.html", form=form, person=user), BAD if form.errors else 200

    @expose("/<uuid:user_id>/close", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def close_view(self, user: User) -> ResponseReturnValue:
        """Close an account."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                people.disable(session, user, by=the_user(), at=now())
            flash("The account is closed.", "success")
            return redirect(url_for(".details_view", id=user.id))
        return self.render("admin/records/close.html", form=form, person=user)

    @expose("/<uuid:user_id>/open", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def open_view(self, user: User) -> ResponseReturnValue:
        """Open a closed account again."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                people.enable(session, user, by=the_user(), at=now())
            flash("The account is open again.", "success")
            return redirect(url_for(".details_view", id=user.id))
        return self.render("admin/records/open.html", form=form, person=user)

    @expose("/<uuid:user_id>/second-factor", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def second_factor_view(self, user: User) -> ResponseReturnValue:
        """Let somebody who lost their phone set up another second factor."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                people.reset_second_factor(session, user, by=the_user(), at=now())
            flash("They set up a new second factor when they next sign in.", "success")
            return redirect(url_for(".details_view", id=user.id))
        return self.render("admin/records/second_factor.html", form=form, person=user)


def role_in(typed: str) -> Role:
    """The role with this value. Raises `Refusal` when it is none of the staff's."""
    if typed not in {value for value, _ in staff_roles()}:
        raise Refusal("Choose a role.", field="role")
    return Role(typed)


def invite(form: InviteForm) -> None:
    """Make the account and mail its link, in one transaction."""
    at = now()
    with transaction() as session:
        role = role_in(form.role.data)
        invited = people.invite_staff(
            session, name=form.name.data, email=form.email.data, role=role, by=the_user(), at=at
        )
        emails.staff_welcome(
            session, to=invited.user, token=invited.token, event_key=f"staff-welcome:{invited.user.id}", at=at
        )
