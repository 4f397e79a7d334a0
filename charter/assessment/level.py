"""The level that outcomes reach, and what stands between there and the next: one pure function for both sides.

From an employer's own answers it tells the level they would reach; from an assessor's findings, the level the evidence
reaches. The rules are those of the framework's file. There is one function for each kind of rule, and one table.
"""

import calendar
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from charter.assessment.models import Answer
from charter.assessment.standing_in import StandIn, counting_as_met
from charter.clock import day_in_words
from charter.framework.content import (
    AllOfRule,
    AtLeastRule,
    Content,
    CoreRule,
    Criterion,
    DeclarationsRule,
    Extent,
    FiguresRule,
    InProgressRule,
    Level,
    Need,
    Part,
    ThemeMinimumRule,
)

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_PROMISE: Mapping[str, date] = MappingProxyType({})


class Found(Protocol):
    """A finding: what an assessor made of one criterion."""

    @property
    def criterion(self) -> str:
        """The criterion's code."""

    @property
    def outcome(self) -> str | None:
        """One of the framework's assessor outcomes."""


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of a level, with the codes it is about and a sentence for the employer."""

    rule: str
    level: int
    sentence: str
    criteria: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    declarations: tuple[str, ...] = ()
    least: int | None = None
    """How many of the criteria would be enough; all of them when nothing is said."""


@dataclass(frozen=True)
class Step:
    """One rule of one level, and whether it holds: together the steps explain a decision."""

    level: int
    rule: str
    asks: str
    missing: tuple[Missing, ...]

    @property
    def held(self) -> bool:
        """Whether nothing is missing for this rule."""
        return not self.missing


@dataclass(frozen=True)
class Attainment:
    """The level reached (0 for none), and the trace of every rule of every level."""

    level: int
    steps: tuple[Step, ...]
    top: int
    extents: Mapping[str, Extent] = field(default_factory=dict)
    """How far each criterion is met, as the rules count it; one that is not named is not met."""

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What stands between here and the next level; empty exactly when the top level is reached."""
        return self.missing_for(self.level + 1)

    def missing_for(self, rank: int) -> tuple[Missing, ...]:
        """What stands between here and level `rank`, lower levels first; empty exactly when it is reached."""
        seen: set[tuple[int, str]] = set()
        missing = []
        for step in self.steps:
            if step.level <= rank:
                for item in step.missing:
                    if (item.level, item.sentence) not in seen:
                        seen.add((item.level, item.sentence))
                        missing.append(item)
        return tuple(missing)


@dataclass(frozen=True)
class _Case:
    """All that the rules look at."""

    content: Content
    outcomes: Mapping[str, Extent]
    agreed: Collection[str]
    returned: Collection[str]
    headcount_ceiling: int | None
    on: date
    lacking: Mapping[str, str]
    unknown: Collection[str]
    promised: Mapping[str, date]

    def extent(self, criterion: Criterion) -> Extent:
        extent = self.outcomes.get(criterion.code, Extent.NOT_MET)
        return Extent.NOT_MET if extent is Extent.IN_PROGRESS and self.is_broken(criterion) else extent

    def is_broken(self, criterion: Criterion) -> bool:
        """Whether it was promised for a day that is past, in a version that takes no promise twice."""
        return self.promise(criterion) is not None

    def promise(self, criterion: Criterion) -> str | None:
        """What to say of such a promise."""
        return broken_promise(self.content, self.promised.get(criterion.code), self.on)

    def counted(self, rank: int) -> tuple[Criterion, ...]:
        """The criteria up to level `rank` that count today and do apply to this employer."""
        return tuple(
            criterion
            for criterion in self.content.asked(rank, self.headcount_ceiling)
            if counts_on(criterion, self.on) and self.extent(criterion) != Extent.NOT_APPLICABLE
        )

    def to_meet(self, rule: str, level: Level, criterion: Criterion, *, or_plan: bool = False) -> Missing:
        """That this criterion is not met, with what its answer lacks when that is known."""
        lacking, promise = self.lacking.get(criterion.code), self.promise(criterion)
        if lacking and lacking != promise:
            sentence = f"Complete “{criterion.title}”. {lacking}"
        elif promise:
            sentence = f"Fully meet “{criterion.title}”. {promise}"
        elif or_plan:
            sentence = f"Meet “{criterion.title}”, or plan it with an owner and a date."
        else:
            sentence = f"Fully meet “{criterion.title}”."
        return Missing(rule, level.rank, sentence, criteria=(criterion.code,))


