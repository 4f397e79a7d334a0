"""A survey as tests need it: run through the verbs, answered by people without names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from charter.account.models import User
from charter.clock import local_date
from charter.extensions import transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.survey import answering
from charter.survey.models import Survey
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)


@dataclass
class Asked:
    """An open survey and its codes."""

    survey: Survey
    codes: Sequence[str]


def said(value: str = "5") -> dict[str, str]:
    """The same value for every question of the newest version that is shipped."""
    survey = publishing.read(publishing.SHIPPED[-1]).survey
    assert survey is not None
    return {question.code: value for question in survey.questions}


def answer(code: str, value: str = "5", *, on: date = ON) -> None:
    """One person answers everything alike."""
    with transaction() as session:
        answering.answer(session, code, said(value), on=on)


@pytest.fixture
def opens(make: Factory, employer: Organisation, owner: User) -> Callable[..., Asked]:
    """`opens(people=12)` opens a survey of the employer and makes its codes."""

    def go(**values: Any) -> Asked:
        return Asked(*make.survey(employer, by=owner, **values))

    return go
