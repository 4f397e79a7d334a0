"""Pure sums over what an employer has said: how far it is, what is missing, what to do next, which level it reaches."""

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from charter.assessment import level, metrics, year_on_year
from charter.assessment.level import Attainment
from charter.assessment.queries import Material
from charter.assessment.standing_in import StandIn, done_for, outweighed
from charter.assessment.status import AssessmentStatus
from charter.assessment.year_on_year import Before, Change
from charter.framework.asking import Standing, standing
from charter.framework.content import Content, Criterion, Extent, Metric, NumberField, Theme
from charter.organisation.models import Organisation, Scope

CHECK_IT = "This is your answer from last time. Check that it still holds."


class TaskState(enum.StrEnum):
    """How far one task is."""

    NOT_STARTED = "not_started"
    INCOMPLETE = "incomplete"
    TO_CHECK = "to_check"
    """Whole as it came from last time, and nobody has said yet that it still holds."""
    COMPLETED = "completed"


@dataclass(frozen=True)
class CriterionTask:
    """One criterion to answer."""

    criterion: Criterion
    state: TaskState
    lacks: str | None
    """What is still to do, in a sentence; None when nothing is."""
    counts: bool
    """Whether it counts today. One that is only announced may be left empty."""
    said: str | None
    """The answer in the scale's words; None when none is chosen."""
    falls_short: bool
    """Whether the answer is whole, and yet less than its level must have: a must that is not fully in place."""
    standing: Standing
    """What the rules up to the target level make of it."""
    broken: str | None = None
    """That it was planned at the last award and has to be in place now, when the answer only plans it once more."""
    done_for: StandIn | None = None
    """The award of another scheme that counts for it, when the employer has given no answer of its own."""
    outweighed: StandIn | None = None
    """The award of another scheme that would count for it, were the employer's own answer not to say less."""


@dataclass(frozen=True)
class ThemeTasks:
    """The criteria of one theme."""

    theme: Theme
    tasks: tuple[CriterionTask, ...]

    @property
    def completed(self) -> int:
        """How many are whole."""
        return sum(task.state is TaskState.COMPLETED for task in self.tasks)


@dataclass(frozen=True)
class Figures:
    """How far the figures are."""

    fields: tuple[NumberField, ...]
    parsed: metrics.Parsed
    figures: tuple[metrics.Figure, ...]
    period_end: date | None
    warnings: dict[str, str]
    unexplained: tuple[metrics.Figure, ...]
    """Figures outside the usual range, or moved by more than the rules allow, without a note. They stand in the way
    only in a round of more information, and only those that moved."""
    contradicted: tuple[Metric | NumberField, ...] = ()
    """Figures, and numbers shared by several, said to be not known yet although there are numbers for them."""
    spared: frozenset[str] = frozenset()
    """The names of the numbers that need not be given: what they belong to is not known yet."""
    changes: Mapping[str, Change] = field(default_factory=dict)
    """How each figure moved since last time, by the metric's code."""
    before: Mapping[str, Before] = field(default_factory=dict)
    """What each figure came to last time, by the metric's code."""

    @property
    def period_doubt(self) -> str | None:
        """That the twelve months do not end a year, or some years, after those of last time, in a sentence."""
        return year_on_year.period_doubt(self.period_end, self.before)

    @property
    def unknown(self) -> tuple[Metric, ...]:
        """The figures that the employer says it does not know yet. They hold back no submission."""
        return tuple(figure.metric for figure in self.figures if figure.unknown)

    @property
    def to_explain(self) -> tuple[metrics.Figure, ...]:
        """Figures that moved by more than the rules allow, without a note that says why."""
        asked = {code for code, change in self.changes.items() if change.question}
        return tuple(figure for figure in self.unexplained if figure.metric.code in asked)

    @property
    def to_give(self) -> tuple[NumberField, ...]:
        """The numbers that must be there: all but those of figures that are not known yet."""
        return tuple(one for one in self.fields if one.name not in self.spared)

    @property
    def given(self) -> int:
        """How many of the numbers are there and make sense."""
        return sum(one.name in self.parsed.numbers for one in self.to_give)

    @property
    def complete(self) -> bool:
        """Whether every number of the target level that is known, and the day they end on, is there."""
        return (
            self.period_end is not None
            and self.given == len(self.to_give)
            and not self.contradicted
            and all(figure.complete or figure.unknown for figure in self.figures)
        )

    @property
    def state(self) -> TaskState:
        """How far the task is."""
        if self.complete:
            return TaskState.COMPLETED
        begun = self.parsed.numbers or self.parsed.faults or self.period_end or self.unknown or self.spared
        return TaskState.INCOMPLETE if begun else TaskState.NOT_STARTED


