"""Employers that went into another one when the two were merged: where they lead, and nothing new for them.

A page that was opened before a merge may be sent after it. What belongs to an employer is moved under a lock, so such a
page must not add to the one that went: its writer waits for the lock, and is then refused.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.errors import Refusal
from charter.organisation.models import Organisation

MERGED = "This employer was merged with another entry of it a moment ago. Nothing was saved. Open your charter again."


def leads_to(session: Session, organisation: Organisation | None) -> Organisation | None:
    """The employer that this one went into; None for one that stands."""
    if organisation is None or organisation.merged_into_id is None:
        return None
    return session.get(Organisation, organisation.merged_into_id)


def refuse_late(session: Session, _context: Any = None) -> None:
    """Refuse rows that were just added to an employer that went. Called after each flush (`Session`'s `after_flush`).

    Adding a row that names an employer waits for whoever merges it, so what is asked here is true until the end of the
    transaction. Raises Refusal.
    """
    named: set[UUID] = {one.organisation_id for one in session.new if getattr(one, "organisation_id", None) is not None}
    if not named:
        return
    merged = sa.select(Organisation.id).where(Organisation.id.in_(named), Organisation.merged_into_id.is_not(None))
    if session.connection().execute(merged.limit(1)).first() is not None:
        raise Refusal(MERGED)
