"""What an employer's figures came to over the years, and the figures that it gives each year after an award."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, StringField, ValidationError

from charter.assessment import benchmarks, metric_values
from charter.assessment.answers import NAME_LIMIT
from charter.assessment.benchmarks import Compared
from charter.assessment.metric_values import MetricValue
from charter.assessment.progress import Figures, why_not_figures
from charter.assessment.year_on_year import Before, Change, change
from charter.award.yearly import giving
from charter.award.yearly import queries as yearly
from charter.award.yearly.models import YearlyReturn
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import formula, publishing
from charter.framework.content import Content, Metric
from charter.organisation.models import Organisation
from charter.permissions import Permission, allows
from charter.reporting import history_chart
from charter.reporting.history_chart import HistoryChart
from charter.web.access import requires, the_user
from charter.web.employer import blueprint, differing, figure_forms
from charter.web.employer.forms import number_in
from charter.web.filters import day, number
from charter.web.forms import BaseForm, at_most, needed, stripped


class SendForm(BaseForm):
    """Who declares that the figures are right."""

    declared_by = StringField(
        "Your full name",
        filters=[stripped],
        validators=[needed("Enter your full name."), at_most(NAME_LIMIT, "Your name")],
    )
    declared_role = StringField(
        "Your job",
        description="For example, owner, HR manager or director.",
        filters=[stripped],
        validators=[needed("Enter your job."), at_most(NAME_LIMIT, "Your job")],
    )
    agreed = BooleanField("The figures are true, and I may speak for this employer")
    seen_version = HiddenField()

    def validate_agreed(self, field: Any) -> None:
        """The box must be ticked."""
        if not field.data:
            raise ValidationError("Tick the box to say that the figures are true.")


@dataclass(frozen=True)
class Shown:
    """One figure as its page shows it."""

    metric: Metric
    values: tuple[MetricValue, ...]
    """Year by year, the earliest first."""
    change: Change | None
    """How it moved since the year before."""
    compared: Compared | None
    """What similar employers have."""
    chart: HistoryChart

    @property
    def is_rate(self) -> bool:
        """Whether it divides by something, so that employers of any size can be compared."""
        return formula.divides(self.metric.formula)

    @property
    def latest(self) -> MetricValue:
        """Its newest value."""
        return self.values[-1]


@blueprint.get("/organisations/<uuid:organisation_id>/figures")
@requires(Permission.SEE_FIGURES, Organisation)
def show_figures(organisation: Organisation) -> ResponseReturnValue:
    """Each figure with its newest value, its history, and what similar employers have."""
    content = publishing.current(db.session).content
    values = metric_values.of_organisation(db.session, organisation.id)
    compared = benchmarks.compared(db.session, content, organisation, values, on=today())
    history = metric_values.history(values)
    shown = [
        _shown(content, metric, history[metric.code], compared.get(metric.code))
        for metric in content.metrics
        if metric.code in history
    ]
    return render_template(
        "employer/figures/show.html",
        organisation=organisation,
        content=content,
        shown=shown,
        absent=[metric for metric in content.metrics if metric.code not in history],
        returns=yearly.of_organisation(db.session, organisation.id),
        fewest=benchmarks.FEWEST,
        as_at=next((one.as_at for one in compared.values()), None),
    )


def _shown(content: Content, metric: Metric, values: list[MetricValue], compared: Compared | None) -> Shown:
    latest = values[-1]
    moved = None
    if len(values) > 1:
        last = Before(values[-2].value.normalize(), values[-2].period_end)
        moved = change(content.metric_rules, metric, last, latest.value)
    unit = "%" if metric.unit == "percent" else f" {metric.unit}"
    said = [f"{number(one.value.normalize())}{unit} for the 12 months to {day(one.period_end)}" for one in values]
    words = f"{'; '.join(said[-history_chart.LATEST :])}."
    if compared is not None:
        words += f" The middle of {compared.group} was {number(compared.middle)}{unit}."
    chart = history_chart.draw(
        metric.code.lower(),
        metric.label,
        words,
        [(one.period_end, one.value.normalize()) for one in values],
        compared.middle if compared else None,
    )
    return Shown(metric, tuple(values), moved, compared, chart)


@blueprint.route("/yearly-returns/<uuid:yearly_return_id>", methods=["GET", "POST"])
@requires(Permission.GIVE_YEARLY_RETURN, YearlyReturn)
def give_yearly_return(yearly_return: YearlyReturn) -> ResponseReturnValue:
    """Give the figures of a year; see what they come to and how they moved. Once sent they are shown, and no more."""
    due = yearly_return
    if due.sent_at is not None or not due.is_asked_for(today()):
        return _closed_page(due), 409 if request.method == "POST" else 200
    form = _form(due)
    if not form.is_submitted():
        _say_faults(due, form)
        return _page(due, form)
    form.validate()
    period_end = form["period_end"].data
    if number_in(form["seen_version"]) != due.version and differing.nothing_typed(form):
        flash("You changed nothing, so what your colleague saved meanwhile stands.", "notice")
        return redirect(url_for(".give_yearly_return", yearly_return_id=due.id), 303)
    wrong: dict[str, Any] = {}
    if form["period_end"].errors or (period_end is not None and period_end > today()):
        wrong["period_end"] = form["period_end"].errors or [giving.NOT_YET]
        period_end = due.period_end
    try:
        with transaction() as session:
            giving.save(
                session,
                due,
                period_end=period_end,
                inputs=figure_forms.typed(form, "number-"),
                notes=figure_forms.typed(form, "note-"),
                unknown=figure_forms.ticked(form, "unknown-"),
                seen_version=number_in(form["seen_version"]),
                by=the_user(),
                at=now(),
            )
    except Stale as stale:
        db.session.refresh(due)
        differing.figures_now(differing.of_year(due), form)
        return _page(due, form, overtaken=str(stale)), 409
    except Refusal as refusal:
        db.session.refresh(due)
        if due.sent_at is not None or not due.is_asked_for(today()):
            return _closed_page(due), 409
        form.refuse(refusal)
        return _page(due, form), 400
    _say_faults(due, form)
    for name, errors in wrong.items():
        form[name].errors = errors
    if form.errors:
        differing.saw_figures(differing.of_year(due), form)
        return _page(due, form, rest_saved=True), 400
    if request.form.get("then") == "check":
        asked_first = figure_forms.not_asked_yet(_numbers(due))
        if asked_first:
            flash(figure_forms.SAY_WHY, "notice")
            page = url_for(".give_yearly_return", yearly_return_id=due.id, _anchor=f"note-{asked_first}")
            return redirect(page, 303)
        return redirect(url_for(".send_yearly_return", yearly_return_id=due.id), 303)
    flash("Saved. What your numbers come to is below.", "success")
    return redirect(url_for(".give_yearly_return", yearly_return_id=due.id), 303)


@blueprint.route("/yearly-returns/<uuid:yearly_return_id>/send", methods=["GET", "POST"])
@requires(Permission.SEND_YEARLY_RETURN, YearlyReturn)
def send_yearly_return(yearly_return: YearlyReturn) -> ResponseReturnValue:
    """Check the figures once more, declare them right, and send them."""
    due = yearly_return
    if due.sent_at is not None or not due.is_asked_for(today()):
        return _closed_page(due), 409 if request.method == "POST" else 200
    form = SendForm(data={"declared_by": the_user().name, "seen_version": str(due.version)})
    status = 200
    if form.is_submitted():
        status = 400
        if form.validate():
            try:
                with transaction() as session:
                    giving.send(
                        session,
                        due,
                        declared_by=form.declared_by.data or "",
                        declared_role=form.declared_role.data or "",
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                    )
            except Stale as stale:
                db.session.refresh(due)
                form.seen_version.data = str(due.version)
                form.refuse(stale)
                status = 409
            except Refusal as refusal:
                db.session.refresh(due)
                if due.sent_at is not None:
                    return _closed_page(due), 409
                form.refuse(refusal)
            else:
                return redirect(url_for(".yearly_return_sent", yearly_return_id=due.id), 303)
    numbers = _numbers(due)
    page = render_template(
        "employer/figures/send.html",
        due=due,
        organisation=due.organisation,
        content=due.content,
        form=form,
        numbers=numbers,
        fault=_fault(due, numbers),
    )
    return page, status


@blueprint.get("/yearly-returns/<uuid:yearly_return_id>/sent")
@requires(Permission.GIVE_YEARLY_RETURN, YearlyReturn)
def yearly_return_sent(yearly_return: YearlyReturn) -> ResponseReturnValue:
    """We have the figures of the year: who sent them and when, and that there is nothing more to do."""
    if yearly_return.sent_at is None:
        return redirect(url_for(".give_yearly_return", yearly_return_id=yearly_return.id), 303)
    return render_template(
        "employer/figures/sent.html",
        due=yearly_return,
        organisation=yearly_return.organisation,
        content=yearly_return.content,
    )


# What the pages share -------------------------------------------------------------------------------------------------


def _form(due: YearlyReturn) -> BaseForm:
    return figure_forms.make(
        due.content,
        due.level,
        inputs=due.inputs,
        notes=due.notes,
        unknown=due.unknown,
        period_end=due.period_end,
        seen_version=due.version,
    )


def _numbers(due: YearlyReturn) -> Figures:
    return giving.standing(due, giving.before(db.session, due))


def _fault(due: YearlyReturn, numbers: Figures) -> str | None:
    """Why the figures cannot be sent as they are, in a sentence."""
    if not numbers.complete:
        return why_not_figures(numbers)
    return giving.why_not_that_year(due, due.period_end, giving.before(db.session, due, any_year=True))


def _say_faults(due: YearlyReturn, form: BaseForm) -> None:
    figure_forms.say_faults(form, due.content, due.inputs, due.unknown)
    fault = giving.why_not_that_year(due, due.period_end, giving.before(db.session, due, any_year=True))
    if fault and not form["period_end"].errors:
        form["period_end"].errors = [fault]


def _page(due: YearlyReturn, form: BaseForm, *, overtaken: str | None = None, rest_saved: bool = False) -> str:
    numbers = _numbers(due)
    shared = {field.name for field in due.content.context_fields}
    return render_template(
        "employer/figures/give.html",
        due=due,
        organisation=due.organisation,
        content=due.content,
        form=form,
        numbers=numbers,
        context_fields=[field for field in numbers.fields if field.name in shared],
        names=figure_forms.names(due.content),
        last_end=max((one.period_end for one in numbers.before.values()), default=None),
        overtaken=overtaken,
        differences=differing.figures_differ(differing.of_year(due), form) if overtaken else (),
        rest_saved=rest_saved,
        may_send=allows(the_user(), Permission.SEND_YEARLY_RETURN, due),
    )


def _closed_page(due: YearlyReturn) -> str:
    """What was sent, or that it is no longer asked for; and what somebody typed when it closed meanwhile."""
    said, typed = figure_forms.names(due.content), []
    for name, text in request.form.items():
        stored = due.inputs if name.startswith("number-") else due.notes
        if name in said and text.strip() and stored.get(name.partition("-")[2]) != text.strip():
            typed.append((said[name], text.strip()))
    return render_template(
        "employer/figures/given.html",
        due=due,
        organisation=due.organisation,
        content=due.content,
        numbers=_numbers(due),
        unsaved=typed,
    )
