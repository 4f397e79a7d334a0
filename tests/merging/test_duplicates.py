"""Employers that may be here twice are found, without comparing each with each."""

from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.merging import duplicates
from charter.merging.duplicates import Known, Reason, normal
from charter.merging.models import LikelyPair
from charter.organisation import interests
from charter.organisation.models import Conflict, Organisation, Site
from charter.succession import domains
from tests.conftest import AT
from tests.factories import Factory


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Teme Valley Orchards Ltd", "TEME VALLEY ORCHARDS LIMITED"),
        ("The Leadon Garage", "Leadon Garage Co."),
        ("Smith & Sons", "Smith and Sons (UK) Ltd"),
        ("Caffè Ŵy", "Caffe Wy"),
        ("O'Hara Motors", "OHara Motors"),
    ],
)
def test_a_name_is_the_same_without_what_comes_and_goes(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_a_name_of_nothing_else_stays_itself() -> None:
    assert normal("The Company Ltd") == "the company ltd"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://www.temevalley.co.uk/about", "temevalley.co.uk"),
        ("temevalley.co.uk", "temevalley.co.uk"),
        ("olive@temevalley.co.uk", "temevalley.co.uk"),
        ("olive@gmail.com", None),
        ("olive@waitrose.com", None),
        ("https://teme.wordpress.com", None),
        ("olive@worcestershire.nhs.uk", "worcestershire.nhs.uk"),
        ("olive@co.uk", None),
        ("", None),
        (None, None),
        ("nothing", None),
    ],
)
def test_a_domain_is_read_from_websites_and_addresses_unless_anybody_can_have_it(
    address: str | None, found: str | None
) -> None:
    assert duplicates.domain(address) == found


def test_where_anybody_can_have_an_address_is_said_in_one_place() -> None:
    for address in ("gmail.com", "temevalley.co.uk", "mail.temevalley.co.uk", "example.org", "zen.co.uk"):
        own = domains.why_not(address) is None
        assert (duplicates.domain(f"olive@{address}") == address) is own


def known(name: str, *, company: str | None = None, postcodes: str = "", domains: str = "") -> Known:
    return Known(
        uuid7(),
        normal(name),
        "herefordshire",
        company,
        frozenset(postcodes.split("|")) - {""},
        frozenset(domains.split()),
    )


def reasons(*employers: Known) -> set[Reason]:
    found = duplicates.pairs(employers)
    assert all(first < second for first, second in found)
    return set().union(*found.values())


def test_what_two_employers_share_is_named() -> None:
    assert reasons(known("Teme Ltd"), known("Teme Limited")) == {Reason.NAME}
    assert reasons(known("Teme Orchards", postcodes="WR1 1AA"), known("Teme Orchard", postcodes="WR1 1AA")) == {
        Reason.POSTCODE
    }
    assert reasons(known("Teme", postcodes="WR1 1AA"), known("Severn", postcodes="WR1 1AA")) == set()
    assert reasons(known("Teme", domains="teme.co.uk"), known("Severn", domains="teme.co.uk x.org")) == {Reason.DOMAIN}
    near = known("Teme Orchards", company="01234567"), known("Teme Orchards of Worcester", company="01234568")
    assert reasons(*near) == {Reason.COMPANY}
    assert reasons(known("Teme Orchards", company="01234567"), known("Big Bakery", company="01234568")) == set()


def test_a_crowd_costs_no_more_than_its_neighbours() -> None:
    crowd = [
        known(f"Unit {chr(97 + number // 26)}{chr(97 + number % 26)}", domains="park.co.uk") for number in range(300)
    ]
    assert len(duplicates.pairs(crowd)) < len(crowd)


def pairs_there() -> list[tuple[UUID, UUID, list[str]]]:
    db.session.rollback()
    db.session.expire_all()
    return [(one.first_id, one.second_id, one.reasons) for one in db.session.scalars(sa.select(LikelyPair))]


def look() -> int:
    found = duplicates.find(db.session)
    with transaction() as session:
        return duplicates.keep(session, found, at=AT)


def test_the_worker_finds_a_pair_once_and_forgets_one_that_is_none_any_more(
    make: Factory, employer: Organisation, owner: User
) -> None:
    twin = make.organisation("TEME VALLEY ORCHARDS LIMITED")
    for one in (employer, twin):
        with transaction() as session:
            session.add(
                Site(organisation_id=one.id, name="Barn", town="Tenbury", postcode="WR15 8BB", county=one.county)
            )
    for _ in range(2):
        assert look() == 1
        assert pairs_there() == [(*sorted([employer.id, twin.id]), ["name", "postcode"])]
    [pair] = duplicates.waiting(db.session)
    assert {pair.first.name, pair.second.name} == {employer.name, twin.name}
    with transaction() as session:
        session.get_one(Organisation, twin.id).name = "Bakery"
    look()
    assert pairs_there() == []


def test_a_pair_that_somebody_called_two_is_shown_no_more(
    make: Factory, employer: Organisation, administrator: User
) -> None:
    make.organisation("TEME VALLEY ORCHARDS LIMITED")
    look()
    for _ in range(2):
        with transaction() as session:
            duplicates.dismiss(session, session.scalars(sa.select(LikelyPair)).one(), by=administrator, at=AT)
    look()
    assert len(pairs_there()) == 1
    assert duplicates.waiting(db.session) == []


def test_who_has_an_interest_in_one_of_a_pair_does_not_call_them_two(
    make: Factory, employer: Organisation, administrator: User
) -> None:
    twin = make.organisation("TEME VALLEY ORCHARDS LIMITED")
    look()
    pair = db.session.scalars(sa.select(LikelyPair)).one()
    for one in (employer, twin):
        with transaction() as session:
            kept = interests.declare(session, one, reason="My sister works there.", by=administrator, at=AT)
        with pytest.raises(Refusal, match="You declared an interest in this employer"), transaction() as session:
            duplicates.dismiss(session, pair, by=administrator, at=AT)
        with transaction() as session:
            session.delete(session.get_one(Conflict, kept.id))
    assert len(duplicates.waiting(db.session)) == 1


def test_an_employer_is_searched_by_name_and_by_number(make: Factory, employer: Organisation) -> None:
    with transaction() as session:
        session.get_one(Organisation, employer.id).company_number = "01234567"
    make.organisation("50% Off Ltd")
    for text, found in (("teme", [employer.id]), ("0123 4567", [employer.id]), ("", []), ("%", 1), ("_", [])):
        got = [one.id for one in duplicates.search(db.session, text)]
        assert len(got) == found if isinstance(found, int) else got == found
    assert duplicates.search(db.session, "teme", but=employer.id) == []
