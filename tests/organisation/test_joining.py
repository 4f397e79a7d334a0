"""An employer joins, and keeps its details up to date."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.organisation import joining, numbers
from charter.organisation.engagement import Engagement, EngagementKind
from charter.organisation.joining import Details, Place
from charter.organisation.models import MemberRole, Membership, Organisation, Scope
from tests.conftest import AT


@pytest.fixture
def owner(session: Session) -> User:
    return person(session, "olive@example.org")


def person(session: Session, email: str) -> User:
    user = User(email=email, name="Olive Owner", role=Role.EMPLOYER, created_at=AT)
    session.add(user)
    session.flush()
    return user


def register(session: Session, by: User, *, at: datetime = AT, **values: Any) -> Organisation:
    details: dict[str, Any] = {
        "name": "Teme Valley Orchards",
        "county": "worcestershire",
        "district": None,
        "size_band": "small",
        "sector": "A",
        "company_number": None,
        "charity_number": None,
        "website": None,
        "about": None,
        "scope": Scope.WHOLE,
        "listed": True,
        **values,
    }
    sites = details.pop("sites", ())
    return joining.register(session, Details(**details), sites=sites, by=by, at=at, on=local_date(at))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("01234567", "01234567"),
        ("1234567", "01234567"),
        (" oc 123 456 ", "OC123456"),
        ("sc123456", "SC123456"),
        ("NI012345", "NI012345"),
        ("RS007654", "RS007654"),
        ("R0001234", "R0001234"),
        ("", None),
        (None, None),
    ],
)
def test_a_company_number_is_kept_as_companies_house_writes_it(typed: str | None, stored: str | None) -> None:
    assert numbers.company_number(typed) == stored


@pytest.mark.parametrize("typed", ["123456", "123456789", "ABC12345", "O1234567", "OC12345", "١٢٣٤٥٦٧٨", "none"])
def test_what_cannot_be_a_company_number_is_refused_on_its_field(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        numbers.company_number(typed)
    assert refused.value.field == "company_number"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("212345", "212345"), ("1 123 456", "1123456"), ("sc012345", "SC012345"), ("101234", "101234")],
)
def test_a_charity_number_fits_one_of_the_three_regulators(typed: str, stored: str) -> None:
    assert numbers.charity_number(typed) == stored


@pytest.mark.parametrize("typed", ["12345", "12345678", "SC112345", "SC12345"])
def test_what_cannot_be_a_charity_number_is_refused_on_its_field(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        numbers.charity_number(typed)
    assert refused.value.field == "charity_number"


@pytest.mark.parametrize(("typed", "stored"), [("wr13ex", "WR1 3EX"), ("HR4 9 AR", "HR4 9AR"), ("", None)])
def test_a_postcode_gets_its_space_and_capitals(typed: str, stored: str | None) -> None:
    assert numbers.postcode(typed) == stored


@pytest.mark.parametrize("typed", ["WR1", "3EX WR1", "WR1 3E", "12345"])
def test_what_cannot_be_a_postcode_is_refused_on_its_field(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        numbers.postcode(typed)
    assert refused.value.field == "postcode"


def test_whoever_registers_an_employer_is_its_owner_and_the_board_can_count_it(session: Session, owner: User) -> None:
    made = register(session, owner, sites=[Place("Barn", "Tenbury", "wr158bb", "worcestershire")])
    session.flush()
    membership = session.scalars(sa.select(Membership)).one()
    assert (membership.organisation_id, membership.user_id, membership.role) == (made.id, owner.id, MemberRole.OWNER)
    engaged = session.scalars(sa.select(Engagement)).one()
    assert (engaged.kind, engaged.on) == (EngagementKind.REGISTERED, date(2026, 11, 22))
    assert engaged.county == "worcestershire"
    assert [(site.name, site.postcode) for site in made.sites] == [("Barn", "WR15 8BB")]
    assert made.listed_at == AT
    audit.seal(session)
    assert session.scalars(sa.select(audit.AuditEvent.action)).all() == ["organisation:register"]


def test_an_employer_that_is_not_listed_never_agreed_to_be(session: Session, owner: User) -> None:
    assert register(session, owner, listed=False).listed_at is None


def test_a_number_that_another_employer_has_is_refused_with_the_way_out(session: Session, owner: User) -> None:
    register(session, owner, company_number="01234567", charity_number="1123456")
    for field, number in [("company_number", "1234567"), ("charity_number", "1123456")]:
        with pytest.raises(Refusal, match="Ask to join it, or write to us") as refused:
            register(session, owner, **{field: number})
        assert refused.value.field == field


def test_two_sole_traders_without_numbers_may_both_join(session: Session, owner: User) -> None:
    register(session, owner)
    register(session, person(session, "tom@example.org"))
    assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 2


@pytest.mark.parametrize("numbers", [{}, {"company_number": "1234567", "charity_number": "1123456"}])
def test_the_same_form_sent_twice_adds_one_employer(session: Session, owner: User, numbers: dict[str, str]) -> None:
    made = register(session, owner, **numbers)
    assert register(session, owner, at=AT + timedelta(minutes=5), **numbers) is made
    kinds = session.scalars(sa.select(Engagement.kind)).all()
    assert kinds == [EngagementKind.REGISTERED]


def test_another_name_or_another_day_is_another_employer(session: Session, owner: User) -> None:
    made = register(session, owner)
    assert register(session, owner, name="Teme Valley Cider") is not made
    assert register(session, owner, at=AT + timedelta(days=1)) is not made


def change(session: Session, organisation: Organisation, by: User, version: int, **values: Any) -> None:
    details: dict[str, Any] = {
        name: getattr(organisation, name)
        for name in (
            "name",
            "county",
            "district",
            "size_band",
            "sector",
            "company_number",
            "charity_number",
            "website",
            "about",
            "scope",
            "listed",
        )
    }
    joining.change(session, organisation, Details(**(details | values)), version=version, by=by, at=AT)


def test_a_change_names_the_version_that_was_seen(session: Session, owner: User) -> None:
    made = register(session, owner)
    session.flush()
    change(session, made, owner, made.version, name="Teme Orchards")
    session.flush()
    assert (made.name, made.version) == ("Teme Orchards", 2)
    with pytest.raises(Stale) as stale:
        change(session, made, owner, 1, name="Another name")
    assert stale.value.current is made
    assert made.name == "Teme Orchards"


def test_a_change_keeps_the_employers_own_number(session: Session, owner: User) -> None:
    made = register(session, owner, company_number="01234567")
    change(session, made, owner, made.version, about="We grow apples.")
    assert (made.company_number, made.about) == ("01234567", "We grow apples.")


def test_leaving_the_public_list_forgets_when_it_was_agreed(session: Session, owner: User) -> None:
    made = register(session, owner)
    session.flush()
    change(session, made, owner, made.version, listed=False)
    assert (made.listed, made.listed_at) == (False, None)
