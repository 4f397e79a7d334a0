"""Which cases get a second look: always, by a lot that is drawn once, or because the assessor is not sure."""

import hashlib
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.audit import AuditEvent
from charter.clock import today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.review import moderation, recommendation
from charter.review.handing_out import queue
from charter.review.models import Review
from charter.review.second import sampling
from charter.review.second.second_models import Doubt, SampleDraw, SampleShare
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory


def set_share(percent: int, by: User) -> None:
    with transaction() as session:
        sampling.set_share(session, percent, by=by, at=AT)


def recommend(review: Review, by: User, *, unsure: str | None = None, seed: str | None = None, level: int = 1) -> None:
    with transaction() as session:
        recommendation.recommend(
            session,
            review,
            level=level,
            reasons="It is all in place.",
            unsure=unsure,
            by=by,
            at=AT,
            on=AT.date(),
            seed=seed,
        )


def lots() -> list[SampleDraw]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(SampleDraw)))


def test_where_nobody_set_a_share_no_case_is_drawn(found: Review, assessor: User) -> None:
    recommend(found, assessor)
    (lot,) = lots()
    assert (lot.percent, lot.drawn) == (0, False)
    assert not sampling.why(db.session, found)


@pytest.mark.parametrize(("percent", "drawn"), [(0, False), (100, True)])
def test_of_no_case_none_and_of_every_case_each_is_drawn(
    found: Review, assessor: User, administrator: User, percent: int, drawn: bool
) -> None:
    set_share(percent, administrator)
    recommend(found, assessor)
    assert [lot.drawn for lot in lots()] == [drawn]
    assert sampling.why(db.session, found).words == (("drawn by lot",) if drawn else ())


def test_anybody_can_work_a_lot_out_again(found: Review, assessor: User, administrator: User) -> None:
    set_share(37, administrator)
    recommend(found, assessor)
    (lot,) = lots()
    number = int(hashlib.sha256(f"{lot.seed}:{found.id}".encode()).hexdigest(), 16) % 10_000
    assert (lot.value, lot.drawn, lot.percent) == (number, number < 3700, 37)
    (event,) = [one for one in audit.timeline(db.session, found.assessment_id) if one.action == "case:draw"]
    assert event.details == {"seed": lot.seed, "percent": 37, "value": lot.value, "drawn": lot.drawn}


def test_a_lot_is_new_for_each_case_so_that_nobody_knows_it_beforehand(
    make: Factory, found: Review, assessor: User, moderator: User
) -> None:
    recommend(found, assessor)
    employer = make.organisation("Second Ltd")
    owner = make.member(employer, "Olga Owner")
    other = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    recommend(make.found(make.claimed(other, by=assessor), by=assessor), assessor)
    assert len({lot.seed for lot in lots()}) == 2


def test_sending_back_and_recommending_again_draws_no_new_lot(
    found: Review, assessor: User, moderator: User, administrator: User
) -> None:
    recommend(found, assessor, seed="first")
    (before,) = [(lot.id, lot.seed, lot.drawn) for lot in lots()]
    with transaction() as session:
        moderation.send_back(session, found, reasons="Look again.", by=moderator, at=AT)
    set_share(100, administrator)
    recommend(found, assessor, seed="second")
    assert [(lot.id, lot.seed, lot.drawn) for lot in lots()] == [before]


def test_the_share_of_cases_drawn_comes_near_to_the_share_set() -> None:
    numbers = [sampling.value("seed", UUID(int=number)) for number in range(4000)]
    assert 0.18 < sum(sampling.is_drawn(number, 20) for number in numbers) / 4000 < 0.22
    assert all(0 <= number < 10_000 for number in numbers)
    assert not any(sampling.is_drawn(number, 0) for number in numbers)
    assert all(sampling.is_drawn(number, 100) for number in numbers)


def test_a_level_that_is_always_looked_at_draws_no_lot(session: Session, highest: Review, assessor: User) -> None:
    with transaction() as session:
        assert sampling.draw(session, highest, by=assessor, at=AT) is None
    assert sampling.why(db.session, highest).words == ("every case for this level",)


def test_an_assessor_who_is_not_sure_says_why_and_the_case_gets_a_second_look(found: Review, assessor: User) -> None:
    recommend(found, assessor, unsure="Is a verbal promise enough here?")
    (kept,) = db.session.scalars(sa.select(Doubt))
    assert (kept.reason, kept.by_id) == ("Is a verbal promise enough here?", assessor.id)
    assert sampling.why(db.session, found).words == ("not sure",)
    (row,) = queue.find(db.session, queue.Asked(), on=today()).rows
    assert row.closely == sampling.Why(always=False, drawn=False, unsure=True)
    (event,) = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "case:doubt"))
    assert event.details == {}


@pytest.mark.parametrize(("said", "message"), [("  ", "Say what you are not sure about"), ("x" * 2001, "2,000")])
def test_a_doubt_without_words_or_with_too_many_leaves_the_case_with_its_assessor(
    found: Review, assessor: User, said: str, message: str
) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        recommend(found, assessor, unsure=said)
    assert refused.value.field == "doubt"
    assert (found.status, lots()) == (ReviewStatus.IN_REVIEW, [])


def test_every_share_is_kept_with_who_set_it_and_when(administrator: User) -> None:
    set_share(20, administrator)
    set_share(35, administrator)
    assert sampling.share(db.session, at=AT) == 35
    assert [(one.percent, one.set_by) for one in sampling.history(db.session)] == [
        (35, administrator),
        (20, administrator),
    ]
    events = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "sample:set-share").order_by(AuditEvent.sequence)
    )
    assert [one.details for one in events] == [{"before": 0, "percent": 20}, {"before": 20, "percent": 35}]


def test_the_same_share_sent_twice_is_set_once(administrator: User) -> None:
    set_share(20, administrator)
    with pytest.raises(Refusal, match="20 in 100 already"):
        set_share(20, administrator)
    assert db.session.scalar(sa.select(sa.func.count(SampleShare.id))) == 1


@pytest.mark.parametrize("percent", [-1, 101])
def test_what_is_no_share_is_refused(administrator: User, percent: int) -> None:
    with pytest.raises(Refusal, match="from 0 to 100"):
        set_share(percent, administrator)
