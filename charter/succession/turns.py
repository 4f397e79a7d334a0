"""What every step on an employer's people begins with: take turns, read again, and see that the words fit."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.errors import Refusal
from charter.organisation.models import Organisation
from charter.succession.models import Claim, JoinRequest, Transfer

TEXT_LENGTH = 500


def hold(session: Session, organisation_id: UUID) -> None:
    """Lock the employer's row until the transaction ends: whatever decides about its people takes turns."""
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())


def take(session: Session, step: Claim | JoinRequest | Transfer) -> None:
    """Wait for one's turn with the employer, then read again what may have changed meanwhile."""
    held = step.organisation_id
    hold(session, held)
    session.refresh(step)
    if step.organisation_id != held:  # it went with its employer into another one while we waited
        hold(session, step.organisation_id)
        session.refresh(step)


def fitting(typed: str, field: str, what: str) -> str:
    """What was typed, without spaces around it. Raises Refusal on `field` when it is too long to keep."""
    typed = typed.strip()
    if len(typed) > TEXT_LENGTH:
        raise Refusal(f"{what} must be {TEXT_LENGTH} characters or fewer. It has {len(typed):,}.", field=field)
    return typed