def attained_level(
    content: Content,
    outcomes: Mapping[str, Extent],
    *,
    agreed: Collection[str],
    returned: Collection[str],
    headcount_ceiling: int | None,
    on: date,
    lacking: Mapping[str, str] = NOTHING,
    unknown: Collection[str] = (),
    promised: Mapping[str, date] = NO_PROMISE,
) -> Attainment:
    """The highest level whose rules, and those of every level below it, hold on the day `on`.

    `outcomes` says how far each criterion is met; one that is not named is not met. `agreed` are the declarations
    agreed to and `returned` the metrics whose numbers are complete. `headcount_ceiling` is the most people the employer
    can have (None: unlimited or unknown): criteria for larger ones are not asked. Criteria that count only from a later
    day, and those that do not apply, are as if they were not there. `lacking` says of a criterion, in a sentence, what
    its answer lacks before it counts; `lacking_of_answers` works it out. `unknown` are metrics that the employer says
    it does not know yet: they stand in the way as any figure that is not there does, but are named as still to come.
    `promised` are the criteria that were planned at the employer's last award, with the day they were promised for:
    where the version takes no promise twice, one whose day is past is not under way any more, only met or not met.
    """
    case = _Case(content, outcomes, agreed, returned, headcount_ceiling, on, lacking, unknown, promised)
    steps: list[Step] = []
    reached, unbroken = 0, True
    for level in sorted(content.levels, key=lambda level: level.rank):
        for rule in level.rules:
            asks, missing = RULES[type(rule)](case, level, rule)
            steps.append(Step(level.rank, rule.kind, asks, missing))
            unbroken = unbroken and not missing
        if unbroken:
            reached = level.rank
    extents = {item.code: case.extent(item) for item in content.criteria if item.code in outcomes}
    return Attainment(reached, tuple(steps), max((level.rank for level in content.levels), default=0), extents)


def level_of_answers(
    content: Content,
    answers: Iterable[Answer],
    *,
    evidenced: Collection[str],
    agreed: Collection[str],
    returned: Collection[str],
    headcount_ceiling: int | None,
    on: date,
    unknown: Collection[str] = (),
    stand_ins: Mapping[str, StandIn] | None = None,
    promised: Mapping[str, date] = NO_PROMISE,
) -> Attainment:
    """The level that an employer's own answers reach, saying of each gap what the answer lacks.

    `stand_ins` are the awards of other schemes that stand in for criteria on the day, by criterion.
    """
    answers = tuple(answers)
    met = counting_as_met(content, stand_ins or {}, {answer.criterion: answer.value for answer in answers})
    return attained_level(
        content,
        outcomes_of_answers(content, answers, evidenced=evidenced, on=on, met=met),
        agreed=agreed,
        returned=returned,
        headcount_ceiling=headcount_ceiling,
        on=on,
        lacking=lacking_of_answers(content, answers, evidenced=evidenced, on=on, met=met, promised=promised),
        unknown=unknown,
        promised=promised,
    )


def counts_on(criterion: Criterion, on: date) -> bool:
    """Whether the criterion counts already; before its day it is only announced."""
    return criterion.counts_from is None or criterion.counts_from <= on


def outcomes_of_answers(
    content: Content, answers: Iterable[Answer], *, evidenced: Collection[str], on: date, met: Collection[str] = ()
) -> dict[str, Extent]:
    """How far the employer's own answers meet each criterion. An answer that lacks something does not count yet.

    `evidenced` are the criteria with at least one piece of evidence, or another scheme's award that stands in for it;
    `met` are those that count as met by such an award.
    """
    outcomes: dict[str, Extent] = {}
    for answer in answers:
        criterion, value = content.criterion(answer.criterion), content.scale_value(answer.value)
        if criterion is not None:
            lacks = why_not(content, criterion, answer, criterion.code in evidenced, on)
            outcomes[criterion.code] = Extent.NOT_MET if lacks or value is None else value.extent
    return outcomes | dict.fromkeys(met, Extent.MET)


def lacking_of_answers(
    content: Content,
    answers: Iterable[Answer],
    *,
    evidenced: Collection[str],
    on: date,
    met: Collection[str] = (),
    promised: Mapping[str, date] = NO_PROMISE,
) -> dict[str, str]:
    """What each answer that was begun lacks, by criterion; those that lack nothing are left out."""
    lacking: dict[str, str] = {}
    for answer in answers:
        criterion = content.criterion(answer.criterion)
        if criterion is not None and criterion.code not in met:
            due = promised.get(criterion.code)
            lacks = why_not(content, criterion, answer, criterion.code in evidenced, on, promised=due)
            if lacks:
                lacking[criterion.code] = lacks
    return lacking


