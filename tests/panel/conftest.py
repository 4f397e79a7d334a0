"""Partners, a meeting with their people, and cases that wait for the panel."""

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from charter.account.models import User
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.panel import agenda, attending, partners, planning, queries
from charter.panel.attending import Tick
from charter.panel.models import Item, Meeting, Partner
from charter.panel.planning import Details
from charter.panel.status import Presence
from charter.review.models import Review
from charter.review.status import REFER
from tests.conftest import AT
from tests.factories import Factory
from tests.review.conftest import claimed, found, recommended, sent

__all__ = ["claimed", "found", "recommended", "sent"]

ON = local_date(AT)
NAMES = ("The Integrated Care Board", "The county council", "The Chamber", "DWP")


def details(on: date = ON, **values: object) -> Details:
    return Details(
        **{  # type: ignore[arg-type]
            "meets_on": on,
            "begins": time(14, 30),
            "place": "County Hall, Worcester",
            "chair": "Cath Chair",
            "quorum": 3,
            **values,
        }
    )


def referred(make: Factory, employer: Organisation, owner: User, assessor: User, *, level: int = 1) -> Review:
    """A case of this employer that a moderator put before the panel, with a level recommended."""
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor, level=level)
    with transaction():
        review.move(REFER, at=AT)
    return review


def people(meeting: Meeting, **presences: Presence) -> Mapping[UUID, Tick]:
    """What somebody ticks who saw the meeting as it is; `presences` by the first name of each person."""
    chosen = {seat.id: presences.get(seat.person.split()[0].lower(), Presence.PRESENT) for seat in meeting.seats}
    return {seat.id: Tick(seat.presence, chosen[seat.id]) for seat in meeting.seats}


@pytest.fixture
def on() -> date:
    return ON


@pytest.fixture
def scheme_partners(make: Factory, administrator: User) -> list[Partner]:
    with transaction() as session:
        return [partners.add(session, name, by=administrator, at=AT) for name in NAMES]


@pytest.fixture
def meeting(scheme_partners: list[Partner], moderator: User) -> Meeting:
    """A meeting today, at which one person of each partner is expected: Ingrid, Cora, Charlie and Dev."""
    with transaction() as session:
        made = planning.plan(session, details(), by=moderator, at=AT)
        for partner, person in zip(
            scheme_partners, ("Ingrid Icb", "Cora Council", "Charlie Chamber", "Dev Dwp"), strict=True
        ):
            planning.expect(session, made, partner, person=person, role="Officer", by=moderator, at=AT)
    return queries.whole(db.session, made.id)


@pytest.fixture
def before_panel(make: Factory, employer: Organisation, owner: User, assessor: User) -> Review:
    return referred(make, employer, owner, assessor)


@pytest.fixture
def item(meeting: Meeting, before_panel: Review, moderator: User) -> Item:
    """The case on the agenda of the meeting, which is not held yet."""
    with transaction() as session:
        (made,) = agenda.put(session, meeting, [before_panel], by=moderator, at=AT)
    return made


@pytest.fixture
def hold(moderator: User) -> Callable[..., Meeting]:
    """Holds a meeting with everybody there, but for those named otherwise."""

    def go(meeting: Meeting, **presences: Presence) -> Meeting:
        with transaction() as session:
            attending.record(session, meeting, people(meeting, **presences), by=moderator, at=AT, on=meeting.meets_on)
        return queries.whole(db.session, meeting.id)

    return go


@pytest.fixture
def held(item: Item, hold: Callable[..., Meeting]) -> Item:
    """The case on the agenda of a meeting that is held, with all four partners there."""
    hold(item.meeting)
    return item


LATER = timedelta(days=30)
