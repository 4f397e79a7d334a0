"""Signing in with a password and, where it is needed, a code; signing out; each person's home."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from charter.account import links, registering, sessions, throttle, two_factor
from charter.account.models import LinkPurpose, Role
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import transaction
from charter.notification import emails
from charter.permissions import Permission
from charter.web import access
from charter.web.access import after_sign_in, public, requires, signed_in_user, the_user
from charter.web.account import blueprint, signing_in
from charter.web.account.forms import CodeForm, SignInForm
from charter.web.account.sign_up import remember_browser

HOMES = {
    Role.EMPLOYER: "/dashboard",
    Role.ASSESSOR: "/admin/reviews/",
    Role.MODERATOR: "/admin/reviews/",
    Role.BOARD: "/board",
    Role.ADMINISTRATOR: "/admin/",
}


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Email and password. A wrong one is answered alike, whoever it is for."""
    if signed_in_user() is not None:
        return redirect(after_sign_in(), 303)
    form = SignInForm()
    if form.validate_on_submit():
        try:
            user = signing_in.prove(form.email.data or "", form.password.data or "")
            if user is None:
                raise Refusal("The email address or the password is not right. Check both, then try again.")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if user.email_confirmed_at is None:
                return _confirm_first(user.email)
            return signing_in.go_on(user)
    return signing_in.page("account/sign_in.html", form)


def _confirm_first(email: str) -> ResponseReturnValue:
    """The password is right but the address was never confirmed: send the link again."""
    token = None
    with transaction() as session:
        at = now()
        user = registering.find(session, email)
        if user is not None and throttle.may_write(session, email=email, network=signing_in.network(), at=at):
            token = links.create(session, user, LinkPurpose.CONFIRM_EMAIL, at=at)
            emails.confirm_email(session, to=user, token=token, event_key=sessions.hashed(token), at=at)
    remember_browser(token, email)
    return redirect(url_for(".check_your_email"), 303)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
def code() -> ResponseReturnValue:
    """The code from the person's app. Only a right one starts the session."""
    user = signing_in.pending_user()
    if user is None:
        return redirect(url_for(".sign_in"), 303)
    if not two_factor.enrolled(user):
        return redirect(url_for(".second_factor"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        try:
            signing_in.count_try(user)
            with transaction() as session:
                if not two_factor.check(session, user, form.code.data or "", at=now()):
                    raise Refusal(two_factor.WRONG, field="code")
                throttle.forget_codes(session, user.id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return signing_in.start(user)
    return signing_in.page("account/code.html", form)


@blueprint.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    """End the session."""
    access.sign_out()
    flash("You have signed out.", "notice")
    return redirect("/", 303)


@blueprint.route("/account/home")
@requires(Permission.MANAGE_OWN_ACCOUNT)
def home() -> ResponseReturnValue:
    """Each person's own first page."""
    return redirect(HOMES[the_user().role], 303)
