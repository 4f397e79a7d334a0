"""The directory of services: programmes that help employers, by need, county and size."""

from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, SelectField, StringField

from charter.account.models import Role
from charter.award.certificate import Issuer
from charter.clock import today
from charter.extensions import db
from charter.framework import publishing
from charter.framework.content import Content
from charter.improvement import guide, programmes, taking_up
from charter.improvement.models import Programme
from charter.improvement.programmes import Search
from charter.web.access import public, settings, signed_in_user
from charter.web.forms import stripped
from charter.web.public import blueprint, memory


class SearchForm(Form):
    """What to look for in the directory. Sent with GET: it changes nothing, so it carries no token."""

    q = StringField("Words", description="For example, stress or disabled", filters=[stripped])
    need = SelectField("What you need help with", validate_choice=False)
    county = SelectField("County", validate_choice=False)
    size = SelectField("People you employ", validate_choice=False)


def _form(content: Content) -> SearchForm:
    form = SearchForm(request.args)
    form.need.choices = [("", "Anything"), *((one.code, one.title) for one in content.themes)]
    form.county.choices = [("", "Any county"), *((one.code, one.title) for one in content.counties)]
    form.size.choices = [("", "Any size"), *((one.code, one.title) for one in content.size_bands)]
    return form


def _asked(form: SearchForm, content: Content) -> Search:
    """The search that the form asks for; a value that is not one of the choices asks for nothing."""

    def chosen(field: Any) -> str:
        return field.data if field.data in dict(field.choices) else ""

    return Search(
        text=(form.q.data or "")[:160],
        theme=chosen(form.need),
        county=chosen(form.county),
        size=content.size_band(chosen(form.size)),
    )


@blueprint.get("/services")
@public
def list_services() -> ResponseReturnValue:
    """The programmes that help, as searched for."""
    content = publishing.current(db.session).content
    form = _form(content)
    asked = _asked(form, content)
    found = programmes.search(db.session, asked, content)
    return render_template("public/services/list.html", content=content, form=form, asked=asked, found=found)


@blueprint.get("/services/guide.pdf")
@public
def services_guide() -> ResponseReturnValue:
    """The whole directory to print. It is drawn again only when a service changed, or the day."""
    framework = publishing.current(db.session)
    content, day, chosen = framework.content, today(), settings()
    issuer = Issuer(scheme=chosen.scheme_name, area=chosen.scheme_area, owner=chosen.scheme_owner)
    said = guide.Facts(issuer=issuer, on=day, address=chosen.base_url + url_for(".list_services"))

    def draw() -> bytes:
        return guide.draw(programmes.search(db.session, Search(), content), content, said)

    drawn = memory().recall(db.session, ("guide", framework.id, said), (Programme,), draw)
    response = Response(drawn, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="employer-guide-{day.isoformat()}.pdf"'
    return response


@blueprint.get("/services/<code>")
@public
def show_service(code: str) -> ResponseReturnValue:
    """One programme: what it offers, for whom, how to start, and how to ask for it."""
    programme = service(code)
    user = signed_in_user()
    mine = [one.organisation_id for one in user.memberships] if user is not None and user.role is Role.EMPLOYER else []
    asked = taking_up.asked_by(db.session, mine, programme=programme) if mine else ()
    return render_template(
        "public/services/show.html",
        content=publishing.current(db.session).content,
        programme=programme,
        employed=bool(mine),
        may_ask=user is None or user.role is Role.EMPLOYER,
        asked=asked,
        who_asked=taking_up.who_asked(db.session, asked),
    )


def service(code: str) -> Programme:
    """The programme in the directory with this code; 404 when there is none."""
    return programmes.find_open(db.session, code) or abort(404)
