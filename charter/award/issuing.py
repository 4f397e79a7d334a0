"""Give an employer its award, and take it back: issue, open a review, reinstate, suspend, restore, revoke.

To suspend and to revoke takes two people and the employer's reply: pages go through `charter.aftercare.steps`.
"""

import calendar
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.award import log, numbering, status_list
from charter.award.log import LogKind
from charter.award.models import Award, Suspension
from charter.award.status import REINSTATE, RESTORE, REVIEW, REVOKE, SUPERSEDE, SUSPEND, AwardStatus
from charter.clock import local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.organisation import engagement, interests
from charter.organisation.engagement import EngagementKind
from charter.organisation.models import MemberRole, Membership, Organisation

STANDING = (AwardStatus.ACTIVE, AwardStatus.UNDER_REVIEW, AwardStatus.SUSPENDED)
"""Statuses of an award that nobody has ended."""
JUDGE = "decide about its award"
"""What somebody without an interest in the employer must do instead."""
DECIDABLE = (AssessmentStatus.SUBMITTED, AssessmentStatus.DECIDED)


def issue(
    session: Session,
    assessment: Assessment,
    *,
    level: int,
    headcount: int | None,
    replaces: UUID | None = None,
    by: User,
    at: datetime,
    on: date,
) -> Award:
    """Award `level` to the employer for this assessment, decided on the local date `on`, and end the one before.

    An award begins on the day it is decided. When it renews one that comes to its end (`Renewal.opens_days`), it begins
    on the day after that one's last, so that neither is cut short and there is no gap.

    `replaces` is the award that this assessment gave before, when an appeal opened its case again; it ends then.
    `headcount` is the number of people on the payroll that the employer returned, if it did. Raises `Refusal` when
    the framework has no such level, when nobody could have decided this assessment yet, or when it has its award.
    """
    meta, found = assessment.framework.content.meta, assessment.framework.content.level(level)
    if found is None:
        raise Refusal("Choose one of the levels of the charter.")
    if assessment.status not in DECIDABLE:
        raise Refusal(f"You cannot make an award for an assessment that is {assessment.status.label.lower()}.")
    # The employer's row is locked, so that two awards made in one moment do not both think they are the only one.
    session.execute(sa.select(Organisation.id).where(Organisation.id == assessment.organisation_id).with_for_update())
    others = sa.select(Award.id).where(Award.assessment_id == assessment.id)
    if replaces is not None:
        others = others.where(Award.status.in_(STANDING), Award.id != replaces)
    if session.scalar(others.limit(1)):
        raise Refusal("This assessment already has its award.")

    organisation = assessment.organisation
    window = timedelta(days=assessment.framework.content.renewal.opens_days)
    sent_on = local_date(assessment.submitted_at) if assessment.submitted_at else on
    last_held = [on - timedelta(days=1), min(max(sent_on, on - window), on)]
    before = _earlier(session, organisation, since=min(last_held))
    # Held until the day before, or still held when the assessment was sent: the scheme's time to decide costs nobody.
    held = max((award.level for award in before if any(map(award.is_valid_on, last_held))), default=0)
    renewed = [award for award in before if award.is_valid_on(on) and award.level >= level]
    near = [award.ends_on for award in renewed if award.id != replaces and award.ends_on <= on + window]
    starts_on = max(near) + timedelta(days=1) if near else on
    award = Award(
        id=uuid7(),
        organisation_id=organisation.id,
        organisation=organisation,
        assessment_id=assessment.id,
        framework_id=assessment.framework_id,
        framework=assessment.framework,
        level=level,
        number=numbering.take(session, meta.certificate_prefix, on.year),
        code=secrets.token_urlsafe(16),
        status=AwardStatus.ACTIVE,
        starts_on=starts_on,
        ends_on=last_day(starts_on, found.valid_months),
        ended_on=None,
        end_reason="",
        reminded_days=None,
        issued_at=at,
        issued_by_id=by.id,
        name=organisation.name,
        scope=organisation.scope,
        county=organisation.county,
        size_band=organisation.size_band,
        sector=organisation.sector,
        headcount=headcount,
    )
    for older in before:
        if older.status in STANDING and older.ends_on >= starts_on:  # one that runs out before is not superseded
            older.move(SUPERSEDE)
            _end_suspension(older, starts_on)
            older.ended_on = starts_on
            older.end_reason = f"A newer award took its place: {award.number}."
            log.note(session, older, LogKind.SUPERSEDED, at=at, on=starts_on, other=award.number)
            audit.record(
                session, "award:supersede", older, by=by.id, at=at, case=older.assessment_id, superseded_by=award.number
            )
    session.flush()  # the older one of the same assessment makes room first
    session.add(award)
    status_list.give_place(session, award, at=at)
    kind = EngagementKind.RENEWED if held >= level else EngagementKind.ACCREDITED
    engagement.note(session, organisation, kind, on=on, level=level)
    renews = max(renewed, key=lambda one: one.standing).number if held >= level and renewed else None
    begun = LogKind.RENEWED if kind is EngagementKind.RENEWED else LogKind.ISSUED
    log.note(session, award, begun, at=at, on=starts_on, other=renews)
    audit.record(
        session,
        "award:issue",
        award,
        by=by.id,
        at=at,
        case=assessment.id,
        number=award.number,
        level=level,
        starts_on=award.starts_on.isoformat(),
        ends_on=award.ends_on.isoformat(),
    )
    return award


