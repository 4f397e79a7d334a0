"""Two people who write into one meeting in the same moment: one is first, the other is told."""

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.award.models import Award
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.panel import agenda, planning, recording
from charter.panel.models import Item, Meeting
from charter.panel.status import Outcome
from charter.review import intake
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.panel.conftest import LATER, ON, details
from tests.turns import in_turn


def award(session: Session, item: Item, user: User) -> None:
    recording.decide(session, item, level=1, reasons="Yes.", by=user, at=AT, on=ON)


def refuse(session: Session, item: Item, user: User) -> None:
    recording.decide(session, item, level=0, reasons="No.", by=user, at=AT, on=ON)


def withdraw(session: Session, item: Item, user: User) -> None:
    assert item.review is not None
    intake.withdraw(session, item.review.assessment, by=user, at=AT)


def test_of_two_who_record_a_decision_one_wins_and_the_other_is_shown_it(
    app: Flask, held: Item, moderator: User, administrator: User
) -> None:
    first, later = in_turn(app, held, (moderator, award), (administrator, refuse))
    assert first is None
    assert isinstance(later, Stale)
    db.session.refresh(held)
    assert (held.outcome, held.recorded_by_id) == (Outcome.AWARDED, moderator.id)
    assert db.session.scalar(sa.select(sa.func.count(Award.id))) == 1


def test_a_decision_that_comes_while_the_employer_withdraws_is_refused(
    app: Flask, held: Item, moderator: User, owner: User
) -> None:
    _, later = in_turn(app, held, (owner, withdraw), (moderator, award))
    assert str(later) == "The employer has withdrawn, so there is nothing to decide."
    db.session.refresh(held)
    assert (held.outcome, held.review.status) == (None, ReviewStatus.CLOSED)  # type: ignore[union-attr]


def test_who_withdraws_while_the_panel_decides_is_told(app: Flask, held: Item, moderator: User, owner: User) -> None:
    first, later = in_turn(app, held, (moderator, award), (owner, withdraw))
    assert first is None
    assert isinstance(later, Refusal)
    db.session.refresh(held)
    assert held.outcome is Outcome.AWARDED


def test_one_case_put_before_two_meetings_at_once_comes_before_one(
    app: Flask, meeting: Meeting, before_panel: Review, moderator: User, administrator: User
) -> None:
    with transaction() as session:
        other = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
    meetings = [meeting.id, other.id]

    def put(place: int):
        def deed(session: Session, review: Review, user: User) -> None:
            agenda.put(session, session.get_one(Meeting, meetings[place]), [review], by=user, at=AT)

        return deed

    first, later = in_turn(app, before_panel, (moderator, put(0)), (administrator, put(1)))
    assert first is None
    assert "is on the agenda of the meeting on 22 November 2026 already" in str(later)
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 1


def test_a_case_put_off_to_a_meeting_and_an_item_taken_off_never_wait_for_each_other(
    app: Flask, held: Item, moderator: User, administrator: User
) -> None:
    with transaction() as session:
        other = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
    other_id = other.id

    def put_off(session: Session, item: Item, user: User) -> None:
        to = session.get_one(Meeting, other_id)
        recording.put_off(session, item, reasons="Later.", to=to, by=user, at=AT)

    first, later = in_turn(app, held, (moderator, put_off), (administrator, award))
    assert first is None
    assert isinstance(later, Stale)
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 2