def outcomes_of_findings(
    content: Content, findings: Iterable[Found], *, met: Collection[str] = ()
) -> dict[str, Extent]:
    """How far an assessor found each criterion met; of two findings on one criterion the later in order counts.

    A criterion that must apply to everyone is not met when it is found not to apply. `met` are the criteria that count
    as met by another scheme's award; a finding with an outcome counts instead of it.
    """
    outcomes: dict[str, Extent] = dict.fromkeys(met, Extent.MET)
    for finding in findings:
        criterion, outcome = content.criterion(finding.criterion), content.outcome(finding.outcome)
        if criterion is not None and not (finding.outcome is None and criterion.code in met):
            extent = outcome.extent if outcome else Extent.NOT_MET
            exempt_in_vain = extent == Extent.NOT_APPLICABLE and not criterion.not_applicable_allowed
            outcomes[criterion.code] = Extent.NOT_MET if exempt_in_vain else extent
    return outcomes


def broken_promise(content: Content, due: date | None, on: date) -> str | None:
    """What to say of what was planned at the last award by `due`, once that day is past; None before, or when nothing
    was planned, or in a version that takes a plan twice."""
    if due is None or due >= on or content.meta.planned_again:
        return None
    return f"You planned this by {day_in_words(due)}. It has to be in place now."


def why_not(
    content: Content,
    criterion: Criterion,
    answer: Answer | None,
    evidenced: bool,
    on: date,
    *,
    promised: date | None = None,
) -> str | None:
    """What one answer lacks before it counts for what it says, in a sentence; None when it lacks nothing.

    "Not started" is a whole answer: it lacks nothing, and meets nothing. `promised` is the day by which the criterion
    was planned at the last award: once it is past, a plan that lacks something is told so first.
    """
    value = content.scale_value(answer.value) if answer else None
    if answer is None or value is None:
        return "Choose an answer."
    if value.extent == Extent.NOT_APPLICABLE:
        if not criterion.not_applicable_allowed:
            return "Choose another answer: this applies to every employer."
        return None if answer.reason.strip() else "Say why this does not apply to you."
    if value.needs == Need.REASON and not answer.reason.strip():
        return "Give your reason."
    if value.needs == Need.EXPLANATION and not answer.explanation.strip():
        return "Say what is in place, and what is not."
    if value.extent == Extent.IN_PROGRESS or value.needs == Need.ACTION:
        lacks = _why_no_action(content, answer, on)
        return broken_promise(content, promised, on) or lacks if lacks else None
    if value.extent == Extent.MET and criterion.evidence_required and not evidenced:
        return "Add evidence: this question needs it."
    return None


def _why_no_action(content: Content, answer: Answer, on: date) -> str | None:
    """What the planned action lacks: it needs words, an owner and a day that is soon enough."""
    lacks = []
    if not answer.action.strip():
        lacks.append("what you will do")
    if not answer.action_owner.strip():
        lacks.append("who will do it")
    if answer.action_due is None:
        lacks.append("by when")
    if lacks:
        return f"Say {_joined(lacks)}."
    assert answer.action_due is not None
    if answer.action_due <= on:
        return "Give a date in the future for your action."
    if answer.action_due > months_after(on, content.meta.in_progress_months):
        return f"Give a date within {content.meta.in_progress_months} months for your action."
    return None


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month when it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


Judged = tuple[str, tuple[Missing, ...]]
"""What a rule asks, in a sentence, and what is missing for it; it holds when nothing is."""


def _declarations(case: _Case, level: Level, rule: DeclarationsRule) -> Judged:
    asks = "You say yes to each of the legal basics."
    left = [declaration for declaration in case.content.declarations if declaration.code not in case.agreed]
    if not left:
        return asks, ()
    sentence = (
        f"Agree to “{left[0].statement}”" if len(left) == 1 else f"Say yes to the legal basics: {len(left)} to go."
    )
    return asks, (Missing(rule.kind, level.rank, sentence, declarations=tuple(one.code for one in left)),)


def _figures(case: _Case, level: Level, rule: FiguresRule) -> Judged:
    asks = "You give the numbers for every figure that the level asks for."
    missing = []
    absent = [metric for metric in case.content.metrics_for(level.rank) if metric.code not in case.returned]
    left = [metric for metric in absent if metric.code not in case.unknown]
    if left:
        what = f"“{left[0].label}”" if len(left) == 1 else f"{len(left)} figures"
        sentence = f"Give the numbers for {what}."
        missing.append(Missing(rule.kind, level.rank, sentence, metrics=tuple(metric.code for metric in left)))
    to_come = [metric for metric in absent if metric.code in case.unknown]
    if to_come:
        names = _joined([f"“{metric.label}”" for metric in to_come])
        what = "the figure" if len(to_come) == 1 else "the figures"
        sentence = f"Still to come, because not known yet: {what} {names}."
        missing.append(Missing(rule.kind, level.rank, sentence, metrics=tuple(metric.code for metric in to_come)))
    return asks, tuple(missing)


