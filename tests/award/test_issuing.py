"""Awards: numbers in order, one for each assessment, the newest in force, and never one nobody decided."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.award import issuing, numbering
from charter.award.issuing import last_day
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.database import writing
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

DAY = date(2026, 11, 22)


def decided(session: Session, organisation_id: UUID, framework_id: UUID, **values: object) -> Assessment:
    assessment = Assessment(
        **{
            "organisation_id": organisation_id,
            "framework_id": framework_id,
            "target_level": 1,
            "status": AssessmentStatus.DECIDED,
            "round": 1,
            "started_at": AT,
            "submitted_at": AT,
            "decided_at": AT,
            **values,
        }
    )
    session.add(assessment)
    session.flush()
    return assessment


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 11, 22), 24, date(2028, 11, 21)),
        (date(2026, 1, 1), 36, date(2028, 12, 31)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2026, 3, 31), 12, date(2027, 3, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),  # February has no 31st: the month's last day
        (date(2028, 2, 29), 24, date(2030, 2, 28)),
        (date(2026, 2, 28), 24, date(2028, 2, 27)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_an_award_lasts_whole_months_up_to_and_with_its_last_day(first: date, months: int, last: date) -> None:
    assert last_day(first, months) == last


def test_a_later_first_day_never_gives_an_earlier_last_day() -> None:
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(800)]
    ends = [last_day(day, 24) for day in days]
    assert ends == sorted(ends)


def test_an_award_keeps_what_its_certificate_prints_as_it_was_that_day(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    award = make.award(employer, level=2, on=DAY, by=moderator)
    level = make.framework().content.level(2)
    assert level is not None
    assert (award.level, award.name, award.scope, award.county, award.sector, award.size_band) == (
        2,
        employer.name,
        employer.scope,
        employer.county,
        employer.sector,
        employer.size_band,
    )
    assert (award.status, award.starts_on, award.ends_on) == (
        AwardStatus.ACTIVE,
        DAY,
        last_day(DAY, level.valid_months),
    )
    with transaction() as session:
        again = session.get(Organisation, employer.id)
        assert again is not None
        again.name = "Renamed Ltd"
    assert db.session.get(Award, award.id).name == "Teme Valley Orchards Ltd"  # type: ignore[union-attr]


def test_the_number_says_the_year_and_counts_from_one_each_year(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    prefix = make.framework().content.meta.certificate_prefix
    other = make.organisation("Severn Tools Ltd")
    numbers = [
        make.award(employer, on=DAY, by=moderator).number,
        make.award(other, on=DAY, by=moderator).number,
        make.award(employer, on=date(2027, 1, 4), by=moderator).number,
    ]
    printed = [numbering.written(f"{prefix}-{year}", last) for year, last in ((2026, 1), (2026, 2), (2027, 1))]
    assert numbers == printed


def test_the_code_carries_128_bits_and_is_never_the_same(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    codes = {make.award(employer, on=DAY + timedelta(days=number), by=moderator).code for number in range(5)}
    assert {len(code) for code in codes} == {22}
    assert len(codes) == 5


def test_a_newer_award_ends_the_one_before_it(make: Factory, employer: Organisation, moderator: User) -> None:
    older = make.award(employer, level=1, on=DAY, by=moderator)
    newer = make.award(employer, level=2, on=DAY + timedelta(days=30), by=moderator)
    older = db.session.get_one(Award, older.id)
    assert (older.status, older.ended_on) == (AwardStatus.SUPERSEDED, newer.starts_on)
    assert newer.number in older.end_reason
    day_before = newer.starts_on - timedelta(days=1)
    assert [award.is_valid_on(day_before) for award in (older, newer)] == [True, False]
    assert [award.is_valid_on(newer.starts_on) for award in (older, newer)] == [False, True]


def test_an_award_that_ran_out_stays_expired_when_a_new_one_comes(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, on=date(2020, 1, 1), by=moderator)
    make.award(employer, on=DAY, by=moderator)
    older = db.session.get_one(Award, older.id)
    assert (older.status, older.ended_on) == (AwardStatus.ACTIVE, None)


@pytest.mark.parametrize(
    ("first", "second", "gap", "kind"),
    [
        (1, 1, 30, EngagementKind.RENEWED),
        (2, 1, 30, EngagementKind.RENEWED),
        (1, 2, 30, EngagementKind.ACCREDITED),
        (1, 1, 4000, EngagementKind.ACCREDITED),  # it had run out long before
    ],
)
def test_it_counts_as_renewed_when_the_level_was_held_until_then(
    make: Factory, employer: Organisation, moderator: User, first: int, second: int, gap: int, kind: EngagementKind
) -> None:
    make.award(employer, level=first, on=DAY, by=moderator)
    make.award(employer, level=second, on=DAY + timedelta(days=gap), by=moderator)
    noted = db.session.scalars(sa.select(Engagement).order_by(Engagement.on)).all()
    assert [(one.kind, one.level) for one in noted] == [(EngagementKind.ACCREDITED, first), (kind, second)]


def test_an_award_renewed_on_the_day_after_its_last_was_held_until_then(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    older = make.award(employer, on=DAY, by=moderator)
    make.award(employer, on=older.ends_on + timedelta(days=1), by=moderator)
    kinds = db.session.scalars(sa.select(Engagement.kind).order_by(Engagement.on)).all()
    assert kinds == [EngagementKind.ACCREDITED, EngagementKind.RENEWED]


def test_an_assessment_gets_one_award(make: Factory, employer: Organisation, moderator: User) -> None:
    award = make.award(employer, by=moderator)
    assessment = db.session.get_one(Assessment, award.assessment_id)
    with pytest.raises(Refusal, match="already has its award"), transaction() as session:
        issuing.issue(session, assessment, level=1, headcount=None, by=moderator, at=AT, on=DAY)


@pytest.mark.parametrize("status", ["draft", "more_information", "withdrawn"])
def test_an_assessment_that_nobody_could_decide_gets_no_award(
    make: Factory, employer: Organisation, moderator: User, status: str
) -> None:
    with transaction() as session:
        assessment = decided(
            session, employer.id, make.framework().id, status=AssessmentStatus(status), decided_at=None
        )
    with pytest.raises(Refusal, match="You cannot make an award"), transaction() as session:
        issuing.issue(session, assessment, level=1, headcount=None, by=moderator, at=AT, on=DAY)


@pytest.mark.parametrize("level", [0, -1, 99])
def test_a_level_that_the_charter_does_not_have_is_refused(
    make: Factory, employer: Organisation, moderator: User, level: int
) -> None:
    with transaction() as session:
        assessment = decided(session, employer.id, make.framework().id)
    with pytest.raises(Refusal, match="Choose one of the levels"), transaction() as session:
        issuing.issue(session, assessment, level=level, headcount=None, by=moderator, at=AT, on=DAY)


def test_revoking_ends_the_award_and_tells_the_owners_why(
    make: Factory, employer: Organisation, owner: User, colleague: User, moderator: User
) -> None:
    award = make.award(employer, level=1, on=DAY, by=moderator)
    with transaction() as session:
        again = session.get_one(Award, award.id)
        issuing.revoke(session, again, reason=" Wages were not paid. ", by=moderator, at=AT, on=DAY)
    award = db.session.get_one(Award, award.id)
    assert (award.status, award.ended_on, award.end_reason) == (AwardStatus.REVOKED, DAY, "Wages were not paid.")
    assert not award.is_valid_on(DAY)
    messages = db.session.scalars(sa.select(Message)).all()
    assert [message.to_user_id for message in messages] == [owner.id]
    assert "Wages were not paid." in messages[0].body


def test_who_has_an_interest_in_the_employer_does_not_revoke_its_award(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    award = make.award(employer, level=1, on=DAY, by=moderator)
    with transaction() as session:
        interests.declare(session, employer, reason="A rival of mine.", by=moderator, at=AT)
    session, award = db.session, db.session.get_one(Award, award.id)
    for deed in (
        lambda: issuing.revoke(session, award, reason="Wages were not paid.", by=moderator, at=AT, on=DAY),
        lambda: issuing.open_review(session, award, reason="A complaint.", by=moderator, at=AT),
        lambda: issuing.reinstate(session, award, reason="All is well.", by=moderator, at=AT),
    ):
        with pytest.raises(Refusal, match="You declared an interest in this employer"):
            deed()
    assert award.status is AwardStatus.ACTIVE


def test_an_award_under_review_stays_valid_and_can_be_reinstated_or_revoked(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    award = make.award(employer, on=DAY, by=moderator)
    for step, status in (
        (issuing.open_review, AwardStatus.UNDER_REVIEW),
        (issuing.reinstate, AwardStatus.ACTIVE),
        (issuing.open_review, AwardStatus.UNDER_REVIEW),
    ):
        with transaction() as session:
            again = session.get_one(Award, award.id)
            step(session, again, reason="A complaint.", by=moderator, at=AT)
        award = db.session.get_one(Award, award.id)
        assert (award.status, award.is_valid_on(DAY)) == (status, True)
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="Upheld.", by=moderator, at=AT, on=DAY)
    assert not db.session.get_one(Award, award.id).is_valid_on(DAY)


def test_an_award_that_ended_cannot_be_taken_back_again(make: Factory, employer: Organisation, moderator: User) -> None:
    award = make.award(employer, on=DAY, by=moderator)
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="One.", by=moderator, at=AT, on=DAY)
    with pytest.raises(Refusal, match="cannot revoke an award that is revoked"), transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="Two.", by=moderator, at=AT, on=DAY)


def test_taking_an_award_back_needs_a_reason(make: Factory, employer: Organisation, moderator: User) -> None:
    award = make.award(employer, on=DAY, by=moderator)
    with pytest.raises(Refusal, match="Give the reason"), transaction() as session:
        issuing.revoke(session, session.get_one(Award, award.id), reason="  ", by=moderator, at=AT, on=DAY)


def test_each_step_is_on_the_trail_of_its_assessment(make: Factory, employer: Organisation, moderator: User) -> None:
    award = make.award(employer, on=DAY, by=moderator)
    with transaction() as session:
        again = session.get_one(Award, award.id)
        issuing.open_review(session, again, reason="A complaint.", by=moderator, at=AT)
        issuing.reinstate(session, again, reason="It was unfounded.", by=moderator, at=AT)
    newer = make.award(employer, on=DAY + timedelta(days=1), by=moderator)
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, newer.id), reason="x", by=moderator, at=AT, on=DAY)
    assert [event.action for event in audit.timeline(db.session, award.assessment_id)] == [
        "award:issue",
        "award:review",
        "award:reinstate",
        "award:supersede",
    ]
    assert [event.action for event in audit.timeline(db.session, newer.assessment_id)] == [
        "award:issue",
        "award:revoke",
    ]
    assert audit.verify(db.session).sound


# Many at once --------------------------------------------------------------------------------------------------------


@contextmanager
def own_transaction(engine: sa.Engine) -> Iterator[Session]:
    with writing(), sessionmaker(engine, expire_on_commit=False)() as session:
        yield session
        audit.seal(session)
        session.commit()


def test_eight_who_issue_ten_awards_each_at_once_leave_no_gap_and_no_double(
    make: Factory, engine: sa.Engine, moderator: User
) -> None:
    framework_id, moderator_id = make.framework().id, moderator.id
    waiting: list[list[UUID]] = [[] for _ in range(8)]
    organisations = [make.organisation(f"Employer {number}").id for number in range(80)]
    with transaction() as session:
        for number, organisation_id in enumerate(organisations):
            waiting[number % 8].append(decided(session, organisation_id, framework_id).id)

    def issue_all(assessments: list[UUID]) -> list[str]:
        numbers = []
        for assessment_id in assessments:
            with own_transaction(engine) as session:
                assessment, by = session.get_one(Assessment, assessment_id), session.get_one(User, moderator_id)
                award = issuing.issue(session, assessment, level=1, headcount=None, by=by, at=AT, on=DAY)
                numbers.append(award.number)
        return numbers

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for found in pool.map(issue_all, waiting) for number in found]
    prefix = make.framework().content.meta.certificate_prefix
    assert sorted(numbers) == [numbering.written(f"{prefix}-2026", number) for number in range(1, 81)]
    assert audit.verify(db.session).sound


def test_two_who_issue_for_one_assessment_at_once_make_one_award(
    make: Factory, engine: sa.Engine, employer: Organisation, moderator: User
) -> None:
    moderator_id = moderator.id
    with transaction() as session:
        assessment_id = decided(session, employer.id, make.framework().id).id

    def issue_one(_: int) -> str:
        try:
            with own_transaction(engine) as session:
                assessment, by = session.get_one(Assessment, assessment_id), session.get_one(User, moderator_id)
                issuing.issue(session, assessment, level=1, headcount=None, by=by, at=AT, on=DAY)
        except Refusal as refusal:
            return str(refusal)
        return "issued"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(issue_one, range(4)))
    assert outcomes == ["This assessment already has its award."] * 3 + ["issued"]
    numbers = db.session.scalars(sa.select(Award.number)).all()
    assert [number.split("-")[2] for number in numbers] == ["000001"]


def test_a_decision_that_is_undone_gives_its_number_back(
    make: Factory, employer: Organisation, moderator: User
) -> None:
    def fail_after_issuing() -> None:
        with transaction() as session:
            assessment = decided(session, employer.id, make.framework().id)
            issuing.issue(session, assessment, level=1, headcount=None, by=moderator, at=AT, on=DAY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_issuing()
    assert make.award(employer, by=moderator).number.split("-")[2] == "000001"
