"""A member of staff leaves, changes their part or declares an interest: what they have in hand goes back, in the same
transaction.

Closing an account or changing a role is `charter.account.people`; the work that hangs on a person lies in the concepts
above it. Pages close accounts, change roles and declare interests through here, so that no case, concern or appeal is
left with somebody who cannot open it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account import people
from charter.account.models import Role, User
from charter.aftercare import appeals, concerns
from charter.assessment.models import Assessment
from charter.organisation.models import Conflict, InterestKind, Organisation
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.second import second_looks
from charter.review.status import ReviewStatus

ELSEWHERE = (ReviewStatus.WITH_EMPLOYER, ReviewStatus.RECOMMENDED, ReviewStatus.WITH_PANEL)
"""Where a case is somebody else's to move. It is let go when it comes back (`allocation.let_go_if_unable`)."""


@dataclass(frozen=True)
class InHand:
    """What a member of staff has in hand: of each kind the employers, by name, with those not to be shown left out."""

    cases: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    """Cases of theirs that are with the employer, a moderator or the panel, and come back to somebody else."""
    second_looks: Sequence[str] = ()
    concerns: Sequence[str] = ()
    appeals: Sequence[str] = ()
    hidden: int = 0
    """How many more there are, of employers in which whoever looks has an interest."""

    def __bool__(self) -> bool:
        return any((self.cases, self.elsewhere, self.second_looks, self.concerns, self.appeals, self.hidden))


@dataclass(frozen=True)
class HandedBack:
    """How many of each went back."""

    cases: int = 0
    second_looks: int = 0
    concerns: int = 0
    appeals: int = 0

    def __bool__(self) -> bool:
        return any((self.cases, self.second_looks, self.concerns, self.appeals))


def in_hand(session: Session, user: User, *, hidden: frozenset[UUID] = frozenset()) -> InHand:
    """What `user` has in hand (five queries), without the employers that are `hidden` from whoever looks."""
    reviews = sa.select(Review.status, Organisation.id, Organisation.name).select_from(Review)
    reviews = reviews.join(Assessment, Assessment.id == Review.assessment_id)
    reviews = reviews.join(Organisation, Organisation.id == Assessment.organisation_id)
    theirs = session.execute(
        reviews.where(Review.assessor_id == user.id, Review.status.in_([ReviewStatus.IN_REVIEW, *ELSEWHERE]))
    ).all()
    seconds = [one.id for one in second_looks.second_of(session, user)]
    found: Mapping[str, list[tuple[UUID, str]]] = {
        "cases": [(key, name) for status, key, name in theirs if status is ReviewStatus.IN_REVIEW],
        "elsewhere": [(key, name) for status, key, name in theirs if status in ELSEWHERE],
        "second_looks": [(key, name) for _, key, name in session.execute(reviews.where(Review.id.in_(seconds)))],
        "concerns": [(one.organisation_id, one.organisation.name) for one in concerns.in_hand(session, user)],
        "appeals": [(one.organisation_id, one.organisation.name) for one in appeals.in_hand(session, user)],
    }
    named = {kind: tuple(sorted(name for key, name in all_ if key not in hidden)) for kind, all_ in found.items()}
    return InHand(**named, hidden=sum(key in hidden for all_ in found.values() for key, _ in all_))


def close_account(session: Session, user: User, *, by: User, at: datetime) -> HandedBack:
    """Close an account, as `people.disable` does with its refusals, and hand back what its person has in hand."""
    people.disable(session, user, by=by, at=at)
    return _hand_back(session, user, by=by, at=at)


def change_role(session: Session, user: User, role: Role, *, by: User, at: datetime) -> HandedBack:
    """Give somebody another role, as `people.change_role` does with its refusals, and hand back what the new role does
    not work on."""
    people.change_role(session, user, role, by=by, at=at)
    return _hand_back(session, user, by=by, at=at)


def declare_interest(
    session: Session,
    organisation: Organisation,
    *,
    reason: str,
    kind: InterestKind = InterestKind.OTHER,
    since: date | None = None,
    by: User,
    at: datetime,
) -> Conflict:
    """`by` has an interest in this employer, as `allocation.declare_conflict` keeps it with its refusals: its case, its
    concerns and its appeals that they have wait for somebody else."""
    conflict = allocation.declare_conflict(session, organisation, reason=reason, kind=kind, since=since, by=by, at=at)
    concerns.hand_back(session, by, about=organisation.id, by=by, at=at)
    appeals.hand_back(session, by, about=organisation.id, by=by, at=at)
    return conflict


def _hand_back(session: Session, user: User, *, by: User, at: datetime) -> HandedBack:
    session.flush()  # so that the account is read as it is from now on
    at_desk = allocation.is_at_desk(user)
    return HandedBack(
        cases=0 if at_desk else allocation.hand_back(session, user, by=by, at=at),
        second_looks=0 if at_desk else second_looks.hand_back(session, user, by=by, at=at),
        concerns=0 if concerns.may_have(user) else concerns.hand_back(session, user, by=by, at=at),
        appeals=0 if appeals.may_have(user) else appeals.hand_back(session, user, by=by, at=at),
    )
