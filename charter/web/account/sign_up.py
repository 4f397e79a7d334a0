"""Signing up, and confirming an email address."""

import secrets

import flask
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from charter.account import links, passwords, registering, sessions, throttle
from charter.account.models import LinkPurpose
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification import emails
from charter.succession import claiming
from charter.web.access import after_sign_in, public, signed_in_user
from charter.web.account import blueprint, signing_in
from charter.web.account.forms import SignUpForm
from charter.web.forms import EmptyForm

THIS_BROWSER, TYPED, INVITED = "signing_up", "signing_up_as", "invited"


@blueprint.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> ResponseReturnValue:
    """A new account. What follows is the same page whether or not the address has one already."""
    if signed_in_user() is not None:
        return redirect(after_sign_in(), 303)
    form = SignUpForm(data={"email": flask.session.get(INVITED)} if INVITED in flask.session else None)
    valid = form.validate_on_submit()
    name, email, typed = form.name.data or "", form.email.data or "", form.password.data or ""
    if typed and form.is_submitted():  # also when another field is wrong: all that is known is said at once
        try:
            passwords.must_do(typed, email=email, context=signing_in.guessable_words())
        except Refusal as refusal:
            form.refuse(refusal)
    if valid and not form.errors:
        password_hash = passwords.hashed(typed)
        token = None
        try:
            with transaction() as session:
                token = _register(session, name, email, password_hash)
        except IntegrityError:  # the same address signed up in the same moment, and that one is told
            db.session.rollback()
        remember_browser(token, email)
        return redirect(url_for(".check_your_email"), 303)
    return signing_in.page("account/sign_up.html", form)


def remember_browser(token: str | None, email: str) -> None:
    """Note in the cookie which link was asked for here; without one, something that looks the same. The address goes
    with it as it was typed, so that a slip is seen."""
    flask.session[TYPED] = email
    flask.session[THIS_BROWSER] = sessions.hashed(token or secrets.token_urlsafe(32))


def _register(session: Session, name: str, email: str, password_hash: str) -> str | None:
    """Sign up and write the email: the link, whose token is returned, or that there is an account already."""
    at = now()
    if not throttle.may_write(session, email=email, network=signing_in.network(), at=at):
        return None
    made = registering.sign_up(session, name=name, email=email, password_hash=password_hash, at=at)
    if made.token is not None:
        emails.confirm_email(session, to=made.user, token=made.token, event_key=sessions.hashed(made.token), at=at)
    elif made.user.disabled_at is None:
        emails.already_registered(session, to=made.user, event_key=f"sign-up-again:{at.isoformat()}", at=at)
    return made.token


@blueprint.route("/sign-up/check-your-email")
@public
def check_your_email() -> ResponseReturnValue:
    """What to do next; of who asked it knows no more than what they typed."""
    return signing_in.page("account/check_your_email.html", email=flask.session.get(TYPED))


@blueprint.route("/confirm-email/<token>", methods=["GET", "POST"])
@public
def confirm_email(token: str) -> ResponseReturnValue:
    """A button, for mail scanners open every link they see; pressing it confirms the address."""
    form = EmptyForm()
    at = now()
    try:
        link = links.find(db.session, token, LinkPurpose.CONFIRM_EMAIL, LinkPurpose.CHANGE_EMAIL, at=at)
        if not form.validate_on_submit():
            return signing_in.page("account/confirm_email.html", form, address=link.address)
        before = link.user.email
        with transaction() as session:
            user = registering.confirm(session, token, at=at)
            if user.email != before:
                claiming.address_changed(session, user, at=at)
                emails.email_changed(session, to=before, event_key=sessions.hashed(token), at=at)
    except Refusal as refusal:
        return signing_in.link_ended(refusal, url_for(".sign_in"), "Sign in to get a new one.")
    flask.session.pop(TYPED, None)
    if flask.session.pop(THIS_BROWSER, None) == sessions.hashed(token):
        return signing_in.go_on(user)
    # The link was opened in another browser than the one that asked for it: whoever holds it proved the address, but
    # not that they chose the password. A stranger may have signed up with this address and a password of theirs.
    flash("Your email address is confirmed.", "success")
    return redirect(url_for(".profile" if signed_in_user() is not None else ".sign_in"), 303)
