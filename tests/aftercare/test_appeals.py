"""Appeals: in time, once for each decision, and looked at by somebody who had no part in it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.aftercare import appeals, steps
from charter.aftercare.models import Appeal, AwardStep
from charter.aftercare.status import AppealStatus
from charter.assessment.status import AssessmentStatus
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.improvement import with_plan
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review import findings, recommendation
from charter.review.handing_out import allocation
from charter.review.models import Finding, Review
from charter.review.record import explanation
from charter.review.record.record_models import DecisionRecord
from charter.review.status import ReviewStatus
from tests.aftercare.conftest import ON, do, fresh
from tests.conftest import AT
from tests.factories import Factory


@pytest.fixture
def decided(make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User) -> Review:
    """A case that Asha reviewed and Mo decided: level 1."""
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    do(with_plan.agree, review, by=moderator, at=AT, on=ON)
    return fresh(review)


def made(decision: Review | AwardStep, by: User, days: int = 1, grounds: str = "You overlooked our policy.") -> Appeal:
    return do(appeals.appeal, decision, grounds=grounds, by=by, at=AT + timedelta(days), on=ON + timedelta(days))


def mails(kind: str) -> list[str]:
    return list(db.session.scalars(sa.select(Message.body).where(Message.kind == kind).order_by(Message.id)))


def test_an_appeal_is_acknowledged_with_the_day_by_which_it_is_answered(decided: Review, owner: User) -> None:
    way = appeals.way(db.session, decided)
    assert way is not None
    assert (way.until, way.appeal, way.is_open(way.until)) == (ON + timedelta(days=28), None, True)
    assert not way.is_open(way.until + timedelta(days=1))
    appeal = made(decided, owner)
    assert (appeal.status, appeal.decided_level) == (AppealStatus.WAITING, 1)
    assert "It is all in place." in appeal.decision_said
    assert appeal.due_on.isoformat() == "2026-12-21"  # twenty working days
    assert "21 December 2026" in mails("appeal_received")[0]


def test_there_is_one_appeal_for_each_decision_in_its_time_and_one_sent_twice_is_one(
    decided: Review, owner: User
) -> None:
    with pytest.raises(Refusal, match="Say why you think"):
        made(decided, owner, grounds=" ")
    with pytest.raises(Refusal, match="You could appeal until 20 December 2026"):
        made(decided, owner, days=29)
    assert made(decided, owner, days=28).id == made(decided, owner, days=28).id
    assert len(mails("appeal_received")) == 1
    with pytest.raises(Refusal, match="There can be one"):
        made(decided, owner, grounds="Something else.")


def test_what_is_not_decided_cannot_be_appealed(step: AwardStep, make: Factory, employer: Organisation, owner: User):
    with pytest.raises(Refusal, match="no decision"):
        made(step, owner)
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    with pytest.raises(Refusal, match="no decision"):
        made(make.review(sent), owner)


def test_nobody_who_had_a_part_in_the_decision_handles_it(
    decided: Review, owner: User, assessor: User, moderator: User, second: User, administrator: User
) -> None:
    appeal = made(decided, owner)
    for person in (assessor, moderator):
        with pytest.raises(Refusal, match="You had a part in the decision"):
            do(appeals.take, appeal, by=person, at=AT)
    do(appeals.take, appeal, by=second, at=AT)
    with pytest.raises(Refusal, match="You already have"):
        do(appeals.take, appeal, by=second, at=AT)
    with pytest.raises(Refusal, match="Mia Moderator has taken"):
        do(appeals.take, appeal, by=administrator, at=AT)
    for deed in (
        lambda: do(appeals.stands, appeal, reasons="x", by=administrator, at=AT),
        lambda: do(appeals.overturn, appeal, reasons="x", by=administrator, at=AT, on=ON),
        lambda: do(appeals.give_back, appeal, by=administrator, at=AT),
    ):
        with pytest.raises(Refusal, match="Only whoever has it"):
            deed()
    do(appeals.give_back, appeal, by=second, at=AT)
    do(appeals.take, appeal, by=administrator, at=AT)


@pytest.mark.parametrize("part", ["found", "moderated", "recorded"])
def test_every_part_in_a_case_counts(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, second: User, part: str
) -> None:
    """Somebody who had the case for a while, before it went to others."""
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    early = make.staff("assessor", "Early Assessor")
    review = make.claimed(sent, by=early if part == "found" else assessor)
    if part == "found":
        make.found(review, by=early)
        do(allocation.release, review, by=early, at=AT)
        make.claimed(sent, by=assessor)
    make.found(review, by=assessor)
    make.recommended(review, by=assessor)
    if part == "moderated":
        from charter.review import moderation

        do(moderation.send_back, review, reasons="Look again.", by=second, at=AT)
        make.recommended(review, by=assessor)
    if part == "recorded":  # as another part of the portal tells the trail of a meeting of the panel
        from charter import audit

        do(lambda session, row: audit.record(session, "meeting:record", row, by=second.id, at=AT, case=sent.id), review)
    do(with_plan.agree, review, by=moderator, at=AT, on=ON)
    appeal = made(fresh(review), owner)
    person = early if part == "found" else second
    assert appeals.why_not(db.session, fresh(appeal), person) is not None
    assert appeals.why_not(db.session, fresh(appeal), make.staff("moderator", "New Moderator")) is None


def test_who_has_an_interest_does_not_handle_it(decided: Review, owner: User, employer: Organisation, second: User):
    appeal = made(decided, owner)
    do(interests.declare, employer, reason="My sister works there.", by=second, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        do(appeals.take, appeal, by=second, at=AT)


def test_a_decision_that_stands_stands_with_reasons(decided: Review, owner: User, second: User) -> None:
    appeal = made(decided, owner)
    with pytest.raises(Refusal, match="Take this appeal"):
        do(appeals.stands, appeal, reasons="x", by=second, at=AT)
    do(appeals.take, appeal, by=second, at=AT)
    with pytest.raises(Refusal, match="Give the reasons"):
        do(appeals.stands, appeal, reasons=" ", by=second, at=AT)
    do(appeals.stands, appeal, reasons="The policy is not in use.", by=second, at=AT)
    assert fresh(decided).status is ReviewStatus.DECIDED
    assert fresh(appeal).status is AppealStatus.STANDS
    assert "The decision stands. The reasons:\n\nThe policy is not in use." in mails("appeal_decided")[0]
    with pytest.raises(Refusal, match="decided already"):
        do(appeals.overturn, appeal, reasons="x", by=second, at=AT, on=ON)


def overturned(decided: Review, owner: User, by: User) -> Review:
    appeal = made(decided, owner)
    do(appeals.take, appeal, by=by, at=AT)
    do(appeals.overturn, appeal, reasons="The policy was overlooked.", by=by, at=AT, on=ON + timedelta(days=2))
    return fresh(decided)


def test_a_decision_of_before_is_put_into_words_before_its_case_forgets_it(
    decided: Review, owner: User, second: User, make: Factory
) -> None:
    with transaction() as session:  # as if it had been taken before there were any records
        session.execute(sa.delete(DecisionRecord))
    review = overturned(decided, owner, second)
    (first,) = explanation.of_case(db.session, review.id)
    assert (first.number, first.made_later) == (1, True)
    assert "It is all in place." in first.document
    decide_again(review, make, 1)
    assert [one.number for one in explanation.of_case(db.session, review.id)] == [1, 2]


def test_a_case_is_opened_again_for_other_people_and_its_award_stands_meanwhile(
    decided: Review, owner: User, assessor: User, moderator: User, second: User, make: Factory
) -> None:
    award = db.session.scalars(sa.select(Award)).one()
    review = overturned(decided, owner, second)
    assert (review.status, review.assessment.status) == (ReviewStatus.WAITING, AssessmentStatus.SUBMITTED)
    assert (review.assessor_id, review.decided_at, review.recommended_level) == (None, None, None)
    assert fresh(award).is_valid_on(ON + timedelta(days=3))
    assert "Other people now make a new decision" in mails("appeal_decided")[0]
    for person in (assessor, moderator, second):
        with pytest.raises(Refusal, match="took part in the decision that was appealed"):
            do(allocation.claim, review, by=person, at=AT)
    new = make.staff("assessor", "New Assessor")
    do(allocation.claim, review, by=new, at=AT)
    make.recommended(fresh(review), by=new)
    with pytest.raises(Refusal, match="took part in the decision that was appealed"):
        do(with_plan.agree, review, by=moderator, at=AT, on=ON)


def decide_again(review: Review, make: Factory, level: int, outcome: Extent = Extent.MET) -> Review:
    new, other = make.staff("assessor", "New Assessor"), make.staff("moderator", "New Moderator")
    do(allocation.claim, review, by=new, at=AT)
    for finding in db.session.scalars(sa.select(Finding).where(Finding.review_id == review.id)).all():
        content = review.assessment.framework.content
        said = next(one.value for one in content.outcomes if one.extent is outcome and not one.asks_employer)
        given = {"criterion": finding.criterion, "outcome": said, "feedback": "Seen anew."}
        do(findings.save, review, **given, seen_version=finding.version, by=new, at=AT)
    later = {"at": AT + timedelta(days=9), "on": ON + timedelta(days=9)}
    do(recommendation.recommend, review, level=level, reasons="Seen anew.", by=new, **later)
    do(with_plan.agree, review, by=other, **later)
    return fresh(review)


def test_the_same_level_again_leaves_the_award_as_it_is_and_can_be_appealed_again(
    decided: Review, owner: User, second: User, make: Factory
) -> None:
    award = db.session.scalars(sa.select(Award)).one()
    review = decide_again(overturned(decided, owner, second), make, 1)
    assert [one.id for one in db.session.scalars(sa.select(Award))] == [award.id]
    assert (fresh(award).status, review.decided_level) == (AwardStatus.ACTIVE, 1)
    assert len(mails("decision_awarded")) == 2
    again = do(appeals.appeal, review, grounds="Still.", by=owner, at=AT + timedelta(10), on=ON + timedelta(10))
    assert appeals.why_not(db.session, fresh(again), second) is not None


def test_a_new_decision_never_takes_away_what_the_employer_holds(
    decided: Review, owner: User, second: User, make: Factory
) -> None:
    review = decide_again(overturned(decided, owner, second), make, 0, Extent.NOT_MET)
    assert (review.decided_level, review.assessment.decided_level) == (1, 1)
    assert db.session.scalars(sa.select(Award)).one().status is AwardStatus.ACTIVE
    assert mails("decision_not_awarded") == []
    records = explanation.of_case(db.session, review.id)
    assert "An appeal takes no level away" in records[-1].document
    assert "An appeal takes no level away" not in records[0].document


def test_a_higher_level_replaces_the_award_of_the_same_assessment(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, second: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor, level=1)
    do(with_plan.agree, review, by=moderator, at=AT, on=ON)
    first = db.session.scalars(sa.select(Award)).one()
    review = decide_again(overturned(fresh(review), owner, second), make, 2)
    newer = db.session.scalars(sa.select(Award).where(Award.id != first.id)).one()
    assert (newer.level, newer.assessment_id, newer.status) == (2, sent.id, AwardStatus.ACTIVE)
    assert (fresh(first).status, first.ended_on) == (AwardStatus.SUPERSEDED, ON + timedelta(days=9))


def test_a_case_of_no_award_that_is_opened_again_can_get_its_first(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, second: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.found(make.claimed(sent, by=assessor), by=assessor, outcome=Extent.NOT_MET)
    make.recommended(review, by=assessor, level=0)
    do(with_plan.agree, review, by=moderator, at=AT, on=ON)
    decide_again(overturned(fresh(review), owner, second), make, 1)
    assert db.session.scalars(sa.select(Award.level)).all() == [1]


def test_a_case_is_not_opened_again_beside_another_assessment_and_nothing_is_half_done(
    decided: Review, owner: User, second: User, make: Factory, employer: Organisation
) -> None:
    appeal = made(decided, owner)
    do(appeals.take, appeal, by=second, at=AT)
    make.assessment(employer, level=2, by=owner)
    with pytest.raises(Refusal, match="another assessment under way"):
        do(appeals.overturn, appeal, reasons="x", by=second, at=AT, on=ON)
    assert fresh(appeal).status is AppealStatus.IN_HAND


# Suspensions and revocations -----------------------------------------------------------------------------------------


@pytest.fixture
def revoked(step: AwardStep, second: User) -> AwardStep:
    do(
        steps.carry_out,
        step,
        reply_read=True,
        seen_version=1,
        by=second,
        at=AT + timedelta(days=15),
        on=ON + timedelta(days=15),
    )
    return fresh(step)


def test_an_appeal_restores_a_revoked_award(
    revoked: AwardStep, owner: User, moderator: User, second: User, administrator: User
) -> None:
    appeal = made(revoked, owner, days=16)
    for person in (moderator, second):
        with pytest.raises(Refusal, match="You had a part in the decision"):
            do(appeals.take, appeal, by=person, at=AT)
    do(appeals.take, appeal, by=administrator, at=AT)
    do(
        appeals.overturn,
        appeal,
        reasons="They had paid.",
        by=administrator,
        at=AT + timedelta(days=20),
        on=ON + timedelta(days=20),
    )
    award = fresh(revoked.award)
    valid = [award.is_valid_on(ON + timedelta(days=days)) for days in (14, 15, 19, 20)]
    assert valid == [True, False, False, True]
    assert "Your award counts again from today." in mails("appeal_decided")[0]


def test_an_award_that_another_has_replaced_is_not_restored_and_the_employer_is_told(
    revoked: AwardStep, owner: User, administrator: User, make: Factory, employer: Organisation
) -> None:
    appeal = made(revoked, owner, days=16)
    do(appeals.take, appeal, by=administrator, at=AT)
    make.award(employer, on=ON + timedelta(days=17), by=administrator)
    later = {"at": AT + timedelta(days=20), "on": ON + timedelta(days=20)}
    do(appeals.overturn, appeal, reasons="They had paid.", by=administrator, **later)
    assert fresh(revoked.award).status is AwardStatus.REVOKED
    assert "So nothing else changes." in mails("appeal_decided")[0]
