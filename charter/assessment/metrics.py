"""The numbers an employer returns: read as people type them, checked, and turned into figures."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from charter.framework import formula
from charter.framework.content import Content, Metric, NumberField

_GROUPED = re.compile(r"-?[0-9]{1,3}(?:[, ][0-9]{3}){1,3}(?:\.[0-9]+)?")
_PLAIN = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{0,10})?|-?\.[0-9]{1,10}")
_LONGEST = 25
NOT_KNOWN = "Not known yet."


class Parsed(NamedTuple):
    """The good numbers by field, and a sentence for each field that is wrong. An empty field is in neither."""

    numbers: dict[str, Decimal]
    faults: dict[str, str]


@dataclass(frozen=True)
class Figure:
    """A metric worked out, as far as it can be."""

    metric: Metric
    value: Decimal | None
    complete: bool
    """Whether every number it needs was given, also when there is nothing to divide by."""
    note: str | None = None
    """Why there is no value."""
    warning: str | None = None
    """What to look at again; the employer may keep the value and explain it."""
    unknown: bool = False
    """Whether the employer says that it does not know this figure yet. Then it has no value and nothing is missing."""


def fields(content: Content, rank: int | None = None) -> tuple[NumberField, ...]:
    """The numbers asked of an employer that aims for level `rank` (None: of any): context first, in the file's order.

    The two headcounts are always asked; other context fields only where a metric of the level needs them.
    """
    metrics = _metrics(content, rank)
    needed = {content.headcount_field, content.local_headcount_field}
    for metric in metrics:
        needed |= needs(content, metric)
    context = tuple(item for item in content.context_fields if item.name in needed)
    return context + tuple(item for metric in metrics for item in metric.inputs)


def needs(content: Content, metric: Metric) -> frozenset[str]:
    """The names of all the numbers a metric needs: its inputs, those its formula uses, and those that limit them."""
    known = {item.name for item in content.context_fields} | {item.name for item in metric.inputs}
    names = {item.name for item in metric.inputs} | {item.max_field for item in metric.inputs if item.max_field}
    return frozenset(names | (_named(metric.formula) & known))


def rests_on(content: Content, metric: Metric) -> tuple[NumberField, ...]:
    """The numbers shared with other figures that a metric is worked out from: without them it cannot be."""
    return tuple(item for item in content.context_fields if item.name in _named(metric.formula))


def may_be_unknown(content: Content, rank: int | None = None) -> tuple[NumberField | Metric, ...]:
    """What an employer that aims for level `rank` may say it does not know yet: shared numbers, then metrics."""
    shared = {item.name for item in content.context_fields}
    return (*(item for item in fields(content, rank) if item.name in shared), *_metrics(content, rank))


def not_known(content: Content, unknown: Collection[str]) -> frozenset[str]:
    """The codes of the metrics that an employer cannot give yet.

    `unknown` is what it says that it does not know: metrics by code, and numbers shared by several of them by name. A
    metric that is worked out from such a number is not known either.
    """
    return frozenset(
        metric.code
        for metric in content.metrics
        if metric.code in unknown or any(item.name in unknown for item in rests_on(content, metric))
    )


def not_given(content: Content, unknown: Collection[str]) -> frozenset[str]:
    """The names of the numbers that need not be given: shared ones that are unknown, and those of unknown metrics."""
    shared = {item.name for item in content.context_fields if item.name in unknown}
    return own_fields(content, not_known(content, unknown)) | shared


def own_fields(content: Content, codes: Collection[str]) -> frozenset[str]:
    """The names of the numbers that belong to these metrics alone, and to no other figure."""
    return frozenset(item.name for metric in content.metrics if metric.code in codes for item in metric.inputs)


def contradicted(
    content: Content, inputs: Mapping[str, str], unknown: Collection[str], rank: int | None = None
) -> tuple[Metric | NumberField, ...]:
    """The metrics of level `rank`, and the numbers shared by several, that are said to be unknown although numbers were
    typed for them: one of the two is wrong."""

    def typed(item: NumberField) -> bool:
        return bool(str(inputs.get(item.name) or "").strip())

    shared = tuple(item for item in content.context_fields if item.name in unknown and typed(item))
    own = tuple(one for one in _metrics(content, rank) if one.code in unknown and any(map(typed, one.inputs)))
    return shared + own


def parse(content: Content, inputs: Mapping[str, str], unknown: Collection[str] = ()) -> Parsed:
    """Read what was typed in every field of the framework. Thousands may be set apart by commas or spaces.

    What was typed for a metric, or a shared number, that is `unknown` is not looked at: it is neither a number nor a
    mistake.
    """
    numbers: dict[str, Decimal] = {}
    faults: dict[str, str] = {}
    left_out = own_fields(content, unknown) | set(unknown)
    all_fields = {name: item for name, item in fields_of(content).items() if name not in left_out}
    for name, item in all_fields.items():
        text = str(inputs.get(name) or "").strip()
        if text:
            number = _number(text)
            fault = _fault(item, number)
            if fault:
                faults[name] = fault
            elif number is not None:
                numbers[name] = number
    for name, item in all_fields.items():
        limit = numbers.get(item.max_field) if item.max_field else None
        if item.max_field and limit is not None and name in numbers and numbers[name] > limit:
            label = all_fields[item.max_field].label
            faults[name] = f"This cannot be more than {written(limit)}, the number you gave for “{label}”."
    for name in faults:
        numbers.pop(name, None)
    return Parsed(numbers, faults)


def check(content: Content, inputs: Mapping[str, str], unknown: Collection[str] = ()) -> dict[str, str]:
    """A sentence for each field that is wrong."""
    return parse(content, inputs, unknown).faults


def warnings(content: Content, inputs: Mapping[str, str], unknown: Collection[str] = ()) -> dict[str, str]:
    """A sentence for each field that is allowed but unusual."""
    numbers, _ = parse(content, inputs, unknown)
    found: dict[str, str] = {}
    all_fields = fields_of(content)
    for name, item in all_fields.items():
        limit = numbers.get(item.warn_if_above_field) if item.warn_if_above_field else None
        if item.warn_if_above_field and limit is not None and name in numbers and numbers[name] > limit:
            label = all_fields[item.warn_if_above_field].label
            found[name] = f"This is more than {written(limit)}, the number you gave for “{label}”. Check both."
    return found


def size_doubt(
    content: Content, inputs: Mapping[str, str], unknown: Collection[str], size_band: str, *, in_part: bool = False
) -> dict[str, str]:
    """That the number of people on the payroll is outside the size that the employer's details give, by its field.

    `in_part`: the numbers are those of a part of the employer, which may well be smaller than the whole.
    """
    people = parse(content, inputs, unknown)[0].get(content.headcount_field)
    band = content.size_band(size_band)
    if people is None or band is None:
        return {}
    if (band.max is None or people <= band.max) and (in_part or people >= band.min):
        return {}
    sentence = f"Your details say “{band.title}”, and this number is {written(people)}. Which of the two is right?"
    return {content.headcount_field: sentence}


def figures(
    content: Content, inputs: Mapping[str, str], rank: int | None = None, unknown: Collection[str] = ()
) -> tuple[Figure, ...]:
    """Each metric that level `rank` asks for (None: every metric), worked out from what was typed.

    `unknown` is what the employer says it does not know yet, metrics by code and shared numbers by name: what is not
    known, or rests on a number that is not, has no value, never 0.
    """
    numbers, _ = parse(content, inputs, unknown)
    return tuple(
        Figure(metric, None, complete=False, note=note, unknown=True)
        if (note := _why_not_known(content, metric, unknown))
        else _figure(content, metric, numbers, unknown)
        for metric in _metrics(content, rank)
    )


def returned(
    content: Content, inputs: Mapping[str, str], rank: int | None = None, unknown: Collection[str] = ()
) -> frozenset[str]:
    """The codes of the metrics whose numbers are complete and right. One that is `unknown` is not returned."""
    return frozenset(figure.metric.code for figure in figures(content, inputs, rank, unknown) if figure.complete)


def headcount(content: Content, inputs: Mapping[str, str]) -> int | None:
    """How many people are on the payroll, when that was given."""
    return _whole(content, inputs, content.headcount_field)


def local_headcount(content: Content, inputs: Mapping[str, str]) -> int | None:
    """How many of them are based in the scheme's counties, when that was given."""
    return _whole(content, inputs, content.local_headcount_field)


