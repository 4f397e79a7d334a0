"""The pieces of a draft that have a form of their own: what each is made of, and how it is put back in its place."""

import enum
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from charter.errors import Refusal
from charter.framework import checking
from charter.framework.content import BaselineDeclaration, Criterion, Level, Meta, Moderated, Part, Passport, Theme
from charter.framework.misshapen import Where, misshapen, place_of

Document = dict[str, Any]
Choices = Sequence[tuple[str, str]]


class How(enum.Enum):
    """How a field is typed."""

    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    """Several texts, one on each line."""
    CODES = "codes"
    """Several codes, with spaces or commas between them."""
    WHOLE = "whole"
    DAY = "day"
    TICK = "tick"
    ONE_OF = "one_of"
    RANK = "rank"
    """One of the levels, by its number."""
    YAML = "yaml"
    """A list that is written as it is in the file."""


def _codes_of(key: str, title: str = "title") -> Callable[[Document], Choices]:
    def found(document: Document) -> Choices:
        items = [one for one in _list(document, key) if isinstance(one, dict) and isinstance(one.get("code"), str)]
        return [(one["code"], f"{one['code']}: {one.get(title) or one['code']}") for one in items]

    return found


def _ranks(document: Document) -> Choices:
    return [
        (str(one["rank"]), str(one.get("title") or one["rank"]))
        for one in _list(document, "levels")
        if isinstance(one, dict) and "rank" in one
    ]


def _efforts(document: Document) -> Choices:
    meta = document.get("meta")
    efforts = meta.get("efforts") if isinstance(meta, dict) else None
    return [(one["code"], str(one.get("label"))) for one in efforts or () if isinstance(one, dict) and "code" in one]


