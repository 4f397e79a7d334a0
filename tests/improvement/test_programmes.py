"""The directory of services: what it finds, what helps with what, and who may say what it says."""

import csv
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.errors import Refusal, Stale
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.improvement import programmes
from charter.improvement.models import Programme
from charter.improvement.programmes import FILE, Details, Search
from tests.conftest import AT

ON = date(2026, 11, 22)


@pytest.fixture
def content(framework: Framework) -> Content:
    return framework.content


@pytest.fixture
def keeper(session: Session) -> User:
    user = User(email="ada@example.org", name="Ada", role=Role.ADMINISTRATOR, created_at=AT)
    session.add(user)
    session.flush()
    return user


@pytest.fixture
def details(content: Content) -> Details:
    return Details(
        name="A Helping Hand",
        provider="The Hand Trust",
        county=None,
        for_whom="Employers.",
        offers="Advice on rotas and stress.",
        themes=(content.themes[0].code,),
        criteria=(),
        size_min=None,
        size_max=None,
        how_to_start="Ask your Growth Hub.",
        contact_email="hand@example.org",
        website="https://hand.example.org/",
        source="The Hand Trust",
        review_by=ON + timedelta(days=365),
    )


@pytest.fixture
def new(session: Session, content: Content, keeper: User, details: Details):
    """`new(name, county=...)` adds a programme that says this besides what `details` says."""

    def add(name: str, **values: object) -> Programme:
        said = replace(details, name=name, **values)
        return programmes.add(session, said, content, by=keeper, at=AT, on=ON)

    return add


def names(found) -> list[str]:
    return [one.name for one in found]


# Finding -------------------------------------------------------------------------------------------------------------


def test_each_word_must_stand_somewhere_in_what_a_programme_says(session: Session, content: Content, new) -> None:
    new("First", offers="Advice on stress at work.")
    new("Second", provider="Café Stress", offers="Coffee.")
    for text, found in {
        "stress": ["First", "Second"],
        "STRESS advice": ["First"],
        "help with the stress, please": [],
        "help with stress": ["First", "Second"],
        "cafe": ["Second"],
        "café": ["Second"],
        content.themes[0].title: ["First", "Second"],
        "nowhere": [],
        "": ["First", "Second"],
    }.items():
        assert names(programmes.search(session, Search(text=text), content)) == found, text


def test_a_search_by_need_county_and_size_leaves_out_what_does_not_fit(
    session: Session,
    content: Content,
    new,
) -> None:
    here, there = (one.code for one in content.counties)
    first, second = (one.code for one in content.themes[:2])
    small, large = content.size_bands[1], content.size_bands[-1]
    new("Anywhere")
    new("Here", county=here)
    new("There", county=there, themes=(second,))
    new("For small ones", size_max=small.max)
    new("For large ones", size_min=large.min)
    assert names(programmes.search(session, Search(theme=second), content)) == ["There"]
    assert names(programmes.search(session, Search(theme=first, county=there), content)) == [
        "Anywhere",
        "For large ones",
        "For small ones",
    ]
    assert "For large ones" not in names(programmes.search(session, Search(size=small), content))
    assert "For small ones" in names(programmes.search(session, Search(size=small), content))
    assert "For small ones" not in names(programmes.search(session, Search(size=large), content))
    assert "For large ones" in names(programmes.search(session, Search(size=large), content))


def test_what_helps_with_a_criterion_comes_best_first(session: Session, content: Content, new) -> None:
    one, other = [criterion for criterion in content.criteria if criterion.theme == content.themes[0].code][:2]
    here, there = (county.code for county in content.counties)
    both = (content.themes[0].code, content.themes[1].code)
    new("Wide", themes=both)
    new("Whole need")
    new("Whole need here", county=here)
    new("Named", criteria=(one.code,))
    new("Named elsewhere", criteria=(one.code,), county=there)
    new("Too large for me", size_min=250)
    found = programmes.helping(session, criteria=(one, other), county=here, headcount_ceiling=49)
    assert names(found[one.code]) == ["Named", "Whole need here", "Whole need", "Wide"]
    assert names(found[other.code]) == ["Whole need here", "Whole need", "Wide"]


def test_an_employer_that_may_be_too_large_is_not_promised_help(session: Session, content: Content, new) -> None:
    criterion = next(one for one in content.criteria if one.theme == content.themes[0].code)
    new("Up to 49", size_max=49)
    for ceiling, found in ((9, True), (49, True), (50, False), (None, False)):
        helping = programmes.helping(session, criteria=[criterion], county="", headcount_ceiling=ceiling)
        assert bool(helping[criterion.code]) is found, ceiling


def test_to_find_help_for_every_criterion_takes_one_query(session: Session, content: Content, new) -> None:
    new("One")
    session.flush()
    asked: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    programmes.helping(session, criteria=content.criteria, county="", headcount_ceiling=None)
    assert len(asked) == 1


# Keeping -------------------------------------------------------------------------------------------------------------


def test_two_programmes_of_one_name_have_codes_of_their_own(new) -> None:
    assert [new("Café & Œuvre: Hilfe!").code for _ in range(2)] == ["cafe-uvre-hilfe", "cafe-uvre-hilfe-2"]
    assert new("你好").code == "programme"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("county", "atlantis"),
        ("themes", ()),
        ("themes", ("NONE",)),
        ("criteria", ("NONE-01",)),
        ("size_min", 0),
        ("contact_email", "not an address"),
        ("contact_email", "a@example.org, b@example.org"),
        ("website", "javascript:alert(1)"),
        ("website", "hand.example.org"),
        ("review_by", ON),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, content: Content, keeper: User, details: Details, field: str, value: object
) -> None:
    wrong = replace(details, **{field: value})
    with pytest.raises(Refusal) as refused:
        programmes.add(session, wrong, content, by=keeper, at=AT, on=ON)
    assert refused.value.field == field
    assert session.scalar(sa.select(sa.func.count()).select_from(Programme)) == 0


