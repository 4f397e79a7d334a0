"""What pages ask about the panel, each in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.framework.models import Framework
from charter.organisation.models import Conflict, Membership, Organisation
from charter.panel.models import Correction, Item, Meeting, Minutes, Partner, Seat
from charter.panel.status import MeetingStatus, Presence
from charter.review.models import Review, still_open
from charter.review.status import ReviewStatus

WHOLE = (
    selectinload(Meeting.seats),
    selectinload(Meeting.items).options(
        selectinload(Item.absences),
        joinedload(Item.review)
        .joinedload(Review.assessment)
        .options(joinedload(Assessment.organisation), joinedload(Assessment.framework)),
    ),
)
"""Loader options: a meeting with its people, its agenda and the cases on it, however many, in four queries."""


@dataclass(frozen=True)
class Glance:
    """How many cases wait for the panel, how many of them are on no agenda yet, and when it meets next."""

    waiting: int
    on_no_agenda: int
    next_on: date | None
    next_id: UUID | None


def _on_no_agenda() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(Item.review_id == Review.id, Item.outcome.is_(None)).correlate(Review)


def glance(session: Session, *, on: date) -> Glance:
    """What the first page of the panel and the queue say of it, in one query."""
    waits = sa.select(sa.func.count(Review.id)).where(still_open(), Review.status == ReviewStatus.WITH_PANEL)
    coming = (
        sa.select(Meeting)
        .where(Meeting.status == MeetingStatus.PLANNED, Meeting.meets_on >= on)
        .order_by(Meeting.meets_on, Meeting.begins, Meeting.id)
        .limit(1)
    )
    return Glance(
        *session.execute(
            sa.select(
                waits.scalar_subquery(),
                waits.where(_on_no_agenda()).scalar_subquery(),
                coming.with_only_columns(Meeting.meets_on).scalar_subquery(),
                coming.with_only_columns(Meeting.id).scalar_subquery(),
            )
        ).one()
    )


class WaitingCase(NamedTuple):
    """A case that waits for the panel and is on no agenda."""

    id: UUID
    employer: str
    county: str
    aimed: str
    recommended: str
    since: datetime | None


def waiting(session: Session) -> list[WaitingCase]:
    """The cases that can be put on an agenda, those recommended first before the others, in two queries."""
    found = session.execute(
        sa.select(
            Assessment.framework_id,
            Review.id,
            Organisation.name,
            Organisation.county,
            Assessment.target_level,
            Review.recommended_level,
            Review.recommended_at,
        )
        .select_from(Review)
        .join(Review.assessment)
        .join(Assessment.organisation)
        .where(still_open(), Review.status == ReviewStatus.WITH_PANEL, _on_no_agenda())
        .order_by(Review.recommended_at, Review.id)
    ).all()
    versions = session.scalars(sa.select(Framework).where(Framework.id.in_({row[0] for row in found})))
    contents = {version.id: version.content for version in versions}
    return [
        WaitingCase(
            case,
            employer,
            contents[version].county_title(county),
            contents[version].level_title(aim),
            contents[version].level_title(level) if level else "No award",
            since,
        )
        for version, case, employer, county, aim, level, since in found
    ]


def partners(session: Session) -> Sequence[Partner]:
    """The partners that take part, by name."""
    return session.scalars(
        sa.select(Partner).where(Partner.retired_at.is_(None)).order_by(Partner.name, Partner.id)
    ).all()


def planned(session: Session, *, but: UUID) -> Sequence[Meeting]:
    """The meetings that are planned, the next first, without one of them."""
    return session.scalars(
        sa.select(Meeting)
        .where(Meeting.status == MeetingStatus.PLANNED, Meeting.id != but)
        .order_by(Meeting.meets_on, Meeting.begins, Meeting.id)
    ).all()


def whole(session: Session, meeting_id: UUID) -> Meeting:
    """A meeting with all that belongs to it, read anew."""
    return session.get_one(Meeting, meeting_id, options=WHOLE, populate_existing=True)


def minutes_of(session: Session, meeting: Meeting) -> tuple[Minutes, str] | None:
    """The minutes that were agreed of a meeting, with the name of who agreed them; None before."""
    found = session.execute(
        sa.select(Minutes, User.name)
        .join(User, User.id == Minutes.agreed_by_id)
        .where(Minutes.meeting_id == meeting.id)
    ).first()
    return (found[0], found[1]) if found else None


def corrections(session: Session, meeting: Meeting) -> Sequence[tuple[Correction, str]]:
    """The notes on the minutes of a meeting, the oldest first, each with the name of who added it."""
    found = session.execute(
        sa.select(Correction, User.name)
        .join(User, User.id == Correction.noted_by_id)
        .where(Correction.meeting_id == meeting.id)
        .order_by(Correction.noted_at, Correction.id)
    )
    return [(correction, name) for correction, name in found]


def of_case(session: Session, review: Review) -> Sequence[Item]:
    """The items of meetings about a case, the newest first, with who was there (four queries at most)."""
    return session.scalars(
        sa.select(Item)
        .join(Item.meeting)
        .where(Item.review_id == review.id)
        .options(selectinload(Item.absences), joinedload(Item.meeting).selectinload(Meeting.seats))
        .order_by(Meeting.meets_on.desc(), Item.id.desc())
    ).all()


def day_for(session: Session, review: Review) -> date | None:
    """The day of the meeting on whose agenda a case waits; None when that is not known."""
    return session.scalars(
        sa.select(Meeting.meets_on)
        .join(Item, Item.meeting_id == Meeting.id)
        .where(
            Item.review_id == review.id,
            Item.outcome.is_(None),
            Meeting.status.in_([MeetingStatus.PLANNED, MeetingStatus.HELD]),
        )
    ).first()


# Attendance --------------------------------------------------------------------------------------------------------


class Attended(NamedTuple):
    """How often a partner, or somebody for it, came to the meetings where they were expected."""

    partner: str
    person: str
    """Empty for the partner as a whole: it was there when anybody came for it."""
    came: int
    meetings: int

    @property
    def share(self) -> int:
        """The part of the meetings it came to, in per cent."""
        return round(100 * self.came / self.meetings) if self.meetings else 0


def year_of(on: date) -> int:
    """The year in which the financial year of a day begins: April to March."""
    return on.year if on.month >= 4 else on.year - 1


def year_days(year: int) -> tuple[date, date]:
    """The first and the last day of the financial year that begins in `year`."""
    return date(year, 4, 1), date(year + 1, 4, 1) - timedelta(days=1)


def years(session: Session, *, on: date) -> list[int]:
    """The financial years with a meeting that was held, and this one; the newest first."""
    first = session.scalar(sa.select(sa.func.min(Meeting.meets_on)).where(_was_held()))
    return list(range(year_of(on), (year_of(first) if first else year_of(on)) - 1, -1))


def _was_held() -> sa.ColumnElement[bool]:
    return Meeting.status.in_([MeetingStatus.HELD, MeetingStatus.MINUTED])


def attendance(session: Session, year: int) -> list[Attended]:
    """Who came to how many of how many meetings held in a financial year, by partner and by person, in two queries."""
    first, last = year_days(year)
    came = sa.func.count(sa.distinct(sa.case((Seat.presence == Presence.PRESENT, Meeting.id))))
    meetings = sa.func.count(sa.distinct(Meeting.id))
    grouped = (
        sa.select(Partner.name, sa.literal(""), came, meetings)
        .select_from(Seat)
        .join(Seat.meeting)
        .join(Seat.partner)
        .where(_was_held(), Meeting.meets_on.between(first, last))
    )
    by_partner = session.execute(grouped.group_by(Partner.id, Partner.name)).all()
    by_person = session.execute(
        grouped.with_only_columns(Partner.name, Seat.person, came, meetings).group_by(
            Partner.id, Partner.name, Seat.person
        )
    ).all()
    rows = [Attended(*row) for row in (*by_partner, *by_person)]
    return sorted(rows, key=lambda row: (row.partner.lower(), row.person.lower()))


def held_in(session: Session, year: int) -> int:
    """How many meetings were held in a financial year."""
    first, last = year_days(year)
    return (
        session.scalar(sa.select(sa.func.count(Meeting.id)).where(_was_held(), Meeting.meets_on.between(first, last)))
        or 0
    )


def hidden_from(session: Session, user: User, meeting: Meeting) -> frozenset[UUID]:
    """The items of a meeting about employers in which `user` has an interest: their cases are not for them."""
    employers = {item.assessment.organisation_id for item in meeting.items if item.assessment is not None}
    found = session.scalars(
        sa.union_all(
            *(
                sa.select(part.organisation_id).where(part.user_id == user.id, part.organisation_id.in_(employers))
                for part in (Membership, Conflict)
            )
        )
    )
    theirs = set(found)
    return frozenset(
        item.id for item in meeting.items if item.assessment is not None and item.assessment.organisation_id in theirs
    )
