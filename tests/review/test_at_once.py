"""What happens to one case in two windows in the same moment: the second waits, and is told what the first did."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.review import findings, intake, more_information, recommendation
from charter.review.handing_out import allocation
from charter.review.models import About, Finding, Review, Subject
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.turns import Deed, in_turn


def find(code: str, feedback: str, *, seen: int) -> Deed:
    """Save this feedback on a criterion, having seen this version of its finding."""

    def deed(session: Session, review: Review, user: User) -> object:
        return findings.save(
            session,
            review,
            criterion=code,
            outcome="met",
            feedback=feedback,
            seen_version=seen,
            by=user,
            at=AT,
        )

    return deed


def recommend(session: Session, review: Review, user: User) -> object:
    return recommendation.recommend(
        session, review, level=1, reasons="It is all in place.", by=user, at=AT, on=local_date(AT)
    )


def withdraw(session: Session, review: Review, user: User) -> None:
    intake.withdraw(session, review.assessment, by=user, at=AT)


def ask(session: Session, review: Review, user: User) -> None:
    code = review.assessment.framework.content.asked(1)[0].code
    more_information.ask(
        session,
        review,
        questions={Subject(About.CRITERION, code): "Which of your people does this cover?"},
        answer_by=local_date(AT) + timedelta(days=14),
        by=user,
        at=AT,
    )


def feedback(review: Review, code: str) -> str | None:
    found = sa.select(Finding.feedback).where(Finding.review_id == review.id, Finding.criterion == code)
    return db.session.scalar(found)


def test_of_two_windows_that_find_first_the_later_is_shown_what_the_other_says(
    app: Flask, claimed: Review, codes: list[str], assessor: User
) -> None:
    first, second = (assessor, find(codes[0], "Good.", seen=0)), (assessor, find(codes[0], "Very good.", seen=0))
    _, later = in_turn(app, claimed, first, second)
    assert isinstance(later, Stale)
    assert feedback(claimed, codes[0]) == "Good."


def test_a_finding_that_comes_while_the_case_is_recommended_is_refused(
    app: Flask, found: Review, codes: list[str], assessor: User
) -> None:
    _, later = in_turn(app, found, (assessor, recommend), (assessor, find(codes[0], "One more thing.", seen=1)))
    assert str(later) == "Findings can change only while the case is in review."
    assert feedback(found, codes[0]) == "Clear and in use."


def test_a_recommendation_waits_for_the_finding_that_is_being_saved(
    app: Flask, found: Review, codes: list[str], assessor: User
) -> None:
    kept, later = in_turn(app, found, (assessor, find(codes[0], "One more thing.", seen=1)), (assessor, recommend))
    assert not isinstance(kept, Refusal)
    assert not isinstance(later, Refusal)
    assert (feedback(found, codes[0]), found.status) == ("One more thing.", ReviewStatus.RECOMMENDED)


def test_a_case_that_is_withdrawn_while_it_is_recommended_is_closed(
    app: Flask, found: Review, owner: User, assessor: User
) -> None:
    in_turn(app, found, (assessor, recommend), (owner, withdraw))
    assert found.status is ReviewStatus.CLOSED


def test_a_recommendation_that_comes_while_the_employer_withdraws_is_refused(
    app: Flask, found: Review, owner: User, assessor: User
) -> None:
    _, later = in_turn(app, found, (owner, withdraw), (assessor, recommend))
    assert isinstance(later, Refusal)
    assert found.status is ReviewStatus.CLOSED


def test_who_asks_for_more_and_who_withdraws_never_wait_for_each_other(
    app: Flask, claimed: Review, owner: User, assessor: User
) -> None:
    asked, withdrawn = in_turn(app, claimed, (assessor, ask), (owner, withdraw), beginning=allocation.locked)
    assert (asked, withdrawn) == (None, None)
    assert claimed.status is ReviewStatus.CLOSED
