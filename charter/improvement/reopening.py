"""Once an award of another scheme has ended or was taken back, what rested on it is in the plan again.

The owners are told.

A draft opens again by itself, because what stands in is asked by date. What was sent or decided does not change: there
the plan is where the employer finds what is its own to answer now.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment import queries
from charter.assessment.models import Assessment
from charter.assessment.recognising import goes_on
from charter.assessment.standing_in import standing_in, without
from charter.assessment.status import AssessmentStatus
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.content import Content
from charter.improvement import building
from charter.improvement.models import Action, ActionStatus
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.organisation import recognition
from charter.organisation.models import Organisation, Recognition

LOOK_BACK = timedelta(days=30)
"""An award that ended longer ago is left alone: the worker was away too long for this to be news."""
ENDED = "recognition:end"


def reopen(session: Session, on: date, at: datetime) -> int:
    """Follow up each award of another scheme that has ended by the day `on`, once; says how many.

    One that a later award carries on, or whose criteria another award stands in for, opens nothing. A job of the day.
    """
    try:
        content = publishing.current(session).content
    except Refusal:  # before the first version is published nothing can rest on an award
        return 0
    ended = _ended(session, on)
    if not ended:
        return 0
    employers = {award.organisation_id for award in ended}
    owners = organisations.owners(session, employers)
    newest = _newest(session, employers)
    held: dict[UUID, list[Recognition]] = {}
    for award in session.scalars(
        sa.select(Recognition).where(Recognition.organisation_id.in_(employers), Recognition.checked_at.is_not(None))
    ):
        held.setdefault(award.organisation_id, []).append(award)
    opened = 0
    for award in ended:
        assessment = newest.get(award.organisation_id)
        lost = _lost(content, award, held[award.organisation_id], on)
        audit.record(
            session,
            ENDED,
            award,
            by=None,
            at=at,
            organisation=str(award.organisation_id),
            scheme=award.scheme,
            level=award.level,
            opened=lost,
        )
        if not lost:
            continue
        in_plan, in_draft = _open(session, award.organisation_id, lost, assessment, at=at, on=on)
        emails.recognition_ended(
            session,
            to=owners.get(award.organisation_id, []),
            organisation_name=award.organisation.name,
            organisation_id=award.organisation_id,
            title=content.passport_title(award.scheme, award.level),
            ended_on=award.ends_on or on,
            opened=[found.title for code in lost if (found := content.criterion(code))],
            in_plan=in_plan,
            in_draft=in_draft,
            event_key=f"recognition:{award.id}:ended",
            at=at,
        )
        opened += 1
    return opened


def take_back(session: Session, stated: Recognition, *, reason: str, by: User, at: datetime, on: date) -> None:
    """The scheme's staff take back an award of another scheme; the owners are told why, and what rested on it.

    Raises `Refusal` as `recognition.take_back` does.
    """
    content = publishing.current(session).content
    award_id, scheme, level, employer_id = stated.id, stated.scheme, stated.level, stated.organisation_id
    counted = stated.checked_at is not None
    before = standing_in(content, queries.held(session, employer_id), on=on)
    recognition.take_back(session, stated, reason=reason, by=by, at=at)
    session.flush()  # so that it stands in for nothing any more
    lost = list(without(before, standing_in(content, queries.held(session, employer_id), on=on)))
    assessment = _newest(session, {employer_id}).get(employer_id)
    in_plan, in_draft = _open(session, employer_id, lost, assessment, at=at, on=on) if lost else (False, False)
    emails.recognition_taken_back(
        session,
        to=organisations.owners(session, [employer_id]).get(employer_id, []),
        organisation_name=session.get_one(Organisation, employer_id).name,
        organisation_id=employer_id,
        title=content.passport_title(scheme, level),
        reason=reason.strip(),
        counted=counted,
        opened=[found.title for code in lost if (found := content.criterion(code))],
        in_plan=in_plan,
        in_draft=in_draft,
        event_key=f"recognition:{award_id}:taken-back",
        at=at,
    )


def _open(
    session: Session, employer_id: UUID, lost: Sequence[str], assessment: Assessment | None, *, at: datetime, on: date
) -> tuple[bool, bool]:
    """Bring the plan up to date with the employer's newest assessment; what is in a draft is open there by itself.

    Says whether what was lost is in the plan, and whether it is in a draft.
    """
    if assessment is not None and assessment.status is AssessmentStatus.DRAFT:
        return False, True
    if assessment is not None:
        building.refresh(session, assessment, at=at, on=on)
        session.flush()  # so that its new actions are found
    return _is_planned(session, employer_id, lost), False


def _ended(session: Session, on: date) -> Sequence[Recognition]:
    """The checked awards that ended a short while ago and were not followed up; kept from another worker meanwhile."""
    found = session.scalars(
        sa.select(Recognition)
        .where(
            Recognition.checked_at.is_not(None),
            Recognition.ends_on < on,
            Recognition.ends_on >= on - LOOK_BACK,
        )
        .options(joinedload(Recognition.organisation))
        .order_by(Recognition.ends_on, Recognition.id)
        .with_for_update(of=Recognition, skip_locked=True)
    ).all()
    if not found:
        return ()
    followed = set(
        session.scalars(
            sa.select(AuditEvent.subject_id).where(
                AuditEvent.action == ENDED, AuditEvent.subject_id.in_([award.id for award in found])
            )
        )
    )
    return [award for award in found if award.id not in followed]


def _newest(session: Session, employers: set[UUID]) -> dict[UUID, Assessment]:
    """The newest assessment of each employer that was not withdrawn: the one that its plan is built from."""
    found = session.scalars(
        sa.select(Assessment)
        .where(Assessment.organisation_id.in_(employers), Assessment.status != AssessmentStatus.WITHDRAWN)
        .order_by(Assessment.started_at, Assessment.id)
    )
    return {one.organisation_id: one for one in found}


def _is_planned(session: Session, organisation_id: UUID, lost: Sequence[str]) -> bool:
    """Whether the employer's plan has something to do about one of these criteria."""
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    Action.organisation_id == organisation_id,
                    Action.status == ActionStatus.TO_DO,
                    Action.criterion.in_(lost),
                )
            )
        )
    )


def _lost(content: Content, award: Recognition, held: Sequence[Recognition], on: date) -> list[str]:
    """The codes of the criteria that an award stood in for on its last day, and that nothing stands in for now."""
    if award.ends_on is None or any(goes_on(award, other) for other in held):
        return []
    before = standing_in(content, [award], on=award.ends_on)
    return list(without(before, standing_in(content, held, on=on)))