def suspend(session: Session, award: Award, *, reason: str, by: User, at: datetime, on: date) -> None:
    """From `on`, the award does not count until it is restored. The register says so at once.

    Raises `Refusal` without a reason, when the award does not stand, and when `by` has an interest in the employer.
    """
    reason = _needed(reason)
    interests.check_none(session, by, award.organisation_id, JUDGE)
    _lock(session, award)
    award.move(SUSPEND)
    _suspend_from(award, on, reason)
    log.note(session, award, LogKind.SUSPENDED, at=at, on=on)
    audit.record(session, "award:suspend", award, by=by.id, at=at, case=award.assessment_id, number=award.number)


def restore(session: Session, award: Award, *, reason: str, by: User, at: datetime, on: date) -> None:
    """From `on`, an award that was suspended or revoked counts again. The days between stay as they were.

    The reason goes into the audit trail, so it names no person. Raises `Refusal` without a reason, when the award is
    neither, when another stands in its place, and when `by` has an interest in the employer.
    """
    reason = _needed(reason)
    interests.check_none(session, by, award.organisation_id, JUDGE)
    session.execute(sa.select(Organisation.id).where(Organisation.id == award.organisation_id).with_for_update())
    _lock(session, award)
    if award.status is AwardStatus.REVOKED and (other := in_its_place(session, award)) is not None:
        raise Refusal(f"The employer holds {other.number} now, so this one cannot be restored.")
    away = any(one.to_on is None for one in award.suspensions)
    award.move(RESTORE)
    if award.ended_on is not None:  # it was revoked: what counted on a day in between must not change
        if not away:
            _suspend_from(award, award.ended_on, award.end_reason)
        award.ended_on, award.end_reason = None, ""
    _end_suspension(award, on)
    status_list.give_place(session, award, at=at)
    log.note(session, award, LogKind.RESTORED, at=at, on=on)
    audit.record(session, "award:restore", award, by=by.id, at=at, case=award.assessment_id, reason=reason)
    told = _told(session, award, f"restored:{at.isoformat()}", at)
    emails.award_restored(session, **told, restored_on=on, ends_on=award.ends_on)


def in_its_place(session: Session, award: Award) -> Award | None:
    """Another award of the employer that stands while this one was to be valid."""
    query = sa.select(Award).where(
        Award.organisation_id == award.organisation_id,
        Award.id != award.id,
        Award.status.in_(STANDING),
        Award.starts_on <= award.ends_on,
        Award.ends_on >= award.starts_on,
    )
    newer = query.where(sa.or_(Award.starts_on >= award.starts_on, Award.assessment_id == award.assessment_id))
    return session.scalars(newer.order_by(Award.starts_on.desc()).limit(1)).first()


