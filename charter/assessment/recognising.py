"""Awards of other schemes from proof to end: show one, check it or turn it down, and warn before it ends.

The verbs of `organisation.recognition` decide; here they meet the employer's evidence and its email.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import User
from charter.assessment import library, queries
from charter.assessment.evidence_kinds import TITLE_LIMIT, Given
from charter.assessment.models import Evidence, EvidenceKind
from charter.assessment.standing_in import StandIn, standing_in, without
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.content import Content
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.organisation import recognition
from charter.organisation.models import Organisation, Recognition

WARN_DAYS = (60, 14)
"""So many days before an award of another scheme ends, its employer's owners get an email."""


def prove(
    session: Session, stated: Recognition, kind: EvidenceKind, given: Given, *, by: User, at: datetime
) -> Evidence:
    """Show an award by a file or a link, which the employer's evidence keeps from then on, and return that piece.

    `given` is what `evidence_kinds.of_file` or `of_link` made of it. Raises `Refusal` once the award is checked, or
    when the same was turned down for privacy.
    """
    organisation = session.get_one(Organisation, stated.organisation_id)
    content = publishing.current(session).content
    title = content.passport_title(stated.scheme, stated.level)
    piece, _ = library.give(
        session,
        organisation,
        kind,
        given,
        rules=content.evidence_rules,
        title=f"Proof of {title}"[:TITLE_LIMIT],
        by=by,
        at=at,
    )
    session.flush()  # the award names it, and is read again under its lock
    recognition.prove(session, stated, proof_id=piece.id, by=by, at=at)
    return piece


def check(session: Session, stated: Recognition, *, on_list: bool = False, by: User, at: datetime) -> None:
    """Keep that `by` has seen an award, and tell the employer's owners what it stands in for.

    `on_list` says that they saw it where the scheme itself lists it. Raises `Refusal` as `recognition.check` does, and
    on "on_list" when there is no proof that anybody can open and it was not seen there either.
    """
    proof = proof_of(session, stated)
    recognition.check(session, stated, on_list=on_list, by=by, at=at)
    if not on_list and (proof is None or not proof.opens):
        raise Refusal(
            "There is no proof that you can open. See it in the scheme’s own list and tick this, or wait for proof.",
            field="on_list",
        )
    session.flush()  # so that what was just checked counts
    content = publishing.current(session).content
    there = standing_in(content, [stated], on=max(local_date(at), stated.starts_on))
    emails.recognition_checked(
        session,
        to=_owners(session, stated),
        organisation_name=stated.organisation.name,
        organisation_id=stated.organisation_id,
        title=content.passport_title(stated.scheme, stated.level),
        met=_titles(content, [one for one in there.values() if one.is_met]),
        evidence=_titles(content, [one for one in there.values() if not one.is_met]),
        until=stated.ends_on,
        event_key=f"recognition:{stated.id}:{at.isoformat()}",
        at=at,
    )


def decline(session: Session, stated: Recognition, *, reason: str, by: User, at: datetime) -> None:
    """Turn an award down, and tell the employer's owners why. Raises `Refusal` as `recognition.decline` does."""
    recognition.decline(session, stated, reason=reason, by=by, at=at)
    emails.recognition_declined(
        session,
        to=_owners(session, stated),
        organisation_name=stated.organisation.name,
        organisation_id=stated.organisation_id,
        recognition_id=stated.id,
        title=publishing.current(session).content.passport_title(stated.scheme, stated.level),
        reason=reason.strip(),
        event_key=f"recognition:{stated.id}:{at.isoformat()}",
        at=at,
    )


