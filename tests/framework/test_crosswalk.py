"""What administrators say of other schemes, on top of what is published."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.errors import Refusal, Stale
from charter.framework import crosswalk
from charter.framework import crosswalk_changes as changes
from charter.framework.content import Content
from charter.framework.crosswalk import Item, Scheme
from charter.framework.crosswalk_changes import Details, Why
from charter.framework.models import CrosswalkChange
from tests.framework import small
from tests.framework.small import Document

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


WHY = Why("The scheme wrote to us.", "The scheme's form of 2026")


def a_person(session: Session, name: str) -> User:
    found = User(
        email=f"{name.lower()}@example.org", name=name, role=Role.ADMINISTRATOR, password_hash=None, created_at=AT,
        email_confirmed_at=AT, disabled_at=None,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


@pytest.fixture
def by(session: Session) -> User:
    return a_person(session, "Ada")


@pytest.fixture
def content() -> Content:
    """Another scheme: a level that asks for both of two items and for one of two more; one item belongs to none."""

    def change(it: Document) -> None:
        groups = [{"code": "all", "title": "Musts"}, {"code": "some", "title": "Extras", "at_least": 1}]
        it["crosswalk"] = [
            {
                "code": "other",
                "title": "The other scheme",
                "levels": [{"code": "1", "title": "Bronze", "groups": groups}],
                "items": [
                    {"code": "O1", "label": "One", "status": "verified", "group": "all"},
                    {"code": "O2", "label": "Two", "status": "verified", "group": "all"},
                    {"code": "O3", "label": "Three", "status": "inferred", "group": "some"},
                    {"code": "O4", "label": "Four", "status": "knowledge", "group": "some"},
                    {"code": "O5", "label": "Five", "status": "verified"},
                ],
            }
        ]
        beside = {"A": ["O1"], "B": ["O1", "O2"], "C": ["O3"]}
        for criterion in it["criteria"]:
            criterion["crosswalk"] = {"other": beside[criterion["code"]]} if criterion["code"] in beside else {}

    return small.content(change)


def now_of(session: Session, content: Content) -> Scheme:
    """The scheme as it stands."""
    (scheme,) = crosswalk.of(session, content)
    return scheme


def details_of(item: Item, **values: Any) -> Details:
    facts = {name: getattr(item, name) for name in ("label", "group", "criteria", "status", "note")}
    facts["no_criteria"] = not item.criteria and not values.get("criteria")  # as the form says it of such an item
    return Details(**{**facts, **values})


def say(session: Session, content: Content, by: User, item: str = "O1", **values: Any) -> CrosswalkChange:
    """Change an item, from what it is now."""
    given = {name: values.pop(name) for name in ("seen_version", "why", "scheme") if name in values}
    there = now_of(session, content).item(item) or Item("none", "None", "verified", None, ())
    facts: dict[str, Any] = {"scheme": "other", "item": item, "details": details_of(there, **values), "why": WHY}
    return changes.change(session, content, **{**facts, "seen_version": there.version, **given}, by=by.id, at=AT)


def new(session: Session, content: Content, by: User, item: str = "N1", **values: Any) -> CrosswalkChange:
    """Add an item."""
    facts: dict[str, Any] = {"label": "New", "group": "some", "criteria": ["A"], "status": "inferred", **values}
    details = Details(**facts)
    return changes.add(session, content, scheme="other", item=item, details=details, why=WHY, by=by.id, at=AT)


def out(session: Session, content: Content, by: User, item: str, seen: int = 0, why: Why = WHY) -> CrosswalkChange:
    """Take an item out."""
    return changes.take_out(
        session, content, scheme="other", item=item, status="knowledge", why=why, seen_version=seen, by=by.id, at=AT
    )


def back(session: Session, content: Content, by: User, item: str, seen: int) -> CrosswalkChange:
    """Put an item back that was taken out."""
    return changes.put_back(session, content, scheme="other", item=item, why=WHY, seen_version=seen, by=by.id, at=AT)


def published(session: Session, content: Content, by: User, item: str, seen: int) -> CrosswalkChange:
    """Put an item back to what is published."""
    return changes.back_to_published(
        session, content, scheme="other", item=item, why=WHY, seen_version=seen, by=by.id, at=AT
    )


def codes(scheme: Scheme) -> list[str]:
    return [one.code for one in scheme.items]


def test_an_item_stands_beside_the_criteria_that_name_it() -> None:
    (scheme,) = crosswalk.merged(small.content())
    assert [(one.code, one.criteria, one.changed_at) for one in scheme.items] == [("O1", ("A",), None)]


def test_a_change_counts_instead_of_what_is_published_which_stays(session: Session, content: Content, by: User) -> None:
    before = now_of(session, content)
    say(session, content, by, criteria=["B", "A"], status="inferred", note="  Look at its form. ", label="Uno")
    now = now_of(session, content)
    item = now.items[0]
    assert item.criteria == ("A", "B")  # in the framework's order
    assert (item.label, item.group, item.status, item.note, item.source, item.changed_at, item.changed_by) == (
        "Uno", "all", "inferred", "Look at its form.", WHY.source, AT, by.id,
    )  # fmt: skip
    assert now.changed_at == AT
    assert now.items[1:] == before.items[1:]
    assert crosswalk.merged(content)[0] == before


def test_what_is_as_published_follows_a_newer_version(session: Session, content: Content, by: User) -> None:
    say(session, content, by, criteria=[], no_criteria=True)
    (scheme,) = content.crosswalk
    items = (scheme.items[0].model_copy(update={"label": "One, as it is now", "group": "some"}), *scheme.items[1:])
    newer = content.model_copy(update={"crosswalk": (scheme.model_copy(update={"items": items}),)})
    item = now_of(session, newer).items[0]
    assert (item.label, item.group, item.criteria) == ("One, as it is now", "some", ())


def test_each_edit_says_who_when_and_why_and_the_trail_has_no_typed_words(
    session: Session, content: Content, by: User
) -> None:
    say(session, content, by, "O3", status="verified")
    out(session, content, by, "O3", 1, Why("It is gone.", "The new form"))
    back(session, content, by, "O3", 2)
    published(session, content, by, "O3", 3)
    edits = changes.history(session, scheme="other", item="O3")
    assert [(one.what, one.status, one.version) for one in edits] == [
        ("back-to-published", "", 4), ("put-back", "verified", 3), ("take-out", "knowledge", 2),
        ("change", "verified", 1),
    ]  # fmt: skip
    assert {(one.edited_by_id, one.edited_at) for one in edits} == {(by.id, AT)}
    assert (edits[2].reason, edits[2].source) == ("It is gone.", "The new form")
    audit.seal(session)
    events = session.scalars(
        sa.select(audit.AuditEvent)
        .where(audit.AuditEvent.action.startswith("crosswalk:"))
        .order_by(audit.AuditEvent.sequence)
    ).all()
    assert [event.action for event in events] == [
        "crosswalk:change", "crosswalk:take-out", "crosswalk:put-back", "crosswalk:back-to-published",
    ]  # fmt: skip
    assert events[0].details["before"]["status"] == "inferred"
    assert events[0].details["after"]["status"] == "verified"
    assert events[1].details["after"]["taken_out"] == "knowledge"
    assert "It is gone." not in str([event.details for event in events])


def test_it_goes_back_to_what_is_published_and_its_version_goes_on(
    session: Session, content: Content, by: User
) -> None:
    before = now_of(session, content)
    say(session, content, by, criteria=[], no_criteria=True, label="Uno", group=None, note="Look.")
    published(session, content, by, "O1", 1)
    after = now_of(session, content)
    assert after.items[0].version == 2
    assert replace(after, items=(replace(after.items[0], version=0), *after.items[1:])) == before
    assert published(session, content, by, "O1", 1).version == 2  # the form was sent twice
    with pytest.raises(Stale):
        say(session, content, by, seen_version=0)
    with pytest.raises(Refusal):
        published(session, content, by, "O2", 0)


def test_an_added_item_comes_last_and_stays_in_its_place(session: Session, content: Content, by: User) -> None:
    new(session, content, by, "N2")
    new(session, content, by, "N1", group=None, criteria=[], no_criteria=True)
    assert codes(now_of(session, content)) == ["O1", "O2", "O3", "O4", "O5", "N2", "N1"]
    say(session, content, by, "N2", label="Newer", group="all")
    scheme = now_of(session, content)
    assert codes(scheme)[-2:] == ["N2", "N1"]
    item = scheme.items[-2]
    assert (item.label, item.group, item.criteria, item.is_added, item.version) == ("Newer", "all", ("A",), True, 2)


def test_an_added_item_is_added_once_and_its_code_is_its_own(session: Session, content: Content, by: User) -> None:
    first = new(session, content, by)
    assert new(session, content, by) is first  # the form was sent twice
    assert codes(now_of(session, content)).count("N1") == 1
    out(session, content, by, "O4")
    for code in ("O1", "o1", "O4", "N1", "n1"):
        with pytest.raises(Refusal) as refused:
            new(session, content, by, code, label="Another")
        assert (refused.value.field, type(refused.value)) == ("code", Refusal)
    for code in ("", "a b", "x" * 33, "/take-out"):
        with pytest.raises(Refusal) as refused:
            new(session, content, by, code)
        assert refused.value.field == "code"


def test_an_added_item_that_a_newer_version_has_stands_once_in_that_versions_place(
    session: Session, content: Content, by: User
) -> None:
    new(session, content, by, "N1", label="Ours")
    (scheme,) = content.crosswalk
    named = scheme.items[0].model_copy(update={"code": "N1", "label": "Theirs"})
    newer = content.model_copy(update={"crosswalk": (scheme.model_copy(update={"items": (named, *scheme.items)}),)})
    assert codes(now_of(session, newer)) == ["N1", "O1", "O2", "O3", "O4", "O5"]
    assert now_of(session, newer).items[0].label == "Ours"
    published(session, newer, by, "N1", 1)
    assert now_of(session, newer).items[0].label == "Theirs"


def test_an_item_taken_out_counts_nowhere_and_comes_back_as_it_was(
    session: Session, content: Content, by: User
) -> None:
    before = now_of(session, content)
    say(session, content, by, "O3", label="Tres")
    changed = now_of(session, content).items[2]
    for item, seen in (("O3", 1), ("O5", 0)):
        out(session, content, by, item, seen)
        assert out(session, content, by, item, seen).version == seen + 1  # the form was sent twice
    scheme = now_of(session, content)
    assert codes(scheme) == ["O1", "O2", "O4"]
    assert [(one.code, one.label, one.taken_out, one.source) for one in scheme.taken_out] == [
        ("O3", "Tres", "knowledge", WHY.source), ("O5", "Five", "knowledge", WHY.source),
    ]  # fmt: skip
    assert scheme.changed_at == AT
    back(session, content, by, "O3", 2)
    back(session, content, by, "O5", 1)
    assert back(session, content, by, "O5", 1).version == 2  # the form was sent twice
    scheme = now_of(session, content)
    assert scheme.items[2] == replace(changed, version=3)
    assert scheme.items[4] == replace(before.items[4], version=2)  # as published, so newer versions count again
    with pytest.raises(Refusal):
        back(session, content, by, "O5", 2)
    with pytest.raises(Refusal):
        back(session, content, by, "O1", 0)


def test_who_changes_an_item_that_was_taken_out_puts_it_back(session: Session, content: Content, by: User) -> None:
    out(session, content, by, "O5")
    say(session, content, by, "O5", label="Cinco")
    assert [one.label for one in now_of(session, content).items][-1] == "Cinco"


def test_a_level_never_loses_what_it_counts_by(session: Session, content: Content, by: User) -> None:
    out(session, content, by, "O1")
    with pytest.raises(Refusal) as refused:
        out(session, content, by, "O2")
    assert str(refused.value) == (
        "Bronze asks for all of “Musts”, and no item would be left there. Add another item there first."
    )
    with pytest.raises(Refusal) as refused:
        say(session, content, by, "O2", group="some")
    assert refused.value.field == "group"
    new(session, content, by, group="all")
    out(session, content, by, "O2")
    with pytest.raises(Refusal):
        out(session, content, by, "N1", 1)
    back(session, content, by, "O1", 1)
    out(session, content, by, "N1", 1)


def test_a_level_keeps_as_many_items_as_it_asks_for(session: Session, content: Content, by: User) -> None:
    (scheme,) = content.crosswalk
    (level,) = scheme.levels
    two = tuple(one.model_copy(update={"at_least": 2}) if one.at_least else one for one in level.groups)
    asks = scheme.model_copy(update={"levels": (level.model_copy(update={"groups": two}),)})
    content = content.model_copy(update={"crosswalk": (asks,)})
    with pytest.raises(Refusal, match="at least 2 of “Extras”, and only 1 would be left there"):
        out(session, content, by, "O3")


def test_of_two_administrators_the_later_is_told_whatever_they_do(session: Session, content: Content, by: User) -> None:
    ben = a_person(session, "Ben")
    say(session, content, by, "O3", note="Ours.")
    with pytest.raises(Stale) as stale:
        say(session, content, ben, "O3", note="Mine.", seen_version=0)
    assert isinstance(stale.value.current, Item)
    assert stale.value.current.note == "Ours."
    with pytest.raises(Stale):
        say(session, content, ben, "O3", seen_version=0)  # the same words, and yet not the one who wrote them
    with pytest.raises(Stale):
        out(session, content, ben, "O3", 0)
    with pytest.raises(Stale):
        published(session, content, ben, "O3", 0)
    out(session, content, by, "O3", 1)
    with pytest.raises(Stale):
        back(session, content, ben, "O3", 1)
    assert say(session, content, ben, "O3", note="Mine.", seen_version=2).note == "Mine."


def test_what_an_edit_means_is_said_before_anything_is_kept(session: Session, content: Content, by: User) -> None:
    add = Details("New", "all", [], "inferred", no_criteria=True)
    draft = changes.draft_of_addition(session, content, scheme="other", item="N1", details=add)
    assert crosswalk.effects(draft.before, draft.after, "N1") == (
        "Our list for The other scheme has 5 items. It would have 6.",
        "For Bronze, “Musts” asks for all of 2 items. It would ask for all of 3.",
        "No question of ours would stand beside it, so no employer could have it done.",
        "Bronze would then always have at least 1 action left.",
    )
    draft = changes.draft_of_taking_out(session, content, scheme="other", item="O3", status="inferred")
    assert crosswalk.effects(draft.before, draft.after, "O3") == (
        "Our list for The other scheme has 5 items. It would have 4.",
        "For Bronze, “Extras” asks for at least 1 of 2 items. It would ask for at least 1 of 1.",
    )
    moved = details_of(draft.before.items[2], group=None)
    draft = changes.draft_of_change(session, content, scheme="other", item="O3", details=moved)
    assert crosswalk.effects(draft.before, draft.after, "O3")[-1] == (
        "An employer would have it done when all of this is fully in place: C."
    )
    other = details_of(draft.before.items[2], criteria=["A"])
    draft = changes.draft_of_change(session, content, scheme="other", item="O3", details=other)
    assert crosswalk.effects(draft.before, draft.after, "O3") == (
        "An employer would have it done when all of this is fully in place: A.",
        "Today they have it done when all of this is fully in place: C.",
    )
    session.flush()
    assert session.scalars(sa.select(CrosswalkChange)).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scheme": "none"}, None),
        ({"item": "none"}, None),
        ({"criteria": ["NONE"]}, "criteria"),
        ({"criteria": []}, "criteria"),
        ({"no_criteria": True}, "criteria"),
        ({"status": "certain"}, "status"),
        ({"group": "none"}, "group"),
        ({"label": " "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"note": "x" * 1_001}, "note"),
        ({"why": Why(" ", "The form")}, "reason"),
        ({"why": Why("It changed.", "")}, "source"),
        ({"why": Why("x" * 501, "The form")}, "reason"),
        ({"why": Why("It changed.", "x" * 301)}, "source"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, content: Content, by: User, wrong: dict[str, Any], field: str | None
) -> None:
    with pytest.raises(Refusal) as refused:
        say(session, content, by, **wrong)
    assert refused.value.field == field
