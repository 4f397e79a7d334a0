"""Asking for more opens what is asked about, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review import more_information, queries
from charter.review.status import ReviewStatus
from tests.conftest import AT


def ask(review, by, questions, days: int = 14) -> None:
    with transaction() as session:
        more_information.ask(
            session, review, questions=questions, answer_by=AT.date() + timedelta(days=days), by=by, at=AT
        )


def test_what_is_asked_is_kept_with_its_day_and_told_by_email(claimed, codes, owner, assessor) -> None:
    ask(claimed, assessor, {codes[1]: " Which shifts? "})
    (request,) = queries.requests(db.session, claimed.assessment)
    assert (request.criterion, request.question, request.round, request.answer_by) == (
        codes[1],
        "Which shifts?",
        1,
        AT.date() + timedelta(days=14),
    )
    (message,) = db.session.scalars(sa.select(Message).where(Message.kind == "more_information_needed"))
    assert message.to_address == owner.email
    assert "Which shifts?" in message.body
    assert claimed.assessment.framework.content.criterion(codes[1]).title in message.body


def test_only_what_is_asked_about_is_open_until_it_is_sent_again(make, claimed, sent, codes, owner, assessor) -> None:
    assert queries.open_criteria(db.session, sent) == frozenset()
    ask(claimed, assessor, {codes[0]: "Why?", codes[2]: "How?"})
    assert (claimed.status, sent.status) == (ReviewStatus.WITH_EMPLOYER, AssessmentStatus.MORE_INFORMATION)
    assert queries.open_criteria(db.session, sent) == {codes[0], codes[2]}
    make.submitted(sent, by=owner)
    assert queries.open_criteria(db.session, sent) == frozenset()
    assert (claimed.status, sent.round) == (ReviewStatus.IN_REVIEW, 2)


def test_everything_is_open_in_a_draft(make, employer, owner) -> None:
    assert queries.open_criteria(db.session, make.assessment(employer, by=owner)) is None


@pytest.mark.parametrize(
    ("questions", "days", "message"),
    [
        ({}, 14, "Choose at least one criterion"),
        ({0: "  "}, 14, "Write your question on"),
        ({0: "x" * 2001}, 14, "must be 2,000 characters"),
        ({"NONE-99": "Why?"}, 14, "not part of the case"),
        ({0: "Why?"}, 0, "must be in the future"),
    ],
)
def test_a_question_that_cannot_be_put_is_refused(claimed, codes, assessor, questions, days: int, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        ask(claimed, assessor, {codes[k] if isinstance(k, int) else k: text for k, text in questions.items()}, days)
    assert claimed.status is ReviewStatus.IN_REVIEW


def test_only_the_assessor_who_has_the_case_asks(claimed, codes, second) -> None:
    with pytest.raises(Refusal, match="Somebody else has this case"):
        ask(claimed, second, {codes[0]: "Why?"})
