"""What two people do to one assessment in the same moment: the second waits, and is told what the first did."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, evidence_kinds, library, queries
from charter.assessment.models import Answer, Assessment, EvidenceKind, EvidenceUse, Submission
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.errors import Stale
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import intake
from charter.review.models import Review
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn


@pytest.fixture
def answered(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


def submit(session: Session, assessment: Assessment, user: User) -> object:
    return intake.submit(
        session, assessment, declared_by=user.name, declared_role="Owner", by=user, at=AT, on=local_date(AT)
    )


def withdraw(session: Session, assessment: Assessment, user: User) -> None:
    intake.withdraw(session, assessment, by=user, at=AT)


def say(words: str, *, seen: int) -> Deed:
    """Save these words on the first criterion, having seen this version of its answer."""

    def deed(session: Session, assessment: Assessment, user: User) -> object:
        return answers.save(
            session,
            assessment,
            criterion=queries.material(session, assessment).asked[0].code,
            value=None,
            explanation=words,
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=seen,
            by=user,
            at=AT,
        )

    return deed


def count(model: type[Any]) -> int | None:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_of_two_who_submit_at_once_one_does_and_the_other_is_told(
    app: Flask, answered: Assessment, owner: User
) -> None:
    first, second = in_turn(app, answered, (owner, submit), (owner, submit))
    assert isinstance(first, Submission)
    assert str(second) == "You cannot submit an assessment that is with the assessor."
    assert (count(Submission), count(Review)) == (1, 1)


def test_an_assessment_withdrawn_while_it_is_submitted_is_withdrawn_with_its_case(
    app: Flask, answered: Assessment, owner: User
) -> None:
    first, second = in_turn(app, answered, (owner, submit), (owner, withdraw))
    assert isinstance(first, Submission)
    assert second is None
    assert answered.status is AssessmentStatus.WITHDRAWN
    assert not db.session.scalars(sa.select(Review)).one().is_open


def test_of_two_who_answer_first_at_once_the_later_is_shown_what_the_other_said(
    app: Flask, make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    _, second = in_turn(app, assessment, (owner, say("Our words.", seen=0)), (colleague, say("Other words.", seen=0)))
    assert isinstance(second, Stale)
    assert db.session.scalars(sa.select(Answer.explanation)).all() == ["Our words."]


def test_of_two_who_change_an_answer_at_once_the_later_is_shown_what_the_other_said(
    app: Flask, answered: Assessment, owner: User, colleague: User
) -> None:
    _, second = in_turn(app, answered, (owner, say("Our words.", seen=1)), (colleague, say("Other words.", seen=1)))
    assert isinstance(second, Stale)
    assert isinstance(second.current, Answer)
    words = set(db.session.scalars(sa.select(Answer.explanation)))
    assert "Our words." in words
    assert "Other words." not in words


def test_an_answer_that_comes_while_an_owner_submits_is_refused_and_not_in_what_was_submitted(
    app: Flask, answered: Assessment, owner: User, colleague: User
) -> None:
    _, second = in_turn(app, answered, (owner, submit), (colleague, say("Too late.", seen=1)))
    assert str(second) == answers.FROZEN
    assert "Too late." not in set(db.session.scalars(sa.select(Answer.explanation)))


def test_of_two_who_put_one_piece_to_use_at_once_for_the_same_question_it_is_used_once(
    app: Flask, make: Factory, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    rules = assessment.framework.content.evidence_rules
    with transaction() as session:
        given = evidence_kinds.of_link("https://example.org/policy")
        piece, _ = library.give(session, employer, EvidenceKind.LINK, given, rules=rules, by=owner, at=AT)
        session.flush()
        piece_id = piece.id

    def use(session: Session, mine: Assessment, user: User) -> object:
        code = queries.material(session, mine).asked[0].code
        return library.use(session, mine, {piece_id: [code]}, by=user, at=AT)

    assert in_turn(app, assessment, (owner, use), (owner, use)) == [1, 0]
    assert count(EvidenceUse) == 1
