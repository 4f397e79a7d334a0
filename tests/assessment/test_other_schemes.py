"""How near an employer is to other schemes."""

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from charter.assessment import other_schemes, scheme_summary
from charter.assessment.models import Answer
from charter.assessment.other_schemes import Cover, Said, SchemeCover
from charter.assessment.standing_in import standing_in
from charter.framework import publishing
from charter.framework.content import Content, Passport
from charter.framework.crosswalk import merged
from charter.framework.models import CrosswalkChange
from tests.framework import small
from tests.framework.small import Document

ON = date(2026, 11, 22)
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def charter() -> Content:
    """Another scheme of two levels: the first asks for both of two items, the second for one of two more as well."""

    def change(it: Document) -> None:
        it["crosswalk"] = [
            {
                "code": "other",
                "title": "The other scheme",
                "levels": [
                    {"code": "1", "title": "First", "groups": [{"code": "all", "title": "All"}]},
                    {
                        "code": "2",
                        "title": "Second",
                        "after": "1",
                        "groups": [{"code": "some", "title": "Some", "at_least": 1}],
                    },
                ],
                "items": [
                    {"code": "O1", "label": "One", "status": "verified", "group": "all"},
                    {"code": "O2", "label": "Two", "status": "verified", "group": "all"},
                    {"code": "O3", "label": "Three", "status": "inferred", "group": "some"},
                    {"code": "O4", "label": "Four", "status": "knowledge", "group": "some"},
                ],
            }
        ]
        beside = {"A": ["O1"], "B": ["O1", "O2"], "C": ["O3"]}
        for criterion in it["criteria"]:
            criterion["crosswalk"] = {"other": beside[criterion["code"]]} if criterion["code"] in beside else {}

    return small.content(change)


class _Assessment:
    """As much of an assessment as the sums look at."""

    def __init__(self, content: Content) -> None:
        self.framework = type("Framework", (), {"content": content})()


def covered(
    values: dict[str, str], evidence: tuple[str, ...] = ("A",), changes: tuple[CrosswalkChange, ...] = ()
) -> SchemeCover:
    content = charter()
    answers = {code: Answer(criterion=code, value=value, reason="", explanation="", action="", action_owner="",
                            action_due=None) for code, value in values.items()}  # fmt: skip
    assessment: Any = _Assessment(content)
    sound: Any = SimpleNamespace(evidence=SimpleNamespace(is_infected=False, is_gone=False, title="Policy"))
    said = Said(assessment, answers, dict.fromkeys(evidence, (sound,)), ())
    (found,) = other_schemes.cover(content, merged(content, changes), said, on=ON)
    return found


def edited(item: str, **values: Any) -> CrosswalkChange:
    """What an administrator said of an item."""
    facts: dict[str, Any] = {
        "id": uuid7(), "label": item, "group": "all", "criteria": [], "status": "verified", "note": "", "source": "",
        "taken_out": None, "is_added": False, "version": 1, **values,
    }  # fmt: skip
    return CrosswalkChange(scheme="other", item=item, changed_at=AT, **facts)


def test_an_added_item_is_one_more_to_do_and_to_have_done() -> None:
    done = covered({"A": "yes"}, changes=(edited("N1", is_added=True, criteria=["A"]),))
    assert (done.done, done.total, [one.to_do for one in done.levels]) == (1, 5, [2, 3])
    not_yet = covered({"A": "yes"}, changes=(edited("N1", is_added=True, criteria=["C"]),))
    assert (not_yet.done, not_yet.total, [one.to_do for one in not_yet.levels]) == (0, 5, [3, 4])
    beside_none = covered({"A": "yes", "B": "yes"}, changes=(edited("N1", is_added=True),))
    assert [one.to_do for one in beside_none.levels] == [1, 2]


def test_an_added_item_of_which_one_is_enough_does_for_the_others() -> None:
    found = covered({"A": "yes", "B": "yes"}, changes=(edited("N1", is_added=True, group="some", criteria=["B"]),))
    assert ([one.to_do for one in found.levels], found.next) == ([0, 0], None)


def test_an_item_taken_out_is_neither_to_do_nor_done() -> None:
    found = covered({"B": "yes"}, changes=(edited("O1", taken_out="verified"),))
    assert (found.done, found.total, [one.to_do for one in found.levels]) == (1, 3, [0, 1])
    assert [one.code for one in found.scheme.taken_out] == ["O1"]


def test_a_level_of_which_we_know_no_item_any_more_is_not_said_to_be_done() -> None:
    gone = tuple(edited(code, taken_out="verified") for code in ("O1", "O2"))
    assert [one.to_do for one in covered({}, changes=gone).levels] == [1, 2]


