"""Nobody decides on findings or a recommendation that they did not see; what is new is told."""

from collections.abc import Callable

import pytest

from charter.account.models import User
from charter.errors import Stale
from charter.extensions import db, transaction
from charter.review import findings, moderation, seen
from charter.review.models import Review
from charter.review.second import overruling
from tests.conftest import AT
from tests.factories import Factory


def news(review: Review, mark: str) -> list[tuple[str, str, str]]:
    """What is new since a mark, as (code, says, words); nothing when the case is as it was seen."""
    found = seen.since(db.session, review, mark)
    assert found.mark == seen.mark(db.session, review)
    return [(one.code, one.says, one.words) for one in found.news]


@pytest.fixture
def change(recommended: Review, moderator: User, codes: list[str]) -> Callable[[str], None]:
    def go(feedback: str) -> None:
        with transaction() as session:
            finding = next(one for one in findings.of_review(session, recommended) if one.criterion == codes[0])
            overruling.change_finding(
                session,
                recommended,
                criterion=codes[0],
                outcome=finding.outcome,
                feedback=feedback,
                reason="So.",
                seen=(finding.outcome, finding.feedback),
                by=moderator,
                at=AT,
            )

    return go


def test_a_case_that_is_as_it_was_seen_is_decided(recommended: Review) -> None:
    mark = seen.mark(db.session, recommended)
    db.session.expire_all()
    assert news(recommended, mark) == []


def test_a_finding_that_was_changed_meanwhile_is_told_as_it_is_now(
    recommended: Review, change: Callable[[str], None], codes: list[str]
) -> None:
    mark = seen.mark(db.session, recommended)
    change("It is not in use.")
    (found,) = news(recommended, mark)
    assert (found[0], found[2]) == (codes[0], "It is not in use.")
    assert found[1] in {one.label for one in recommended.assessment.framework.content.outcomes}


def test_a_finding_that_was_changed_back_is_as_it_was_seen(
    recommended: Review, change: Callable[[str], None], codes: list[str]
) -> None:
    mark = seen.mark(db.session, recommended)
    was = next(one for one in findings.of_review(db.session, recommended) if one.criterion == codes[0]).feedback
    change("It is not in use.")
    change(was)
    assert news(recommended, mark) == []


def test_a_case_that_was_sent_back_and_came_again_otherwise_is_told(
    make: Factory, recommended: Review, assessor: User, moderator: User, codes: list[str]
) -> None:
    mark = seen.mark(db.session, recommended)
    with transaction() as session:
        moderation.send_back(session, recommended, reasons="Look again.", by=moderator, at=AT)
        own, _ = findings.on_criterion(session, recommended, codes[1])
        assert own is not None
        findings.save(
            session,
            recommended,
            criterion=codes[1],
            outcome=own.outcome,
            feedback="Only in one site.",
            seen_version=own.version,
            by=assessor,
            at=AT,
        )
    make.recommended(recommended, by=assessor, level=0, reasons="One is not met.")
    told = news(recommended, mark)
    assert [one[0] for one in told] == [seen.RECOMMENDATION, codes[1]], "the recommendation first"
    assert told[0][1:] == ("No award", "One is not met.")


@pytest.mark.parametrize("mark", ["", "0", "made:up and:more", ":", "::"])
def test_a_page_that_shows_no_mark_decides_nothing(recommended: Review, mark: str) -> None:
    assert len(news(recommended, mark)) > 1
    with pytest.raises(Stale, match="what you typed is still here"):
        seen.check(db.session, recommended, mark)


def test_a_case_without_a_recommendation_is_left_to_the_verb(found: Review) -> None:
    seen.check(db.session, found, "")


def test_a_mark_is_short_and_holds_no_words(recommended: Review) -> None:
    mark = seen.mark(db.session, recommended)
    assert len(mark) < 2000
    assert "Clear and in use." not in mark
