"""The stamp of when a page was opened: what it counts, and what it refuses to."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from charter.account.models import User
from charter.assessment import sharing
from charter.assessment.models import Assessment
from charter.extensions import db
from charter.framework.content import Content
from charter.organisation.models import Organisation
from charter.time_spent.models import TimeSpent
from charter.time_spent.typical import Typical
from charter.web.employer import timing
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as found:
        yield found


def opened(page: str) -> str:
    found = re.search(r'name="opened" value="([^"]+)"', page)
    assert found, "the page carries no stamp"
    return found[1]


def sums() -> dict[str, int]:
    db.session.rollback()
    return {row.task: row.seconds for row in db.session.execute(sa.select(TimeSpent.task, TimeSpent.seconds))}


def sent(browser: CheckedClient, page: str, data: dict[str, str], stamp: str) -> int:
    answer = browser.post(page, data={"csrf_token": browser.token(page), **data, "opened": stamp})
    return int(answer.status_code)


@pytest.fixture
def answer(assessment: Assessment) -> dict[str, str]:
    return {"value": assessment.framework.content.scale[-1].value, "seen_version": "0", "then": "list"}


def test_saving_a_page_adds_how_long_it_was_open(
    clock: time_machine.Traveller, home: str, codes: list[str], answer: dict[str, str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    pages = {
        f"{home}/criteria/{codes[0]}": answer,
        f"{home}/criteria/{codes[0]}/evidence": {"kind": "account", "text": "We do this every day."},
        f"{home}/declarations": {},
        f"{home}/figures": {"number-headcount": "9", "seen_version": "0"},
    }
    for seconds, (page, data) in enumerate(pages.items(), 60):
        stamp = opened(browser.get(page).text)
        clock.shift(timedelta(seconds=seconds))
        assert sent(browser, page, data, stamp) < 400
    assert sums() == {codes[0]: 60 + 61, sharing.DECLARATIONS: 62, sharing.FIGURES: 63}
    assert "You have spent about 4 minutes so far." in browser.get(home).text


def test_a_theme_of_the_short_way_is_shared_by_its_questions(
    clock: time_machine.Traveller, make: Factory, owner: User, sign_in: SignIn, content: Content
) -> None:
    small = next(band.code for band in content.size_bands if band.max == 9)
    bakery = make.organisation("Fly’s Bakery", size_band=small)
    baker = make.member(bakery, "Fleur Fly")
    assessment = make.assessment(bakery, by=baker)
    theme = next(one for one in content.themes if sum(c.theme == one.code for c in content.asked(1, 9)) > 1)
    own = [one.code for one in content.asked(1, 9) if one.theme == theme.code and one.counts_from is None]
    browser, page = sign_in(baker), f"/assessments/{assessment.id}/quick/{theme.code}"
    stamp = opened(browser.get(page).text)
    clock.shift(timedelta(seconds=60 * len(own)))
    data = {f"{own[0]}-value": content.scale[-1].value, f"{own[0]}-seen_version": "0"}
    assert sent(browser, page, data, stamp) == 303
    assert sums() == dict.fromkeys(own, 60)
    clock.shift(timedelta(seconds=60))
    again = {f"{own[1]}-value": content.scale[-1].value, f"{own[1]}-seen_version": "0"}
    assert sent(browser, page, again, stamp) == 303  # the page of before, found with the back button
    assert sums() == dict.fromkeys(own, 60)


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def test_a_stamp_that_is_not_ours_or_of_another_page_adds_nothing_and_the_answer_is_saved(
    clock: time_machine.Traveller,
    app: object,
    home: str,
    codes: list[str],
    answer: dict[str, str],
    owner: User,
    sign_in: SignIn,
    make: Factory,
    stranger: User,
) -> None:
    browser = sign_in(owner)
    good = opened(browser.get(f"{home}/criteria/{codes[0]}").text)
    theirs = make.assessment(db.session.get_one(Organisation, stranger.memberships[0].organisation_id), by=stranger)
    foreign = opened(sign_in(stranger).get(f"/assessments/{theirs.id}/criteria/{codes[1]}").text)
    other = timing.URLSafeSerializer("another key", salt="time spent").dumps([home[-36:].replace("-", ""), codes[1], 0])
    clock.shift(timedelta(minutes=5))
    for stamp in ("", "x", f"{good}x", good[:-4], other, good, foreign, "[]", "null"):
        page = f"{home}/criteria/{codes[1]}"
        assert sent(browser, page, answer, stamp) == 303
    assert sums() == {}


def test_a_page_that_comes_back_unsaved_keeps_its_stamp_and_one_that_saved_something_has_a_new_one(
    clock: time_machine.Traveller, home: str, codes: list[str], answer: dict[str, str], owner: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(owner), f"{home}/criteria/{codes[0]}"
    first = opened(browser.get(page).text)
    clock.shift(timedelta(seconds=40))
    nothing = browser.post(page, data={"csrf_token": browser.token(page), "seen_version": "0", "opened": first})
    assert nothing.status_code == 400
    assert opened(nothing.text) == first
    assert sums() == {}
    clock.shift(timedelta(seconds=20))
    partly = {"explanation": "Ours.", "action_due-day": "32", "action_due-month": "1", "action_due-year": "2027"}
    kept = browser.post(page, data={"csrf_token": browser.token(page), **answer, **partly, "opened": first})
    assert kept.status_code == 400
    assert opened(kept.text) != first
    assert sums() == {codes[0]: 60}


def test_the_stamp_sets_no_cookie_and_names_no_person(
    home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    browser.get(home)
    page = browser.get(f"{home}/criteria/{codes[0]}")
    assert "Set-Cookie" not in page.headers
    with browser.application.app_context():
        said = timing._signer().loads(opened(page.text))
    assert [type(one) for one in said] == [str, str, int]
    assert said[:2] == [home[-36:].replace("-", ""), codes[0]]


def test_saving_an_answer_asks_the_database_one_question_more(
    clock: time_machine.Traveller,
    home: str,
    codes: list[str],
    answer: dict[str, str],
    owner: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    browser = sign_in(owner)
    said = []
    for code, with_stamp in ((codes[0], False), (codes[1], True)):
        page = f"{home}/criteria/{code}"
        data = {"csrf_token": browser.token(page), **answer, "opened": opened(browser.get(page).text) * with_stamp}
        clock.shift(timedelta(seconds=30))
        with counting() as found:
            browser.post(page, data=data)
        said.append(len(found))
    assert said[1] == said[0] + 1


def test_others_time_is_shown_from_five_and_else_what_we_think(
    assessment: Assessment, home: str, owner: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(page: str) -> str:
        return " ".join(html.unescape(sign_in(owner).get(page).text).split())

    for page in (home, f"{home}/target"):
        assert "We think" in read(page)
        assert "Employers of your size took" not in read(page)
    monkeypatch.setattr(timing, "took", lambda band: {1: Typical(43 * 60, 5)})
    assert "Employers of your size took about 45 minutes for this level, the first time." in read(home)
    target = read(f"{home}/target")
    assert "Employers of your size took about 45 minutes, and time to find your evidence." in target
    assert "We think it takes about" in target  # the other levels
