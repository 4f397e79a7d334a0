"""Somebody asks to join an employer that is here already; an owner lets them in or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User, domain_of
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import numbers, queries
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.succession import claim_facts, claim_rules, claiming, domains, turns
from charter.succession.models import EmailDomain, JoinRequest, Matched
from charter.succession.status import (
    ACCEPT_REQUEST,
    DECLINE_REQUEST,
    LAPSE_REQUEST,
    UNANSWERED,
    WITHDRAW_REQUEST,
    JoinStatus,
)

LASTS = claim_rules.UNANSWERED_FOR
"""How long a request waits for an owner. An answer after that is still taken, but the employer can be claimed."""
AGAIN_AFTER = timedelta(days=30)
"""How long after they were turned down somebody may ask the same employer again."""
A_DAY = 3
"""How many employers one person may ask in a day, so that nobody finds out who is here by asking everyone."""
MATCHES = 10
"""So many employers of a group are offered; whoever works for another gives its number."""


@dataclass(frozen=True)
class Match:
    """An employer that somebody may ask to join, and what they have in common with it."""

    organisation: Organisation
    by: Matched


def matches(session: Session, user: User, *, company: str | None = None, charity: str | None = None) -> list[Match]:
    """The employers that a person seems to work for, by their address or by the numbers typed, in order of name.

    An address is at a domain that an owner named, or else at that of an owner's own confirmed address where not anybody
    can have one: the latter offers them to ask and never proves anything. Those they belong to already are left out. A
    number that cannot be one matches nothing. At most five queries.
    """
    found: dict[UUID, tuple[Organisation, Matched]] = {}
    for column, typed, read, how in (
        (Organisation.company_number, company, numbers.company_number, Matched.COMPANY),
        (Organisation.charity_number, charity, numbers.charity_number, Matched.CHARITY),
    ):
        try:
            number = read(typed)
        except Refusal:
            continue
        if number is not None:
            for one in session.scalars(sa.select(Organisation).where(column == number)):
                found.setdefault(one.id, (one, how))
    if user.email_confirmed_at is not None:
        domain = domain_of(user.email)
        named = sa.select(EmailDomain.organisation_id).where(EmailDomain.domain == domain)
        ways = [(named, Matched.DOMAIN)]
        if domains.why_not(domain) is None:
            owned = (
                sa.select(Membership.organisation_id)
                .join(User, User.id == Membership.user_id)
                .where(
                    Membership.role == MemberRole.OWNER,
                    User.email_domain == domain,
                    User.email_confirmed_at.is_not(None),
                )
            )
            ways.append((owned, Matched.OWNER))
        for where, how in ways:
            there = sa.select(Organisation).where(Organisation.id.in_(where), Organisation.merged_into_id.is_(None))
            for one in session.scalars(there.order_by(Organisation.name, Organisation.id).limit(MATCHES)):
                found.setdefault(one.id, (one, how))
    if not found:
        return []
    mine = set(session.scalars(sa.select(Membership.organisation_id).where(Membership.user_id == user.id)))
    return sorted(
        (Match(one, how) for key, (one, how) in found.items() if key not in mine),
        key=lambda match: (match.organisation.name, str(match.organisation.id)),
    )


def ask(session: Session, match: Match, *, message: str, by: User, at: datetime) -> JoinRequest:
    """Ask to be let in, and tell the owners. The request that waits already when this is sent twice.

    Raises Refusal when `by` belongs to the employer, works for the scheme, was turned down lately, or has asked too
    many employers today; on "message" when it is too long.
    """
    organisation = match.organisation
    message = turns.fitting(message, "message", "Your message")
    # The person's row is held too, so that of many forms in one moment no more than `A_DAY` are kept.
    session.execute(sa.select(User.id).where(User.id == by.id).with_for_update())
    turns.hold(session, organisation.id)
    if by.is_staff:
        raise Refusal("You work for the scheme with this account. Use another account for your employer.")
    if queries.part_of(session, organisation.id, by.id) is not None:
        raise Refusal(f"You belong to {organisation.name} already.")
    last = latest(session, organisation.id, by.id)
    if last is not None and last.status in UNANSWERED:
        return last
    declined_at = last.decided_at if last is not None and last.status is JoinStatus.DECLINED else None
    if declined_at is not None and at - declined_at < AGAIN_AFTER:
        raise Refusal(
            f"{organisation.name} did not let you in when you asked last. Talk to its owners, or write to us: our "
            "address is at the foot of the page."
        )
    today = session.scalar(
        sa.select(sa.func.count())
        .select_from(JoinRequest)
        .where(JoinRequest.user_id == by.id, JoinRequest.asked_at > at - timedelta(days=1))
    )
    if (today or 0) >= A_DAY:
        raise Refusal("You have asked several employers today. Try again tomorrow.")
    request = JoinRequest(
        organisation_id=organisation.id,
        organisation=organisation,
        user_id=by.id,
        user=by,
        matched_by=match.by,
        message=message,
        status=JoinStatus.WAITING,
        asked_at=at,
        decided_at=None,
        decided_by_id=None,
        role=None,
        reason="",
    )
    session.add(request)
    session.flush()  # for its id
    audit.record(
        session, "join:ask", request, by=by.id, at=at, organisation=str(organisation.id), matched_by=match.by.value
    )
    emails.join_asked(
        session,
        to=queries.owners(session, [organisation.id]).get(organisation.id, []),
        organisation_name=organisation.name,
        organisation_id=organisation.id,
        request_id=request.id,
        asked_by=by.name,
        address=by.email,
        at_domain=match.by is Matched.DOMAIN,
        message=message,
        event_key=f"join:{request.id}",
        at=at,
    )
    return request


def accept(session: Session, request: JoinRequest, *, role: MemberRole, by: User, at: datetime) -> None:
    """Let somebody in with this part, and tell them. Done twice by the same owner, it is done once.

    Raises Refusal when another owner decided meanwhile, when they withdrew, or when their account is closed.
    """
    turns.take(session, request)
    if request.status is JoinStatus.ACCEPTED and request.decided_by_id == by.id:
        return
    _check_unanswered(request)
    if request.user.disabled_at is not None or request.user.is_staff:
        raise Refusal("This account cannot join an employer any more.")
    membership = queries.part_of(session, request.organisation_id, request.user_id)
    if membership is None:
        session.add(
            Membership(organisation_id=request.organisation_id, user_id=request.user_id, role=role, joined_at=at)
        )
    else:  # they came by an invitation meanwhile: they keep the greater part
        role = membership.role = MemberRole.OWNER if MemberRole.OWNER in {membership.role, role} else role
    request.decided_at, request.decided_by_id = at, by.id
    request.role = role
    request.move(ACCEPT_REQUEST)  # at once: the database keeps neither without the other
    audit.record(
        session,
        "join:accept",
        request,
        by=by.id,
        at=at,
        organisation=str(request.organisation_id),
        role=role.value,
    )
    emails.join_accepted(
        session,
        to=request.user,
        organisation_name=request.organisation.name,
        owner=role is MemberRole.OWNER,
        event_key=f"join:{request.id}:accepted",
        at=at,
    )
    _answered(session, request, by=by, at=at)


def decline(session: Session, request: JoinRequest, *, reason: str, by: User, at: datetime) -> None:
    """Do not let somebody in, for a reason that they read. Done twice by the same owner, it is done once.

    Raises Refusal when another owner decided meanwhile or they withdrew, and on "reason" when there is none.
    """
    turns.take(session, request)
    if request.status is JoinStatus.DECLINED and request.decided_by_id == by.id:
        return
    _check_unanswered(request)
    reason = turns.fitting(reason, "reason", "The reason")
    if not reason:
        raise Refusal("Say why, so that they know what to do.", field="reason")
    request.reason = reason
    request.decided_at, request.decided_by_id = at, by.id
    request.move(DECLINE_REQUEST)
    audit.record(session, "join:decline", request, by=by.id, at=at, organisation=str(request.organisation_id))
    emails.join_declined(
        session,
        to=request.user,
        organisation_name=request.organisation.name,
        reason=reason,
        event_key=f"join:{request.id}:declined",
        at=at,
    )
    _answered(session, request, by=by, at=at)


def withdraw(session: Session, request: JoinRequest, *, by: User, at: datetime) -> None:
    """Take one's own request back. Raises Refusal when an owner has answered it; twice, it is done once."""
    turns.take(session, request)
    if request.status is JoinStatus.WITHDRAWN:
        return
    _check_unanswered(request)
    request.decided_at, request.decided_by_id = at, by.id
    request.move(WITHDRAW_REQUEST)
    audit.record(session, "join:withdraw", request, by=by.id, at=at, organisation=str(request.organisation_id))
    claim = claim_facts.open_one(session, request.organisation_id)
    if claim is not None and claim.user_id == request.user_id:
        claiming.withdraw(session, claim, by=by, at=at)


