"""What tests of the employer's pages share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]
Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """A draft for the first level."""
    return make.assessment(employer, by=owner)


@pytest.fixture
def codes(assessment: Assessment) -> list[str]:
    """The criteria it asks."""
    return [criterion.code for criterion in assessment.framework.content.asked(assessment.target_level)]


@pytest.fixture
def home(assessment: Assessment) -> str:
    """The address of the task list."""
    return f"/assessments/{assessment.id}"


@pytest.fixture
def counting(app: Flask) -> Counting:
    """`with counting() as said:` collects the statements that the block sends to the database."""

    @contextmanager
    def go() -> Iterator[list[str]]:
        said: list[str] = []

        def listen(*values: Any) -> None:
            if values[2] not in {"BEGIN", "BEGIN IMMEDIATE"}:
                said.append(values[2])

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", listen)
        try:
            yield said
        finally:
            sa.event.remove(engine, "before_cursor_execute", listen)

    return go
