"""A new password for somebody who forgot theirs."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from charter.account import links, passwords, registering, sessions, throttle
from charter.account.models import LinkPurpose
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification import emails
from charter.web.access import public
from charter.web.account import blueprint, signing_in
from charter.web.account.forms import AddressForm, NewPasswordForm


@blueprint.route("/forgot-password", methods=["GET", "POST"])
@public
def forgot_password() -> ResponseReturnValue:
    """Ask for a link. What follows is the same page whoever the address belongs to."""
    form = AddressForm()
    if form.validate_on_submit():
        email, at = form.email.data or "", now()
        with transaction() as session:
            if throttle.may_write(session, email=email, network=signing_in.network(), at=at):
                made = registering.forgot(session, email, at=at)
                if made is not None and made.token is not None:
                    key = sessions.hashed(made.token)
                    emails.reset_password(session, to=made.user, token=made.token, event_key=key, at=at)
        return redirect(url_for(".password_link_sent"), 303)
    return signing_in.page("account/forgot_password.html", form)


@blueprint.route("/forgot-password/check-your-email")
@public
def password_link_sent() -> ResponseReturnValue:
    """What to do next; it knows nothing of who asked."""
    return signing_in.page("account/password_link_sent.html")


@blueprint.route("/reset-password/<token>", methods=["GET", "POST"])
@public
def reset_password(token: str) -> ResponseReturnValue:
    """Choose a new password by the mailed link; every session ends, and the person goes on to sign in."""
    form = NewPasswordForm()
    try:
        link = links.find(db.session, token, LinkPurpose.RESET_PASSWORD, at=now())
    except Refusal as refusal:
        return signing_in.link_ended(refusal, url_for(".forgot_password"), "Ask for a new link.")
    if form.validate_on_submit():
        typed, email = form.password.data or "", link.user.email
        try:
            passwords.must_do(typed, email=email, context=signing_in.guessable_words())
        except Refusal as refusal:
            form.refuse(refusal)
            return signing_in.page("account/reset_password.html", form, email=email)
        password_hash = passwords.hashed(typed)
        at = now()
        try:
            with transaction() as session:
                user = registering.reset(session, token, password_hash=password_hash, at=at)
                throttle.forget_address(session, email=email)
                emails.password_changed(session, to=user, event_key=sessions.hashed(token), at=at)
        except Refusal as refusal:
            return signing_in.link_ended(refusal, url_for(".forgot_password"), "Ask for a new link.")
        return signing_in.go_on(user)
    return signing_in.page("account/reset_password.html", form, email=link.user.email)
