"""Declarations and figures in a round of more information: only what the assessor asked about can change."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.assessment import declarations, metric_values, metrics, progress, queries, returns
from charter.assessment.answers import FROZEN
from charter.assessment.progress import Figures
from charter.assessment.queries import Material
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.review import moved_figures
from charter.review import queries as cases
from charter.review.models import InformationRequest
from charter.web.access import the_user
from charter.web.employer import differing, figure_forms
from charter.web.employer.forms import declarations_form, number_in
from charter.web.forms import BaseForm

NO_REASON = "Say why this changed so much since last time. Your answers can be sent back once you have."

Questions = Mapping[str, InformationRequest]
"""What the assessor asks, by the code of the declaration or figure."""


def answer_declarations(said: Material, asked: Questions) -> ResponseReturnValue:
    """Change the declarations that were asked about, and add a note. What is typed of others is said, not saved."""
    form = declarations_form(said.content, said.declarations, asked=asked, notes=said.declaration_notes)
    if not form.is_submitted():
        return _declarations_page(said, form, asked)
    form.validate()
    chosen = {one.code: form[f"declaration-{one.code}"].data for one in said.content.declarations}
    agreed = {code: value == "yes" for code, value in chosen.items() if value in {"yes", "no"}}
    for code, yes in agreed.items():
        if code not in asked and said.declarations.get(code) != yes:
            form[f"declaration-{code}"].errors = [FROZEN]
    try:
        with transaction() as session:
            declarations.save(
                session,
                said.assessment,
                agreed={code: yes for code, yes in agreed.items() if code in asked},
                notes={code: form[f"note-{code}"].data or "" for code in asked if not form[f"note-{code}"].errors},
                seen={code: mark for code in asked if (mark := form[f"seen-{code}"].data)},
                by=the_user(),
                at=now(),
                open_declarations=cases.open_declarations(session, said.assessment),
            )
    except Stale as stale:
        said = differing.declarations_now(said, form)
        return _declarations_page(said, form, asked, overtaken=str(stale)), 409
    except Refusal as refusal:
        form.refuse(refusal)
        return _declarations_page(said, form, asked), 400
    if form.errors:
        return _declarations_page(differing.declarations_now(said, form), form, asked, rest_saved=True), 400
    flash("Saved: the legal basics.", "success")
    return redirect(url_for(".show_assessment", assessment_id=said.assessment.id), 303)


def _declarations_page(said: Material, form: BaseForm, asked: Questions, **more: Any) -> str:
    return render_template(
        "employer/assessment/declarations_asked.html",
        assessment=said.assessment,
        said=said,
        form=form,
        asked=asked,
        note_limit=declarations.NOTE_LIMIT,
        differences=differing.declarations_differ(said, form) if "overtaken" in more else (),
        **more,
    )


def answer_figures(said: Material, form: BaseForm, asked: Questions, numbers: Figures) -> ResponseReturnValue:
    """Change the numbers of the figures that were asked about, and say why others changed so much since last time.

    `numbers` are all of them as they are saved. What is typed of anything else is said, not saved.
    """
    assessment = said.assessment
    if not form.is_submitted():
        _say_faults(said, form, _opened(said, asked))
        if request.args.get("missing") == "why":  # the answers could not be sent for want of it
            _say_reasons(numbers, form)
        return _figures_page(said, form, asked, numbers)
    large = moved_figures.asked_now(db.session, said, numbers)
    form.validate()
    opened = _opened(said, asked)
    typed = {name: form[f"number-{name}"].data or "" for name in _sent(form, "number-")}
    notes = {code: form[f"note-{code}"].data or "" for code in _sent(form, "note-")}
    wrong = {
        f"number-{name}": [FROZEN]
        for name, text in typed.items()
        if name not in opened and text != said.inputs.get(name, "")
    }
    wrong |= {
        f"note-{code}": [FROZEN]
        for code, text in notes.items()
        if code not in {*asked, *large} and text != (said.figures.notes if said.figures else {}).get(code, "")
    }
    try:
        with transaction() as session:
            returns.save(
                session,
                assessment,
                period_end=None,
                inputs={name: text for name, text in typed.items() if name in opened},
                notes={code: text for code, text in notes.items() if code in asked or code in large},
                unknown=[code for code in (*asked, *_shared(said, opened)) if form[f"unknown-{code}"].data],
                seen_version=number_in(form["seen_version"]),
                by=the_user(),
                at=now(),
                open_figures=cases.open_figures(session, assessment),
                open_notes=large,
            )
    except Stale as stale:
        said = queries.material(db.session, assessment)
        differing.figures_now(differing.of_assessment(said), form)
        return _figures_page(said, form, asked, _numbers(said), overtaken=str(stale)), 409
    except Refusal as refusal:
        form.refuse(refusal)
        said = queries.material(db.session, assessment)
        return _figures_page(said, form, asked, _numbers(said)), 400
    said = queries.material(db.session, assessment)
    numbers = _numbers(said)
    _say_faults(said, form, _opened(said, asked))
    if request.form.get("then") != "work-out":
        _say_reasons(numbers, form)
    for name, errors in wrong.items():
        form[name].errors = errors
    if form.errors:
        differing.saw_figures(differing.of_assessment(said), form)
        return _figures_page(said, form, asked, numbers, rest_saved=True), 400
    if request.form.get("then") == "work-out":
        flash("Saved. What your numbers come to is below.", "success")
        return redirect(url_for(".answer_figures", assessment_id=assessment.id), 303)
    flash("Saved: your figures.", "success")
    return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)


def _opened(said: Material, asked: Questions) -> frozenset[str]:
    return returns.opened(said.assessment, asked, said.figures)


def _shared(said: Material, opened: Collection[str]) -> list[str]:
    """The numbers shared by several figures that may change now and are on the page."""
    asked_for = metrics.fields(said.content, said.assessment.target_level)
    shared = {field.name for field in said.content.context_fields}
    return [field.name for field in asked_for if field.name in shared & set(opened)]


def _sent(form: BaseForm, prefix: str) -> list[str]:
    """What of the form was in the request: the page has no box for what may not change."""
    return [field.name.removeprefix(prefix) for field in form if field.name.startswith(prefix) and field.raw_data]


def _say_faults(said: Material, form: BaseForm, opened: Collection[str]) -> None:
    """Put what is wrong with the saved numbers that may change beside them."""
    for name, fault in metrics.check(said.content, said.inputs, said.unknown).items():
        field = f"number-{name}"
        if name in opened and field in form and not form[field].errors:
            form[field].errors = [fault]
    for one in metrics.contradicted(said.content, said.inputs, said.unknown):
        field = f"unknown-{one.code}"
        if field in form:
            form[field].errors = ["You gave numbers, and also ticked that you do not know. Choose one of the two."]


def _numbers(said: Material) -> Figures:
    return progress.figures(said, metric_values.last_time(db.session, said))


def _say_reasons(numbers: Figures, form: BaseForm) -> None:
    """Put beside the note of each figure that changed a lot that it is missing."""
    for figure in numbers.to_explain:
        note = form[f"note-{figure.metric.code}"]
        note.errors = note.errors or [NO_REASON]


def _figures_page(said: Material, form: BaseForm, asked: Questions, numbers: Figures, **more: Any) -> str:
    opened, large = _opened(said, asked), moved_figures.asked_now(db.session, said, numbers)
    there = {f"number-{name}" for name in opened} | {f"note-{code}" for code in (*asked, *large)}
    there |= {f"unknown-{code}" for code in (*asked, *_shared(said, opened))}
    shared = {field.name for field in said.content.context_fields}
    return render_template(
        "employer/assessment/figures_asked.html",
        assessment=said.assessment,
        content=said.content,
        said=said,
        form=form,
        asked=asked,
        numbers=numbers,
        shared=[field for field in numbers.fields if field.name in shared],
        opened=opened,
        large=large,
        note_limit=returns.NOTE_LIMIT,
        differences=differing.figures_differ(differing.of_assessment(said), form, only=there)
        if "overtaken" in more
        else (),
        names=figure_forms.names(said.content),
        **more,
    )
