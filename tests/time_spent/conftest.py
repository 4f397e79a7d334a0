"""What tests of time share: employers of one size, their assessments, and moments."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.time_spent import adding
from tests.conftest import AT
from tests.factories import Factory

Spend = Callable[[Assessment, dict[str, int]], None]


@pytest.fixture
def spend(make: Factory) -> Spend:
    """`spend(assessment, {task: seconds})` saves a page of each task that was open for so long."""

    def go(assessment: Assessment, times: dict[str, int]) -> None:
        moment: datetime = AT
        with transaction() as session:
            again = session.get_one(Assessment, assessment.id)
            for task, seconds in times.items():
                opened_at, moment = moment, moment + timedelta(seconds=seconds)
                adding.add(session, again, tasks=[task], opened_at=opened_at, at=moment)
        db.session.rollback()

    return go


@pytest.fixture
def begun(make: Factory) -> Callable[..., tuple[Assessment, User]]:
    """`begun(number)` is the assessment of one more employer of the usual size, with its owner."""

    def go(number: int, **values: object) -> tuple[Assessment, User]:
        organisation = make.organisation(f"Employer {number} Ltd", **values)
        owner = make.member(organisation, f"Owner {number}")
        return make.assessment(organisation, by=owner), owner

    return go
