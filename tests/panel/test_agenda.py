"""A meeting's agenda: cases that wait, each on one agenda only, and other business, in an order."""

import pytest

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.panel import agenda, planning, queries
from charter.panel.models import Item, Meeting
from charter.panel.status import MeetingStatus
from charter.review import moderation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.panel.conftest import LATER, ON, details, referred


def put(meeting: Meeting, review: Review, by: User) -> Item:
    with transaction() as session:
        (made,) = agenda.put(session, meeting, [review], by=by, at=AT)
    return made


def order(meeting: Meeting) -> list[str]:
    return [item.title for item in queries.whole(db.session, meeting.id).items]


def test_a_case_that_waits_can_be_put_on_an_agenda_once(
    meeting: Meeting, before_panel: Review, moderator: User
) -> None:
    assert [one.id for one in queries.waiting(db.session)] == [before_panel.id]
    put(meeting, before_panel, moderator)
    assert queries.waiting(db.session) == []
    with pytest.raises(Refusal, match="on the agenda of this meeting already"):
        put(meeting, before_panel, moderator)
    with transaction() as session:
        other = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
    with pytest.raises(Refusal, match="on the agenda of the meeting on 22 November 2026 already"):
        put(other, before_panel, moderator)


def test_only_a_case_that_waits_for_the_panel_comes_before_it(
    make: Factory, meeting: Meeting, before_panel: Review, moderator: User
) -> None:
    with transaction():
        before_panel.status = ReviewStatus.RECOMMENDED
    with pytest.raises(Refusal, match="does not wait for the panel any more"):
        put(meeting, before_panel, moderator)


def test_a_case_taken_off_waits_again(item: Item, before_panel: Review, moderator: User) -> None:
    with transaction() as session:
        agenda.take_off(session, item, by=moderator, at=AT)
    assert [one.id for one in queries.waiting(db.session)] == [before_panel.id]


def test_the_cases_of_a_cancelled_meeting_wait_again(item: Item, before_panel: Review, moderator: User) -> None:
    meeting = item.meeting
    with transaction() as session:
        planning.cancel(session, meeting, reason="Too few can come.", by=moderator, at=AT)
    assert meeting.status is MeetingStatus.CANCELLED
    assert [one.id for one in queries.waiting(db.session)] == [before_panel.id]
    with pytest.raises(Refusal, match="This meeting is cancelled"):
        put(meeting, before_panel, moderator)


def test_other_business_moves_up_one_place_and_sent_twice_moves_once(meeting: Meeting, moderator: User) -> None:
    for title in ("One", "Two", "Three", "Three"):
        with transaction() as session:
            agenda.add_business(session, meeting, title, by=moderator, at=AT)
    assert order(meeting) == ["One", "Two", "Three"]
    last = queries.whole(db.session, meeting.id).items[-1]
    for _ in range(2):
        with transaction() as session:
            agenda.move_up(session, last, seen_position=3, by=moderator, at=AT)
    assert order(meeting) == ["One", "Three", "Two"]


def test_the_employer_knows_the_day_once_its_case_is_on_an_agenda(item: Item, before_panel: Review) -> None:
    assert queries.day_for(db.session, before_panel) == ON


def test_a_moderator_who_agrees_puts_a_case_before_the_panel_where_its_level_says_so(
    make: Factory, meeting: Meeting, recommended: Review, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = recommended.assessment.framework.content
    level = content.level(recommended.assessment.target_level)
    assert level is not None
    asked = level.model_copy(update={"review": level.review.model_copy(update={"panel": True})})
    monkeypatch.setattr(type(content), "level", lambda content, rank: asked)
    with transaction() as session:
        moderation.agree(session, recommended, by=moderator, at=AT, on=ON)
    assert recommended.status is ReviewStatus.WITH_PANEL
    assert put(meeting, recommended, moderator).review_id == recommended.id


def test_the_list_of_waiting_cases_takes_the_same_number_of_queries_whatever_its_length(
    make: Factory, assessor: User
) -> None:
    from tests.review.test_queries import Counted

    counts = []
    for name in ("One Ltd", "Two Ltd", "Three Ltd"):
        employer = make.organisation(name)
        referred(make, employer, make.member(employer, f"Owner of {name}"), assessor)
        with Counted() as counted:
            found = queries.waiting(db.session)
        counts.append(len(counted.statements))
        db.session.rollback()
    assert (len(found), set(counts)) == (3, {2})
