"""What is remembered is what would be counted now: it is forgotten when something happens that could change it."""

from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.award import issuing, register
from charter.award.models import Award
from charter.extensions import db, transaction
from charter.memory import Memory
from charter.organisation import joining
from charter.organisation.models import Organisation
from charter.orm import Base
from tests.conftest import AT
from tests.factories import Factory

DAY = date(2026, 11, 22)


def test_an_answer_is_kept_until_something_happens_to_what_it_is_of(make: Factory, moderator: User) -> None:
    memory, worked = Memory(), list[str]()

    def ask(question: str, *of: type[Base]) -> int:
        def work() -> int:
            worked.append(question)
            return len(worked)

        return memory.recall(db.session, question, of, work)

    employer = make.organisation("First Ltd")
    owner = make.member(employer, "Olive Owner")
    make.award(employer, on=DAY, by=moderator)
    assert [ask("awards", Award), ask("awards", Award)] == [1, 1]
    make.assessment(employer, by=owner)
    assert ask("awards", Award) == 1, "an assessment is no award"
    assert ask("both", Award, Assessment) == 2, "each question has an answer of its own"
    make.award(make.organisation("Second Ltd"), on=DAY, by=moderator)
    assert [ask("awards", Award), ask("both", Award, Assessment)] == [3, 4]
    assert worked == ["awards", "both", "awards", "both"]


def test_what_no_event_tells_of_is_never_remembered(make: Factory) -> None:
    memory, answers = Memory(), iter([1, 2])
    asked = [memory.recall(db.session, "awards", (Award,), lambda: next(answers)) for _ in range(2)]
    assert asked == [1, 2]


def test_a_remembered_total_is_the_total(make: Factory, moderator: User) -> None:
    memory = Memory()
    for number in (1, 2, 3):
        make.award(make.organisation(f"Employer {number}"), on=DAY, by=moderator)
        for _ in range(2):
            assert register.total(db.session, on=DAY, memory=memory) == {1: number}
            assert register.search(db.session, register.Search(), page=1, on=DAY, memory=memory).total == number
    assert register.total(db.session, on=date(2020, 1, 1), memory=memory) == {}


def test_a_remembered_page_shows_at_once_what_became_of_an_award_or_an_employer(make: Factory, moderator: User) -> None:
    memory = Memory()

    def named(on: date = DAY) -> list[str]:
        found = register.search(db.session, register.Search(), page=1, on=on, memory=memory)
        return [entry.name for entry in found.entries]

    employer = make.organisation("First Ltd")
    owner = make.member(employer, "Olive Owner")
    make.award(employer, on=DAY, by=moderator)
    taken = make.award(make.organisation("Second Ltd"), on=DAY, by=moderator)
    assert named() == named() == ["First Ltd", "Second Ltd"]
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, taken.id), reason="x", by=moderator, at=AT, on=DAY)
    assert named() == ["First Ltd"]
    last = db.session.scalars(sa.select(sa.func.max(Award.ends_on))).one()
    assert [named(last), named(last + timedelta(days=1))] == [["First Ltd"], []], "each day has an answer of its own"
    details = joining.Details(
        name="Renamed Ltd",
        county=employer.county,
        district="",
        size_band=employer.size_band,
        sector=employer.sector,
        company_number="",
        charity_number="",
        website="",
        about="",
        scope=employer.scope,
        listed=True,
    )
    for now, shown in ((details, ["Renamed Ltd"]), (replace(details, listed=False), [])):
        with transaction() as session:
            here = session.get_one(Organisation, employer.id)
            joining.change(session, here, now, version=here.version, by=owner, at=AT)
        assert named() == shown
