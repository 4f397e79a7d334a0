"""The pages of the queue and of the desk, as assessors, moderators and administrators use them."""

import html
import re
from datetime import timedelta

import sqlalchemy as sa

from charter.account.away import Away
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation.models import Conflict
from charter.review.handing_out import allocation
from charter.review.models import Review
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import case_of


def holder(review: Review) -> object:
    db.session.rollback()
    return db.session.get_one(Review, review.id, populate_existing=True).assessor_id


def test_one_button_takes_the_next_case(sign_in, waiting, assessor) -> None:
    theirs = sign_in(assessor)
    assert "Take the next one" in theirs.get("/admin/reviews/").text
    got = theirs.send("/admin/reviews/next", {"seen": ""})
    assert got.location.endswith(f"/admin/reviews/{waiting.id}")
    assert holder(waiting) == assessor.id


def test_the_overview_leads_to_the_next_case_while_one_waits(sign_in, waiting, assessor, administrator) -> None:
    assert 'href="/admin/reviews/next"' in sign_in(assessor).get("/admin/").text
    assert 'href="/admin/reviews/next"' not in sign_in(administrator).get("/admin/").text, "they take no cases"


def test_cases_are_given_out_by_what_the_page_said(sign_in, make: Factory, assessor, moderator) -> None:
    review = make.review(case_of(make, "First Ltd"))
    page = f"/admin/reviews/allocate?oldest=5&to={assessor.id}"
    theirs = sign_in(moderator)
    text = theirs.get(page).text
    assert "Asha Assessor gets 1 case" in text
    gift = re.findall(r'name="gift" value="([^"]+)"', text)
    assert theirs.send(page, {"case": str(review.id), "gift": gift}).status_code == 302
    assert holder(review) == assessor.id


def test_the_download_holds_what_the_page_shows_and_not_what_is_shut(sign_in, make: Factory, assessor) -> None:
    shut = make.review(case_of(make, "Shut Ltd"))
    case_of(make, "=Open Ltd")
    with transaction() as session:
        allocation.declare_conflict(session, shut.assessment.organisation, reason="A friend.", by=assessor, at=AT)
    theirs = sign_in(assessor)
    text = theirs.get("/admin/reviews/cases.csv").text
    assert ("'=Open Ltd" in text, "Shut Ltd" in text) == (True, False)
    assert "are left out" in theirs.get("/admin/reviews/").text


def test_a_case_is_given_to_somebody_else_from_its_page(sign_in, make: Factory, claimed, second, moderator) -> None:
    theirs = sign_in(moderator)
    page = f"/admin/reviews/{claimed.id}/reassign"
    assert page in theirs.get(f"/admin/reviews/{claimed.id}").text
    answer = {"to": str(second.id), "seen": str(claimed.assessor_id), "reason": ""}
    assert theirs.send(page, answer).status_code == 400
    assert theirs.send(page, answer | {"reason": "Asha is away."}).status_code == 302
    assert holder(claimed) == second.id


def test_away_dates_are_entered_and_an_interest_is_declared_and_ended(sign_in, employer, assessor, moderator) -> None:
    theirs = sign_in(assessor)
    day = {
        f"{field}-{part}": str(getattr(today(), part))
        for field in ("starts_on", "ends_on")
        for part in ("day", "month", "year")
    }
    assert theirs.send("/admin/desk/away", day).status_code == 302
    db.session.rollback()
    assert db.session.scalars(sa.select(Away)).one().user_id == assessor.id
    assert employer.name in theirs.get("/admin/interests/add?search=teme").text
    said = {"kind": "former_employer", "reason": "I worked there."}
    assert theirs.send(f"/admin/interests/add/{employer.id}", said).status_code == 302
    db.session.rollback()
    one = db.session.scalars(sa.select(Conflict)).one()
    assert theirs.send(f"/admin/interests/{one.id}/ask-to-end", {"because": "Long ago."}).status_code == 302
    lead = sign_in(moderator)
    assert "Say whether it has ended" in lead.get(f"/admin/declared-interests/details/?id={one.id}").text
    answer = f"/admin/declared-interests/{one.id}/answer"
    assert lead.send(answer, {"answer": "ended", "because": ""}).status_code == 302
    db.session.rollback()
    assert db.session.scalars(sa.select(Conflict)).all() == []


def test_the_desk_says_who_is_overdue_and_leads_to_what(sign_in, make: Factory, claimed, assessor, moderator) -> None:
    case_of(make, "Waits For Nobody Ltd")
    theirs, link = sign_in(moderator), "overdue in review with Asha Assessor"
    with transaction() as session:
        session.get_one(Review, claimed.id).due_on = today()
    assert link not in theirs.get("/admin/desk/").text
    with transaction() as session:
        session.get_one(Review, claimed.id).due_on = today() - timedelta(days=1)
    page = theirs.get("/admin/desk/").text
    assert link in page
    address = re.search(r'href="([^"]+)">1<span class="govuk-visually-hidden"> overdue', page)
    assert address is not None
    assert f"/admin/reviews/{claimed.id}" in theirs.get(html.unescape(address[1])).text
