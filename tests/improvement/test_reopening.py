"""An award of another scheme that has ended opens again what rested on it, in what was sent and decided too; once."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.assessment import evidence_kinds, recognising
from charter.assessment.models import Assessment, EvidenceKind
from charter.assessment.standing_in import standing_in
from charter.award.models import Award
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.framework.content import Passport
from charter.improvement import actions, building, reopening
from charter.improvement.models import Action
from charter.notification.models import Message
from charter.organisation import recognition
from charter.organisation.models import Organisation, Recognition
from charter.review import moderation
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)
LAST = ON + timedelta(days=100)
Hold = Callable[..., Recognition]


@pytest.fixture
def passport(make: Factory) -> Passport:
    """An award by which more than one criterion counts as met."""
    content = make.framework().content
    return next(
        one
        for one in content.passports
        if (strength := content.strength(one.strength)) and strength.met_up_to >= 1 and len(one.supports) > 1
    )


@pytest.fixture
def hold(employer: Organisation, passport: Passport, owner: User, assessor: User) -> Hold:
    """`hold(starts, ends)` gives the employer a checked award."""

    def go(starts: date, ends: date, *, days: int = 0, of: Passport | None = None) -> Recognition:
        one = of or passport
        at = AT + timedelta(days=days)
        with transaction() as session:
            found = recognition.state(
                session, session.get_one(Organisation, employer.id), scheme=one.scheme, level=one.level,
                reference="DCS012345", county=employer.county, starts_on=starts, ends_on=ends, by=owner, at=at,
            )  # fmt: skip
            session.flush()
            link = evidence_kinds.of_link(f"https://example.org/{ends}")
            recognising.prove(session, found, EvidenceKind.LINK, link, by=owner, at=at)
            recognising.check(session, found, by=assessor, at=at)
        return found

    return go


@pytest.fixture
def rested(make: Factory, passport: Passport) -> list[str]:
    """The criteria of the first level that the award meets."""
    content = make.framework().content
    held = Recognition(scheme=passport.scheme, level=passport.level, starts_on=ON, ends_on=None)
    return [
        code
        for code, one in standing_in(content, [held], on=ON).items()
        if one.is_met and code in {criterion.code for criterion in content.asked(1)}
    ]


@pytest.fixture
def sent(make: Factory, employer: Organisation, owner: User, hold: Hold, rested: list[str]) -> Assessment:
    """Sent with no answer where the award, which ends in a hundred days, stands in."""
    hold(ON - timedelta(days=300), LAST)
    return make.submitted(make.answered(make.assessment(employer, by=owner), by=owner, but=rested), by=owner)


@pytest.fixture
def decided(make: Factory, sent: Assessment, assessor: User, moderator: User, rested: list[str]) -> Assessment:
    """The first level awarded, with no finding where the award stands in."""
    review = make.found(make.claimed(sent, by=assessor), by=assessor, but=rested)
    make.recommended(review, by=assessor, level=1)
    with transaction() as session:
        again = session.get_one(type(review), review.id)
        moderation.agree(session, again, by=session.get_one(User, moderator.id), at=AT, on=ON)
        building.refresh(session, session.get_one(Assessment, sent.id), at=AT, on=ON)
    return sent


def reopen(on: date) -> int:
    with transaction() as session:
        return reopening.reopen(session, on, AT + (on - ON))


def in_plan(employer: Organisation) -> dict[str | None, Action]:
    db.session.rollback()
    db.session.expire_all()
    return {action.criterion: action for action in actions.all_of(db.session, employer.id)}


def told() -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Message).where(Message.kind == "recognition_ended")))


def test_what_an_awarded_level_rested_on_is_in_the_plan_the_day_after_and_the_level_stays(
    employer: Organisation, owner: User, decided: Assessment, rested: list[str], passport: Passport
) -> None:
    assert not set(rested) & in_plan(employer).keys()
    assert reopen(LAST) == 0  # on its last day it still stands in
    assert told() == []
    assert [reopen(LAST + timedelta(days=days)) for days in (1, 1, 2, 29)] == [1, 0, 0, 0]
    found = in_plan(employer)
    content = decided.framework.content
    musts = {code for code in rested if (one := content.criterion(code)) and one.core}
    assert musts
    assert musts <= found.keys()
    for code in musts:
        words = f"{passport.title} stood in for this until {LAST.day} {LAST:%B %Y}. Tell us of the new certificate"
        assert found[code].why.startswith(words)
        assert found[code].feedback == ""
    (message,) = told()
    assert message.to_user_id == owner.id
    for code in rested:
        criterion = content.criterion(code)
        assert criterion is not None
        assert f"- {criterion.title}" in message.body
    assert f"[portal]/organisations/{employer.id}/plan" in message.body
    award = db.session.scalars(sa.select(Award)).one()
    assert award.is_valid_on(LAST + timedelta(days=1))


def test_what_was_sent_and_is_not_decided_opens_too(
    employer: Organisation, sent: Assessment, rested: list[str]
) -> None:
    assert reopen(LAST + timedelta(days=1)) == 1
    found = in_plan(employer)
    assert [code for code in rested if code in found]


def test_a_draft_opens_by_itself_and_its_owner_is_led_there(
    make: Factory, employer: Organisation, owner: User, hold: Hold
) -> None:
    hold(ON - timedelta(days=300), LAST)
    make.assessment(employer, by=owner)
    assert reopen(LAST + timedelta(days=1)) == 1
    assert in_plan(employer) == {}
    (message,) = told()
    assert "[portal]/dashboard" in message.body


def test_where_somebody_looked_at_the_criteria_themselves_nothing_is_to_be_done_now(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User, hold: Hold
) -> None:
    content = make.framework().content
    first = next(  # what it stands in for is of the first level alone, so that the plan for the next has none of it
        one
        for one in content.passports
        if one.supports and {found.level for code in one.supports if (found := content.criterion(code))} == {1}
    )
    hold(ON - timedelta(days=300), LAST, of=first)
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.found(make.claimed(sent, by=assessor), by=assessor)
    make.recommended(review, by=assessor, level=1)
    with transaction() as session:
        again = session.get_one(type(review), review.id)
        moderation.agree(session, again, by=session.get_one(User, moderator.id), at=AT, on=ON)
    assert reopen(LAST + timedelta(days=1)) == 1
    (message,) = told()
    assert "You need to do nothing now." in message.body
    assert "/plan" not in message.body


def test_an_award_that_was_renewed_opens_nothing_and_nobody_is_told(
    employer: Organisation, decided: Assessment, hold: Hold, rested: list[str]
) -> None:
    hold(ON, LAST + timedelta(days=800))
    assert reopen(LAST + timedelta(days=1)) == 0
    assert told() == []
    assert not set(rested) & in_plan(employer).keys()


def test_with_a_new_certificate_the_action_seems_done(
    employer: Organisation, decided: Assessment, hold: Hold, rested: list[str]
) -> None:
    reopen(LAST + timedelta(days=1))
    hold(LAST + timedelta(days=1), LAST + timedelta(days=800), days=102)
    day = LAST + timedelta(days=2)
    with transaction() as session:
        building.refresh(session, session.get_one(Assessment, decided.id), at=AT + (day - ON), on=day)
    found = in_plan(employer)
    assert {found[code].seems_done_at is not None for code in rested if code in found} == {True}


def test_an_award_that_ended_long_ago_is_no_news(decided: Assessment) -> None:
    assert reopen(LAST + reopening.LOOK_BACK + timedelta(days=1)) == 0
    assert told() == []


def taken_back(by: User) -> list[Message]:
    """What the owners are told once `by`, of the scheme's staff, took back the first of the employer's awards."""
    with transaction() as session:
        award = session.scalars(sa.select(Recognition).order_by(Recognition.stated_at)).first()
        assert award is not None
        reopening.take_back(session, award, reason="The scheme does not list it.", by=by, at=AT, on=ON)
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Message).where(Message.kind == "recognition_taken_back")))


def test_what_rested_on_an_award_that_staff_take_back_is_in_the_plan_and_its_owners_read_why(
    employer: Organisation, owner: User, administrator: User, decided: Assessment, rested: list[str]
) -> None:
    (message,) = taken_back(administrator)
    content = decided.framework.content
    assert message.to_user_id == owner.id
    assert "The scheme does not list it." in message.body
    for code in rested:
        criterion = content.criterion(code)
        assert criterion is not None
        assert f"- {criterion.title}" in message.body
    assert f"[portal]/organisations/{employer.id}/plan" in message.body
    assert {code for code in rested if (one := content.criterion(code)) and one.core} <= in_plan(employer).keys()
    assert db.session.scalars(sa.select(Award)).one().is_valid_on(ON)


def test_where_another_award_stands_in_nothing_rested_on_the_one_taken_back(
    employer: Organisation, administrator: User, decided: Assessment, hold: Hold, rested: list[str]
) -> None:
    hold(ON - timedelta(days=10), LAST + timedelta(days=800), days=1)
    (message,) = taken_back(administrator)
    assert "No question rested on it, so you need to do nothing now." in message.body
    assert not set(rested) & in_plan(employer).keys()


def test_a_draft_whose_award_is_taken_back_opens_by_itself(
    make: Factory, employer: Organisation, owner: User, administrator: User, hold: Hold
) -> None:
    hold(ON - timedelta(days=300), LAST)
    make.assessment(employer, by=owner)
    (message,) = taken_back(administrator)
    assert "[portal]/dashboard" in message.body
    assert in_plan(employer) == {}


def test_of_two_workers_at_once_one_follows_it_up(app: Flask, employer: Organisation, decided: Assessment) -> None:
    db.session.rollback()
    failed: list[BaseException] = []

    def go() -> None:
        try:
            with app.app_context():
                reopen(LAST + timedelta(days=1))
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(told()) == 1
    titles = [action.title for action in actions.all_of(db.session, employer.id)]
    assert len(titles) == len(set(titles))
