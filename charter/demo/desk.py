"""Who works on what, in the demo: interests, away dates and the most cases for one person."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account import away
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.organisation import interests
from charter.organisation.models import Conflict, InterestKind, Organisation
from charter.review.handing_out import allocation, workload
from charter.review.models import Review
from charter.review.status import ReviewStatus


def add(staff: Staff, on: date) -> None:
    """Make them through the scheme's own verbs, so that each page of the desk has something to show."""
    with transaction() as session:
        people = [session.get_one(User, one) for one in (*staff.assessors, *staff.moderators)]
        asha, alun, mo, _priya = people
        administrator = session.get_one(User, staff.administrator)
        workload.set_most(session, 10, by=mo, at=at(on - timedelta(days=200)))
        workload.set_most(session, 8, by=administrator, at=at(on - timedelta(days=60)))
        for person, first, last in ((alun, -2, 5), (alun, -120, -106), (asha, 21, 25), (mo, 40, 47)):
            away.add(
                session,
                person,
                starts_on=on + timedelta(days=first),
                ends_on=on + timedelta(days=last),
                by=person,
                at=at(on - timedelta(days=130)),
                on=on - timedelta(days=130),
            )
        declared = [
            _declare(session, employer, who, kind, reason, years, on)
            for employer, (who, kind, reason, years) in zip(
                _waiting(session),
                (
                    (asha, InterestKind.FORMER_EMPLOYER, "I worked in its accounts office until 2022.", 6),
                    (alun, InterestKind.OTHER, "A close relative is one of its managers.", 2),
                    (mo, InterestKind.EMPLOYER, "I teach there one evening a week.", 1),
                ),
                strict=False,
            )
        ]
        if len(declared) > 1:
            interests.ask_to_end(
                session,
                declared[1],
                because="My relative left this employer last month.",
                by=alun,
                at=at(on - timedelta(days=1)),
            )
        interests.declare_to_come(
            session,
            name="Ledbury Cider Works Ltd",
            company_number="09182736",
            kind=InterestKind.FORMER_EMPLOYER,
            reason="I was its HR manager.",
            since=on - timedelta(days=3000),
            by=asha,
            at=at(on - timedelta(days=30)),
        )


def _declare(
    session: Session,
    employer: Organisation,
    who: User,
    kind: InterestKind,
    reason: str,
    years: int,
    on: date,
) -> Conflict:
    return allocation.declare_conflict(
        session,
        employer,
        kind=kind,
        reason=reason,
        since=on - timedelta(days=365 * years),
        by=who,
        at=at(on - timedelta(days=15)),
    )


def _waiting(session: Session) -> list[Organisation]:
    """Three employers whose cases wait for an assessor: not those that a first look at the demo opens."""
    return list(
        session.scalars(
            sa.select(Organisation)
            .join(Assessment, Assessment.organisation_id == Organisation.id)
            .join(Review, Review.assessment_id == Assessment.id)
            .where(Review.status == ReviewStatus.WAITING)
            .order_by(Review.due_on.desc(), Organisation.id)
            .limit(3)
        )
    )
