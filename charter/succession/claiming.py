"""Somebody claims an employer whose owners have gone: notice to all its people, and two weeks to say "I am still here".

What only time decides is `ground` and `next_step`, two plain functions of dates and facts. With an address at a domain
that is this employer's alone, and a button pressed that was mailed there after they claimed, the portal grants it by
itself; otherwise an administrator decides, with a reason. See docs/adr/0015.
"""

import enum
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.account.sessions import hashed
from charter.clock import local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import queries
from charter.organisation.models import FormerMember, MemberRole, Membership, Organisation
from charter.succession import domains, turns
from charter.succession.models import Claim, ClaimNotice, Ground, JoinRequest
from charter.succession.status import (
    GRANT,
    HAND_TO_SCHEME,
    OPEN,
    REFUSE,
    STOP,
    UNANSWERED,
    VOID,
    WITHDRAW_CLAIM,
    ClaimStatus,
)

UNANSWERED_FOR = timedelta(days=14)
"""How long a request to join must have waited before whoever asked may claim."""
AWAY = timedelta(days=60)
"""Who has not signed in for so long may have gone: longer than a holiday, or than most weeks off sick."""
NOTICE = timedelta(days=14)
"""How long an employer's people have to object."""
AGAIN_AFTER = timedelta(days=90)
"""How long after a claim was stopped or refused the same person may not claim the same employer again."""
MAIL_AGAIN = timedelta(hours=1)
"""How long after one email to the claimant's own address the next may be asked for."""
SAME_CLICK = timedelta(minutes=1)

NO_DOMAIN = "Your email address alone does not show us that you work there, so we decide."
LEFT = "You were in this employer’s team before and went out of it, so we decide."
ALONE = "Nobody else in the team could be told of it, so we decide."
NOT_PRESSED = "You did not press the button in the email to you in time, so we decide."
CHANGED = "The address that you claimed with is no longer the confirmed address of your account."
SOMEBODY = "An owner has signed in since, so this employer can no longer be claimed. Ask the owner."


@dataclass(frozen=True)
class OwnerSeen:
    """An owner, as far as it matters here."""

    can_sign_in: bool
    seen_at: datetime
    """When they last signed in, or became an owner when they never did."""


def ground(
    owners: Collection[OwnerSeen], *, asked_at: datetime | None, member: bool, at_domain: bool, at: datetime
) -> Ground | None:
    """Why an employer with these owners may be claimed at a moment; None when it may not.

    `asked_at` is when the claimant's request, still unanswered, was made. A member was let in by an owner once, and
    need not ask again. Whoever is neither a member nor at the employer's own domain learns nothing before their request
    has waited.
    """
    waited = asked_at is not None and at - asked_at >= UNANSWERED_FOR
    if not (member or at_domain or waited):
        return None
    able = [one for one in owners if one.can_sign_in]
    if not able:
        return Ground.NOBODY
    if any(at - one.seen_at < AWAY for one in able):
        return None
    return Ground.SILENT if member or waited else None


class Next(enum.Enum):
    """What is to be done with an open claim."""

    WAIT = "wait"
    GRANT = "grant"
    HAND_TO_SCHEME = "hand to the scheme"
    VOID = "void"


@dataclass(frozen=True)
class Facts:
    """What decides about an open claim, as it is at a moment."""

    claimed_at: datetime
    address: str
    """The claimant's address when they claimed."""
    address_now: str | None
    """Their confirmed address; None when their account is closed or the address is not confirmed."""
    by_itself: bool
    """Whether the claim is one that the portal grants, not the scheme."""
    at_domain: bool
    """Whether the address is at a domain that is this employer's alone."""
    left: bool
    """Whether the claimant has ever gone out of this employer's team."""
    told: bool
    """Whether anybody but the claimant could be given notice."""
    proved_at: datetime | None
    """When the claimant showed that the mailbox of that address is still theirs."""
    ground: Ground | None


