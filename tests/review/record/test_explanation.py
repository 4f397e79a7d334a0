"""Any decision can be explained, and the explanation never changes."""

import hashlib
import json
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Evidence, EvidenceUse, PrivacyReason
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import privacy
from charter.review.models import Finding, Review
from charter.review.private import PrivateNote
from charter.review.record import explanation, explanation_pdf, wording
from charter.review.record.record_models import DecisionRecord
from tests.conftest import AT
from tests.factories import Factory
from tests.review.record.conftest import decide


def prints(record: DecisionRecord) -> list[str]:
    """The three copies, by their hashes."""
    copies = (
        explanation.for_employer(record),
        explanation.for_staff(record),
        explanation.for_staff(record, notes=True),
    )
    return [hashlib.sha256(explanation_pdf.draw(one)).hexdigest() for one in copies]


def test_printed_again_it_is_the_same_after_names_change_and_people_leave(
    noted: Review, moderator: User, assessor: User, employer: Organisation, on: date
) -> None:
    record = decide(noted, moderator, on)
    before = prints(record)
    assert len(set(before)) == 3
    with transaction() as session:
        session.get_one(Organisation, employer.id).name = "Another Name Ltd"
        session.get_one(User, assessor.id).name = "Somebody Else"
        session.get_one(User, moderator.id).disabled_at = AT
        finding = session.scalars(sa.select(Finding)).first()
        assert finding is not None
        finding.feedback = "Changed long after."
    db.session.expire_all()
    again = db.session.scalars(sa.select(DecisionRecord)).one()
    assert prints(again) == before


def test_evidence_removed_for_privacy_goes_and_its_hash_stays(
    make: Factory, noted: Review, moderator: User, assessor: User, on: date
) -> None:
    with transaction() as session:
        use = session.scalars(sa.select(EvidenceUse)).first()
        assert use is not None
        piece = session.get_one(Evidence, use.evidence_id)
        title, text, key = piece.title, piece.text or piece.url or piece.filename, str(piece.id)
    record = decide(noted, moderator, on)
    document, sha256 = record.document, record.sha256
    assert text
    assert record.evidence[key]["title"] == title
    assert title not in document, "the words of evidence stand beside the document"
    with transaction() as session:
        removed = session.get_one(Evidence, piece.id)
        explanation.take_out(session, removed, at=AT + timedelta(days=3))
    db.session.expire_all()
    record = db.session.scalars(sa.select(DecisionRecord)).one()
    assert (record.document, record.sha256) == (document, sha256)
    assert record.evidence[key] == {"removed_on": (on + timedelta(days=3)).isoformat()}
    shown = json.dumps(explanation.for_employer(record).sections, ensure_ascii=False)
    assert "Removed for privacy on" in shown
    assert text not in shown
    assert explanation.faults(record) == ()
    assert prints(record) == prints(record)


def test_turning_evidence_down_takes_it_out_of_the_record_of_an_earlier_decision(
    make: Factory, noted: Review, moderator: User, owner: User, assessor: User, on: date
) -> None:
    record = decide(noted, moderator, on)
    key = next(iter(record.evidence))
    another = make.answered(make.assessment(noted.assessment.organisation, by=owner), by=owner)  # it comes along
    again = make.claimed(make.submitted(another, by=owner), by=assessor)
    with transaction() as session:
        privacy.turn_down(
            session,
            session.get_one(Review, again.id),
            session.get_one(Evidence, UUID(key)),
            reason=PrivacyReason.OTHER,
            by=session.get_one(User, assessor.id),
            at=AT,
        )
    db.session.expire_all()
    record = db.session.scalars(sa.select(DecisionRecord)).one()
    assert record.evidence[key] == {"removed_on": on.isoformat()}


def test_a_change_to_what_was_kept_is_found(noted: Review, moderator: User, on: date) -> None:
    record = decide(noted, moderator, on)
    key = next(iter(record.evidence))
    with transaction() as session:
        again = session.get_one(DecisionRecord, record.id)
        again.document = again.document.replace("All is in place.", "Nothing is in place.")
        again.for_staff = PrivateNote(again.for_staff.for_staff.replace("odd", "fine"))
        again.evidence = {**again.evidence, key: {**again.evidence[key], "title": "Another"}}
    assert len(explanation.faults(db.session.get_one(DecisionRecord, record.id))) == 3


def test_a_decision_of_before_gets_its_record_once_and_says_so(noted: Review, moderator: User, on: date) -> None:
    decide(noted, moderator, on)
    with transaction() as session:
        session.execute(sa.delete(DecisionRecord))
    for expected in (1, 0):
        with transaction() as session:
            done = explanation.keep_those_of_before(session, AT + timedelta(days=30), lambda *_: None)
            assert done == expected
    record = db.session.scalars(sa.select(DecisionRecord)).one()
    assert record.made_later
    assert "Put together later" in record.document
    assert "All is in place." in record.document


def test_printed_again_it_is_the_same_though_the_portal_says_things_in_other_words(
    noted: Review, moderator: User, on: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = decide(noted, moderator, on)
    before = prints(record)
    monkeypatch.setattr(wording, "WORDS", dict.fromkeys(wording.WORDS, "Other words"))
    monkeypatch.setattr(wording, "NO_AWARD", "Nothing")
    assert prints(record) == before
