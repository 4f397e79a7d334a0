"""The library: an employer's evidence in one place, given once, kept in date, replaced with every version kept."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, SelectField, StringField, TextAreaField, URLField

from charter.assessment import evidence, evidence_kinds, file_checks, library, previews, shelf
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.evidence_kinds import Given
from charter.assessment.models import Evidence, EvidenceKind
from charter.assessment.shelf import Order, Wanted
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content, EvidenceRules
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import queries as cases
from charter.web.access import requires, signed_in_user, the_user
from charter.web.employer import blueprint, putting_to_use
from charter.web.employer.differing import Difference, differing
from charter.web.employer.uploading import CHOOSE_AGAIN, evidence_store, keep, upload_limit
from charter.web.forms import BaseForm, DateParts, EmptyForm, at_most, page_asked_for, stripped

MOST_FILES = 20
"""How many files can be sent at once."""
UNKNOWN_TYPE = ("", "I would rather not say")


class FilesForm(BaseForm):
    """Several files at once."""

    files = MultipleFileField("Choose your files")
    type = SelectField("What are they?", validate_choice=False)


class DetailsForm(BaseForm):
    """What a piece is called, what kind it is and when it holds."""

    title = StringField("Title", filters=[stripped], validators=[at_most(evidence_kinds.TITLE_LIMIT, "The title")])
    type = SelectField("What kind of document is it?", validate_choice=False)
    dated_on = DateParts("Date on the document")
    effective_from = DateParts("In use from")
    period_from = DateParts("First day that it covers")
    period_to = DateParts("Last day that it covers")
    valid_until = DateParts("Valid until", description="The last day, when the document says one.")
    seen = HiddenField()
    """The mark of what was shown."""

    @property
    def dates(self) -> Dates:
        """The dates that were typed."""
        return Dates(**{name: self[name].data for name in Dates.__dataclass_fields__})


class ReplaceForm(BaseForm):
    """A newer version: of each kind one field counts."""

    file = FileField("Choose the newer file")
    url = URLField("Address of the newer web page", filters=[stripped])
    text = TextAreaField("Your new words", filters=[stripped])
    title = StringField("Title", filters=[stripped], validators=[at_most(evidence_kinds.TITLE_LIMIT, "The title")])
    type = SelectField("What kind of document is it?", validate_choice=False)
    dated_on = DateParts("Date on the document")
    effective_from = DateParts("In use from")
    period_from = DateParts("First day that it covers")
    period_to = DateParts("Last day that it covers")
    valid_until = DateParts("Valid until", description="The last day, when the document says one.")

    dates = DetailsForm.dates


@blueprint.url_value_preprocessor
def _room_for_files(endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """Several files at once are larger than one form is otherwise; only people who are signed in may send them."""
    if endpoint == "employer.add_to_library" and signed_in_user() is not None:
        request.max_content_length = MOST_FILES * upload_limit() + 1_000_000


# Look --------------------------------------------------------------------------------------------------------------


@blueprint.get("/organisations/<uuid:organisation_id>/evidence")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_library(organisation: Organisation) -> ResponseReturnValue:
    """Everything that the employer gave, narrowed and in the order that the address asks for."""
    content = publishing.current(db.session).content
    asked = request.args
    wanted = Wanted(
        words=asked.get("words", "").strip()[:200],
        kind=asked.get("kind", "") if asked.get("kind") in {kind.value for kind in EvidenceKind} else "",
        criterion=asked.get("criterion", "")[:32],
        state=asked.get("state", "") if asked.get("state") in {shelf.UNUSED, shelf.CHECKING, *State} else "",
        order=next((order for order in Order if order.value == asked.get("order")), Order.NEWEST),
    )
    found = shelf.read(
        db.session, organisation, content.evidence_rules, wanted, on=today(), page=page_asked_for(asked.get("page"))
    )
    kept = {name: value for name, value in asdict(wanted).items() if value and value != Order.NEWEST}
    return render_template(
        "employer/library/list.html",
        organisation=organisation,
        content=content,
        found=found,
        wanted=wanted,
        kinds=EvidenceKind,
        states=State,
        orders=Order,
        to_renew=shelf.TO_RENEW,
        url=lambda page: url_for(".show_library", organisation_id=organisation.id, **kept, page=page, _anchor="found"),
        UNUSED=shelf.UNUSED,
        CHECKING=shelf.CHECKING,
    )


@blueprint.get("/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def show_piece(organisation: Organisation, evidence_id: UUID) -> ResponseReturnValue:
    """One piece: what it supports, its dates, its versions and its history."""
    piece = _piece(organisation, evidence_id)
    content = publishing.current(db.session).content
    return render_template(
        "employer/library/piece.html",
        organisation=organisation,
        content=content,
        piece=piece,
        about=library.item(db.session, piece, content.evidence_rules, on=today()),
        happened=HAPPENED,
        shows=previews.pages(evidence_store(), piece),
        using=putting_to_use.offered(organisation, [piece]),
    )


HAPPENED = {
    "evidence:add": "added it",
    "evidence:attach": "used it",
    "evidence:detach": "stopped using it",
    "evidence:place": "said where to look",
    "evidence:describe": "changed its title, kind or dates",
    "evidence:replace": "replaced the older version with this",
    "evidence:turn-down": "turned it down for privacy",
    "evidence:virus": "found a virus in it and deleted it",
}


# Give --------------------------------------------------------------------------------------------------------------


@blueprint.route("/organisations/<uuid:organisation_id>/evidence/add", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def add_to_library(organisation: Organisation) -> ResponseReturnValue:
    """Give several files at once. Each is checked by itself: the good ones are kept, the others are named.

    A script sends them one by one, to show how far each is, and asks for JSON.
    """
    content = publishing.current(db.session).content
    form = FilesForm()
    form.type.choices = _types(content, EvidenceKind.FILE)
    by_script = request.accept_mimetypes.best == "application/json"
    added: list[Evidence] = []
    known: list[tuple[str, Evidence]] = []
    refused: list[tuple[str, str]] = []
    if form.validate_on_submit():
        files = [file for file in form.files.data or () if isinstance(file, FileStorage) and file.filename]
        if not files:
            form.files.errors = ["Choose at least one file."]
        elif len(files) > MOST_FILES:
            form.files.errors = [f"Choose at most {MOST_FILES} files at once. You chose {len(files)}."]
        else:
            for file in files:
                try:
                    piece, is_new = _give(organisation, file, content.evidence_rules, form.type.data)
                except Refusal as refusal:
                    refused.append((file_checks.clean_name(file.filename or ""), str(refusal)))
                else:
                    if is_new:
                        added.append(piece)
                    else:
                        known.append((file_checks.clean_name(file.filename or ""), piece))
    if by_script and form.is_submitted():
        return _told(organisation, form, added, known, refused)
    use_them = putting_to_use.address(organisation, added) if added else None
    if (added or known) and not refused:
        flash(_sum(added, known), "success")
        return redirect(use_them or url_for(".show_library", organisation_id=organisation.id), 303)
    page = render_template(
        "employer/library/add.html",
        organisation=organisation,
        content=content,
        form=form,
        added=added,
        known=[_had(*one) for one in known],
        use_them=use_them,
        may_use=putting_to_use.is_there_any(organisation),
        refused=refused,
        kinds=file_checks.KINDS_SAID,
        accept=file_checks.ACCEPT,
        limit=upload_limit(),
        most=MOST_FILES,
    )
    return page, 400 if form.errors or refused else 200


def _give(
    organisation: Organisation, file: FileStorage, rules: EvidenceRules, type: str | None
) -> tuple[Evidence, bool]:
    """Check one file, store it and put it into the library. What is slow is done before the transaction."""
    with keep(file, organisation) as stored, transaction() as session:
        return library.give(
            session, organisation, EvidenceKind.FILE, stored.given, rules=rules, type=type, by=the_user(), at=now()
        )


def _told(
    organisation: Organisation,
    form: FilesForm,
    added: list[Evidence],
    known: list[tuple[str, Evidence]],
    refused: list[tuple[str, str]],
) -> ResponseReturnValue:
    """What became of the one file that the script sent."""
    if added or known:
        piece = added[0] if added else known[0][1]
        address = url_for(".show_piece", organisation_id=organisation.id, evidence_id=piece.id)
        return jsonify(
            id=str(piece.id), title=piece.title, address=address, checking=piece.is_being_checked, known=not added
        )
    why = refused[0][1] if refused else next(iter(form.files.errors), "The page is out of date. Open it again.")
    return jsonify(error=why), 400


def _sum(added: list[Evidence], known: list[tuple[str, Evidence]]) -> str:
    parts = [f"{_files(len(added))} added."] if added else []
    parts += [f"You have {_had(*one)}." for one in known]
    if any(piece.is_being_checked for piece in (*added, *(piece for _, piece in known))):
        parts.append("What is marked as being checked for viruses can be opened once that is done.")
    return " ".join(parts)


def _had(name: str, piece: Evidence) -> str:
    """What was there already, under which name."""
    return f"{name} already" if name == piece.title else f"{name} already, as “{piece.title}”"


def _files(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"


# Change ------------------------------------------------------------------------------------------------------------


@blueprint.route("/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/details", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def describe_piece(organisation: Organisation, evidence_id: UUID) -> ResponseReturnValue:
    """Say what a piece is called, what kind it is and when it holds."""
    piece = _piece(organisation, evidence_id)
    content = publishing.current(db.session).content
    form = DetailsForm(obj=piece, data={"seen": library.mark(piece)})
    form.type.choices = _types(content, piece.kind, piece.type)
    differences: list[Difference] | None = None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                library.describe(
                    session,
                    piece,
                    rules=content.evidence_rules,
                    title=form.title.data or "",
                    type=form.type.data or None,
                    dates=form.dates,
                    seen=form.seen.data,
                    by=the_user(),
                    at=now(),
                )
        except Stale:
            piece = _piece(organisation, evidence_id)
            form.seen.data = library.mark(piece)
            differences = _differences(piece, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"Saved: {piece.title.removesuffix('.')}.", "success")
            return redirect(_here(piece), 303)
    page = render_template(
        "employer/library/details.html",
        organisation=organisation,
        content=content,
        piece=piece,
        form=form,
        needs=_needs(content),
        differences=differences,
    )
    return page, 409 if differences is not None else 400 if form.errors else 200


def _differences(piece: Evidence, form: DetailsForm) -> list[Difference]:
    """Where what is saved of a piece and what was typed are not the same."""
    kinds = {value: label for value, label, *_ in form.type.iter_choices()}
    rows: list[tuple[str, object, object]] = [
        (form.title.label.text, piece.title, form.title.data),
        (form.type.label.text, kinds.get(piece.type or ""), kinds.get(form.type.data or "")),
    ]
    rows += [(form[name].label.text, getattr(piece, name), form[name].data) for name in Dates.__dataclass_fields__]
    return differing(rows)


@blueprint.route("/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/replace", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def replace_piece(organisation: Organisation, evidence_id: UUID) -> ResponseReturnValue:
    """Give a newer version of a piece, which is used in its place from now on."""
    piece = _piece(organisation, evidence_id)
    content = publishing.current(db.session).content
    form = ReplaceForm(data={"title": piece.title, "type": piece.type or ""})
    form.type.choices = _types(content, piece.kind, piece.type)
    if form.is_submitted() and form.validate():
        try:
            newer = _replace(piece, form, content.evidence_rules)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"{newer.title.removesuffix('.')} is replaced. The older version is kept with it.", "success")
            return redirect(_here(newer), 303)
    if form.errors and form.file.data and not form.file.errors:
        form.file.errors = [CHOOSE_AGAIN]
    page = render_template(
        "employer/library/replace.html",
        organisation=organisation,
        content=content,
        piece=piece,
        form=form,
        needed=content.evidence_rules.type(form.type.data),
        kinds=file_checks.KINDS_SAID,
        accept=file_checks.ACCEPT,
        limit=upload_limit(),
    )
    return page, 400 if form.errors else 200


def _replace(piece: Evidence, form: ReplaceForm, rules: EvidenceRules) -> Evidence:
    def put(given: Given) -> Evidence:
        with transaction() as session:
            under_way = library.under_way(session, piece)
            return library.replace(
                session,
                piece,
                given,
                rules=rules,
                dates=form.dates,
                title=form.title.data or "",
                type=form.type.data or None,
                open_criteria=cases.open_criteria(session, under_way) if under_way else None,
                by=the_user(),
                at=now(),
            )

    if piece.kind is EvidenceKind.LINK:
        return put(evidence_kinds.of_link(form.url.data or ""))
    if piece.kind is EvidenceKind.ACCOUNT:
        return put(evidence_kinds.of_account(form.text.data or "", rules))
    with keep(form.file.data, piece.organisation) as stored:
        return put(stored.given)


@blueprint.route("/organisations/<uuid:organisation_id>/evidence/<uuid:evidence_id>/remove", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def remove_piece(organisation: Organisation, evidence_id: UUID) -> ResponseReturnValue:
    """Delete a piece that nothing uses, after a question."""
    piece = _piece(organisation, evidence_id)
    form = EmptyForm()
    if form.validate_on_submit():
        title = piece.title
        with transaction() as session:
            library.remove(session, piece, by=the_user(), at=now())
        flash(f"{title} was deleted.", "success")
        return redirect(url_for(".show_library", organisation_id=organisation.id), 303)
    return render_template(
        "employer/library/remove.html",
        organisation=organisation,
        piece=piece,
        form=form,
        is_used=evidence.is_used(db.session, piece),
    )


def _piece(organisation: Organisation, evidence_id: UUID) -> Evidence:
    """The employer's own piece of this id, or nothing is there."""
    found = db.session.get(Evidence, evidence_id)
    if found is None or found.organisation_id != organisation.id:
        abort(404)
    return found


def _here(piece: Evidence) -> str:
    return url_for(".show_piece", organisation_id=piece.organisation_id, evidence_id=piece.id)


def _types(content: Content, kind: EvidenceKind, now: str | None = None) -> list[tuple[str, str]]:
    """The kinds of document to choose from. One that is called like another way to give evidence is not for this one:
    a file is no link. What was said before can stay."""
    others = tuple(one.label for one in EvidenceKind if one is not kind)
    types = content.evidence_rules.types
    return [
        UNKNOWN_TYPE,
        *((one.code, one.title) for one in types if one.code == now or not one.title.startswith(others)),
    ]


_NEEDED = {
    "effective_from": "the day from which it has been in use",
    "period": "the first and the last day that it covers",
    "valid_until": "the day until which it is valid",
}


def _needs(content: Content) -> list[tuple[str, str]]:
    """The kinds of document that must say dates, each with which, in words."""
    return [
        (one.title, " and ".join(_NEEDED[date.value] for date in one.dates))
        for one in content.evidence_rules.types
        if one.dates
    ]
