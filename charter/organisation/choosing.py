"""Of several employers, the one that a person sees: the one they turned to last, on whichever device."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.errors import Refusal
from charter.organisation import queries
from charter.organisation.models import Membership


def chosen(memberships: Iterable[Membership]) -> Membership | None:
    """The part in the employer that its person turned to last, or else joined last; None when there is none."""
    return max(memberships, key=lambda one: (one.chosen_at or one.joined_at, one.id), default=None)


def turn_to(session: Session, organisation_id: UUID, *, by: User, at: datetime) -> Membership:
    """From now on `by` sees this employer first. It changes nothing for anybody else, so the trail does not name it.

    Raises Refusal when the person has no part in it (any more).
    """
    mine = queries.part_of(session, organisation_id, by.id)
    if mine is None:
        raise Refusal("You do not belong to this employer any more. Choose another one.", field="employer")
    mine.chosen_at = at
    return mine
