"""An award to be concerned about, and people of the scheme to look into it."""

from datetime import date
from typing import Any

import pytest

from charter.account.models import User
from charter.aftercare import raising, steps
from charter.aftercare.models import AwardStep, Concern
from charter.aftercare.raising import Told
from charter.aftercare.status import Deed
from charter.award.models import Award
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

ON: date = local_date(AT)
SAID = Told(
    what="They pay less than the minimum wage.",
    happened="Since spring",
    known_by="I work there.",
    name="Wilma Whistle",
    email="wilma@example.org",
)


def fresh(row: Any) -> Any:
    """The same row as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(type(row), row.id)


def do(verb: Any, row: Any, /, **values: Any) -> Any:
    """Do one thing to a row, in a transaction of its own."""
    with transaction() as session:
        found = verb(session, session.get_one(type(row), row.id), **values)
        session.flush()
        return found


@pytest.fixture
def award(make: Factory, employer: Organisation, owner: User, assessor: User) -> Award:
    return make.award(employer, by=assessor)


@pytest.fixture
def second(make: Factory) -> User:
    return make.staff("moderator", "Mia Moderator")


@pytest.fixture
def concern(award: Award) -> Concern:
    return do(raising.raise_concern, award, told=SAID, sent_as="page-1", network="192.0.2.1", at=AT)


@pytest.fixture
def step(award: Award, moderator: User) -> AwardStep:
    return do(steps.propose, award, deed=Deed.REVOKE, reasons="Wages were not paid.", by=moderator, at=AT, on=ON)
