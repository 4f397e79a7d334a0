"""A version of the charter written down as YAML, so that what is read back is the same."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import yaml

from charter.framework.content import Content

WIDTH = 110


class _Writer(yaml.CSafeDumper):
    """Writes what a charter is made of."""

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written in full: references are not read back."""
        return True


def _words(writer: _Writer, text: str) -> Any:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(writer: _Writer, number: Decimal) -> Any:
    whole = number == number.to_integral_value()
    tag = "tag:yaml.org,2002:int" if whole else "tag:yaml.org,2002:float"
    return writer.represent_scalar(tag, str(int(number)) if whole else f"{number:f}")


_Writer.add_representer(str, _words)
_Writer.add_representer(Decimal, _number)


def as_text(content: Content) -> str:
    """The content as a file: read back and checked, it is the same content. What says nothing is left out."""
    return text_of(content.model_dump(mode="python", exclude_defaults=True))


def text_of(document: object) -> str:
    """A document, checked or not, as a file, in its own order."""
    found: str = yaml.dump(_plain(document), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=WIDTH)
    return found


def _plain(value: object) -> object:
    """Only what YAML has: no tuples, no enumerations."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | Decimal | date) or value is None:
        return value
    return str(value)
