"""A level is recommended only when everything is found, and never above what is found."""

import pytest

from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.organisation.models import Conflict
from charter.review import findings, recommendation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory


def recommend(review: Review, by, *, level: int = 1, reasons: str = "All there.") -> None:
    with transaction() as session:
        recommendation.recommend(session, review, level=level, reasons=reasons, by=by, at=AT, on=AT.date())


def find(review: Review, code: str, outcome: str, by) -> None:
    with transaction() as session:
        findings.save(session, review, criterion=code, outcome=outcome, feedback="", seen_version=1, by=by, at=AT)


def test_the_level_the_findings_reach_may_be_recommended(found, assessor) -> None:
    recommend(found, assessor)
    assert (found.status, found.recommended_level, found.recommended_by_id, found.recommendation) == (
        ReviewStatus.RECOMMENDED,
        1,
        assessor.id,
        "All there.",
    )


def test_no_reasons_are_needed_for_the_level_aimed_at(found, assessor) -> None:
    recommend(found, assessor, reasons="")
    assert found.status is ReviewStatus.RECOMMENDED


def test_a_criterion_without_a_finding_is_named(make: Factory, claimed, codes, assessor) -> None:
    make.found(claimed, by=assessor, but=codes[:1])
    title = claimed.assessment.framework.content.criterion(codes[0]).title
    with pytest.raises(Refusal, match=f"“{title}” has no finding yet"):
        recommend(claimed, assessor)
    assert len(recommendation.unfound(db.session, claimed, on=AT.date())) == 1


def test_the_first_of_many_is_named_and_the_rest_counted(claimed, codes, assessor) -> None:
    with pytest.raises(Refusal, match=f"There are {len(codes) - 1} more like it"):
        recommend(claimed, assessor)


def test_a_finding_that_asks_the_employer_stops_a_recommendation(found, codes, assessor) -> None:
    asks = next(one.value for one in found.assessment.framework.content.outcomes if one.asks_employer)
    find(found, codes[0], asks, assessor)
    with pytest.raises(Refusal, match="still needs more information from the employer"):
        recommend(found, assessor)


def test_a_level_above_the_findings_is_refused(make: Factory, claimed, assessor) -> None:
    make.found(claimed, by=assessor, outcome=Extent.NOT_MET)
    with pytest.raises(Refusal, match="The findings do not reach any level"):
        recommend(claimed, assessor)
    recommend(claimed, assessor, level=0, reasons="The basics are not there yet.")
    assert claimed.recommended_level == 0


def test_a_level_above_the_one_aimed_at_is_refused_whatever_is_found(found, assessor) -> None:
    with pytest.raises(Refusal, match="is too high"):
        recommend(found, assessor, level=2)


@pytest.mark.parametrize("level", [-1, 9])
def test_a_level_the_charter_does_not_have_is_refused(found, assessor, level: int) -> None:
    with pytest.raises(Refusal, match="Choose one of the levels"):
        recommend(found, assessor, level=level)


def test_a_lower_level_needs_reasons(found, assessor) -> None:
    with pytest.raises(Refusal, match="Say why the level is not the one"):
        recommend(found, assessor, level=0, reasons=" ")


def test_reasons_are_not_endless(found, assessor) -> None:
    with pytest.raises(Refusal, match="4,000 characters"):
        recommend(found, assessor, reasons="x" * 4001)


def test_only_the_assessor_who_has_the_case_recommends(found, second, moderator) -> None:
    for person in (second, moderator):
        with pytest.raises(Refusal, match="Somebody else has this case"):
            recommend(found, person)


def test_an_interest_declared_meanwhile_stops_it(found, employer, assessor) -> None:
    with transaction() as session:
        session.add(Conflict(user_id=assessor.id, organisation_id=employer.id, reason="A cousin.", declared_at=AT))
    with pytest.raises(Refusal, match="You declared an interest"):
        recommend(found, assessor)


def test_what_was_reopened_must_be_found_again(make: Factory, found, sent, owner, codes, assessor) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    with pytest.raises(Refusal, match="has no finding yet"):
        recommend(found, assessor)
