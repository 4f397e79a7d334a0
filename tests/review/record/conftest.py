"""A decision and what explains it."""

import json
from datetime import date

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.extensions import db, transaction
from charter.review import moderation
from charter.review.models import Finding, Review
from charter.review.private import PrivateNote
from charter.review.record.record_models import DecisionRecord
from tests.conftest import AT

SECRET = "Between us: their payroll looks odd."


@pytest.fixture
def noted(recommended: Review) -> Review:
    """A recommended case with a private note in a finding."""
    with transaction() as session:
        finding = session.scalars(sa.select(Finding).where(Finding.review_id == recommended.id)).first()
        assert finding is not None
        finding.private_note, finding.feedback = PrivateNote(SECRET), "Well done on the rota."
    return recommended


def decide(review: Review, by: User, on: date) -> DecisionRecord:
    with transaction() as session:
        moderation.agree(
            session,
            session.get_one(Review, review.id),
            reasons="All is in place.",
            by=session.get_one(User, by.id),
            at=AT,
            on=on,
        )
    return db.session.scalars(sa.select(DecisionRecord)).one()


def said(record: DecisionRecord) -> str:
    return json.dumps([record.document, record.evidence], ensure_ascii=False)
