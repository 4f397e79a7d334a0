"""What pages ask about what happened after the decisions, in a fixed number of queries."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from charter.aftercare.models import Appeal, AwardStep, Concern, ConcernNote
from charter.aftercare.status import ConcernStatus, StepStatus
from charter.award.models import Award
from charter.review.models import Review


def steps_of(session: Session, organisation_id: UUID) -> Sequence[AwardStep]:
    """What the scheme meant to do, and did, with the employer's awards, the newest first, as the employer may know it:
    a suspension that was to be at once is there when it was carried out."""
    query = (
        sa.select(AwardStep)
        .where(
            AwardStep.organisation_id == organisation_id,
            sa.or_(AwardStep.at_once == "", AwardStep.status == StepStatus.CARRIED_OUT),
        )
        .options(joinedload(AwardStep.award).joinedload(Award.framework))
        .order_by(AwardStep.proposed_at.desc(), AwardStep.id.desc())
    )
    return session.scalars(query).all()


def steps_about(session: Session, award: Award) -> Sequence[AwardStep]:
    """All the steps about one award, the newest first."""
    query = sa.select(AwardStep).where(AwardStep.award_id == award.id)
    return session.scalars(query.order_by(AwardStep.proposed_at.desc(), AwardStep.id.desc())).all()


def concerns_asked(session: Session, organisation_id: UUID) -> Sequence[Concern]:
    """The concerns that the scheme asked the employer about, the newest first. Of others it knows nothing."""
    query = sa.select(Concern).where(Concern.organisation_id == organisation_id, Concern.asked_at.is_not(None))
    return session.scalars(query.order_by(Concern.asked_at.desc(), Concern.id.desc())).all()


def appeals_of(session: Session, organisation_id: UUID) -> Sequence[Appeal]:
    """The employer's appeals, the newest first."""
    query = (
        sa.select(Appeal)
        .where(Appeal.organisation_id == organisation_id)
        .options(
            joinedload(Appeal.review).joinedload(Review.assessment),
            joinedload(Appeal.award_step).joinedload(AwardStep.award),
        )
        .order_by(Appeal.raised_at.desc(), Appeal.id.desc())
    )
    return session.scalars(query).all()


def notes(session: Session, concern: Concern) -> Sequence[ConcernNote]:
    """What the scheme noted on a concern, the oldest first, with who did."""
    query = sa.select(ConcernNote).where(ConcernNote.concern_id == concern.id).options(joinedload(ConcernNote.by))
    return session.scalars(query.order_by(ConcernNote.at, ConcernNote.id)).all()


def award_of(session: Session, concern: Concern) -> Award | None:
    """The award whose certificate a concern was raised on."""
    return session.scalars(sa.select(Award).where(Award.number == concern.certificate)).first()


def upheld_about(session: Session, award: Award) -> Sequence[Concern]:
    """The concerns about the employer of this award that were upheld since it was issued, the newest first."""
    query = sa.select(Concern).where(
        Concern.organisation_id == award.organisation_id,
        Concern.status == ConcernStatus.UPHELD,
        Concern.raised_at >= award.issued_at,
    )
    return session.scalars(query.order_by(Concern.raised_at.desc(), Concern.id.desc())).all()


def upheld_of(session: Session, organisation_id: UUID) -> Sequence[Concern]:
    """Every concern about an employer that was upheld, the newest first, for whoever judges it again (one query)."""
    query = sa.select(Concern).where(Concern.organisation_id == organisation_id, Concern.status == ConcernStatus.UPHELD)
    return session.scalars(query.order_by(Concern.decided_at.desc(), Concern.id.desc())).all()


def waiting_for(session: Session, organisation_id: UUID) -> int:
    """How much waits for the employer: steps without its reply, and concerns it was asked about (one query)."""
    steps = sa.select(sa.func.count()).where(
        AwardStep.organisation_id == organisation_id,
        AwardStep.status == StepStatus.PROPOSED,
        AwardStep.at_once == "",
        AwardStep.replied_at.is_(None),
    )
    asked = sa.select(sa.func.count()).where(
        Concern.organisation_id == organisation_id, Concern.status == ConcernStatus.WITH_EMPLOYER
    )
    return session.scalar(sa.select(steps.scalar_subquery() + asked.scalar_subquery())) or 0


def awards_of(session: Session, organisation_id: UUID) -> Sequence[Award]:
    """The employer's awards with the days on which they did not count, the newest first (two queries)."""
    query = (
        sa.select(Award)
        .where(Award.organisation_id == organisation_id)
        .options(joinedload(Award.framework), selectinload(Award.suspensions))
        .order_by(Award.starts_on.desc(), Award.id.desc())
    )
    return session.scalars(query).all()