def lapse(session: Session, on: date, at: datetime) -> int:
    """Note which requests no owner answered in time and tell those who asked what they can do; says how many."""
    late = session.scalars(
        sa.select(JoinRequest)
        .where(JoinRequest.status == JoinStatus.WAITING, JoinRequest.asked_at <= at - LASTS)
        .options(joinedload(JoinRequest.user), joinedload(JoinRequest.organisation))
        .order_by(JoinRequest.id)
        .with_for_update(of=JoinRequest)  # so that two workers do not both tell
    ).all()
    for request in late:
        request.move(LAPSE_REQUEST)
        audit.record(session, "join:lapse", request, by=None, at=at, organisation=str(request.organisation_id))
        emails.join_lapsed(
            session,
            to=request.user,
            organisation_name=request.organisation.name,
            request_id=request.id,
            event_key=f"join:{request.id}:lapsed",
            at=at,
        )
    return len(late)


def waiting(session: Session, organisation_id: UUID) -> Sequence[JoinRequest]:
    """The requests that an employer's owners have not answered, the oldest first; not of those who are in meanwhile."""
    there = sa.select(Membership.user_id).where(Membership.organisation_id == organisation_id)
    return session.scalars(
        sa.select(JoinRequest)
        .where(
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.status.in_(UNANSWERED),
            JoinRequest.user_id.not_in(there),
        )
        .options(joinedload(JoinRequest.user))
        .order_by(JoinRequest.asked_at, JoinRequest.id)
    ).all()


