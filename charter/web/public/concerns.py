"""Tell the scheme that something is not right at an employer: no account, no cookie, and no test for robots.

What keeps advertising out: a field that nobody sees, a page that cannot be sent in the moment it was opened (its stamp
is signed), a few concerns from one network at a time, and few links. The stamp is also the form's token: who did not
open the page cannot send it, and one page makes one concern however often it is sent.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from wtforms import HiddenField, StringField, TextAreaField

from charter.account import throttle
from charter.aftercare import raising, words
from charter.aftercare.raising import Told
from charter.award import register, verification
from charter.award.models import Award
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import csrf, db, transaction
from charter.framework import publishing
from charter.web.access import public, unkept
from charter.web.forms import WithoutToken, at_most, needed, stripped
from charter.web.public import blueprint

SOONEST, LATEST = timedelta(seconds=3), timedelta(days=1)
"""How long after it was opened a page can be sent. Nobody types a concern in less."""


class ConcernForm(WithoutToken):
    """What is not right, and how somebody knows."""

    what = TextAreaField(
        "What is not right?",
        description="Say what happened, and to whom. You do not have to name anybody. Leave out details of anyone’s "
        "health.",
        filters=[stripped],
        validators=[needed("Tell us what is not right."), at_most(words.LONGEST, "What you tell us")],
    )
    happened = StringField(
        "When did it happen? (optional)",
        description="For example, “in March”, or “since last year”.",
        filters=[stripped],
        validators=[at_most(words.SHORT, "This")],
    )
    known_by = TextAreaField(
        "How do you know?",
        description="For example, you work there, you saw it, or somebody told you.",
        filters=[stripped],
        validators=[needed("Tell us how you know."), at_most(words.LONGEST, "How you know")],
    )
    name = StringField("Your name (optional)", filters=[stripped], validators=[at_most(120, "Your name")])
    email = StringField(
        "Your email address (optional)",
        description="We write to you that we have it, and what came of it.",
        filters=[stripped],
    )
    leave_empty = StringField("Leave this empty", filters=[stripped])
    stamp = HiddenField()


@blueprint.route("/employers/<uuid:organisation_id>/concern", methods=["GET", "POST"])
@csrf.exempt
@public
def raise_concern(organisation_id: UUID) -> ResponseReturnValue:
    """About an employer on the register."""
    entry = register.entry(db.session, organisation_id, on=today())
    award = verification.find(db.session, entry.code) if entry else None
    if award is None:
        abort(404)
    return _raise(award, url_for(".show_employer", organisation_id=organisation_id))


@blueprint.route("/certificates/<code>/concern", methods=["GET", "POST"])
@csrf.exempt
@public
def raise_concern_about(code: str) -> ResponseReturnValue:
    """About an employer whose certificate somebody has before them, listed or not."""
    award = verification.find(db.session, code)
    if award is None:
        abort(404)
    return _raise(award, url_for(".show_certificate", code=award.code))


@blueprint.get("/concern/<reference>")
@public
def show_concern(reference: str) -> ResponseReturnValue:
    """How a concern went, for whoever has its reference. It says nothing of what was told, by whom or of whom."""
    found = raising.by_reference(db.session, reference)
    if found is None:
        abort(404)
    return unkept(render_template("public/concerns/show.html", concern=found))


def _raise(award: Award, back: str) -> ResponseReturnValue:
    form = ConcernForm()
    fresh = _stamp(award)
    status = 200
    if request.method == "GET":
        form.stamp.data = fresh
    elif form.validate_on_submit():
        try:
            _check(form, award, fresh)
            with transaction() as session:
                concern = raising.raise_concern(
                    session, award, _told(form), sent_as=_sent_as(form), network=_network(), at=now()
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return unkept(redirect(url_for(".show_concern", reference=concern.reference), 303), 303)
    if form.errors:
        status = 400
    kept = publishing.current(db.session).content.after_award.concern_kept_days
    page = render_template("public/concerns/raise.html", form=form, award=award, back_to=back, kept=kept)
    return unkept(page, status)


def _told(form: ConcernForm) -> Told:
    given: dict[str, Any] = {name: form[name].data or "" for name in ("what", "happened", "known_by", "name", "email")}
    return Told(**given)


def _check(form: ConcernForm, award: Award, fresh: str) -> None:
    """Raise `Refusal` when this does not look as if a person had read the page and typed."""
    opened = _opened(form.stamp.data or "", award)
    if opened is None or now() - opened > LATEST:
        form.stamp.data = fresh
        raise Refusal("This page was open for too long. What you typed is still here. Please send it again.")
    if form.leave_empty.data:
        raise Refusal("Leave the last field empty: it is there to keep out machines.", field="leave_empty")
    if now() - opened < SOONEST:
        raise Refusal("That was very quick. Please check what you typed, and send it again.")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="concern")


def _stamp(award: Award) -> str:
    return str(_signer().dumps([str(award.id), now().timestamp(), secrets.token_hex(8)]))


def _opened(stamp: str, award: Award) -> datetime | None:
    """When the page was opened that this stamp was on; None when it was not a page of ours about this award."""
    try:
        about, seconds, _ = _signer().loads(stamp)
    except (BadData, ValueError, TypeError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if about == str(award.id) else None


def _sent_as(form: ConcernForm) -> str:
    return hashlib.sha256((form.stamp.data or "").encode()).hexdigest()


def _network() -> str:
    return throttle.network(request.remote_addr)
