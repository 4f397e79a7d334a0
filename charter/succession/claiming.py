"""Somebody claims an employer whose owners have gone: notice to all its people, and two weeks to say "I am still here".

With an address at a domain that is this employer's alone, and a button pressed that was mailed there after they
claimed, the portal grants it by itself; otherwise an administrator decides, with a reason. The rules are in
`claim_rules`, what the tables say of a claim in `claim_facts`. See docs/adr/0015.
"""

import secrets
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.account.sessions import hashed
from charter.clock import day_in_words, local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import interests, queries
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import claim_facts, claim_rules, turns
from charter.succession.claim_facts import members
from charter.succession.claim_rules import (
    AGAIN_AFTER,
    CHANGED,
    MAIL_AGAIN,
    SAME_CLICK,
    Next,
    next_step,
    objections_until,
)
from charter.succession.models import Claim, ClaimNotice, JoinRequest
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

DECIDE = "decide about claims to it"
"""What an administrator without an interest in the employer must do instead."""


def claim(session: Session, organisation: Organisation, *, message: str, by: User, at: datetime) -> Claim:
    """Claim an employer whose owners have gone, and tell all its people at once how to stop it.

    The claimant gets a link to their own address, by which they show that its mailbox is still theirs (`prove`).
    The open claim of the same person when this is sent twice. Raises Refusal when there is no ground for it, `by` has
    nothing to do with the employer, somebody else has claimed it, or a claim of theirs was stopped lately; on "message"
    when it is too long or not there although the scheme has to decide.
    """
    turns.hold(session, organisation.id)
    there = claim_facts.open_one(session, organisation.id)
    if there is not None and there.user_id == by.id:
        return there
    if by.is_staff:
        raise Refusal("You work for the scheme with this account. Use another account for your employer.")
    if by.email_confirmed_at is None or not claim_facts.knows(session, organisation.id, by):
        raise Refusal("Ask to join this employer first.")
    mine = queries.part_of(session, organisation.id, by.id)
    if mine is not None and mine.role is MemberRole.OWNER:
        raise Refusal("You are an owner already.")
    if there is not None:
        raise Refusal("Somebody else has claimed this employer already. Write to us: our address is below.")
    found = claim_facts.ground_for(session, organisation.id, by, at=at)
    if found is None:
        raise Refusal("An owner has signed in lately, or has had too little time to answer you. Ask the owner.")
    _check_not_again(session, organisation.id, by, at)
    by_itself = claim_facts.scheme_decides(session, organisation.id, by) is None
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
        _tell_scheme(session, made, at)
    return made


def prove(session: Session, token: str, *, at: datetime) -> Claim:
    """The claimant still reads the mailbox they claim with. Pressed twice, the first time stays.

    Raises Refusal when the link was replaced by a newer one, or the claim has ended.
    """
    found = claim_facts.with_proof(session, token)
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
    member = queries.part_of(session, claim.organisation_id, by.id) is not None
    if not claim_rules.may_object(by.id, claimant=claim.user_id, member=member):
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

    Raises Refusal on "reason" when there is none, when the claim has ended, or `by` has an interest in the employer.
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
    step, why = next_step(claim_facts.facts(session, claim, at=at), at=at)
    if step is Next.VOID:
        raise Refusal(f"This cannot be granted. {why}")
    if not claim_rules.is_due(claim.claimed_at, at=at):
        until = day_in_words(local_date(objections_until(claim.claimed_at)))
        raise Refusal(f"The employer’s people can object until {until}. You can grant it after that.")
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
        step, why = next_step(claim_facts.facts(session, claim, at=at), at=at)
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
            _tell_scheme(session, claim, at)
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


# Inside --------------------------------------------------------------------------------------------------------------


def _give_notice(session: Session, claim: Claim, *, at: datetime) -> None:
    """Tell every member who can be told, each with a link of their own that stops it."""
    for one in members(session, claim.organisation_id):
        if not claim_rules.is_told(one.user, claimant=claim.user_id):
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
            until=local_date(objections_until(claim.claimed_at)),
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
        until=local_date(objections_until(claim.claimed_at)),
        by_itself=claim.status is ClaimStatus.NOTICE,
        token=token,
        event_key=f"claim:{claim.id}:{claim.proof_hash[:16]}",
        at=at,
    )


def _tell_scheme(session: Session, claim: Claim, at: datetime) -> None:
    """Write to each administrator who may decide about it."""
    emails.claim_to_decide(
        session,
        to=claim_facts.deciders(session, claim.organisation_id),
        organisation_name=claim.organisation.name,
        claim_id=claim.id,
        until=local_date(objections_until(claim.claimed_at)),
        due=claim_rules.is_due(claim.claimed_at, at=at),
        event_key=f"claim:{claim.id}",
        at=at,
    )


def _tell_end(session: Session, claim: Claim, what: str, at: datetime) -> None:
    people = {one.user_id: one.user for one in members(session, claim.organisation_id)} | {claim.user_id: claim.user}
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
    team = members(session, claim.organisation_id)
    stays = next((one for one in team if one.user_id == claim.user_id), None)
    for one in team:
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
    if claim.user_id == by.id:
        raise Refusal("This is your own claim, so somebody else must decide.")
    interests.check_none(session, by, claim.organisation_id, DECIDE)
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
