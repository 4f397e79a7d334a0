"""The schemes an employer already holds: state one, with the dates on its certificate; check one; take one back."""

import re
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.content import Passport
from charter.organisation import interests
from charter.organisation.models import Organisation, Recognition

ENDS = frozenset({"expiry_date", "renewal_date"})
"""What a passport may need that is the last day on the certificate."""
NUMBERED = "_number"
"""How the name ends of what a passport may need that is the number on the certificate."""
REFERENCE_LENGTH = 64
REASON_LENGTH = 2_000
CHECK, TAKE_BACK = "check its awards of other schemes", "take back its awards of other schemes"
"""What somebody without an interest in the employer must do instead."""


def state(
    session: Session,
    organisation: Organisation,
    *,
    scheme: str,
    level: str | None,
    reference: str | None,
    county: str,
    starts_on: date,
    ends_on: date | None,
    by: User,
    at: datetime,
) -> Recognition:
    """Keep that `organisation` holds an award of another scheme. It counts for nothing until somebody checks it.

    The scheme and its level are those of a passport of the current framework, which also says whether a number and a
    last day are needed. Dates are those printed on the certificate.

    Raises `Refusal`, naming the field, when one of them is missing, impossible or not known, or when this award was
    stated before.
    """
    passport = _passport(session, scheme, level or None)
    if county not in {one.code for one in publishing.current(session).content.counties}:
        raise Refusal("Choose the county that the award is for.", field="county")
    for fault in faults(passport, reference=reference, starts_on=starts_on, ends_on=ends_on, on=local_date(at)):
        raise fault
    reference = (reference or "").strip() or None
    # The employer's row is locked, so that a form sent twice in one moment is told so like any other.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    if _is_stated(session, organisation, scheme, passport.level, starts_on):
        raise Refusal("You have already told us about this award.", field="scheme")
    recognition = Recognition(
        id=uuid7(),
        organisation_id=organisation.id,
        scheme=scheme,
        level=passport.level,
        reference=reference,
        county=county,
        starts_on=starts_on,
        ends_on=ends_on,
        stated_at=at,
        checked_at=None,
        checked_by_id=None,
        declined_at=None,
        declined_by_id=None,
        declined_for=None,
        proof_id=None,
    )
    session.add(recognition)
    audit.record(
        session,
        "recognition:state",
        recognition,
        by=by.id,
        at=at,
        organisation=str(organisation.id),
        scheme=scheme,
        level=passport.level,
        county=county,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    return recognition


def faults(
    passport: Passport, *, reference: str | None, starts_on: date | None, ends_on: date | None, on: date
) -> tuple[Refusal, ...]:
    """Everything that is wrong on the day `on` with what a certificate is said to print, each on its field.

    A first day that is not given is no fault here: whoever asks for it says so.
    """
    found = []
    reference = (reference or "").strip()
    if not reference and any(need.endswith(NUMBERED) for need in passport.needs):
        found.append(Refusal("Enter the number on the certificate.", field="reference"))
    if len(reference) > REFERENCE_LENGTH:
        found.append(Refusal(f"The number must be {REFERENCE_LENGTH} characters or fewer.", field="reference"))
    if starts_on is not None and starts_on > on:
        found.append(Refusal("The date the award started must be today or in the past.", field="starts_on"))
    if ends_on is None and ENDS & set(passport.needs):
        found.append(Refusal("Enter the last day on the certificate.", field="ends_on"))
    if ends_on is not None and starts_on is not None and ends_on <= starts_on:
        found.append(Refusal("The last day must be after the day the award started.", field="ends_on"))
    return tuple(found)


def check(session: Session, recognition: Recognition, *, on_list: bool = False, by: User, at: datetime) -> None:
    """Keep that `by` has seen the award on its certificate, or with `on_list` where the scheme lists it.

    Raises `Refusal` when it is checked or turned down already, or when `by` has an interest in the employer: nobody
    checks their own.
    """
    _check_may_judge(session, recognition, by)
    recognition.checked_at = at
    recognition.checked_by_id = by.id
    recognition.seen_on_list = on_list
    audit.record(
        session,
        "recognition:check",
        recognition,
        by=by.id,
        at=at,
        organisation=str(recognition.organisation_id),
        scheme=recognition.scheme,
        level=recognition.level,
        on_list=on_list,
    )


def decline(session: Session, recognition: Recognition, *, reason: str, by: User, at: datetime) -> None:
    """Turn an award down for a reason that the employer reads. With other proof it can be looked at again.

    Raises `Refusal` when it is checked or turned down already, when `by` has an interest in the employer, and on
    "reason" when there is none or it is too long.
    """
    _check_may_judge(session, recognition, by)
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why, so that the employer can put it right.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal(f"The reason must be {REASON_LENGTH:,} characters or fewer.", field="reason")
    recognition.declined_at, recognition.declined_by_id, recognition.declined_for = at, by.id, reason
    audit.record(
        session,
        "recognition:decline",
        recognition,
        by=by.id,
        at=at,
        organisation=str(recognition.organisation_id),
        scheme=recognition.scheme,
        level=recognition.level,
    )


def see(recognition: Recognition, *, proof: str) -> None:
    """Hold that what shows an award is still what somebody saw who is about to judge it, by its id (empty: nothing).

    Raises `Refusal` when the employer gave other proof meanwhile, so that nobody checks what they have not seen.
    """
    if proof != str(recognition.proof_id or ""):
        raise Refusal("The employer gave other proof after you opened this page. Look at it, then decide.")


def prove(session: Session, recognition: Recognition, *, proof_id: UUID, by: User, at: datetime) -> None:
    """Keep what shows an award: a piece of the employer's evidence. One that was turned down waits again from then on.

    Raises `Refusal` once the award is checked, or when it was taken back.
    """
    # Under the row's lock: of an employer who gives other proof and an assessor who checks, the second sees the first.
    held = sa.select(Recognition.id).where(Recognition.id == recognition.id).with_for_update()
    if session.scalars(held).first() is None:
        raise Refusal("This award was taken back already.")
    session.refresh(recognition)
    if recognition.checked_at is not None:
        raise Refusal("We have checked this award already, so it needs no other proof.")
    again = recognition.declined_at is not None
    recognition.declined_at = recognition.declined_by_id = recognition.declined_for = None
    recognition.proof_id = proof_id
    audit.record(
        session,
        "recognition:prove",
        recognition,
        by=by.id,
        at=at,
        organisation=str(recognition.organisation_id),
        scheme=recognition.scheme,
        level=recognition.level,
        again=again,
    )


def take_back(session: Session, recognition: Recognition, *, reason: str = "", by: User, at: datetime) -> None:
    """Remove an award of another scheme that was stated by mistake. What it said stays in the trail.

    From then on it stands in for nothing and is counted nowhere. Who stated it may do so until it is checked; the
    scheme's staff may at any time, but not where they have an interest in the employer. `reason` goes into the audit
    trail, so it names no person. Raises `Refusal` when the rules say no, when it is gone already, and on "reason" when
    a checked award is taken back without one or it is too long.
    """
    # The row is locked first and read after, so that it is not taken back while somebody checks it.
    (key,) = sa.inspect(recognition).identity or (
        recognition.id,
    )  # what was loaded of a row that is gone cannot be read
    held = sa.select(Recognition.id).where(Recognition.id == key).with_for_update()
    if session.scalars(held).first() is None:
        raise Refusal("This award was taken back already.")
    session.refresh(recognition)
    if by.is_staff:
        interests.check_none(session, by, recognition.organisation_id, TAKE_BACK)
    if not by.is_staff and recognition.checked_at is not None:
        raise Refusal("We have checked this award, so only we can take it back. Contact us.")
    reason = reason.strip()
    if recognition.checked_at is not None and not reason:
        raise Refusal("Say why, so that the employer knows.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal(f"The reason must be {REASON_LENGTH:,} characters or fewer.", field="reason")
    audit.record(
        session,
        "recognition:take-back",
        recognition,
        by=by.id,
        at=at,
        organisation=str(recognition.organisation_id),
        scheme=recognition.scheme,
        level=recognition.level,
        county=recognition.county,
        starts_on=recognition.starts_on.isoformat(),
        ends_on=recognition.ends_on.isoformat() if recognition.ends_on else None,
        checked=recognition.checked_at is not None,
        reason=reason or None,
    )
    session.delete(recognition)


def looks_odd(passport: Passport, reference: str | None) -> bool:
    """Whether the number is not of the form that such numbers have, as far as the framework knows it."""
    if not passport.number_pattern or not reference:
        return False
    return re.fullmatch(passport.number_pattern, reference.replace(" ", "").upper()) is None


def _check_may_judge(session: Session, recognition: Recognition, by: User) -> None:
    if recognition.checked_at is not None:
        raise Refusal("This award has already been checked.")
    if recognition.declined_at is not None:
        raise Refusal("This award was turned down already. The employer can give other proof.")
    interests.check_none(session, by, recognition.organisation_id, CHECK)


def _passport(session: Session, scheme: str, level: str | None) -> Passport:
    known = [one for one in publishing.current(session).content.passports if one.scheme == scheme]
    if not known:
        raise Refusal("Choose a scheme from the list.", field="scheme")
    found = next((one for one in known if one.level == level), None)
    if found is None:
        raise Refusal("Choose the level that the certificate shows.", field="level")
    return found


def _is_stated(session: Session, organisation: Organisation, scheme: str, level: str | None, starts_on: date) -> bool:
    """Asked here because the constraint does not see two rows without a level as the same."""
    query = sa.select(Recognition.id).where(
        Recognition.organisation_id == organisation.id,
        Recognition.scheme == scheme,
        Recognition.level.is_(None) if level is None else Recognition.level == level,
        Recognition.starts_on == starts_on,
    )
    return session.scalars(query.limit(1)).first() is not None
