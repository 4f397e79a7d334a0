"""Every mistake in a version of the charter, found at once, each with its place and line.

Two kinds of mistake are looked for. `content.py` gives the shape of each piece: what must be there, and of which kind.
The checks below are the rules that span pieces: codes used twice, names that lead nowhere, sums that cannot come out.
They read the document as it was written, so that one misshapen piece hides no mistake in another.

Whoever mends the file may be no programmer: a message says what is wrong and what to write instead.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from charter.framework import formula
from charter.framework.content import Content, Extent, Need
from charter.framework.misshapen import Where, misshapen, place_of


@dataclass(frozen=True)
class Fault:
    """One mistake. `place` counts items of a list from 1, as people do: `criteria[5] RECR-01 → metric`."""

    place: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}, {self.place}: {self.message}" if self.line else f"{self.place}: {self.message}"


class Faulty(Exception):
    """The charter breaks rules; `faults` are all of them, in the order of the file."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        count = len(self.faults)
        heading = "There is 1 mistake" if count == 1 else f"There are {count} mistakes"
        return "\n".join([f"{heading} in the charter:", *(f"- {fault}" for fault in self.faults)])


def _unknown_line(_where: Where) -> None:
    """The line of a path when there is no file."""


def check(document: object, line: Callable[[Where], int | None] = _unknown_line) -> Content:
    """The content of a document (values as YAML or JSON give them). Raises `Faulty` with every mistake in it.

    `line` tells on which line of the file a path stands.
    """
    content, found = examine(document)
    if content is not None and not found:
        return content
    faults = {Fault(place_of(document, where), line(where), message): None for where, message in found}
    raise Faulty(tuple(sorted(faults, key=lambda fault: fault.line or 0)))


def examine(document: object) -> tuple[Content | None, list[tuple[Where, str]]]:
    """The content of a document whose pieces have the right shape, and every mistake with the path it is at."""
    found: list[tuple[Where, str]] = []
    content: Content | None = None
    try:
        content = Content.model_validate(document)
    except ValidationError as error:
        found.extend(misshapen(error))
    root = Piece((), document if isinstance(document, Mapping) else {})
    for rule in CHECKS:
        found.extend(rule(root))
    return content, found


