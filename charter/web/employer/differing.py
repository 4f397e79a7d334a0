"""When a colleague saved first: what differs, side by side, and a form that undoes nothing of theirs by accident."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from charter.assessment import declarations, metrics, queries
from charter.assessment.queries import Material
from charter.award.yearly.models import YearlyReturn
from charter.extensions import db
from charter.framework.content import Content, Metric
from charter.web.employer.forms import figures_seen, left_as_seen
from charter.web.filters import day
from charter.web.forms import BaseForm

Difference = tuple[str, str, str]
"""What it is about, what is saved now, and what the person typed."""


@dataclass(frozen=True)
class Saved:
    """Figures as they are saved, of an assessment or of a yearly return."""

    content: Content
    inputs: Mapping[str, str]
    notes: Mapping[str, str]
    unknown: Collection[str]
    period_end: date | None
    version: int


def of_assessment(said: Material) -> Saved:
    """The figures saved in an assessment, if any."""
    found = said.figures
    return Saved(
        said.content,
        said.inputs,
        found.notes if found else {},
        said.unknown,
        found.period_end if found else None,
        found.version if found else 0,
    )


def of_year(due: YearlyReturn) -> Saved:
    """The figures saved in a yearly return."""
    return Saved(due.content, due.inputs, due.notes, due.unknown, due.period_end, due.version)


EMPTY = "Empty"
_SAID = {True: "Yes", False: "No", None: "Not answered"}
_CHOSEN = {"yes": True, "no": False}


def differing(rows: Sequence[tuple[str, object, object]]) -> list[Difference]:
    """The rows whose two sides are not the same, in words."""
    return [(label, words(theirs), words(mine)) for label, theirs, mine in rows if words(theirs) != words(mine)]


def words(value: object) -> str:
    """A value as the table of differences says it."""
    return day(value) if isinstance(value, date) else str(value) if value else EMPTY


def declarations_now(said: Material, form: BaseForm) -> Material:
    """What is saved now, which the form that comes back shows: saving it again is no surprise to anybody.

    What the person had left as it was is in the form as it is now, so that it undoes nothing of a colleague's.
    """
    said = queries.material(db.session, said.assessment)
    for code in [one.code for one in said.content.declarations]:
        yes, note = said.declarations.get(code), said.declaration_notes.get(code, "")
        choice, seen = form[f"declaration-{code}"], form[f"seen-{code}"]
        name = f"note-{code}"
        words = form[name] if name in form else None  # noqa: SIM401 - a form has no get
        chosen = _CHOSEN.get(choice.data)
        if seen.data == declarations.mark(chosen, (words.data or "") if words is not None else note):
            choice.data = None if yes is None else "yes" if yes else "no"
            if words is not None:
                words.data = note
        seen.data = declarations.mark(yes, note)
    return said


def figures_now(saved: Saved, form: BaseForm) -> None:
    """The same for figures: each field that was left as it was shows what is saved now."""
    untouched = left_as_seen(form)
    untouched -= _chosen_together(saved, form, untouched)
    for field in form:
        if field.name not in untouched:
            continue
        kind, _, name = field.name.partition("-")
        if kind == "number":
            field.data = saved.inputs.get(name, "")
        elif kind == "note":
            field.data = saved.notes.get(name, "")
        elif kind == "unknown":
            field.data = name in saved.unknown
        elif saved.period_end is not None:
            field.process(None, saved.period_end)
    saw_figures(saved, form)


def _chosen_together(saved: Saved, form: BaseForm, untouched: Collection[str]) -> frozenset[str]:
    """The ticks "not known" and their numbers, where one of the two says so and the other touched a number or the tick.

    They are taken or left as one: half of each would say a number and that it is not known.
    """
    found: set[str] = set()
    for one in metrics.may_be_unknown(saved.content):
        tick = f"unknown-{one.code}"
        if tick not in form or bool(form[tick].data) == (one.code in saved.unknown):
            continue
        numbers = one.inputs if isinstance(one, Metric) else (one,)
        tied = {tick, *(f"number-{number.name}" for number in numbers)}
        if not tied <= set(untouched):
            found |= tied
    return frozenset(found)


def nothing_typed(form: BaseForm) -> bool:
    """Whether every field of a form of figures was left as it was when it was opened."""
    kinds = ("number-", "note-", "unknown-", "period_end")
    return {field.name for field in form if field.name.startswith(kinds)} <= left_as_seen(form)


def saw_figures(saved: Saved, form: BaseForm) -> None:
    """Say that whoever gets this form sees what is saved now beside it."""
    form["seen_version"].data = str(saved.version)
    form["seen"].data = figures_seen(saved.inputs, saved.notes, saved.unknown, saved.period_end)


def declarations_differ(said: Material, form: BaseForm) -> list[Difference]:
    """Where the saved declarations and those of the form are not the same."""
    rows: list[tuple[str, object, object]] = []
    for one in said.content.declarations:
        chosen = _CHOSEN.get(form[f"declaration-{one.code}"].data)
        rows.append((one.statement, _SAID[said.declarations.get(one.code)], _SAID[chosen]))
        if f"note-{one.code}" in form:
            note = said.declaration_notes.get(one.code, "")
            rows.append((f"Your note on “{one.statement}”", note, form[f"note-{one.code}"].data))
    return differing(rows)


def figures_differ(saved: Saved, form: BaseForm, *, only: Collection[str] | None = None) -> list[Difference]:
    """Where the saved figures and those of the form are not the same: the day, numbers, ticks and notes.

    `only` names the fields that the page has, when it is not all of them.
    """
    labels = {name: one.label for name, one in metrics.fields_of(saved.content).items()}
    labels |= {metric.code: metric.label for metric in saved.content.metrics}
    rows: list[tuple[str, object, object]] = []
    for field in form:
        if only is not None and field.name not in only:
            continue
        kind, _, name = field.name.partition("-")
        if kind == "number":
            rows.append((field.label.text, saved.inputs.get(name, ""), field.data))
        elif kind == "note":
            rows.append((f"Your note on “{labels[name]}”", saved.notes.get(name, ""), field.data))
        elif kind == "unknown":
            known = {True: "Not known yet", False: "Known"}
            rows.append((labels[name], known[name in saved.unknown], known[bool(field.data)]))
        elif kind == "period_end":
            rows.append((field.label.text, saved.period_end, field.data))
    return differing(rows)
