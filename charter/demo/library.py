"""The libraries of the demo: evidence with kinds and dates, a newer version, and a piece turned down for privacy."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import evidence_files, evidence_kinds, library
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import check
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, PrivacyReason
from charter.demo import documents
from charter.demo.people import ACCOUNTS, at
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import EvidenceRules
from charter.organisation.models import Organisation
from charter.review import privacy
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.storage import Store

LIMIT = 10_000_000
ENDS_IN = (-25, 21, 45, 300, 500)
"""In how many days the pieces of an owner's library go out of date, in turn."""


def add(store: Store, *, seed: int, on: date) -> None:
    """Say when the evidence of two owners holds, give them more, and turn down a piece of a case in review."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    for account in (0, 2):
        with transaction() as session:
            owner = session.scalars(sa.select(User).where(User.email == ACCOUNTS[account][1])).first()
            if owner is None or not owner.memberships:
                continue
            organisation = session.get_one(Organisation, owner.memberships[0].organisation_id)
            made = [documents.policy_pdf(organisation.name, random, on - timedelta(days=days)) for days in (400, 30)]
            rules = publishing.current(session).content.evidence_rules
            _say_when(session, organisation, rules, owner, on)
            older, newer = (
                evidence_kinds.of_file(name, check(name, content, limit=LIMIT), store.put(content), len(content))
                for name, content in made
            )
            piece, _ = library.give(
                session,
                organisation,
                EvidenceKind.FILE,
                older,
                rules=rules,
                title="Flexible working guide",
                by=owner,
                at=at(on - timedelta(days=20)),
            )
            session.flush()
            said = Dates(dated_on=on - timedelta(days=30), effective_from=on - timedelta(days=30))
            library.replace(session, piece, newer, rules=rules, dates=said, by=owner, at=at(on - timedelta(days=2), 15))
    _turn_one_down(store, on)


def _say_when(session: Session, organisation: Organisation, rules: EvidenceRules, owner: User, on: date) -> None:
    """Each file that a criterion uses is of a kind that is fit for it, and has dates."""
    content = publishing.current(session).content
    used = session.execute(
        sa.select(Evidence, sa.func.min(EvidenceUse.criterion))
        .join(EvidenceUse, EvidenceUse.evidence_id == Evidence.id)
        .where(Evidence.organisation_id == organisation.id, Evidence.kind == EvidenceKind.FILE)
        .group_by(Evidence.id)
        .order_by(Evidence.added_at, Evidence.id)
    ).all()
    for number, (piece, code) in enumerate(used):
        criterion = content.criterion(code)
        began = piece.dated_on or on - timedelta(days=90)
        ends = on + timedelta(days=ENDS_IN[number % len(ENDS_IN)])
        library.describe(
            session,
            piece,
            rules=rules,
            title=piece.title,
            type=criterion.evidence_types[0] if criterion and criterion.evidence_types else None,
            dates=Dates(piece.dated_on, min(began, ends), min(began, ends), max(began, ends), ends),
            by=owner,
            at=at(on - timedelta(days=3), 14),
        )


def _turn_one_down(store: Store, on: date) -> None:
    """A photo in a case in review shows a list of names: its assessor turns it down."""
    gone: str | None = None
    with transaction() as session:
        found = session.execute(
            sa.select(Review, Evidence)
            .join(Assessment, Assessment.id == Review.assessment_id)
            .join(EvidenceUse, EvidenceUse.assessment_id == Assessment.id)
            .join(Evidence, Evidence.id == EvidenceUse.evidence_id)
            .where(Review.status == ReviewStatus.IN_REVIEW, Evidence.kind == EvidenceKind.FILE)
            .order_by(Review.waiting_since, Review.id, Evidence.added_at, Evidence.id)
        ).first()
        if found is not None:
            review, piece = found
            assessor = session.get_one(User, _holder(review))
            gone = privacy.turn_down(
                session, review, piece, reason=PrivacyReason.NAMES, by=assessor, at=at(on - timedelta(days=1))
            )
    if gone is not None:
        evidence_files.forget(db.session, store, gone)


def _holder(review: Review) -> UUID:
    assert review.assessor_id is not None, "a case in review is somebody's"
    return review.assessor_id
