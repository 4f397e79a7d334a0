"""Cases given out by a moderator or an administrator: many at once, or one."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account import away
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.review.handing_out import allocating, allocation
from charter.review.handing_out.allocating import Hand, Work, share
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.second.second_models import LookKind, SecondLook
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import case_of
from tests.turns import in_turn

ON = local_date(AT)


def work(name: str = "A Ltd", *, status: ReviewStatus = ReviewStatus.WAITING, holder: UUID | None = None) -> Work:
    return Work(uuid4(), uuid4(), name, "Committed", date(2026, 12, 20), status, holder)


def hand(name: str, cases: int = 0, *, until: date | None = None, interests: frozenset[UUID] = frozenset()) -> Hand:
    return Hand(uuid4(), name, cases, until, interests)


def test_cases_go_to_whoever_has_the_fewest() -> None:
    plan = share([work(name) for name in "abc"], [hand("Ann", 1), hand("Bob", 0)], most=9, names={})
    assert [(gift.work.employer, gift.to.name) for gift in plan.gifts] == [("a", "Bob"), ("b", "Ann"), ("c", "Bob")]


def test_each_case_that_is_left_out_says_why() -> None:
    taken = hand("Tim")
    mine = work("mine")
    cases = [
        (work("held", status=ReviewStatus.IN_REVIEW, holder=taken.id), [taken], "Tim has it. Open the case"),
        (
            work("later", status=ReviewStatus.RECOMMENDED),
            [taken],
            "It is not waiting for an assessor",
        ),
        (mine, [hand("Ann", interests=frozenset({mine.organisation_id}))], "Ann has an interest in this employer."),
        (work(), [hand("Ann", until=date(2026, 12, 4))], "Ann is away until 4 December 2026."),
        (work(), [hand("Ann", 3)], "Ann would have more than 3 open cases."),
        (work(), [], "There is nobody to give it to."),
        (
            work(),
            [hand("Ann", 3), hand("Bob", until=ON)],
            "Nobody can take it. Ann would have more than 3 open cases.",
        ),
    ]
    for one, hands, why in cases:
        plan = share([one], hands, most=3, names={taken.id: "Tim"})
        assert plan.gifts == ()
        assert plan.left[0].why.startswith(why), why


def three(make: Factory) -> list[UUID]:
    return [make.review(case_of(make, name, days=day)).id for day, name in enumerate(("A Ltd", "B Ltd", "C Ltd"))]


def give(ids: list[UUID], plan: allocating.Plan, *, to: UUID | None, by: User) -> Any:
    with transaction() as session:
        return allocating.give(session, ids, to=to, confirmed=plan.keys, by=by, at=AT, on=ON)


def holders(ids: list[UUID]) -> list[UUID | None]:
    db.session.rollback()
    return [db.session.get_one(Review, one, populate_existing=True).assessor_id for one in ids]


def mails() -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Message).where(Message.kind == "cases_given")))


def test_what_was_confirmed_is_done_and_each_person_is_told_once(
    make: Factory, assessor: User, second: User, moderator: User
) -> None:
    ids = three(make)
    plan = allocating.plan(db.session, ids, to=assessor.id, by=moderator, on=ON)
    give(ids, plan, to=assessor.id, by=moderator)
    assert holders(ids) == [assessor.id] * 3
    (mail,) = mails()
    assert mail.subject == "You have 3 new cases"
    assert [name in mail.body for name in ("A Ltd", "B Ltd", "C Ltd")] == [True] * 3
    assert give(ids, plan, to=assessor.id, by=moderator) == (), "the same form again does nothing"
    assert len(mails()) == 1


def test_nobody_is_given_a_case_whose_appealed_decision_they_took_part_in_or_whose_second_assessor_they_are(
    make: Factory, assessor: User, second: User, moderator: User
) -> None:
    ids = three(make)
    with transaction() as session:
        session.add(SetApart(review_id=ids[0], user_id=assessor.id))
        look = SecondLook(review_id=ids[1], round=1, kind=LookKind.ASSESSOR, by_id=assessor.id, begun_at=AT)
        session.add(look)
    plan = allocating.plan(db.session, ids, to=assessor.id, by=moderator, on=ON)
    assert [gift.work.id for gift in plan.gifts] == [ids[2]]
    assert [left.why for left in plan.left] == [
        f"{assessor.name} took part in the decision that was appealed.",
        f"{assessor.name} is the second assessor of this case.",
    ]
    for review_id, why in ((ids[0], "took part in the decision"), (ids[1], "is the second assessor")):
        with pytest.raises(Refusal, match=why), transaction() as session:
            allocating.reassign(
                session,
                session.get_one(Review, review_id),
                to=assessor.id,
                reason="Busy.",
                seen=None,
                by=moderator,
                at=AT,
                on=ON,
            )
    assert holders(ids) == [None] * 3


def test_when_something_changed_since_nothing_is_given(
    make: Factory, assessor: User, second: User, moderator: User
) -> None:
    ids = three(make)
    plan = allocating.plan(db.session, ids, to=assessor.id, by=moderator, on=ON)
    with transaction() as session:
        allocation.claim(session, session.get_one(Review, ids[1]), by=second, at=AT)
    with pytest.raises(Refusal, match="Something changed since you opened this page"):
        give(ids, plan, to=assessor.id, by=moderator)
    assert holders(ids) == [None, second.id, None]
    assert mails() == []


def test_two_moderators_who_give_the_same_cases_at_once_do_not_both(
    app: Flask, make: Factory, assessor: User, second: User, moderator: User
) -> None:
    ids = three(make)
    other = make.staff("moderator", "Mary Moderator")
    plans = {to.id: allocating.plan(db.session, ids, to=to.id, by=moderator, on=ON).keys for to in (assessor, second)}

    def deed(to: UUID) -> Any:
        def go(session: Any, _review: Review, user: User) -> Any:
            return allocating.give(session, ids, to=to, confirmed=plans[to], by=user, at=AT, on=ON)

        return go

    first = db.session.get_one(Review, ids[0])
    _, later = in_turn(app, first, (moderator, deed(assessor.id)), (other, deed(second.id)))
    assert isinstance(later, Refusal)
    assert holders(ids) == [assessor.id] * 3


def test_cases_that_the_giver_has_an_interest_in_are_not_theirs_to_give(
    make: Factory, assessor: User, moderator: User
) -> None:
    ids = three(make)
    with transaction() as session:
        employer = session.get_one(Review, ids[0]).assessment.organisation
        allocation.declare_conflict(session, employer, reason="A friend.", by=moderator, at=AT)
    plan = allocating.plan(db.session, ids, to=assessor.id, by=moderator, on=ON)
    assert [gift.work.employer for gift in plan.gifts] == ["B Ltd", "C Ltd"]
    assert plan.left == ()


def reassign(review: Review, to: User, *, by: User, reason: str = "Asha is away.", seen: UUID | None = None) -> None:
    with transaction() as session:
        allocating.reassign(session, review, to=to.id, reason=reason, seen=seen, by=by, at=AT, on=ON)


def test_a_case_is_given_to_somebody_else_with_its_findings_and_both_are_told(
    found: Review, assessor: User, second: User, moderator: User
) -> None:
    reassign(found, second, by=moderator, seen=assessor.id)
    assert (found.status, found.assessor_id) == (ReviewStatus.IN_REVIEW, second.id)
    told = db.session.execute(sa.select(Message.kind, Message.to_address).where(Message.kind.like("case%"))).all()
    assert {tuple(one) for one in told} == {("cases_given", second.email), ("case_went_on", assessor.email)}


def test_a_case_is_not_given_to_who_may_not_have_it_nor_without_a_reason(
    claimed: Review, assessor: User, second: User, moderator: User
) -> None:
    with pytest.raises(Refusal, match="Say why somebody else gets this case"):
        reassign(claimed, second, by=moderator, seen=assessor.id, reason=" ")
    with pytest.raises(Refusal, match="Somebody else has this case since you opened this page"):
        reassign(claimed, second, by=moderator, seen=None)
    with transaction() as session:
        away.add(session, second, starts_on=ON, ends_on=ON + timedelta(days=1), by=second, at=AT, on=ON)
    with pytest.raises(Refusal, match="Seb Second is away until 23 November 2026"):
        reassign(claimed, second, by=moderator, seen=assessor.id)
    assert claimed.assessor_id == assessor.id


def test_once_a_level_is_recommended_a_case_stays(recommended: Review, second: User, moderator: User) -> None:
    with pytest.raises(Refusal, match="A level is recommended or decided"):
        reassign(recommended, second, by=moderator, seen=recommended.assessor_id)