def _core(case: _Case, level: Level, rule: CoreRule) -> Judged:
    core = [criterion for criterion in case.counted(level.rank) if criterion.core and criterion.level == level.rank]
    missing = tuple(
        case.to_meet(rule.kind, level, criterion) for criterion in core if case.extent(criterion) != Extent.MET
    )
    return "Every question that is a must for the level is fully in place.", missing


def _all_of(case: _Case, level: Level, rule: AllOfRule) -> Judged:
    named = _named(case, level, rule.criteria)
    missing = tuple(
        case.to_meet(rule.kind, level, criterion) for criterion in named if case.extent(criterion) != Extent.MET
    )
    return f"Each of these is fully in place: {_titles(named)}.", missing


def _at_least(case: _Case, level: Level, rule: AtLeastRule) -> Judged:
    named = _named(case, level, rule.criteria)
    needed = min(rule.count, len(named))
    asks = f"At least {needed} of these {len(named)} are fully in place: {_titles(named)}."
    return asks, _short_of(case, level, rule.kind, named, needed)


def _theme_minimum(case: _Case, level: Level, rule: ThemeMinimumRule) -> Judged:
    missing: list[Missing] = []
    for theme in case.content.themes:
        own = [criterion for criterion in case.counted(level.rank) if criterion.theme == theme.code]
        missing.extend(
            _short_of(case, level, rule.kind, own, min(rule.count, len(own)), f" in the theme “{theme.title}”")
        )
    return f"In each theme, at least {rule.count} of its questions are fully in place.", tuple(missing)


def _in_progress_at_most(case: _Case, level: Level, rule: InProgressRule) -> Judged:
    others = [
        criterion for criterion in case.counted(level.rank) if criterion.level == level.rank and not criterion.core
    ]
    under_way = [criterion for criterion in others if case.extent(criterion) == Extent.IN_PROGRESS]
    missing = [
        case.to_meet(rule.kind, level, criterion, or_plan=len(under_way) < rule.count)
        for criterion in others
        if case.extent(criterion) == Extent.NOT_MET
    ]
    over = len(under_way) - rule.count
    if over > 0:
        sentence = f"Fully meet {_more_of(over, under_way)}."
        missing.append(Missing(rule.kind, level.rank, sentence, criteria=_codes(under_way), least=over))
    asks = f"Every other question of the level is in place or under way, with no more than {rule.count} under way."
    return asks, tuple(missing)


RULES: Mapping[type[Part], Callable[[_Case, Level, Any], Judged]] = {
    DeclarationsRule: _declarations,
    FiguresRule: _figures,
    CoreRule: _core,
    AllOfRule: _all_of,
    AtLeastRule: _at_least,
    ThemeMinimumRule: _theme_minimum,
    InProgressRule: _in_progress_at_most,
}


def _named(case: _Case, level: Level, codes: Collection[str]) -> list[Criterion]:
    return [criterion for criterion in case.counted(level.rank) if criterion.code in codes]


def _short_of(
    case: _Case, level: Level, kind: str, criteria: list[Criterion], needed: int, where: str = ""
) -> tuple[Missing, ...]:
    """That too few of these are fully met, as one thing to do; nothing when there are enough."""
    unmet = [criterion for criterion in criteria if case.extent(criterion) != Extent.MET]
    short = needed - (len(criteria) - len(unmet))
    if short <= 0:
        return ()
    if len(unmet) == 1:
        return (case.to_meet(kind, level, unmet[0]),)
    sentence = f"Fully meet {_more_of(short, unmet)}{where}."
    return (Missing(kind, level.rank, sentence, criteria=_codes(unmet), least=short),)


def _more_of(count: int, criteria: list[Criterion]) -> str:
    if len(criteria) == 1:
        return _titles(criteria)
    return f"{'all' if count == len(criteria) else f'at least {count}'} of {_titles(criteria)}"


def _titles(criteria: list[Criterion]) -> str:
    return _joined([f"“{criterion.title}”" for criterion in criteria]) or "nothing"


def _codes(criteria: list[Criterion]) -> tuple[str, ...]:
    return tuple(criterion.code for criterion in criteria)


def _joined(words: list[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])
