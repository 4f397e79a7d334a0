"""Asking for more opens what is asked about, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter import audit
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review import more_information, queries, timeline
from charter.review.models import About, InformationRequest, Subject
from charter.review.status import ReviewStatus
from charter.review.timing import patience
from tests.conftest import AT


def ask(review, by, questions, days: int = 14) -> None:
    """Put questions, by subject or by a criterion's code."""
    put = {one if isinstance(one, Subject) else Subject(About.CRITERION, one): text for one, text in questions.items()}
    with transaction() as session:
        more_information.ask(session, review, questions=put, answer_by=AT.date() + timedelta(days=days), by=by, at=AT)


def test_what_is_asked_is_kept_with_its_day_and_told_by_email(claimed, codes, owner, assessor) -> None:
    ask(claimed, assessor, {codes[1]: " Which shifts? "})
    (request,) = queries.requests(db.session, claimed.assessment)
    assert (request.subject, request.question, request.round, request.answer_by) == (
        Subject(About.CRITERION, codes[1]),
        "Which shifts?",
        1,
        AT.date() + timedelta(days=14),
    )
    (message,) = db.session.scalars(sa.select(Message).where(Message.kind == "more_information_needed"))
    assert message.to_address == owner.email
    assert "Which shifts?" in message.body
    assert claimed.assessment.framework.content.criterion(codes[1]).title in message.body
    waits_until = patience.ends_on(db.session, AT.date() + timedelta(days=14))
    assert f"we wait until {waits_until.day} {waits_until:%B %Y}" in message.body


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
        ({}, 14, "Choose at least one thing"),
        ({0: "  "}, 14, "Write your question on"),
        ({0: "x" * 2001}, 14, "must be 2,000 characters"),
        ({"NONE-99": "Why?"}, 14, "not part of the case"),
        ({Subject(About.DECLARATION, "NONE-99"): "Why?"}, 14, "not part of the case"),
        ({Subject(About.FIGURE, "NONE-99"): "Why?"}, 14, "not part of the case"),
        ({0: "Why?"}, 0, "must be in the future"),
    ],
)
def test_a_question_that_cannot_be_put_is_refused(claimed, codes, assessor, questions, days: int, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        ask(claimed, assessor, {codes[k] if isinstance(k, int) else k: text for k, text in questions.items()}, days)
    assert claimed.status is ReviewStatus.IN_REVIEW


def test_a_figure_of_a_higher_level_cannot_be_asked_about(claimed, assessor) -> None:
    content = claimed.assessment.framework.content
    metric = next(one for one in content.metrics if one not in content.metrics_for(1))
    with pytest.raises(Refusal, match="not part of the case"):
        ask(claimed, assessor, {Subject(About.FIGURE, metric.code): "Why?"})


def test_declarations_and_figures_are_asked_about_beside_criteria(claimed, sent, codes, owner, assessor) -> None:
    content = claimed.assessment.framework.content
    declaration, metric = content.declarations[0], content.metrics_for(1)[0]
    figure = Subject(About.FIGURE, metric.code)
    ask(
        claimed,
        assessor,
        {figure: "Since when?", Subject(About.DECLARATION, declaration.code): "How?", codes[0]: "Who?"},
    )
    assert [one.about for one in queries.requests(db.session, sent)] == list(About)
    assert queries.open_criteria(db.session, sent) == {codes[0]}
    assert queries.open_declarations(db.session, sent) == {declaration.code}
    assert queries.open_figures(db.session, sent) == {metric.code}
    (message,) = db.session.scalars(sa.select(Message).where(Message.kind == "more_information_needed"))
    places = [message.body.index(text) for text in ("Who?", declaration.statement, "How?", metric.label, "Since when?")]
    assert places == sorted(places)
    asked = next(one for one in timeline.told(content, audit.timeline(db.session, sent.id), {}) if "asked" in one.what)
    assert asked.detail == (
        f"{content.criterion(codes[0]).title}; the declaration “{declaration.statement}”; the figure “{metric.label}”"
    )


def test_the_same_code_may_be_asked_about_once_for_each_kind() -> None:
    (unique,) = (one for one in InformationRequest.__table__.constraints if isinstance(one, sa.UniqueConstraint))
    assert [column.name for column in unique.columns] == ["review_id", "round", "about", "code"]


def test_only_the_assessor_who_has_the_case_asks(claimed, codes, second) -> None:
    with pytest.raises(Refusal, match="Somebody else has this case"):
        ask(claimed, second, {codes[0]: "Why?"})
