"""A survey as tests need it: run through the verbs, answered by people without names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask

from charter.account.models import User
from charter.clock import local_date
from charter.extensions import transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.survey import answering, running
from charter.survey.models import Survey
from tests.conftest import AT

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
def opens(app: Flask, employer: Organisation, owner: User) -> Callable[..., Asked]:
    """`opens(people=12)` opens a survey of the employer and makes its codes."""

    def go(*, people: int = 12, on: date = ON, of: Organisation = employer, by: User = owner) -> Asked:
        with transaction() as session:
            survey = running.start(
                session,
                of,
                publishing.current(session),
                title="Staff survey",
                people=people,
                closes_on=on + timedelta(days=14),
                by=by,
                at=AT + (on - ON),
                on=on,
            )
            session.flush()
            codes = running.make_codes(session, survey, by=by, at=AT)
        return Asked(survey, codes)

    return go
