"""What machines ask: is it up, is it ready, what may be crawled, where to report a weakness."""

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from flask import Response, current_app, jsonify, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db
from charter.framework import publishing
from charter.scanning import Door
from charter.web.access import keys, public, settings
from charter.web.public import OPEN, blueprint

SECURITY_TXT_LASTS = timedelta(days=300)
"""RFC 9116 asks for less than a year."""


@blueprint.get("/health")
@public
def health() -> ResponseReturnValue:
    """The process answers. Asks nothing of the database."""
    return jsonify(status="up"), {"Cache-Control": "no-store"}


@blueprint.get("/ready")
@public
def ready() -> ResponseReturnValue:
    """The portal can serve people: the database answers and a version of the charter is published.

    Whether the virus scanner answers is said beside it. Without it people can do everything but open new files, so it
    takes no server out of service.
    """
    problem = None
    try:
        db.session.execute(sa.text("SELECT 1"))
        publishing.current(db.session)
    except SQLAlchemyError:
        problem = "The database cannot be reached, or has no tables."
    except Refusal as refusal:
        problem = str(refusal)
    if problem is not None:
        return jsonify(status="not ready", problem=problem), 503, {"Cache-Control": "no-store"}
    door: Door = current_app.extensions["charter_door"]
    scanner = "off" if door.is_off else ("does not answer" if door.problem() else "answers")
    return jsonify(status="ready", scanner=scanner), {"Cache-Control": "no-store"}


@blueprint.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Crawlers may read what is public. Certificates are for those who were given their address."""
    closed = ("/account", "/admin/", "/board", "/certificates/", "/dashboard", "/sign-")
    return _text("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed))


@blueprint.get("/.well-known/security.txt")
@public
def security_txt() -> ResponseReturnValue:
    """Where to report a weakness (RFC 9116)."""
    expires = datetime.combine(today() + SECURITY_TXT_LASTS, time.min, UTC)
    assert expires - now() < timedelta(days=365)
    base = settings().base_url
    return _text(
        f"Contact: mailto:{settings().scheme_email}\n"
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        "Preferred-Languages: en\n"
        f"Canonical: {base}{url_for('public.security_txt')}\n"
        f"Policy: {base}{url_for('public.security')}\n"
    )


@blueprint.get("/.well-known/jwks.json")
@public
def public_keys() -> ResponseReturnValue:
    """The public keys that check what we sign: badges and the head of the log (RFC 7517). Older ones stay."""
    return jsonify(keys().published), OPEN


def _text(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")