def next_step(facts: Facts, *, at: datetime) -> tuple[Next, str]:
    """What is to be done with an open claim at a moment; and why, when it ends or the scheme has to decide."""
    if facts.address_now != facts.address:
        return Next.VOID, CHANGED
    if facts.ground is None:
        return Next.VOID, SOMEBODY
    if not facts.by_itself:
        return Next.WAIT, ""
    why = why_scheme(at_domain=facts.at_domain, left=facts.left, told=facts.told)
    if why is not None:
        return Next.HAND_TO_SCHEME, why
    if at - facts.claimed_at < NOTICE:
        return Next.WAIT, ""
    if facts.proved_at is None or facts.proved_at < facts.claimed_at:
        return Next.HAND_TO_SCHEME, NOT_PRESSED
    return Next.GRANT, ""


def why_scheme(*, at_domain: bool, left: bool, told: bool) -> str | None:
    """Why the scheme has to decide about a claim, in a sentence for the claimant; None when the portal can."""
    if not at_domain:
        return NO_DOMAIN
    if left:
        return LEFT
    return None if told else ALONE


# What the tables say -------------------------------------------------------------------------------------------------


def ground_for(session: Session, organisation_id: UUID, user: User, *, at: datetime) -> Ground | None:
    """Why this person may claim this employer now; None when they may not."""
    asked_at = session.scalars(
        sa.select(JoinRequest.asked_at)
        .where(
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.user_id == user.id,
            JoinRequest.status.in_(UNANSWERED),
        )
        .order_by(JoinRequest.asked_at.desc())
        .limit(1)
    ).first()
    return ground(
        owners_seen(session, organisation_id),
        asked_at=asked_at,
        member=queries.part_of(session, organisation_id, user.id) is not None,
        at_domain=domains.proves(session, organisation_id, user.email),
        at=at,
    )


def owners_seen(session: Session, organisation_id: UUID) -> list[OwnerSeen]:
    """An employer's owners, as far as a claim looks at them."""
    return [
        OwnerSeen(can_sign_in(one.user), max(one.user.last_signed_in_at or one.joined_at, one.joined_at))
        for one in _members(session, organisation_id)
        if one.role is MemberRole.OWNER
    ]


def knows(session: Session, organisation_id: UUID, user: User) -> bool:
    """Whether this person may know how it stands with an employer: a member, somebody who has asked to be let in and
    waits, or whoever has an address at a domain that is this employer's alone."""
    if queries.part_of(session, organisation_id, user.id) is not None:
        return True
    asked = sa.select(JoinRequest.id).where(
        JoinRequest.organisation_id == organisation_id,
        JoinRequest.user_id == user.id,
        JoinRequest.status.in_(UNANSWERED),
    )
    if session.scalars(asked).first() is not None:
        return True
    return user.email_confirmed_at is not None and domains.proves(session, organisation_id, user.email)


def scheme_decides(session: Session, organisation_id: UUID, user: User) -> str | None:
    """Why the scheme would decide if this person claimed now, in a sentence for them; None when the portal would."""
    return why_scheme(
        at_domain=domains.proves(session, organisation_id, user.email),
        left=has_left(session, organisation_id, user.id) is not None,
        told=any(one.user_id != user.id and can_sign_in(one.user) for one in _members(session, organisation_id)),
    )


def has_left(session: Session, organisation_id: UUID, user_id: UUID) -> datetime | None:
    """When this person last went out of an employer's team; None when they never did."""
    return session.scalars(
        sa.select(FormerMember.left_at).where(
            FormerMember.organisation_id == organisation_id, FormerMember.user_id == user_id
        )
    ).first()


def can_sign_in(user: User) -> bool:
    """Whether somebody's account is open and their address proved."""
    return user.disabled_at is None and user.email_confirmed_at is not None


def facts(session: Session, claim: Claim, *, at: datetime) -> Facts:
    """What decides about an open claim now."""
    return Facts(
        claimed_at=claim.claimed_at,
        address=claim.address,
        address_now=claim.user.email if can_sign_in(claim.user) and not claim.user.is_staff else None,
        by_itself=claim.status is ClaimStatus.NOTICE,
        at_domain=domains.proves(session, claim.organisation_id, claim.address),
        left=has_left(session, claim.organisation_id, claim.user_id) is not None,
        told=session.scalars(sa.select(ClaimNotice.id).where(ClaimNotice.claim_id == claim.id)).first() is not None,
        proved_at=claim.proved_at,
        # The claimant had asked, or belonged there, when they claimed: now only the owners matter.
        ground=ground(owners_seen(session, claim.organisation_id), asked_at=None, member=True, at_domain=True, at=at),
    )


