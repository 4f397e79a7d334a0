"""Every mistake in a charter is found, with its place, and all of them at once."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.framework import publishing
from charter.framework.checking import Fault, Faulty, check
from tests.framework.small import Document, criterion, document


def faults(change: Callable[[Document], object]) -> list[tuple[str, str]]:
    """The place and message of each fault in the small charter after a change."""
    with pytest.raises(Faulty) as refused:
        check(document(change))
    return [(fault.place, fault.message) for fault in refused.value.faults]


def put(*path: str | int, to: Any) -> Callable[[Document], object]:
    """A change that puts a value at a path."""

    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = to

    return change


def take(*path: str | int) -> Callable[[Document], object]:
    """A change that takes the value at a path away."""

    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        del found[path[-1]]

    return change


SHORT: dict[str, Any] = {"headcount_ceiling": 9, "levels": [1], "account_max_words": 50, "account_hint": "Say it."}


def test_the_small_charter_has_no_faults() -> None:
    assert check(document()).meta.title == "A small charter"


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        # the short path
        (
            put("evidence_rules", "short_path", to=SHORT | {"levels": []}),
            "evidence_rules → short_path → levels",
            "Name at least one level, or take the short path out.",
        ),
        (
            put("evidence_rules", "short_path", to=SHORT | {"levels": [1, 9]}),
            "evidence_rules → short_path → levels[2]",
            "There is no level with the rank 9. The ranks are 1, 2.",
        ),
        (
            put("evidence_rules", "short_path", to=SHORT | {"account_max_words": 9_999}),
            "evidence_rules → short_path → account_max_words",
            "A short account cannot be longer than a written account, which has at most 300 words.",
        ),
        # shape
        (take("criteria", 0, "title"), "criteria[1] A → title", "“title” is missing. Add it."),
        (take("criteria"), "criteria", "“criteria” is missing. Add it."),
        (
            put("criteria", 1, "colour", to="red"),
            "criteria[2] B → colour",
            "The charter has no field called “colour” here. Check its spelling, or take it out.",
        ),
        (
            put("declarations", 0, "paid holiday and sick pay.", to=None),
            "declarations[1] BASE → paid holiday and sick pay.",
            "“paid holiday and sick pay.” stands on its own. Words with a comma need quotes around the whole sentence.",
        ),
        (
            put("sectors", 0, "title", to=7),
            "sectors[1] A → title",
            'Put quotes around this value, so that it is read as words: "7".',
        ),
        (put("sectors", 0, "title", to="  "), "sectors[1] A → title", "This is empty. Write some words."),
        (
            put("sectors", 0, "title", to=None),
            "sectors[1] A → title",
            "This is empty. Write a value, or take the line out if it is not needed.",
        ),
        (
            put("sectors", 0, "title", to=["x"]),
            "sectors[1] A → title",
            "This should be words, not a list or a set of fields.",
        ),
        (
            put("size_bands", 1, "min", to=True),
            "size_bands[2] many → min",
            "This is read as true or false. Write a number.",
        ),
        (put("metrics", 0, "max", to=True), "metrics[1] M1 → max", "This is read as true or false. Write a number."),
        (put("themes", to="Pay"), "themes", "This should be a list. Start each item on its own line with “- ”."),
        (
            put("declarations", 0, to="We obey."),
            "declarations[1] We obey.",
            "This should be a set of fields, each written “name: value”.",
        ),
        (put("levels", 0, "valid_months", to="long"), "levels[1] L1 → valid_months", "“long” is not a whole number."),
        (put("levels", 0, "valid_months", to=0), "levels[1] L1 → valid_months", "This should be 1 or more, not 0."),
        (put("levels", 0, "renewable", to="maybe"), "levels[1] L1 → renewable", "“maybe” is neither true nor false."),
        (put("metrics", 0, "warn_above", to="lots"), "metrics[1] M1 → warn_above", "“lots” is not a number."),
        (
            put("criteria", 4, "counts_from", to="soon"),
            "criteria[5] E → counts_from",
            "“soon” is not a date. Write it as year-month-day, for example 2027-04-01.",
        ),
        (
            put("meta", "version", to="one"),
            "meta → version",
            "“one” is not in the right form. Write three numbers with dots, for example 1.0.0.",
        ),
        (
            put("declarations", 0, "code", to="BASE 1"),
            "declarations[1] BASE 1 → code",
            "“BASE 1” is not in the right form. A code has at most 32 letters, digits, dots, hyphens and underscores, "
            "and no spaces.",
        ),
        (
            put("levels", 1, "rules", 0, "kind", to="figure"),
            "levels[2] L2 → rules[1] figure",
            "Say with “kind” what kind of rule this is. The kinds are all_of, at_least, core, declarations, figures, "
            "in_progress_at_most, theme_minimum.",
        ),
        (
            put("levels", 0, "rules", 2, "count", to=-1),
            "levels[1] L1 → rules[3] in_progress_at_most → count",
            "This should be 0 or more, not -1.",
        ),
        (
            put("crosswalk", 0, "items", 0, "status", to="sure"),
            "crosswalk[1] old → items[1] O1 → status",
            "“sure” is not a choice here. Choose verified, knowledge or inferred.",
        ),
        # codes used twice
        (
            put("criteria", 1, "code", to="a"),
            "criteria[2] a → code",
            "The criterion “a” is here twice. Give each its own, or take one out.",
        ),
        (
            lambda it: it["themes"].append(dict(it["themes"][0])),
            "themes[3] PAY → code",
            "The theme “PAY” is here twice. Give each its own, or take one out.",
        ),
        (
            put("levels", 1, "code", to="L1"),
            "levels[2] L1 → code",
            "The level “L1” is here twice. Give each its own, or take one out.",
        ),
        (
            lambda it: it["declarations"].append(dict(it["declarations"][0])),
            "declarations[2] BASE → code",
            "The declaration “BASE” is here twice. Give each its own, or take one out.",
        ),
        (
            lambda it: it["metrics"][0]["inputs"].append({"name": "staff", "label": "l", "unit": "u"}),
            "metrics[1] M1 → inputs[2] staff → name",
            "The number “staff” is here twice. Give each its own, or take one out.",
        ),
        (
            lambda it: it["passports"].append(dict(it["passports"][0])),
            "passports[2] old-scheme → scheme",
            "The passport “old-scheme 1” is here twice. Give each its own, or take one out.",
        ),
        (
            put("levels", 1, "rules", 2, "criteria", to=["C", "D", "D"]),
            "levels[2] L2 → rules[3] at_least → criteria[3] D",
            "The criterion “D” is here twice. Give each its own, or take one out.",
        ),
        # names that lead nowhere
        (
            put("criteria", 2, "theme", to="CARING"),
            "criteria[3] C → theme",
            "There is no theme called “CARING”. Did you mean “CARE”?",
        ),
        (
            put("criteria", 1, "level", to=4),
            "criteria[2] B → level",
            "There is no level with the rank 4. The ranks are 1, 2.",
        ),
        (put("criteria", 1, "metric", to="Z"), "criteria[2] B → metric", "There is no metric called “Z”."),
        (
            put("criteria", 0, "evidence_types", to=["fotos"]),
            "criteria[1] A → evidence_types[1] fotos",
            "There is no type of evidence called “fotos”. Did you mean “photo”?",
        ),
        (
            put("criteria", 0, "crosswalk", to={"new": ["O1"]}),
            "criteria[1] A → crosswalk → new",
            "There is no scheme of the crosswalk called “new”.",
        ),
        (
            put("criteria", 0, "crosswalk", "old", to=["O2"]),
            "criteria[1] A → crosswalk → old[1] O2",
            "There is no item of the scheme “old” called “O2”. Did you mean “O1”?",
        ),
        (
            put("passports", 0, "supports", to=["ZZ"]),
            "passports[1] old-scheme → supports[1] ZZ",
            "There is no criterion called “ZZ”.",
        ),
        (
            put("headcount_field", to="stuff"),
            "headcount_field",
            "There is no context field called “stuff”. Did you mean “staff”?",
        ),
        (
            put("context_fields", 1, "max_field", to="left"),
            "context_fields[2] staff_here → max_field",
            "There is no context field called “left”.",
        ),
        (
            put("context_fields", 2, "warn_if_above_field", to="full_time"),
            "context_fields[3] full_time → warn_if_above_field",
            "This names the field itself. Name another field.",
        ),
        (
            put("metrics", 0, "inputs", 0, "max_field", to="nobody"),
            "metrics[1] M1 → inputs[1] left → max_field",
            "There is no context field or input of this metric called “nobody”.",
        ),
        # evidence
        (
            put("criteria", 0, "evidence_types", to=[]),
            "criteria[1] A",
            "Evidence is required, but evidence_types does not say which kinds are fit.",
        ),
        # levels and their rules
        (
            put("levels", 1, "rules", 2, "criteria", to=["C", "X"]),
            "levels[2] L2 → rules[3] at_least → criteria[2] X",
            "There is no criterion called “X”.",
        ),
        (
            put("levels", 1, "rules", 2, "count", to=4),
            "levels[2] L2 → rules[3] at_least → count",
            "This asks for 4 of the criteria, but the rule names only 3.",
        ),
        (
            lambda it: it["levels"][0]["rules"].append({"kind": "all_of", "criteria": ["C"]}),
            "levels[1] L1 → rules[4] all_of → criteria[1] C",
            "“C” belongs to level 2, so it is not asked for level 1.",
        ),
        (
            lambda it: it["levels"][0]["rules"].append({"kind": "all_of", "criteria": []}),
            "levels[1] L1 → rules[4] all_of → criteria",
            "This rule names no criteria. Name them, or take the rule out.",
        ),
        (
            lambda it: it["levels"][0]["rules"].append({"kind": "core"}),
            "levels[1] L1 → rules[4] core → kind",
            "This level already has a rule of the kind “core”. Keep one of them.",
        ),
        (
            put("levels", 1, "rules", to=[]),
            "levels[2] L2 → rules",
            "This level has no rules, so every employer would reach it. Add at least one.",
        ),
        (
            take("levels", 0, "rules", 1),
            "levels[1] L1 → rules",
            "A is core, but this level has no rule of the kind “core”. Add “- {kind: core}”.",
        ),
        # figures
        (
            put("metrics", 0, "formula", to="left / stuff"),
            "metrics[1] M1 → formula",
            "The formula uses “stuff”, which is neither a context field nor an input of this metric. "
            "Did you mean “staff”?",
        ),
        (
            put("metrics", 0, "formula", to="left / (staff"),
            "metrics[1] M1 → formula",
            "The formula “left / (staff” cannot be read. Check its brackets and signs.",
        ),
        (
            put("metrics", 0, "formula", to="left ** staff"),
            "metrics[1] M1 → formula",
            "The formula “left ** staff” uses a sign that is not allowed. Use + - * / and brackets only.",
        ),
        (
            put("metrics", 0, "formula", to="max(left, staff)"),
            "metrics[1] M1 → formula",
            "The formula “max(left, staff)” does more than it may. Use numbers, names, + - * / and brackets only.",
        ),
        (
            put("metrics", 0, "formula", to="left / 'staff'"),
            "metrics[1] M1 → formula",
            "The formula “left / 'staff'” uses something that is not a number: 'staff'.",
        ),
        (
            put("metrics", 0, "formula", to="left / 0"),
            "metrics[1] M1 → formula",
            "The formula “left / 0” divides by zero.",
        ),
        (
            lambda it: it["metrics"][0].update(formula="left + staff", min_denominator=10),
            "metrics[1] M1 → min_denominator",
            "The formula divides by nothing, so this has no meaning.",
        ),
        (
            put("metrics", 0, "required_from_level", to=3),
            "metrics[1] M1 → required_from_level",
            "There is no level with the rank 3. The ranks are 1, 2.",
        ),
        (put("metrics", 0, "min", to=500), "metrics[1] M1 → min", "The min (500) is above the max (400)."),
        (
            put("metrics", 0, "warn_below", to=61),
            "metrics[1] M1 → warn_below",
            "The warn_below (61) is above the warn_above (60).",
        ),
        (
            put("context_fields", 0, "min", to=100001),
            "context_fields[1] staff → min",
            "The min (100001) is above the max (100000).",
        ),
        (
            put("context_fields", 0, "decimals", to=1),
            "context_fields[1] staff → decimals",
            "A whole number has no decimals. Take this out, or write “type: decimal”.",
        ),
        (
            put("metrics", 0, "decimals", to=-1),
            "metrics[1] M1 → decimals",
            "The number of decimals is from 0 to 6, not -1.",
        ),
        # size bands
        (
            put("size_bands", 1, "min", to=12),
            "size_bands[2] many → min",
            "There is a gap: nobody has a band for 10 to 11 people.",
        ),
        (
            put("size_bands", 1, "min", to=9),
            "size_bands[2] many → min",
            "This band overlaps the one before it. It should start at 10.",
        ),
        (put("size_bands", 0, "min", to=2), "size_bands[1] few → min", "The first band starts at 1 person, not 2."),
        (
            take("size_bands", 0, "max"),
            "size_bands[1] few",
            "Only the last band may have no max. Say where this one ends.",
        ),
        (
            put("size_bands", 1, "max", to=90),
            "size_bands[2] many → max",
            "The last band has no max, so that no employer is too large. Take this out.",
        ),
        # scale and outcomes
        (take("scale", 3), "scale", "No value has the extent “met”. Add one."),
        (take("scale", 4), "scale", "No value has the extent “not_applicable”. Add one."),
        (take("outcomes", 1), "outcomes", "No outcome has the extent “in_progress”. Add one."),
        (
            put("outcomes", 3, "extent", to="met"),
            "outcomes[4] ask → extent",
            "An outcome that asks the employer for more counts as “not_met”.",
        ),
        (
            take("scale", 4, "needs"),
            "scale[5] na",
            "A value that does not apply needs a reason. Write “needs: reason”.",
        ),
        # nothing there, and no room
        (put("sectors", to=[]), "sectors", "This list is empty. A charter needs at least one."),
        (
            lambda it: it["themes"].append({"code": "NEW", "title": "New", "aim": "a"}),
            "themes[3] NEW",
            "No criterion belongs to the theme “NEW”. Add one, or take the theme out.",
        ),
        (
            put("sectors", 0, "code", to="AGRIC"),
            "sectors[1] AGRIC → code",
            "This has 5 characters, and there is room for 4. Make it shorter.",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(change: Callable[[Document], object], place: str, message: str) -> None:
    assert faults(change) == [(place, message)]


def test_a_gap_in_the_levels_is_named() -> None:
    def change(it: Document) -> None:
        it["levels"][1]["rank"] = 3
        for item in it["criteria"][2:]:
            item["level"] = 3
        it["metrics"][0]["required_from_level"] = 3

    message = "Ranks go 1, 2, 3 and so on, in order and without a gap. This should be 2, not 3."
    assert faults(change) == [("levels[2] L2 → rank", message)]


def test_mistakes_of_shape_and_of_sense_are_reported_together() -> None:
    def change(it: Document) -> None:
        del it["criteria"][0]["title"]  # shape, in the same criterion as
        it["criteria"][0]["theme"] = "NOWHERE"  # sense
        it["criteria"].append(criterion("B"))
        it["metrics"][0]["formula"] = "left / nobody"
        it["levels"][0]["rules"].append("core")

    assert sorted(place for place, _ in faults(change)) == [
        "criteria[1] A → theme",
        "criteria[1] A → title",
        "criteria[6] B → code",
        "levels[1] L1 → rules[4] core",
        "metrics[1] M1 → formula",
    ]


@pytest.mark.parametrize("value", [None, [], "text", 7, {}])
def test_a_document_that_is_no_charter_at_all_is_refused(value: object) -> None:
    with pytest.raises(Faulty) as refused:
        check(value)
    assert refused.value.faults


@pytest.mark.parametrize("broken", [None, "text", 7, [None], ["x"], [[]], {"a": 1}, [{}], [{"code": []}]])
def test_no_shape_of_any_part_breaks_the_checks(broken: object) -> None:
    for key in document():
        with pytest.raises(Faulty):
            check(document(put(key, to=broken)))


def paths(found: Any, start: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a document."""
    steps: list[Any] = []
    if isinstance(found, dict):
        steps = list(found)
    elif isinstance(found, list):
        steps = list(range(len(found)))
    return [path for step in steps for path in ((*start, step), *paths(found[step], (*start, step)))]


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.just([]),
    st.just({}),
    st.just([[None]]),
    st.just({"a": {"b": 1}, 2: 3, None: 4}),
)


