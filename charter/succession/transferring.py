"""An owner hands their part to somebody else: offered, accepted by the other, and for a week undone by either.

Why it can be undone only while both are there: an owner who left the team when they handed over has given up their
access, and must not come back through a door that only they hold, say on the evening of the day they were let go.
Whoever leaves by mistake is invited again. While the one who handed over stays as a contributor, undoing brings back
nothing but what was, and all owners are told. See docs/adr/0015.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.account.registering import find, normal_address
from charter.clock import local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import queries, team
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import turns
from charter.succession.models import Afterwards, Transfer
from charter.succession.status import (
    ACCEPT_TRANSFER,
    DECLINE_TRANSFER,
    LAPSE_TRANSFER,
    UNDO_TRANSFER,
    WITHDRAW_TRANSFER,
    TransferStatus,
)

LASTS = timedelta(days=14)
"""How long an offer can be accepted."""
UNDONE_WITHIN = timedelta(days=7)
"""How long after it was accepted either side can undo it."""


def offer(
    session: Session, organisation: Organisation, *, to: str, afterwards: Afterwards, by: User, at: datetime
) -> Transfer:
    """Offer one's own part to the person with the address `to`, a member or not. Nothing changes until they accept.

    The offer that is there when the same is sent twice. Raises Refusal (on "to") for oneself, an owner, somebody of the
    scheme's staff, or while another offer of one's own waits.
    """
    address = normal_address(to)
    turns.hold(session, organisation.id)
    mine = queries.part_of(session, organisation.id, by.id)
    if mine is None or mine.role is not MemberRole.OWNER:
        raise Refusal("Only an owner can hand over.")
    if address == by.email:
        raise Refusal("This is your own address. Choose somebody else.", field="to")
    waiting = session.scalars(
        sa.select(Transfer).where(
            Transfer.organisation_id == organisation.id,
            Transfer.from_id == by.id,
            Transfer.status == TransferStatus.OFFERED,
        )
    ).first()
    if waiting is not None:
        if waiting.to_email == address and waiting.afterwards is afterwards:
            return waiting
        raise Refusal(f"You have offered it to {waiting.to_email} already. Withdraw that offer first.", field="to")
    person = find(session, address)
    if person is not None and (person.is_staff or person.disabled_at is not None):
        raise Refusal("This person cannot become an owner of an employer.", field="to")
    theirs = queries.part_of(session, organisation.id, person.id) if person else None
    if theirs is not None and theirs.role is MemberRole.OWNER:
        raise Refusal("This person is an owner already. You can simply leave it to them.", field="to")
    made = Transfer(
        organisation_id=organisation.id,
        organisation=organisation,
        from_id=by.id,
        from_user=by,
        to_email=address,
        to_id=person.id if person and theirs else None,
        to_user=person if theirs else None,
        afterwards=afterwards,
        status=TransferStatus.OFFERED,
        offered_at=at,
        ended_at=None,
        undone_at=None,
    )
    session.add(made)
    session.flush()  # for its id
    audit.record(
        session, "transfer:offer", made, by=by.id, at=at, organisation=str(organisation.id), afterwards=afterwards.value
    )
    emails.transfer_offered(
        session,
        to=person or address,
        organisation_name=organisation.name,
        offered_by=by.name,
        transfer_id=made.id,
        address=address,
        until=local_date(at + LASTS),
        event_key=f"transfer:{made.id}",
        at=at,
    )
    _tell(session, made, "offered", at=at, but=person)
    return made


def accept(session: Session, transfer: Transfer, *, by: User, at: datetime) -> None:
    """Become an owner in the place of whoever offered; they become a contributor or leave. Twice, it is done once.

    Raises Refusal when it was withdrawn, is too old, is somebody else's to accept, or when whoever offered it is no
    owner any more.
    """
    turns.take(session, transfer)
    if transfer.status is TransferStatus.ACCEPTED and transfer.to_id == by.id:
        return
    _check_offered(transfer, at)
    if not is_for(transfer, by) or by.is_staff or by.email_confirmed_at is None:
        raise Refusal("This was offered to somebody else.")
    giver = queries.part_of(session, transfer.organisation_id, transfer.from_id)
    if giver is None or giver.role is not MemberRole.OWNER or transfer.from_user.disabled_at is not None:
        raise Refusal(f"{transfer.from_user.name} is no longer an owner, so they cannot hand over.")
    mine = queries.part_of(session, transfer.organisation_id, by.id)
    if mine is None:
        session.add(
            Membership(organisation_id=transfer.organisation_id, user_id=by.id, role=MemberRole.OWNER, joined_at=at)
        )
    else:
        mine.role = MemberRole.OWNER
    if transfer.afterwards is Afterwards.LEAVES:
        team.end(session, giver, at=at)
    else:
        giver.role = MemberRole.CONTRIBUTOR
    transfer.to_id, transfer.ended_at = by.id, at
    transfer.to_user = by
    transfer.move(ACCEPT_TRANSFER)
    audit.record(
        session,
        "transfer:accept",
        transfer,
        by=by.id,
        at=at,
        organisation=str(transfer.organisation_id),
        afterwards=transfer.afterwards.value,
    )
    session.flush()  # the owners are told as they are now
    _tell(session, transfer, "accepted", at=at)


def decline(session: Session, transfer: Transfer, *, by: User, at: datetime) -> None:
    """Do not take it. Raises Refusal when it is not theirs to decline, or ended otherwise; twice, it is done once."""
    turns.take(session, transfer)
    if transfer.status is TransferStatus.DECLINED:
        return
    _check_offered(transfer, at)
    if not is_for(transfer, by):
        raise Refusal("This was offered to somebody else.")
    transfer.ended_at = at
    transfer.move(DECLINE_TRANSFER)
    audit.record(session, "transfer:decline", transfer, by=by.id, at=at, organisation=str(transfer.organisation_id))
    _tell(session, transfer, "declined", at=at)


def withdraw(session: Session, transfer: Transfer, *, by: User, at: datetime) -> None:
    """Take an offer back: whoever made it, or any other owner, may. Raises Refusal once it ended otherwise."""
    turns.take(session, transfer)
    if transfer.status is TransferStatus.WITHDRAWN:
        return
    _check_offered(transfer, at)
    part = queries.part_of(session, transfer.organisation_id, by.id)
    if transfer.from_id != by.id and (part is None or part.role is not MemberRole.OWNER):
        raise Refusal("Only an owner can withdraw this.")
    transfer.ended_at = at
    transfer.move(WITHDRAW_TRANSFER)
    audit.record(session, "transfer:withdraw", transfer, by=by.id, at=at, organisation=str(transfer.organisation_id))
    _tell(session, transfer, "withdrawn", at=at)


def undo(session: Session, transfer: Transfer, *, by: User, at: datetime) -> None:
    """Put both back: the former owner is one again, the new one a contributor. Twice, it is done once.

    Raises Refusal as `why_not_undo` says.
    """
    turns.take(session, transfer)
    if transfer.status is TransferStatus.UNDONE:
        return
    reason = why_not_undo(session, transfer, by=by, at=at)
    if reason is not None:
        raise Refusal(reason)
    giver = queries.part_of(session, transfer.organisation_id, transfer.from_id)
    taker = queries.part_of(session, transfer.organisation_id, transfer.to_id)
    assert giver is not None, "or it could not be undone"
    assert taker is not None, "or it could not be undone"
    giver.role, taker.role = MemberRole.OWNER, MemberRole.CONTRIBUTOR
    transfer.undone_at = at
    transfer.move(UNDO_TRANSFER)
    audit.record(session, "transfer:undo", transfer, by=by.id, at=at, organisation=str(transfer.organisation_id))
    session.flush()  # the owners are told as they are now
    _tell(session, transfer, "undone", at=at)


def why_not_undo(session: Session, transfer: Transfer, *, by: User, at: datetime) -> str | None:
    """Why `by` cannot undo it at that moment, in a sentence; None when they can."""
    if by.id not in {transfer.from_id, transfer.to_id}:
        return "Only the two people concerned can undo this."
    if transfer.status is TransferStatus.UNDONE:
        return "This was undone already. Both have the part that they had before."
    if transfer.status is not TransferStatus.ACCEPTED or transfer.ended_at is None:
        return "There is nothing to undo."
    if at - transfer.ended_at >= UNDONE_WITHIN:
        return (
            f"This could be undone for {UNDONE_WITHIN.days} days. Now it stands: the owners can change who does what."
        )
    if transfer.afterwards is Afterwards.LEAVES:
        return "This cannot be undone, because whoever handed over has left the team. An owner can invite them again."
    giver = queries.part_of(session, transfer.organisation_id, transfer.from_id)
    taker = queries.part_of(session, transfer.organisation_id, transfer.to_id)
    if (
        giver is None
        or taker is None
        or giver.role is not MemberRole.CONTRIBUTOR
        or taker.role is not MemberRole.OWNER
        or transfer.from_user.disabled_at is not None
    ):
        return "The team has changed since, so this cannot be undone. The owners can change who does what."
    return None


def lapse(session: Session, on: date, at: datetime) -> int:
    """End the offers that nobody answered in time; says how many."""
    late = session.scalars(
        sa.select(Transfer)
        .where(Transfer.status == TransferStatus.OFFERED, Transfer.offered_at <= at - LASTS)
        .options(joinedload(Transfer.organisation), joinedload(Transfer.from_user), joinedload(Transfer.to_user))
        .order_by(Transfer.id)
        .with_for_update(of=Transfer)  # so that two workers do not both tell
    ).all()
    for transfer in late:
        transfer.ended_at = at
        transfer.move(LAPSE_TRANSFER)
        audit.record(session, "transfer:lapse", transfer, by=None, at=at, organisation=str(transfer.organisation_id))
        _tell(session, transfer, "lapsed", at=at)
    return len(late)


def end_all(session: Session, organisation_id: UUID, *, by: User, at: datetime) -> int:
    """Take back each offer of an employer that nobody has answered, and tell both; says how many there were."""
    author = by.id
    found = session.scalars(
        sa.select(Transfer)
        .where(Transfer.organisation_id == organisation_id, Transfer.status == TransferStatus.OFFERED)
        .options(joinedload(Transfer.organisation), joinedload(Transfer.from_user), joinedload(Transfer.to_user))
        .with_for_update(of=Transfer)
    ).all()
    for transfer in found:
        transfer.ended_at = at
        transfer.move(WITHDRAW_TRANSFER)
        audit.record(session, "transfer:withdraw", transfer, by=author, at=at, organisation=str(organisation_id))
        _tell(session, transfer, "withdrawn", at=at)
    return len(found)


def is_for(transfer: Transfer, user: User) -> bool:
    """Whether it is this person's to accept: the member it was offered to, or whoever has the address."""
    return transfer.to_id == user.id if transfer.to_id is not None else transfer.to_email == user.email