def fields_of(content: Content) -> dict[str, NumberField]:
    """Every number the framework can ask for, by name."""
    own = (item for metric in content.metrics for item in metric.inputs)
    return {item.name: item for item in (*content.context_fields, *own)}


def written(number: Decimal) -> str:
    """A number as people read it: 1,200 or 12.5."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _metrics(content: Content, rank: int | None) -> tuple[Metric, ...]:
    return content.metrics if rank is None else content.metrics_for(rank)


def _whole(content: Content, inputs: Mapping[str, str], name: str) -> int | None:
    number = parse(content, inputs).numbers.get(name)
    return int(number) if number is not None else None


def _number(text: str) -> Decimal | None:
    """The number that was typed, or None. “1,5” is no number: it may be meant as 1.5 or as 15."""
    text = re.sub(r"\s+", " ", text)
    if len(text) > _LONGEST:
        return None
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "").replace(" ", ""))
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def _fault(item: NumberField, number: Decimal | None) -> str | None:
    """What is wrong with a number by itself."""
    if number is None:
        example = "12" if item.type == "integer" else "12.5"
        return f"Write this as a number, for example {example}."
    if item.type == "integer" and number != number.to_integral_value():
        return "Write a whole number, with nothing after the point."
    if item.type == "decimal" and number != round(number, item.decimals):
        return f"Write this with at most {_decimals(item.decimals)}."
    if item.min is not None and number < item.min:
        return f"This must be {written(item.min)} or more."
    if item.max is not None and number > item.max:
        return f"This must be {written(item.max)} or less."
    return None


def _decimals(count: int) -> str:
    return "1 figure after the point" if count == 1 else f"{count or 'no'} figures after the point"


def _named(text: str) -> set[str]:
    """The names in a formula."""
    return set(re.findall(r"[a-z][a-z0-9_]*", text))


def _why_not_known(content: Content, metric: Metric, unknown: Collection[str]) -> str | None:
    if metric.code in unknown:
        return NOT_KNOWN
    missing = [f"“{item.label}”" for item in rests_on(content, metric) if item.name in unknown]
    return f"This cannot be worked out yet: you do not know {' and '.join(missing)}" if missing else None


def _figure(content: Content, metric: Metric, numbers: Mapping[str, Decimal], unknown: Collection[str]) -> Figure:
    if not needs(content, metric) - set(unknown) <= numbers.keys():  # what only limits may be unknown
        return Figure(metric, None, complete=False, note="Some numbers are still missing.")
    try:
        value = formula.value(metric.formula, numbers)
        smallest = min((abs(part) for part in formula.denominators(metric.formula, numbers)), default=None)
    except formula.ZeroDenominator:
        if metric.zero_denominator == "not_applicable":
            return Figure(metric, None, complete=True, note="There was nobody to count, so there is no figure.")
        return Figure(metric, None, complete=False, note="This cannot be worked out, because it would divide by 0.")
    value = value.quantize(Decimal(1).scaleb(-metric.decimals), rounding=ROUND_HALF_UP)
    return Figure(metric, value, complete=True, warning=_warning(metric, value, smallest))


def _warning(metric: Metric, value: Decimal, denominator: Decimal | None) -> str | None:
    if metric.min is not None and value < metric.min:
        return f"This comes to {written(value)}, and we expect {written(metric.min)} or more. Check your numbers."
    if metric.max is not None and value > metric.max:
        return f"This comes to {written(value)}, and we expect {written(metric.max)} or less. Check your numbers."
    if metric.warn_below is not None and value < metric.warn_below:
        return f"This is lower than usual (below {written(metric.warn_below)}). If it is right, tell us why."
    if metric.warn_above is not None and value > metric.warn_above:
        return f"This is higher than usual (above {written(metric.warn_above)}). If it is right, tell us why."
    if metric.min_denominator is not None and denominator is not None and denominator < metric.min_denominator:
        return f"Fewer than {metric.min_denominator} people are counted, so one person can change this figure a lot."
    return None
