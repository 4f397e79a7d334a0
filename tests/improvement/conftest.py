"""A draft whose answers a plan is built from."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.assessment import answers, queries
from charter.assessment.models import Assessment
from charter.extensions import transaction
from charter.framework.content import Criterion, Extent, Need
from charter.improvement import building
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

ON = AT.date()
DUE = ON + timedelta(days=100)


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def optional(draft: Assessment) -> list[Criterion]:
    """The criteria of the first level that may be under way."""
    return [one for one in draft.framework.content.asked(1) if not one.core]


@pytest.fixture
def say(draft: Assessment, owner: User) -> Callable[..., None]:
    """`say(code, extent, action="...")` answers one criterion."""

    def go(code: str, extent: Extent, *, action: str = "", due: date = DUE, days: int = 0) -> None:
        content = draft.framework.content
        value = next(
            one.value
            for one in content.scale
            if one.extent is extent and (extent is not Extent.IN_PROGRESS or one.needs is Need.ACTION)
        )
        with transaction() as session:
            there = queries.one_answer(session, draft, code).answer
            answers.save(
                session,
                draft,
                criterion=code,
                value=value,
                explanation="",
                action=action,
                action_owner="Office manager" if action else "",
                action_due=due if action else None,
                reason="",
                seen_version=there.version if there else 0,
                by=owner,
                at=AT + timedelta(days=days),
            )

    return go


def build(assessment: Assessment, *, days: int = 0) -> building.Built:
    with transaction() as session:
        return building.refresh(
            session,
            session.get_one(Assessment, assessment.id),
            at=AT + timedelta(days=days),
            on=ON + timedelta(days=days),
        )
