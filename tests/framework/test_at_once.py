"""Two administrators edit the crosswalk in the same moment: the second waits, and is told what the first did."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import crosswalk, publishing
from charter.framework import crosswalk_changes as changes
from charter.framework.content import OtherScheme
from charter.framework.crosswalk_changes import Details, Why
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn

WHY = Why("The scheme wrote to us.", "Its form of 2026")


@pytest.fixture
def scheme(make: Factory) -> OtherScheme:
    return next(one for one in make.framework().content.crosswalk if one.levels)


@pytest.fixture
def colleague(make: Factory) -> User:
    """Another administrator."""
    return make.staff("administrator", "Ben Administrator")


def change(scheme: OtherScheme, note: str) -> Deed:
    item = scheme.items[0]

    def deed(session: Session, _: User, user: User) -> Any:
        details = Details(item.label, item.group, [], "verified", note, no_criteria=True)
        content = publishing.current(session).content
        return changes.change(
            session, content, scheme=scheme.code, item=item.code, details=details, why=WHY, seen_version=0,
            by=user.id, at=AT,
        )  # fmt: skip

    return deed


def add(scheme: OtherScheme, label: str) -> Deed:
    def deed(session: Session, _: User, user: User) -> Any:
        details = Details(label, None, [], "verified", no_criteria=True)
        content = publishing.current(session).content
        return changes.add(
            session, content, scheme=scheme.code, item="NEW-1", details=details, why=WHY, by=user.id, at=AT
        )

    return deed


def take_out(scheme: OtherScheme, item: str) -> Deed:
    def deed(session: Session, _: User, user: User) -> Any:
        content = publishing.current(session).content
        return changes.take_out(
            session, content, scheme=scheme.code, item=item, status="verified", why=WHY,
            seen_version=0, by=user.id, at=AT,
        )  # fmt: skip

    return deed


def test_of_two_first_changes_of_an_item_the_second_is_shown_the_first(
    app: Flask, administrator: User, colleague: User, scheme: OtherScheme
) -> None:
    _, second = in_turn(app, administrator, (administrator, change(scheme, "Ada")), (colleague, change(scheme, "Ben")))
    assert isinstance(second, Stale)
    assert isinstance(second.current, crosswalk.Item)
    assert second.current.note == "Ada"


def test_of_two_who_add_under_one_code_the_second_is_told_that_it_is_taken(
    app: Flask, administrator: User, colleague: User, scheme: OtherScheme
) -> None:
    _, second = in_turn(app, administrator, (administrator, add(scheme, "Ada")), (colleague, add(scheme, "Ben")))
    assert isinstance(second, Refusal)
    assert second.field == "code"


def test_a_button_pressed_twice_adds_once(app: Flask, administrator: User, scheme: OtherScheme) -> None:
    first, second = in_turn(
        app, administrator, (administrator, add(scheme, "Ada")), (administrator, add(scheme, "Ada"))
    )
    assert first.id == second.id


def test_two_who_take_out_the_last_two_items_of_a_level_leave_one(
    app: Flask, administrator: User, colleague: User, scheme: OtherScheme
) -> None:
    group = next(group.code for level in scheme.levels for group in level.groups if group.at_least is None)
    items = [one.code for one in scheme.items if one.group == group]
    with transaction() as session:
        for item in items[2:]:
            take_out(scheme, item)(session, administrator, administrator)
    _, second = in_turn(
        app, administrator, (administrator, take_out(scheme, items[0])), (colleague, take_out(scheme, items[1]))
    )
    assert isinstance(second, Refusal)
    assert "no item would be left there" in str(second)
    (there,) = (
        one for one in crosswalk.of(db.session, publishing.current(db.session).content) if one.code == scheme.code
    )
    assert items[1] in {one.code for one in there.items}
