"""What an assessor judges is read from the snapshot, also from one that an older portal wrote."""

import copy

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import metrics, returns
from charter.assessment.models import Assessment, MetricReturn
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Metric
from charter.organisation.models import Organisation
from charter.review import attainment, recommendation, submitted
from tests.conftest import AT
from tests.factories import Factory

HERE = AT.date()


@pytest.fixture
def metric(make: Factory) -> Metric:
    """The figure that the first level asks for."""
    return make.framework().content.metrics_for(1)[0]


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User, metric: Metric) -> Assessment:
    """An assessment that was sent without a figure that the employer does not know yet."""
    made = make.answered(make.assessment(employer, by=owner), by=owner)
    own = {field.name for field in metric.inputs}
    with transaction() as session:
        found = session.scalars(sa.select(MetricReturn)).one()
        returns.save(
            session,
            made,
            period_end=found.period_end,
            inputs={name: number for name, number in found.inputs.items() if name not in own},
            notes={},
            unknown=[metric.code],
            seen_version=found.version,
            by=owner,
            at=AT,
        )
    return make.submitted(made, by=owner)


def test_what_was_not_known_is_frozen_with_the_rest_and_has_no_value(sent: Assessment, metric: Metric) -> None:
    (submission,) = submitted.rounds(db.session, sent)
    assert submission.snapshot["figures"]["unknown"] == [metric.code]
    assert metric.code not in submission.snapshot["figures"]["values"]
    assert submission.attained_level == 0
    said = submitted.read(submission.snapshot)
    assert said.unknown == {metric.code}
    assert metrics.headcount(sent.framework.content, said.inputs) == 6


def test_a_snapshot_of_the_first_format_still_reads(sent: Assessment) -> None:
    (submission,) = submitted.rounds(db.session, sent)
    old = copy.deepcopy(submission.snapshot)
    old["format"] = 1
    del old["figures"]["unknown"], old["declaration_notes"]
    for piece in old["evidence"]:
        del piece["places"]
    said = submitted.read(old)
    assert (said.unknown, said.declaration_notes) == (frozenset(), {})
    assert {piece.place for pieces in said.evidence.values() for piece in pieces} == {""}


def test_a_level_that_asks_for_a_figure_is_not_decided_without_it(
    make: Factory, sent: Assessment, metric: Metric, assessor: User
) -> None:
    review = make.found(make.claimed(sent, by=assessor), by=assessor)
    assert attainment.reached(db.session, review, on=HERE) == 0
    with pytest.raises(Refusal, match="do not reach any level"), transaction() as session:
        recommendation.recommend(session, review, level=1, reasons="", by=assessor, at=AT, on=HERE)
