"""Somebody goes out of an employer's team: what they had to do becomes nobody's, and what they wrote stays.

It stands here, above the team, the assessment and the plan, because it hands back what each of them gave out.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import sharing
from charter.improvement import actions
from charter.notification import emails
from charter.organisation import queries, team
from charter.organisation.models import Membership, Organisation


@dataclass(frozen=True)
class Left:
    """What becomes nobody's when somebody leaves."""

    tasks: int
    """Questions and other tasks of the open assessment."""
    actions: int
    """Actions of the plan that are still to do."""


def look_ahead(session: Session, membership: Membership) -> Left:
    """What would become nobody's (two queries)."""
    return Left(
        sharing.tasks_of(session, membership.organisation_id, membership.user_id),
        actions.to_do_of(session, membership.organisation_id, membership.user_id),
    )


def leave(session: Session, organisation: Organisation, *, person_id: UUID, by: User, at: datetime) -> Left:
    """Take a person out of the team, by themselves or by an owner; says what is nobody's now.

    What they wrote stays. When they leave by themselves, the owners are told; else they are told
    themselves. Somebody who is not in the team (any more) is left alone. Raises Refusal for the last owner, who has to
    make somebody else an owner first.
    """
    # The employer's row is locked, so that a button pressed twice in one moment finds what the first did.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    membership = session.scalars(
        sa.select(Membership)
        .where(Membership.organisation_id == organisation.id, Membership.user_id == person_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if membership is None:
        return Left(0, 0)
    membership_id, doer, name, person = membership.id, by.id, by.name, membership.user
    team.remove(session, membership, by=by, at=at)
    session.flush()  # so that the owners left are those without this one
    left = Left(
        sharing.give_back(session, organisation.id, person_id),
        actions.give_back(session, organisation.id, person_id, at=at),
    )
    if doer == person_id:
        emails.member_left(
            session,
            to=queries.owners(session, [organisation.id]).get(organisation.id, ()),
            who=name,
            organisation_name=organisation.name,
            tasks=left.tasks,
            actions=left.actions,
            path=f"/organisations/{organisation.id}/team",
            event_key=f"left:{membership_id}",
            at=at,
        )
    else:
        emails.member_removed(
            session,
            to=person,
            by=name,
            organisation_name=organisation.name,
            event_key=f"removed:{membership_id}",
            at=at,
        )
    return left
