"""What the public is told about a certificate: the right standing on every day, and nothing more."""

import dataclasses
from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.award import issuing, verification
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.award.verification import Standing, standing
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

FIRST, LAST = date(2026, 11, 22), date(2028, 11, 21)
ONE = timedelta(days=1)


def award(status: AwardStatus, ended_on: date | None = None) -> Award:
    return Award(status=status, starts_on=FIRST, ends_on=LAST, ended_on=ended_on)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (FIRST - ONE, Standing.NOT_YET_VALID),
        (FIRST, Standing.CURRENT),
        (LAST, Standing.CURRENT),
        (LAST + ONE, Standing.EXPIRED),
    ],
)
def test_an_active_award_is_current_from_its_first_day_to_its_last(day: date, expected: Standing) -> None:
    found = award(AwardStatus.ACTIVE)
    assert standing(found, day) is expected
    assert standing(found, day).may_be_relied_on is found.is_valid_on(day)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(FIRST, Standing.UNDER_REVIEW), (LAST, Standing.UNDER_REVIEW), (LAST + ONE, Standing.EXPIRED)],
)
def test_an_award_under_review_is_valid_until_its_last_day(day: date, expected: Standing) -> None:
    found = award(AwardStatus.UNDER_REVIEW)
    assert standing(found, day) is expected
    assert standing(found, day).may_be_relied_on is found.is_valid_on(day)


@pytest.mark.parametrize("day", [FIRST - ONE, FIRST, LAST, LAST + ONE])
def test_what_was_decided_comes_before_what_time_brought(day: date) -> None:
    assert standing(award(AwardStatus.REVOKED, FIRST), day) is Standing.REVOKED
    assert standing(award(AwardStatus.SUPERSEDED, FIRST), day) is Standing.SUPERSEDED


def test_a_code_nobody_issued_is_not_known(make: Factory) -> None:
    assert verification.look_up(db.session, "AAAAAAAAAAAAAAAAAAAAAA", FIRST) is None


def test_the_public_learns_what_the_certificate_prints(make: Factory, employer: Organisation, moderator: User) -> None:
    issued = make.award(employer, level=1, on=FIRST, by=moderator)
    found = verification.look_up(db.session, issued.code, FIRST)
    content = make.framework().content
    level = content.level(1)
    assert found is not None
    assert level is not None
    assert dataclasses.asdict(found) == {
        "standing": Standing.CURRENT,
        "code": issued.code,
        "number": issued.number,
        "name": "Teme Valley Orchards Ltd",
        "level": 1,
        "level_title": level.title,
        "level_summary": level.summary,
        "depth": level.depth,
        "check": level.check,
        "scope": employer.scope,
        "county_title": content.counties[0].title,
        "framework_version": content.meta.version,
        "starts_on": FIRST,
        "ends_on": issued.ends_on,
        "ended_on": None,
        "suspended_on": None,
        "listed": employer.id,
        "newer": None,
    }


def test_the_public_never_learns_why_an_award_was_taken_back(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    issued = make.award(employer, on=FIRST, by=moderator)
    with transaction() as session:
        issuing.revoke(
            session, session.get_one(Award, issued.id), reason="A secret.", by=moderator, at=AT, on=FIRST + ONE
        )
    found = verification.look_up(db.session, issued.code, FIRST + ONE)
    assert found is not None
    assert (found.standing, found.ended_on, found.listed) == (Standing.REVOKED, FIRST + ONE, None)
    assert "A secret." not in str(dataclasses.asdict(found))


def test_a_replaced_certificate_names_the_one_that_holds(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, level=1, on=FIRST, by=moderator)
    newer = make.award(employer, level=2, on=FIRST + ONE, by=moderator)
    found = verification.look_up(db.session, older.code, FIRST + ONE)
    assert found is not None
    assert (found.standing, found.newer, found.ended_on) == (Standing.SUPERSEDED, newer.code, newer.starts_on)
    current = verification.look_up(db.session, newer.code, FIRST + ONE)
    assert current is not None
    assert (current.standing, current.newer) == (Standing.CURRENT, None)


def test_an_employer_that_does_not_wish_to_be_listed_is_not_linked(make: Factory, moderator: User) -> None:
    issued = make.award(make.organisation("Quiet Ltd", listed=False, listed_at=None), on=FIRST, by=moderator)
    found = verification.look_up(db.session, issued.code, FIRST)
    assert found is not None
    assert (found.standing, found.listed) == (Standing.CURRENT, None)