@dataclass(frozen=True)
class Gap:
    """One thing to do before the assessment can be sent. `kind` and `code` say where."""

    kind: str
    """"criterion", "declarations" or "figures"."""
    code: str
    title: str
    sentence: str


@dataclass(frozen=True)
class Progress:
    """How far an assessment is."""

    themes: tuple[ThemeTasks, ...]
    declarations: TaskState
    declared: int
    figures: Figures
    attainment: Attainment
    gaps: tuple[Gap, ...]

    @property
    def to_check(self) -> tuple[CriterionTask, ...]:
        """The criteria whose answers from last time are whole, and nobody has said yet that they still hold."""
        return tuple(task for theme in self.themes for task in theme.tasks if task.state is TaskState.TO_CHECK)

    @property
    def tasks(self) -> int:
        """How many things there are to do: the criteria, the declarations and the figures."""
        return sum(len(theme.tasks) for theme in self.themes) + 2

    @property
    def completed(self) -> int:
        """How many of them are whole."""
        pages = (self.declarations, self.figures.state)
        return sum(theme.completed for theme in self.themes) + sum(state is TaskState.COMPLETED for state in pages)

    @property
    def next(self) -> Gap | None:
        """The next thing to do; None when everything is there."""
        return self.gaps[0] if self.gaps else None

    @property
    def can_be_submitted(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps


def progress(said: Material, *, on: date, before: Mapping[str, Before] | None = None) -> Progress:
    """How far an assessment is on the day `on`. `before` is what its figures came to last time, where that matters: on
    pages that show it, and in a round of more information, where a large change without a reason is a gap.
    """
    content = said.content
    asked = said.asked
    evidenced = said.evidenced(on)
    stand_ins = said.stand_ins(on)
    done = done_for(stand_ins, {code: answer.value for code, answer in said.answers.items()})
    by_theme = [(theme, [one for one in asked if one.theme == theme.code]) for theme in content.themes]
    themes = tuple(
        ThemeTasks(
            theme,
            tuple(_task(said, one, evidenced, on, stand_ins.get(one.code), one.code in done) for one in own),
        )
        for theme, own in by_theme
        if own
    )
    codes = [declaration.code for declaration in content.declarations]
    declared = sum(code in said.declarations for code in codes)
    declarations = (
        TaskState.COMPLETED if declared == len(codes) else TaskState.INCOMPLETE if declared else TaskState.NOT_STARTED
    )
    numbers = figures(said, before)
    return Progress(
        themes=themes,
        declarations=declarations,
        declared=declared,
        figures=numbers,
        attainment=attainment(said, on=on),
        gaps=(
            *_gaps(themes, declared, len(codes), numbers),
            *(_reasons(numbers) if said.assessment.status is AssessmentStatus.MORE_INFORMATION else ()),
        ),
    )


def attainment(said: Material, *, on: date) -> Attainment:
    """The level that the answers reach on the day `on`."""
    return level.level_of_answers(
        said.content,
        said.answers.values(),
        evidenced=said.evidenced(on),
        agreed=said.agreed,
        returned=metrics.returned(said.content, said.inputs, unknown=said.unknown),
        headcount_ceiling=said.headcount_ceiling,
        on=on,
        unknown=metrics.not_known(said.content, said.unknown),
        stand_ins=said.stand_ins(on),
        promised=said.promised,
    )


def figures(said: Material, before: Mapping[str, Before] | None = None) -> Figures:
    """How far the figures of the target level are. `before` is what they came to last time (`metric_values.before`)."""
    found = said.figures
    return figures_of(
        said.content,
        said.assessment.target_level,
        employer=said.assessment.organisation,
        inputs=said.inputs,
        notes=found.notes if found else {},
        unknown=said.unknown,
        period_end=found.period_end if found else None,
        before=before or {},
    )


def figures_of(
    content: Content,
    rank: int,
    *,
    employer: Organisation,
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
    unknown: Collection[str],
    period_end: date | None,
    before: Mapping[str, Before],
) -> Figures:
    """How far the figures that level `rank` asks for are, of an assessment or of a yearly return of the employer.

    A number that is odd beside the others, or beside what the employer says of itself in its details, is warned of.
    """
    worked_out = metrics.figures(content, inputs, rank, unknown)
    moved = year_on_year.changes(content, worked_out, before)
    return Figures(
        fields=metrics.fields(content, rank),
        parsed=metrics.parse(content, inputs, unknown),
        figures=worked_out,
        period_end=period_end,
        warnings=odd_numbers(content, inputs, unknown, employer),
        unexplained=tuple(
            figure
            for figure in worked_out
            if not notes.get(figure.metric.code)
            and (figure.warning or (figure.metric.code in moved and moved[figure.metric.code].question))
        ),
        contradicted=metrics.contradicted(content, inputs, unknown, rank),
        spared=metrics.not_given(content, unknown),
        changes=moved,
        before=before,
    )


def odd_numbers(
    content: Content, inputs: Mapping[str, str], unknown: Collection[str], employer: Organisation
) -> dict[str, str]:
    """What is odd about a number beside the others or beside the employer's details, in a sentence, by its field."""
    in_part = employer.scope is Scope.LOCAL
    return {
        **metrics.warnings(content, inputs, unknown),
        **metrics.size_doubt(content, inputs, unknown, employer.size_band, in_part=in_part),
    }


def _task(
    said: Material, criterion: Criterion, evidenced: frozenset[str], on: date, award: StandIn | None, done: bool
) -> CriterionTask:
    answer = said.answers.get(criterion.code)
    if done:
        counts, stands = level.counts_on(criterion, on), standing(said.content, criterion, said.assessment.target_level)
        return CriterionTask(criterion, TaskState.COMPLETED, None, counts, None, False, stands, done_for=award)
    promised = said.promised.get(criterion.code)
    lacks = level.why_not(said.content, criterion, answer, criterion.code in evidenced, on, promised=promised)
    begun = answer is not None or criterion.code in said.evidence
    state = TaskState.COMPLETED if lacks is None else TaskState.INCOMPLETE if begun else TaskState.NOT_STARTED
    to_check = lacks is None and answer is not None and answer.is_to_check
    if to_check:
        state, lacks = TaskState.TO_CHECK, CHECK_IT
    counts = level.counts_on(criterion, on)
    value = said.content.scale_value(answer.value) if answer else None
    enough = value is not None and value.extent in {Extent.MET, Extent.NOT_APPLICABLE}
    stands = standing(said.content, criterion, said.assessment.target_level)
    falls_short = (lacks is None or to_check) and counts and stands.is_must and not enough
    broken = None if enough or not counts or value is None else level.broken_promise(said.content, promised, on)
    return CriterionTask(
        criterion,
        state,
        lacks,
        counts,
        value.label if value else None,
        falls_short,
        stands,
        broken,
        outweighed=award if answer and outweighed(said.content, award, answer.value) else None,
    )


def _gaps(themes: tuple[ThemeTasks, ...], declared: int, declarations: int, numbers: Figures) -> list[Gap]:
    gaps = [
        Gap("criterion", task.criterion.code, task.criterion.title, task.lacks)
        for theme in themes
        for task in theme.tasks
        if task.lacks and (task.counts or task.state is not TaskState.NOT_STARTED)
    ]
    if declared < declarations:
        left = declarations - declared
        last = "Answer the last one." if left == 1 else f"Answer the last {left}."
        sentence = last if declared else "Say yes or no to each."
        gaps.append(Gap("declarations", "", "The legal basics", sentence))
    if not numbers.complete:
        gaps.append(Gap("figures", "", "Your figures", why_not_figures(numbers)))
    return gaps


def _reasons(numbers: Figures) -> Iterable[Gap]:
    for figure in numbers.to_explain:
        sentence = f"Say why “{figure.metric.label}” changed so much since last time."
        yield Gap("figures", figure.metric.code, "Your figures", sentence)


def why_not_figures(numbers: Figures) -> str:
    """What is still to do before figures that are not complete can be sent, in a sentence."""
    if numbers.parsed.faults.keys() & {one.name for one in numbers.fields}:
        return "Correct the numbers that do not look right."
    if numbers.contradicted:
        names = " and ".join(f"“{metric.label}”" for metric in numbers.contradicted[:2])
        more = " and others" if len(numbers.contradicted) > 2 else ""
        return f"You gave numbers for {names}{more}, and also said that you do not know. Choose one."
    if numbers.given < len(numbers.to_give):
        left = len(numbers.to_give) - numbers.given
        end = "" if numbers.period_end else " Say too which day your 12 months end on."
        if left == 1:
            return f"Give the last number.{end}"
        return f"Give the {'last ' if numbers.given else ''}{left} numbers.{end}"
    if numbers.period_end is None:
        return "Say which day your 12 months end on."
    return "Look again at the numbers that cannot be worked out."
