"""A moderator changes a single finding with a reason; the employer reads the new one, and the old one is kept."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.review import moderation, queries
from charter.review import seen as looks
from charter.review.models import Finding, Review
from charter.review.second import overruling
from charter.review.second.second_models import FindingChange
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn


def change(review: Review, by: User, code: str, **but: object) -> Finding:
    with transaction() as session:
        values = {"outcome": value(review, Extent.NOT_MET), "feedback": "It is not in use.", "reason": "I rang them."}
        return overruling.change_finding(
            session, review, criterion=code, seen=seen(review, code), by=by, at=AT, **{**values, **but}
        )


def seen(review: Review, code: str) -> tuple[str | None, str]:
    found = queries.feedback(db.session, review.assessment, review)[code]
    return found.outcome, found.feedback


def value(review: Review, extent: Extent) -> str:
    outcomes = review.assessment.framework.content.outcomes
    return next(one.value for one in outcomes if one.extent is extent and not one.asks_employer)


def test_the_employer_reads_the_changed_finding_and_who_changed_it_is_kept(
    recommended: Review, moderator: User, assessor: User, codes: list[str]
) -> None:
    before = seen(recommended, codes[0])
    change(recommended, moderator, codes[0])
    assert seen(recommended, codes[0]) == (value(recommended, Extent.NOT_MET), "It is not in use.")
    (kept,) = db.session.scalars(sa.select(FindingChange))
    assert (kept.outcome_before, kept.feedback_before) == before
    assert (kept.by_id, kept.reason, kept.round) == (moderator.id, "I rang them.", 1)
    (finding,) = db.session.scalars(sa.select(Finding).where(Finding.criterion == codes[0]))
    assert (finding.found_by_id, finding.private_note.for_staff) == (assessor.id, "Seen on the staff pages.")
    (event,) = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "finding:change"))
    assert "I rang them." not in str(event.details)


def test_after_a_change_the_level_is_what_the_findings_reach_now(
    recommended: Review, moderator: User, codes: list[str]
) -> None:
    content = recommended.assessment.framework.content
    core = next(one.code for one in content.asked(1) if one.core)
    change(recommended, moderator, core)
    with pytest.raises(Refusal, match="no award"), transaction() as session:
        moderation.agree(session, recommended, by=moderator, at=AT, on=AT.date())
    with transaction() as session:
        moderation.change(session, recommended, level=0, reasons="Not yet.", by=moderator, at=AT, on=AT.date())
    assert recommended.status is ReviewStatus.DECIDED


def test_a_finding_of_an_earlier_round_stays_as_it_was_then(
    make: Factory, found: Review, sent, owner: User, assessor: User, moderator: User, codes: list[str]
) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    make.recommended(make.found(found, by=assessor, but=codes[1:]), by=assessor)
    change(found, moderator, codes[1])
    rounds = db.session.execute(
        sa.select(Finding.round, Finding.outcome).where(Finding.criterion == codes[1]).order_by(Finding.round)
    ).all()
    assert [tuple(one) for one in rounds] == [(1, value(found, Extent.MET)), (2, value(found, Extent.NOT_MET))]


@pytest.mark.parametrize(
    ("but", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"outcome": None}, "outcome"),
        ({"outcome": "made up"}, "outcome"),
        ({"outcome": "met", "feedback": "Clear and in use."}, "outcome"),
        ({"outcome": "more_information_needed"}, "outcome"),
        ({"feedback": "x" * 5001}, "feedback"),
    ],
)
def test_a_change_that_cannot_stand_is_refused_beside_its_field(
    recommended: Review, moderator: User, codes: list[str], but: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        change(recommended, moderator, codes[0], **but)
    assert refused.value.field == field
    assert list(db.session.scalars(sa.select(FindingChange))) == []


def test_only_who_may_moderate_changes_a_finding(recommended: Review, assessor: User, codes: list[str]) -> None:
    with pytest.raises(Refusal, match="somebody else must decide"):
        change(recommended, assessor, codes[0])


def test_of_two_moderators_at_once_the_later_is_shown_the_change_of_the_first(
    app: Flask, make: Factory, recommended: Review, moderator: User, codes: list[str]
) -> None:
    was = seen(recommended, codes[0])

    def changes(feedback: str) -> Deed:
        return lambda session, review, user: overruling.change_finding(
            session,
            review,
            criterion=codes[0],
            outcome=was[0],
            feedback=feedback,
            reason="So.",
            seen=was,
            by=user,
            at=AT,
        )

    other = make.staff("moderator", "Mia Moderator")
    first, later = in_turn(app, recommended, (moderator, changes("One.")), (other, changes("Two.")))
    assert isinstance(first, Finding)
    assert isinstance(later, Stale)
    assert seen(recommended, codes[0])[1] == "One."


def test_nobody_decides_on_findings_that_changed_after_they_looked(
    app: Flask, make: Factory, recommended: Review, moderator: User, codes: list[str]
) -> None:
    was, mark = seen(recommended, codes[0]), looks.mark(db.session, recommended)

    def changes(session: Session, review: Review, user: User) -> object:
        return overruling.change_finding(
            session, review, criterion=codes[0], outcome=was[0], feedback="New.", reason="So.", seen=was, by=user, at=AT
        )

    def decides(session: Session, review: Review, user: User) -> None:
        looks.check(session, moderation.for_moderation(session, review, user), mark)

    other = make.staff("moderator", "Mia Moderator")
    _, later = in_turn(app, recommended, (moderator, changes), (other, decides))
    assert isinstance(later, Stale)
    assert [one.code for one in later.current.news] == codes[:1]  # type: ignore[attr-defined]
