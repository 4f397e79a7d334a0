"""Accepting an invitation to help an employer."""

import flask
from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import team
from charter.web.access import ask_to_sign_in, public, signed_in_user
from charter.web.account import blueprint, sign_up, signing_in
from charter.web.forms import EmptyForm


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
@public
def accept_invitation(token: str) -> ResponseReturnValue:
    """Who asks, for which employer, and a button; whoever is not signed in does that first, and comes back here."""
    invitation = team.find(db.session, token, at=now())
    if invitation is None:
        refusal = Refusal("This invitation has been used or is too old.")
        return signing_in.link_ended(refusal, "/", "Ask your colleague to send you a new one.")
    user = signed_in_user()
    form = EmptyForm()
    if user is None:
        if request.method == "POST":
            return ask_to_sign_in()
        flask.session["next"] = request.path
        flask.session[sign_up.INVITED] = invitation.email  # so that nobody has to type it
    elif form.validate_on_submit():
        name = invitation.organisation.name
        with transaction() as session:
            team.accept(session, token=token, by=user, at=now())
        flask.session.pop(sign_up.INVITED, None)
        flash(f"You have joined {name}.", "success")
        return redirect("/dashboard", 303)
    return signing_in.page("account/invitation.html", form, invitation=invitation)
