"""The public register of accredited employers, as pages and as open data."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, SelectField, StringField

from charter.award import register
from charter.award.register import COLUMNS, Search
from charter.clock import today
from charter.extensions import db
from charter.framework import publishing
from charter.framework.content import Content
from charter.organisation import gone
from charter.organisation.models import Organisation
from charter.web.access import public, settings
from charter.web.forms import stripped
from charter.web.public import ALWAYS_ASK, OPEN, blueprint, memory

LICENCE = "Open Government Licence v3.0"


class SearchForm(Form):
    """What to look for on the register. Sent with GET: it changes nothing, so it carries no token."""

    q = StringField("Name of the employer", filters=[stripped])
    county = SelectField("County", validate_choice=False)
    sector = SelectField("Kind of work", validate_choice=False)
    size = SelectField("Size", validate_choice=False)
    level = SelectField("Level", validate_choice=False)


def _form(content: Content) -> SearchForm:
    form = SearchForm(request.args)
    form.county.choices = [("", "Any county"), *((one.code, one.title) for one in content.counties)]
    form.sector.choices = [("", "Any kind of work"), *((one.code, one.words) for one in content.sectors)]
    form.size.choices = [("", "Any size"), *((one.code, one.title) for one in content.size_bands)]
    form.level.choices = [("", "Any level"), *((str(one.rank), one.title) for one in content.levels)]
    return form


def _asked(form: SearchForm) -> Search:
    """The search that the form asks for; a value that is not one of the choices asks for nothing."""

    def chosen(field: Any) -> str:
        return field.data if field.data in dict(field.choices) else ""

    level = chosen(form.level)
    return Search(
        text=(form.q.data or "")[:160],
        county=chosen(form.county),
        sector=chosen(form.sector),
        size=chosen(form.size),
        level=int(level) if level else None,
    )


@blueprint.get("/employers")
@public
def list_employers() -> ResponseReturnValue:
    """The employers that agreed to be named and hold a level today, as searched for."""
    framework = publishing.current(db.session)  # held, so that the rows on this version do not read it again
    content = framework.content
    form = _form(content)
    asked = _asked(form)
    number = request.args.get("page", "1")
    page = int(number) if number.isdecimal() and len(number) < 7 else 1
    found = register.search(db.session, asked, page=page, on=today(), memory=memory())
    kept = {name: value for name, value in request.args.items() if name in form.data and value}

    def address(number: int) -> str:
        return f"{url_for('.list_employers')}?{urlencode({**kept, 'page': number})}"

    return render_template(
        "public/employers/list.html",
        content=content,
        form=form,
        asked=asked,
        found=found,
        suspended=found.suspended,
        address=address,
        kept=kept,
        columns=COLUMNS,
        licence=LICENCE,
    )


@blueprint.get("/employers.csv")
@public
def employers_csv() -> ResponseReturnValue:
    """The same as CSV, all of it, as searched for."""
    return _open_data(register.as_csv(_rows()), "text/csv; charset=utf-8", "csv")


@blueprint.get("/employers.json")
@public
def employers_json() -> ResponseReturnValue:
    """The same as JSON, with what each column means."""
    return _open_data(register.as_json(_rows(), on=today(), licence=LICENCE), "application/json", "json")


def _rows() -> Iterator[dict[str, Any]]:
    content = publishing.current(db.session).content
    address = settings().base_url + url_for(".check_certificate")
    return register.rows(db.session, _asked(_form(content)), content, on=today(), address=address)


def _open_data(pieces: Iterator[str], content_type: str, ending: str) -> Response:
    response = Response(stream_with_context(pieces), content_type=content_type, headers=OPEN)
    name = f"accredited-employers-{today().isoformat()}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/employers/<uuid:organisation_id>")
@public
def show_employer(organisation_id: UUID) -> ResponseReturnValue:
    """One employer on the register. One that did not agree to be named, or holds no level today, is not there."""
    entry = register.entry(db.session, organisation_id, on=today())
    if entry is None:
        into = gone.leads_to(db.session, db.session.get(Organisation, organisation_id))
        if into is not None:  # it was here twice: its old address leads to what it is now
            return redirect(url_for(".show_employer", organisation_id=into.id), 301)
        abort(404)
    content = publishing.current(db.session).content
    page = render_template("public/employers/show.html", entry=entry, content=content)
    return page, {"Cache-Control": ALWAYS_ASK}
