"""Administrators keep the list of partners."""

from charter.account.models import User
from charter.panel.models import Partner
from tests.admin.meetings.conftest import SignIn, look_again
from tests.panel.conftest import scheme_partners

__all__ = ["scheme_partners"]


def test_administrators_keep_the_partners_and_two_clicks_retire_one_once(
    scheme_partners: list[Partner], administrator: User, sign_in: SignIn
) -> None:
    browser, partner = sign_in(administrator), scheme_partners[3]
    assert browser.send("/admin/partners/add", {"name": "dwp"}).status_code == 400
    assert browser.send("/admin/partners/add", {"name": "The Growth Hub"}).status_code == 302
    for _ in range(2):
        assert browser.send(f"/admin/partners/{partner.id}/retire", {"deed": "retire"}).status_code == 302
    look_again()
    assert not partner.is_open
    assert "DWP" not in browser.get("/admin/partners/?flt0_part=yes").text
    assert browser.send(f"/admin/partners/{partner.id}/retire", {"deed": "bring-back"}).status_code == 302
    look_again()
    seen = str(partner.version)
    assert (
        browser.send(f"/admin/partners/{partner.id}/rename", {"name": "JCP", "seen_version": seen}).status_code == 302
    )
