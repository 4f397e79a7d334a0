"""A form that is sent twice in one moment: the second waits, and finds what the first did."""

from datetime import date, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.admin.base import locked
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import joining, recognition, team
from charter.organisation.joining import Place
from charter.organisation.models import Invitation, MemberRole, Organisation, Recognition, Scope, Site
from tests.conftest import AT
from tests.turns import in_turn


def register(session: Session, _: Organisation, user: User) -> Organisation:
    return joining.register(
        session,
        joining.Details(
            name="Leadon Vale Garage",
            county="herefordshire",
            district=None,
            size_band="micro",
            sector="G",
            company_number="01234567",
            charity_number=None,
            website=None,
            about=None,
            scope=Scope.WHOLE,
            listed=True,
        ),
        sites=(),
        by=user,
        at=AT,
        on=local_date(AT),
    )


def add_site(session: Session, organisation: Organisation, user: User) -> Site:
    place = Place("Barn", "Tenbury", "WR15 8BB", organisation.county)
    return joining.add_site(session, organisation, place, by=user, at=AT)


def state(session: Session, organisation: Organisation, user: User) -> Recognition:
    return recognition.state(
        session,
        organisation,
        scheme="disability-confident",
        level="2",
        reference="DCS000123",
        county=organisation.county,
        starts_on=date(2026, 3, 1),
        ends_on=local_date(AT) + timedelta(days=300),
        by=user,
        at=AT,
    )


def test_an_employer_is_added_once(app: Flask, employer: Organisation, owner: User) -> None:
    first, second = in_turn(app, employer, (owner, register), (owner, register))
    assert first.id == second.id


def test_a_place_is_added_once(app: Flask, employer: Organisation, owner: User, colleague: User) -> None:
    first, second = in_turn(app, employer, (owner, add_site), (colleague, add_site))
    assert first.id == second.id
    assert db.session.scalars(sa.select(Site.name)).all() == ["Barn"]


def test_an_award_of_another_scheme_is_told_once(app: Flask, employer: Organisation, owner: User) -> None:
    _, second = in_turn(app, employer, (owner, state), (owner, state))
    assert isinstance(second, Refusal)
    assert second.field == "scheme"


def invite(session: Session, organisation: Organisation, user: User) -> tuple[Invitation, str | None]:
    return team.invite(session, organisation, email="colin@example.org", role=MemberRole.CONTRIBUTOR, by=user, at=AT)


def test_a_button_pressed_twice_at_once_sends_one_invitation(app: Flask, employer: Organisation, owner: User) -> None:
    (first, sent), (second, again) = in_turn(app, employer, (owner, invite), (owner, invite))
    assert (first.id, sent is not None) == (second.id, True)
    assert again is None
    assert len(db.session.scalars(sa.select(Invitation)).all()) == 1


def cancel(session: Session, invitation: Invitation, user: User) -> None:
    team.cancel(session, invitation, by=user, at=AT + timedelta(hours=1))


def test_an_invitation_is_cancelled_once(app: Flask, employer: Organisation, owner: User) -> None:
    with transaction() as session:
        invitation, _ = invite(session, employer, owner)
    assert in_turn(app, invitation, (owner, cancel), (owner, cancel)) == [None, None]
    cancelled = sa.select(sa.func.count()).where(AuditEvent.action == "invitation:cancel")
    assert db.session.scalar(cancelled) == 1


def name_it(session: Session, organisation: Organisation, user: User) -> str:
    """Change a record that counts versions, as the panel does."""
    again = locked(session, organisation)
    found, again.about = again.about or "", f"As {user.name} says"
    return found


def test_a_record_with_versions_is_read_after_it_is_locked(
    app: Flask, employer: Organisation, owner: User, colleague: User
) -> None:
    _, second = in_turn(app, employer, (owner, name_it), (colleague, name_it))
    assert second == f"As {owner.name} says"
