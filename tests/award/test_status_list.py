"""The public list of badges that no longer count: right at once, and nothing can be read from where a badge stands."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openbadgeslib.ob3.status import decode_encoded_list, set_indices
from sqlalchemy.exc import IntegrityError

from charter.account.models import User
from charter.award import badge, issuing, status_list, verification
from charter.award.documents import Press
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.award.status_list import LENGTH, StatusPlace
from charter.award.verification import Standing
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

FIRST = date(2026, 11, 22)


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, on=FIRST, by=moderator)


def places(award: Award) -> list[StatusPlace]:
    query = sa.select(StatusPlace).where(StatusPlace.award_id == award.id).order_by(StatusPlace.edition)
    return list(db.session.scalars(query))


def occupy(award: Award, positions: range, list_number: int = 1) -> None:
    with transaction() as session:
        rows = [
            {
                "award_id": award.id,
                "edition": edition,
                "list_number": list_number,
                "position": position,
                "given_at": AT,
                "is_replaced": True,
            }
            for edition, position in enumerate(positions, start=100)
        ]
        session.execute(sa.insert(StatusPlace), rows)


def test_an_award_has_a_place_from_the_moment_it_is_given(award: Award) -> None:
    (place,) = places(award)
    assert (place.edition, place.list_number, place.is_replaced) == (1, 1, False)
    assert 0 <= place.position < LENGTH
    assert status_list.set_on(db.session, 1) == []


def test_places_are_drawn_by_lot(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    lots = random.Random(7)
    monkeypatch.setattr("charter.award.status_list.secrets.randbelow", lots.randrange)
    with transaction() as session:
        held = session.get_one(Award, award.id)
        given_out = [status_list.give_place(session, held, at=AT).position for _ in range(50)]
    assert given_out != sorted(given_out)
    assert max(given_out) - min(given_out) > LENGTH // 2, "they are spread over the whole list"
    assert len(set(given_out)) == 50


def test_a_place_that_is_taken_is_not_given_twice(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine,) = places(award)
    lots = iter([mine.position, *range(40), *[mine.position] * 200])
    monkeypatch.setattr("charter.award.status_list.secrets.randbelow", lambda _: next(lots))
    with transaction() as session:
        found = status_list.give_place(session, session.get_one(Award, award.id), at=AT)
    assert found.position in set(range(40)) - {mine.position}
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            StatusPlace(
                award_id=award.id,
                edition=9,
                list_number=1,
                position=mine.position,
                given_at=AT,
                is_replaced=False,
            )
        )


def test_the_next_list_is_begun_when_about_half_of_one_is_taken(
    award: Award, monkeypatch: pytest.MonkeyPatch, make: Factory, moderator: User
) -> None:
    monkeypatch.setattr(status_list, "LENGTH", 200)
    occupy(award, range(120))
    assert status_list.last(db.session) == 1
    drawn = [status_list._draw(db.session)[0] for _ in range(50)]
    assert drawn.count(2) > 40
    assert {number for number, _ in status_list.draw_many(db.session, 10)} == {2}
    newest = make.award(make.organisation("Severn Tools Ltd"), on=FIRST, by=moderator)
    db.session.rollback()
    assert status_list.last(db.session) in {1, 2}
    assert places(newest)[0].edition == 1


def test_many_places_drawn_at_one_go_are_all_different_and_free(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_list, "LENGTH", 400)
    occupy(award, range(100))
    drawn = status_list.draw_many(db.session, 350)
    assert len(set(drawn)) == 350
    assert {number for number, _ in drawn} == {1, 2, 3}
    assert all(number > 1 or position >= 100 for number, position in drawn)


def test_eight_who_issue_at_once_among_few_places_get_a_place_each(
    app: Flask, make: Factory, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_list, "LENGTH", 64)
    employers = [make.organisation(f"Employer {number} Ltd") for number in range(8)]
    ids, by = [one.id for one in employers], moderator.id
    db.session.rollback()

    def issue(number: int) -> None:
        with app.app_context():
            here = Factory(AT)
            organisation, person = db.session.get(Organisation, ids[number]), db.session.get(User, by)
            assert organisation is not None
            assert person is not None
            here.award(organisation, on=FIRST, by=person)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(issue, range(8)))
    taken = db.session.execute(sa.select(StatusPlace.list_number, StatusPlace.position)).all()
    assert len(taken) == len(set(taken)) == 8


def test_the_bits_are_where_others_look_for_them() -> None:
    marked = [0, 1, 7, 8, 4242, LENGTH - 1]
    found = decode_encoded_list(status_list.encoded(marked))
    assert len(found) * 8 == LENGTH
    assert sorted(set_indices(found)) == marked
    assert status_list.encoded(marked) == status_list.encoded(reversed(marked))


# Random histories against a model ------------------------------------------------------------------------------------

STEPS = ("issue", "renew", "suspend", "restore", "revoke", "review", "reinstate", "wait")


class Model:
    """What should be true of one award, by what was done to it; kept apart from how the portal keeps it."""

    def __init__(self, award: Award, on: date) -> None:
        self.award, self.starts_on, self.ends_on = award, on, award.ends_on
        self.away = self.gone = self.looked_at = False
        self.replaced = False

    def standing(self, on: date) -> Standing:
        if self.gone:
            return Standing.REVOKED
        if self.replaced:
            return Standing.SUPERSEDED
        if on > self.ends_on:
            return Standing.EXPIRED
        if self.away:
            return Standing.SUSPENDED
        return Standing.UNDER_REVIEW if self.looked_at else Standing.CURRENT


@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 400)), min_size=1, max_size=10),
    data=st.data(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_happened_the_page_the_list_and_the_badge_say_the_same(
    make: Factory, moderator: User, app: Flask, steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    press: Press = app.extensions["charter_press"]
    organisation = make.organisation("Teme Valley Orchards Ltd")
    models: list[Model] = []
    given_out: list[tuple[Model, dict[str, object]]] = []
    on = FIRST
    for number, (step, days) in enumerate(steps):
        on += timedelta(days=days if step == "wait" else 0)
        at = AT + timedelta(days=(on - FIRST).days, seconds=number)
        by_hand(make, organisation, moderator, models, step, on=on, at=at)
        db.session.rollback()
        for model in models:
            place = status_list.of(db.session, model.award.id)
            assert place is not None
            said = badge.credential(db.session.get_one(Award, model.award.id), place, press)
            if all(said != one for _, one in given_out):
                given_out.append((model, said))
        agree(models, given_out, on)


def by_hand(
    make: Factory,
    organisation: Organisation,
    moderator: User,
    models: list[Model],
    step: str,
    *,
    on: date,
    at: datetime,
) -> None:
    """Do a step through the verbs when it is allowed, and write down what should follow."""
    standing = [one for one in models if not one.gone and not one.replaced]
    held = standing[-1] if standing else None
    if step in {"issue", "renew"}:
        level = 1 if step == "issue" or held is None else held.award.level
        made = make.award(organisation, level=level, on=on, by=moderator)
        for one in standing:
            one.replaced = one.ends_on >= made.starts_on
        models.append(Model(made, made.starts_on))
        return
    last = models[-1] if models else None
    verbs = {
        "suspend": (issuing.suspend, held is not None and not held.away, held),
        "revoke": (issuing.revoke, held is not None, held),
        "review": (issuing.open_review, held is not None and not (held.away or held.looked_at), held),
        "reinstate": (issuing.reinstate, held is not None and held.looked_at and not held.away, held),
        "restore": (issuing.restore, last is not None and (last.gone or (last.away and not last.replaced)), last),
    }
    verb, allowed, about = verbs.get(step, (None, False, None))
    if not allowed or about is None or verb is None:
        return
    days = {} if step in {"review", "reinstate"} else {"on": on}
    with transaction() as session:
        verb(session, session.get_one(Award, about.award.id), reason="A reason.", by=moderator, at=at, **days)  # type: ignore[operator]
    about.gone = step == "revoke"
    about.away = step == "suspend" or (about.away and step == "revoke")
    about.away = about.away and step != "restore"
    about.looked_at = step == "review"


def agree(models: list[Model], given_out: list[tuple[Model, dict[str, object]]], on: date) -> None:
    """Every badge that was ever given out is in force just while the page says that the award may be relied on."""
    bits = set_indices(decode_encoded_list(status_list.encoded(status_list.set_on(db.session, 1))))
    for day in (on, *(one.ends_on + timedelta(days=more) for one in models for more in (0, 1))):
        for model in models:
            award = db.session.get_one(Award, model.award.id)
            if day == on or award.status is AwardStatus.ACTIVE:
                assert verification.standing(award, day) is early(model, day), (model.award.number, day)
            noon = badge.begins(day) + timedelta(hours=12)
            ours = [said for whose, said in given_out if whose is model]
            in_force = [
                said
                for said in ours
                if int(said["credentialStatus"]["statusListIndex"]) not in bits  # type: ignore[index]
                and datetime.fromisoformat(str(said["awardedDate"])) <= noon
                and noon <= datetime.fromisoformat(str(said["validUntil"]))
            ]
            assert bool(in_force) is verification.standing(award, day).may_be_relied_on, (model.award.number, day)
            assert len(in_force) <= 1, "an older badge counts beside a newer one"


def early(model: Model, day: date) -> Standing:
    found = model.standing(day)
    decided = {Standing.REVOKED, Standing.SUPERSEDED}
    return Standing.NOT_YET_VALID if day < model.starts_on and found not in decided else found