def latest(session: Session, organisation_id: UUID, user_id: UUID) -> JoinRequest | None:
    """What this person last asked this employer."""
    return session.scalars(
        sa.select(JoinRequest)
        .where(JoinRequest.organisation_id == organisation_id, JoinRequest.user_id == user_id)
        .order_by(JoinRequest.asked_at.desc(), JoinRequest.id.desc())
        .limit(1)
    ).first()


def of(session: Session, organisation: Organisation, request_id: UUID) -> JoinRequest | None:
    """A request to this employer."""
    found = session.get(JoinRequest, request_id, options=[joinedload(JoinRequest.user)])
    return found if found is not None and found.organisation_id == organisation.id else None


def _answered(session: Session, request: JoinRequest, *, by: User, at: datetime) -> None:
    """An owner who answers is still there: whoever claims the employer because none did claims it no more."""
    claim = claim_facts.open_one(session, request.organisation_id)
    if claim is not None and claim.user_id == request.user_id:
        claiming.stop(session, claim, by=by, at=at)


def _check_unanswered(request: JoinRequest) -> None:
    if request.status is JoinStatus.WITHDRAWN:
        raise Refusal(f"{request.user.name} has withdrawn this request.")
    if request.status not in UNANSWERED:
        done = "let them in" if request.status is JoinStatus.ACCEPTED else "declined"
        who = request.decided_by.name if request.decided_by else "Another owner"
        raise Refusal(f"{who} has answered this request already: {done}.")
