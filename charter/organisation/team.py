"""An employer's people: invite a colleague, accept, change a part, remove."""

import secrets
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.account.sessions import hashed
from charter.errors import Refusal
from charter.organisation.models import FormerMember, Invitation, MemberRole, Membership, Organisation

VALID_FOR = timedelta(days=14)
INVITATION_KEPT = timedelta(days=90)
"""How long an invitation, and so the address in it, is kept after it was accepted or ran out."""
SAME_CLICK = timedelta(minutes=1)
"""An invitation to the same address and part within this time is the first one: somebody pressed the button twice."""


def invite(
    session: Session, organisation: Organisation, *, email: str, role: MemberRole, by: User, at: datetime
) -> tuple[Invitation, str | None]:
    """An invitation for `email` and the token of its link, which only the email holds.

    The caller mails the token in the same transaction. There is none when the same was sent a moment ago
    (`SAME_CLICK`): then that invitation is returned, and its link, on its way already, stays good. An older invitation
    to the same address stops working. Raises Refusal (on `email`) when that person is in the team already.
    """
    email = email.strip().lower()
    # The employer's row is locked, so that the second of two clicks finds what the first did.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    there = (
        sa.select(Membership.id).join(User).where(Membership.organisation_id == organisation.id, User.email == email)
    )
    if session.scalars(there).first() is not None:
        raise Refusal("This person is in your team already.", field="email")
    waiting = session.scalars(_waiting(organisation).where(Invitation.email == email, Invitation.expires_at > at)).all()
    for one in waiting:
        if one.role is role and at - one.sent_at < SAME_CLICK:
            return one, None
    for older in waiting:
        older.expires_at = min(older.expires_at, at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        organisation_id=organisation.id,
        email=email,
        role=role,
        token_hash=hashed(token),
        invited_by_id=by.id,
        sent_at=at,
        expires_at=at + VALID_FOR,
        accepted_at=None,
    )
    session.add(invitation)
    audit.record(
        session, "invitation:send", invitation, by=by.id, at=at, organisation=str(organisation.id), role=role.value
    )
    return invitation, token


def cancel(session: Session, invitation: Invitation, *, by: User, at: datetime) -> None:
    """Stop an invitation from working; twice, it is done once. Raises Refusal when it was accepted already."""
    author = by.id
    session.refresh(invitation, with_for_update=True)
    if invitation.accepted_at is not None:
        raise Refusal("This invitation was accepted already. You can remove the person from the team.")
    if invitation.expires_at <= at:
        return
    invitation.expires_at = at
    audit.record(session, "invitation:cancel", invitation, by=author, at=at)


def find(session: Session, token: str, *, at: datetime) -> Invitation | None:
    """The invitation with this token, while it can be accepted."""
    found = session.scalars(sa.select(Invitation).where(Invitation.token_hash == hashed(token))).first()
    return found if found is not None and found.accepted_at is None and found.expires_at > at else None


def accept(session: Session, *, token: str, by: User, at: datetime) -> Membership:
    """Make `by` a member as invited.

    Raises Refusal when the link was used, is too old or unknown, or was sent to another email address.
    """
    invitation = session.scalars(
        sa.select(Invitation).where(Invitation.token_hash == hashed(token)).with_for_update()
    ).first()
    if invitation is None or invitation.accepted_at is not None or invitation.expires_at <= at:
        raise Refusal("This invitation no longer works. Ask your colleague to send you a new one.")
    if invitation.email != by.email:
        raise Refusal("This invitation was sent to another email address. Sign in with that address to accept it.")
    if by.is_staff:
        raise Refusal("You work for the scheme with this account. Use another account for your employer.")
    invitation.accepted_at = at
    membership = session.scalars(
        sa.select(Membership).where(
            Membership.organisation_id == invitation.organisation_id, Membership.user_id == by.id
        )
    ).first()
    if membership is None:
        membership = Membership(
            organisation_id=invitation.organisation_id, user_id=by.id, role=invitation.role, joined_at=at
        )
        session.add(membership)
        session.flush()  # so that its id is known
    membership.chosen_at = at
    audit.record(
        session,
        "membership:accept",
        membership,
        by=by.id,
        at=at,
        organisation=str(invitation.organisation_id),
        role=membership.role.value,
    )
    return membership


def change_role(session: Session, membership: Membership, *, role: MemberRole, by: User, at: datetime) -> None:
    """Give a member another part. Raises Refusal when no owner who can sign in would be left."""
    if membership.role is role:
        return
    if membership.role is MemberRole.OWNER:
        _keep_an_owner(session, membership)
    membership.role = role
    audit.record(
        session,
        "membership:change",
        membership,
        by=by.id,
        at=at,
        organisation=str(membership.organisation_id),
        role=role.value,
    )


def remove(session: Session, membership: Membership, *, by: User, at: datetime) -> None:
    """Take a person out of the team; what they wrote stays. Raises Refusal for the last owner who can sign in."""
    if membership.role is MemberRole.OWNER:
        _keep_an_owner(session, membership)
    audit.record(
        session, "membership:remove", membership, by=by.id, at=at, organisation=str(membership.organisation_id)
    )
    end(session, membership, at=at)


def end(session: Session, membership: Membership, *, at: datetime) -> None:
    """Delete a person's part and keep that they had one. Every way out of a team comes through here."""
    employer, person = membership.organisation_id, membership.user_id
    # The employer's row is locked, so that two who take the same person out do not both note it.
    session.execute(sa.select(Organisation.id).where(Organisation.id == employer).with_for_update())
    before = session.scalars(
        sa.select(FormerMember).where(FormerMember.organisation_id == employer, FormerMember.user_id == person)
    ).first()
    if before is None:
        session.add(FormerMember(organisation_id=employer, user_id=person, left_at=at))
    else:
        before.left_at = at
    session.delete(membership)


def waiting(session: Session, organisation: Organisation, *, at: datetime) -> list[Invitation]:
    """The invitations that can still be accepted, the newest first."""
    return list(
        session.scalars(
            _waiting(organisation).where(Invitation.expires_at > at).order_by(Invitation.sent_at.desc(), Invitation.id)
        )
    )


def forget_invitations(session: Session, on: date, at: datetime) -> int:
    """Delete the invitations that ended `INVITATION_KEPT` ago, accepted or not, and say how many. A job of the day.

    Each holds an address. Whoever accepted one is in the team, or was.
    """
    old = sa.func.coalesce(Invitation.accepted_at, Invitation.expires_at) < at - INVITATION_KEPT
    gone = sa.delete(Invitation).where(old).returning(Invitation.id)
    return len(session.execute(gone.execution_options(synchronize_session=False)).all())


def _waiting(organisation: Organisation) -> sa.Select[Invitation]:
    return sa.select(Invitation).where(Invitation.organisation_id == organisation.id, Invitation.accepted_at.is_(None))


def _keep_an_owner(session: Session, membership: Membership) -> None:
    # The employer's row is locked, so that two owners cannot both leave in the same moment.
    session.execute(sa.select(Organisation.id).where(Organisation.id == membership.organisation_id).with_for_update())
    others = session.scalar(
        sa.select(sa.func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id == membership.organisation_id,
            Membership.role == MemberRole.OWNER,
            Membership.id != membership.id,
            User.can_sign_in,
        )
    )
    if not others:
        raise Refusal("An employer needs at least one owner who can sign in. Make somebody else an owner first.")
