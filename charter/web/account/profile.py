"""One's own account: name, address, password, sessions elsewhere."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from charter import audit
from charter.account import passwords, registering, sessions
from charter.account.models import User
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import transaction
from charter.notification import emails
from charter.permissions import Permission
from charter.web.access import requires, the_user, this_session
from charter.web.account import blueprint, signing_in
from charter.web.account.forms import ChangeEmailForm, ChangePasswordForm, NameForm
from charter.web.forms import EmptyForm


@blueprint.route("/account")
@requires(Permission.MANAGE_OWN_ACCOUNT)
def profile() -> ResponseReturnValue:
    """What we know of the person, with a way to change each thing."""
    return signing_in.page("account/profile.html", user=the_user())


@blueprint.route("/account/name", methods=["GET", "POST"])
@requires(Permission.MANAGE_OWN_ACCOUNT)
def change_name() -> ResponseReturnValue:
    """Change one's name."""
    form = NameForm(obj=the_user())
    if form.validate_on_submit():
        with transaction() as session:
            registering.rename(session, _again(session), name=form.name.data or "", at=now())
        flash("Your name is saved.", "success")
        return redirect(url_for(".profile"), 303)
    return signing_in.page("account/change_name.html", form)


@blueprint.route("/account/email", methods=["GET", "POST"])
@requires(Permission.MANAGE_OWN_ACCOUNT)
def change_email() -> ResponseReturnValue:
    """Ask to use another address. Nothing changes until the link we send there is used."""
    form = ChangeEmailForm()
    if form.validate_on_submit():
        try:
            prove_again(form.current.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
            return signing_in.page("account/change_email.html", form)
        at, email = now(), form.email.data or ""
        with transaction() as session:
            made = registering.ask_to_change_email(session, _again(session), email=email, at=at)
            if made.token is None:
                emails.already_registered(session, to=made.user, event_key=f"change-email:{at.isoformat()}", at=at)
            else:
                address = registering.normal_address(email)
                key = sessions.hashed(made.token)
                emails.change_email(session, to=address, token=made.token, event_key=key, at=at)
        flash("Check your new email address. Open the link we sent there within 24 hours.", "success")
        return redirect(url_for(".profile"), 303)
    return signing_in.page("account/change_email.html", form)


@blueprint.route("/account/password", methods=["GET", "POST"])
@requires(Permission.MANAGE_OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Choose another password; every other session ends."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        typed = form.password.data or ""
        try:
            prove_again(form.current.data or "")
            passwords.must_do(typed, email=the_user().email, context=signing_in.guessable_words())
        except Refusal as refusal:
            form.refuse(refusal)
            return signing_in.page("account/change_password.html", form)
        password_hash = passwords.hashed(typed)
        at = now()
        with transaction() as session:
            user = _again(session)
            registering.change_password(session, user, password_hash=password_hash, at=at, keep=this_session())
            emails.password_changed(session, to=user, event_key=f"change-password:{at.isoformat()}", at=at)
        flash("Your new password is saved. You are signed out everywhere else.", "success")
        return redirect(url_for(".profile"), 303)
    return signing_in.page("account/change_password.html", form)


@blueprint.route("/account/sign-out-elsewhere", methods=["GET", "POST"])
@requires(Permission.MANAGE_OWN_ACCOUNT)
def sign_out_elsewhere() -> ResponseReturnValue:
    """End every session but the one in use."""
    form = EmptyForm()
    if form.validate_on_submit():
        at = now()
        with transaction() as session:
            user = _again(session)
            sessions.end_all(session, user, at=at, keep=this_session())
            audit.record(session, "session:end-others", user, by=user.id, at=at)
        flash("You are signed out everywhere else.", "success")
        return redirect(url_for(".profile"), 303)
    return signing_in.page("account/sign_out_elsewhere.html", form)


def prove_again(typed: str) -> None:
    """Ask for the password before something that a person at an unlocked screen must not do. Refusal if it is wrong."""
    try:
        proved = signing_in.prove(the_user().email, typed)
    except Refusal as refusal:
        raise Refusal(str(refusal), field="current") from refusal
    if proved is None:
        raise Refusal("That is not your password.", field="current")


def _again(session: Session) -> User:
    """The person who is signed in, as they stand inside the transaction."""
    user = session.get(User, the_user().id)
    assert user is not None
    return user