# The verbs -----------------------------------------------------------------------------------------------------------


def claim(
    session: Session, organisation: Organisation, *, message: str, scheme_email: str, by: User, at: datetime
) -> Claim:
    """Claim an employer whose owners have gone, and tell all its people at once how to stop it.

    The claimant gets a link to their own address, by which they show that its mailbox is still theirs (`prove`).
    The open claim of the same person when this is sent twice. Raises Refusal when there is no ground for it, `by` has
    nothing to do with the employer, somebody else has claimed it, or a claim of theirs was stopped lately; on "message"
    when it is too long or not there although the scheme has to decide.
    """
    turns.hold(session, organisation.id)
    there = open_one(session, organisation.id)
    if there is not None and there.user_id == by.id:
        return there
    if by.is_staff:
        raise Refusal("You work for the scheme with this account. Use another account for your employer.")
    if by.email_confirmed_at is None or not knows(session, organisation.id, by):
        raise Refusal("Ask to join this employer first.")
    mine = queries.part_of(session, organisation.id, by.id)
    if mine is not None and mine.role is MemberRole.OWNER:
        raise Refusal("You are an owner already.")
    if there is not None:
        raise Refusal("Somebody else has claimed this employer already. Write to us: our address is below.")
    found = ground_for(session, organisation.id, by, at=at)
    if found is None:
        raise Refusal("An owner has signed in lately, or has had too little time to answer you. Ask the owner.")
    _check_not_again(session, organisation.id, by, at)
    by_itself = scheme_decides(session, organisation.id, by) is None
    message = turns.fitting(message, "message", "What you write")
    if not by_itself and not message:
        raise Refusal("Tell us how we can see that you work there, such as your job.", field="message")
    token = secrets.token_urlsafe(32)
    made = Claim(
        organisation_id=organisation.id,
        organisation=organisation,
        user_id=by.id,
        user=by,
        address=by.email,
        ground=found,
        message=message,
        status=ClaimStatus.NOTICE if by_itself else ClaimStatus.WITH_SCHEME,
        claimed_at=at,
        proof_hash=hashed(token),
        proof_mailed_at=at,
        proved_at=None,
        ended_at=None,
        ended_by_id=None,
        reason="",
    )
    session.add(made)
    session.flush()  # for its id
    audit.record(
        session,
        "claim:make",
        made,
        by=by.id,
        at=at,
        organisation=str(organisation.id),
        ground=found.value,
        by_itself=by_itself,
    )
    _give_notice(session, made, at=at)
    _mail_proof(session, made, token, at=at)
    if not by_itself:
        _tell_scheme(session, made, scheme_email, at)
    return made


def prove(session: Session, token: str, *, at: datetime) -> Claim:
    """The claimant still reads the mailbox they claim with. Pressed twice, the first time stays.

    Raises Refusal when the link was replaced by a newer one, or the claim has ended.
    """
    found = with_proof(session, token)
    if found is not None:
        turns.take(session, found)
    if found is None or found.proof_hash != hashed(token):
        raise Refusal("This link no longer works. Use the one in the newest email.")
    if found.proved_at is not None:
        return found
    _check_open(found)
    found.proved_at = at
    audit.record(session, "claim:prove", found, by=found.user_id, at=at, organisation=str(found.organisation_id))
    return found


def mail_proof_again(session: Session, claim: Claim, *, by: User, at: datetime) -> None:
    """Send the claimant a new link to their own address; the one before stops working. On a double click, one.

    Raises Refusal when the claim is somebody else's, has ended or is proved, or the last email went less than an hour
    ago.
    """
    turns.take(session, claim)
    if claim.user_id != by.id:
        raise Refusal("This is not your claim.")
    _check_open(claim)
    if claim.proved_at is not None:
        raise Refusal("You have pressed the button already.")
    if at - claim.proof_mailed_at < SAME_CLICK:
        return
    if at - claim.proof_mailed_at < MAIL_AGAIN:
        raise Refusal("We emailed you less than an hour ago. Look in your junk mail too, or try again later.")
    token = secrets.token_urlsafe(32)
    claim.proof_hash, claim.proof_mailed_at = hashed(token), at
    audit.record(session, "claim:mail-again", claim, by=by.id, at=at, organisation=str(claim.organisation_id))
    _mail_proof(session, claim, token, at=at)


