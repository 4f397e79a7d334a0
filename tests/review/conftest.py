"""Cases at each point of their life."""

from datetime import date
from typing import Any

import pytest

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import local_date
from charter.organisation.models import Organisation
from charter.review.models import Review
from tests.conftest import AT
from tests.factories import Factory


@pytest.fixture
def on() -> date:
    return local_date(AT)


@pytest.fixture
def second(make: Factory) -> User:
    return make.staff("assessor", "Seb Second")


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """An assessment for the first level, complete and sent."""
    return make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)


@pytest.fixture
def waiting(make: Factory, sent: Assessment) -> Review:
    return make.review(sent)


@pytest.fixture
def claimed(make: Factory, sent: Assessment, assessor: User) -> Review:
    return make.claimed(sent, by=assessor)


@pytest.fixture
def found(make: Factory, claimed: Review, assessor: User) -> Review:
    return make.found(claimed, by=assessor)


@pytest.fixture
def recommended(make: Factory, found: Review, assessor: User) -> Review:
    return make.recommended(found, by=assessor)


@pytest.fixture
def highest(make: Factory, employer: Organisation, owner: User, assessor: User) -> Review:
    """A case for the highest level, which asks for a second assessor and a conversation: taken, and wholly found."""
    level = max(one.rank for one in make.framework().content.levels)
    sent = make.submitted(make.answered(make.assessment(employer, level=level, by=owner), by=owner), by=owner)
    return make.found(make.claimed(sent, by=assessor), by=assessor)


@pytest.fixture
def codes(claimed: Review) -> list[str]:
    """The criteria of the claimed case."""
    content: Any = claimed.assessment.framework.content
    return [criterion.code for criterion in content.asked(1, None)]
