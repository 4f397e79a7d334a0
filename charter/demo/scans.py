"""Virus scans in the demo: one file that still waits, one with a virus that was found later, one turned away.

What is found is made up: no file of the demo has anything bad in it.
"""

from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import evidence, evidence_files, evidence_kinds, library, quarantine
from charter.assessment.file_checks import check
from charter.assessment.models import Assessment, EvidenceKind, EvidenceUse
from charter.assessment.status import AssessmentStatus
from charter.demo import documents
from charter.demo.library import LIMIT
from charter.demo.people import ACCOUNTS, at
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation.models import Organisation
from charter.scanning import Infected
from charter.storage import Store, digest

FOUND = Infected("Example.Demo.Macro", "ClamAV 1.4.6/27000 (example)")


def add(store: Store, *, seed: int, on: date, has_scanner: bool) -> None:
    """Let what was given before be open or wait for the scanner, then show each state in one owner's library."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    with transaction() as session:
        quarantine.begin(session, has_scanner=has_scanner)
        owner = session.scalars(sa.select(User).where(User.email == ACCOUNTS[0][1])).first()
        if owner is None or not owner.memberships:
            return
        employer = session.get_one(Organisation, owner.memberships[0].organisation_id)
        waiting = _give(session, store, employer, owner, documents.training_xlsx(employer.name, random, on), on)
        moment = at(on - timedelta(days=1), 9)
        quarantine.postpone(session, waiting, "It cannot be reached: Connection refused (example)", at=moment)
        infected = _give(session, store, employer, owner, documents.advert_docx(employer.name, random, on), on)
        must_go = quarantine.settle(session, infected, FOUND, at=at(on - timedelta(days=1), 16))
        _, other = documents.notice_png(employer.name, random, on)
        quarantine.turn_away(
            session,
            employer,
            digest(other),
            virus=FOUND.virus,
            scanned_with=FOUND.scanned_with,
            by=owner,
            at=at(on - timedelta(days=1), 17),
        )
    if must_go:
        evidence_files.forget(db.session, store, infected)


def _give(
    session: Session, store: Store, employer: Organisation, owner: User, document: tuple[str, bytes], on: date
) -> str:
    """Put a document into the library, used for a criterion of the assessment under way; its hash."""
    name, content = document
    sha256 = store.put(content)
    moment = at(on - timedelta(days=1), 9)
    rules = publishing.current(session).content.evidence_rules
    given = evidence_kinds.of_file(name, check(name, content, limit=LIMIT), sha256, len(content))
    piece, _ = library.give(session, employer, EvidenceKind.FILE, given, rules=rules, by=owner, at=moment)
    session.flush()
    assessment = session.scalars(
        sa.select(Assessment).where(
            Assessment.organisation_id == employer.id, Assessment.status == AssessmentStatus.DRAFT
        )
    ).first()
    if assessment is not None:
        used = session.scalars(
            sa.select(EvidenceUse.criterion)
            .where(EvidenceUse.assessment_id == assessment.id)
            .order_by(EvidenceUse.criterion)
            .limit(1)
        ).all()
        if used:
            evidence.reuse(session, assessment, piece, criteria=used, by=owner, at=moment)
    session.flush()
    return sha256
