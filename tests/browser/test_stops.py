"""An assessor reads where employers stop, in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import now
from charter.time_spent import stopping
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory


def a_draft_that_was_left() -> tuple[User, str, str]:
    """An assessor; an employer answered everything but the last question, long ago. Its size, and that question."""
    make = Factory(now() - stopping.STOPPED - timedelta(days=2))
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    draft = make.assessment(employer, by=owner)
    asked = draft.framework.content.asked(1)[-1]
    make.answered(draft, by=owner, but=[asked.code])
    size = draft.framework.content.size_title(employer.size_band)
    return Factory(now()).staff("assessor", "Asha Assessor"), size, asked.title


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_an_assessor_sees_where_drafts_were_left_by_size_and_in_order(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    assessor, size, title = portal.inside(a_draft_that_was_left)
    asha = at_browser(scripts=scripts, width=width)

    def fits() -> None:
        assert asha.page.evaluate("document.documentElement.scrollWidth") <= width, asha.page.url

    signs_in(asha, assessor)
    asha.opens("/admin/stops/")
    asha.reads("1 draft has not been touched for")
    fits()
    asha.page.get_by_label("Size", exact=True).select_option(label=size)
    asha.presses("Show")
    asha.reads(f"for {size}")
    asha.page.get_by_role("link", name="Stopped drafts without it").click()
    asha.looks()
    row = asha.page.locator("main tbody tr").first.inner_text()
    assert title in row
    assert "1 of 1" in row
    assert asha.page.get_by_label("Size", exact=True).input_value(), "the order keeps the size"
    fits()
    with asha.page.expect_download() as download:
        asha.page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename.startswith("where-employers-stop-")
    assert asha.problems == []
