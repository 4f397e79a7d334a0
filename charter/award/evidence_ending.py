"""Ask employers in time to renew evidence that an award they hold, or an assessment under way, rests on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, ScanState
from charter.assessment.status import OPEN
from charter.award.models import Award
from charter.award.verification import valid_on
from charter.notification import emails
from charter.organisation import queries as organisations

BEFORE = timedelta(days=30)
"""How long before its last day an employer is asked to renew evidence."""
LATE = timedelta(days=14)
"""How long after its last day an employer is still told, when on the days before it was put off or nothing was sent."""


def ask_to_renew(session: Session, on: date, at: datetime) -> int:
    """Send each employer one email about all that ends within `BEFORE`; says how many employers were asked.

    A last day is told of once, also when this is done twice or days were missed; what comes up on a day on which the
    employer was asked already waits for the next, also when it has ended by then (for no longer than `LATE`).
    """
    ending = _ending(session, on)
    people = organisations.people(session, {piece.organisation_id for piece in ending})
    for organisation_id, found in groupby(ending, key=lambda piece: piece.organisation_id):
        _ask(session, list(found), to=people.get(organisation_id, []), on=on, at=at)
    return len({piece.organisation_id for piece in ending})


def _ask(session: Session, pieces: list[Evidence], *, to: list[User], on: date, at: datetime) -> None:
    organisation = pieces[0].organisation
    emails.evidence_ending(
        session,
        to=to,
        organisation_name=organisation.name,
        pieces=[(piece.title, piece.ends_on, piece.id) for piece in pieces if piece.ends_on],
        organisation_id=organisation.id,
        event_key=f"evidence-ending:{organisation.id}:{on}",
        at=at,
    )
    for piece in pieces:
        piece.reminded_on = on
        audit.record(session, "evidence:remind", piece, by=None, at=at, ends_on=str(piece.ends_on))


def _ending(session: Session, on: date) -> Sequence[Evidence]:
    """What ends soon, is used for something that counts, and was not told of yet: employer by employer."""
    newer, told = aliased(Evidence), aliased(Evidence)
    held = sa.exists().where(Award.assessment_id == Assessment.id, *valid_on(on))
    counts = (
        sa.select(EvidenceUse.id)
        .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
        .where(EvidenceUse.evidence_id == Evidence.id, sa.or_(Assessment.status.in_(OPEN), held))
    )
    return session.scalars(
        sa.select(Evidence)
        .where(
            Evidence.ends_on.between(on - LATE, on + BEFORE),
            Evidence.reminded_on.is_(None),
            Evidence.removed_at.is_(None),
            sa.or_(Evidence.kind != EvidenceKind.FILE, Evidence.scan != ScanState.INFECTED),
            ~sa.exists().where(newer.replaces_id == Evidence.id),
            ~sa.exists().where(told.organisation_id == Evidence.organisation_id, told.reminded_on == on),
            counts.exists(),
        )
        .options(joinedload(Evidence.organisation))
        .order_by(Evidence.organisation_id, Evidence.ends_on, Evidence.id)
    ).all()
