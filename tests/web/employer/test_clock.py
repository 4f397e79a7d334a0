"""An employer sees both sides of the clock: on its page, at home and when it is decided, and how long others waited."""

import html
import re
from datetime import timedelta

import pytest
from flask import Flask

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now
from charter.review.timing import pace
from charter.review.timing.pace import Pace
from tests.conftest import browser
from tests.factories import Factory


def text(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.text)).replace(" .", ".").replace(" ,", ",").split())


@pytest.fixture
def sent(make: Factory, employer, owner: User) -> Assessment:
    """Sent a week ago, so that five working days are used, or four where there was a bank holiday."""
    then = Factory(now() - timedelta(days=7))
    return then.submitted(then.answered(then.assessment(employer, by=owner), by=owner), by=owner)


def published(app: Flask, monkeypatch: pytest.MonkeyPatch, **paces: Pace) -> None:
    app.extensions.pop("charter_time_memory", None)
    monkeypatch.setattr(pace, "of_levels", lambda _session, *, on: {int(rank[1:]): one for rank, one in paces.items()})


def test_while_we_look_at_it_both_pages_say_how_many_days_we_used(sent, owner, sign_in) -> None:
    client = sign_in(owner)
    for address in (f"/assessments/{sent.id}", "/dashboard"):
        assert re.search(r"We have used \d of our 5 working days\.", text(client.get(address))), address


def test_while_the_employer_answers_both_pages_say_that_our_clock_stands_still(sent, owner, assessor, sign_in) -> None:
    code = sent.framework.content.asked(1)[0].code
    Factory(now() - timedelta(days=7)).asked_for_more(sent, [code], assessor=assessor)
    client = sign_in(owner)
    said = r"Our clock stands still while you answer\. We have used 0 of our 5 working days, and you have used [345]\."
    for address in (f"/assessments/{sent.id}", "/dashboard"):
        assert re.search(said, text(client.get(address))), address


def test_when_we_are_late_it_says_so(make, employer, owner, sign_in) -> None:
    then = Factory(now() - timedelta(days=30))
    late = then.submitted(then.answered(then.assessment(employer, by=owner), by=owner), by=owner)
    assert "We are late, and we are sorry." in text(sign_in(owner).get(f"/assessments/{late.id}"))


def test_after_sending_it_reads_how_long_decisions_take(app, monkeypatch, sent, owner, sign_in) -> None:
    published(app, monkeypatch, L1=Pace(3.5, 12))
    words = "Half of the 12 decisions of the last 12 months took 3.5 of our working days or fewer. We promise 5."
    client = sign_in(owner)
    for address in (f"/assessments/{sent.id}/submitted", f"/assessments/{sent.id}"):
        assert words in text(client.get(address)), address


def test_everybody_reads_it_beside_what_the_level_asks_once_there_are_five(app, monkeypatch) -> None:
    published(app, monkeypatch, L1=Pace(4, 5), L2=Pace(9, 4))
    page = text(browser(app).get("/criteria"))
    assert page.count("Half of the") == 1
    assert "Half of the 5 decisions of the last 12 months took 4 of our working days or fewer." in page
    assert page.count("Too few were made in the last 12 months to say how long they took.") == 2