@dataclass(frozen=True)
class Asked:
    """One field of a piece: its name in the file, what it is called on the page, and how it is typed.

    A name with a dot is a field of a piece within: `review.panel`.
    """

    name: str
    label: str
    how: How = How.LINE
    hint: str = ""
    choices: Callable[[Document], Choices] | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to it."""
        return tuple(self.name.split("."))

    @property
    def field(self) -> str:
        """Its name in a form."""
        return "part_" + self.name.replace(".", "__")


@dataclass(frozen=True)
class Kind:
    """A kind of piece: where it stands in the file, what it is called, and its fields."""

    key: str
    noun: str
    plural: str
    model: type[Part]
    fields: tuple[Asked, ...]
    many: bool = True
    name: str = "title"
    """The field that names one for people."""
    may_add: bool = True


LINE_EACH = "One on each line."
_KINDS = (
    Kind(
        "meta",
        "version and its words",
        "version and its words",
        Meta,
        (
            Asked(
                "version", "Number of the version", hint="Three numbers with dots, higher than the one before: 1.3.0"
            ),
            Asked("title", "Title"),
            Asked("standing", "Who has agreed to it", How.TEXT, "Shown with the criteria."),
            Asked("prepared_on", "Prepared on", How.DAY),
            Asked(
                "changes",
                "What changes for employers",
                How.LINES,
                "A sentence on each line. Employers read them before they move, and in an email.",
            ),
            Asked("in_progress_months", "Months in which a planned action must be due", How.WHOLE),
            Asked("minutes_per_question", "Minutes to allow for a question", How.WHOLE),
        ),
        many=False,
    ),
    Kind(
        "levels",
        "level",
        "levels",
        Level,
        (
            Asked("title", "Title"),
            Asked("summary", "Summary", How.TEXT),
            Asked("check", "How we check", How.TEXT),
            Asked("evidence_rule", "What evidence it asks for", How.TEXT),
            Asked("depth", "How far the scheme checked", hint="In a few words, for the certificate."),
            Asked("valid_months", "Months for which an award lasts", How.WHOLE),
            Asked("renewable", "It can be renewed", How.TICK),
            Asked("target_decision_working_days", "Working days in which we aim to decide", How.WHOLE),
            Asked(
                "rules",
                "Rules",
                How.YAML,
                "Each on a line of its own, as in the file: - {kind: at_least, count: 2, criteria: [A-01, A-02, A-03]}",
            ),
            Asked("review.second_assessor", "A second assessor looks at each criterion", How.TICK),
            Asked("review.conversation", "A visit or a conversation must be on record", How.TICK),
            Asked(
                "review.moderation",
                "Which cases does a second person look at, question by question?",
                How.ONE_OF,
                choices=lambda _: [(Moderated.SAMPLE.value, "A sample"), (Moderated.ALWAYS.value, "All of them")],
            ),
            Asked("review.panel", "The scheme’s partners decide in a meeting", How.TICK),
        ),
        may_add=False,  # a level more changes what every level of the file is: that is done in the text
    ),
    Kind(
        "themes",
        "theme",
        "themes",
        Theme,
        (Asked("code", "Code"), Asked("title", "Title"), Asked("aim", "Aim", How.TEXT)),
    ),
    Kind(
        "criteria",
        "criterion",
        "criteria",
        Criterion,
        (
            Asked("code", "Code", hint="It stays from version to version: answers are carried by it."),
            Asked("theme", "Theme", How.ONE_OF, choices=_codes_of("themes")),
            Asked("level", "Level", How.RANK, choices=_ranks),
            Asked("core", "It is core for its level: nothing less than fully in place will do", How.TICK),
            Asked("title", "Title", hint="A few words for lists."),
            Asked("statement", "Statement", How.TEXT),
            Asked("guidance", "Guidance", How.TEXT, "What it means and why it matters, in plain English."),
            Asked("good_evidence", "Good evidence", How.TEXT),
            Asked("checks", "What an assessor checks", How.LINES, "A sentence on each line."),
            Asked("evidence_required", "It needs evidence", How.TICK),
            Asked("evidence_types", "Kinds of evidence", How.CODES, "Their codes, with spaces between them."),
            Asked("not_applicable_allowed", "An employer may say that it does not apply", How.TICK),
            Asked("min_headcount", "Only for employers with at least so many people", How.WHOLE),
            Asked("counts_from", "It counts from", How.DAY, "Leave this empty when it counts at once."),
            Asked(
                "metric",
                "Figure",
                How.ONE_OF,
                choices=lambda document: [("", "None"), *_codes_of("metrics", "label")(document)],
            ),
            Asked(
                "effort",
                "How much work it is",
                How.ONE_OF,
                choices=lambda document: [("", "As most"), *_efforts(document)],
            ),
        ),
    ),
    Kind(
        "declarations",
        "legal basic",
        "legal basics",
        BaselineDeclaration,
        (Asked("code", "Code"), Asked("statement", "Statement", How.TEXT), Asked("help", "Help", How.TEXT)),
        name="statement",
    ),
    Kind(
        "passports",
        "award of another scheme",
        "awards of other schemes",
        Passport,
        (
            Asked("title", "Title"),
            Asked(
                "supports", "The criteria that it stands in for", How.CODES, "Their codes, with spaces between them."
            ),
            Asked("strength", "How far it stands in", How.ONE_OF, choices=_codes_of("strengths")),
            Asked("note", "Note", How.TEXT),
            Asked("list_url", "Where the scheme lists its holders"),
            Asked("number_example", "What the number on a certificate looks like"),
        ),
        may_add=False,
    ),
)
KINDS: Mapping[str, Kind] = {kind.key: kind for kind in _KINDS}
"""In the order in which a draft shows them."""


def code_of(kind: Kind, piece: Any) -> str:
    """What a piece is called in an address: its code; an award of another scheme by its scheme and level."""
    if not isinstance(piece, dict):
        return ""
    if kind.key == "passports":
        return "~".join(str(piece[key]) for key in ("scheme", "level") if piece.get(key))
    return str(piece.get("code") or "")


def pieces(document: Document, kind: Kind) -> list[Document]:
    """The pieces of a kind, in the order of the file; what is misshapen is left out."""
    found = [document.get(kind.key)] if not kind.many else _list(document, kind.key)
    return [one for one in found if isinstance(one, dict)]


def piece(document: Document, kind: Kind, code: str) -> Document | None:
    """The piece with this code."""
    if not kind.many:
        return next(iter(pieces(document, kind)), None) if code == kind.key else None
    return next((one for one in pieces(document, kind) if code and code_of(kind, one) == code), None)


def value(there: Document, asked: Asked) -> Any:
    """What a piece says in one field; None when it says nothing."""
    found: Any = there
    for key in asked.path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def put(document: Document, kind: Kind, code: str | None, said: Mapping[str, Any]) -> Document:
    """The document with a piece as `said` (by the names of its fields), the one with `code` or a new one at the end.

    What the form does not ask stays as it was. Raises `Misfit` with what is wrong, beside the fields it is wrong in.
    """
    changed = deepcopy(document)
    there = piece(changed, kind, code) if code is not None else {}
    if there is None:
        raise Refusal("This piece is no longer in the draft.")
    before = deepcopy(there)
    for asked in kind.fields:
        if asked.name in said:
            _set(there, asked, said[asked.name])
    if code is None:
        changed[kind.key] = [*_list(changed, kind.key), there]
    _check(changed, kind, there, new=code is None or code_of(kind, before) != code_of(kind, there))
    return changed


def without(document: Document, kind: Kind, code: str) -> Document:
    """The document without one piece. Raises `Refusal` when it is not there."""
    changed = deepcopy(document)
    gone = piece(changed, kind, code)
    if gone is None or not kind.many:
        raise Refusal("This piece is no longer in the draft.")
    changed[kind.key] = [one for one in _list(changed, kind.key) if one is not gone]
    return changed


class Misfit(Exception):
    """A piece cannot be as it was typed: what is wrong, by the name of the field; nothing for the piece as a whole."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(wrong)
        self.wrong = wrong


