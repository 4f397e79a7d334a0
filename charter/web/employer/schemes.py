"""Other schemes, by what an employer answered for the charter: how near it is, what is left, and a summary to print."""

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from charter.assessment import other_schemes, scheme_summary
from charter.assessment.other_schemes import Said, SchemeCover
from charter.clock import today
from charter.extensions import db
from charter.framework import crosswalk, publishing
from charter.framework.content import Content
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import requires, settings
from charter.web.employer import blueprint


@blueprint.get("/organisations/<uuid:organisation_id>/schemes")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def list_schemes(organisation: Organisation) -> ResponseReturnValue:
    """Every other scheme of the crosswalk, with how much of it the employer's answers cover already."""
    content, said, found = _found(organisation)
    nearest = sorted(found, key=lambda one: (not one.held, -one.done / max(one.total, 1)))  # else in their own order
    begun = [one for one in nearest if one.held or one.done]
    return render_template(
        "employer/schemes/list.html",
        organisation=organisation,
        content=content,
        said=said,
        schemes=begun or nearest,
        far=[one for one in nearest if one not in begun] if begun else (),
    )


@blueprint.get("/organisations/<uuid:organisation_id>/schemes/<code>")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_scheme(organisation: Organisation, code: str) -> ResponseReturnValue:
    """One other scheme, item by item with the questions that cover it."""
    content, said, found = _found(organisation)
    return render_template(
        "employer/schemes/show.html",
        organisation=organisation,
        content=content,
        said=said,
        scheme=_one(found, code),
        asked=_asked(said),
    )


@blueprint.get("/organisations/<uuid:organisation_id>/schemes/<code>/summary.pdf")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def print_scheme(organisation: Organisation, code: str) -> ResponseReturnValue:
    """What is in place for another scheme, to print beside that scheme's own form."""
    content, said, found = _found(organisation)
    scheme = _one(found, code)
    answered_on = said.assessment.framework.content if said.assessment else content
    facts = scheme_summary.Facts(organisation.name, settings().scheme_name, today())
    response = Response(scheme_summary.draw(scheme, answered_on, facts), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}-summary-{today().isoformat()}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _found(organisation: Organisation) -> tuple[Content, Said, tuple[SchemeCover, ...]]:
    content = publishing.current(db.session).content
    said = other_schemes.read(db.session, organisation)
    schemes = crosswalk.of(db.session, content)
    return content, said, other_schemes.cover(content, schemes, said, on=today())


def _one(found: tuple[SchemeCover, ...], code: str) -> SchemeCover:
    scheme = next((one for one in found if one.scheme.code == code), None)
    return scheme if scheme is not None else abort(404)


def _asked(said: Said) -> frozenset[str]:
    """The criteria that the employer may answer now, each on its page of the assessment under way."""
    if said.assessment is None or not said.assessment.is_editable:
        return frozenset()
    content = said.assessment.framework.content
    return frozenset(criterion.code for criterion in content.asked(said.assessment.target_level))
