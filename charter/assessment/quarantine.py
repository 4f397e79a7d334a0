"""Quarantine: a file that a person gave is shut until the virus scanner says that it is clean.

What the scanner says is true of the content, so it settles every piece of evidence with that content, whoever gave it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment.models import (
    Assessment,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    ScanState,
    VirusFinding,
)
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.organisation.models import Organisation
from charter.scanning import Clean, Infected, Verdict

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
"""How long after a try without a verdict the next one comes: twice as long each time, for ever."""
HAS_VIRUS = (
    "This file has a virus in it, so we did not keep it. Do not open it. Ask whoever looks after your computers to "
    "check it, then choose a clean copy."
)


@dataclass(frozen=True)
class Scan:
    """What is known of a file's content when it is taken in."""

    state: ScanState
    at: datetime | None = None
    scanned_with: str | None = None


NOT_CHECKED = Scan(ScanState.WAITING)
"""What is known when nobody asked, or nobody answered."""


def at_the_door(verdict: Clean | None, *, is_off: bool, at: datetime) -> Scan:
    """What the scanner's answer makes of a file that is being taken in; `is_off` where there is no scanner at all."""
    if is_off:
        return Scan(ScanState.UNSCANNED)
    return Scan(ScanState.CLEAN, at, verdict.scanned_with) if verdict else NOT_CHECKED


def known(session: Session, sha256: str) -> VirusFinding | None:
    """The newest finding of a virus in this content, whoever gave it."""
    return session.scalars(
        sa.select(VirusFinding).where(VirusFinding.sha256 == sha256).order_by(VirusFinding.found_at.desc()).limit(1)
    ).first()


def still_refused(finding: VirusFinding | None, verdict: Verdict | None) -> bool:
    """Whether content is refused for what was found in it before: only a yes by other signatures clears it."""
    if finding is None:
        return False
    return not (isinstance(verdict, Clean) and verdict.scanned_with != finding.scanned_with)


def turn_away(
    session: Session, organisation: Organisation, sha256: str, *, virus: str, scanned_with: str, by: User, at: datetime
) -> None:
    """Keep that somebody brought a file with a virus, which was not taken in."""
    _hold(session, organisation.id)
    _note(session, organisation.id, sha256, virus, scanned_with, given_by_id=by.id, was_kept=False, at=at)
    audit.record(
        session,
        "evidence:turn-away",
        organisation,
        by=by.id,
        at=at,
        virus=virus,
        scanned_with=scanned_with,
        sha256=sha256,
    )


