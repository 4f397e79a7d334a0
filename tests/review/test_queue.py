"""The queue as its page asks for it."""

from datetime import date, timedelta
from typing import Any

from charter.account.models import Role
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.review import queue
from charter.review.queue import Asked
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted, case_of


def names(page: queue.QueuePage) -> list[str]:
    return [row.employer for row in page.rows]


def find(*, by: Any = None, on: date | None = None, **asked: Any) -> queue.QueuePage:
    return queue.find(db.session, Asked(**asked), by=by, on=on or local_date(AT))


def test_the_longest_waiting_comes_first(make: Factory) -> None:
    case_of(make, "Later Ltd", days=2)
    case_of(make, "Earlier Ltd")
    assert names(find()) == ["Earlier Ltd", "Later Ltd"]


def test_the_queue_holds_open_cases_unless_another_status_is_asked_for(make: Factory, assessor, moderator) -> None:
    decided = case_of(make, "Decided Ltd")
    case_of(make, "Waiting Ltd")
    review = make.recommended(make.found(make.claimed(decided, by=assessor), by=assessor), by=assessor)
    from charter.review import moderation

    assert names(find(status=ReviewStatus.RECOMMENDED)) == ["Decided Ltd"]
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=AT, on=AT.date())
    assert names(find()) == ["Waiting Ltd"]
    assert names(find(status=ReviewStatus.DECIDED)) == ["Decided Ltd"]


def test_the_queue_narrows_by_county_level_assessor_and_lateness(make: Factory, assessor) -> None:
    counties = [county.code for county in make.framework().content.counties]
    mine = case_of(make, "Mine Ltd", county=counties[0])
    case_of(make, "Other Ltd", county=counties[1], days=30)
    make.claimed(mine, by=assessor)
    due = make.review(mine).due_on
    assert names(find(county=counties[1])) == ["Other Ltd"]
    assert names(find(assessor=assessor.id)) == ["Mine Ltd"]
    assert names(find(level=2)) == []
    assert names(find(overdue=True, on=due)) == []
    assert names(find(overdue=True, on=due + timedelta(days=1))) == ["Mine Ltd"]


def test_a_page_past_the_end_is_the_last(make: Factory) -> None:
    case_of(make, "Only Ltd")
    page = find(page=9)
    assert (page.page, page.pages, names(page)) == (1, 1, ["Only Ltd"])


def test_the_queue_takes_three_queries_however_long(make: Factory) -> None:
    taken = []
    for number in range(3):
        case_of(make, f"Employer {number} Ltd")
        db.session.expunge_all()
        with Counted() as counted:
            rows = find().rows
        assert [(row.employer, row.round, row.assessor) for row in rows] == [
            (f"Employer {one} Ltd", 1, None) for one in range(number + 1)
        ]
        taken.append(len(counted.statements))
    assert taken == [3, 3, 3]


def test_the_numbers_say_what_waits_for_whom(make: Factory, assessor, moderator) -> None:
    make.claimed(case_of(make, "Mine Ltd"), by=assessor)
    case_of(make, "Waiting Ltd")
    review = make.claimed(case_of(make, "Moderated Ltd"), by=assessor)
    make.recommended(make.found(review, by=assessor), by=assessor)
    on = review.due_on + timedelta(days=1)
    assert queue.counts(db.session, assessor, on=on) == queue.Counts(1, 1, 0, 1, 3, 0)
    assert queue.counts(db.session, moderator, on=AT.date()) == queue.Counts(1, 0, 0, 1, 0, 0)


def test_nothing_waits_when_nobody_has_sent_anything(make: Factory, assessor) -> None:
    assert queue.counts(db.session, assessor, on=AT.date()) == queue.Counts(0, 0, 0, 0, 0, 0)


def test_whoever_may_have_a_case_may_be_chosen(make: Factory, assessor, moderator, administrator) -> None:
    assert {person.role for person in queue.assessors(db.session)} == {Role.ASSESSOR, Role.MODERATOR}
