"""A charter file as it was written: its values, and the line each of them stands on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charter.framework.checking import Fault, Faulty
from charter.framework.misshapen import Where

LARGEST = 5_000_000


@dataclass(frozen=True)
class Source:
    """The values of a file, and the tree of nodes they were read from."""

    document: Any
    root: Any
    """A node of PyYAML, whose types say less than is there: a node that was read always has its place."""

    def line(self, where: Where) -> int:
        """The line of the value at this path, or of the nearest thing around it that exists (counted from 1)."""
        node, line = self.root, 0
        for step in where:
            found = _child(node, step)
            if found is not None:
                node, line = found
        return int(line) + 1


def parse(path: Path) -> Source:
    """Read a YAML file. Raises `Faulty` when there is no such file, or it is not YAML we can take."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _faulty(None, f"The file {path} cannot be read: {error.strerror or error}.") from error
    if len(data) > LARGEST:
        raise _faulty(None, f"The file {path} is larger than {LARGEST // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _faulty(line, "The file is not plain UTF-8 text. Save it again as UTF-8.") from error
    return parse_text(text)


def parse_text(text: str) -> Source:
    """Read YAML that was typed or sent. Raises `Faulty` when it is not YAML we can take."""
    if len(text) > LARGEST:
        raise _faulty(None, f"The text is longer than {LARGEST // 1_000_000} million characters.")
    try:
        faults = [
            Fault("the file", event.start_mark.line + 1, "Write this out in full: references (*) are not allowed.")
            for event in yaml.parse(text, yaml.CSafeLoader)
            if isinstance(event, yaml.AliasEvent) and event.start_mark
        ]
        if faults:
            raise Faulty(tuple(faults))
        loader = yaml.CSafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise _faulty(1, "The file is empty.")
        faults.extend(_repeated(root))
        if faults:
            raise Faulty(tuple(faults))
        return Source(loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        advice = "Check the indents, quotes and colons just before."
        message = f"The file cannot be read as YAML from here on ({reason}). {advice}"
        raise _faulty(mark.line + 1 if mark else None, message) from error
    except (yaml.YAMLError, ValueError) as error:  # a ValueError is a date such as 2026-13-01
        raise _faulty(None, f"The file cannot be read as YAML: {error}.") from error
    except RecursionError as error:
        raise _faulty(None, "The file is nested too deeply.") from error


def _repeated(node: Any) -> list[Fault]:
    """A key written twice: YAML would quietly keep the last, and a part of the file would be lost."""
    faults: list[Fault] = []
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode):
                if key.value in first:
                    message = f"“{key.value}” is here twice: it is also on line {first[key.value]}. Keep one."
                    faults.append(Fault(key.value, line, message))
                first.setdefault(key.value, line)
            faults.extend(_repeated(value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            faults.extend(_repeated(item))
    return faults


def _child(node: Any, step: str | int) -> tuple[Any, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line
    return None


def _faulty(line: int | None, message: str) -> Faulty:
    return Faulty((Fault("the file", line, message),))
