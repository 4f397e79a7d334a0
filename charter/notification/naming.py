"""Which messages are about an employer: what it is called, its address in the portal, or one of its people is in them.

A message does not keep which employers it is about; some are about many, as a list of cases that were given.
"""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation


def about(session: Session, organisations: Collection[UUID]) -> sa.ColumnElement[bool]:
    """Whether a `Message` of a query is about one of these employers (one query, for their names)."""
    if not organisations:
        return sa.false()
    names = session.scalars(sa.select(Organisation.name).where(Organisation.id.in_(organisations))).all()
    said = [*names, *(str(one) for one in organisations)]
    theirs = sa.exists().where(Membership.user_id == Message.to_user_id, Membership.organisation_id.in_(organisations))
    return sa.or_(
        theirs,
        *(text.icontains(one, autoescape=True) for one in said for text in (Message.subject, Message.body)),
    )


def is_about(session: Session, message: Message, organisations: Collection[UUID]) -> bool:
    """Whether a message is about one of these employers."""
    found = sa.select(Message.id).where(Message.id == message.id, about(session, organisations))
    return session.scalar(found) is not None
