"""The queue as its page asks for it."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from charter.account import away
from charter.account.models import Role
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.review.handing_out import allocation, queue
from charter.review.handing_out.queue import Asked
from charter.review.models import Review
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


def test_the_queue_takes_four_queries_however_long(make: Factory) -> None:
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
    assert taken == [4, 4, 4]


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


def test_the_queue_counts_each_stage_and_keeps_the_one_due_first_at_the_top(make: Factory, assessor) -> None:
    make.claimed(case_of(make, "Taken Ltd"), by=assessor)
    later, sooner = make.review(case_of(make, "Later Ltd")), make.review(case_of(make, "Sooner Ltd", days=1))
    with transaction() as session:
        session.get_one(Review, sooner.id).due_on = later.due_on - timedelta(days=3)
    page = find(status=ReviewStatus.WAITING)
    assert names(page) == ["Sooner Ltd", "Later Ltd"]
    assert page.stages == {ReviewStatus.WAITING: 2, ReviewStatus.IN_REVIEW: 1}
    assert (page.open, page.total) == (3, 2)
    assert names(find(status=ReviewStatus.WAITING, order=queue.Order.WAITING)) == ["Later Ltd", "Sooner Ltd"]


def test_age_is_in_working_days_of_those_promised(make: Factory) -> None:
    case_of(make, "A Ltd")  # on a Sunday
    row = find().rows[0]
    assert [row.clock(AT.date() + timedelta(days=days)).ours for days in (0, 1, 8)] == [0, 1, 6]
    assert row.target_days > 0


def test_the_queue_finds_by_name_nobody_yet_and_who_is_away(make: Factory, assessor, moderator) -> None:
    make.claimed(case_of(make, "Taken Ltd"), by=assessor)
    case_of(make, "100% Free_Ltd")
    assert names(find(search="free_")) == ["100% Free_Ltd"]
    assert names(find(search="%")) == ["100% Free_Ltd"]
    assert names(find(nobody=True)) == ["100% Free_Ltd"]
    assert names(find(away=True)) == []
    on = local_date(AT)
    with transaction() as session:
        away.add(session, assessor, starts_on=on, ends_on=on, by=moderator, at=AT, on=on)
    assert names(find(away=True)) == ["Taken Ltd"]
    assert queue.counts(db.session, moderator, on=on).of_away == 1
    assert names(find(away=True, on=on + timedelta(days=1))) == []


def test_nobody_is_shown_the_cases_they_have_an_interest_in(make: Factory, assessor, moderator) -> None:
    mine = make.review(case_of(make, "Mine Ltd"))
    case_of(make, "Other Ltd")
    with transaction() as session:
        allocation.declare_conflict(session, mine.assessment.organisation, reason="A friend.", by=assessor, at=AT)
    asked, on = Asked(), local_date(AT)
    assert names(find(by=assessor)) == ["Other Ltd"]
    assert find(by=assessor).open == 1
    assert [row.employer for row in queue.every(db.session, asked, by=assessor, on=on)] == ["Other Ltd"]
    assert len(queue.oldest_waiting(db.session, asked, 9, by=assessor, on=on)) == 1
    assert queue.counts(db.session, assessor, on=on).waiting == 1
    assert names(find(by=moderator)) == ["Mine Ltd", "Other Ltd"]


def test_ten_thousand_open_cases_take_no_more_queries_than_one(make: Factory, assessor) -> None:
    first = make.review(case_of(make, "First Ltd"))
    assessment, employer = first.assessment, first.assessment.organisation

    def rows(of: Any, number: int, **values: Any) -> list[dict[str, Any]]:
        own = {column.key: getattr(of, column.key) for column in sa.inspect(of).mapper.column_attrs}
        return [own | {name: made(one) for name, made in values.items()} for one in range(number)]

    keys = [[uuid7() for _ in range(10_000)] for _ in range(4)]
    with transaction() as session:
        for of, values in (
            (employer, {"id": keys[0].__getitem__, "name": "Employer {}".format}),
            (assessment, {"id": keys[1].__getitem__, "organisation_id": keys[0].__getitem__}),
            (first, {"id": keys[2].__getitem__, "assessment_id": keys[1].__getitem__}),
            (first.turns[0], {"id": keys[3].__getitem__, "review_id": keys[2].__getitem__}),
        ):
            session.execute(sa.insert(type(of)), rows(of, 10_000, **values))
    taken = []
    assert interests.of(assessor) == frozenset(), "read once in a request"
    for asked in (Asked(search="First"), Asked(), Asked(status=ReviewStatus.WAITING, page=200)):
        with Counted() as counted:
            page = queue.find(db.session, asked, by=assessor, on=local_date(AT))
        taken.append((len(page.rows), page.total, len(counted.statements)))
    assert taken == [(1, 1, 4), (50, 10_001, 4), (50, 10_001, 4)]
