"""The pages for signing up, signing in, and looking after one's own account."""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from charter.account import two_factor
from charter.web.access import signed_in_user

blueprint = Blueprint("account", __name__)

WITHOUT_SECOND_FACTOR = {"static", "account.second_factor", "account.sign_out"}


@blueprint.before_app_request
def second_factor_first() -> ResponseReturnValue | None:
    """Staff whose second factor is off set one up before anything else, on every page of the portal."""
    if request.endpoint in WITHOUT_SECOND_FACTOR:
        return None
    user = signed_in_user()
    if user is not None and two_factor.needed(user) and not two_factor.enrolled(user):
        return redirect(url_for("account.second_factor"), 303)
    return None


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """No browser or proxy keeps these pages: their addresses and forms hold secrets."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


from charter.web.account import invitation, profile, reset_password, sign_in, sign_up, two_step  # noqa: E402, F401
