"""Who is signed in, and what a page asks before it answers. Flask-Login stays behind this module."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

import flask
from flask import Response, abort, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.datastructures import MultiDict

from charter.account import sessions
from charter.account.models import KeptForm, SignInSession, User
from charter.award.documents import Press
from charter.clock import now
from charter.config import Settings
from charter.extensions import db, login_manager, transaction
from charter.keys import Keys
from charter.organisation import choosing, gone, interests
from charter.organisation import queries as organisations
from charter.organisation.models import Organisation
from charter.orm import Base
from charter.permissions import Permission, allows, may_know, member, organisation_of

View = TypeVar("View", bound=Callable[..., Any])

TOUCH_EVERY = timedelta(minutes=5)
KEEP_TYPED = "kept_form"
LOST = (
    "You were signed out before this was saved, and we could not keep what you typed. Your browser’s back button may "
    "still show it: copy it from there, sign in, then put it back."
)


class SignedIn:
    """What Flask-Login asks of a user: the token of a session that stands."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, token: str, session: SignInSession) -> None:
        self.token = token
        self.session = session
        self.user = session.user

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.extensions["charter_settings"]
    return found


def press() -> Press:
    """What draws certificates, and knows the scheme's name and address."""
    found: Press = current_app.extensions["charter_press"]
    return found


def keys() -> Keys:
    """The scheme's keys."""
    found: Keys = current_app.extensions["charter_keys"]
    return found


@login_manager.user_loader
def _load(token: str) -> SignedIn | None:
    found = sessions.find(db.session, token)
    if found is None:
        return None
    at = now()
    limits = settings()
    if not sessions.stands(
        found,
        at=at,
        idle=timedelta(minutes=limits.session_idle_minutes),
        longest=timedelta(hours=limits.session_hours),
    ):
        g.ended_session_of = found.user_id
        return None
    if at - found.seen_at > TOUCH_EVERY:
        with transaction() as session:
            sessions.touch(session, found, at=at)
        found = sessions.find(db.session, token)
        if found is None:
            return None
    return SignedIn(token, found)


def signed_in_user() -> User | None:
    """The person who is signed in, if anyone is."""
    return current_user.user if current_user.is_authenticated else None


def the_user() -> User:
    """The person who is signed in. Only for views that `requires` guards."""
    user = signed_in_user()
    assert user is not None
    return user


def this_session() -> SignInSession:
    """The session in use. Only for views that `requires` guards."""
    found: SignInSession = current_user.session
    return found


def sign_in(user: User) -> None:
    """Start a session for `user`, with a new token, in a transaction of its own."""
    kept = {name: flask.session[name] for name in ("next", KEEP_TYPED) if name in flask.session}
    with transaction() as session:
        again = session.get(User, user.id)
        assert again is not None
        token = sessions.start(session, again, at=now())
    flask.session.clear()
    flask.session.update(kept)
    found = sessions.find(db.session, token)
    assert found is not None
    login_user(SignedIn(token, found))


def sign_out() -> None:
    """End the session in use, in a transaction of its own."""
    if current_user.is_authenticated:
        token = current_user.token
        with transaction() as session:
            found = sessions.find(session, token)
            if found is not None:
                sessions.end(session, found, at=now())
    logout_user()
    flask.session.clear()


def can(permission: Permission, subject: Any = None) -> bool:
    """For templates: whether the person who is signed in may."""
    return allows(signed_in_user(), permission, subject)