@given(st.lists(st.tuples(st.sampled_from(paths(document())), JUNK), min_size=1, max_size=3))
def test_whatever_is_wrong_the_answer_is_content_or_faults(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    made = document()
    for path, junk in sorted(changes, key=lambda change: -len(change[0])):  # the deepest first: the others stay
        put(*path, to=copy.deepcopy(junk))(made)

    try:
        content = check(made)
    except Faulty as faulty:
        found = [str(fault) for fault in faulty.faults if fault.place and fault.message]
    else:
        found = ["none"] if check(content.model_dump(mode="json")) == content else []
    assert found


# In a file

FILE = publishing.SHIPPED[-1]


def written(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The published file, with some of its text replaced."""
    text = FILE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "charter.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    """The number of the first line with this text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def read_faults(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(Faulty) as refused:
        publishing.read(path)
    return refused.value.faults


def test_each_mistake_in_a_file_has_its_line_and_all_come_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ("formula: leavers / avg_headcount * 100", "formula: leavers / avg_headcounts * 100"),
        ("metric: MET-09", "metric: MET-99"),
        ('value: "0"', "value: 0"),
    )

    found = read_faults(path)

    assert [(fault.line, fault.place) for fault in found] == [
        (line_of(path, "value: 0"), "scale[1] → value"),
        (line_of(path, "MET-99"), "criteria[12] PATH-02 → metric"),
        (line_of(path, "avg_headcounts"), "metrics[3] MET-03 → formula"),
    ]


def test_a_missing_field_is_placed_at_the_thing_that_misses_it(tmp_path: Path) -> None:
    path = written(tmp_path, ("    title: A leader responsible\n", ""))

    (fault,) = read_faults(path)

    assert (fault.line, fault.place) == (line_of(path, "- code: LEAD-01"), "criteria[1] LEAD-01 → title")


def test_the_faults_read_as_a_list_for_the_administrator(tmp_path: Path) -> None:
    path = written(tmp_path, ("metric: MET-09", "metric: MET-99"))

    with pytest.raises(Faulty) as refused:
        publishing.read(path)

    line = line_of(path, "MET-99")
    assert str(refused.value) == (
        "There is 1 mistake in the charter:\n"
        f"- Line {line}, criteria[12] PATH-02 → metric: There is no metric called “MET-99”. Did you mean “MET-09”?"
    )


def test_a_key_written_twice_is_a_mistake_and_not_a_lost_half(tmp_path: Path) -> None:
    path = written(tmp_path, ("    title: A leader responsible\n", "    title: One\n    title: Two\n"))

    (fault,) = read_faults(path)

    first = line_of(path, "title: One")
    assert fault == Fault("title", first + 1, f"“title” is here twice: it is also on line {first}. Keep one.")


def test_a_reference_is_refused_so_that_no_file_unfolds_without_end(tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    path.write_text("a: &a [x]\nb: *a\n", encoding="utf-8")

    assert [(fault.line, fault.place) for fault in read_faults(path)] == [(2, "the file")]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"# only a remark\n", 1),
        (b"meta:\n  code: x\n title: y\n", 3),
        (b'meta:\n  code: "x\n', 3),
        (b"meta: 2026-13-45\n", None),
        (b"meta:\n  title: caf\xe9\n", 2),
        (b"meta: !!python/object:os.system {}\n", 1),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, data: bytes, line: int | None) -> None:
    path = tmp_path / "charter.yaml"
    path.write_bytes(data)

    assert [(fault.line, fault.place) for fault in read_faults(path)] == [(line, "the file")]


@given(data=st.one_of(st.binary(max_size=60), st.text("ab:-[]{},&*!|>\"'#? \n", max_size=60).map(str.encode)))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "anything.yaml"
    path.write_bytes(data)

    assert read_faults(path)


def test_a_file_that_is_not_there_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    (fault,) = read_faults(tmp_path / "none.yaml")

    assert "none.yaml cannot be read" in fault.message
