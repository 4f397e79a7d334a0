"""The pages about an employer that does not answer: what an assessor sees, and what it can do."""

import html
import re
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.clock import now, today
from charter.extensions import db
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.review.timing import patience, silence, working_days
from tests.factories import Factory


def text(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.text)).split())


@pytest.fixture
def silent(make: Factory, employer, owner: User, assessor: User) -> Review:
    """A case whose employer was to answer thirty days ago."""
    then = Factory(now() - timedelta(days=44))
    sent = then.submitted(then.answered(then.assessment(employer, by=owner), by=owner), by=owner)
    code = sent.framework.content.asked(1)[0].code
    return make.review(then.asked_for_more(sent, [code], assessor=assessor))


def test_the_case_says_by_when_it_was_to_answer_and_offers_both_ways(silent, assessor, sign_in) -> None:
    page = sign_in(assessor).get(f"/admin/reviews/{silent.id}")
    assert "Answer late It was to answer by" in text(page)
    assert "You can go on with what is there." in text(page)
    assert f"/admin/reviews/{silent.id}/go-on" in page.text
    assert f"/admin/reviews/{silent.id}/more-time" in page.text
    assert re.search(r"We used 0 of \d+, they used \d+ \(our clock stands still\)", text(page))


def test_somebody_else_sees_it_and_is_offered_neither(silent, moderator, sign_in) -> None:
    page = sign_in(moderator).get(f"/admin/reviews/{silent.id}")
    assert "It was to answer by" in text(page)
    assert f"/admin/reviews/{silent.id}/go-on" not in page.text


def test_more_time_is_given_from_the_page(silent, assessor, sign_in) -> None:
    client = sign_in(assessor)
    address = f"/admin/reviews/{silent.id}/more-time"
    day = today() + timedelta(days=10)
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', client.get(address).text)
    assert seen is not None
    form = {"answer_by-day": day.day, "answer_by-month": day.month, "answer_by-year": day.year, "seen": seen[1]}
    page = client.send(address, form, follow_redirects=True)
    assert "The employer has a later day to answer by, and is told." in text(page)
    assert "It is asked to answer by" in text(page)


def test_a_day_that_is_past_is_refused_beside_its_field_and_kept(silent, assessor, sign_in) -> None:
    client = sign_in(assessor)
    address = f"/admin/reviews/{silent.id}/more-time"
    db.session.rollback()
    seen = max(one.answer_by for one in silence.asked(db.session, silent)).isoformat()
    form = {"answer_by-day": 3, "answer_by-month": 1, "answer_by-year": 2020, "seen": seen}
    page = client.send(address, form)
    assert page.status_code == 400
    assert "The day to answer by must be in the future." in text(page)
    assert 'value="2020"' in page.text


def test_going_on_says_what_it_will_do_and_does_it_once(silent, assessor, sign_in) -> None:
    client = sign_in(assessor)
    address = f"/admin/reviews/{silent.id}/go-on"
    page = client.get(address)
    assert "what it changed and did not send is kept for it" in text(page)
    token = {"csrf_token": client.token(address)}
    assert "The case is in review again." in text(client.post(address, data=token, follow_redirects=True))
    assert "The employer is not asked anything now." in text(client.post(address, data=token, follow_redirects=True))
    db.session.rollback()
    assert db.session.get_one(Review, silent.id).status is ReviewStatus.IN_REVIEW


def test_before_its_day_the_page_says_when_one_may_go_on(make, claimed, codes, assessor, sign_in) -> None:
    Factory(now()).asked_for_more(claimed.assessment, codes[:1], assessor=assessor)
    until = working_days.after(today() + timedelta(days=14), patience.USUAL)
    page = sign_in(assessor).get(f"/admin/reviews/{claimed.id}/go-on")
    assert f"we wait until {until.day} {until:%B %Y}" in text(page)
    assert "<button" not in page.text.split("<main", 1)[1]


def test_a_case_with_us_has_nothing_to_wait_for(claimed, assessor, sign_in) -> None:
    client = sign_in(assessor)
    for step in ("go-on", "more-time"):
        assert "The employer is not asked anything now." in text(client.get(f"/admin/reviews/{claimed.id}/{step}"))


def test_how_long_we_wait_is_set_by_the_lead(administrator, sign_in) -> None:
    client = sign_in(administrator)
    assert "/admin/reviews/patience" in client.get("/admin/desk/").text
    assert "Enter a number from 1 to 60." in text(client.send("/admin/reviews/patience", {"days": "0"}))
    client.send("/admin/reviews/patience", {"days": "8"})
    assert "8 working days, set by" in text(client.get("/admin/reviews/patience"))


def test_the_queue_shows_and_narrows_to_late_answers(silent, make, assessor, sign_in) -> None:
    other = make.organisation("In Time Ltd")
    boss = make.member(other, "Ola Other")
    make.submitted(make.answered(make.assessment(other, by=boss), by=boss), by=boss)
    client = sign_in(assessor)
    everything, late = (text(client.get(f"/admin/reviews/{asked}")) for asked in ("", "?late=yes"))
    assert "Answer late It was due on" in everything
    assert "Our clock stands still" in everything
    assert "In Time Ltd" in everything
    assert "In Time Ltd" not in late
    rows = client.get("/admin/reviews/cases.csv?late=yes").text.splitlines()
    assert len(rows) == 2
    assert rows[1].endswith(f"yes,/admin/reviews/{silent.id}")