def requires(permission: Permission, model: type[Base] | None = None, *eager: Any) -> Callable[[View], View]:
    """Load what the URL names, refuse those who may not, hand the view what is left.

    The URL names it as `<model>_id`; the view gets it as `<model>`. To somebody who may not know of it, it is not
    there (404); to somebody who may, but may not do this to it, it is forbidden (403). `eager` are loader options for
    what the page needs of it when it only reads: PostgreSQL locks no row that came joined to others.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            user = signed_in_user()
            if user is None:
                return ask_to_sign_in()
            subject = None
            if model is not None:
                name = model.__tablename__
                options = eager if request.method == "GET" else ()
                subject = db.session.get(model, values.pop(f"{name}_id"), options=options)
                if subject is None:
                    abort(404)
                values[name] = subject
            merged = gone.leads_to(db.session, subject) if isinstance(subject, Organisation) else None
            if merged is not None:
                return _lead_on(user, subject, merged)
            if not allows(user, permission, subject):
                refuse_interested(user, subject)
                if subject is None or may_know(user, subject):
                    abort(403)
                return _went(user, subject) or abort(404)
            is_about(subject)
            _bring_back_what_was_typed(user)
            return view(**values)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


LOOK_AFTER = "look after it"
"""What somebody without an interest in an employer must do instead."""


def refuse_interested(user: User, subject: Any) -> None:
    """Answer staff with an interest in the employer that a thing belongs to with a page that says so, and since when.

    It names nothing of the employer. For anybody else nothing happens.
    """
    about = organisation_of(subject)
    if about is None or not user.is_staff:
        return
    why = interests.why_not(db.session, user, about, LOOK_AFTER)
    if why is not None:
        abort(make_response(render_template("errors/interested.html", text=why), 403))


def _lead_on(user: User, went: Any, into: Organisation) -> Any:
    """From the address of an employer that was merged to that of the one it went into."""
    if not may_know(user, into):
        abort(404)
    if request.method == "POST":
        flash(f"This is now part of {into.name}. What you sent was not saved. Look here, then try once more.", "notice")
    address = request.path if request.method == "POST" else request.full_path.rstrip("?")
    return redirect(address.replace(str(went.id), str(into.id)), 303)


_NOT_TYPED = frozenset({"csrf_token", "then", "seen", "seen_version", "sent_as", "do"})
"""Fields of a form that a person did not fill in."""


def _went(user: User, subject: Any) -> Any:
    """What somebody reads who was in the team of the employer that a page is about; None to everybody else.

    To both the page is not there, but who was in the team knows of the employer, and may have been in the middle of it.
    """
    about = organisation_of(subject)
    left_at = organisations.left_at(db.session, about, user.id) if about else None
    if about is None or left_at is None:
        return None
    page = render_template(
        "errors/went.html",
        organisation=db.session.get(Organisation, about),
        left_at=left_at,
        sent=request.method == "POST",
        typed=[text for name, text in request.form.items(multi=True) if name not in _NOT_TYPED and " " in text.strip()],
    )
    return page, 404


def public(view: View) -> View:
    """Say that anyone may open a page."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def unkept(page: Any, status: int = 200) -> Response:
    """A page behind a secret address, or the way to one: nobody keeps it, no search engine lists it, and it gives its
    address away to no other page.

    Such an address is the whole right to do what its page offers. Who does not know it cannot send the form from
    elsewhere, so its views are `csrf.exempt` with forms `WithoutToken`: they work signed out and set no cookie, and the
    check of a form's origin, which `no-referrer` would make fail, does not apply to them.
    """
    response = make_response(page, status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


# Which employer a page is about ---------------------------------------------------------------------------------------


def is_about(subject: Any) -> None:
    """Note the employer that a page is about, so that the page can say it."""
    g.about_employer = organisation_of(subject)


def employer_here() -> Organisation | None:
    """For templates: the employer that the page is about, when it is about one."""
    about = g.get("about_employer")
    return db.session.get(Organisation, about) if about else None


def employer_home(about: Organisation | None = None) -> str:
    """The home of the employer that a page is about; without one, of the employer that the person turned to last.

    An employer that somebody came to by a link keeps its own home: following an email about one of several employers
    does not end on the page of another. Whoever only asks to join an employer, or claims it, has no home there yet.
    """
    user = signed_in_user()
    part = choosing.chosen(user.memberships) if user else None
    if about is None or user is None or part is None or part.organisation_id == about.id or not member(user, about):
        return url_for("employer.dashboard")
    return url_for("employer.employer_dashboard", organisation_id=about.id)


# What was typed when a session ended ------------------------------------------------------------------------------


def ask_to_sign_in() -> Any:
    """Send the visitor to sign in and then back here. What a former session had typed is kept for after; when nobody
    knows whose it is, for the cookie is gone, the visitor is told that it could not be kept."""
    kept = _keep_what_was_typed() if request.method == "POST" else None
    if kept:
        again = " Choose your file again after you sign in." if any(request.files.values()) else ""
        flash(f"You were signed out because you had been away for a while. We kept what you typed.{again}", "notice")
    elif request.method == "POST" and _typed_something():
        flash(LOST, "error")
    here = request.path if request.method == "POST" else request.full_path.rstrip("?")
    flask.session["next"] = here
    if kept:
        flask.session[KEEP_TYPED] = str(kept)
    return redirect(url_for("account.sign_in"), 303)


def _typed_something() -> bool:
    """Whether the form on its way to a page for people who are signed in holds more than its token and its button."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "permission", ...) is None:  # a page for anyone
        return False
    hidden = {"csrf_token", "then", "at", "opened"}
    typed = any(value.strip() for name, value in request.form.items(multi=True) if name not in hidden)
    return typed or any(request.files.values())


def _keep_what_was_typed() -> UUID | None:
    owner = g.get("ended_session_of")
    if owner is None or not request.form:
        return None
    return _keep_for(owner)


def keep_what_was_typed(user: User) -> None:
    """Keep the form that was just sent, so that this page opens with it when its person comes back from another."""
    flask.session[KEEP_TYPED] = str(_keep_for(user.id))


def _keep_for(user_id: UUID) -> UUID:
    fields = {name: values for name, values in request.form.lists() if name != "csrf_token"}
    with transaction() as session:
        kept = KeptForm(user_id=user_id, path=request.path[:500], fields=fields, kept_at=now())
        session.add(kept)
        session.flush()  # for its id
        return kept.id


def _bring_back_what_was_typed(user: User) -> None:
    """On a GET of the page whose form was kept, hand the typed fields to the page's forms (`forms.BaseForm`)."""
    if request.method == "POST":
        flask.session.pop(KEEP_TYPED, None)  # what was kept is being sent again
        return
    kept_id = flask.session.get(KEEP_TYPED)
    if kept_id is None:
        return
    kept = db.session.get(KeptForm, UUID(kept_id))
    if kept is None or kept.user_id != user.id or now() - kept.kept_at > timedelta(days=1):
        flask.session.pop(KEEP_TYPED, None)
        if kept is None or kept.user_id == user.id:
            flash("What you typed before you were signed out was kept for a day, and is gone now.", "notice")
    elif kept.path == request.path:
        g.typed_before = MultiDict({name: list(values) for name, values in kept.fields.items()})


def after_sign_in() -> str:
    """Where to go once signed in: the page that was asked for, or the person's own home. Only addresses of ours."""
    asked = flask.session.pop("next", None)
    return asked if isinstance(asked, str) and is_ours(asked) else url_for("account.home")


def is_ours(address: str) -> bool:
    """Whether an address is a page of this portal that can be opened, however a browser may read it."""
    plain = address.isprintable() and not set(address) & {"\\", " "}
    return plain and address.startswith("/") and not address.startswith("//") and address != url_for("account.sign_out")
