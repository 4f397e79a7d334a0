"""What the shape of a charter lacks, in plain words, and how people read the place of a mistake."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

Where = tuple[str | int, ...]
"""A path into the document: keys, and positions in lists (from 0)."""


def place_of(document: object, where: Where) -> str:
    """A path as people read it: `criteria[5] RECR-01 → metric`. Each item of a list is named by what names it."""
    steps: list[str] = []
    here: Any = document
    for step in where:
        if isinstance(step, int) and isinstance(here, list | tuple) and step < len(here):
            here = here[step]
            label = _label(here)
            steps[-1:] = [f"{steps[-1] if steps else ''}[{step + 1}]{f' {label}' if label else ''}"]
        elif isinstance(here, Mapping):
            if step not in here and step in _TAGS:
                continue  # pydantic names the kind of rule it tried; the file has no such key
            here = here.get(step)
            steps.append(str(step))
        else:
            steps.append(str(step))
    return " → ".join(steps) or "the file"


_TAGS = {"declarations", "figures", "core", "all_of", "at_least", "theme_minimum", "in_progress_at_most"}


def _label(item: object) -> str:
    if isinstance(item, Mapping):
        for key in ("code", "name", "value", "scheme", "kind"):
            if isinstance(item.get(key), str):
                return str(item[key])
        return ""
    return item if isinstance(item, str) and len(item) <= 40 else ""


def misshapen(error: ValidationError) -> Iterator[tuple[Where, str]]:
    """What pydantic found, in plain words."""
    for found in error.errors(include_url=False):
        where: Where = tuple(found["loc"])
        yield where, _plainly(str(found["type"]), found.get("input"), found.get("ctx", {}), found["msg"], where)


def _plainly(kind: str, given: Any, context: Mapping[str, Any], fallback: str, where: Where) -> str:
    """One of pydantic's errors as a sentence for whoever mends the file."""
    shown = f"“{given}”" if not isinstance(given, list | tuple | Mapping) else "this"
    last = where[-1] if where else ""
    if kind == "missing":
        return f"“{last}” is missing. Add it."
    if kind == "extra_forbidden" and given is None and " " in str(last):
        return f"“{last}” stands on its own. Words with a comma need quotes around the whole sentence."
    if kind == "extra_forbidden":
        return f"The charter has no field called “{last}” here. Check its spelling, or take it out."
    if isinstance(given, bool) and kind.startswith(("int", "decimal")):
        return "This is read as true or false. Write a number."
    if given is None:
        return "This is empty. Write a value, or take the line out if it is not needed."
    if kind == "string_type":
        if isinstance(given, list | tuple | Mapping):
            return "This should be words, not a list or a set of fields."
        return f'Put quotes around this value, so that it is read as words: "{given}".'
    if kind == "string_too_short":
        return "This is empty. Write some words."
    if kind == "string_pattern_mismatch":
        return f"{shown} is not in the right form. {_form(str(context.get('pattern', '')))}"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        kinds = ", ".join(sorted(_TAGS))
        return f"Say with “kind” what kind of rule this is. The kinds are {kinds}."
    if kind in {"literal_error", "enum"}:
        return f"{shown} is not a choice here. Choose {str(context.get('expected', '')).replace(chr(39), '')}."
    if kind.startswith("int"):
        return f"{shown} is not a whole number."
    if kind.startswith(("decimal", "float", "finite")):
        return f"{shown} is not a number."
    if kind.startswith("bool"):
        return f"{shown} is neither true nor false."
    if kind.startswith("date"):
        return f"{shown} is not a date. Write it as year-month-day, for example 2027-04-01."
    if kind.startswith("greater_than_equal"):
        return f"This should be {context.get('ge')} or more, not {given}."
    if kind == "too_short":
        return f"There should be {context.get('min_length')} or more here, not {context.get('actual_length')}."
    if kind == "too_long":
        return f"There should be {context.get('max_length')} or fewer here, not {context.get('actual_length')}."
    if kind == "tuple_type":
        return "This should be a list. Start each item on its own line with “- ”."
    if kind in {"model_type", "model_attributes_type", "mapping_type", "dict_type"}:
        return "This should be a set of fields, each written “name: value”."
    return f"{fallback}."


def _form(pattern: str) -> str:
    if "\\." in pattern:
        return "Write three numbers with dots, for example 1.0.0."
    if "{1,7}" in pattern:
        return "Write 2 to 8 capital letters or digits, a letter first."
    if "A-Z" in pattern:
        return "A code has at most 32 letters, digits, dots, hyphens and underscores, and no spaces."
    return "A name has small letters, digits and underscores, and starts with a letter."
