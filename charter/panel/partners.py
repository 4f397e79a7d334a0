"""The partners that decide together: added, renamed, retired and brought back, never deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.orm import locked
from charter.panel.models import NAME, Partner


def add(session: Session, name: str, *, by: User, at: datetime) -> Partner:
    """A new partner. Raises `Refusal` on "name" when there is none, it is too long, or there is one of that name."""
    name = _checked(session, name)
    partner = Partner(name=name, added_at=at)
    session.add(partner)
    audit.record(session, "partner:add", partner, by=by.id, at=at, name=name)
    return partner


def rename(session: Session, partner: Partner, name: str, *, seen_version: int, by: User, at: datetime) -> None:
    """Call a partner something else. Minutes that were agreed keep the name they have.

    Raises `Refusal` as `add` does, and `Stale` when somebody else changed it after `seen_version`.
    """
    partner = locked(session, partner)
    if partner.version != seen_version and partner.name != name.strip():
        raise Stale(f"Somebody else changed this after you opened it. It is now “{partner.name}”.", current=partner)
    name = _checked(session, name, but=partner)
    if name != partner.name:
        audit.record(session, "partner:rename", partner, by=by.id, at=at, before=partner.name, after=name)
        partner.name = name


def retire(session: Session, partner: Partner, *, by: User, at: datetime) -> None:
    """It takes part no more: later meetings do not expect it. What it took part in stays."""
    partner = locked(session, partner)
    if partner.retired_at is None:
        partner.retired_at = at
        audit.record(session, "partner:retire", partner, by=by.id, at=at)


def bring_back(session: Session, partner: Partner, *, by: User, at: datetime) -> None:
    """A partner that was retired takes part again."""
    partner = locked(session, partner)
    if partner.retired_at is not None:
        partner.retired_at = None
        audit.record(session, "partner:bring-back", partner, by=by.id, at=at)


def _checked(session: Session, name: str, *, but: Partner | None = None) -> str:
    name = name.strip()
    if not name:
        raise Refusal("Enter the partner’s name.", field="name")
    if len(name) > NAME:
        raise Refusal(f"The name must be {NAME} characters or fewer.", field="name")
    same = sa.select(Partner).where(sa.func.lower(Partner.name) == name.lower())
    found = session.scalars(same.where(Partner.id != but.id) if but else same).first()
    if found is not None:
        more = "" if found.is_open else " It is retired: you can bring it back."
        raise Refusal(f"There is a partner called “{found.name}” already.{more}", field="name")
    return name
