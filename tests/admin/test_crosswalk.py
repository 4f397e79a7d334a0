"""Administrators edit the crosswalk as data, and employers read what they said."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.extensions import db
from charter.framework.content import OtherScheme
from charter.framework.models import CrosswalkChange
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.review.test_queries import Counted

SignIn = Callable[[User], CheckedClient]
LIST = "/admin/crosswalk/"
WHY = {"source": "Its form of 2026.", "reason": "The scheme wrote to us."}


@pytest.fixture
def scheme(make: Factory) -> OtherScheme:
    """Another scheme with levels."""
    return next(one for one in make.framework().content.crosswalk if one.levels)


@pytest.fixture
def typed(make: Factory, scheme: OtherScheme) -> dict[str, Any]:
    """What is typed of an item that stays as it is but for its note."""
    item = scheme.items[0]
    return {
        "label": item.label,
        "group": item.group,
        "status": "inferred",
        "criteria": [make.framework().content.criteria[0].code],
        "note": "We asked.",
        "seen_version": "0",
        **WHY,
    }


@pytest.fixture
def theirs(employer: Organisation, owner: User, sign_in: SignIn, scheme: OtherScheme) -> Callable[[], str]:
    """What an owner reads of the scheme."""
    browser = sign_in(owner)
    return lambda: unescape(browser.get(f"/organisations/{employer.id}/schemes/{scheme.code}").text)


def saved() -> list[CrosswalkChange]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(CrosswalkChange)))


def of(page: str) -> int:
    """How many items the employer reads of."""
    found = re.search(r"already done \d+ of (\d+)", page)
    assert found is not None
    return int(found[1])


def test_an_item_is_changed_for_employers_and_goes_back_to_what_is_published(
    administrator: User, assessor: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any],
    theirs: Callable[[], str],
) -> None:  # fmt: skip
    item, browser = scheme.items[0], sign_in(administrator)
    page = f"{LIST}{scheme.code}/{item.code}"
    assert item.label in sign_in(assessor).get(LIST).text
    assert browser.send(page, {**typed, "label": "Open and honest hiring"}).location == f"{LIST}#{scheme.code}"
    assert (
        browser.send(page, {**typed, "label": "Open and honest hiring"}).location == f"{LIST}#{scheme.code}"
    )  # pressed twice
    assert [one.version for one in saved()] == [1]
    shown = theirs()
    assert "Open and honest hiring" in shown
    assert "We asked." in shown
    assert "From: Its form of 2026." in shown
    assert WHY["reason"] not in shown
    assert "We last changed this list on" in shown
    shown = browser.get(page).text
    assert WHY["reason"] in shown
    assert administrator.name in shown
    assert browser.send(f"{page}/published", {**WHY, "seen_version": "1"}).location == f"{LIST}#{scheme.code}"
    assert "Open and honest hiring" not in theirs()


def test_an_item_is_added_taken_out_and_put_back(
    administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any], theirs: Callable[[], str]
) -> None:
    browser, before = sign_in(administrator), of(theirs())
    new = {**typed, "code": "NEW-1", "label": "Shares what works", "group": scheme.levels[0].groups[0].code}
    assert browser.send(f"{LIST}{scheme.code}/items/add", new).location == f"{LIST}#{scheme.code}"
    assert browser.send(f"{LIST}{scheme.code}/items/add", new).location == f"{LIST}#{scheme.code}"  # pressed twice
    assert of(theirs()) == before + 1
    assert "We added this on" in theirs()
    page = f"{LIST}{scheme.code}/NEW-1"
    assert f"Our list for {scheme.title} has" in unescape(browser.get(f"{page}/take-out").text)
    gone = {**WHY, "status": "verified", "seen_version": "1"}
    assert browser.send(f"{page}/take-out", gone).location == f"{LIST}#{scheme.code}"
    assert browser.send(page, gone, to=f"{page}/take-out").location == f"{LIST}#{scheme.code}"  # pressed twice
    assert browser.get(f"{page}/take-out").status_code == 303
    assert of(theirs()) == before
    assert "1 item that we took out of this list" in theirs()
    assert f"1 item taken out of {scheme.title}" in browser.get(LIST).text
    assert "If you save it, it is back." in browser.get(page).text
    assert f"{page}/put-back" in browser.get(LIST).text
    again = {**WHY, "seen_version": "2"}
    assert browser.send(f"{page}/put-back", again).location == f"{LIST}#{scheme.code}"
    assert browser.send(page, again, to=f"{page}/put-back").location == f"{LIST}#{scheme.code}"  # pressed twice
    assert browser.get(f"{page}/put-back").status_code == 303
    assert of(theirs()) == before + 1
    assert "took out of this list" not in theirs()
    assert browser.get(f"{page}/published").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": ""}, "Enter what the item is."),
        ({"status": ""}, "Choose how sure we are."),
        ({"source": ""}, "Say where we have it from."),
        ({"reason": ""}, "Say why you do this."),
        ({"criteria": ["NONE"]}, "Choose criteria from the list."),
        ({"criteria": []}, "Choose at least one, or say that no question of ours stands beside it."),
        ({"group": "NONE"}, "Choose a level from the list."),
        ({"code": ""}, "Enter a code."),
        ({"code": "a b"}, "Use 1 to 32 letters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any], wrong: dict[str, Any], said: str
) -> None:
    address = f"{LIST}{scheme.code}/items/add"
    answer = sign_in(administrator).send(address, {**typed, "code": "NEW-1", "note": "Kept words.", **wrong})
    (field,) = wrong
    assert answer.status_code == 400
    assert answer.text.count(said) == 2
    assert f'id="{field}-error"' in answer.text
    assert "Kept words." in answer.text
    assert saved() == []


def test_errors_are_listed_in_the_order_of_the_page(administrator: User, sign_in: SignIn, scheme: OtherScheme) -> None:
    browser = sign_in(administrator)
    for place, fields in (
        ("items/add", ["code", "label", "status", "source", "reason"]),
        (f"{scheme.items[0].code}/take-out", ["status", "source", "reason"]),
    ):
        answer = browser.send(f"{LIST}{scheme.code}/{place}", {"seen_version": "0"})
        summary = answer.text.split("govuk-error-summary__list")[1].split("</ul>")[0]
        assert re.findall(r'href="#(\w+)"', summary) == fields


def test_what_an_edit_means_is_shown_and_nothing_is_kept(
    administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any]
) -> None:
    browser = sign_in(administrator)
    for place, more in ((scheme.items[0].code, {}), ("items/add", {"code": "NEW-1"})):
        answer = browser.send(
            f"{LIST}{scheme.code}/{place}", {**typed, **more, "label": "Typed words", "preview": "yes"}
        )
        assert answer.status_code == 200
        assert "What this means for employers" in answer.text
        assert "An employer would have it done when all of this is fully in place" in answer.text
        assert "Typed words" in answer.text
    assert saved() == []


def test_a_level_that_would_lose_what_it_counts_by_is_named(
    administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any]
) -> None:
    browser = sign_in(administrator)
    level = scheme.levels[-1]
    group = level.groups[-1].code
    items = [one.code for one in scheme.items if one.group == group]
    gone = {**WHY, "status": "verified", "seen_version": "0"}
    for code in items[:-1]:
        assert browser.send(f"{LIST}{scheme.code}/{code}/take-out", gone).status_code == 303
    last = f"{LIST}{scheme.code}/{items[-1]}"
    for answer in (browser.send(f"{last}/take-out", gone), browser.send(last, {**typed, "group": ""})):
        assert answer.status_code == 400
        assert f"{level.title} asks for" in answer.text
        assert WHY["reason"] in answer.text


def test_of_two_administrators_the_later_sees_both_and_chooses(
    make: Factory, administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any]
) -> None:
    ben = make.staff("administrator", "Ben Administrator")
    page = f"{LIST}{scheme.code}/{scheme.items[0].code}"
    assert sign_in(administrator).send(page, {**typed, "note": "What Ada says."}).status_code == 303
    hers = sign_in(ben)
    answer = hers.send(page, {**typed, "note": "What Ben says."})
    assert answer.status_code == 400
    for words in (
        "What is saved now",
        "What Ada says.",
        "What Ben says.",
        administrator.name,
        "keep what is saved now",
    ):
        assert words in answer.text
    assert [one.note for one in saved()] == ["What Ada says."]
    assert 'name="seen_version" type="hidden" value="1"' in answer.text
    assert hers.send(page, {**typed, "note": "What Ben says.", "seen_version": "1"}).status_code == 303
    assert [one.note for one in saved()] == ["What Ben says."]
    late = sign_in(administrator).send(f"{page}/take-out", {**WHY, "status": "verified", "seen_version": "1"})
    assert late.status_code == 400
    assert "What Ben says." in late.text


def test_a_page_takes_as_many_queries_for_three_edits_as_for_one(
    administrator: User, sign_in: SignIn, scheme: OtherScheme, typed: dict[str, Any]
) -> None:
    browser = sign_in(administrator)

    def queries_after(places: range) -> list[int]:
        for place in places:
            item = scheme.items[place]
            here = {**typed, "group": item.group, "label": item.label}
            assert browser.send(f"{LIST}{scheme.code}/{item.code}", here).status_code == 303
            gone = {**WHY, "status": "verified", "seen_version": "1"}
            assert browser.send(f"{LIST}{scheme.code}/{item.code}/take-out", gone).status_code == 303
            again = {**WHY, "seen_version": "2"}
            assert browser.send(f"{LIST}{scheme.code}/{item.code}/put-back", again).status_code == 303
        found = []
        for address in (LIST, f"{LIST}{scheme.code}/{scheme.items[places[-1]].code}"):
            browser.get(address)  # what the browser was told of last is read once
            with Counted() as said:
                browser.get(address)
            found.append(len(said.statements))
        return found

    assert queries_after(range(1)) == queries_after(range(1, 3))
