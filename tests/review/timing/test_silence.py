"""An employer that does not answer is given more time, or the case goes on without it, and it is told of either."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import answers
from charter.assessment.models import Answer
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.notification.models import Message
from charter.review import intake, more_information, queries, recommendation
from charter.review.handing_out import queue
from charter.review.models import About, InformationRequest, Review, Subject
from charter.review.status import ReviewStatus
from charter.review.timing import patience, silence, working_days
from tests.factories import Factory
from tests.review.clocks import MONDAY, asked_on, claimed_on, on_day, sent_on
from tests.turns import in_turn

DAY = MONDAY + timedelta(days=16)
"""By when the employer of `asked` was to answer: a Wednesday."""
LATE = 24
"""A day on which we may go on: the Thursday of the week after, when five working days of patience are over."""


@pytest.fixture
def asked(make: Factory, employer, owner: User, assessor: User) -> Review:
    review = sent_on(0, make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    claimed_on(1, review, by=assessor)
    asked_on(2, review, by=assessor)
    return review


def go_on(review: Review, by: User, day: int = LATE) -> None:
    with transaction() as session:
        silence.go_on(session, review, by=by, at=on_day(day), on=MONDAY + timedelta(days=day))


def more_time(review: Review, by: User, *, to: int, day: int = 17, seen=DAY) -> None:
    with transaction() as session:
        silence.more_time(session, review, answer_by=MONDAY + timedelta(days=to), seen=seen, by=by, at=on_day(day))


def days(review: Review) -> set:
    asked = sa.select(InformationRequest.answer_by).where(InformationRequest.review_id == review.id)
    return set(db.session.scalars(asked))


def mail(kind: str) -> Message:
    return db.session.scalars(sa.select(Message).where(Message.kind == kind)).one()


def test_more_time_is_a_later_day_that_the_employer_is_told(asked, owner, assessor) -> None:
    more_time(asked, assessor, to=30)
    assert days(asked) == {MONDAY + timedelta(days=30)}
    assert (mail("more_time_given").to_address, asked.status) == (owner.email, ReviewStatus.WITH_EMPLOYER)
    assert "Please answer by 23 December 2026." in mail("more_time_given").body
    event = db.session.scalars(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "case:more-time")).one()
    assert (event.details["before"], event.details["after"]) == ("2026-12-09", "2026-12-23")


def test_the_same_day_sent_twice_is_told_once(asked, assessor) -> None:
    more_time(asked, assessor, to=30)
    more_time(asked, assessor, to=30)
    assert mail("more_time_given")


@pytest.mark.parametrize(
    ("to", "day", "seen", "message"),
    [
        (17, 17, DAY, "must be in the future"),
        (12, 5, DAY, "The employer has until 9 December 2026 already"),
        (400, 17, DAY, "within the next six months"),
        (30, 17, MONDAY, "The day was changed to 9 December 2026 since you opened this page"),
    ],
)
def test_a_day_that_is_no_more_time_is_refused(asked, assessor, to: int, day: int, seen, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        more_time(asked, assessor, to=to, day=day, seen=seen)
    assert days(asked) == {DAY}


def test_only_who_has_the_case_gives_time_or_goes_on(asked, second) -> None:
    with pytest.raises(Refusal, match="Somebody else has this case"):
        more_time(asked, second, to=30)
    with pytest.raises(Refusal, match="Somebody else has this case"):
        go_on(asked, second)


@pytest.mark.parametrize("day", [17, LATE - 1])
def test_nobody_goes_on_before_the_day_that_the_employer_was_told(asked, assessor, day: int) -> None:
    assert patience.ends_on(db.session, DAY) == MONDAY + timedelta(days=LATE - 1)
    with pytest.raises(Refusal, match="we wait until 16 December 2026"):
        go_on(asked, assessor, day=day)
    assert asked.status is ReviewStatus.WITH_EMPLOYER


def test_more_time_moves_the_day_from_which_we_may_go_on(asked, assessor) -> None:
    more_time(asked, assessor, to=30)
    with pytest.raises(Refusal, match="we wait until"):
        go_on(asked, assessor)


def test_going_on_takes_the_case_up_with_what_was_sent_and_tells_the_employer(asked, owner, assessor) -> None:
    go_on(asked, assessor)
    assessment, on = asked.assessment, MONDAY + timedelta(days=LATE)
    assert (asked.status, assessment.status, assessment.round) == (
        ReviewStatus.IN_REVIEW,
        AssessmentStatus.SUBMITTED,
        1,
    )
    level = assessment.framework.content.level(1)
    assert asked.due_on == working_days.after(on, level.target_decision_working_days - 2)  # the wait was not ours
    assert queries.open_criteria(db.session, assessment) == frozenset()
    body = mail("went_on_without_answer").body
    assert "We\nhad no answer" in body
    assert f"Expect a decision by {asked.due_on.day} {asked.due_on:%B %Y}." in body


def test_a_case_that_went_on_can_be_recommended_and_not_asked_about_again(make, asked, assessor) -> None:
    code = db.session.scalars(sa.select(InformationRequest.code)).one()
    go_on(asked, assessor)
    late = Factory(on_day(LATE))
    late.found(asked, by=assessor)
    with pytest.raises(Refusal, match="went on without an answer"), transaction() as session:
        more_information.ask(
            session,
            asked,
            questions={Subject(About.CRITERION, code): "And now?"},
            answer_by=MONDAY + timedelta(days=60),
            by=assessor,
            at=on_day(LATE),
        )
    assert recommendation.unfound(db.session, asked, on=MONDAY + timedelta(days=LATE)) == ()
    late.recommended(asked, by=assessor)
    assert asked.status is ReviewStatus.RECOMMENDED


def test_what_was_changed_and_not_sent_is_kept_and_not_shown(asked, owner, assessor) -> None:
    assessment = asked.assessment
    code = db.session.scalars(sa.select(InformationRequest.code)).one()
    there = db.session.scalars(sa.select(Answer).where(Answer.criterion == code)).one()
    fully = next(value.value for value in assessment.framework.content.scale if value.extent is Extent.MET)
    with transaction() as session:
        answers.save(
            session,
            assessment,
            criterion=code,
            value=fully,
            explanation="Typed and never sent.",
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=there.version,
            by=owner,
            at=on_day(5),
            open_criteria=frozenset({code}),
        )
    go_on(asked, assessor)
    case = queries.case(db.session, asked, by=assessor, on=MONDAY + timedelta(days=LATE))
    assert "Typed and never sent." not in {answer.explanation for answer in case.said.answers.values()}
    assert db.session.scalars(sa.select(Answer.explanation).where(Answer.criterion == code)).one() == (
        "Typed and never sent."
    )


def test_going_on_twice_does_it_once(asked, assessor) -> None:
    go_on(asked, assessor)
    with pytest.raises(Refusal, match="not asked anything now"):
        go_on(asked, assessor)


def test_the_queue_finds_what_is_late_with_the_employer(asked) -> None:
    def late(day: int) -> list:
        on = MONDAY + timedelta(days=day)
        return [row.is_late(on) for row in queue.find(db.session, queue.Asked(late=True), on=on).rows]

    assert late(16) == []
    assert late(17) == [True]
    assert [row.answer_by for row in queue.find(db.session, queue.Asked(), on=MONDAY).rows] == [DAY]


def test_how_long_we_wait_is_set_by_the_scheme(asked, assessor, administrator) -> None:
    assert patience.days(db.session) == patience.USUAL
    with transaction() as session:
        patience.set_days(session, 2, by=administrator, at=on_day(3))
        patience.set_days(session, 2, by=administrator, at=on_day(4))  # the same again is nothing new
    assert [one.days for one, _ in patience.history(db.session)] == [2]
    go_on(asked, assessor, day=21)
    with pytest.raises(Refusal, match="from 1 to 60"), transaction() as session:
        patience.set_days(session, 0, by=administrator, at=on_day(5))


def goes_on(session: Session, review: Review, user: User) -> None:
    silence.go_on(session, review, by=user, at=on_day(LATE), on=MONDAY + timedelta(days=LATE))


def answers_now(session: Session, review: Review, user: User) -> None:
    intake.submit(
        session,
        review.assessment,
        declared_by=user.name,
        declared_role="Owner",
        by=user,
        at=on_day(LATE),
        on=MONDAY + timedelta(days=LATE),
    )


def test_of_an_answer_and_going_on_in_the_same_moment_the_answer_counts_when_it_is_first(
    app: Flask, asked: Review, owner: User, assessor: User
) -> None:
    _, later = in_turn(app, asked, (owner, answers_now), (assessor, goes_on))
    assert str(later) == silence.ANSWERED
    db.session.refresh(asked)
    assert (asked.status, asked.assessment.round) == (ReviewStatus.IN_REVIEW, 2)


def test_an_answer_that_comes_just_after_we_went_on_is_refused_and_kept(
    app: Flask, asked: Review, owner: User, assessor: User
) -> None:
    _, later = in_turn(app, asked, (assessor, goes_on), (owner, answers_now))
    assert isinstance(later, Refusal)
    db.session.refresh(asked)
    assert (asked.status, asked.assessment.round) == (ReviewStatus.IN_REVIEW, 1)
