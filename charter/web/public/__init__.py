"""The pages that anyone may open."""

import base64
import hashlib
import hmac

from flask import Blueprint, Response, current_app, g, request
from flask import session as cookie

from charter.memory import Memory
from charter.web.access import signed_in_user

blueprint = Blueprint("public", __name__)

FRESH_FOR = 60
"""Seconds for which a page that is the same for everybody may be shown again without asking us."""
ALWAYS_ASK = "no-cache"
"""An award taken back must show so at once: a page about one may not be shown again without asking us."""

OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Open data: pages and machines of others may read it too."""


def memory() -> Memory:
    """The totals that this application counted before."""
    found: Memory = current_app.extensions.setdefault("charter_public_memory", Memory())
    return found


@blueprint.after_request
def keep_for_a_minute(response: Response) -> Response:
    """Let browsers and proxies keep a page that says the same to everybody, and ask cheaply whether it changed."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200:
        return response
    if signed_in_user() is not None or cookie.modified:
        return response
    if not response.cache_control:
        response.cache_control.public = True
        response.cache_control.max_age = FRESH_FOR
    if not response.is_streamed:
        if response.mimetype == "text/html":
            _settle_nonce(response)
        response.add_etag()
        response.make_conditional(request)
    return response


def _settle_nonce(response: Response) -> None:
    """Give a page that did not change the nonce it had before.

    "Not changed" would otherwise never be true, or would bring a policy that forbids the scripts of the kept page. The
    nonce depends on all that the page says and on our key: what somebody could sneak into a page changes its nonce.
    """
    used = g.nonce.encode()
    body = response.get_data()
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.digest(key, body.replace(used, b""), hashlib.sha256)
    g.nonce = base64.urlsafe_b64encode(digest)[:22].decode()
    response.set_data(body.replace(used, g.nonce.encode()))


from charter.web.public import (  # noqa: E402 - they add their views
    badges,  # noqa: F401
    certificates,  # noqa: F401
    concerns,  # noqa: F401
    log,  # noqa: F401
    machines,  # noqa: F401
    pages,  # noqa: F401
    register,  # noqa: F401
    services,  # noqa: F401
    sign_off,  # noqa: F401
    surveys,  # noqa: F401
)