def stop(session: Session, claim: Claim, *, by: User, at: datetime) -> None:
    """One of the employer's people is still here: the claim ends. Twice, it is done once.

    Raises Refusal when it ended otherwise, or `by` is the claimant or does not belong to the employer.
    """
    turns.take(session, claim)
    if claim.status is ClaimStatus.STOPPED:
        return
    if claim.user_id == by.id or queries.part_of(session, claim.organisation_id, by.id) is None:
        raise Refusal("Only the employer’s own people can stop this.")
    _check_open(claim)
    _end(session, claim, at=at, by=by, reason="One of the employer’s people says that they are still there.")
    claim.move(STOP)
    audit.record(session, "claim:stop", claim, by=by.id, at=at, organisation=str(claim.organisation_id))
    _tell_end(session, claim, "stopped", at)


def withdraw(session: Session, claim: Claim, *, by: User, at: datetime) -> None:
    """Take one's own claim back. Raises Refusal when it ended otherwise; twice, it is done once."""
    turns.take(session, claim)
    if claim.status is ClaimStatus.WITHDRAWN:
        return
    _check_open(claim)
    _end(session, claim, at=at, by=by, reason="It was withdrawn.")
    claim.move(WITHDRAW_CLAIM)
    audit.record(session, "claim:withdraw", claim, by=by.id, at=at, organisation=str(claim.organisation_id))
    _tell_end(session, claim, "withdrawn", at)


def refuse(session: Session, claim: Claim, *, reason: str, by: User, at: datetime) -> None:
    """An administrator does not grant it, for a reason that the claimant reads.

    Raises Refusal on "reason" when there is none, when the claim has ended, or `by` belongs to the employer.
    """
    turns.take(session, claim)
    reason = _judged(session, claim, reason, by)
    _end(session, claim, at=at, by=by, reason=reason)
    claim.move(REFUSE)
    audit.record(session, "claim:refuse", claim, by=by.id, at=at, organisation=str(claim.organisation_id))
    _tell_end(session, claim, "refused", at)


def grant(session: Session, claim: Claim, *, reason: str, by: User, at: datetime) -> None:
    """An administrator makes the claimant an owner, for a reason that stays in the record.

    Raises Refusal as `refuse` does, before the employer's people have had their time to object, and when an owner is
    back or the claimant's address has changed.
    """
    turns.take(session, claim)
    reason = _judged(session, claim, reason, by)
    step, why = next_step(facts(session, claim, at=at), at=at)
    if step is Next.VOID:
        raise Refusal(f"This cannot be granted. {why}")
    if at - claim.claimed_at < NOTICE:
        raise Refusal(
            f"The employer’s people can object until {_day(claim.claimed_at + NOTICE)}. You can grant it after that."
        )
    _grant(session, claim, at=at, by=by, reason=reason)


def settle(session: Session, on: date, at: datetime) -> int:
    """Do with each open claim what its time has come for; says with how many something was done.

    Needs nothing but the day: granted, voided or handed over twice on one day, it is done once.
    """
    done = 0
    for claim_id in session.scalars(sa.select(Claim.id).where(Claim.status.in_(OPEN)).order_by(Claim.id)).all():
        claim = session.get_one(Claim, claim_id, options=[joinedload(Claim.user), joinedload(Claim.organisation)])
        turns.take(session, claim)
        if not claim.is_open:  # somebody ended it meanwhile
            continue
        step, why = next_step(facts(session, claim, at=at), at=at)
        if step is Next.GRANT:
            _grant(session, claim, at=at, by=None, reason="Nobody objected.")
        elif step is Next.VOID:
            _void(session, claim, why, at=at)
        elif step is Next.HAND_TO_SCHEME:
            claim.move(HAND_TO_SCHEME)
            audit.record(session, "claim:hand-over", claim, by=None, at=at, organisation=str(claim.organisation_id))
            emails.claim_with_scheme(
                session,
                to=claim.user,
                organisation_name=claim.organisation.name,
                claim_id=claim.id,
                reason=why,
                event_key=f"claim:{claim.id}",
                at=at,
            )
        done += step is not Next.WAIT
    return done


