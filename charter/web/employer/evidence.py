"""Evidence: give it, see it, take it away, open it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from werkzeug.http import dump_options_header
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField, URLField

from charter.assessment import answers, evidence, file_checks, queries
from charter.assessment.file_checks import FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Criterion
from charter.permissions import Permission
from charter.review import allocation
from charter.review import queries as cases
from charter.storage import Store
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint
from charter.web.employer.answering import asked, asked_criterion
from charter.web.forms import BaseForm, DateParts, EmptyForm, at_most, stripped

FILE, LINK, ACCOUNT, LIBRARY = "file", "link", "account", "library"
CHOOSE_AGAIN = "Choose your file again. A browser does not keep it when there is a problem on the page."
TEXT_LIMIT = 10_000


class EvidenceForm(BaseForm):
    """A file, a link, a written account, or something given before; and what it is evidence for."""

    kind = RadioField("What do you want to add?", validate_choice=False)
    file = FileField("Choose a file")
    url = URLField(
        "Address of the web page",
        description="Anyone must be able to open it without signing in.",
        filters=[stripped],
    )
    text = TextAreaField(
        "Tell us what you do",
        filters=[stripped],
        validators=[at_most(TEXT_LIMIT, "Your account")],
    )
    library = SelectMultipleField("Evidence you gave before", validate_choice=False)
    title = StringField(
        "Title",
        description="A short name for it, such as Sick leave policy. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(evidence.TITLE_LIMIT, "The title")],
    )
    dated_on = DateParts("Date on the document", description="For example, 27 3 2026. You can leave this empty.")
    criteria = SelectMultipleField("Tick every other criterion that it supports", validate_choice=False)

    @property
    def chosen(self) -> str:
        """What is being added. Who filled in one part and forgot to say so means that part."""
        if self.kind.data:
            return str(self.kind.data)
        filled = [
            kind
            for kind, field in ((FILE, self.file), (LINK, self.url), (ACCOUNT, self.text), (LIBRARY, self.library))
            if field.data
        ]
        return filled[0] if len(filled) == 1 else ""


@blueprint.route("/assessments/<uuid:assessment_id>/criteria/<code>/evidence", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Assessment)
def add_evidence(assessment: Assessment, code: str) -> ResponseReturnValue:
    """Give evidence for a criterion, and for others at the same time."""
    criterion = asked_criterion(assessment, code)
    form = EvidenceForm()
    open_criteria = cases.open_criteria(db.session, assessment)
    if not form.is_submitted() and not answers.is_open(assessment, code, open_criteria):
        flash(answers.FROZEN, "error")
        return redirect(_criterion_page(assessment, code), 303)
    given = evidence.library(db.session, assessment.organisation)
    used = evidence.of(db.session, assessment)
    others = [
        item
        for item in asked(assessment)
        if item != criterion and answers.is_open(assessment, item.code, open_criteria)
    ]
    form.criteria.choices = [(item.code, item.title) for item in others]
    offered = [piece for piece in given if piece not in used.get(code, ())]
    form.library.choices = [(str(piece.id), piece.title) for piece in offered]
    form.kind.choices = [
        (FILE, "Upload a file"),
        (LINK, "Give a link to a web page"),
        (ACCOUNT, "Write a few sentences in your own words"),
        *([(LIBRARY, "Use evidence you gave before")] if offered else []),
    ]
    if form.is_submitted() and form.validate():
        try:
            titles = _add(assessment, form, [code, *(form.criteria.data or [])])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"Evidence added: {', '.join(titles).removesuffix('.')}.", "success")
            return redirect(_criterion_page(assessment, code), 303)
    if form.errors and form.file.data and not form.file.errors:
        form.file.errors = [CHOOSE_AGAIN]
    form.kind.data = form.chosen
    page = render_template(
        "employer/evidence/add.html",
        assessment=assessment,
        content=assessment.framework.content,
        criterion=criterion,
        form=form,
        others=others,
        about=_about(offered, used, assessment),
        kinds=file_checks.KINDS_SAID,
        accept=file_checks.ACCEPT,
        limit=_limit(),
    )
    return page, 400 if form.errors else 200


def _add(assessment: Assessment, form: EvidenceForm, criteria: Sequence[str]) -> list[str]:
    """Add what the form says and return its titles. What is slow is done before the transaction."""
    kind = form.chosen
    if kind == FILE:
        checked, sha256, size, filename = _stored(form.file.data)
    elif kind not in {LINK, ACCOUNT, LIBRARY}:
        raise Refusal("Choose what you want to add.", field="kind")
    with transaction() as session:
        common: dict[str, Any] = {
            "criteria": criteria,
            "by": the_user(),
            "at": now(),
            "open_criteria": cases.open_criteria(session, assessment),
        }
        if kind == LIBRARY:
            ids = set(form.library.data or ())
            chosen = [piece for piece in evidence.library(session, assessment.organisation) if str(piece.id) in ids]
            if not chosen:
                raise Refusal("Tick at least one piece of evidence.", field="library")
            for piece in chosen:
                evidence.reuse(session, assessment, piece, **common)
            return [piece.title for piece in chosen]
        common |= {"title": form.title.data or "", "dated_on": form.dated_on.data}
        if kind == FILE:
            added = evidence.add_file(
                session, assessment, filename=filename, checked=checked, sha256=sha256, size=size, **common
            )
        elif kind == LINK:
            added = evidence.add_link(session, assessment, url=form.url.data or "", **common)
        else:
            added = evidence.add_account(session, assessment, text=form.text.data or "", **common)
        return [added.title]


def _stored(upload: FileStorage | None) -> tuple[file_checks.Checked, str, int, str]:
    """Check an upload and put it in the store: what it is, its hash, its size and its name."""
    if upload is None or not upload.filename:
        raise Refusal("Choose a file.", field="file")
    content = upload.stream.read(_limit() + 1)
    checked = file_checks.check(upload.filename, content, limit=_limit())
    return checked, _store().put(content), len(content), upload.filename


@blueprint.route("/assessments/<uuid:assessment_id>/evidence")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def show_evidence(assessment: Assessment) -> ResponseReturnValue:
    """All the evidence of an assessment, and what each piece of it supports."""
    queries.with_its_own(db.session, assessment)
    open_criteria = cases.open_criteria(db.session, assessment)
    content = assessment.framework.content
    used = evidence.of(db.session, assessment)
    pieces: dict[UUID, tuple[Evidence, list[Criterion]]] = {}
    for criterion in queries.in_order(content, content.criteria):
        for piece in used.get(criterion.code, ()):
            pieces.setdefault(piece.id, (piece, []))[1].append(criterion)
    return render_template(
        "employer/evidence/list.html",
        assessment=assessment,
        pieces=list(pieces.values()),
        unused=[piece for piece in evidence.library(db.session, assessment.organisation) if piece.id not in pieces],
        is_open={code: answers.is_open(assessment, code, open_criteria) for code in used},
    )


@blueprint.route(
    "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/remove", methods=["GET", "POST"]
)
@requires(Permission.CHANGE_EVIDENCE, Assessment)
def remove_evidence(assessment: Assessment, code: str, evidence_id: UUID) -> ResponseReturnValue:
    """Stop using a piece of evidence for a criterion, after a question."""
    queries.with_its_own(db.session, assessment)
    criterion = assessment.framework.content.criterion(code)
    there = evidence.of(db.session, assessment).get(code, ())
    piece = next((piece for piece in there if piece.id == evidence_id), None)
    form = EmptyForm()
    if criterion is not None and piece is None and form.is_submitted():  # the button was pressed twice
        return redirect(_criterion_page(assessment, code), 303)
    if criterion is None or piece is None:
        abort(404)
    if form.validate_on_submit():
        title = piece.title
        with transaction() as session:
            gone = evidence.detach(
                session,
                assessment,
                piece,
                criterion=code,
                by=the_user(),
                at=now(),
                open_criteria=cases.open_criteria(session, assessment),
            )
        flash(f"{title} was deleted." if gone else f"{title} was removed from {criterion.title}.", "success")
        return redirect(_criterion_page(assessment, code), 303)
    return render_template(
        "employer/evidence/remove.html",
        assessment=assessment,
        criterion=criterion,
        piece=piece,
        form=form,
        is_open=answers.is_open(assessment, code, cases.open_criteria(db.session, assessment)),
        is_kept=evidence.is_kept(db.session, piece, but_for=(assessment, code)),
    )


@blueprint.route("/evidence/<uuid:evidence_id>/download")
@requires(Permission.VIEW_EVIDENCE, Evidence)
def download_evidence(evidence: Evidence) -> ResponseReturnValue:
    """The file, to save: a browser never shows it as a page of ours, nor guesses what it is, nor keeps it."""
    if evidence.kind is not EvidenceKind.FILE or evidence.sha256 is None:
        abort(404)
    if the_user().is_staff and allocation.why_conflicted(db.session, the_user(), evidence.organisation_id):
        abort(403)
    known = {kind.media_type for kind in FileKind}
    response = Response(_store().open(evidence.sha256))
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


def _attachment(filename: str) -> str:
    """A Content-Disposition as RFC 6266 has it: a plain name for old programs, and the whole name in UTF-8."""
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%' else "_" for one in filename)
    options = {"filename": plain}
    if plain != filename:
        options["filename*"] = f"UTF-8''{quote(filename, safe='')}"
    return dump_options_header("attachment", options)


def _about(
    pieces: Sequence[Evidence], used: Mapping[str, Sequence[Evidence]], assessment: Assessment
) -> dict[str, str]:
    """For each piece, in a line: what it is, and what it supports already in this assessment."""
    content = assessment.framework.content
    supports: dict[UUID, list[str]] = {}
    for code, there in used.items():
        criterion = content.criterion(code)
        for piece in there:
            supports.setdefault(piece.id, []).append(criterion.title if criterion else code)
    return {
        str(piece.id): ". ".join(
            part
            for part in (
                piece.kind.label,
                f"Used for {', '.join(supports[piece.id])}" if piece.id in supports else "",
            )
            if part
        )
        for piece in pieces
    }


def _criterion_page(assessment: Assessment, code: str) -> str:
    return url_for(".answer_criterion", assessment_id=assessment.id, code=code)


def _limit() -> int:
    return settings().upload_limit_mb * 1_000_000


def _store() -> Store:
    store: Store = current_app.extensions["charter_store"]
    return store
