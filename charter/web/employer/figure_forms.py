"""The form of figures, for an assessment and for a yearly return: made, read, and what is wrong with it."""

from collections.abc import Collection, Mapping
from datetime import date

from flask import request

from charter.assessment import metrics
from charter.assessment.progress import Figures
from charter.framework.content import Content, Metric
from charter.web.employer.forms import figures_form
from charter.web.forms import BaseForm


def make(
    content: Content,
    rank: int,
    *,
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
    unknown: Collection[str],
    period_end: date | None,
    seen_version: int,
) -> BaseForm:
    """The form of the figures that level `rank` asks for, filled with what is saved."""
    return figures_form(
        metrics.fields(content, rank),
        content.metrics_for(rank),
        inputs=inputs,
        notes=notes,
        unknown=unknown,
        period_end=period_end,
        seen_version=seen_version,
        may_be_unknown=metrics.may_be_unknown(content, rank),
    )


def typed(form: BaseForm, prefix: str) -> dict[str, str]:
    """What was typed in the fields whose names begin so."""
    return {field.name.removeprefix(prefix): field.data or "" for field in form if field.name.startswith(prefix)}


def ticked(form: BaseForm, prefix: str) -> frozenset[str]:
    """Which of the boxes whose names begin so are ticked."""
    return frozenset(field.name.removeprefix(prefix) for field in form if field.name.startswith(prefix) and field.data)


def say_faults(form: BaseForm, content: Content, inputs: Mapping[str, str], unknown: Collection[str]) -> None:
    """Put what is wrong with the saved numbers beside them."""
    for name, fault in metrics.check(content, inputs, unknown).items():
        field = f"number-{name}"
        if field in form and not form[field].errors:
            form[field].errors = [fault]
    for one in metrics.contradicted(content, inputs, unknown):
        field = f"unknown-{one.code}"
        if field in form:
            what = "numbers" if isinstance(one, Metric) else "a number"
            form[field].errors = [
                f"You gave {what} for “{one.label}” and ticked that you do not know it. We kept both. "
                f"Untick the box to use {'the numbers' if isinstance(one, Metric) else 'it'}, or delete "
                f"{'the numbers' if isinstance(one, Metric) else 'it'}."
            ]


SAY_WHY = "Saved. A figure is unusual or has changed a lot. Say why below if you can, then save again to go on."


def not_asked_yet(numbers: Figures) -> str | None:
    """The first figure to explain for which the form that was sent had no box yet, by its code: each is asked once."""
    return next((one.metric.code for one in numbers.unexplained if f"note-{one.metric.code}" not in request.form), None)


def names(content: Content) -> dict[str, str]:
    """What each field of the form is about, for the list of what is wrong above it."""
    notes = {f"note-{metric.code}": f"Your note on “{metric.label}”" for metric in content.metrics}
    return {f"number-{name}": field.label for name, field in metrics.fields_of(content).items()} | notes
