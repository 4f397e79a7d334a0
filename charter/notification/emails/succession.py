"""Emails about who may answer for an employer: requests to join, handing over, claims."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def join_asked(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    request_id: UUID,
    asked_by: str,
    address: str,
    at_domain: bool,
    message: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: somebody asks to join. `at_domain` says whether their address is at the employer's own domain."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "join_asked",
        f"{outbox.one_line(asked_by)} asks to join {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        organisation_id=organisation_id,
        request_id=request_id,
        asked_by=outbox.one_line(asked_by),
        address=address,
        at_domain=at_domain,
        message=message,
    )


def join_accepted(
    session: Session, *, to: User, organisation_name: str, owner: bool, event_key: str, at: datetime
) -> None:
    """To whoever asked: they are in, as an owner or a contributor."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "join_accepted",
        f"You have joined {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        owner=owner,
    )


def join_declined(
    session: Session, *, to: User, organisation_name: str, reason: str, event_key: str, at: datetime
) -> None:
    """To whoever asked: they were not let in, and why."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "join_declined",
        f"Your request to join {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        reason=reason,
    )


def join_lapsed(
    session: Session, *, to: User, organisation_name: str, request_id: UUID, event_key: str, at: datetime
) -> None:
    """To whoever asked: no owner has answered, and what they can do."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "join_lapsed",
        f"No answer from {name} yet",
        to,
        event_key,
        at,
        organisation_name=name,
        request_id=request_id,
    )


def transfer_offered(
    session: Session,
    *,
    to: User | str,
    organisation_name: str,
    offered_by: str,
    transfer_id: UUID,
    address: str,
    until: date,
    event_key: str,
    at: datetime,
) -> None:
    """To whoever is to become an owner in somebody's place: accept or decline it."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "transfer_offered",
        f"Will you look after {name} on the {outbox.SCHEME}?",
        to,
        event_key,
        at,
        organisation_name=name,
        offered_by=outbox.one_line(offered_by),
        transfer_id=transfer_id,
        address=address,
        until=until,
    )


def transfer_news(
    session: Session,
    *,
    to: User | str,
    organisation_name: str,
    organisation_id: UUID,
    transfer_id: UUID,
    what: str,
    from_name: str,
    to_name: str,
    is_taker: bool,
    leaves: bool,
    undo_until: date | None,
    event_key: str,
    at: datetime,
) -> None:
    """To both and to the other owners: what became of an offer to hand over.

    `what` is offered, accepted, declined, withdrawn, lapsed or undone. `leaves` says whether whoever hands over leaves,
    `is_taker` whether this one goes to the person it was offered to, and so speaks to them.
    """
    name = outbox.one_line(organisation_name)
    happened = {
        "offered": "is to be handed over",
        "accepted": "has been handed over",
        "declined": "was not handed over",
        "withdrawn": "is not handed over",
        "lapsed": "was not handed over",
        "undone": "is back with its former owner",
    }[what]
    tell(
        session,
        "transfer_news",
        f"{name} {happened}",
        to,
        event_key,
        at,
        organisation_name=name,
        organisation_id=organisation_id,
        transfer_id=transfer_id,
        what=what,
        from_name=outbox.one_line(from_name),
        to_name=outbox.one_line(to_name),
        is_taker=is_taker,
        leaves=leaves,
        undo_until=undo_until,
    )


def claim_made(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    claimant: str,
    address: str,
    owner: bool,
    until: date,
    token: str,
    event_key: str,
    at: datetime,
) -> None:
    """To each of an employer's people: somebody claims it, and one link that stops this."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "claim_made",
        f"Are you still at {name}? Somebody asks to take it over",
        to,
        event_key,
        at,
        organisation_name=name,
        claimant=outbox.one_line(claimant),
        address=address,
        owner=owner,
        until=until,
        token=token,
    )


def claim_received(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    claim_id: UUID,
    until: date,
    by_itself: bool,
    token: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the claimant: what happens now, and the link that shows that this mailbox is still theirs.

    `by_itself` says whether the portal settles it, not the scheme.
    """
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "claim_received",
        f"You asked to take over {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        claim_id=claim_id,
        until=until,
        by_itself=by_itself,
        token=token,
    )


def claim_to_decide(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    claim_id: UUID,
    until: date,
    due: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the administrators: a claim that one of them has to decide. `due` says whether they can grant it now, or only
    after the day `until`."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "claim_to_decide",
        f"A claim to decide: {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        claim_id=claim_id,
        until=until,
        due=due,
    )


def claim_with_scheme(
    session: Session, *, to: User, organisation_name: str, claim_id: UUID, reason: str, event_key: str, at: datetime
) -> None:
    """To the claimant: the portal cannot settle it, so the scheme decides; why is `reason`."""
    name = outbox.one_line(organisation_name)
    tell(
        session,
        "claim_with_scheme",
        f"We will decide about {name}",
        to,
        event_key,
        at,
        organisation_name=name,
        claim_id=claim_id,
        reason=reason,
    )


def claim_ended(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    claimant: str,
    mine: bool,
    what: str,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the claimant (`mine`) and to the employer's people: how a claim ended, and why.

    `what` is stopped, withdrawn, void, refused or granted.
    """
    name = outbox.one_line(organisation_name)
    granted = what == "granted"
    subject = f"{name} has a new owner" if granted and not mine else f"You are now an owner of {name}"
    if not granted:
        subject = f"Nobody takes over {name}" if not mine else f"You cannot take over {name}"
        if what == "withdrawn" and mine:
            subject = f"You no longer ask to take over {name}"
    tell(
        session,
        "claim_ended",
        subject,
        to,
        event_key,
        at,
        organisation_name=name,
        claimant=outbox.one_line(claimant),
        mine=mine,
        what=what,
        reason=reason,
    )
