"""The files of evidence: saved one by one, seen as pictures, or all in one archive."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote
from uuid import UUID

from flask import Response, abort, make_response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from charter.assessment import drawing_pages, evidence_files, file_checks, previews, queries
from charter.assessment.file_checks import FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind
from charter.clock import now, today
from charter.extensions import db
from charter.framework import publishing
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import submitted
from charter.web import errors
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.uploading import evidence_store


@blueprint.route("/evidence/<uuid:evidence_id>/download")
@requires(Permission.VIEW_EVIDENCE, Evidence)
def download_evidence(evidence: Evidence) -> ResponseReturnValue:
    """The file, to save: a browser never shows it as a page of ours, nor guesses what it is, nor keeps it."""
    _check_given(evidence)
    return download(evidence)


def download(evidence: Evidence) -> Response:
    """The file of a piece of evidence as an answer. Whoever calls it has asked whether the person may see it."""
    if evidence.kind is not EvidenceKind.FILE or evidence.sha256 is None:
        abort(404)
    if evidence.is_gone:  # it was there, and its content was deleted
        abort(410)
    known = {kind.media_type for kind in FileKind}
    response = Response(evidence_files.content(evidence_store(), evidence))
    response.headers["Content-Type"] = (
        evidence.media_type if evidence.media_type in known else "application/octet-stream"
    )
    response.headers["Content-Length"] = str(evidence.size)
    response.headers["Content-Disposition"] = _attachment(evidence.filename or "file")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@blueprint.get("/evidence/<uuid:evidence_id>/preview")
@requires(Permission.VIEW_EVIDENCE, Evidence)
def preview_evidence(evidence: Evidence) -> ResponseReturnValue:
    """What a file shows, as pictures, for the employer's people and for whoever reads its case."""
    _check_given(evidence)
    if evidence.is_gone:
        abort(410)
    if evidence.opens and not previews.can_have(evidence):
        abort(404)
    return render_template(
        "employer/evidence/preview.html",
        piece=evidence,
        pages=previews.pages(evidence_store(), evidence),
        most=drawing_pages.PAGES,
    )


@blueprint.get("/evidence/<uuid:evidence_id>/preview/<int:number>")
@requires(Permission.VIEW_EVIDENCE, Evidence)
def preview_page(evidence: Evidence, number: int) -> ResponseReturnValue:
    """One picture, which we drew ourselves: the only thing of a file that a browser is given to show."""
    _check_given(evidence)
    picture = previews.page(evidence_store(), evidence, number)
    if picture is None:
        abort(404)
    response = Response(picture, content_type="image/png")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def check_no_interest(organisation_id: UUID) -> None:
    """Staff with an interest in an employer see nothing of its evidence, and are told why."""
    if not the_user().is_staff:
        return
    why = interests.why_not(db.session, the_user(), organisation_id, "look at its evidence")
    if why is not None:
        page = render_template("errors/page.html", title=errors.PAGES[403][0], text=why)
        abort(make_response(page, 403))


def _check_given(evidence: Evidence) -> None:
    """Staff see what the scheme was given. To them, what the employer keeps for itself is not there."""
    check_no_interest(evidence.organisation_id)
    if the_user().is_staff and not submitted.was_given(db.session, evidence):
        abort(404)


@blueprint.get("/assessments/<uuid:assessment_id>/evidence.zip")
@requires(Permission.VIEW_EVIDENCE, Assessment)
def download_all(assessment: Assessment) -> ResponseReturnValue:
    """All the evidence of an assessment in one archive, sent as it is made, with a list of what is in it.

    The employer gets it as it is now; staff as it was submitted last.
    """
    queries.with_its_own(db.session, assessment)
    content = assessment.framework.content
    there: Mapping[str, list[tuple[evidence_files.Opened, str]]]
    if the_user().is_staff:
        check_no_interest(assessment.organisation_id)
        said = submitted.latest(db.session, assessment)
        there = {code: [(piece, piece.place) for piece in pieces] for code, pieces in said.evidence.items()}
    else:
        used = queries.uses(db.session, assessment)
        there = {code: [(use.evidence, use.place) for use in uses] for code, uses in used.items()}
    titles = [(one.code, one.title) for one in queries.in_order(content, content.criteria)]
    pieces = evidence_files.supports(there, titles)
    return _archive(assessment.organisation, pieces)


@blueprint.get("/organisations/<uuid:organisation_id>/evidence.zip")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def download_library(organisation: Organisation) -> ResponseReturnValue:
    """All the evidence that an employer gave, older versions too, in one archive, sent as it is made."""
    content = publishing.current(db.session).content
    titles = {one.code: one.title for one in queries.in_order(content, content.criteria)}
    return _archive(organisation, evidence_files.of_library(db.session, organisation, titles))


def _archive(organisation: Organisation, pieces: Sequence[evidence_files.Supports]) -> Response:
    closed = evidence_files.shut(db.session, (one.piece for one in pieces))
    files = evidence_files.entries(evidence_store(), pieces, closed)
    response = Response(evidence_files.write_zip(files, at=now()))
    name = f"Evidence of {organisation.name}, {today():%Y-%m-%d}.zip"
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = _attachment(file_checks.clean_name(name))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _attachment(filename: str) -> str:
    """A Content-Disposition as RFC 6266 has it: a plain name for old programs, and the whole name in UTF-8."""
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%' else "_" for one in filename)
    options = {"filename": plain}
    if plain != filename:
        options["filename*"] = f"UTF-8''{quote(filename, safe='')}"
    return dump_options_header("attachment", options)