def test_of_two_who_change_one_programme_the_later_is_told(
    session: Session,
    content: Content,
    keeper: User,
    details: Details,
    new,
) -> None:
    programme = new("One")
    seen = programme.version

    def change(offers: str) -> None:
        said = replace(details, name="One", offers=offers)
        programmes.change(session, programme, said, content, seen_version=seen, by=keeper, at=AT, on=ON)
        session.flush()

    change("Something else.")
    with pytest.raises(Refusal, match="Somebody else changed"):
        change("A third thing.")
    assert programme.offers == "Something else."


def test_the_trail_keeps_what_was_there_before_a_change_and_nobodys_address(
    session: Session, content: Content, keeper: User, details: Details, new
) -> None:
    programme = new("One")
    before, kept = programme.offers, "(kept out of the trail)"
    said = replace(details, name="One", offers="Something else.", contact_email="jo@example.org")
    programmes.change(session, programme, said, content, seen_version=programme.version, by=keeper, at=AT, on=ON)
    event = session.info["audit_pending"][-1]
    assert event.details["before"] == {"contact_email": kept, "offers": before}
    assert event.details["after"] == {"contact_email": kept, "offers": "Something else."}


def test_nobody_confirms_what_somebody_else_changed_meanwhile(
    session: Session, content: Content, keeper: User, details: Details, new
) -> None:
    programme = new("One")
    seen, until = programme.version, programme.review_by
    said = replace(details, name="One", offers="Something else.")
    programmes.change(session, programme, said, content, seen_version=seen, by=keeper, at=AT, on=ON)
    session.flush()
    later = until + timedelta(days=100)
    with pytest.raises(Stale, match="Nothing is saved yet"):
        programmes.confirm(session, programme, review_by=later, seen_version=seen, by=keeper, at=AT, on=ON)
    assert programme.review_by == until
    programmes.confirm(session, programme, review_by=later, seen_version=programme.version, by=keeper, at=AT, on=ON)
    assert programme.review_by == later


def test_a_retired_programme_is_found_nowhere_until_it_is_put_back(
    session: Session,
    content: Content,
    keeper: User,
    new,
) -> None:
    programme = new("One")
    programmes.retire(session, programme, by=keeper, at=AT)
    session.flush()
    criterion = next(one for one in content.criteria if one.theme in programme.themes)
    assert programmes.search(session, Search(), content) == ()
    assert programmes.find_open(session, programme.code) is None
    assert programmes.helping(session, criteria=[criterion], county="", headcount_ceiling=None) == {criterion.code: ()}
    with pytest.raises(Refusal, match="retired already"):
        programmes.retire(session, programme, by=keeper, at=AT)
    programmes.reopen(session, programme, by=keeper, at=AT)
    session.flush()
    assert names(programmes.search(session, Search(), content)) == ["One"]


def test_a_programme_waits_for_review_from_the_day_after_it_was_due(
    session: Session,
    keeper: User,
    new,
) -> None:
    programme = new("One", review_by=ON + timedelta(days=10))
    assert [programmes.to_review(session, on=ON + timedelta(days=days)) for days in (9, 10, 11)] == [0, 0, 1]
    seen = programme.version
    programmes.confirm(
        session,
        programme,
        review_by=ON + timedelta(days=400),
        seen_version=seen,
        by=keeper,
        at=AT,
        on=ON + timedelta(days=11),
    )
    assert programmes.to_review(session, on=ON + timedelta(days=11)) == 0
    with pytest.raises(Refusal, match="in the future"):
        programmes.confirm(session, programme, review_by=ON, seen_version=programme.version, by=keeper, at=AT, on=ON)


# The table that comes with the portal --------------------------------------------------------------------------------


def test_the_table_speaks_of_what_the_charter_has(session: Session, content: Content) -> None:
    loaded = programmes.load(session, by=None, at=AT, on=ON)
    assert len(loaded) == 17
    for one in loaded:
        said = Details(
            **{
                name: tuple(value) if isinstance(value := getattr(one, name), list) else value
                for name in Details.__dataclass_fields__
            }
        )
        assert [str(fault) for fault in programmes.faults(said, content, on=ON)] == [], one.code
    with FILE.open(encoding="utf-8", newline="") as lines:
        assert all(row["how_to_start"] and row["source"] for row in csv.DictReader(lines))


def test_loading_the_table_twice_changes_nothing(session: Session) -> None:
    assert programmes.load(session, by=None, at=AT, on=ON)
    session.flush()
    audit.forget(session)
    assert programmes.load(session, by=None, at=AT, on=ON + timedelta(days=100)) == []
    assert session.info.get("audit_pending") is None


def test_loading_brings_up_to_date_only_what_nobody_changed(session: Session, keeper: User) -> None:
    first, second, third = programmes.load(session, by=None, at=AT, on=ON)[:3]
    session.flush()
    right = first.offers
    first.offers = second.offers = "Old words."
    session.flush()
    programmes.confirm(
        session, second, review_by=ON + timedelta(days=9), seen_version=second.version, by=keeper, at=AT, on=ON
    )
    programmes.retire(session, third, by=keeper, at=AT)
    session.flush()
    assert [one.code for one in programmes.load(session, by=None, at=AT, on=ON)] == [first.code]
    assert (first.offers, second.offers) == (right, "Old words.")
    assert programmes.find_open(session, third.code) is None
