"""A second person decides; the award, the audit and the email are one with the decision."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from charter import audit
from charter.account.models import User
from charter.assessment.status import AssessmentStatus
from charter.award.models import Award
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import Conflict
from charter.review import deciding, moderation
from charter.review.models import Moderation, ModerationOutcome, Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory


def agree(review: Review, by: User, reasons: str = "") -> None:
    with transaction() as session:
        moderation.agree(session, review, reasons=reasons, by=by, at=AT, on=AT.date())


def change(review: Review, by: User, level: int, reasons: str = "The evidence is older than it may be.") -> None:
    with transaction() as session:
        moderation.change(session, review, level=level, reasons=reasons, by=by, at=AT, on=AT.date())


def send_back(review: Review, by: User, reasons: str = "Look at the adverts again.") -> None:
    with transaction() as session:
        moderation.send_back(session, review, reasons=reasons, by=by, at=AT)


def awards() -> list[Award]:
    return list(db.session.scalars(sa.select(Award)))


def told() -> list[tuple[str, str]]:
    found = db.session.execute(
        sa.select(Message.kind, Message.to_address).where(Message.kind.startswith("decision", autoescape=True))
    )
    return [(row.kind, row.to_address) for row in found]


def test_agreeing_decides_awards_and_tells_at_once(recommended, sent, owner, moderator) -> None:
    agree(recommended, moderator)
    assert (recommended.status, recommended.decided_level, recommended.decided_by_id) == (
        ReviewStatus.DECIDED,
        1,
        moderator.id,
    )
    assert (sent.status, sent.decided_at) == (AssessmentStatus.DECIDED, AT)
    (award,) = awards()
    assert (award.assessment_id, award.level, award.headcount, award.issued_by_id) == (sent.id, 1, 6, moderator.id)
    assert told() == [("decision_awarded", owner.email)]
    assert {"case:decide", "award:issue"} <= {event.action for event in audit.timeline(db.session, sent.id)}


def test_the_employer_reads_the_assessors_reasons_unless_the_moderator_gives_others(recommended, moderator) -> None:
    agree(recommended, moderator)
    assert recommended.reasons == "It is all in place."


def test_the_moderators_own_reasons_come_first(recommended, moderator) -> None:
    agree(recommended, moderator, "A clear case.")
    assert recommended.reasons == "A clear case."


def test_no_award_is_a_decision_too(make: Factory, found, owner, assessor, moderator) -> None:
    make.recommended(found, by=assessor, level=0, reasons="Not yet.")
    agree(found, moderator)
    assert (found.status, found.decided_level, awards()) == (ReviewStatus.DECIDED, 0, [])
    assert told() == [("decision_not_awarded", owner.email)]


def test_a_moderator_may_decide_on_another_level_with_reasons(recommended, moderator) -> None:
    change(recommended, moderator, 0)
    (kept,) = db.session.scalars(sa.select(Moderation))
    assert (kept.outcome, kept.recommended_level, kept.level) == (ModerationOutcome.CHANGED, 1, 0)
    assert (recommended.decided_level, recommended.reasons) == (0, "The evidence is older than it may be.")


@pytest.mark.parametrize(
    ("level", "reasons", "message"),
    [
        (0, " ", "Say why you change the level"),
        (1, "Because.", "the level that was recommended"),
        (2, "Because.", "is too high"),
        (0, "x" * 4001, "4,000 characters"),
    ],
)
def test_a_change_that_cannot_stand_is_refused(recommended, moderator, level: int, reasons: str, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        change(recommended, moderator, level, reasons)
    assert recommended.status is ReviewStatus.RECOMMENDED


def test_sending_back_returns_the_case_to_its_assessor_and_keeps_why(
    make: Factory, recommended, assessor, moderator
) -> None:
    send_back(recommended, moderator)
    assert (recommended.status, recommended.assessor_id, recommended.recommended_level) == (
        ReviewStatus.IN_REVIEW,
        assessor.id,
        None,
    )
    (kept,) = db.session.scalars(sa.select(Moderation))
    assert (kept.outcome, kept.recommended_level, kept.level, kept.reasons) == (
        ModerationOutcome.SENT_BACK,
        1,
        None,
        "Look at the adverts again.",
    )
    make.recommended(recommended, by=assessor)
    agree(recommended, moderator)
    assert len(awards()) == 1


def test_the_assessor_is_told_that_their_case_is_back_and_where_but_not_in_the_mail_why(
    recommended, assessor, moderator
) -> None:
    send_back(recommended, moderator)
    (mail,) = db.session.scalars(sa.select(Message).where(Message.kind == "case_sent_back"))
    assert mail.to_address == assessor.email
    assert f"{moderator.name} sent the case of Teme Valley" in mail.body
    assert f"/admin/reviews/{recommended.id}\n" in mail.body
    assert "Look at the adverts again." not in mail.body


def test_what_could_not_be_sent_back_mails_nobody(recommended, moderator) -> None:
    send_back(recommended, moderator)
    with pytest.raises(Refusal, match="There is no recommendation"):
        send_back(recommended, moderator)
    assert len(db.session.scalars(sa.select(Message).where(Message.kind == "case_sent_back")).all()) == 1


def test_an_assessor_is_told_each_time_that_a_case_comes_back(make: Factory, recommended, assessor, moderator) -> None:
    send_back(recommended, moderator)
    make.recommended(recommended, by=assessor)
    with transaction() as session:
        moderation.send_back(session, recommended, reasons="Again.", by=moderator, at=AT + timedelta(days=1))
    assert len(db.session.scalars(sa.select(Message).where(Message.kind == "case_sent_back")).all()) == 2


def test_who_cannot_work_on_a_case_any_more_is_not_told_that_it_is_back(
    recommended, employer, assessor, moderator
) -> None:
    with transaction() as session:
        session.add(Conflict(user_id=assessor.id, organisation_id=employer.id, reason="A cousin.", declared_at=AT))
    send_back(recommended, moderator)
    assert recommended.status is ReviewStatus.WAITING
    assert db.session.scalars(sa.select(Message).where(Message.kind == "case_sent_back")).all() == []


def test_sending_back_needs_reasons(recommended, moderator) -> None:
    with pytest.raises(Refusal, match="Say what the assessor should look at"):
        send_back(recommended, moderator, " ")


def test_nobody_moderates_their_own_recommendation(make: Factory, sent, moderator) -> None:
    review = make.recommended(make.found(make.claimed(sent, by=moderator), by=moderator), by=moderator)
    for deed in (agree, send_back, lambda one, by: change(one, by, 0)):
        with pytest.raises(Refusal, match="You recommended this level, so somebody else must decide"):
            deed(review, moderator)


def test_nobody_moderates_an_employer_they_have_an_interest_in(recommended, employer, moderator) -> None:
    with transaction() as session:
        session.add(Conflict(user_id=moderator.id, organisation_id=employer.id, reason="A cousin.", declared_at=AT))
    with pytest.raises(Refusal, match="You declared an interest"):
        agree(recommended, moderator)


def test_there_must_be_a_recommendation(found, moderator) -> None:
    with pytest.raises(Refusal, match="There is no recommendation"):
        agree(found, moderator)


def test_a_double_click_makes_one_decision(recommended, moderator) -> None:
    agree(recommended, moderator)
    with pytest.raises(Refusal, match="This case has been decided already"):
        agree(recommended, moderator)
    assert (len(awards()), len(told())) == (1, 1)


def test_two_moderators_at_once_make_one_decision(make: Factory, app: Flask, recommended, moderator) -> None:
    other = make.staff("moderator", "Mia Moderator")
    start, review_id, people = Barrier(2, timeout=20), recommended.id, [moderator.id, other.id]
    db.session.rollback()

    def try_it(user_id: UUID) -> str:
        with app.app_context():
            user, review = db.session.get(User, user_id), db.session.get(Review, review_id)
            start.wait()
            try:
                agree(review, user)
            except Refusal as refusal:
                return str(refusal)
            return "decided"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(try_it, people))
    db.session.rollback()
    assert answers == ["This case has been decided already.", "decided"]
    assert (len(awards()), len(told())) == (1, 1)


def test_a_decision_that_cannot_be_finished_leaves_nothing_behind(recommended, sent, moderator, monkeypatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the printer is on fire")

    monkeypatch.setattr(deciding.emails, "decision_awarded", broken)
    with pytest.raises(RuntimeError):
        agree(recommended, moderator)
    assert (recommended.status, sent.status, awards()) == (ReviewStatus.RECOMMENDED, AssessmentStatus.SUBMITTED, [])
