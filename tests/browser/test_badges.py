"""An employer puts its badge to use in a real browser, with and without scripts, on a desk and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from charter.account.models import User
from charter.clock import now, today
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def an_owner() -> User:
    """Somebody whose employer holds a level."""
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    make.award(employer, on=today(), by=make.staff("moderator", "Mo Moderator"))
    return owner


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_owner_copies_the_code_and_somebody_elses_website_shows_the_live_picture(
    portal: Portal, at_browser: Callable[..., Person], tmp_path: Path, scripts: bool, width: int
) -> None:
    owner = portal.inside(an_owner)
    person = at_browser(scripts=scripts, width=width)
    signs_in(person, owner)
    person.opens("/dashboard")
    person.page.get_by_text("Put your badge on your website").click()
    beside_the_award = person.page.locator(".charter-card textarea").input_value()
    person.follows("Use your badge in emails and wallets")
    person.reads("Use your badge")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width
    code = person.page.get_by_label("Code for your website").input_value()
    assert code == beside_the_award
    with person.page.expect_download() as badge:
        person.page.get_by_role("link", name="Download the badge").click()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", badge.value.path().read_text())

    website = tmp_path / "website.html"
    website.write_text(f"<!doctype html><title>Our website</title>{code}")
    visitor = at_browser(scripts=scripts, width=width).page
    visitor.goto(website.as_uri())
    picture = visitor.get_by_role("img", name="see what Teme Valley Orchards Ltd holds today")
    assert picture.evaluate("one => [one.complete, one.naturalWidth, one.naturalHeight]") == [True, 320, 96]
    assert visitor.context.cookies() == []
    visitor.get_by_role("link").click()
    visitor.get_by_role("heading", name="Genuine and current").wait_for()
