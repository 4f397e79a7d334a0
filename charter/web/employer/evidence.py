"""Evidence: give it, see it, take it away, open it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from werkzeug.http import dump_options_header
from wtforms import Field, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField, URLField

from charter.assessment import (
    answers,
    drawing_pages,
    evidence,
    evidence_files,
    file_checks,
    previews,
    quarantine,
    queries,
)
from charter.assessment.file_checks import FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.asking import standing
from charter.framework.content import Criterion
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import allocation, submitted
from charter.review import queries as cases
from charter.scanning import Door, Infected
from charter.storage import Store, digest
from charter.web.access import requires, settings, the_user
from charter.web.employer import blueprint, timing
from charter.web.employer.answering import asked, asked_criterion
from charter.web.forms import BaseForm, DateParts, EmptyForm, at_most, stripped

FILE, LINK, ACCOUNT, LIBRARY = "file", "link", "account", "library"
CHOOSE_AGAIN = "Choose your file again. A browser does not keep it when there is a problem on the page."
KINDS = {
    FILE: "Upload a file",
    LINK: "Give a link to a web page",
    ACCOUNT: "Write a few sentences in your own words",
    LIBRARY: "Use evidence you gave before",
}
USED = {
    FILE: {"file", "place", "title", "dated_on"},
    LINK: {"url", "place", "title", "dated_on"},
    ACCOUNT: {"text", "title"},
    LIBRARY: {"library"},
}
"""The parts of the form that count for each thing that can be added."""


def place_field() -> StringField:
    """Where in a piece of evidence to look."""
    return StringField(
        "Where should the assessor look?",
        description="For example, pages 4 to 6, section 3.2. You can leave this empty.",
        filters=[stripped],
        validators=[at_most(evidence.PLACE_LIMIT, "Where to look")],
    )


class EvidenceForm(BaseForm):
    """A file, a link, a written account, or something given before; and what it is evidence for."""

    kind = RadioField("What do you want to add?", validate_choice=False)
    file = FileField("Choose a file")
    url = URLField(
        "Address of the web page",
        description="Anyone must be able to open it without signing in.",
        filters=[stripped],
    )
    text = TextAreaField("Your written account", filters=[stripped])
    library = SelectMultipleField("Evidence you gave before", validate_choice=False)
    place = place_field()
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

    @classmethod
    def offering(cls, pieces: Sequence[Evidence]) -> "EvidenceForm":
        """The form, with what can be used again and a box for where to look in each of it."""
        made = {place_of(piece): place_field() for piece in pieces if piece.kind is not EvidenceKind.ACCOUNT}
        form: EvidenceForm = type("OfferingForm", (cls,), made)()
        form.library.choices = [(str(piece.id), piece.title) for piece in pieces]
        return form

    def left_over(self) -> bool:
        """Whether something was filled in that does not count for what is being added. Says so beside each of it."""
        kind = self.chosen
        if kind not in USED:
            return False
        found = False
        for field in self:
            if field.name in {"kind", "criteria", "csrf_token"} or not self._is_filled(field):
                continue
            if field.name.startswith(PLACE_OF):
                ticked = field.name.removeprefix(PLACE_OF) in (self.library.data or ())
                said = "" if kind == LIBRARY and ticked else "Tick this evidence, or clear where to look in it."
            else:
                said = "" if field.name in USED[kind] else _LEFT_OVER[field.name].format(KINDS[kind])
            if said:
                field.errors = [said]
                found = True
        return found

    @staticmethod
    def _is_filled(field: Field) -> bool:
        return any(field.parts) if isinstance(field, DateParts) else bool(field.data)


PLACE_OF = "place-"
_CLEAR = "does not go with “{}”. Clear it, or choose something else to add."
_LEFT_OVER = {
    "file": "You also chose a file, but said “{}”. Add that first, then come back to add the file.",
    "url": f"A web address {_CLEAR}",
    "text": f"A written account {_CLEAR}",
    "place": f"Where to look {_CLEAR}",
    "title": f"A title {_CLEAR}",
    "dated_on": f"A date {_CLEAR}",
    "library": "You also ticked evidence you gave before, but said “{}”. Untick it, or choose something else to add.",
}


def place_of(piece: Evidence) -> str:
    """The name of the box for where to look in a piece that is used again."""
    return f"{PLACE_OF}{piece.id}"


class PlaceForm(BaseForm):
    """Where in a piece of evidence to look for one criterion."""

    place = place_field()
    seen = HiddenField()


@blueprint.route("/assessments/<uuid:assessment_id>/criteria/<code>/evidence", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Assessment)
def add_evidence(assessment: Assessment, code: str) -> ResponseReturnValue:
    """Give evidence for a criterion, and for others at the same time."""
    criterion = asked_criterion(assessment, code)
    open_criteria = cases.open_criteria(db.session, assessment)
    if request.method == "GET" and not answers.is_open(assessment, code, open_criteria):
        flash(answers.FROZEN, "error")
        return redirect(_criterion_page(assessment, code), 303)
    given = evidence.library(db.session, assessment.organisation)
    used = evidence.of(db.session, assessment)
    others = [
        item
        for item in asked(assessment)
        if item != criterion and answers.is_open(assessment, item.code, open_criteria)
    ]
    offered = [piece for piece in given if piece not in used.get(code, ())]
    form = EvidenceForm.offering(offered)
    form.criteria.choices = [(item.code, item.title) for item in others]
    form.kind.choices = [(kind, said) for kind, said in KINDS.items() if offered or kind != LIBRARY]
    if form.is_submitted() and form.validate() & (not form.left_over()):
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
        others=[
            (assessment.framework.content.theme(theme), list(items))
            for theme, items in groupby(others, lambda item: item.theme)
        ],
        musts=_musts(assessment, others),
        about=_about(offered, used, assessment),
        kinds=file_checks.KINDS_SAID,
        accept=file_checks.ACCEPT,
        limit=upload_limit(),
    )
    return page, 400 if form.errors else 200


def _add(assessment: Assessment, form: EvidenceForm, criteria: Sequence[str]) -> list[str]:
    """Add what the form says and return its titles. What is slow is done before the transaction."""
    kind = form.chosen
    if kind == FILE:
        with keep(form.file.data, assessment.organisation) as stored:
            return _add_to(assessment, form, criteria, stored)
    if kind not in {LINK, ACCOUNT, LIBRARY}:
        raise Refusal("Choose what you want to add.", field="kind")
    return _add_to(assessment, form, criteria, None)


def _add_to(assessment: Assessment, form: EvidenceForm, criteria: Sequence[str], stored: "Stored | None") -> list[str]:
    kind = form.chosen
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
                typed = form[place_of(piece)].data if place_of(piece) in form else None
                evidence.reuse(session, assessment, piece, places={criteria[0]: typed or ""}, **common)
            timing.count(session, assessment, criteria[0])
            return [piece.title for piece in chosen]
        common |= {"title": form.title.data or "", "places": {criteria[0]: form.place.data or ""}}
        common["dated_on"] = form.dated_on.data if kind != ACCOUNT else None
        if stored is not None:
            added = evidence.add_file(
                session,
                assessment,
                filename=stored.filename,
                checked=stored.checked,
                sha256=stored.sha256,
                size=stored.size,
                scan=stored.scan,
                **common,
            )
        elif kind == LINK:
            added = evidence.add_link(session, assessment, url=form.url.data or "", **common)
        else:
            added = evidence.add_account(session, assessment, text=form.text.data or "", **common)
        for kept in _kept(added, form):
            flash(f"You gave this before, so {kept}.", "notice")
        timing.count(session, assessment, criteria[0])
        return [added.title]


def _kept(piece: Evidence, form: EvidenceForm) -> Iterator[str]:
    """What a piece that the assessor may be reading keeps, although something else was typed."""
    title = " ".join((form.title.data or "").split())
    if title and piece.title != title:
        yield f"it keeps its title, {piece.title.removesuffix('.')}"
    if form.dated_on.data and piece.dated_on != form.dated_on.data:
        yield "it keeps its date" if piece.dated_on else "it stays without a date"


@dataclass(frozen=True)
class Stored:
    """A file that was checked and lies in the store."""

    filename: str
    checked: file_checks.Checked
    sha256: str
    size: int
    scan: quarantine.Scan
    """What the virus scanner said of it, when it answered in time."""

    @property
    def given(self) -> evidence.Given:
        """What makes a piece of evidence of it."""
        return evidence.of_file(self.filename, self.checked, self.sha256, self.size, self.scan)


@contextmanager
def keep(upload: FileStorage | None, organisation: Organisation) -> Iterator[Stored]:
    """Check an upload and put it into the store, then do the block that names it in a row.

    When the virus scanner does not answer while the person waits, the file is kept as not checked yet, and the worker
    asks again. The same content may be removed at that moment, which looks for rows that name it: so it is stored again
    after the block when it is gone by then. Raises Refusal on "file" when there is none, or it is not fit to keep.
    """
    if upload is None or not upload.filename:
        raise Refusal("Choose a file.", field="file")
    content = upload.stream.read(upload_limit() + 1)
    checked = file_checks.check(upload.filename, content, limit=upload_limit())
    scan = looked_at(content, organisation)
    stored = Stored(upload.filename, checked, evidence_store().put(content), len(content), scan)
    yield stored
    if not evidence_store().exists(stored.sha256):
        evidence_store().put(content)


def looked_at(content: bytes, organisation: Organisation) -> quarantine.Scan:
    """What the virus scanner says of content that somebody of this employer brings.

    Raises Refusal on "file" when there is a virus in it, or was when anybody gave the same before; that is kept.
    """
    door: Door = current_app.extensions["charter_door"]
    verdict = door.look(content)
    sha256 = digest(content)
    before = quarantine.known(db.session, sha256)
    if isinstance(verdict, Infected):
        found = (verdict.virus, verdict.scanned_with)
    elif before is not None and quarantine.still_refused(before, verdict):
        found = (before.virus, before.scanned_with)
    else:
        return quarantine.at_the_door(verdict, is_off=door.is_off, at=now())
    with transaction() as session:  # what was taken in before with the same content goes too
        must_go = isinstance(verdict, Infected) and quarantine.settle(session, sha256, verdict, at=now())
        quarantine.turn_away(
            session, organisation, sha256, virus=found[0], scanned_with=found[1], by=the_user(), at=now()
        )
    if must_go:
        evidence_files.forget(db.session, evidence_store(), sha256)
    raise Refusal(quarantine.HAS_VIRUS, field="file")


@blueprint.route("/assessments/<uuid:assessment_id>/evidence")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def show_evidence(assessment: Assessment) -> ResponseReturnValue:
    """All the evidence of an assessment, and what each piece of it supports."""
    queries.with_its_own(db.session, assessment)
    open_criteria = cases.open_criteria(db.session, assessment)
    content = assessment.framework.content
    used = queries.uses(db.session, assessment)
    pieces: dict[UUID, tuple[Evidence, list[tuple[Criterion, str]]]] = {}
    for criterion in queries.in_order(content, content.criteria):
        for use in used.get(criterion.code, ()):
            pieces.setdefault(use.evidence_id, (use.evidence, []))[1].append((criterion, use.place))
    return render_template(
        "employer/evidence/list.html",
        assessment=assessment,
        pieces=list(pieces.values()),
        unused=[piece for piece in evidence.library(db.session, assessment.organisation) if piece.id not in pieces],
        is_open={code: answers.is_open(assessment, code, open_criteria) for code in used},
    )


@blueprint.route(
    "/assessments/<uuid:assessment_id>/criteria/<code>/evidence/<uuid:evidence_id>/place", methods=["GET", "POST"]
)
@requires(Permission.CHANGE_EVIDENCE, Assessment)
def say_where_to_look(assessment: Assessment, code: str, evidence_id: UUID) -> ResponseReturnValue:
    """Say, or change, where in a piece of evidence to look for one criterion."""
    queries.with_its_own(db.session, assessment)
    criterion = assessment.framework.content.criterion(code)
    there = queries.uses(db.session, assessment).get(code, ())
    use = next((use for use in there if use.evidence_id == evidence_id), None)
    if criterion is None or use is None:
        abort(404)
    to_all = request.args.get("from") == "list"
    back = url_for(".show_evidence", assessment_id=assessment.id) if to_all else _criterion_page(assessment, code)
    form = PlaceForm(obj=use, data={"seen": use.place})
    theirs: str | None = None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                evidence.say_where(
                    session,
                    assessment,
                    use.evidence,
                    criterion=code,
                    place=form.place.data or "",
                    seen=form.seen.data,
                    by=the_user(),
                    at=now(),
                    open_criteria=cases.open_criteria(session, assessment),
                )
        except Stale:
            theirs = form.seen.data = use.place
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"Saved: where to look in {use.evidence.title.removesuffix('.')}.", "success")
            return redirect(back, 303)
    page = render_template(
        "employer/evidence/place.html",
        assessment=assessment,
        criterion=criterion,
        piece=use.evidence,
        form=form,
        back_to=back,
        to_all=to_all,
        is_open=answers.is_open(assessment, code, cases.open_criteria(db.session, assessment)),
        theirs=theirs,
    )
    return page, 409 if theirs is not None else 400 if form.errors else 200


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
    if the_user().is_staff and allocation.why_conflicted(db.session, the_user(), evidence.organisation_id):
        abort(403)
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
    _check_no_interest(evidence.organisation_id)
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
    _check_no_interest(evidence.organisation_id)
    picture = previews.page(evidence_store(), evidence, number)
    if picture is None:
        abort(404)
    response = Response(picture, content_type="image/png")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _check_no_interest(organisation_id: UUID) -> None:
    """Staff with an interest in an employer see nothing of its evidence."""
    if the_user().is_staff and allocation.why_conflicted(db.session, the_user(), organisation_id):
        abort(403)


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
        _check_no_interest(assessment.organisation_id)
        said = submitted.latest(db.session, assessment)
        there = {code: [(piece, piece.place) for piece in pieces] for code, pieces in said.evidence.items()}
    else:
        used = queries.uses(db.session, assessment)
        there = {code: [(use.evidence, use.place) for use in uses] for code, uses in used.items()}
    titles = [(one.code, one.title) for one in queries.in_order(content, content.criteria)]
    pieces = evidence_files.supports(there, titles)
    closed = evidence_files.shut(db.session, (one.piece for one in pieces))
    files = evidence_files.entries(evidence_store(), pieces, closed)
    response = Response(evidence_files.write_zip(files, at=now()))
    name = f"Evidence of {assessment.organisation.name}, {today():%Y-%m-%d}.zip"
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


def _musts(assessment: Assessment, criteria: Sequence[Criterion]) -> dict[str, str]:
    """The criteria that the level aimed at cannot do without, each with the words that say so."""
    stands = {one.code: standing(assessment.framework.content, one, assessment.target_level) for one in criteria}
    return {code: one.words for code, one in stands.items() if one.is_must}


def _criterion_page(assessment: Assessment, code: str) -> str:
    return url_for(".answer_criterion", assessment_id=assessment.id, code=code)


def upload_limit() -> int:
    """The most bytes that one file may have."""
    return settings().upload_limit_mb * 1_000_000


def evidence_store() -> Store:
    """Where the application keeps evidence."""
    store: Store = current_app.extensions["charter_store"]
    return store
