"""The baseline declarations and the figures: two pages of short answers."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.assessment import declarations, metric_values, progress, queries, returns, short_path, sign_off
from charter.assessment.models import Assessment
from charter.assessment.progress import CriterionTask
from charter.assessment.queries import Material
from charter.assessment.sharing import DECLARATIONS, FIGURES
from charter.assessment.status import AssessmentStatus
from charter.award.yearly import queries as yearly
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.review import moved_figures
from charter.review import queries as cases
from charter.review.models import About, InformationRequest
from charter.web.access import requires, the_user
from charter.web.employer import asked, blueprint, differing, figure_forms, timing
from charter.web.employer.forms import declarations_form, number_in
from charter.web.forms import BaseForm


@blueprint.route("/assessments/<uuid:assessment_id>/declarations", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def answer_declarations(assessment: Assessment) -> ResponseReturnValue:
    """Say yes or no to each baseline declaration."""
    said = queries.material(db.session, assessment)
    form = declarations_form(said.content, said.declarations, notes=said.declaration_notes)
    questions = _questions(assessment, About.DECLARATION)
    if questions:
        return asked.answer_declarations(said, questions)
    if assessment.status is not AssessmentStatus.DRAFT:
        return _declarations_page(said, form, frozen=True), 409 if request.method == "POST" else 200
    if form.validate_on_submit():
        codes = [declaration.code for declaration in said.content.declarations]
        chosen = {code: form[f"declaration-{code}"].data for code in codes}
        agreed = {code: value == "yes" for code, value in chosen.items() if value in {"yes", "no"}}
        open_ones = len(set(codes) - set(said.declarations) - set(agreed))
        seen = {code: mark for code in codes if (mark := form[f"seen-{code}"].data)}
        try:
            with transaction() as session:
                declarations.save(session, assessment, agreed=agreed, seen=seen, by=the_user(), at=now())
                timing.count(session, assessment, DECLARATIONS)
        except Stale as stale:
            said = differing.declarations_now(said, form)
            return _declarations_page(said, form, overtaken=str(stale)), 409
        in_the_way = declarations.in_the_way({**said.declarations, **agreed}, said.content)
        if in_the_way:
            more = f" {open_ones} of the legal basics still to answer." if open_ones else ""
            flash(f"Saved.{more} {in_the_way}", "notice")
        elif open_ones:
            flash(f"Saved so far. {open_ones} of the legal basics still to answer.", "notice")
        else:
            flash("Saved: the legal basics.", "success")
        onward = ".answer_figures" if request.form.get("then") == "next" else ".show_assessment"
        return redirect(url_for(onward, assessment_id=assessment.id), 303)
    return _declarations_page(said, form)


def _declarations_page(said: Material, form: BaseForm, *, frozen: bool = False, overtaken: str | None = None) -> str:
    return render_template(
        "employer/assessment/declarations.html",
        assessment=said.assessment,
        content=said.content,
        form=form,
        frozen=frozen,
        approval=None if frozen else sign_off.approved_as_it_is(db.session, said.assessment, at=now(), on=today()),
        unfinished=_left_by_the_short_way(said),
        unsaved=_unsaved(form) if frozen else (),
        overtaken=overtaken,
        differences=differing.declarations_differ(said, form) if overtaken else (),
    )


def _left_by_the_short_way(said: Material) -> list[CriterionTask]:
    """The answers that are not finished, for who comes from the last page of the short way."""
    if request.args.get("after") != "short-way" or short_path.offered(said.assessment) is None:
        return []
    return short_path.unfinished(progress.progress(said, on=today()))


@blueprint.route("/assessments/<uuid:assessment_id>/figures", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def answer_figures(assessment: Assessment) -> ResponseReturnValue:
    """Give the numbers; see the figures they come to."""
    said = queries.material(db.session, assessment)
    form = _figures_form(said)
    brought = yearly.to_bring(db.session, assessment) if _wants_yearly(said) else None
    if brought is not None:
        form = figure_forms.make(
            said.content,
            assessment.target_level,
            inputs=brought.inputs,
            notes={},
            unknown=brought.unknown,
            period_end=brought.period_end,
            seen_version=0,
        )
    if assessment.status is AssessmentStatus.MORE_INFORMATION:
        questions, numbers = _questions(assessment, About.FIGURE), _numbers(said)
        if questions or moved_figures.asked_now(db.session, said, numbers):
            return asked.answer_figures(said, form, questions, numbers)
    if assessment.status is not AssessmentStatus.DRAFT:
        return _figures_page(said, form, frozen=True), 409 if request.method == "POST" else 200
    if not form.is_submitted():
        _say_faults(said, form)
        return _figures_page(said, form, brought=brought is not None)

    form.validate()
    period_end = form["period_end"].data
    stored = said.figures
    if stored is not None and number_in(form["seen_version"]) != stored.version and differing.nothing_typed(form):
        flash("You changed nothing, so what your colleague saved meanwhile stands.", "notice")
        return redirect(url_for(".answer_figures", assessment_id=assessment.id), 303)
    wrong: dict[str, Any] = {}
    if form["period_end"].errors or (period_end is not None and period_end > today()):
        wrong["period_end"] = form["period_end"].errors or ["The 12 months must have ended: choose a day in the past."]
        period_end = stored.period_end if stored else None
    try:
        with transaction() as session:
            returns.save(
                session,
                assessment,
                period_end=period_end,
                inputs=figure_forms.typed(form, "number-"),
                notes=figure_forms.typed(form, "note-"),
                unknown=figure_forms.ticked(form, "unknown-"),
                seen_version=number_in(form["seen_version"]),
                by=the_user(),
                at=now(),
            )
            timing.count(session, assessment, FIGURES)
    except Stale as stale:
        said = queries.material(db.session, assessment)
        differing.figures_now(differing.of_assessment(said), form)
        return _figures_page(said, form, overtaken=str(stale)), 409
    except Refusal as refusal:
        form.refuse(refusal)
        return _figures_page(queries.material(db.session, assessment), form), 400
    said = queries.material(db.session, assessment)
    _say_faults(said, form)
    for name, errors in wrong.items():
        form[name].errors = errors
    if form.errors:
        differing.saw_figures(differing.of_assessment(said), form)
        return _figures_page(said, form, rest_saved=True), 400
    if request.form.get("then") == "work-out":
        flash("Saved. What your numbers come to is below.", "success")
        return redirect(url_for(".answer_figures", assessment_id=assessment.id), 303)
    now_there = _numbers(said)
    if request.form.get("then") == "next" and (asked_first := figure_forms.not_asked_yet(now_there)):
        flash(figure_forms.SAY_WHY, "notice")
        return redirect(url_for(".answer_figures", assessment_id=assessment.id, _anchor=f"note-{asked_first}"), 303)
    if now_there.complete:
        to_come = len(now_there.unknown)
        rest = f" You do not know {to_come} {'figure' if to_come == 1 else 'figures'} yet." if to_come else ""
        flash(f"Saved: your figures.{rest}", "success")
    else:
        flash("Saved so far. Some of your figures are still missing.", "notice")
    onward = ".check_assessment" if request.form.get("then") == "next" else ".show_assessment"
    return redirect(url_for(onward, assessment_id=assessment.id), 303)


def _unsaved(form: BaseForm) -> list[tuple[str, str]]:
    """What was typed into a form that closed meanwhile, with its labels, so that nobody has to think of it again."""
    fields, found = {field.name: field for field in form}, []
    for name, text in request.form.items():
        field, typed = fields.get(name), text.strip()
        if name.startswith(("number-", "note-")) and typed and (field is None or field.default != typed):
            found.append((field.label.text if field is not None else "Your note", typed))
    return found


def _questions(assessment: Assessment, about: About) -> dict[str, InformationRequest]:
    """What the assessor asks now about declarations or figures, by code."""
    return {one.code: one for one in cases.asked_now(db.session, assessment) if one.about is about}


def _wants_yearly(said: Material) -> bool:
    """Whether an assessment without figures is to begin with those of the yearly return, each to be checked."""
    return request.method == "GET" and request.args.get("from") == "yearly-return" and said.figures is None


def _figures_form(said: Material) -> BaseForm:
    found = said.figures
    return figure_forms.make(
        said.content,
        said.assessment.target_level,
        inputs=said.inputs,
        notes=found.notes if found else {},
        unknown=said.unknown,
        period_end=found.period_end if found else None,
        seen_version=found.version if found else 0,
    )


def _say_faults(said: Material, form: BaseForm) -> None:
    """Put what is wrong with the saved numbers beside them."""
    figure_forms.say_faults(form, said.content, said.inputs, said.unknown)


def _numbers(said: Material) -> progress.Figures:
    """How far the figures are, beside those of last time (one query)."""
    return progress.figures(said, metric_values.last_time(db.session, said))


def _figures_page(
    said: Material,
    form: BaseForm,
    *,
    frozen: bool = False,
    overtaken: str | None = None,
    rest_saved: bool = False,
    brought: bool = False,
) -> str:
    content, numbers = said.content, _numbers(said)
    own = {field.name for metric in content.metrics for field in metric.inputs}
    return render_template(
        "employer/assessment/figures.html",
        assessment=said.assessment,
        content=content,
        form=form,
        numbers=numbers,
        context_fields=[field for field in numbers.fields if field.name not in own],
        frozen=frozen,
        approval=None if frozen else sign_off.approved_as_it_is(db.session, said.assessment, at=now(), on=today()),
        unsaved=_unsaved(form) if frozen else (),
        overtaken=overtaken,
        differences=differing.figures_differ(differing.of_assessment(said), form) if overtaken else (),
        rest_saved=rest_saved,
        names=figure_forms.names(content),
        brought=brought,
        bring=None if frozen or said.figures or not numbers.before else yearly.to_bring(db.session, said.assessment),
    )
