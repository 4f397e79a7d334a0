"""Is this certificate real, and does it still hold? And the certificate itself."""

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from charter.award import documents, numbering, verification
from charter.award.verification import Standing, Verification
from charter.clock import now, today
from charter.extensions import db
from charter.framework import publishing
from charter.storage import Store
from charter.web.access import public
from charter.web.forms import stripped
from charter.web.public import ALWAYS_ASK, blueprint

SEALED_WITHIN = 5
"""Seconds after which a certificate is most likely sealed: the worker looks every other second."""


class NumberForm(Form):
    """The number to check. Sent with GET: it changes nothing, so it carries no token."""

    number = StringField("Certificate number", filters=[stripped])


@blueprint.get("/certificates")
@public
def check_certificate() -> ResponseReturnValue:
    """Find a certificate by the number printed on it."""
    form = NumberForm(request.args)
    status = 200
    if "number" in request.args:
        typed = form.number.data or ""
        code = numbering.look_up(db.session, typed) if typed else None
        if code is not None:
            return redirect(url_for(".show_certificate", code=code))
        status = 404 if typed else 400
        form.number.errors = [_why_unknown(typed) if typed else "Enter the number printed on the certificate."]
    return render_template("public/certificates/check.html", form=form), status, {"Cache-Control": ALWAYS_ASK}


def _why_unknown(typed: str) -> str:
    prefix = publishing.current(db.session).content.meta.certificate_prefix
    return numbering.why_unknown(db.session, typed, prefix=prefix)


@blueprint.get("/certificates/<code>")
@public
def show_certificate(code: str) -> ResponseReturnValue:
    """What the public may know about one certificate, with the time it was checked."""
    found = verification.look_up(db.session, code, today())
    if found is None:
        return render_template("public/certificates/unknown.html", form=NumberForm()), 404
    return _page(found)


@blueprint.get("/certificates/<code>.pdf")
@public
def certificate_pdf(code: str) -> ResponseReturnValue:
    """The certificate to print.

    One that was taken back, replaced or suspended is no longer given out: a new copy would still print a last day to
    come, as if it held. One that ran out is: its own face says until when it was valid, and employers keep it for
    their records.
    """
    award = verification.find(db.session, code)
    if award is None:
        return render_template("public/certificates/unknown.html", form=NumberForm()), 404
    if verification.standing(award, today()).is_withdrawn:
        return _page(verification.verify(db.session, award, today()), status=410)
    document = documents.of(db.session, award.id)
    if document is None or document.stored is None:
        page = render_template("public/certificates/being_sealed.html", code=code)
        return page, 503, {"Retry-After": str(SEALED_WITHIN), "Cache-Control": ALWAYS_ASK}
    store: Store = current_app.extensions["charter_store"]
    response = Response(documents.content(document, store), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{award.number}.pdf"'
    response.headers["Cache-Control"] = ALWAYS_ASK
    response.set_etag(document.stored)
    return response.make_conditional(request)


def _page(found: Verification, status: int = 200) -> ResponseReturnValue:
    response = make_response(
        render_template("public/certificates/show.html", found=found, Standing=Standing, checked_at=now()), status
    )
    response.headers["Cache-Control"] = ALWAYS_ASK
    response.headers["X-Robots-Tag"] = "noindex"
    return response
