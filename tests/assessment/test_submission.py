"""An assessment is started, submitted as a frozen copy, submitted again, withdrawn."""

import hashlib
import json

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import answers, queries, snapshot, submission
from charter.assessment.models import Assessment, Submission
from charter.assessment.status import AssessmentStatus
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

S = AssessmentStatus


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


def submit(assessment: Assessment, by: User) -> Submission:
    with transaction() as session:
        return submission.submit(
            session, assessment, declared_by="Olive Owner", declared_role="Owner", by=by, at=AT, on=AT.date()
        )


def engaged() -> list[EngagementKind]:
    return list(db.session.scalars(sa.select(Engagement.kind).order_by(Engagement.id)))


def test_an_employer_starts_one_assessment_at_a_time(
    make: Factory, assessment: Assessment, employer: Organisation, owner: User
) -> None:
    assert (assessment.status, assessment.round, assessment.submitted_at) == (S.DRAFT, 1, None)
    assert engaged() == [EngagementKind.STARTED]
    with pytest.raises(Refusal, match="under way"):
        make.assessment(employer, by=owner)


def test_there_must_be_such_a_level(make: Factory, employer: Organisation, owner: User) -> None:
    with pytest.raises(Refusal) as refused:
        make.assessment(employer, level=9, by=owner)
    assert refused.value.field == "target_level"


def test_an_assessment_with_gaps_is_refused_and_they_are_named(assessment: Assessment, owner: User) -> None:
    first = assessment.framework.content.asked(1)[0]
    with pytest.raises(Refusal) as refused:
        submit(assessment, owner)
    assert f"{first.title}: Choose an answer." in str(refused.value)
    assert "more things" in str(refused.value)
    assert db.session.get_one(Assessment, assessment.id).status is S.DRAFT


def test_one_missing_answer_is_enough_to_refuse(make: Factory, assessment: Assessment, owner: User) -> None:
    last = queries.material(db.session, assessment).asked[-1]
    make.answered(assessment, by=owner, but=[last.code])
    with pytest.raises(Refusal, match=f"^Your assessment is not complete yet. {last.title}: Choose an answer.$"):
        submit(assessment, owner)


def test_what_is_submitted_is_kept_as_it_was_with_its_hash(make: Factory, assessment: Assessment, owner: User) -> None:
    made = submit(make.answered(assessment, by=owner), owner)
    assert (assessment.status, assessment.submitted_at, made.round) == (S.SUBMITTED, AT, 1)
    assert made.attained_level == 1
    db.session.expire_all()
    stored = db.session.scalars(sa.select(Submission)).one()
    text = json.dumps(stored.snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == stored.snapshot_hash
    content = assessment.framework.content
    assert [one["criterion"] for one in stored.snapshot["answers"]] == [one.code for one in content.asked(1)]
    assert stored.snapshot["declarations"] == {one.code: True for one in content.declarations}
    needing = [one.code for one in content.asked(1) if one.evidence_required]
    assert [(one["url"], one["criteria"]) for one in stored.snapshot["evidence"]] == [
        ("https://example.org/staff", needing)
    ]
    assert stored.snapshot["figures"]["inputs"][content.headcount_field] == "6"
    assert stored.snapshot["figures"]["unknown"] == []


def test_the_same_answers_always_give_the_same_hash(make: Factory, assessment: Assessment, owner: User) -> None:
    make.answered(assessment, by=owner)
    hashes = set()
    for _ in range(2):
        db.session.expire_all()
        hashes.add(snapshot.digest(snapshot.build(queries.material(db.session, assessment), on=local_date(AT))))
    assert len(hashes) == 1


def test_the_first_submission_is_counted_once_and_the_next_is_another_round(
    make: Factory, assessment: Assessment, owner: User, assessor: User
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    code = assessment.framework.content.asked(1)[0].code
    make.asked_for_more(assessment, [code], assessor=assessor)
    with transaction() as session:
        answers.save(
            session,
            assessment,
            criterion=code,
            value=None,
            explanation="Not so.",
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=1,
            by=owner,
            at=AT,
            open_criteria=[code],
        )
    with pytest.raises(Refusal, match="Choose an answer"):
        submit(assessment, owner)
    with transaction() as session:
        answers.save(
            session,
            assessment,
            criterion=code,
            value=assessment.framework.content.scale[0].value,
            explanation="Not so.",
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=2,
            by=owner,
            at=AT,
            open_criteria=[code],
        )
    second = submit(assessment, owner)
    assert (second.round, assessment.round, assessment.status, second.attained_level) == (2, 2, S.SUBMITTED, 0)
    rounds = db.session.scalars(sa.select(Submission).order_by(Submission.round)).all()
    assert [one.round for one in rounds] == [1, 2]
    assert rounds[0].snapshot_hash != rounds[1].snapshot_hash
    assert engaged() == [EngagementKind.STARTED, EngagementKind.SUBMITTED]


def test_a_submitted_assessment_is_not_submitted_twice(make: Factory, assessment: Assessment, owner: User) -> None:
    submit(make.answered(assessment, by=owner), owner)
    with pytest.raises(Refusal, match="cannot submit an assessment that is with the assessor"):
        submit(assessment, owner)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Submission)) == 1


def test_a_withdrawn_assessment_makes_room_for_another(
    make: Factory, assessment: Assessment, employer: Organisation, owner: User
) -> None:
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    assert assessment.status is S.WITHDRAWN
    with pytest.raises(Refusal, match="cannot withdraw"), transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    assert make.assessment(employer, by=owner).status is S.DRAFT


def test_the_level_aimed_for_can_change_until_it_is_sent(make: Factory, assessment: Assessment, owner: User) -> None:
    with transaction() as session:
        submission.change_target(session, assessment, target_level=2, by=owner, at=AT)
        submission.change_target(session, assessment, target_level=1, by=owner, at=AT)
    submit(make.answered(assessment, by=owner), owner)
    with pytest.raises(Refusal, match="before you send"), transaction() as session:
        submission.change_target(session, assessment, target_level=2, by=owner, at=AT)
    assert assessment.target_level == 1


def test_a_second_owner_is_missing_until_there_is_one_or_the_only_one_says_there_is_no_other(
    make: Factory, employer: Organisation, assessment: Assessment, owner: User
) -> None:
    assert submission.second_owner_missing(db.session, assessment)
    sent = submit(make.answered(assessment, by=owner), owner)
    assert submission.second_owner_missing(db.session, assessment)
    with transaction() as session:
        session.get_one(Submission, sent.id).only_owner = True
    assert not submission.second_owner_missing(db.session, assessment)
    with transaction() as session:
        session.get_one(Submission, sent.id).only_owner = None
    make.member(employer, "Olga Owner")
    assert not submission.second_owner_missing(db.session, assessment)


def test_every_step_is_in_the_audit_of_the_case(make: Factory, assessment: Assessment, owner: User) -> None:
    submit(make.answered(assessment, by=owner), owner)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    actions = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.sequence)).all()
    steps = [action for action in actions if action.startswith("assessment:")]
    assert steps == ["assessment:start", "assessment:submit", "assessment:withdraw"]
