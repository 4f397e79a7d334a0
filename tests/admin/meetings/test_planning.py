"""A meeting is planned by whoever runs the panel, and changed by one at a time."""

import pytest

from charter.account.models import User
from charter.panel.models import Meeting, Partner
from tests.admin.meetings.conftest import SignIn
from tests.panel.conftest import ON


def test_of_two_who_change_a_meeting_the_later_sees_both(meeting: Meeting, moderator: User, sign_in: SignIn) -> None:
    browser, address = sign_in(moderator), f"/admin/meetings/{meeting.id}/change"
    typed = {
        **{f"meets_on-{part}": str(getattr(ON, part)) for part in ("day", "month", "year")},
        **{"begins": "14:30", "place": "Online", "chair": "Cath Chair", "quorum": "3"},
        "seen_version": str(meeting.version),
    }
    assert browser.send(address, typed).status_code == 302
    late = browser.send(address, {**typed, "place": "Shirehall"})
    assert late.status_code == 409
    for words in ("Where the two differ", "Online", "Shirehall"):
        assert words in late.text


@pytest.mark.parametrize("typed", ["25:00", "noon", "2", "13pm"])
def test_a_time_that_cannot_be_is_said_beside_its_field(
    scheme_partners: list[Partner], moderator: User, sign_in: SignIn, typed: str
) -> None:
    answer = sign_in(moderator).send("/admin/meetings/plan", {"begins": typed})
    assert (answer.status_code, "Write the time like 2:30pm or 14:30." in answer.text) == (400, True)
