"""Putting a case before the panel is a moderator's agreement: whoever may not moderate it may not do that either."""

import pytest

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.panel import referring
from charter.review import recommendation
from charter.review.handing_out import allocation
from charter.review.models import ModerationOutcome, Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.panel.conftest import ON
from tests.review.conftest import second

__all__ = ["second"]


def refer(review: Review, by: User, reasons: str = "It is the first of its kind.") -> None:
    with transaction() as session:
        referring.refer(session, review, reasons=reasons, by=by, at=AT)


def test_a_moderator_puts_a_case_before_the_panel_with_reasons(recommended: Review, moderator: User) -> None:
    with pytest.raises(Refusal, match="Say why"):
        refer(recommended, moderator, " ")
    refer(recommended, moderator)
    assert recommended.status is ReviewStatus.WITH_PANEL
    assert referring.why_not(db.session, recommended, moderator) is not None


def test_who_worked_on_the_case_before_somebody_else_had_it_does_not_refer_it(
    make: Factory, found: Review, assessor: User, second: User
) -> None:
    with transaction() as session:
        assessor.role = type(assessor.role)("moderator")
        allocation.release(session, found, by=assessor, at=AT)
        allocation.claim(session, found, by=second, at=AT)
    make.recommended(found, by=second)
    with pytest.raises(Refusal, match="You worked on this case"):
        refer(found, assessor)
    assert found.status is ReviewStatus.RECOMMENDED


def test_a_case_that_gets_a_second_look_is_looked_at_before_it_is_referred(
    make: Factory, found: Review, assessor: User, moderator: User
) -> None:
    with transaction() as session:
        recommendation.recommend(
            session, found, level=1, reasons="Good.", unsure="Is this enough?", by=assessor, at=AT, on=ON
        )
    with pytest.raises(Refusal, match="gets a second look"):
        refer(found, moderator)
    make.compared(found, by=moderator)
    refer(found, moderator)
    assert found.status is ReviewStatus.WITH_PANEL
    assert ModerationOutcome.AGREED in {one.outcome for one in db.session.query(referring.Moderation)}


def test_who_has_an_interest_does_not_refer_it(recommended: Review, employer: Organisation, moderator: User) -> None:
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=moderator, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        refer(recommended, moderator)
