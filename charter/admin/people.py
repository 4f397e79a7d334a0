"""People: who may sign in, and the scheme's staff: invite, change a role, close an account, end sessions."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter import staffing
from charter.account import people, sessions, two_factor
from charter.account.models import STAFF, Role, User
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.admin.forms import InviteForm, RoleForm, staff_roles
from charter.admin.people_forms import InviteAgainForm
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification import emails
from charter.permissions import Permission
from charter.staffing import HandedBack
from charter.web.access import settings, the_user
from charter.web.filters import count, day, moment
from charter.web.forms import BaseForm, EmptyForm

BAD = 400
LONG_AGO = timedelta(days=90)
"""Who has not signed in for so long is worth a look."""


class InState(Chosen):
    """A filter on how an account stands, each with the condition that it is."""

    def __init__(self, name: str, key: str, states: dict[str, tuple[str, Any]]) -> None:
        self.states = states
        super().__init__(User.id, name, key, lambda: [(code, words) for code, (words, _) in states.items()])

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(self.states[value][1]()) if value else query


def _invited() -> sa.ColumnElement[bool]:
    return sa.and_(User.role.in_(STAFF), User.password_hash.is_(None), User.disabled_at.is_(None))


def without_second_factor() -> sa.ColumnElement[bool]:
    """Staff with an open account who never set up their second factor, or must set up another."""
    return sa.and_(User.role.in_(STAFF), User.totp_confirmed_at.is_(None), User.disabled_at.is_(None))


class OfRole(Chosen):
    """A filter on a role, with all the scheme's staff together as the first choice."""

    ALL_STAFF = "staff"

    def __init__(self) -> None:
        staff, roles = [(self.ALL_STAFF, "Staff")], of_status(Role)
        super().__init__(User.role, "Role", "role", lambda: [*staff, *roles()])

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        if value == self.ALL_STAFF:
            return query.filter(User.role.in_(STAFF))
        return super().apply(query, value, alias)


ACCOUNT = InState(
    "Account",
    "account",
    {
        "open": ("Open", lambda: sa.and_(User.disabled_at.is_(None), ~_invited())),
        "invited": ("Invited, not here yet", _invited),
        "closed": ("Closed", lambda: User.disabled_at.is_not(None)),
    },
)
SECOND_FACTOR = InState(
    "Second factor",
    "factor",
    {
        "set-up": ("Set up", lambda: User.totp_confirmed_at.is_not(None)),
        "missing": ("Staff without one", without_second_factor),
    },
)
SIGNED_IN = InState(
    "Last signed in",
    "signed-in",
    {
        "never": ("Never", lambda: User.last_signed_in_at.is_(None)),
        "long-ago": ("More than 90 days ago", lambda: User.last_signed_in_at < now() - LONG_AGO),
    },
)


def account(user: User) -> str:
    """How somebody's account stands, in words."""
    if user.disabled_at is not None:
        return f"Closed on {day(user.disabled_at)}"
    return "Invited, not here yet" if people.is_invited(user) else "Open"


def second_factor(user: User) -> str:
    """How somebody's second factor stands, in words."""
    if two_factor.enrolled(user):
        return "Set up"
    return "Not set up yet" if two_factor.needed(user) else "Not needed"


