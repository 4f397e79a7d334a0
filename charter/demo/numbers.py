"""The numbers that a made-up employer returns: they fit together, and some are not known yet."""

from decimal import Decimal
from random import Random

from charter.assessment import metrics
from charter.framework.content import Content


def not_known(content: Content, level: int, random: Random) -> list[str]:
    """One or two of the figures that a level asks for, by code: those that an employer does not know yet."""
    codes = [metric.code for metric in content.metrics_for(level)]
    return random.sample(codes, min(2, len(codes) // 2))


def fitting(content: Content, level: int, headcount: int, random: Random) -> dict[str, str]:
    """A number for each field that a level asks for, by name, of an employer of `headcount` people.

    Nothing is above what it is a part of.
    """
    found: dict[str, Decimal] = {}
    people = Decimal(headcount)
    asked = content.metrics_for(level)
    context = {field.name for field in content.context_fields}
    wholes = {metric.inputs[1].name for metric in asked if metric.max == 100 and len(metric.inputs) > 1}
    # A part may be asked before its whole, so wholes come first; the order of what is kept is the form's.
    for field in sorted(metrics.fields(content, level), key=lambda field: field.name not in context | wholes):
        if field.name == content.headcount_field:
            value = people
        elif field.name == content.local_headcount_field:
            value = people - random.randint(0, max(0, headcount // 5))
        elif field.name in context and field.type == "decimal":  # part-time staff make jobs fewer than people
            least = 80 if field.warn_if_above_field else 96
            value = (people * random.randint(least, 98) / 100).quantize(Decimal("0.1"))
        elif field.type == "decimal":
            value = (people * random.randint(15, 60) / 10).quantize(Decimal("0.1"))
        elif field.max_field == content.headcount_field and field.name in wholes:
            value = Decimal(round(people * random.randint(94, 100) / 100))  # nearly everyone is counted
        elif field.max_field in found:
            value = Decimal(int(found[field.max_field] * random.randint(45, 95) / 100))
        else:
            value = Decimal(random.randint(1, max(1, headcount // 8)))
        found[field.name] = max(value, field.min or Decimal(0))
    for metric in asked:
        if metric.max == 100 and len(metric.inputs) > 1:  # a share: the part is not above the whole
            part, whole = metric.inputs[0].name, metric.inputs[1].name
            found[part] = min(found[part], found[whole])
    return {name: str(value) for name, value in found.items()}