def _check(document: Document, kind: Kind, there: Document, *, new: bool) -> None:
    wrong: dict[str, str] = {}
    try:
        kind.model.model_validate(there)
    except ValidationError as error:
        for where, message in misshapen(error):
            asked = next((one for one in kind.fields if one.name == _field(kind, where)), None)
            missing = asked is not None and value(there, asked) is None
            wrong.setdefault(_field(kind, where), "Fill this in." if missing else _placed(there, where, message))
    if new and kind.many and [code_of(kind, one) for one in pieces(document, kind)].count(code_of(kind, there)) > 1:
        wrong.setdefault("code", "Another one in this draft has this code. Choose a code of its own.")
    if not wrong:
        start: Where = (kind.key, _list(document, kind.key).index(there)) if kind.many else (kind.key,)
        for where, message in checking.examine(document)[1]:
            if where[: len(start)] == start and len(where) > len(start):
                within = where[len(start) :]
                if name := _field(kind, within):
                    wrong.setdefault(name, _placed(there, within, message))
    if wrong:
        raise Misfit(wrong)


def _field(kind: Kind, where: Where) -> str:
    """The field that a path within a piece is about; nothing when the form does not ask it."""
    path = tuple(str(step) for step in where)
    return next((asked.name for asked in kind.fields if path[: len(asked.path)] == asked.path), "")


def _placed(there: Document, where: Where, message: str) -> str:
    """The message, with the place within the field where it is one of a list."""
    return f"{place_of(there, where)}: {message}" if len(where) > 1 else message


def _set(there: Document, asked: Asked, said: Any) -> None:
    """Set a field; one that says nothing is left out of the file."""
    *above, last = asked.path
    at = there
    for key in above:
        at = at.setdefault(key, {})
    if said in (None, "", [], False) and (said is not False or last not in at):
        at.pop(last, None)
    else:
        at[last] = said


def _list(document: Document, key: str) -> list[Any]:
    found = document.get(key)
    return list(found) if isinstance(found, list | tuple) else []
