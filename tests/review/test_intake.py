"""An assessment comes in, comes back, goes away."""

import sqlalchemy as sa

from charter.assessment.status import AssessmentStatus
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review import intake
from charter.review.status import ReviewStatus
from charter.review.timing import working_days
from tests.conftest import AT


def messages(kind: str) -> list[str]:
    return sorted(db.session.scalars(sa.select(Message.to_address).where(Message.kind == kind)))


def test_a_first_submission_opens_a_case_that_waits(waiting, sent, on) -> None:
    level = sent.framework.content.level(1)
    assert waiting.status is ReviewStatus.WAITING
    assert waiting.waiting_since == AT
    assert waiting.due_on == working_days.after(on, level.target_decision_working_days)
    assert waiting.assessor_id is None


def test_every_member_of_the_employer_is_told(make, employer, owner, colleague) -> None:
    make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    assert messages("submission_received") == sorted([owner.email, colleague.email])


def test_what_comes_back_returns_to_the_assessor_who_asked(make, claimed, sent, owner, assessor, codes, on) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    review = make.review(sent)
    assert (review.status, review.assessor_id) == (ReviewStatus.IN_REVIEW, assessor.id)
    assert review.waiting_since == AT
    assert sent.round == 2
    assert messages("resubmission_received") == [owner.email]


def test_withdrawing_closes_the_case(waiting, sent, owner) -> None:
    with transaction() as session:
        intake.withdraw(session, sent, by=owner, at=AT)
    assert sent.status is AssessmentStatus.WITHDRAWN
    assert waiting.status is ReviewStatus.CLOSED


def test_withdrawing_a_draft_needs_no_case(make, employer, owner) -> None:
    draft = make.assessment(employer, by=owner)
    with transaction() as session:
        intake.withdraw(session, draft, by=owner, at=AT)
    assert draft.status is AssessmentStatus.WITHDRAWN
