"""In the demo: a concern in each state, an award under review, one suspended, one about to be, and an appeal."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.aftercare import appeals, concerns, raising, steps
from charter.aftercare.models import Concern
from charter.aftercare.raising import Told
from charter.aftercare.status import ConcernStatus, Deed
from charter.award import issuing
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.demo.people import ACCOUNTS, Staff, at
from charter.extensions import transaction
from charter.organisation.models import Membership, Organisation
from charter.review.models import Review
from charter.review.status import ReviewStatus

TOLD = (
    Told(
        what="The breaks on the late shift are cut to ten minutes when it is busy. The notice board says thirty.",
        happened="Most weekends since September",
        known_by="I work the late shift.",
        name="Gwen",
        email="gwen.at.work@example.org",
    ),
    Told(
        what="They ask for a health form before the interview. The charter says that nobody has to give one.",
        happened="Two weeks ago",
        known_by="I applied for a job there.",
        email="applicant@example.org",
    ),
    Told(
        what="Agency workers do not get the sick pay that the website promises to everybody.",
        happened="In October",
        known_by="A friend was sent home without pay.",
    ),
    Told(
        what="The flexible working policy on the website is never followed. Every request was turned down.",
        happened="This year",
        known_by="I asked twice, and so did two others.",
        email="part.time@example.org",
    ),
    Told(
        what="The parking in front of the warehouse blocks our drive every morning.",
        happened="",
        known_by="I live next door.",
        email="neighbour@example.org",
    ),
    Told(
        what="They use the badge of the charter on their vans, and treat people badly.",
        happened="Last winter",
        known_by="Somebody told me.",
    ),
)


def add(staff: Staff, *, on: date) -> None:
    """Make them by the verbs, up to the day `on`. In a demo of few employers some have no award to be about."""
    with transaction() as session:
        held = _held(session, on)
        _awards(session, iter(held), staff, on)
        session.flush()  # so that awards are read as they stand now
        _concerns(session, held[-len(TOLD) :], staff, on)
        _appeal(session, staff, on)


def _held(session: Session, on: date) -> list[Award]:
    """Awards that were given long enough ago, of employers whose owners nobody signs in as; those on the register
    first."""
    shown = sa.select(Membership.organisation_id).join(User).where(User.email.in_([one for _, one, _ in ACCOUNTS]))
    return list(
        session.scalars(
            sa.select(Award)
            .join(Organisation, Organisation.id == Award.organisation_id)
            .where(
                Award.status == AwardStatus.ACTIVE,
                Award.starts_on < on - timedelta(days=35),
                Award.ends_on > on + timedelta(days=20),
                Award.organisation_id.not_in(shown),
            )
            .order_by(Organisation.listed.desc(), Award.starts_on.desc(), Award.id)
        )
    )


def _concerns(session: Session, held: Sequence[Award], staff: Staff, on: date) -> None:
    assessor = session.get_one(User, staff.assessors[0])
    outcomes = (ConcernStatus.UPHELD, ConcernStatus.NOT_FOR_US, ConcernStatus.NOT_UPHELD)
    for number, (told, award) in enumerate(zip(TOLD, cycle(held), strict=False)):
        day = on - timedelta(days=3 + 6 * number)
        concern = raising.raise_concern(
            session, award, told, sent_as=f"demo-{number}", network=f"192.0.2.{number}", at=at(day, 20)
        )
        session.flush()  # for its id
        if number == 0:  # new
            continue
        concerns.take(session, concern, by=assessor, at=at(day + timedelta(days=1)))
        text = "I called back on the number on the employer’s page. Their policy is on the case."
        concerns.note(session, concern, text=text, by=assessor, at=at(day + timedelta(days=1), 11))
        if number == 1:  # in hand
            continue
        if number in {2, 3}:
            _asks(session, concern, assessor, day + timedelta(days=2))
        if number < 3:  # with the employer
            continue
        if number == 3:
            owner = issuing.owners(session, concern.organisation_id)[0]
            side = "Two requests were turned down by a new team leader. We have trained her, and looked at both again."
            concerns.answer(
                session, concern, text=side, seen_version=concern.version, by=owner, at=at(day + timedelta(days=6))
            )
        session.flush()  # for its version
        concerns.settle(
            session,
            concern,
            outcome=outcomes[number - 3],
            reasons=(
                "Requests were turned down without the talk that the charter asks for. The employer has put it right.",
                "The charter is about how employers treat their staff. The council’s parking team can help.",
                "We looked at what the employer does, and found nothing of the kind.",
            )[number - 3],
            seen_version=concern.version,
            by=assessor,
            at=at(day + timedelta(days=9)),
            on=day + timedelta(days=9),
        )


def _asks(session: Session, concern: Concern, assessor: User, day: date) -> None:
    concerns.ask(
        session,
        concern,
        substance="We were told that not everybody gets what your policy says. Please tell us how you make sure of it.",
        by=assessor,
        at=at(day, 14),
        on=day,
    )
    session.flush()  # for its version


def _awards(session: Session, held: Iterator[Award], staff: Staff, on: date) -> None:
    first, second = (session.get_one(User, one) for one in staff.moderators)
    looked_at, suspended, meant = (next(held, None) for _ in range(3))
    if looked_at is not None:
        reason = "The employer has sold half of its sites since the award was made."
        issuing.open_review(session, looked_at, reason=reason, by=first, at=at(on - timedelta(days=8)))
    if suspended is not None:
        day = on - timedelta(days=30)
        reasons = "The employer’s accounts show that wages were paid late for three months."
        step = steps.propose(session, suspended, deed=Deed.SUSPEND, reasons=reasons, by=first, at=at(day), on=day)
        session.flush()  # for its version
        owner = issuing.owners(session, suspended.organisation_id)[0]
        reply = "Our bank changed, and payments were late twice. All are paid now. We can send the statements."
        steps.reply(
            session,
            step,
            text=reply,
            is_all=False,
            seen_version=step.version,
            by=owner,
            at=at(day + timedelta(days=5)),
            on=day + timedelta(days=5),
        )
        session.flush()  # for its version
        day = on - timedelta(days=12)
        decision = f"{reasons} We read the reply. We restore the award when two months in a row were paid in time."
        steps.carry_out(
            session,
            step,
            reasons=decision,
            reply_read=True,
            seen_version=step.version,
            by=second,
            at=at(day),
            on=day,
        )
    if meant is not None:
        day = on - timedelta(days=4)
        reasons = "The employer told us that it no longer pays sick pay from the first day, as its award needs."
        steps.propose(session, meant, deed=Deed.REVOKE, reasons=reasons, by=second, at=at(day), on=day)


def _appeal(session: Session, staff: Staff, on: date) -> None:
    """The newest decision that gave less than was aimed for is appealed; nobody has taken it yet."""
    review = session.scalars(
        sa.select(Review)
        .where(Review.status == ReviewStatus.DECIDED, Review.decided_at < at(on - timedelta(days=1)))
        .order_by(Review.decided_at.desc(), Review.id)
        .limit(1)
    ).first()
    if review is None or review.decided_at is None:
        return
    day = min(on - timedelta(days=1), review.decided_at.date() + timedelta(days=10))
    owner = issuing.owners(session, review.assessment.organisation_id)[0]
    grounds = "The handbook that we sent says on page 4 that everybody may ask from the first day. It was overlooked."
    appeals.appeal(session, review, grounds=grounds, by=owner, at=at(day, 15), on=day)
