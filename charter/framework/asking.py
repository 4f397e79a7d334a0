"""What a level asks, in plain words: its rules, their weight for each criterion, and what comes on top of the last."""

import enum
from dataclasses import dataclass

from charter.framework.content import (
    AllOfRule,
    AtLeastRule,
    Content,
    CoreRule,
    Criterion,
    DeclarationsRule,
    FiguresRule,
    InProgressRule,
    Level,
    Rule,
    ThemeMinimumRule,
)


class Weight(enum.IntEnum):
    """What the rules make of a criterion, the strongest first."""

    MUST = 1
    MAY_BE_UNDER_WAY = 2
    COUNTS = 3
    HELPS = 4


@dataclass(frozen=True)
class Standing:
    """What the rules of the levels up to a target make of one criterion, and of which level they are."""

    weight: Weight
    level: Level

    @property
    def is_must(self) -> bool:
        """Whether nothing less than fully in place will do."""
        return self.weight is Weight.MUST

    @property
    def words(self) -> str:
        """The standing as a short sentence for a list of criteria."""
        return {
            Weight.MUST: f"Must for {self.level.title}.",
            Weight.MAY_BE_UNDER_WAY: f"Can be under way for {self.level.title}.",
            Weight.COUNTS: f"Counts towards {self.level.title}.",
            Weight.HELPS: f"Helps, but {self.level.title} does not need it.",
        }[self.weight]


def standing(content: Content, criterion: Criterion, rank: int) -> Standing:
    """What the rules up to level `rank` make of a criterion: the strongest, and the lowest level that says so."""
    found = [
        (_weight(rule, level, criterion), level.rank, level)
        for level in content.levels
        if level.rank <= rank
        for rule in level.rules
    ]
    weight, _, level = min(found, key=lambda one: one[:2])
    if weight is Weight.HELPS:  # nothing asks for it, so it is the target that does not need it
        level = next(one for one in content.levels if one.rank == rank)
    return Standing(weight, level)


def _weight(rule: Rule, level: Level, criterion: Criterion) -> Weight:
    """What one rule of a level makes of a criterion."""
    match rule:
        case CoreRule() if criterion.core and criterion.level == level.rank:
            return Weight.MUST
        case AllOfRule(criteria=codes) if criterion.code in codes:
            return Weight.MUST
        case InProgressRule(count=most) if not criterion.core and criterion.level == level.rank:
            return Weight.MAY_BE_UNDER_WAY if most else Weight.MUST
        case AtLeastRule(criteria=codes) if criterion.code in codes:
            return Weight.COUNTS
        case ThemeMinimumRule() if criterion.level <= level.rank:
            return Weight.COUNTS
    return Weight.HELPS


@dataclass(frozen=True)
class Ask:
    """What a level asks of one employer in all, and what of that comes on top of the level below."""

    level: Level
    below: Level | None
    questions: int
    more_questions: int
    more_musts: int
    """How many of the questions on top nothing less than fully in place will do for."""
    more_needing_evidence: int
    figures: int
    more_figures: int
    minutes: int
    """For all its questions and figures, evidence left out; rounded up to five minutes."""

    @property
    def time(self) -> str:
        """The minutes as people say them."""
        return in_words(self.minutes)


def in_words(minutes: int) -> str:
    """Minutes as people say them."""
    hours, rest = divmod(minutes, 60)
    counts = (hours, "hour"), (rest, "minute")
    return " ".join(f"{count} {unit}{'s' * (count > 1)}" for count, unit in counts if count) or "no time"


def asks(content: Content, headcount_ceiling: int | None = None) -> tuple[Ask, ...]:
    """What each level asks of an employer with at most so many people, the lowest level first."""
    found: list[Ask] = []
    for level in sorted(content.levels, key=lambda level: level.rank):
        criteria = content.asked(level.rank, headcount_ceiling)
        figures = len(content.metrics_for(level.rank))
        below = found[-1] if found else None
        more = [one for one in criteria if below is None or one.level > below.level.rank]
        found.append(
            Ask(
                level=level,
                below=below.level if below else None,
                questions=len(criteria),
                more_questions=len(more),
                more_musts=sum(standing(content, one, level.rank).is_must for one in more),
                more_needing_evidence=sum(one.evidence_required for one in more),
                figures=figures,
                more_figures=figures - (below.figures if below else 0),
                minutes=-(-content.meta.minutes_per_question * (len(criteria) + figures) // 5) * 5,
            )
        )
    return tuple(found)


def rules_up_to(content: Content, rank: int) -> tuple[str, ...]:
    """The rules of the levels up to `rank` in words. What every one of them asks is said once, the rest by level."""
    levels = [level for level in content.levels if level.rank <= rank]
    said = {level.rank: [rule_in_words(rule, content) for rule in level.rules] for level in levels}
    shared = [words for words in said[rank] if all(words in own for own in said.values())]
    own = [f"{level.title}: {words}" for level in levels for words in said[level.rank] if words not in shared]
    return (*shared, *own)


def rule_in_words(rule: Rule, content: Content) -> str:
    """A rule of a level as a sentence that begins after "To reach it, ..."."""
    match rule:
        case DeclarationsRule():
            return "You say yes to each of the legal basics."
        case FiguresRule():
            return "You give every figure that the level asks for."
        case CoreRule():
            return "Every question that is a must for the level is fully in place."
        case AllOfRule(criteria=codes):
            return f"Each of these is fully in place: {_titles(codes, content)}."
        case AtLeastRule(count=least, criteria=codes):
            return f"At least {least} of these are fully in place: {_titles(codes, content)}."
        case ThemeMinimumRule(count=least):
            what = "1 question is" if least == 1 else f"{least} questions are"
            return f"In each theme, at least {what} fully in place."
        case InProgressRule(count=0):
            return "Every other question of the level is fully in place."
        case InProgressRule(count=most):
            return (
                f"Every other question of the level is in place or under way. At most {most} may be under way, "
                f"each with a date within {content.meta.in_progress_months} months."
            )


def _titles(codes: tuple[str, ...], content: Content) -> str:
    found = (content.criterion(code) for code in codes)
    return "; ".join(criterion.title for criterion in found if criterion is not None)
