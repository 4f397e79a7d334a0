"""What the pages share: proving a password, and the way from there to a session."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.account import passwords, registering, sessions, throttle, two_factor
from charter.account.models import User
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.web import access

PENDING = "pending_sign_in"
PENDING_FOR = timedelta(minutes=10)
PENDING_TRIES = 10


def network() -> str:
    """Where the request came from, as the throttle counts it."""
    return throttle.network(request.remote_addr)


def prove(email: str, typed: str) -> User | None:
    """The person whose address and password these are, unless their account is closed; None for anyone else.

    Takes as long whoever it is. Refusal after too many tries.
    """
    with transaction() as session:
        tried = throttle.try_password(session, email=email, network=network(), at=now())
    user = registering.find(db.session, email)
    if not passwords.check(user, typed) or user is None or user.disabled_at is not None:
        return None
    with transaction() as session:
        throttle.forget_tries(session, tried, email=email, network=network())
    return user


def go_on(user: User) -> ResponseReturnValue:
    """Somebody has proved the first factor: ask for the second, or start the session and go where they wanted."""
    if not two_factor.needed(user):
        return start(user)
    flask.session[PENDING] = {"user": str(user.id), "at": now().isoformat(), "tries": 0, "proof": _proof(user)}
    enrolled = two_factor.enrolled(user)
    return redirect(url_for("account.code" if enrolled else "account.second_factor"), 303)


def start(user: User) -> ResponseReturnValue:
    """Start the session and go to the page that was asked for, or home."""
    access.sign_in(user)
    return redirect(access.after_sign_in(), 303)


def pending_user() -> User | None:
    """Who has proved the first factor in this browser, at most ten minutes ago, and not yet the second."""
    kept = flask.session.get(PENDING)
    if kept is None:
        return None
    user = db.session.get(User, UUID(kept["user"]))
    late = now() - datetime.fromisoformat(kept["at"]) > PENDING_FOR
    if late or user is None or user.disabled_at is not None or kept["proof"] != _proof(user):
        flask.session.pop(PENDING)
        return None
    return user


def count_try(user: User) -> None:
    """Count a try at the second factor before it is looked at. Refusal when there were too many.

    The browser's own count ends the sign-in; the one in the database holds for browsers that forget.
    """
    kept = flask.session.get(PENDING)
    if kept is not None:
        kept = {**kept, "tries": kept["tries"] + 1}
        flask.session[PENDING] = kept
        if kept["tries"] > PENDING_TRIES:
            flask.session.pop(PENDING)
            raise Refusal(throttle.WAIT)
    with transaction() as session:
        throttle.try_code(session, user.id, at=now())


def guessable_words() -> list[str]:
    """What a guesser would try here: the scheme's name and its places."""
    settings = access.settings()
    words = [settings.scheme_name, settings.scheme_area, settings.scheme_owner]
    try:
        counties = publishing.current(db.session).content.counties
    except Refusal:  # nothing is published yet
        return words
    return [*words, *(county.title for county in counties), *(name for county in counties for name in county.districts)]


def link_ended(refusal: Refusal, again: str, text: str) -> ResponseReturnValue:
    """The page for a link that no longer works; `again` is where to get another, `text` says so."""
    return render_template("account/link_ended.html", refusal=refusal, again=again, text=text), 410


def page(template: str, form: Any = None, **values: object) -> ResponseReturnValue:
    """A page with its form; what is wrong with the form is an error for machines too."""
    return render_template(template, form=form, **values), 400 if form is not None and form.errors else 200


def _proof(user: User) -> str:
    """Ends a half-finished sign-in when the password changes meanwhile."""
    return sessions.hashed(user.password_hash or "")[:16]
