"""Evidence: give it, see it, take it away, open it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from charter.assessment import (
    answers,
    evidence,
    file_checks,
    queries,
    shelf,
)
from charter.assessment.models import Assessment, Evidence
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.asking import standing
from charter.framework.content import Criterion
from charter.permissions import Permission
from charter.review import queries as cases
from charter.web.access import requires, the_user
from charter.web.employer import blueprint, timing
from charter.web.employer.answering import asked, asked_criterion
from charter.web.employer.evidence_forms import (
    ACCOUNT,
    FILE,
    KINDS,
    LIBRARY,
    LINK,
    PLACE_OF,
    EvidenceForm,
    PlaceForm,
    place_of,
)
from charter.web.employer.uploading import CHOOSE_AGAIN, Stored, keep, upload_limit
from charter.web.forms import EmptyForm, id_in, page_asked_for


@blueprint.route("/assessments/<uuid:assessment_id>/criteria/<code>/evidence", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Assessment)
def add_evidence(assessment: Assessment, code: str) -> ResponseReturnValue:
    """Give evidence for a criterion, and for others at the same time."""
    criterion = asked_criterion(assessment, code)
    open_criteria = cases.open_criteria(db.session, assessment)
    if request.method == "GET" and not answers.is_open(assessment, code, open_criteria):
        flash(answers.FROZEN, "error")
        return redirect(_criterion_page(assessment, code), 303)
    used = evidence.of(db.session, assessment)
    others = [
        item
        for item in asked(assessment)
        if item != criterion and answers.is_open(assessment, item.code, open_criteria)
    ]
    offered = _offered(assessment, code)
    form = EvidenceForm.offering(offered.pieces)
    # Another page of what was given before is wanted: everything typed stays as it is. (Who presses Enter in another
    # part of the form sends that button with it, and means the form.)
    turned = "page" in request.form and form.chosen in {LIBRARY, ""}
    form.offer_types(assessment.framework.content.evidence_rules, criterion)
    form.criteria.choices = [(item.code, item.title) for item in others]
    form.kind.choices = [(kind, said) for kind, said in KINDS.items() if offered.total or kind != LIBRARY]
    if turned:
        form.kind.data = LIBRARY
        if form.file.data:
            form.file.errors = [CHOOSE_AGAIN]
    elif form.is_submitted() and form.validate() & (not form.left_over()):
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
        offered=offered,
        about=_about(offered.pieces, used, assessment),
        kinds=file_checks.KINDS_SAID,
        accept=file_checks.ACCEPT,
        limit=upload_limit(),
    )
    return page, 400 if form.errors else 200


@dataclass(frozen=True)
class Offered:
    """What can be used again, as the form offers it: one page, after what was ticked or written about before."""

    pieces: Sequence[Evidence]
    found: int
    total: int
    number: int
    pages: int


def _offered(assessment: Assessment, code: str) -> Offered:
    """What the form offers to use again. What is ticked, or has a place typed for it, stays whatever the page."""
    form = request.form or g.get("typed_before") or MultiDict()
    page = page_asked_for(form.get("page") or form.get("shown") or request.args.get("page"))
    found = shelf.reusable(
        db.session,
        assessment.organisation,
        unused_in=assessment,
        criterion=code,
        words=form.get("find", "").strip()[:200],
        page=page,
    )
    typed = [name.removeprefix(PLACE_OF) for name in form if name.startswith(PLACE_OF) and form[name].strip()]
    kept = shelf.chosen(db.session, assessment.organisation, _ids([*form.getlist("library"), *typed]))
    there = {piece.id for piece in kept}
    pieces = [*kept, *(piece for piece in found.pieces if piece.id not in there)]
    return Offered(pieces, found.found, found.total, found.number, found.pages)


def _ids(typed: Sequence[str]) -> set[UUID]:
    """Those of the texts that are ids; no more than one form can hold."""
    return {found for text in typed[:_MOST_TICKED] if (found := id_in(text))}


_MOST_TICKED = 1_000


def _add(assessment: Assessment, form: EvidenceForm, criteria: Sequence[str]) -> list[str]:
    """Add what the form says and return its titles. What is slow is done before the transaction."""
    kind = form.chosen
    if kind == FILE:
        with keep(form.file.data, assessment.organisation) as stored:
            return _add_to(assessment, form, criteria, stored)
    if kind not in {LINK, ACCOUNT, LIBRARY}:
        raise Refusal("Choose what you want to add.", field="kind")
    return _add_to(assessment, form, criteria, None)


def _add_to(assessment: Assessment, form: EvidenceForm, criteria: Sequence[str], stored: Stored | None) -> list[str]:
    kind = form.chosen
    with transaction() as session:
        common: dict[str, Any] = {
            "criteria": criteria,
            "by": the_user(),
            "at": now(),
            "open_criteria": cases.open_criteria(session, assessment),
        }
        if kind == LIBRARY:
            chosen = shelf.chosen(session, assessment.organisation, _ids(form.library.data or ()))
            if not chosen:
                raise Refusal("Tick at least one piece of evidence.", field="library")
            for piece in chosen:
                typed = form[place_of(piece)].data if place_of(piece) in form else None
                evidence.reuse(session, assessment, piece, places={criteria[0]: typed or ""}, **common)
            timing.count(session, assessment, criteria[0])
            return [piece.title for piece in chosen]
        common |= {"title": form.title.data or "", "places": {criteria[0]: form.place.data or ""}}
        if kind == ACCOUNT:
            common["dated_on"] = None
        else:
            common |= {"type": form.type.data or None, "dates": form.dates}
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
    if form.type.data and piece.type != form.type.data:
        yield "it stays the kind of document that it was"


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
    unused = shelf.reusable(
        db.session,
        assessment.organisation,
        unused_in=assessment,
        page=page_asked_for(request.args.get("page")),
        each=shelf.EACH,
    )
    return render_template(
        "employer/evidence/list.html",
        assessment=assessment,
        pieces=list(pieces.values()),
        unused=unused,
        url=lambda page: url_for(".show_evidence", assessment_id=assessment.id, page=page, _anchor="unused"),
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
