"""Agreement by criterion: only what both found alone, the least clear first."""

import pytest

from charter.account.models import User
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.review import findings, moderation, recommendation
from charter.review.models import Review
from charter.review.second import agreement, kappa
from charter.review.second.second_models import LookKind
from tests.conftest import AT
from tests.factories import Factory


@pytest.fixture
def doubted(found: Review, assessor: User) -> Review:
    with transaction() as session:
        recommendation.recommend(
            session, found, level=1, reasons="In place.", unsure="Is it?", by=assessor, at=AT, on=AT.date()
        )
    return found


def test_what_was_not_compared_does_not_count(make: Factory, doubted: Review, moderator: User) -> None:
    make.looked(doubted, by=moderator, also={})
    content = doubted.assessment.framework.content
    assert agreement.by_criterion(db.session, content) == agreement.AllAgreement(kappa.Agreement(0, 0, None), [], 0)


def test_where_two_differ_stands_first_with_how_they_differ(
    make: Factory, doubted: Review, moderator: User, codes: list[str]
) -> None:
    make.compared(doubted, by=moderator, also={codes[-1]: Extent.NOT_MET})
    content = doubted.assessment.framework.content
    found = agreement.by_criterion(db.session, content)
    assert (found.together.pairs, found.together.same, found.cases) == (len(codes), len(codes) - 1, 1)
    first = found.criteria[0]
    assert (first.code, first.often) == (codes[-1], "Met, then not met (1)")
    assert {one.code for one in found.criteria} == set(codes)
    assert all(one.often == "" for one in found.criteria[1:])
    assert agreement.by_criterion(db.session, content, kind=LookKind.ASSESSOR).criteria == []
    assert agreement.by_criterion(db.session, content, kind=None).together == found.together


def test_what_the_first_assessor_changes_afterwards_does_not_count(
    make: Factory, doubted: Review, moderator: User, assessor: User, codes: list[str]
) -> None:
    make.compared(doubted, by=moderator, also={codes[0]: Extent.NOT_MET})
    content = doubted.assessment.framework.content
    not_met = next(one.value for one in content.outcomes if one.extent is Extent.NOT_MET and not one.asks_employer)
    with transaction() as session:
        moderation.send_back(session, doubted, reasons="Look again.", by=moderator, at=AT)
    with transaction() as session:
        findings.save(
            session,
            doubted,
            criterion=codes[0],
            outcome=not_met,
            feedback="",
            seen_version=1,
            by=assessor,
            at=AT,
        )
    assert agreement.by_criterion(db.session, content).together.same == len(codes) - 1