def address_changed(session: Session, user: User, *, at: datetime) -> None:
    """A person has another address now: what they claimed with the old one is void."""
    mine = session.scalars(sa.select(Claim).where(Claim.user_id == user.id, Claim.status.in_(OPEN))).all()
    for one in mine:
        turns.take(session, one)
        if one.is_open and one.address != user.email:
            _void(session, one, CHANGED, at=at)


def end_all(session: Session, organisation_id: UUID, why: str, *, at: datetime) -> int:
    """End each open claim to an employer because of `why`, which the claimant reads; says how many there were."""
    found = session.scalars(
        sa.select(Claim)
        .where(Claim.organisation_id == organisation_id, Claim.status.in_(OPEN))
        .options(joinedload(Claim.user), joinedload(Claim.organisation))
        .with_for_update(of=Claim)
    ).all()
    for claim in found:
        _void(session, claim, why, at=at)
    return len(found)


# Reading -------------------------------------------------------------------------------------------------------------


def noticed(session: Session, token: str) -> ClaimNotice | None:
    """Which of the employer's people holds this link, and against which claim."""
    return session.scalars(
        sa.select(ClaimNotice)
        .where(ClaimNotice.token_hash == hashed(token))
        .options(
            joinedload(ClaimNotice.user),
            joinedload(ClaimNotice.claim).joinedload(Claim.organisation),
            joinedload(ClaimNotice.claim).joinedload(Claim.user),
        )
    ).first()


def with_proof(session: Session, token: str) -> Claim | None:
    """The claim whose claimant holds this link."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.proof_hash == hashed(token))
        .options(joinedload(Claim.organisation), joinedload(Claim.user))
    ).first()


def open_one(session: Session, organisation_id: UUID) -> Claim | None:
    """The open claim to an employer."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.organisation_id == organisation_id, Claim.status.in_(OPEN))
        .options(joinedload(Claim.user))
    ).first()


def of_employer(session: Session, organisation_id: UUID) -> Sequence[Claim]:
    """Every claim to an employer, the newest first."""
    return session.scalars(
        sa.select(Claim)
        .where(Claim.organisation_id == organisation_id)
        .options(joinedload(Claim.user))
        .order_by(Claim.claimed_at.desc(), Claim.id)
    ).all()


def is_due(claim: Claim, *, at: datetime) -> bool:
    """Whether the employer's people have had their time to object."""
    return at - claim.claimed_at >= NOTICE


# Inside --------------------------------------------------------------------------------------------------------------


def _give_notice(session: Session, claim: Claim, *, at: datetime) -> None:
    """Tell every member who can be told, each with a link of their own that stops it."""
    for one in _members(session, claim.organisation_id):
        if one.user_id == claim.user_id or not can_sign_in(one.user):
            continue
        token = secrets.token_urlsafe(32)
        session.add(ClaimNotice(claim_id=claim.id, user_id=one.user_id, token_hash=hashed(token)))
        emails.claim_made(
            session,
            to=one.user,
            organisation_name=claim.organisation.name,
            claimant=claim.user.name,
            address=claim.address,
            owner=one.role is MemberRole.OWNER,
            until=local_date(claim.claimed_at + NOTICE),
            token=token,
            event_key=f"claim:{claim.id}",
            at=at,
        )


def _mail_proof(session: Session, claim: Claim, token: str, *, at: datetime) -> None:
    """Write to the claimant's own address, with the link by which they show that it is."""
    emails.claim_received(
        session,
        to=claim.user,
        organisation_name=claim.organisation.name,
        claim_id=claim.id,
        until=local_date(claim.claimed_at + NOTICE),
        by_itself=claim.status is ClaimStatus.NOTICE,
        token=token,
        event_key=f"claim:{claim.id}:{claim.proof_hash[:16]}",
        at=at,
    )


def _tell_scheme(session: Session, claim: Claim, scheme_email: str, at: datetime) -> None:
    emails.claim_to_decide(
        session,
        to=scheme_email,
        organisation_name=claim.organisation.name,
        claim_id=claim.id,
        event_key=f"claim:{claim.id}",
        at=at,
    )


