"""The register: employers that agreed to be named and hold a level on the day, found as people look for them."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.award import issuing, register
from charter.award.models import Award
from charter.award.register import COLUMNS, Search
from charter.extensions import db, transaction
from tests.conftest import AT
from tests.factories import Factory

DAY = date(2026, 11, 22)
ONE = timedelta(days=1)


def names(asked: Search, on: date = DAY) -> list[str]:
    return [entry.name for entry in register.search(db.session, asked, page=1, on=on).entries]


def test_it_names_only_those_who_agreed_and_hold_a_level_that_day(make: Factory, moderator: User) -> None:
    listed = make.award(make.organisation("Listed Ltd"), on=DAY, by=moderator)
    make.award(make.organisation("Quiet Ltd", listed=False, listed_at=None), on=DAY, by=moderator)
    make.organisation("Not yet Ltd")
    taken = make.award(make.organisation("Taken back Ltd"), on=DAY, by=moderator)
    with transaction() as session:
        issuing.revoke(session, session.get_one(Award, taken.id), reason="x", by=moderator, at=AT, on=DAY)
    last = db.session.get_one(Award, listed.id).ends_on
    assert names(Search(), DAY - ONE) == []
    assert names(Search(), DAY) == ["Listed Ltd"]
    assert names(Search(), last) == ["Listed Ltd"]
    assert names(Search(), last + ONE) == []


def test_an_employer_is_there_once_with_the_level_it_holds_now(make: Factory, moderator: User) -> None:
    organisation = make.organisation("Growing Ltd")
    make.award(organisation, level=1, on=DAY, by=moderator)
    make.award(organisation, level=2, on=DAY + ONE, by=moderator)
    found = register.search(db.session, Search(), page=1, on=DAY + ONE)
    assert [(entry.name, entry.level) for entry in found.entries] == [("Growing Ltd", 2)]
    assert register.total(db.session, on=DAY + ONE) == {2: 1}


@pytest.mark.parametrize(
    "text",
    [
        "teme valley",
        "VALLEY teme",
        "Teme Valley Orchards Limited",
        "orchards ltd.",
        "teme, valley",
        "em val",
        "Teme and Valley",
    ],
)
def test_words_are_found_in_any_order_and_case_and_without_ltd(make: Factory, moderator: User, text: str) -> None:
    make.award(make.organisation("Teme Valley Orchards Ltd"), on=DAY, by=moderator)
    make.award(make.organisation("Severn Tools Ltd"), on=DAY, by=moderator)
    assert names(Search(text=text)) == ["Teme Valley Orchards Ltd"]


@pytest.mark.parametrize("text", ["teme severn", "%", "_", "\\", "teme%"])
def test_what_is_not_in_a_name_is_not_found(make: Factory, moderator: User, text: str) -> None:
    make.award(make.organisation("Teme Valley Orchards Ltd"), on=DAY, by=moderator)
    assert names(Search(text=text)) == []


@pytest.mark.parametrize("text", ["dŵr cymru", "DŴR", "łąka", "ŁĄKA", "o'neill", "O’Neill"])
def test_letters_with_accents_and_apostrophes_are_found_in_either_case(
    make: Factory, moderator: User, text: str
) -> None:
    make.award(make.organisation("O’Neill, Dŵr Cymru Łąka"), on=DAY, by=moderator)
    assert names(Search(text=text)) == ["O’Neill, Dŵr Cymru Łąka"]


def test_each_choice_narrows_what_is_found(make: Factory, moderator: User) -> None:
    content = make.framework().content
    here, there = content.counties[0].code, content.counties[1].code
    make.award(make.organisation("A", county=here, sector="A", size_band="micro"), level=1, on=DAY, by=moderator)
    make.award(make.organisation("B", county=there, sector="C", size_band="large"), level=2, on=DAY, by=moderator)
    assert names(Search()) == ["A", "B"]
    for asked in (Search(county=there), Search(sector="C"), Search(size="large"), Search(level=2)):
        assert names(asked) == ["B"]
    assert names(Search(county=there, level=1)) == []


def test_a_page_holds_fifty_and_pages_beyond_the_last_show_the_last(make: Factory, moderator: User) -> None:
    for number in range(52):
        make.award(make.organisation(f"Employer {number:02}"), on=DAY, by=moderator)
    first = register.search(db.session, Search(), page=1, on=DAY)
    last = register.search(db.session, Search(), page=99, on=DAY)
    assert (len(first.entries), first.total, first.pages) == (50, 52, 2)
    assert (last.number, [entry.name for entry in last.entries]) == (2, ["Employer 50", "Employer 51"])
    assert register.search(db.session, Search(), page=-3, on=DAY).number == 1


def test_open_data_has_every_column_that_is_documented(make: Factory, moderator: User) -> None:
    dangerous = '=HYPERLINK("https://evil.example")'
    award = make.award(make.organisation(dangerous, district='Ledbury, "East"'), on=DAY, by=moderator)
    content = make.framework().content

    def rows() -> Iterator[dict[str, object]]:
        return register.rows(db.session, Search(), content, on=DAY, address="https://c.example/certificates")

    text = "".join(register.as_csv(rows())).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text))
    assert list(row) == list(COLUMNS)
    assert (row["name"], row["district"]) == ("'" + dangerous, 'Ledbury, "East"')
    document = json.loads("".join(register.as_json(rows(), on=DAY, licence="OGL")))
    assert (document["as_at"], document["licence"], document["columns"]) == ("2026-11-22", "OGL", COLUMNS)
    (entry,) = document["employers"]
    assert list(entry) == list(COLUMNS)
    assert (entry["name"], entry["level"], entry["awarded_on"]) == (dangerous, 1, "2026-11-22")
    assert entry["certificate"] == f"https://c.example/certificates/{award.code}"


def test_open_data_of_an_empty_register_is_still_whole(make: Factory) -> None:
    content = make.framework().content
    rows = register.rows(db.session, Search(), content, on=DAY, address="x")
    assert "".join(register.as_csv(rows)).strip("\ufeff\r\n") == ",".join(COLUMNS)
    assert json.loads("".join(register.as_json(iter([]), on=DAY, licence="x")))["employers"] == []
