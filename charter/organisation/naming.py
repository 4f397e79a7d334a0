"""What people are called on an employer's own pages: by name while they are in the team, and by a word after that.

Whoever works for the scheme is never named there either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import STAFF, User
from charter.organisation.models import Membership

PORTAL, SCHEME, FORMER = "The portal", "The scheme", "A former colleague"


@dataclass(frozen=True)
class Names:
    """What people are called by one employer."""

    team: Mapping[UUID, str]
    staff: frozenset[UUID]

    def of(self, person_id: UUID | None, *, staff: str = SCHEME) -> str:
        """A name for one of the team; a word for anybody else."""
        if person_id is None:
            return PORTAL
        if person_id in self.team:
            return self.team[person_id]
        return staff if person_id in self.staff else FORMER


def names(session: Session, organisation_id: UUID, *, acted: Any) -> Names:
    """What everybody is called who is in the team, and who of those that `acted` is staff (two queries).

    `acted` are ids of people, or a query for them.
    """
    team = session.execute(
        sa.select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
    )
    staff = session.scalars(sa.select(User.id).where(User.role.in_(STAFF), User.id.in_(acted)))
    return Names({person_id: name for person_id, name in team}, frozenset(staff))  # noqa: C416


def called(session: Session, people: Mapping[UUID, tuple[UUID, UUID]]) -> dict[UUID, str]:
    """What employers call some of their people, by whatever names each pair of an employer and a person.

    One query, or none.
    """
    if not people:
        return {}
    pairs = set(people.values())
    rows = session.execute(
        sa.select(Membership.organisation_id, User.id, User.name)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id.in_({employer for employer, _ in pairs}),
            User.id.in_({person for _, person in pairs}),
        )
    )
    there = {(employer, person): name for employer, person, name in rows}
    return {key: there.get(pair, FORMER) for key, pair in people.items()}