class PeopleView(RecordView):
    """Everybody who has an account."""

    permission = Permission.MANAGE_PEOPLE
    what = "Everybody with an account: the scheme’s staff and employers’ people."
    noun = "person"
    plural = "people"
    searched = "By name or email address"
    can_export = False  # a list of people's addresses has no business in a spreadsheet
    column_list = ("name", "email", "role", "second_factor", "last_signed_in_at", "account")
    column_labels = {
        "last_signed_in_at": "Last signed in",
        "account": "Account",
        "created_at": "Joined",
        "email_confirmed_at": "Email confirmed",
        "second_factor": "Second factor",
        "totp_confirmed_at": "Second factor set up",
    }
    words = {
        "account": account,
        "second_factor": second_factor,
        "last_signed_in_at": lambda user: moment(user.last_signed_in_at) if user.last_signed_in_at else "Never",
    }
    column_sortable_list = ("name", "email", "role", "last_signed_in_at")
    column_default_sort = "name"
    column_searchable_list = ("name", "email")
    column_filters = (OfRole(), ACCOUNT, SECOND_FACTOR, SIGNED_IN)
    column_details_list = (
        "name",
        "email",
        "role",
        "created_at",
        "email_confirmed_at",
        "second_factor",
        "totp_confirmed_at",
        "last_signed_in_at",
        "account",
    )
    once_said = frozenset({"totp_confirmed_at"})
    list_template = "admin/records/people.html"
    details_template = "admin/records/person.html"

    def title(self, model: User) -> str:
        """The heading of one person's page."""
        return model.name

    def render(self, template: str, **values: Any) -> str:
        """A page; the list with who has no second factor, that of one person with where they are signed in."""
        if template == self.list_template:
            missing = sa.select(sa.func.count()).select_from(User).where(without_second_factor())
            values["missing"] = db.session.scalar(missing)
        if template == self.details_template:
            values["signed_in"] = open_sessions(values["model"])
            values["invited"] = people.is_invited(values["model"])
        html: str = super().render(template, **values)
        return html

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
                    back = staffing.change_role(session, user, role_in(form.role.data), by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"The role is changed. They sign in again to use it. {told(back)}".strip(), "success")
                return redirect(url_for(".details_view", id=user.id))
        page = self.render("admin/records/role.html", form=form, person=user, in_hand=self._in_hand(user))
        return page, BAD if form.errors else 200

    def _in_hand(self, user: User) -> staffing.InHand:
        return staffing.in_hand(db.session, user, hidden=self.hidden())

    @expose("/<uuid:user_id>/close", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def close_view(self, user: User) -> ResponseReturnValue:
        """Close an account."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                back = staffing.close_account(session, user, by=the_user(), at=now())
            flash(f"The account is closed. {told(back)}".strip(), "success")
            return redirect(url_for(".details_view", id=user.id))
        return self.render("admin/records/close.html", form=form, person=user, in_hand=self._in_hand(user))

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

    @expose("/<uuid:user_id>/end-sessions", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def end_sessions_view(self, user: User) -> ResponseReturnValue:
        """Sign somebody out everywhere."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                people.end_sessions(session, user, by=the_user(), at=now())
            flash(f"{user.name} is signed out everywhere.", "success")
            return redirect(url_for(".details_view", id=user.id))
        signed_in = open_sessions(user)
        return self.render("admin/records/end_sessions.html", form=form, person=user, signed_in=signed_in)

    @expose("/<uuid:user_id>/invite-again", methods=("GET", "POST"))
    @on(Permission.MANAGE_PEOPLE, User)
    def invite_again_view(self, user: User) -> ResponseReturnValue:
        """Mail another link to somebody who has not used theirs."""
        link = people.invitation(db.session, user)
        form = InviteAgainForm(seen=str(link.id) if link else "")
        if form.validate_on_submit():
            try:
                invite_again(user, form)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"A new link is on its way to {user.email}. It works for 24 hours.", "success")
                return redirect(url_for(".details_view", id=user.id))
        why_not = None if people.is_invited(user) else "They have a password, or their account is closed."
        page = self.render(
            "admin/records/invite_again.html", form=form, person=user, link=link, at=now(), why_not=why_not
        )
        return page, BAD if form.errors else 200


def open_sessions(user: User) -> Any:
    """Where somebody is signed in now, the one used last first."""
    limits = settings()
    idle, longest = timedelta(minutes=limits.session_idle_minutes), timedelta(hours=limits.session_hours)
    return sessions.open_of(db.session, user, at=now(), idle=idle, longest=longest)


def told(back: HandedBack) -> str:
    """What went back when somebody left, in a sentence; empty when nothing did."""
    kinds = (
        (back.cases, "case"),
        (back.second_looks, "second look"),
        (back.concerns, "concern"),
        (back.appeals, "appeal"),
    )
    said = [count(number, noun) for number, noun in kinds if number]
    return f"Back for somebody else to take: {', '.join(said)}." if said else ""


def invite_again(user: User, form: BaseForm) -> None:
    """Make another link and mail it, in one transaction."""
    at = now()
    with transaction() as session:
        token = people.invite_again(session, user, seen=form["seen"].data or "", by=the_user(), at=at)
        key = f"staff-welcome:{sessions.hashed(token)}"
        emails.staff_welcome(session, to=user, token=token, event_key=key, at=at)


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