def _tell_end(session: Session, claim: Claim, what: str, at: datetime) -> None:
    people = {one.user_id: one.user for one in _members(session, claim.organisation_id)} | {claim.user_id: claim.user}
    for one in people.values():
        emails.claim_ended(
            session,
            to=one,
            organisation_name=claim.organisation.name,
            claimant=claim.user.name,
            mine=one.id == claim.user_id,
            what=what,
            reason=claim.reason,
            event_key=f"claim:{claim.id}:{what}",
            at=at,
        )


def _grant(session: Session, claim: Claim, *, at: datetime, by: User | None, reason: str) -> None:
    members = _members(session, claim.organisation_id)
    stays = next((one for one in members if one.user_id == claim.user_id), None)
    for one in members:
        if one.role is MemberRole.OWNER and one is not stays:
            one.role = MemberRole.CONTRIBUTOR  # nobody is thrown out
    if stays is None:
        session.add(
            Membership(
                organisation_id=claim.organisation_id, user_id=claim.user_id, role=MemberRole.OWNER, joined_at=at
            )
        )
    else:
        stays.role = MemberRole.OWNER
    _end(session, claim, at=at, by=by, reason=reason)
    claim.move(GRANT)
    _close_requests(session, claim, at=at)
    audit.record(
        session,
        "claim:grant",
        claim,
        by=by.id if by else None,
        at=at,
        organisation=str(claim.organisation_id),
        ground=claim.ground.value,
    )
    session.flush()  # the members are told as they are now
    _tell_end(session, claim, "granted", at)


def _close_requests(session: Session, claim: Claim, *, at: datetime) -> None:
    """The request to join that the claim came from asks for nothing any more."""
    session.execute(
        sa.update(JoinRequest)
        .where(
            JoinRequest.organisation_id == claim.organisation_id,
            JoinRequest.user_id == claim.user_id,
            JoinRequest.status.in_(UNANSWERED),
        )
        .values(status="accepted", role=MemberRole.OWNER, decided_at=at)
    )


def _void(session: Session, claim: Claim, why: str, *, at: datetime) -> None:
    _end(session, claim, at=at, by=None, reason=why)
    claim.move(VOID)
    audit.record(session, "claim:void", claim, by=None, at=at, organisation=str(claim.organisation_id))
    _tell_end(session, claim, "void", at)


def _end(session: Session, claim: Claim, *, at: datetime, by: User | None, reason: str) -> None:
    claim.ended_at, claim.ended_by_id, claim.reason = at, by.id if by else None, reason


def _judged(session: Session, claim: Claim, reason: str, by: User) -> str:
    _check_open(claim)
    if claim.status is not ClaimStatus.WITH_SCHEME:
        raise Refusal("The portal settles this claim by itself, unless one of the employer’s people objects.")
    if queries.part_of(session, claim.organisation_id, by.id) is not None or claim.user_id == by.id:
        raise Refusal("You have a part in this employer, so somebody else must decide.")
    reason = turns.fitting(reason, "reason", "The reason")
    if not reason:
        raise Refusal("Say why. The claimant and the employer’s people read it.", field="reason")
    return reason


def _check_open(claim: Claim) -> None:
    if not claim.is_open:
        raise Refusal(f"This claim has ended: {claim.status.label.lower()}.")


def _check_not_again(session: Session, organisation_id: UUID, by: User, at: datetime) -> None:
    before = sa.select(Claim.id).where(
        Claim.organisation_id == organisation_id,
        Claim.user_id == by.id,
        Claim.status.in_([ClaimStatus.STOPPED, ClaimStatus.REFUSED]),
        Claim.ended_at > at - AGAIN_AFTER,
    )
    if session.scalars(before).first() is not None:
        raise Refusal(
            "Your last claim was stopped. You can claim again later, or write to us: our address is at the foot of the "
            "page."
        )


def _members(session: Session, organisation_id: UUID) -> Sequence[Membership]:
    return session.scalars(
        sa.select(Membership)
        .join(Membership.user)
        .options(joinedload(Membership.user))
        .where(Membership.organisation_id == organisation_id)
        .order_by(User.name, Membership.id)
    ).all()


def _day(moment: datetime) -> str:
    day = local_date(moment)
    return f"{day.day} {day:%B %Y}"
