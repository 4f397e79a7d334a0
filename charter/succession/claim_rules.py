"""The rules of a claim: when an employer may be claimed, who may object and for how long, and what comes of it.

Plain functions of dates and facts. See docs/adr/0015.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from charter.account.models import User
from charter.succession.models import Ground

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
    if not is_due(facts.claimed_at, at=at):
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


def objections_until(claimed_at: datetime) -> datetime:
    """When the employer's people have had their time to object."""
    return claimed_at + NOTICE


def is_due(claimed_at: datetime, *, at: datetime) -> bool:
    """Whether the employer's people have had their time to object."""
    return at >= objections_until(claimed_at)


def may_object(person: UUID, *, claimant: UUID, member: bool) -> bool:
    """Whether somebody may say that they are still here, and so end a claim: one of the employer's people, but not the
    claimant themselves."""
    return member and person != claimant


def is_told(user: User, *, claimant: UUID) -> bool:
    """Whether a member gets notice of a claim: all do who may object and whose mailbox we know."""
    return may_object(user.id, claimant=claimant, member=True) and user.can_sign_in