def remind(session: Session, on: date, at: datetime) -> int:
    """Warn owners whose award of another scheme ends soon, of what opens again then; says of how many awards.

    Of several warnings that are due, because days were missed, only the nearest is sent, and each once. Nobody is
    warned of an award that a later one of the same scheme carries on.
    """
    try:
        content = publishing.current(session).content
    except Refusal:  # before the first version is published nothing can rest on an award
        return 0
    ending = session.scalars(
        sa.select(Recognition)
        .where(
            Recognition.checked_at.is_not(None),
            Recognition.ends_on.between(on, on + timedelta(days=max(WARN_DAYS))),
        )
        .options(joinedload(Recognition.organisation))
        .order_by(Recognition.ends_on, Recognition.id)
    ).all()
    if not ending:
        return 0
    employers = {award.organisation_id for award in ending}
    owners = organisations.owners(session, employers)
    held: dict[UUID, list[Recognition]] = {}
    for award in session.scalars(
        sa.select(Recognition).where(Recognition.organisation_id.in_(employers), Recognition.checked_at.is_not(None))
    ):
        held.setdefault(award.organisation_id, []).append(award)
    warned = 0
    for award in ending:
        assert award.ends_on is not None, "the query asks for those that end"
        mine = held[award.organisation_id]
        if any(goes_on(award, other) for other in mine):
            continue
        days_left = (award.ends_on - on).days
        emails.recognition_ends_soon(
            session,
            to=owners.get(award.organisation_id, []),
            organisation_name=award.organisation.name,
            organisation_id=award.organisation_id,
            title=content.passport_title(award.scheme, award.level),
            ends_on=award.ends_on,
            days_left=days_left,
            opens_again=opening_again(content, mine, after=award.ends_on),
            event_key=f"recognition:{award.id}:ends:{min(mark for mark in WARN_DAYS if days_left <= mark)}",
            at=at,
        )
        warned += 1
    return warned


def goes_on(award: Recognition, other: Recognition) -> bool:
    """Whether `other` carries an award on without a gap: of the same scheme, and ending later or never."""
    assert award.ends_on is not None, "an award without a last day needs nobody to carry it on"
    return (
        other.scheme == award.scheme
        and other.starts_on <= award.ends_on + timedelta(days=1)
        and (other.ends_on is None or other.ends_on > award.ends_on)
    )


def ending(stated: Iterable[Recognition], *, on: date) -> frozenset[UUID]:
    """Which of an employer's awards end so soon that its owners are warned, with none to carry them on."""
    checked = [one for one in stated if one.checked_at is not None]
    return frozenset(
        one.id
        for one in checked
        if one.ends_on is not None
        and on <= one.ends_on <= on + timedelta(days=max(WARN_DAYS))
        and not any(goes_on(one, other) for other in checked)
    )


def opening_again(content: Content, held: Iterable[Recognition], *, after: date) -> list[str]:
    """The titles of the criteria that awards stand in for on a day and no longer on the next."""
    held = list(held)
    before = standing_in(content, held, on=after)
    lost = without(before, standing_in(content, held, on=after + timedelta(days=1)))
    return _titles(content, [before[code] for code in lost])


def proof_of(session: Session, stated: Recognition) -> Evidence | None:
    """What shows an award; None when nothing was given."""
    return session.get(Evidence, stated.proof_id) if stated.proof_id else None


def proofs(session: Session, stated: Iterable[Recognition]) -> dict[UUID, Evidence]:
    """What shows each of these awards, by the award's id (one query, or none)."""
    shown = {one.id: one.proof_id for one in stated if one.proof_id}
    if not shown:
        return {}
    pieces = {one.id: one for one in session.scalars(sa.select(Evidence).where(Evidence.id.in_(shown.values())))}
    return {award_id: pieces[proof_id] for award_id, proof_id in shown.items()}


def by_award(content: Content, stated: Iterable[Recognition], *, on: date) -> dict[UUID, list[StandIn]]:
    """What each award stands in for while it is in date, or would once it is checked; nothing when it has ended."""
    return {
        one.id: list(standing_in(content, [one], on=max(on, one.starts_on)).values())
        for one in stated
        if one.declined_at is None
    }


def stand_ins(session: Session, organisation: Organisation, content: Content, *, on: date) -> dict[str, StandIn]:
    """What stands in for this employer's criteria on a day, by criterion (one query)."""
    return standing_in(content, queries.held(session, organisation.id), on=on)


def _owners(session: Session, stated: Recognition) -> Sequence[User]:
    return organisations.owners(session, [stated.organisation_id]).get(stated.organisation_id, [])


def _titles(content: Content, found: Iterable[StandIn]) -> list[str]:
    criteria = (content.criterion(one.criterion) for one in found)
    return [criterion.title for criterion in criteria if criterion is not None]
