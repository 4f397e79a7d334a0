"""Meetings as the pages of staff show them, on the day of one."""

from collections.abc import Callable

import pytest
import time_machine

from charter.account.models import User
from charter.extensions import db
from charter.panel.models import Meeting
from tests.conftest import AT
from tests.pages import CheckedClient
from tests.panel.conftest import before_panel, held, hold, item, meeting, scheme_partners
from tests.review.conftest import highest, second

__all__ = ["before_panel", "held", "highest", "hold", "item", "meeting", "scheme_partners", "second"]
SignIn = Callable[[User], CheckedClient]


@pytest.fixture(autouse=True)
def that_day():
    with time_machine.travel(AT, tick=False):
        yield


def look_again() -> None:
    """See what the pages have written meanwhile."""
    db.session.rollback()
    db.session.expire_all()


def page_of(meeting: Meeting) -> str:
    return f"/admin/meetings/details/?id={meeting.id}"