def settle(session: Session, sha256: str, verdict: Verdict, *, at: datetime) -> bool:
    """Give every piece with this content what the scanner said of it; says whether the content must go.

    If so, its employers are told, and `evidence_files.forget` takes it out of the store after the commit.
    """
    concerned = (
        Evidence.sha256 == sha256,
        Evidence.kind == EvidenceKind.FILE,
        Evidence.removed_at.is_(None),
        Evidence.scan != ScanState.INFECTED,
    )
    if isinstance(verdict, Infected):  # the employers first, as everybody does who holds both
        for organisation_id in session.scalars(sa.select(Evidence.organisation_id).where(*concerned).distinct()).all():
            _hold(session, organisation_id)
    pieces = session.scalars(
        sa.select(Evidence)
        .where(*concerned)
        .order_by(Evidence.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for piece in pieces:
        piece.scanned_at, piece.scanned_with = at, verdict.scanned_with
        piece.scan_tries, piece.scan_after, piece.scan_problem = 0, None, None
        if isinstance(verdict, Clean):
            piece.scan = ScanState.CLEAN
        else:
            _shut_for_good(session, piece, verdict, at=at)
    return bool(pieces) and isinstance(verdict, Infected)


def postpone(session: Session, sha256: str, problem: str, *, at: datetime) -> None:
    """Keep that a try gave no verdict, and why; the next one is a while later. Nothing opens."""
    for piece in session.scalars(
        sa.select(Evidence)
        .where(Evidence.sha256 == sha256, *_WAITS)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        wait = min(FIRST_WAIT * 2 ** min(piece.scan_tries, 20), LONGEST_WAIT)
        piece.scan_tries, piece.scan_after, piece.scan_problem = piece.scan_tries + 1, at + wait, problem


def begin(session: Session, *, has_scanner: bool) -> None:
    """Where there is a scanner, what a portal without one took in waits for it. Where there is none, nothing does.

    Only a demo has none. What a scanner was asked about, and could not say, goes on waiting there too.
    """
    if has_scanner:
        change = sa.update(Evidence).where(Evidence.scan == ScanState.UNSCANNED).values(scan=ScanState.WAITING)
    else:
        change = sa.update(Evidence).where(*_WAITS, Evidence.scan_tries == 0).values(scan=ScanState.UNSCANNED)
    session.execute(change)


def due(session: Session, *, at: datetime | None, most: int | None = None) -> list[str]:
    """The hashes of what waits and may be tried at this moment (None for all), the longest waiting first."""
    query = (
        sa.select(Evidence.sha256)
        .where(*_WAITS)
        .group_by(Evidence.sha256)
        .order_by(sa.func.min(Evidence.added_at), Evidence.sha256)
        .limit(most)
    )
    if at is not None:
        query = query.where(sa.or_(Evidence.scan_after.is_(None), Evidence.scan_after <= at))
    return [sha256 for sha256 in session.scalars(query) if sha256]


def scanned_otherwise(session: Session, version: str) -> list[str]:
    """The hashes of the clean files that other signatures than these found clean."""
    query = (
        sa.select(Evidence.sha256)
        .where(
            Evidence.kind == EvidenceKind.FILE,
            Evidence.removed_at.is_(None),
            Evidence.scan == ScanState.CLEAN,
            Evidence.scanned_with.is_distinct_from(version),
        )
        .group_by(Evidence.sha256)
        .order_by(sa.func.min(Evidence.scanned_at), Evidence.sha256)
    )
    return [sha256 for sha256 in session.scalars(query) if sha256]


@dataclass(frozen=True)
class Waiting:
    """How much waits for the scanner, and since when."""

    number: int
    since: datetime | None
    unscanned: int
    """How many files a portal without a scanner took in."""


def waiting(session: Session) -> Waiting:
    """What waits now (one query)."""
    row = session.execute(
        sa.select(
            sa.func.count().filter(Evidence.scan == ScanState.WAITING),
            sa.func.min(Evidence.added_at).filter(Evidence.scan == ScanState.WAITING),
            sa.func.count().filter(Evidence.scan == ScanState.UNSCANNED),
        ).where(
            Evidence.kind == EvidenceKind.FILE,
            Evidence.removed_at.is_(None),
            Evidence.scan.in_((ScanState.WAITING, ScanState.UNSCANNED)),
        )
    ).one()
    return Waiting(row[0], row[1], row[2])


def longest_waiting(session: Session, most: int) -> Sequence[Evidence]:
    """The files that wait longest, each with its employer (one query)."""
    return session.scalars(
        sa.select(Evidence)
        .where(*_WAITS)
        .options(joinedload(Evidence.organisation))
        .order_by(Evidence.added_at, Evidence.id)
        .limit(most)
    ).all()


def findings(session: Session, most: int) -> Sequence[VirusFinding]:
    """The viruses that were found last, each with the employer whose file it was (one query)."""
    return session.scalars(
        sa.select(VirusFinding)
        .options(joinedload(VirusFinding.organisation))
        .order_by(VirusFinding.found_at.desc(), VirusFinding.id.desc())
        .limit(most)
    ).all()


_WAITS = (Evidence.kind == EvidenceKind.FILE, Evidence.removed_at.is_(None), Evidence.scan == ScanState.WAITING)


def _shut_for_good(session: Session, piece: Evidence, found: Infected, *, at: datetime) -> None:
    """A virus was found in a piece: say so on it, in the trail and to its employer. It supports nothing any more."""
    piece.scan, piece.virus = ScanState.INFECTED, found.virus
    _note(
        session,
        piece.organisation_id,
        piece.sha256 or "",
        found.virus,
        found.scanned_with,
        given_by_id=piece.added_by_id,
        was_kept=True,
        at=at,
    )
    uses = session.execute(
        sa.select(EvidenceUse.criterion, Assessment)
        .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
        .where(EvidenceUse.evidence_id == piece.id)
        .options(joinedload(Assessment.framework))
        .order_by(Assessment.started_at.desc(), EvidenceUse.criterion)
    ).all()
    newest = uses[0][1] if uses else None
    supported = [criterion for criterion, assessment in uses if assessment is newest]
    titles: list[str] = []
    if newest is not None:
        content = newest.framework.content
        titles = [one.title if (one := content.criterion(code)) else code for code in supported]
    audit.record(
        session,
        "evidence:virus",
        piece,
        by=None,
        at=at,
        case=newest.id if newest is not None else None,
        virus=found.virus,
        scanned_with=found.scanned_with,
        sha256=piece.sha256,
        criteria=supported,
    )
    emails.virus_found(
        session,
        to=[one.user for one in organisations.team(session, piece.organisation)],
        organisation_name=piece.organisation.name,
        title=piece.title,
        filename=piece.filename or "",
        virus=found.virus,
        criteria=titles,
        organisation_id=piece.organisation_id,
        evidence_id=piece.id,
        event_key=f"evidence:{piece.id}:virus:{at.isoformat()}",
        at=at,
    )


def _note(
    session: Session,
    organisation_id: UUID,
    sha256: str,
    virus: str,
    scanned_with: str,
    *,
    given_by_id: UUID,
    was_kept: bool,
    at: datetime,
) -> None:
    """Keep what was found in an employer's file; of one content the newest finding."""
    session.flush()
    there = session.scalars(
        sa.select(VirusFinding).where(VirusFinding.organisation_id == organisation_id, VirusFinding.sha256 == sha256)
    ).first()
    if there is None:
        there = VirusFinding(organisation_id=organisation_id, sha256=sha256)
        session.add(there)
    there.virus, there.scanned_with, there.found_at = virus, scanned_with, at
    there.given_by_id, there.was_kept = given_by_id, was_kept or bool(there.was_kept)


def _hold(session: Session, organisation_id: UUID) -> None:
    """Hold the employer's row, so that of one content one finding is made."""
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
