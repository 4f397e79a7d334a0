"""What changed from one round of an assessment to the next, in words. Pure: it looks at nothing but two snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from charter.assessment.metrics import fields_of, figures, may_be_unknown, needs, written
from charter.clock import day_in_words
from charter.framework.content import BaselineDeclaration, Content, Metric
from charter.review.submitted import AnswerSaid, EvidenceSaid, Submitted


@dataclass(frozen=True)
class Change:
    """One thing that reads differently. `before` or `after` is empty when it was not there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """All that changed between two rounds."""

    criteria: Mapping[str, tuple[Change, ...]]
    """By criterion; one that did not change is left out."""
    declarations: tuple[Change, ...]
    figures: tuple[Change, ...]
    by_declaration: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    """The changes of each declaration, by code; one that did not change is left out."""
    by_figure: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    """The changes of each figure and of the numbers it is worked out from, by the metric's code."""

    def __bool__(self) -> bool:
        return bool(self.criteria or self.declarations or self.figures)


def between(content: Content, before: Submitted, after: Submitted) -> Differences:
    """What `after` says that `before` did not, and the other way round."""
    criteria = {}
    for criterion in content.criteria:
        code = criterion.code
        changes = (
            *_answer(content, before.answers.get(code), after.answers.get(code)),
            *_evidence(before.evidence.get(code, ()), after.evidence.get(code, ())),
        )
        if changes:
            criteria[code] = changes
    declared = {one.code: _declaration(one, before, after) for one in content.declarations}
    worked_out = {metric.code: _figure(content, metric, before, after) for metric in content.metrics}
    return Differences(
        criteria,
        tuple(change for changes in declared.values() for change in changes),
        tuple(_figures(content, before, after)),
        {code: changes for code, changes in declared.items() if changes},
        {code: changes for code, changes in worked_out.items() if changes},
    )


def _answer(content: Content, before: AnswerSaid | None, after: AnswerSaid | None) -> list[Change]:
    pairs = zip(_said(content, before), _said(content, after), strict=True)
    return [Change(what, old, new) for (what, old), (_, new) in pairs if old != new]


def _said(content: Content, answer: AnswerSaid | None) -> tuple[tuple[str, str], ...]:
    value = content.scale_value(answer.value) if answer else None
    return (
        ("Answer", value.label if value else ""),
        ("Explanation", answer.explanation if answer else ""),
        ("Action", answer.action if answer else ""),
        ("Who will do it", answer.action_owner if answer else ""),
        ("By when", _day(answer.action_due) if answer else ""),
        ("Reason", answer.reason if answer else ""),
    )


def _evidence(before: tuple[EvidenceSaid, ...], after: tuple[EvidenceSaid, ...]) -> list[Change]:
    old, new = {piece.id: piece for piece in before}, {piece.id: piece for piece in after}
    added = [Change("Evidence added", "", piece.title) for key, piece in new.items() if key not in old]
    removed = [Change("Evidence removed", piece.title, "") for key, piece in old.items() if key not in new]
    changed = [
        Change("Evidence changed", old[key].title, piece.title)
        for key, piece in new.items()
        if key in old and replace(old[key], place="") != replace(piece, place="")
    ]
    moved = [
        Change(f"Where to look in “{piece.title}”", old[key].place, piece.place)
        for key, piece in new.items()
        if key in old and old[key].place != piece.place
    ]
    return [*added, *removed, *changed, *moved]


def _declaration(declaration: BaselineDeclaration, before: Submitted, after: Submitted) -> tuple[Change, ...]:
    words, code = {True: "Yes", False: "No", None: ""}, declaration.code
    pairs = (
        (declaration.statement, words[before.declarations.get(code)], words[after.declarations.get(code)]),
        (
            f"Note on “{declaration.statement}”",
            before.declaration_notes.get(code, ""),
            after.declaration_notes.get(code, ""),
        ),
    )
    return tuple(Change(what, old, new) for what, old, new in pairs if old != new)


def _figure(content: Content, metric: Metric, before: Submitted, after: Submitted) -> tuple[Change, ...]:
    """What changed in one figure: the numbers it needs, the note, and what they come to."""
    needed = needs(content, metric)
    pairs = [
        *(
            (field.label, before.inputs.get(name, ""), after.inputs.get(name, ""))
            for name, field in fields_of(content).items()
            if name in needed
        ),
        ("Comes to", _comes_to(content, metric, before), _comes_to(content, metric, after)),
        ("Note", before.notes.get(metric.code, ""), after.notes.get(metric.code, "")),
    ]
    return tuple(Change(what, old, new) for what, old, new in pairs if old != new)


def _comes_to(content: Content, metric: Metric, said: Submitted) -> str:
    found = next(one for one in figures(content, said.inputs, unknown=said.unknown) if one.metric == metric)
    return f"{written(found.value)} {metric.unit}" if found.value is not None else (found.note or "").rstrip(".")


def _figures(content: Content, before: Submitted, after: Submitted) -> list[Change]:
    changes = [
        Change(field.label, old, new)
        for name, field in fields_of(content).items()
        if (old := before.inputs.get(name, "")) != (new := after.inputs.get(name, ""))
    ]
    words = {True: "Not known yet", False: ""}
    changes.extend(
        Change(one.label, words[one.code in before.unknown], words[one.code in after.unknown])
        for one in may_be_unknown(content)
        if (one.code in before.unknown) != (one.code in after.unknown)
    )
    if before.period_end != after.period_end:
        changes.append(Change("Last day of the 12 months", _day(before.period_end), _day(after.period_end)))
    changes.extend(
        Change(f"Note on “{metric.label}”", old, new)
        for metric in content.metrics
        if (old := before.notes.get(metric.code, "")) != (new := after.notes.get(metric.code, ""))
    )
    return changes


def _day(value: date | None) -> str:
    return day_in_words(value) if value else ""