@dataclass(frozen=True)
class Piece:
    """A part of the document that is a set of named values, of whatever shape each may be."""

    where: Where
    values: Mapping[Any, Any]

    def at(self, *steps: str | int) -> Where:
        """The path of something in here."""
        return (*self.where, *steps)

    def word(self, key: str) -> str | None:
        """The text under `key`, if it is text."""
        value = self.values.get(key)
        return value if isinstance(value, str) and value else None

    def number(self, key: str) -> Decimal | None:
        """The number under `key`, if it is one."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def piece(self, key: str) -> "Piece":
        """The named values under `key`; none when there are none."""
        value = self.values.get(key)
        return Piece(self.at(key), value if isinstance(value, Mapping) else {})

    def pieces(self, key: str) -> "list[Piece]":
        """The items of the list under `key` that are sets of named values."""
        value = self.values.get(key)
        items = value if isinstance(value, list | tuple) else ()
        return [Piece(self.at(key, index), item) for index, item in enumerate(items) if isinstance(item, Mapping)]

    def words(self, key: str) -> list[tuple[Where, str]]:
        """The texts of the list under `key`, each with its path."""
        value = self.values.get(key)
        items = value if isinstance(value, list | tuple) else ()
        return [(self.at(key, index), item) for index, item in enumerate(items) if isinstance(item, str)]


Faults = Iterator[tuple[Where, str]]


def _nothing_empty(root: Piece) -> Faults:
    for key in ("counties", "size_bands", "sectors", "scale", "outcomes", "levels", "themes", "criteria"):
        if root.values.get(key) == []:
            yield (key,), "This list is empty. A charter needs at least one."
    used = {criterion.word("theme") for criterion in root.pieces("criteria")}
    for theme in root.pieces("themes"):
        code = theme.word("code")
        if code and code not in used and _is_list(root, "criteria"):
            yield theme.where, f"No criterion belongs to the theme “{code}”. Add one, or take the theme out."


def _codes_used_once(root: Piece) -> Faults:
    for key, name, noun in (
        ("counties", "code", "county"),
        ("size_bands", "code", "size band"),
        ("sectors", "code", "sector"),
        ("scale", "value", "value of the scale"),
        ("outcomes", "value", "outcome"),
        ("levels", "code", "level"),
        ("themes", "code", "theme"),
        ("criteria", "code", "criterion"),
        ("declarations", "code", "declaration"),
        ("metrics", "code", "metric"),
        ("crosswalk", "code", "scheme of the crosswalk"),
        ("strengths", "code", "strength"),
    ):
        yield from _twice(_named(root.pieces(key), name), noun)
    yield from _twice(_named(root.piece("evidence_rules").pieces("types"), "code"), "type of evidence")
    yield from _twice(_named(list(_fields(root)), "name"), "number")
    for scheme in root.pieces("crosswalk"):
        yield from _twice(_named(scheme.pieces("items"), "code"), "item of the scheme")
    yield from _twice([pair for county in root.pieces("counties") for pair in county.words("districts")], "district")
    passports = [
        (passport.at("scheme"), f"{passport.word('scheme')} {passport.word('level') or ''}".strip())
        for passport in root.pieces("passports")
        if passport.word("scheme")
    ]
    yield from _twice(passports, "passport")


def _lists_name_once(root: Piece) -> Faults:
    for criterion in root.pieces("criteria"):
        yield from _twice(criterion.words("evidence_types"), "type of evidence")
        crosswalk = criterion.piece("crosswalk")
        for scheme in crosswalk.values:
            yield from _twice(crosswalk.words(scheme), "item")
    for kind in root.piece("evidence_rules").pieces("types"):
        yield from _twice(kind.words("dates"), "date")
    for passport in root.pieces("passports"):
        yield from _twice(passport.words("supports"), "criterion")
    for level in root.pieces("levels"):
        for rule in level.pieces("rules"):
            yield from _twice(rule.words("criteria"), "criterion")


def _criteria_lead_somewhere(root: Piece) -> Faults:
    themes, metrics, ranks = _codes(root, "themes"), _codes(root, "metrics"), _ranks(root)
    types = _codes(root.piece("evidence_rules"), "types")
    schemes = _codes(root, "crosswalk")
    items = {code: _codes(scheme, "items") for scheme in root.pieces("crosswalk") if (code := scheme.word("code"))}
    for criterion in root.pieces("criteria"):
        yield from _unknown([(criterion.at("theme"), criterion.word("theme"))], themes, "theme")
        yield from _unknown([(criterion.at("metric"), criterion.word("metric"))], metrics, "metric")
        yield from _unknown(criterion.words("evidence_types"), types, "type of evidence")
        yield from _unknown_level(criterion, "level", ranks)
        if criterion.values.get("evidence_required") is True and not criterion.values.get("evidence_types"):
            yield criterion.where, "Evidence is required, but evidence_types does not say which kinds are fit."
        crosswalk = criterion.piece("crosswalk")
        for scheme in crosswalk.values:
            yield from _unknown([(crosswalk.at(scheme), str(scheme))], schemes, "scheme of the crosswalk")
            yield from _unknown(crosswalk.words(scheme), items.get(scheme), f"item of the scheme “{scheme}”")


def _levels_have_no_gap(root: Piece) -> Faults:
    for position, level in enumerate(root.pieces("levels"), start=1):
        rank = level.number("rank")
        if rank is not None and rank != position:
            yield (
                level.at("rank"),
                f"Ranks go 1, 2, 3 and so on, in order and without a gap. This should be {position}, not {rank}.",
            )


_ONCE = {"declarations", "figures", "core", "theme_minimum", "in_progress_at_most"}


def _level_rules_can_be_met(root: Piece) -> Faults:
    levels_of = {
        code: criterion.number("level") for criterion in root.pieces("criteria") if (code := criterion.word("code"))
    }
    known = _codes(root, "criteria")
    for level in root.pieces("levels"):
        rank = level.number("rank")
        rules = level.pieces("rules")
        if level.values.get("rules") == []:
            yield level.at("rules"), "This level has no rules, so every employer would reach it. Add at least one."
        kinds: set[str] = set()
        for rule in rules:
            kind = rule.word("kind")
            if kind in kinds & _ONCE:
                yield rule.at("kind"), f"This level already has a rule of the kind “{kind}”. Keep one of them."
            kinds.add(kind or "")
            named = rule.words("criteria")
            yield from _unknown(named, known, "criterion")
            for where, code in named:
                of = levels_of.get(code)
                if of is not None and rank is not None and of > rank:
                    yield where, f"“{code}” belongs to level {of}, so it is not asked for level {rank}."
            if rule.values.get("criteria") == []:
                yield rule.at("criteria"), "This rule names no criteria. Name them, or take the rule out."
            count = rule.number("count")
            if kind == "at_least" and named and count is not None and count > len(named):
                yield rule.at("count"), f"This asks for {count} of the criteria, but the rule names only {len(named)}."
        core = [
            str(criterion.word("code"))
            for criterion in root.pieces("criteria")
            if criterion.values.get("core") is True and criterion.number("level") == rank
        ]
        if rules and core and "core" not in kinds:
            yield (
                level.at("rules"),
                f"{', '.join(core)} {'are' if len(core) > 1 else 'is'} core, but this level has no rule of the kind "
                "“core”. Add “- {kind: core}”.",
            )


def _figures_can_be_worked_out(root: Piece) -> Faults:
    ranks = _ranks(root)
    context = _codes(root, "context_fields", "name")
    for field in root.pieces("context_fields"):
        yield from _field_faults(field, context, "context field")
    for key in ("headcount_field", "local_headcount_field"):
        yield from _unknown([((key,), root.word(key))], context, "context field")
    for metric in root.pieces("metrics"):
        inputs = metric.pieces("inputs")
        names = None if context is None else context | {name for _, name in _named(inputs, "name")}
        for field in inputs:
            yield from _field_faults(field, names, "context field or input of this metric")
        text = metric.word("formula")
        if text and names is not None:
            fault = formula.problem(text, names)
            if fault:
                yield metric.at("formula"), fault + _nearest_in_formula(text, names)
            elif metric.values.get("min_denominator") is not None and not formula.divides(text):
                yield metric.at("min_denominator"), "The formula divides by nothing, so this has no meaning."
        yield from _unknown_level(metric, "required_from_level", ranks)
        yield from _above(metric, "min", "max")
        yield from _above(metric, "warn_below", "warn_above")
        yield from _decimals(metric)
        if metric.word("code") in (context or ()):
            yield metric.at("code"), "A context field has this name. Give the metric another code."


_IN_WORDS = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _examples_come_out(root: Piece) -> Faults:
    """An example is worked out as the portal would: its numbers are allowed, and what they come to is what it says."""
    context = root.pieces("context_fields")
    for metric in root.pieces("metrics"):
        example = metric.piece("example")
        text = metric.word("formula")
        if metric.values.get("example") is None or text is None:
            continue
        fields = {name: field for field in (*context, *metric.pieces("inputs")) if (name := field.word("name"))}
        if formula.problem(text, fields.keys()):
            continue  # said of the formula itself
        given = example.piece("numbers")
        numbers = {str(name): number for name in given.values if (number := given.number(name)) is not None}
        own = {name for field in metric.pieces("inputs") if (name := field.word("name"))}
        needed = own | {name for name in fields if re.search(rf"\b{name}\b", text)}
        yield from _unknown([(given.at(name), name) for name in numbers], fields, "number")
        missing = sorted(needed - numbers.keys())
        if missing:
            yield given.where, f"The example gives no number for {_list(missing)}."
            continue
        for name, number in numbers.items():
            fault = _unfit(fields[name], number, numbers) if name in fields else None
            if fault:
                yield given.at(name), fault
        result, decimals = example.number("result"), metric.number("decimals") or Decimal(0)
        if result is None or decimals not in range(7):
            continue
        try:
            worked_out = formula.value(text, numbers)
        except formula.ZeroDenominator:
            yield given.where, "This divides by 0, so it comes to nothing. Give other numbers."
            continue
        worked_out = worked_out.quantize(Decimal(1).scaleb(-int(decimals)), rounding=ROUND_HALF_UP)
        if worked_out != result:
            yield example.at("result"), f"The numbers come to {worked_out:f}, not {result:f}."
        said = {Decimal(found.replace(",", "")) for found in _IN_WORDS.findall(example.word("words") or "")}
        for number in sorted(said - {*numbers.values(), result}):
            yield example.at("words"), f"The words say {number:f}, which is none of the example's numbers."


def _unfit(field: Piece, number: Decimal, numbers: Mapping[str, Decimal]) -> str | None:
    """Why an employer could not give this number."""
    low, high, whole = field.number("min"), field.number("max"), field.word("max_field")
    if field.values.get("type", "integer") == "integer" and number != number.to_integral_value():
        return "This has to be a whole number."
    if (low is not None and number < low) or (high is not None and number > high):
        return "This is not between the smallest and the largest that the field takes."
    if whole is not None and whole in numbers and number > numbers[whole]:
        return f"This is more than {numbers[whole]:f}, the number for “{whole}”."
    return None


def _field_faults(field: Piece, names: set[str] | None, noun: str) -> Faults:
    yield from _above(field, "min", "max")
    yield from _decimals(field)
    if field.values.get("type", "integer") == "integer" and field.number("decimals"):
        yield field.at("decimals"), "A whole number has no decimals. Take this out, or write “type: decimal”."
    for key in ("max_field", "warn_if_above_field"):
        other = field.word(key)
        yield from _unknown([(field.at(key), other)], names, noun)
        if other and other == field.word("name"):
            yield field.at(key), "This names the field itself. Name another field."


def _size_bands_join_up(root: Piece) -> Faults:
    expected: Decimal | None = Decimal(1)
    bands = root.pieces("size_bands")
    for position, band in enumerate(bands, start=1):
        low, high = band.number("min"), band.number("max")
        last = position == len(bands)
        yield from _above(band, "min", "max")
        if low is not None and expected is not None and low != expected:
            if position == 1:
                yield band.at("min"), f"The first band starts at 1 person, not {low}."
            elif low > expected:
                yield band.at("min"), f"There is a gap: nobody has a band for {expected} to {low - 1} people."
            else:
                yield band.at("min"), f"This band overlaps the one before it. It should start at {expected}."
        if high is None and not last and band.values.get("max") is None and low is not None:
            yield band.where, "Only the last band may have no max. Say where this one ends."
        if last and high is not None:
            yield band.at("max"), "The last band has no max, so that no employer is too large. Take this out."
        expected = high + 1 if high is not None else None


def _words_cover_every_case(root: Piece) -> Faults:
    exempting = any(criterion.values.get("not_applicable_allowed") is True for criterion in root.pieces("criteria"))
    in_progress = any(
        rule.word("kind") == "in_progress_at_most" for level in root.pieces("levels") for rule in level.pieces("rules")
    )
    needed = {Extent.MET: True, Extent.NOT_MET: True, Extent.IN_PROGRESS: in_progress}
    needed[Extent.NOT_APPLICABLE] = exempting
    for key, noun in (("scale", "value"), ("outcomes", "outcome")):
        pieces = root.pieces(key)
        extents = {piece.word("extent") for piece in pieces}
        for extent, is_needed in needed.items():
            if pieces and is_needed and extent.value not in extents:
                yield (key,), f"No {noun} has the extent “{extent.value}”. Add one."
    for outcome in root.pieces("outcomes"):
        if outcome.values.get("asks_employer") is True and outcome.word("extent") != Extent.NOT_MET:
            yield outcome.at("extent"), f"An outcome that asks the employer for more counts as “{Extent.NOT_MET}”."
    for value in root.pieces("scale"):
        if value.word("extent") == Extent.NOT_APPLICABLE and value.word("needs") != Need.REASON:
            yield value.where, f"A value that does not apply needs a reason. Write “needs: {Need.REASON}”."


def _passports_support_criteria(root: Piece) -> Faults:
    criteria = _codes(root, "criteria")
    strengths = _codes(root, "strengths")
    for passport in root.pieces("passports"):
        yield from _unknown(passport.words("supports"), criteria, "criterion")
        if strengths:  # a version without any takes every passport for evidence
            yield from _unknown([(passport.at("strength"), passport.word("strength"))], strengths, "strength")
        pattern = passport.word("number_pattern")
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error:
                yield passport.at("number_pattern"), "This is no regular expression. Mend it, or take it out."
    ranks = _ranks(root)
    for strength in root.pieces("strengths"):
        met, evidence = strength.number("met_up_to") or 0, strength.number("evidence_up_to") or 0
        for key in ("met_up_to", "evidence_up_to"):
            if strength.number(key):
                yield from _unknown_level(strength, key, ranks)
        if met > evidence:
            yield (
                strength.at("met_up_to"),
                f"What counts as met up to level {met} needs no evidence up to there. "
                f"Write {met} or more for evidence_up_to.",
            )


def _schemes_have_whole_levels(root: Piece) -> Faults:
    known = {word for passport in root.pieces("passports") if (word := passport.word("scheme"))}
    for scheme in root.pieces("crosswalk"):
        yield from _unknown([(scheme.at("passport"), scheme.word("passport"))], known, "scheme of the passports")
        levels = scheme.pieces("levels")
        yield from _twice(_named(levels, "code"), "level of the scheme")
        groups = [group for level in levels for group in level.pieces("groups")]
        yield from _twice(_named(groups, "code"), "group of the scheme")
        codes = {word for group in groups if (word := group.word("code"))}
        of_group: dict[str, int] = {}
        for item in scheme.pieces("items"):
            name = item.word("group")
            yield from _unknown([(item.at("group"), name)], codes, "group of the scheme")
            of_group[name or ""] = of_group.get(name or "", 0) + 1
        for group in groups:
            there, least = of_group.get(group.word("code") or "", 0), group.number("at_least")
            if not there:
                yield group.where, "No item of the scheme belongs to this group. Add one, or take the group out."
            elif least is not None and least > there:
                yield group.at("at_least"), f"This asks for {least} items, but the group has only {there}."
        before: set[str] = set()
        for level in levels:
            yield from _unknown([(level.at("after"), level.word("after"))], before, "lower level of the scheme")
            before.add(level.word("code") or "")


def _survey_can_be_run(root: Piece) -> Faults:
    survey = root.piece("survey")
    yield from _twice(_named(survey.pieces("questions"), "code"), "question of the survey")
    yield from _twice(_named(survey.pieces("scale"), "value"), "answer of the survey")
    yield from _twice(survey.words("supports"), "criterion")
    yield from _unknown(survey.words("supports"), _codes(root, "criteria"), "criterion")
    types = _codes(root.piece("evidence_rules"), "types")
    kind = survey.word("evidence_type")
    yield from _unknown([(survey.at("evidence_type"), kind)], types, "type of evidence")
    fit = {
        criterion.word("code"): {word for _, word in criterion.words("evidence_types")}
        for criterion in root.pieces("criteria")
    }
    for where, code in survey.words("supports"):
        if kind and code in fit and kind not in fit[code]:
            yield where, f"“{code}” does not take evidence of the type “{kind}”. Add it there, or take the code out."
    answers = survey.pieces("scale")
    good = [answer for answer in answers if answer.values.get("good") is True]
    if answers and len(good) in {0, len(answers)}:
        yield survey.at("scale"), "Some answers are good and some are not. Mark the good ones with “good: true”."


def _efforts_are_known(root: Piece) -> Faults:
    meta = root.piece("meta")
    efforts = meta.pieces("efforts")
    yield from _twice(_named(efforts, "code"), "effort")
    known = {code for _, code in _named(efforts, "code")}
    yield from _unknown([(meta.at("usual_effort"), meta.word("usual_effort"))], known, "effort")
    yield from _unknown(_named(root.pieces("criteria"), "effort"), known, "effort")
    if efforts and "usual_effort" not in meta.values:
        yield meta.at("efforts"), "Say with “usual_effort” which of them a criterion has that names none."


def _short_path_leads_somewhere(root: Piece) -> Faults:
    rules = root.piece("evidence_rules")
    short = rules.piece("short_path")
    ranks = _ranks(root)
    levels = short.values.get("levels")
    if isinstance(levels, list | tuple) and not levels:
        yield short.at("levels"), "Name at least one level, or take the short path out."
    for place, rank in enumerate(levels if isinstance(levels, list | tuple) else ()):
        if isinstance(rank, int) and ranks is not None and rank not in ranks:
            known = _list(map(str, sorted(ranks)))
            yield short.at("levels", place), f"There is no level with the rank {rank}. The ranks are {known}."
    most, own = rules.number("written_account_max_words"), short.number("account_max_words")
    if most is not None and own is not None and own > most:
        yield (
            short.at("account_max_words"),
            f"A short account cannot be longer than a written account, which has at most {most} words.",
        )


def _words_fit_where_they_are_kept(root: Piece) -> Faults:
    """The lengths of the columns that keep a copy of a word (an answer's value, an employer's sector and so on)."""
    words = [
        (root.piece("meta").at("title"), root.piece("meta").word("title"), 200),
        *((piece.at("value"), piece.word("value"), 16) for piece in root.pieces("scale")),
        *((piece.at("code"), piece.word("code"), 16) for piece in root.pieces("size_bands")),
        *((piece.at("code"), piece.word("code"), 4) for piece in root.pieces("sectors")),
        *((piece.at("level"), piece.word("level"), 32) for piece in root.pieces("passports")),
        *((where, word, 64) for county in root.pieces("counties") for where, word in county.words("districts")),
    ]
    for where, word, longest in words:
        if word is not None and len(word) > longest:
            yield where, f"This has {len(word)} characters, and there is room for {longest}. Make it shorter."


CHECKS: tuple[Callable[[Piece], Faults], ...] = (
    _nothing_empty,
    _codes_used_once,
    _lists_name_once,
    _criteria_lead_somewhere,
    _levels_have_no_gap,
    _level_rules_can_be_met,
    _figures_can_be_worked_out,
    _examples_come_out,
    _size_bands_join_up,
    _words_cover_every_case,
    _passports_support_criteria,
    _schemes_have_whole_levels,
    _survey_can_be_run,
    _efforts_are_known,
    _short_path_leads_somewhere,
    _words_fit_where_they_are_kept,
)


def _fields(root: Piece) -> Iterator[Piece]:
    yield from root.pieces("context_fields")
    for metric in root.pieces("metrics"):
        yield from metric.pieces("inputs")


def _named(pieces: Iterable[Piece], key: str) -> list[tuple[Where, str]]:
    return [(piece.at(key), word) for piece in pieces if (word := piece.word(key))]


def _codes(root: Piece, key: str, name: str = "code") -> set[str] | None:
    """What the items of a list are called; None when there is no such list: then nothing can be said of a name."""
    return {code for _, code in _named(root.pieces(key), name)} if _is_list(root, key) else None


def _ranks(root: Piece) -> set[Decimal] | None:
    pieces = root.pieces("levels")
    return {rank for level in pieces if (rank := level.number("rank")) is not None} if pieces else None


def _is_list(piece: Piece, key: str) -> bool:
    return isinstance(piece.values.get(key), list | tuple)


def _twice(named: Sequence[tuple[Where, str]], noun: str) -> Faults:
    first: dict[str, int] = {}
    for position, (where, code) in enumerate(named, start=1):
        if code.casefold() in first:
            yield where, f"The {noun} “{code}” is here twice. Give each its own, or take one out."
        first.setdefault(code.casefold(), position)


def _unknown(named: Sequence[tuple[Where, str | None]], known: Iterable[str] | None, noun: str) -> Faults:
    if known is None:
        return
    codes = set(known)
    for where, code in named:
        if code is not None and code not in codes:
            yield where, f"There is no {noun} called “{code}”.{_nearest(code, codes)}"


def _unknown_level(piece: Piece, key: str, ranks: set[Decimal] | None) -> Faults:
    level = piece.number(key)
    if level is not None and ranks is not None and level not in ranks:
        yield piece.at(key), f"There is no level with the rank {level}. The ranks are {_list(map(str, sorted(ranks)))}."


def _above(piece: Piece, low: str, high: str) -> Faults:
    least, most = piece.number(low), piece.number(high)
    if least is not None and most is not None and least > most:
        yield piece.at(low), f"The {low} ({least}) is above the {high} ({most})."


def _decimals(piece: Piece) -> Faults:
    decimals = piece.number("decimals")
    if decimals is not None and not 0 <= decimals <= 6:
        yield piece.at("decimals"), f"The number of decimals is from 0 to 6, not {decimals}."


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f" Did you mean “{close[0]}”?" if close else ""


def _nearest_in_formula(text: str, names: set[str]) -> str:
    words = "".join(character if character.isalnum() or character == "_" else " " for character in text).split()
    for word in words:
        if not word[0].isdigit() and word not in names:
            return _nearest(word, names)
    return ""


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "none so far"
