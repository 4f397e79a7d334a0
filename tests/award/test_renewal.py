"""A level that cannot be renewed is held once; an award that is renewed in time begins where the last one ends."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.award import issuing, renewal
from charter.award.issuing import last_day
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.framework.small import content, level

DAY = date(2026, 11, 22)
ONE_DAY = timedelta(days=1)


def once(rank: int = 1):
    """A charter whose level of this rank cannot be renewed."""
    return content(lambda document: document["levels"][rank - 1].update(renewable=False))


def test_a_level_that_cannot_be_renewed_is_held_once_and_the_next_is_offered() -> None:
    assert renewal.why_not(once(), 1, {1}) == (
        "Bronze is held once and cannot be renewed. Aim for Silver: your answers and evidence come with you."
    )
    assert renewal.why_not(once(), 1, set()) is None
    assert renewal.why_not(once(), 2, {1, 2}) is None
    assert renewal.why_not(content(), 1, {1}) is None


def test_the_top_level_offers_no_next() -> None:
    assert renewal.why_not(once(2), 2, {2}) == "Silver is held once and cannot be renewed."


@pytest.mark.parametrize("ended", [False, True])
def test_starting_for_a_level_that_cannot_be_renewed_is_refused(
    make: Factory, employer: Organisation, owner: User, moderator: User, ended: bool
) -> None:
    make.award(employer, level=1, on=DAY - timedelta(days=3000 if ended else 100), by=moderator)
    with pytest.raises(Refusal, match="held once and cannot be renewed") as refused, transaction() as session:
        renewal.start(session, employer, make.framework(), target_level=1, by=owner, at=AT)
    assert refused.value.field == "target_level"


def test_an_employer_goes_for_the_next_level_while_its_award_stands(
    make: Factory, employer: Organisation, owner: User, moderator: User
) -> None:
    make.award(employer, level=1, on=DAY, by=moderator)
    with transaction() as session:
        started = renewal.start(session, employer, make.framework(), target_level=2, by=owner, at=AT)
    assert started.target_level == 2
    with pytest.raises(Refusal, match="held once and cannot be renewed"), transaction() as session:
        renewal.change_target(session, started, target_level=1, by=owner, at=AT)
    with transaction() as session:
        renewal.change_target(session, started, target_level=3, by=owner, at=AT)


def test_what_was_taken_back_was_not_held(make: Factory, employer: Organisation, owner: User, moderator: User) -> None:
    award = make.award(employer, level=1, on=DAY, by=moderator)
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="A mistake.", by=moderator, at=AT, on=DAY)
        assert renewal.start(session, employer, make.framework(), target_level=1, by=owner, at=AT).target_level == 1


@pytest.mark.parametrize("days_before", [0, 1, 90])
def test_an_award_renewed_near_its_end_begins_on_the_day_after_it(
    make: Factory, employer: Organisation, moderator: User, days_before: int
) -> None:
    older = make.award(employer, level=2, on=DAY, by=moderator)
    newer = make.award(employer, level=2, on=older.ends_on - timedelta(days=days_before), by=moderator)
    older = db.session.get_one(Award, older.id)
    assert newer.starts_on == older.ends_on + ONE_DAY
    months = make.framework().content.level(2).valid_months  # type: ignore[union-attr]
    assert newer.ends_on == last_day(newer.starts_on, months)
    assert (older.status, older.ended_on) == (AwardStatus.ACTIVE, None)
    days = [older.starts_on + timedelta(days=number) for number in range((newer.ends_on - older.starts_on).days + 1)]
    assert all(older.is_valid_on(day) != newer.is_valid_on(day) for day in days)
    kinds = db.session.scalars(sa.select(Engagement.kind).order_by(Engagement.on)).all()
    assert kinds == [EngagementKind.ACCREDITED, EngagementKind.RENEWED]


def test_an_award_renewed_long_before_its_end_begins_at_once(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, level=2, on=DAY, by=moderator)
    decided = older.ends_on - timedelta(days=91)
    newer = make.award(employer, level=2, on=decided, by=moderator)
    assert newer.starts_on == decided == db.session.get_one(Award, older.id).ended_on


def test_a_higher_level_begins_at_once_also_near_the_end(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, level=2, on=DAY, by=moderator)
    decided = older.ends_on - timedelta(days=10)
    newer = make.award(employer, level=3, on=decided, by=moderator)
    assert newer.starts_on == decided == db.session.get_one(Award, older.id).ended_on


def test_a_higher_level_takes_the_place_of_a_renewal_that_has_not_begun(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, level=2, on=DAY, by=moderator)
    coming = make.award(employer, level=2, on=older.ends_on - timedelta(days=50), by=moderator)
    top = make.award(employer, level=3, on=older.ends_on - timedelta(days=20), by=moderator)
    older, coming = (db.session.get_one(Award, award.id) for award in (older, coming))
    assert [award.status for award in (older, coming)] == [AwardStatus.SUPERSEDED] * 2
    assert not any(coming.is_valid_on(coming.starts_on + timedelta(days=number)) for number in range(5))
    assert top.is_valid_on(coming.starts_on)


def test_of_several_awards_the_one_that_ends_last_and_stands_matters(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    assert renewal.newest([], on=DAY) is None
    older = make.award(employer, level=2, on=DAY, by=moderator)
    coming = make.award(employer, level=2, on=older.ends_on - timedelta(days=5), by=moderator)
    found = renewal.newest(renewal.of_organisation(db.session, employer.id), on=DAY)
    assert found is not None
    assert found.id == coming.id


@pytest.mark.parametrize(
    ("days", "near", "ended"), [(91, False, False), (90, True, False), (0, True, False), (-1, True, True)]
)
def test_an_end_is_near_from_the_day_the_charter_says(days: int, near: bool, ended: bool) -> None:
    award = Award(level=1, ends_on=DAY + timedelta(days=days))
    found = renewal.ending(award, content(), on=DAY)
    assert found is not None
    assert (found.days_left, found.is_near, found.has_ended) == (days, near, ended)
    assert found.next is not None
    assert found.next.rank == 2


def test_a_level_that_the_charter_has_no_more_has_no_renewal() -> None:
    assert renewal.ending(Award(level=3, ends_on=DAY), content(), on=DAY) is None
    three = content(lambda document: document["levels"].append(level(3, {"kind": "core"})))
    assert renewal.ending(Award(level=3, ends_on=DAY), three, on=DAY) is not None