def current(session: Session, organisation_id: UUID, *, at: datetime) -> Sequence[Transfer]:
    """The offers that wait, and what was accepted so lately that it may be undone; the newest first."""
    return session.scalars(
        sa.select(Transfer)
        .where(
            Transfer.organisation_id == organisation_id,
            sa.or_(
                sa.and_(Transfer.status == TransferStatus.OFFERED, Transfer.offered_at > at - LASTS),
                sa.and_(Transfer.status == TransferStatus.ACCEPTED, Transfer.ended_at > at - UNDONE_WITHIN),
            ),
        )
        .options(joinedload(Transfer.from_user), joinedload(Transfer.to_user))
        .order_by(Transfer.offered_at.desc(), Transfer.id)
    ).all()


def _tell(session: Session, transfer: Transfer, what: str, *, at: datetime, but: User | None = None) -> None:
    """Tell both, and the other owners, what has happened; `but` has an email of their own."""
    people = {
        user.id: user for user in queries.owners(session, [transfer.organisation_id]).get(transfer.organisation_id, [])
    }
    people[transfer.from_id] = transfer.from_user
    taker = transfer.to_user or find(session, transfer.to_email)
    to: list[User | str] = [user for user in people.values() if taker is None or user.id != taker.id]
    if but is None and what != "offered":
        to.append(taker or transfer.to_email)
    for one in to:
        emails.transfer_news(
            session,
            to=one,
            organisation_name=transfer.organisation.name,
            organisation_id=transfer.organisation_id,
            transfer_id=transfer.id,
            what=what,
            from_name=transfer.from_user.name,
            to_name=taker.name if taker else transfer.to_email,
            is_taker=one == (taker or transfer.to_email),
            leaves=transfer.afterwards is Afterwards.LEAVES,
            undo_until=local_date(transfer.ended_at + UNDONE_WITHIN) if transfer.ended_at else None,
            event_key=f"transfer:{transfer.id}:{what}",
            at=at,
        )


def _check_offered(transfer: Transfer, at: datetime) -> None:
    if transfer.status is not TransferStatus.OFFERED:
        raise Refusal(f"This offer is {transfer.status.label.lower()} already.")
    if at - transfer.offered_at >= LASTS:
        raise Refusal("This offer is too old. Ask for a new one.")
