"""Interests that staff declare: also of employers to come, and how they end."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.interests import EndedInterest, InterestToCome
from charter.organisation.models import Conflict, InterestKind, Organisation
from tests.conftest import AT
from tests.factories import Factory


def declare(employer: Organisation, by: User, **more: Any) -> Conflict:
    with transaction() as session:
        return interests.declare(session, employer, **{"reason": "I worked there."} | more, by=by, at=AT)


def to_come(by: User, name: str = "Wye Joiners Ltd", number: str | None = None) -> InterestToCome:
    with transaction() as session:
        return interests.declare_to_come(
            session,
            name=name,
            company_number=number,
            reason="I worked there.",
            kind=InterestKind.FORMER_EMPLOYER,
            since=date(2019, 3, 1),
            by=by,
            at=AT,
        )


def bind(employer: Organisation) -> list[Conflict]:
    with transaction() as session:
        return interests.bind(session, session.get_one(Organisation, employer.id), at=AT + timedelta(days=9))


def test_an_interest_has_a_kind_and_a_first_day_that_is_not_to_come(employer: Organisation, assessor: User) -> None:
    with pytest.raises(Refusal, match="cannot be after today"):
        declare(employer, assessor, since=date(2026, 11, 23))
    kept = declare(employer, assessor, since=date(2020, 1, 1), kind=InterestKind.FORMER_EMPLOYER)
    assert (kept.since, kept.kind.label) == (date(2020, 1, 1), "I used to work there")


@pytest.mark.parametrize(
    ("name", "number"), [("WYE JOINERS LIMITED", None), ("The Wye-Joiners", None), ("Another", "01234567")]
)
def test_an_interest_to_come_binds_by_name_or_number_with_the_day_it_was_declared(
    make: Factory, assessor: User, name: str, number: str | None
) -> None:
    to_come(assessor, number="1234567")
    (made,) = bind(make.organisation(name, company_number=number))
    assert (made.user_id, made.declared_at, made.kind, made.since) == (
        assessor.id,
        AT,
        InterestKind.FORMER_EMPLOYER,
        date(2019, 3, 1),
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InterestToCome)) == 0


def test_another_employer_binds_nothing(make: Factory, assessor: User) -> None:
    to_come(assessor, number="1234567")
    assert bind(make.organisation("Wye Bakers Ltd", company_number="07654321")) == []


def test_an_employer_that_is_here_must_be_chosen_and_twice_is_once(employer: Organisation, assessor: User) -> None:
    with pytest.raises(Refusal, match=r"has registered\. Search for it"):
        to_come(assessor, employer.name)
    assert to_come(assessor).id == to_come(assessor, "wye joiners").id


def test_an_interest_ends_only_when_somebody_else_of_the_leads_agrees(
    make: Factory, employer: Organisation, assessor: User, moderator: User
) -> None:
    kept = declare(employer, assessor)
    with pytest.raises(Refusal, match="Nobody has asked"), transaction() as session:
        interests.agree_to_end(session, kept, by=moderator, at=AT)
    with pytest.raises(Refusal, match="Only the person who declared"), transaction() as session:
        interests.ask_to_end(session, kept, because="It ended.", by=moderator, at=AT)
    with transaction() as session:
        interests.ask_to_end(session, kept, because="My sister left.", by=assessor, at=AT)
    assert interests.why_not(db.session, assessor, employer.id, "do it") is not None, "it stands until then"
    for nobody in (assessor, make.staff("assessor", "Ann Other")):
        with pytest.raises(Refusal, match="Another moderator or administrator"), transaction() as session:
            interests.agree_to_end(session, kept, by=nobody, at=AT)
    with transaction() as session:
        interests.agree_to_end(session, kept, by=moderator, at=AT)
    assert interests.why_not(db.session, assessor, employer.id, "do it") is None
    ended = db.session.scalars(sa.select(EndedInterest)).one()
    assert (ended.user_id, ended.because, ended.ended_by_id) == (assessor.id, "My sister left.", moderator.id)


def test_a_lead_does_not_end_their_own_nor_one_in_an_employer_of_their_own_interest(
    make: Factory, employer: Organisation, moderator: User, administrator: User
) -> None:
    own, other = declare(employer, moderator), declare(employer, administrator)
    for one, person in ((own, moderator), (other, administrator)):
        with transaction() as session:
            interests.ask_to_end(session, one, because="It ended.", by=person, at=AT)
    with pytest.raises(Refusal, match="Another moderator"), transaction() as session:
        interests.agree_to_end(session, own, by=moderator, at=AT)
    with pytest.raises(Refusal, match="You have an interest in this employer too"), transaction() as session:
        interests.agree_to_end(session, own, by=administrator, at=AT)


def test_an_end_that_is_refused_leaves_the_interest_and_says_why(
    employer: Organisation, assessor: User, moderator: User
) -> None:
    kept = declare(employer, assessor)
    with transaction() as session:
        interests.ask_to_end(session, kept, because="It ended.", by=assessor, at=AT)
    with transaction() as session:
        interests.refuse_to_end(session, kept, because="You still do their books.", by=moderator, at=AT)
    assert (kept.kept_because, kept.end_asked_at) == ("You still do their books.", None)
    assert employer.id in interests.of(assessor)