@pytest.mark.parametrize(
    ("values", "covers", "to_do"),
    [
        ({}, ["not_yet", "not_yet", "not_yet", "not_asked"], [2, 3]),
        ({"A": "yes"}, ["partly", "not_yet", "not_yet", "not_asked"], [2, 3]),
        ({"B": "yes"}, ["partly", "done", "not_yet", "not_asked"], [1, 2]),
        ({"A": "yes", "B": "yes"}, ["done", "done", "not_yet", "not_asked"], [0, 1]),
        ({"A": "yes", "B": "yes", "C": "yes"}, ["done", "done", "done", "not_asked"], [0, 0]),
        ({"A": "plan", "B": "part", "C": "no"}, ["not_yet", "not_yet", "not_yet", "not_asked"], [2, 3]),
    ],
)
def test_an_item_is_done_when_all_beside_it_is_in_place_and_a_level_counts_what_is_left(
    values: dict[str, str], covers: list[str], to_do: list[int]
) -> None:
    found = covered(values)
    assert [one.cover for one in found.items] == [Cover(cover) for cover in covers]
    assert [one.to_do for one in found.levels] == to_do
    assert found.next is next((one for one in found.levels if one.to_do), None)
    assert found.done == covers.count("done")


def test_items_of_which_one_is_enough_and_that_share_their_criteria_count_once() -> None:
    content = charter()
    some = content.crosswalk[0].model_copy(
        update={"items": tuple(one.model_copy(update={"group": "some"}) for one in content.crosswalk[0].items)}
    )
    criteria = tuple(
        one.model_copy(update={"crosswalk": {"other": ("O1", "O2", "O3")} if one.code == "B" else {}})
        for one in content.criteria
    )
    content = content.model_copy(update={"crosswalk": (some,), "criteria": criteria})
    content.__dict__.pop("_criteria", None)
    assessment: Any = _Assessment(content)
    answers = {"B": Answer(criterion="B", value="yes", reason="", explanation="", action="", action_owner="")}
    (found,) = other_schemes.cover(content, merged(content), Said(assessment, answers, {}, ()), on=ON)
    assert [one.is_shared for one in found.items] == [True, True, True, False]
    assert (found.done, found.total) == (1, 2)


def test_an_answer_without_the_evidence_it_needs_is_not_in_place() -> None:
    assert covered({"A": "yes", "B": "yes"}, evidence=()).items[0].cover is Cover.PARTLY


def test_a_level_that_is_held_already_is_not_still_to_be_reached() -> None:
    content = charter()
    named = merged(content)[0]
    scheme = replace(named, passport="old-scheme")
    held: Any = type("Award", (), {"scheme": "old-scheme", "level": "1", "starts_on": ON, "ends_on": None})()
    (found,) = other_schemes.cover(content, [scheme], Said(None, {}, {}, (held,)), on=ON)
    assert found.held == (held,)
    assert found.next is found.levels[1]
    assert [one.is_held for one in found.levels[:2]] == [True, False]
    assert (found.levels[0].to_do > 0, found.levels[1].below) == (True, 0)
    facts = scheme_summary.Facts("Teme Valley Orchards Ltd", "A small charter", ON)
    printed = subprocess.run(
        ["pdftotext", "-", "-"], input=scheme_summary.draw(found, content, facts), capture_output=True, check=True
    )
    assert f"{found.levels[0].level.title}: held already." in printed.stdout.decode()


def test_without_an_assessment_nothing_is_done() -> None:
    content = charter()
    (found,) = other_schemes.cover(content, merged(content), Said(None, {}, {}, ()), on=ON)
    assert (found.done, found.next and found.next.to_do) == (0, 2)


def test_the_summary_is_a_pdf_that_says_item_by_item_what_is_in_place() -> None:
    content, found = charter(), covered({"A": "yes", "B": "yes"})
    facts = scheme_summary.Facts("Teme Valley Orchards Ltd ✿", "A small charter", ON)
    file = scheme_summary.draw(found, content, facts)
    assert file.startswith(b"%PDF-")
    assert file == scheme_summary.draw(found, content, facts)


def test_an_award_that_only_saves_evidence_is_never_printed_as_standing_in() -> None:
    content = publishing.read(publishing.SHIPPED[-1])
    beside = {code for one in content.criteria for code in [one.code] if one.crosswalk}
    passport, code = next(
        (passport, code)
        for passport in content.passports
        for code, one in standing_in(content, [award(passport)], on=ON).items()
        if not one.is_met and code in beside
    )
    criterion = content.criterion(code)
    assert criterion is not None
    scheme = next(one for one in merged(content) if one.code in criterion.crosswalk)
    (found,) = other_schemes.cover(content, [scheme], Said(None, {}, {}, (award(passport),)), on=ON)
    drawn = scheme_summary.draw(found, content, scheme_summary.Facts("Teme Valley Orchards Ltd", "A charter", ON))
    printed = subprocess.run(["pdftotext", "-", "-"], input=drawn, capture_output=True, check=True)
    assert f"{criterion.statement} (No answer yet.)" in " ".join(printed.stdout.decode().split())


def award(passport: Passport) -> Any:
    """An award of this passport that is held today."""
    return type("Award", (), {"scheme": passport.scheme, "level": passport.level, "starts_on": ON, "ends_on": None})()
