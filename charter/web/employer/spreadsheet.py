"""Fill in the answers offline: download a spreadsheet, upload it, see row by row what was understood, confirm."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice

from charter.assessment import importing, queries, sheet_changes, sheet_file, sheet_rows, spreadsheet
from charter.assessment.importing import Saved
from charter.assessment.models import OPENS, Assessment, UploadedSheet
from charter.assessment.queries import Material
from charter.assessment.sheet_changes import Preview, State
from charter.assessment.sheet_rows import Understood
from charter.assessment.status import AssessmentStatus
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.uploading import looked_at
from charter.web.forms import BaseForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET, SAVED = "sheet", "saved"
NOT_CHECKED = (
    "We cannot check files for viruses at the moment, so we did not read this one. Nothing was changed. "
    "Try again in a few minutes."
)


class UploadForm(BaseForm):
    """The spreadsheet that was filled in."""

    file = FileField("Choose the spreadsheet that you filled in")


@blueprint.get("/assessments/<uuid:assessment_id>/spreadsheet.xlsx")
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def download_spreadsheet(assessment: Assessment) -> ResponseReturnValue:
    """The spreadsheet to fill in, with what is saved already."""
    if assessment.status is not AssessmentStatus.DRAFT:
        flash(importing.CLOSED, "error")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    response = Response(spreadsheet.write(queries.material(db.session, assessment), on=today()))
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="charter-answers-{today():%Y-%m-%d}.xlsx"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/assessments/<uuid:assessment_id>/spreadsheet", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def upload_spreadsheet(assessment: Assessment) -> ResponseReturnValue:
    """Download the spreadsheet, or upload it filled in. Uploading saves no answer yet."""
    queries.with_its_own(db.session, assessment)
    if assessment.status is not AssessmentStatus.DRAFT:
        flash(importing.CLOSED, "error")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    form = UploadForm()
    if form.validate_on_submit():
        try:
            _take(assessment, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(url_for(".check_spreadsheet", assessment_id=assessment.id), 303)
    last = importing.result_of(db.session, assessment, the_user(), at=now())
    page = render_template(
        "employer/spreadsheet/upload.html",
        not_used=len(last.wrong) if last else 0,
        assessment=assessment,
        content=assessment.framework.content,
        form=form,
        waiting=importing.kept_of(db.session, assessment, the_user(), at=now()),
        accept=sheet_file.ACCEPT,
        limit=sheet_file.MAX_BYTES,
    )
    return page, 400 if form.errors else 200


def _take(assessment: Assessment, form: UploadForm) -> None:
    """Read what was uploaded, which is slow, and then keep what was understood."""
    upload = form.file.data
    if not upload or not upload.filename:
        raise Refusal("Choose a file.", field="file")
    content = upload.stream.read(sheet_file.MAX_BYTES + 1)
    if 0 < len(content) <= sheet_file.MAX_BYTES:  # no program of ours reads what nobody checked
        scan = looked_at(content, assessment.organisation)
        if scan.state not in OPENS:
            raise Refusal(NOT_CHECKED, field="file")
    file = sheet_file.read(upload.filename, content)
    understood = sheet_rows.understand(file, queries.material(db.session, assessment), on=today())
    with transaction() as session:
        importing.keep(session, assessment, understood, filename=upload.filename, by=the_user(), at=now())


@blueprint.route("/assessments/<uuid:assessment_id>/spreadsheet/check", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def check_spreadsheet(assessment: Assessment) -> ResponseReturnValue:
    """What was understood of each row, beside what is saved. Only the button on this page saves anything."""
    kept = importing.kept_of(db.session, assessment, the_user(), at=now())
    back = redirect(url_for(".upload_spreadsheet", assessment_id=assessment.id), 303)
    if kept is None or assessment.status is not AssessmentStatus.DRAFT:
        if kept is None:
            flash("There is no spreadsheet to check. Upload one first.", "notice")
        return back
    said = queries.material(db.session, assessment)
    preview = sheet_changes.compare(Understood.of(kept.understood), said)
    form = _choices(preview, kept)
    if not form.validate_on_submit():
        return _page(said, kept, preview, form)
    if request.form.get("then") == "drop":
        with transaction() as session:
            importing.drop(session, kept)
        flash("Nothing was saved from the spreadsheet.", "success")
        return back
    lines = {line.item.key: line for line in preview.to_save}
    upload = str(kept.id)
    if form["upload"].data != upload:
        flash("You uploaded another file since. This is what we understood of it.", "notice")
        return redirect(url_for(".check_spreadsheet", assessment_id=assessment.id), 303)
    try:
        with transaction() as session:
            saved = importing.confirm(
                session,
                assessment,
                upload=UUID(upload),
                choices={
                    key: form[f"choice-{key}"].data == SHEET
                    for key, line in lines.items()
                    if line.asks and form[f"choice-{key}"].data in {SHEET, SAVED}
                },
                seen={key: form[f"seen-{key}"].data or "" for key in lines},
                by=the_user(),
                at=now(),
            )
    except Stale as stale:
        said = queries.material(db.session, assessment)
        preview = sheet_changes.compare(Understood.of(kept.understood), said)
        form = _still_chosen(_choices(preview, kept, fresh=True), form, preview)
        form.form_errors.append(str(stale))
        return _page(said, kept, preview, form, status=409)
    except Refusal as refusal:
        there = importing.kept_of(db.session, assessment, the_user(), at=now())
        if there is None:  # the button was pressed twice
            done = importing.result_of(db.session, assessment, the_user(), at=now())
            page = ".show_saved_spreadsheet" if done else ".show_assessment"
            return redirect(url_for(page, assessment_id=assessment.id), 303)
        if str(there.id) != upload:
            return redirect(url_for(".check_spreadsheet", assessment_id=assessment.id), 303)
        form.refuse(refusal)
        for key, line in lines.items():
            box = form[f"choice-{key}"] if line.asks else None
            if box is not None and box.data not in {SHEET, SAVED} and not box.errors:
                box.errors = [f"Choose which to keep for “{line.title}”."]
        return _page(said, kept, preview, form, status=400)
    flash(f"Saved from your spreadsheet: {_counted(saved)}.", "success")
    page = ".show_saved_spreadsheet" if saved.wrong else ".show_assessment"
    return redirect(url_for(page, assessment_id=assessment.id), 303)


@blueprint.get("/assessments/<uuid:assessment_id>/spreadsheet/saved")
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def show_saved_spreadsheet(assessment: Assessment) -> ResponseReturnValue:
    """What of the last spreadsheet could not be used, to put it right."""
    saved = importing.result_of(db.session, assessment, the_user(), at=now())
    if saved is None:
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    return render_template(
        "employer/spreadsheet/saved.html", assessment=assessment, saved=saved, counted=_counted(saved)
    )


def _counted(saved: Saved) -> str:
    """How much of what was saved: “2 answers and 1 figure”."""
    kinds = [
        (saved.answers, "answer", "answers"),
        (saved.basics, "legal basic", "legal basics"),
        (saved.figures, "figure", "figures"),
    ]
    said = [f"{count} {one if count == 1 else several}" for count, one, several in kinds if count]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said) or "nothing"


def _choices(preview: Preview, kept: UploadedSheet, *, fresh: bool = False) -> BaseForm:
    """For each row that would change something: which version was seen, and which to keep when there are two.

    A `fresh` form leaves out what was sent: it is about what is saved by now.
    """
    fields: dict[str, Any] = {"upload": HiddenField(default=str(kept.id))}
    for line in preview.to_save:
        fields[f"seen-{line.item.key}"] = HiddenField(default=line.seen)
        if line.asks:
            fields[f"choice-{line.item.key}"] = RadioField(
                f"Which do you want to keep for “{line.title}”?",
                choices=[SelectChoice(SHEET, "The spreadsheet’s"), SelectChoice(SAVED, "What is saved now")],
                default=SAVED if line.better_left else SHEET if line.state is State.CHANGED else None,
                validate_choice=False,
            )
    kind = type("ChoicesForm", (BaseForm,), fields)
    form: BaseForm = kind(formdata=None) if fresh else kind()
    return form


def _still_chosen(form: BaseForm, sent: BaseForm, preview: Preview) -> BaseForm:
    """The fresh form, with what was chosen for each row of which nothing saved has changed since it was chosen."""
    for line in preview.to_save:
        choice, seen = f"choice-{line.item.key}", f"seen-{line.item.key}"
        if line.asks and choice in sent and sent[seen].data == line.seen and sent[choice].data in {SHEET, SAVED}:
            form[choice].data = sent[choice].data
    return form


def _page(
    said: Material, kept: UploadedSheet, preview: Preview, form: BaseForm, *, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "employer/spreadsheet/check.html",
        assessment=said.assessment,
        kept=kept,
        preview=preview,
        conflicts=preview.of(State.CONFLICT),
        changed=preview.of(State.CHANGED),
        new=preview.of(State.NEW),
        unchanged=preview.of(State.UNCHANGED),
        form=form,
        content=said.content,
        odd=sheet_changes.odd_numbers(preview, said),
    )
    return page, status
