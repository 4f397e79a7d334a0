"""A senior person approves in the moment in which somebody changes an answer."""

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, queries, sign_off
from charter.assessment.models import Answer, Assessment, SignOff, SignOffStatus
from charter.clock import local_date
from charter.errors import Stale
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn

ON = local_date(AT)


def save(session: Session, assessment: Assessment, user: User) -> Answer:
    found = session.scalars(sa.select(Answer).where(Answer.assessment_id == assessment.id)).first()
    assert found is not None
    return answers.save(
        session,
        assessment,
        criterion=found.criterion,
        value=found.value,
        explanation="Said in another way.",
        action=found.action,
        action_owner=found.action_owner,
        action_due=found.action_due,
        reason=found.reason,
        seen_version=found.version,
        by=user,
        at=AT,
    )


def prepared(make: Factory, employer: Organisation, owner: User):
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    _, token = make.asks_for_sign_off(assessment, by=owner)
    said = queries.material(db.session, assessment)
    seen = sign_off.standing(db.session, said, at=AT, on=ON).content_hash

    def approve(session: Session, _: Assessment, __: User) -> SignOff:
        return sign_off.approve(session, token, seen=seen, signed_as="Dee", agreed=True, at=AT, on=ON)

    return assessment, approve


def state(assessment: Assessment) -> sign_off.State:
    return sign_off.standing(db.session, queries.material(db.session, assessment), at=AT, on=ON).state


def test_an_answer_saved_first_is_not_approved_unread(
    app: Flask, make: Factory, employer: Organisation, owner: User
) -> None:
    assessment, approve = prepared(make, employer, owner)
    _, second = in_turn(app, assessment, (owner, save), (owner, approve))
    assert isinstance(second, Stale)
    assert state(assessment) is sign_off.State.WAITING


def test_an_answer_saved_a_moment_later_puts_the_approval_out_of_date(
    app: Flask, make: Factory, employer: Organisation, owner: User
) -> None:
    assessment, approve = prepared(make, employer, owner)
    first, second = in_turn(app, assessment, (owner, approve), (owner, save))
    assert first.status is SignOffStatus.APPROVED
    assert isinstance(second, Answer)
    assert state(assessment) is sign_off.State.OUT_OF_DATE


def test_two_who_ask_at_once_ask_one_person(app: Flask, make: Factory, employer: Organisation, owner: User) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)

    def ask(session: Session, mine: Assessment, user: User) -> tuple[SignOff, str | None]:
        return sign_off.ask(session, mine, name="Dee", role="Director", email="dee@example.org", by=user, at=AT, on=ON)

    (first, sent), (second, again) = in_turn(app, assessment, (owner, ask), (owner, ask))
    assert (first.id, sent is not None, again) == (second.id, True, None)
