"""What figures come to is kept when they are sent, corrected when they are sent again, and read by year."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import metric_values, returns
from charter.assessment.metric_values import MetricValue
from charter.assessment.models import Assessment, Submission
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import intake, queries
from tests.conftest import AT
from tests.factories import Factory


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """An assessment of the first level that was sent; each of its numbers is 6."""
    return make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)


def rows(employer: Organisation) -> list[MetricValue]:
    db.session.rollback()
    db.session.expire_all()
    return list(metric_values.of_organisation(db.session, employer.id))


def test_sending_keeps_each_value_with_what_the_employer_was(sent: Assessment, employer: Organisation) -> None:
    (metric,) = sent.framework.content.metrics_for(1)
    (row,) = rows(employer)
    assert (row.metric, row.value, row.period_end, row.assessment_id) == (metric.code, 6, AT.date(), sent.id)
    assert (row.county, row.size_band, row.sector) == (employer.county, employer.size_band, employer.sector)
    assert row.replaced_at is None


def test_a_draft_keeps_none(make: Factory, employer: Organisation, owner: User) -> None:
    make.answered(make.assessment(employer, by=owner), by=owner)
    assert rows(employer) == []


def test_sending_again_puts_the_corrected_value_in_the_place_of_the_old(
    make: Factory, sent: Assessment, employer: Organisation, owner: User, assessor: User
) -> None:
    (metric,) = sent.framework.content.metrics_for(1)
    make.asked_for_more(sent, figures=[metric.code], assessor=assessor)
    later = AT + timedelta(days=3)
    with transaction() as session:
        found = session.get_one(Assessment, sent.id)
        returns.save(
            session,
            found,
            period_end=None,
            inputs={metric.inputs[0].name: "7"},
            notes={metric.code: "One was missing."},
            seen_version=1,
            by=owner,
            at=later,
            open_figures={metric.code},
        )
        intake.submit(session, found, declared_by="Olive", declared_role="Owner", by=owner, at=later, on=later.date())
    old, new = rows(employer)
    assert (old.value, old.replaced_at, new.value, new.replaced_at) == (6, later, 7, None)
    assert [one.value for one in metric_values.history(rows(employer))[metric.code]] == [7]


def test_what_is_taken_back_does_not_count(sent: Assessment, employer: Organisation, owner: User) -> None:
    with transaction() as session:
        intake.withdraw(session, session.get_one(Assessment, sent.id), by=owner, at=AT)
    assert metric_values.history(rows(employer)) == {}


def test_what_was_sent_before_is_worked_out_from_what_was_submitted_and_only_once(
    sent: Assessment, employer: Organisation
) -> None:
    (row,) = rows(employer)
    was = (row.metric, row.value, row.period_end, row.county, row.size_band, row.sector, row.recorded_at)
    with transaction() as session:
        session.execute(sa.delete(MetricValue))
    for _ in range(2):
        with transaction() as session:
            assert metric_values.work_out_again(session) is None
        (row,) = rows(employer)
        assert (row.metric, row.value, row.period_end, row.county, row.size_band, row.sector, row.recorded_at) == was


def test_an_assessor_sees_what_it_was_last_time_as_the_employer_saw_it(
    make: Factory, employer: Organisation, owner: User, moderator: User, assessor: User
) -> None:
    due = make.yearly_return(make.award(employer, on=AT.date() - timedelta(days=330), by=moderator), on=AT.date())
    content = make.framework().content
    (metric,) = content.metrics_for(1)
    make.gives(
        due, {one.name: "1" for one in metric.inputs}, period_end=AT.date() - timedelta(days=60), by=owner, at=AT
    )
    sent = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    submission = db.session.scalars(sa.select(Submission).where(Submission.assessment_id == sent.id)).one()
    assert submission.snapshot["figures"]["before"][metric.code]["value"] == "1"
    case = queries.case(db.session, make.review(sent), by=assessor, on=AT.date())
    change = next(one.change for one in case.figures if one.figure.metric.code == metric.code)
    assert change is not None
    assert (change.before.value, change.moved) == (Decimal(1), Decimal(5))
    assert change.question is not None
