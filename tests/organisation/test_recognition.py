"""The schemes an employer already holds: what may be stated, and who may check it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.errors import Refusal
from charter.framework.content import Passport
from charter.organisation import interests, recognition
from charter.organisation.models import MemberRole, Membership, Organisation, Recognition, RecognitionStatus
from tests.reporting.history import History

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def history(session: Session) -> History:
    return History(session)


@pytest.fixture
def clerk(history: History) -> User:
    return history.clerk


@pytest.fixture
def employer(history: History) -> Organisation:
    return history.employer()


@pytest.fixture
def lead(session: Session, clerk: User) -> User:
    """Somebody who works for the employer, not for the scheme."""
    found = User(
        email="lena@example.org", name="Lena Lead", role=Role.EMPLOYER, password_hash=None, created_at=AT,
        email_confirmed_at=AT, disabled_at=None,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


@pytest.fixture
def passport(history: History) -> Passport:
    """A scheme with levels whose certificate has a number and a last day."""
    return next(
        one for one in history.content.passports if one.level and {"reference_number", "expiry_date"} <= {*one.needs}
    )


@pytest.fixture
def facts(history: History, passport: Passport, clerk: User) -> dict[str, Any]:
    """An award that may be stated."""
    return {
        "scheme": passport.scheme,
        "level": passport.level,
        "reference": "DCS012345",
        "county": history.county,
        "starts_on": date(2025, 6, 1),
        "ends_on": date(2028, 5, 31),
        "by": clerk,
        "at": AT,
    }


def test_an_award_is_kept_with_the_dates_on_its_certificate_and_unchecked(
    session: Session, employer: Organisation, facts: dict[str, Any]
) -> None:
    stated = recognition.state(session, employer, **{**facts, "reference": "  DCS012345 "})
    audit.seal(session)
    session.flush()
    found = session.get_one(Recognition, stated.id)
    assert (found.organisation_id, found.scheme, found.level) == (employer.id, facts["scheme"], facts["level"])
    assert (found.reference, found.county) == ("DCS012345", facts["county"])
    assert (found.starts_on, found.ends_on) == (facts["starts_on"], facts["ends_on"])
    assert (found.stated_at, found.checked_at, found.checked_by_id) == (AT, None, None)
    assert session.scalars(sa.select(audit.AuditEvent.action)).all() == ["recognition:state"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scheme": "no-such-scheme"}, "scheme"),
        ({"level": "no such level"}, "level"),
        ({"level": None}, "level"),
        ({"reference": "  "}, "reference"),
        ({"reference": None}, "reference"),
        ({"reference": "x" * 65}, "reference"),
        ({"county": "nowhere"}, "county"),
        ({"starts_on": date(2026, 11, 23)}, "starts_on"),
        ({"ends_on": None}, "ends_on"),
        ({"ends_on": date(2025, 6, 1)}, "ends_on"),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused_beside_its_field(
    session: Session, employer: Organisation, facts: dict[str, Any], wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        recognition.state(session, employer, **{**facts, **wrong})
    assert refused.value.field == field
    assert session.scalar(sa.select(sa.func.count(Recognition.id))) == 0


def test_a_scheme_without_levels_numbers_or_a_last_day_asks_for_none(
    session: Session, history: History, employer: Organisation, facts: dict[str, Any]
) -> None:
    plain = next(one for one in history.content.passports if set(one.needs) == {"award_date"} and one.level is None)
    facts |= {"scheme": plain.scheme, "level": "", "reference": "", "ends_on": None}
    stated = recognition.state(session, employer, **facts)
    assert (stated.level, stated.reference, stated.ends_on) == (None, None, None)
    with pytest.raises(Refusal, match="already"):
        recognition.state(session, employer, **facts)


def test_the_same_award_is_stated_once_and_its_renewal_again(
    session: Session, employer: Organisation, history: History, facts: dict[str, Any]
) -> None:
    recognition.state(session, employer, **facts)
    with pytest.raises(Refusal, match="already"):
        recognition.state(session, employer, **facts)
    recognition.state(session, employer, **{**facts, "starts_on": date(2026, 6, 1)})
    recognition.state(session, history.employer(), **facts)
    assert session.scalar(sa.select(sa.func.count(Recognition.id))) == 3


def test_somebody_checks_it_once(session: Session, employer: Organisation, facts: dict[str, Any], clerk: User) -> None:
    stated = recognition.state(session, employer, **facts)
    recognition.check(session, stated, by=clerk, at=AT)
    audit.seal(session)
    assert (stated.checked_at, stated.checked_by_id) == (AT, clerk.id)
    with pytest.raises(Refusal, match="already been checked"):
        recognition.check(session, stated, by=clerk, at=AT)
    actions = session.scalars(sa.select(audit.AuditEvent.action).order_by(audit.AuditEvent.sequence)).all()
    assert actions == ["recognition:state", "recognition:check"]


def test_nobody_checks_the_awards_of_their_own_employer(
    session: Session, employer: Organisation, facts: dict[str, Any], clerk: User
) -> None:
    session.add(Membership(organisation_id=employer.id, user_id=clerk.id, role=MemberRole.CONTRIBUTOR, joined_at=AT))
    stated = recognition.state(session, employer, **facts)
    with pytest.raises(Refusal, match="somebody else"):
        recognition.check(session, stated, by=clerk, at=AT)
    assert stated.checked_at is None


def test_a_mistyped_award_is_taken_back_once_and_the_trail_keeps_what_it_said(
    session: Session, employer: Organisation, facts: dict[str, Any], clerk: User
) -> None:
    stated = recognition.state(session, employer, **facts)
    session.flush()
    recognition.take_back(session, stated, by=clerk, at=AT)
    session.flush()
    audit.seal(session)
    assert session.scalars(sa.select(Recognition)).all() == []
    event = session.scalars(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "recognition:take-back")).one()
    assert (event.details["scheme"], event.details["starts_on"]) == (facts["scheme"], "2025-06-01")
    with pytest.raises(Refusal, match="taken back already"):
        recognition.take_back(session, stated, by=clerk, at=AT)
    assert recognition.state(session, employer, **facts).id != stated.id, "it can be told again, as it should be"


def test_an_employer_does_not_take_back_what_was_checked(
    session: Session, employer: Organisation, facts: dict[str, Any], clerk: User, lead: User
) -> None:
    stated = recognition.state(session, employer, **facts)
    recognition.check(session, stated, by=clerk, at=AT)
    session.flush()
    with pytest.raises(Refusal, match="only we can take it back"):
        recognition.take_back(session, stated, by=lead, at=AT)
    with pytest.raises(Refusal, match="Say why") as refused:
        recognition.take_back(session, stated, reason=" ", by=clerk, at=AT)
    assert refused.value.field == "reason"
    recognition.take_back(session, stated, reason="The scheme does not list it.", by=clerk, at=AT)
    session.flush()
    assert session.scalars(sa.select(Recognition)).all() == []
    audit.seal(session)
    event = session.scalars(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "recognition:take-back")).one()
    assert event.details["reason"] == "The scheme does not list it."


def test_staff_do_not_take_back_the_awards_of_their_own_employer(
    session: Session, employer: Organisation, facts: dict[str, Any], clerk: User
) -> None:
    session.add(Membership(organisation_id=employer.id, user_id=clerk.id, role=MemberRole.CONTRIBUTOR, joined_at=AT))
    stated = recognition.state(session, employer, **facts)
    session.flush()
    with pytest.raises(Refusal, match="somebody else must take back"):
        recognition.take_back(session, stated, by=clerk, at=AT)


def test_who_declared_an_interest_neither_checks_nor_turns_down_nor_takes_back_an_award(
    session: Session, employer: Organisation, facts: dict[str, Any], clerk: User
) -> None:
    stated = recognition.state(session, employer, **facts)
    interests.declare(session, employer, reason="My sister works there.", by=clerk, at=AT)
    session.flush()
    for deed, must in (
        (lambda: recognition.check(session, stated, by=clerk, at=AT), "check its awards"),
        (lambda: recognition.decline(session, stated, reason="No proof.", by=clerk, at=AT), "check its awards"),
        (lambda: recognition.take_back(session, stated, reason="Mistyped.", by=clerk, at=AT), "take back its awards"),
    ):
        with pytest.raises(Refusal) as refused:
            deed()
        assert str(refused.value).startswith("You declared an interest in this employer on 22 November 2026")
        assert must in str(refused.value)
    assert stated.status is RecognitionStatus.STATED
