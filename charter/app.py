"""create_app(): the one place where the parts meet."""

import inspect
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from charter import keys, tables  # noqa: F401 - relationships find each other only when every table is imported
from charter.account import sessions
from charter.award.certificate import Issuer
from charter.award.documents import Press
from charter.clock import now, today
from charter.config import Settings
from charter.database import engine_options, prepare_engine
from charter.extensions import csrf, db, login_manager
from charter.keys import Keys
from charter.permissions import Permission
from charter.scanning import WHILE_SOMEBODY_WAITS, Clamd, Door
from charter.storage import open_store
from charter.web.access import ask_to_sign_in, can, employer_here, employer_home, signed_in_user
from charter.web.errors import register_error_handlers
from charter.web.filters import register_filters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def resource(name: str) -> Path:
    """A folder of templates or migrations: beside the package in a checkout, inside it in an installed wheel."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parents[1] / name


def create_app(settings: Settings | None = None) -> Flask:
    """The portal as a WSGI application. `settings` come from the environment unless given.

    Raises pydantic's ValidationError when a setting is missing or wrong.
    """
    settings = settings or Settings()
    app = Flask("charter", template_folder=str(resource("templates")), static_folder=str(resource("static")))
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_ENGINES={"default": engine_options(settings.database_url)},
        MAX_CONTENT_LENGTH=(settings.upload_limit_mb + 1) * 1_000_000 * 2,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        TRUSTED_HOSTS=[*settings.trusted_hosts],
        SESSION_COOKIE_NAME="__Host-charter" if settings.secure else "charter",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=sessions.REMEMBERED,  # how old a cookie may be; its row says if it signs anyone in
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=None,  # the token lasts as long as the session: a form left open over lunch still saves
        TESTING=settings.environment == "test",
    )
    app.extensions |= parts(settings)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1) if settings.secure else app.wsgi_app  # type: ignore[method-assign]

    app.wsgi_app = _without_nul(app.wsgi_app)  # type: ignore[assignment, method-assign]

    db.init_app(app)
    # There are no asynchronous sessions here: closing none of them would start an event loop after each request.
    app.teardown_appcontext_funcs = [
        close for close in app.teardown_appcontext_funcs if not inspect.iscoroutinefunction(close)
    ]
    with app.app_context():
        prepare_engine(db.engine)
    login_manager.init_app(app, add_context_processor=False)
    login_manager.unauthorized_handler(ask_to_sign_in)
    csrf.init_app(app)

    _register_pages(app)
    register_error_handlers(app)
    register_filters(app)
    _register_template_names(app, settings)
    _register_headers(app, settings)
    with app.app_context():  # Flask-Admin reads db.session while it builds its forms
        from charter.admin import register_admin

        app.extensions["charter_admin"] = register_admin(app)
    return app


def parts(settings: Settings) -> dict[str, object]:
    """What the pages use and the settings decide, by its name among the application's extensions."""
    scanner = (
        Clamd(settings.clamd, patience=WHILE_SOMEBODY_WAITS, max_age=settings.signature_age) if settings.clamd else None
    )
    return {
        "charter_settings": settings,
        "charter_store": open_store(settings.evidence_url),
        "charter_door": Door(scanner),
        "charter_keys": keys_of(settings),
        "charter_press": Press(
            Issuer(scheme=settings.scheme_name, area=settings.scheme_area, owner=settings.scheme_owner),
            settings.base_url,
        ),
    }


def keys_of(settings: Settings) -> Keys:
    """The scheme's keys; a demo's own, made when there are none. Raises `keys.BadKey` when one cannot be used."""
    own = settings.keys_folder
    if not (settings.issuer_key and settings.seal_key and settings.seal_chain):
        keys.make_own(own, owner=settings.scheme_owner, at=now())
    return keys.load(
        settings.issuer_key or own / keys.ISSUER_KEY,
        settings.seal_key or own / keys.SEAL_KEY,
        settings.seal_chain or own / keys.SEAL_CHAIN,
        older=settings.issuer_keys_before,
        password=settings.seal_password.get_secret_value(),
        timestamps=settings.seal_timestamps,
    )


def _without_nul(application: "WSGIApplication") -> "WSGIApplication":
    """Nobody types the character NUL, and PostgreSQL refuses text that holds it: an address loses it at the door."""

    def cleaned(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["QUERY_STRING"] = environ.get("QUERY_STRING", "").replace("%00", "")
        return application(environ, start_response)

    return cleaned


def _register_pages(app: Flask) -> None:
    from charter.web import account, board, employer, public

    for audience in (public, account, employer, board):
        app.register_blueprint(audience.blueprint)


def _register_template_names(app: Flask, settings: Settings) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "can": can,
        "employer_here": employer_here,
        "employer_home": lambda: employer_home(employer_here()),
        "Permission": Permission,
        "settings": settings,
        "today": today,
        "asset": _asset(app),
    }

    @app.context_processor
    def names() -> dict[str, object]:
        return {"current_user": signed_in_user()}


def _asset(app: Flask) -> Callable[[str], str]:
    """An address of a static file that changes when the file does, so that browsers may keep it for a year."""
    seen: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in seen or app.debug:
            content = Path(app.static_folder or "", name).read_bytes()
            seen[name] = f"/static/{name}?v={sha256(content).hexdigest()[:12]}"
        return seen[name]

    return address


def _register_headers(app: Flask, settings: Settings) -> None:
    @app.before_request
    def nonce() -> None:
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")  # no-referrer would break every HTTPS form
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-{g.get('nonce', '')}'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        if settings.secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        if request.endpoint != "static" and signed_in_user() is not None:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
