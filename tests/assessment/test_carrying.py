"""Who starts again finds what they said last time."""

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import carrying, queries, submission
from charter.assessment.models import Answer, Assessment, EvidenceUse
from charter.assessment.status import AssessmentStatus
from charter.audit import AuditEvent
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.factories import Factory


@pytest.fixture
def first(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """An assessment that was answered whole, and then withdrawn."""
    made = make.answered(make.assessment(employer, by=owner), by=owner)
    with transaction() as session:
        submission.withdraw(session, made, by=owner, at=make.at)
    return made


def test_answers_and_evidence_come_along_and_say_who_gave_them(
    make: Factory, first: Assessment, employer: Organisation, owner: User, colleague: User
) -> None:
    before = queries.material(db.session, first)
    again = make.assessment(employer, level=2, by=colleague)
    now = queries.material(db.session, again)
    assert again.status is AssessmentStatus.DRAFT
    assert {code: (one.value, one.explanation, one.saved_by_id) for code, one in now.answers.items()} == {
        code: (one.value, one.explanation, owner.id) for code, one in before.answers.items()
    }
    assert {code: [use.evidence_id for use in uses] for code, uses in now.evidence.items()} == {
        code: [use.evidence_id for use in uses] for code, uses in before.evidence.items()
    }
    started = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.subject_id == again.id, AuditEvent.action == "assessment:start")
    ).one()
    assert started.details["carried"] == len(before.answers)


def test_where_to_look_comes_along(make: Factory, first: Assessment, employer: Organisation, owner: User) -> None:
    code = next(iter(queries.material(db.session, first).evidence))
    with transaction() as session:
        session.execute(sa.update(EvidenceUse).where(EvidenceUse.criterion == code).values(place="Page 4"))
    now = queries.material(db.session, make.assessment(employer, by=owner))
    assert {one: [use.place for use in uses] for one, uses in now.evidence.items()} == {
        one: ["Page 4" if one == code else ""] for one in now.evidence
    }


def test_declarations_and_figures_are_given_anew(
    make: Factory, first: Assessment, employer: Organisation, owner: User
) -> None:
    now = queries.material(db.session, make.assessment(employer, by=owner))
    assert queries.material(db.session, first).declarations
    assert (now.declarations, now.figures) == ({}, None)


def test_the_last_that_was_answered_counts(
    make: Factory, first: Assessment, employer: Organisation, owner: User
) -> None:
    second = make.assessment(employer, by=owner)
    with transaction() as session:
        for answer in session.scalars(sa.select(Answer).where(Answer.assessment_id == second.id)):
            session.delete(answer)
        submission.withdraw(session, second, by=owner, at=make.at)
    third = queries.material(db.session, make.assessment(employer, by=owner))
    assert third.answers.keys() == queries.material(db.session, first).answers.keys()


def test_what_this_version_no_longer_has_stays_behind(
    make: Factory, first: Assessment, employer: Organisation, owner: User
) -> None:
    gone, odd, kept = list(queries.material(db.session, first).answers)[:3]
    with transaction() as session:
        of_first = sa.update(Answer).where(Answer.assessment_id == first.id)
        session.execute(of_first.where(Answer.criterion == gone).values(criterion="GONE-01"))
        session.execute(of_first.where(Answer.criterion == odd).values(value="no such value"))
    told = carrying.brought(db.session, first, make.framework().content)
    now = queries.material(db.session, make.assessment(employer, by=owner))
    assert kept in now.answers
    assert not {gone, odd, "GONE-01"} & now.answers.keys()
    assert told.answers == len(now.answers), "what is said before it begins"


def test_another_employers_answers_are_never_brought(make: Factory, first: Assessment) -> None:
    other = make.organisation("Another Ltd")
    elsewhere = make.assessment(other, by=make.member(other, "Olga Other"))
    assert queries.material(db.session, elsewhere).answers == {}
    assert carrying.carry_over(db.session, elsewhere) == 0
