"""Setting up the second factor, and switching it off."""

import segno
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from charter.account import throttle, two_factor
from charter.account.models import User
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import transaction
from charter.web.access import ask_to_sign_in, public, settings, signed_in_user
from charter.web.account import blueprint, signing_in
from charter.web.account.forms import CodeForm, SecondFactorOffForm
from charter.web.account.profile import prove_again


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@public
def second_factor() -> ResponseReturnValue:
    """For whoever is signed in, and for staff on their way in who have none yet."""
    user = signed_in_user()
    if user is not None:
        return _switch_off(user) if two_factor.enrolled(user) else _set_up(user, on_the_way_in=False)
    pending = signing_in.pending_user()
    if pending is None:
        return ask_to_sign_in()
    if two_factor.enrolled(pending):
        return redirect(url_for(".code"), 303)
    return _set_up(pending, on_the_way_in=True)


def _set_up(user: User, *, on_the_way_in: bool) -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        try:
            signing_in.count_try(user)
            with transaction() as session:
                again = _again(session, user)
                two_factor.confirm(session, again, form.code.data or "", at=now())
                throttle.forget_codes(session, again.id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if on_the_way_in:
                return signing_in.start(again)
            flash("From now on you sign in with a code from your app as well.", "success")
            return redirect(url_for(".profile"), 303)
    with transaction() as session:
        again = _again(session, user)
        secret = two_factor.begin(session, again, at=now())
    uri = two_factor.provisioning_uri(again, issuer=settings().scheme_name)
    return signing_in.page(
        "account/second_factor_on.html",
        form,
        uri=uri,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        picture=Markup(segno.make(uri, error="m").svg_inline(scale=5, svgclass="charter-qr", lineclass=None)),  # noqa: S704 - drawn by us
        must=two_factor.needed(user),
    )


def _switch_off(user: User) -> ResponseReturnValue:
    form = SecondFactorOffForm()
    if form.validate_on_submit():
        try:
            prove_again(form.current.data or "")
            signing_in.count_try(user)
            with transaction() as session:
                again = _again(session, user)
                if not two_factor.check(session, again, form.code.data or "", at=now()):
                    raise Refusal(two_factor.WRONG, field="code")
                throttle.forget_codes(session, again.id)
                two_factor.off(session, again, by=again.id, at=now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if two_factor.needed(again):
                flash("Now set up the app on your other phone.", "notice")
                return redirect(url_for(".second_factor"), 303)
            flash("You no longer need a code to sign in.", "success")
            return redirect(url_for(".profile"), 303)
    return signing_in.page("account/second_factor_off.html", form, must=user.is_staff)


def _again(session: Session, user: User) -> User:
    found = session.get(User, user.id)
    assert found is not None
    return found