def revoke(session: Session, award: Award, *, reason: str, by: User, at: datetime, on: date) -> None:
    """Take the award back from `on`. The employer is told why, and the public sees it at once.

    Raises `Refusal` without a reason, when the award has ended already, and when `by` has an interest in the employer.
    """
    reason = _needed(reason)
    interests.check_none(session, by, award.organisation_id, JUDGE)
    _lock(session, award)
    award.move(REVOKE)
    award.ended_on = on
    award.end_reason = reason
    log.note(session, award, LogKind.REVOKED, at=at, on=on)
    audit.record(session, "award:revoke", award, by=by.id, at=at, case=award.assessment_id, number=award.number)
    emails.award_revoked(session, **_told(session, award, "revoked", at), reason=reason)


def open_review(session: Session, award: Award, *, reason: str, by: User, at: datetime) -> None:
    """Look again at an award, after a complaint for example. It stays valid until that is decided, and the public and
    the employer's owners are told.

    The reason goes into the audit trail, so it names no person.
    Raises `Refusal` without a reason, when the award is not active, and when `by` has an interest in the employer.
    """
    reason = _needed(reason)
    interests.check_none(session, by, award.organisation_id, JUDGE)
    _lock(session, award)
    award.move(REVIEW)
    log.note(session, award, LogKind.REVIEW_OPENED, at=at, on=local_date(at))
    audit.record(session, "award:review", award, by=by.id, at=at, case=award.assessment_id, reason=reason)
    emails.award_under_review(session, **_told(session, award, f"review:{at.isoformat()}", at), reason=reason)


def reinstate(session: Session, award: Award, *, reason: str, by: User, at: datetime) -> None:
    """End a review in the award's favour; the reason goes into the audit trail, so it names no person.

    Raises `Refusal` without a reason, when it is not under review, and when `by` has an interest in the employer.
    """
    reason = _needed(reason)
    interests.check_none(session, by, award.organisation_id, JUDGE)
    _lock(session, award)
    award.move(REINSTATE)
    log.note(session, award, LogKind.REVIEW_CLOSED, at=at, on=local_date(at))
    audit.record(session, "award:reinstate", award, by=by.id, at=at, case=award.assessment_id, reason=reason)
    emails.award_review_ended(session, **_told(session, award, f"reinstated:{at.isoformat()}", at), reason=reason)


def _suspend_from(award: Award, day: date, reason: str) -> None:
    award.suspensions.append(Suspension(from_on=day, to_on=None, reason=reason))
    award.ever_suspended = True


def _end_suspension(award: Award, day: date) -> None:
    for one in award.suspensions if award.ever_suspended else ():
        if one.to_on is None:
            one.to_on = max(day, one.from_on)


def owners(session: Session, organisation_id: UUID) -> Sequence[User]:
    """The employer's owners, in the order of their accounts."""
    query = (
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id, Membership.role == MemberRole.OWNER)
        .order_by(User.id)
    )
    return session.scalars(query).all()


def _told(session: Session, award: Award, event: str, at: datetime) -> dict[str, Any]:
    """What the emails about an award share."""
    return {
        "to": owners(session, award.organisation_id),
        "organisation_name": award.name,
        "organisation_id": award.organisation_id,
        "level_title": award.framework.content.level_title(award.level),
        "event_key": f"award:{award.id}:{event}",
        "at": at,
    }


def last_day(first: date, months: int) -> date:
    """The last day of a period of whole months that begins on `first`.

    It is the day before the same day of the month, `months` later; where that month is too short to have such a day,
    it is the month's last day, so that nobody gets less than whole months.
    """
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    month += 1
    days = calendar.monthrange(year, month)[1]
    if first.day > days:
        return date(year, month, days)
    return date(year, month, first.day) - timedelta(days=1)


def _earlier(session: Session, organisation: Organisation, *, since: date) -> Sequence[Award]:
    query = (
        sa.select(Award)
        .where(Award.organisation_id == organisation.id, Award.ends_on >= since)
        .order_by(Award.starts_on, Award.id)
        .with_for_update()
    )
    return session.scalars(query).all()


def _lock(session: Session, award: Award) -> None:
    """Read the award again and hold it, so that two people cannot both end it."""
    session.flush()
    session.refresh(award, with_for_update=True)


def _needed(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("Give the reason.", field="reason")
    return reason
