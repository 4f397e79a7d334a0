"""The scheme's staff as it comes and goes, in the demo: invited, without a second factor, signed in, and gone."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import staffing
from charter.account import people, sessions
from charter.account.models import Role, User
from charter.clock import now
from charter.demo.people import Staff, at, person
from charter.extensions import transaction
from charter.notification import emails
from charter.organisation import interests
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.status import ReviewStatus

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXG"  # noqa: S105 - of a demo's account, which is closed


def add(staff: Staff, on: date) -> None:
    """Somebody invited whose link has died, somebody without a second factor, and an assessor who left with a case."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        sent = at(on - timedelta(days=6), 16, 20)
        invited = people.invite_staff(
            session,
            name="Idris Meredith",
            email="idris.assessor@example.org",
            role=Role.ASSESSOR,
            by=administrator,
            at=sent,
        )
        key = f"staff-welcome:{invited.user.id}"
        emails.staff_welcome(session, to=invited.user, token=invited.token, event_key=key, at=sent)
        since = at(on - timedelta(days=400))
        partner = person(
            "rosa.board@example.org", "Rosa Haines", staff.password_hash, at(on - timedelta(days=3)), role=Role.BOARD
        )
        leaves = person(
            "sid.assessor@example.org", "Sid Turley", staff.password_hash, since, role=Role.ASSESSOR, secret=SECRET
        )
        session.add_all([partner, leaves])
        session.flush()  # for their ids
        sessions.start(session, leaves, at=at(on - timedelta(days=2)))
        case = _waiting_for(session, leaves)
        if case is not None:
            allocation.claim(session, case, by=leaves, at=at(on - timedelta(days=2)))
            session.flush()  # so that it is found in their hands
        staffing.close_account(session, leaves, by=administrator, at=at(on - timedelta(days=1), 15, 5))
        for user_id, minutes in ((staff.assessors[1], 95), (staff.assessors[1], 20), (staff.moderators[1], 40)):
            sessions.start(session, session.get_one(User, user_id), at=now() - timedelta(minutes=minutes))


def _waiting_for(session: Session, user: User) -> Review | None:
    waiting = sa.select(Review).where(Review.status == ReviewStatus.WAITING).order_by(Review.due_on.desc(), Review.id)
    return next(
        (
            one
            for one in session.scalars(waiting)
            if interests.why_not(session, user, one.assessment.organisation_id, "") is None
        ),
        None,
    )
