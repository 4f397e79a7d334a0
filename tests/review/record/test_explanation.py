"""Any decision can be explained, and the explanation never changes."""

import hashlib
import json
import re
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Evidence, EvidenceUse, PrivacyReason
from charter.award.models import Award
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import moderation, privacy
from charter.review.models import Finding, Review
from charter.review.private import PrivateNote
from charter.review.record import explanation, explanation_pdf
from charter.review.record.record_models import DecisionRecord
from tests.conftest import AT
from tests.factories import Factory
from tests.readers import words as words_of

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


def prints(record: DecisionRecord) -> list[str]:
    """The three copies, by their hashes."""
    copies = (
        explanation.for_employer(record),
        explanation.for_staff(record),
        explanation.for_staff(record, notes=True),
    )
    return [hashlib.sha256(explanation_pdf.draw(one)).hexdigest() for one in copies]


def test_it_says_who_when_what_was_seen_and_each_rule(noted: Review, moderator: User, on: date) -> None:
    record = decide(noted, moderator, on)
    words = said(record)
    award = db.session.scalars(sa.select(Award)).one()
    submission_hash = json.loads(record.document)["submission_hash"]
    for one in (
        "Teme Valley Orchards Ltd",
        "All is in place.",
        award.number,
        noted.assessment.framework.content_hash,
        submission_hash,
        "Well done on the rota.",
    ):
        assert one in words
    sections = dict(explanation.for_employer(record).sections)
    rules = [block for block in sections["The rules, and whether each was met"] if block[0] == "rule"]
    assert rules, "the rules of the level are there"
    assert {block[1] for block in rules} == {"Met"}
    criteria = [one.title for one in noted.assessment.framework.content.asked(1, None)]
    headings = [block[1] for blocks in sections.values() for block in blocks if block[0] == "heading"]
    assert set(criteria) <= set(headings)
    assert explanation.faults(record) == ()


def test_the_employers_copy_has_no_name_and_no_note_of_staff(
    noted: Review, moderator: User, assessor: User, on: date
) -> None:
    record = decide(noted, moderator, on)
    theirs, own, private = (
        json.dumps(one.sections, ensure_ascii=False)
        for one in (
            explanation.for_employer(record),
            explanation.for_staff(record),
            explanation.for_staff(record, notes=True),
        )
    )
    for name in (moderator.name, assessor.name):
        assert name not in said(record)
        assert name not in theirs
        assert name in own
    for text in (SECRET, "It is all in place."):  # the note, and what was written for the moderator
        assert text not in said(record)
        assert text not in own
        assert text in private


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
    monkeypatch.setattr(explanation, "WORDS", dict.fromkeys(explanation.WORDS, "Other words"))
    monkeypatch.setattr(explanation, "NO_AWARD", "Nothing")
    assert prints(record) == before


def test_the_drawing_takes_no_words_from_anywhere_else() -> None:
    """What a record does not say is not on its pages: a word in the code could be another one next year."""
    words = dict.fromkeys(explanation.WORDS, "WORDS")
    said = explanation.Explanation(
        title="TITLE",
        employer="EMPLOYER",
        decided_on=date(2026, 12, 3),
        sha256="0" * 64,
        sections=[
            ("SECTION", [["heading", "HEADING"], ["text", "TEXT"], ["fact", "NAME", "VALUE"]]),
            ("SECTION", [["rule", "MET", "ASKS", ["MISSING"]], ["evidence", "NAME", "FACTS", "SAID", "HASH", "WORDS"]]),
        ],
        words=words,
        private=True,
    )
    printed = words_of(explanation_pdf.draw(said))
    left = re.sub(r"\b[A-Z]{3,}\b|[\d\W]", "", printed.replace("SHA-256", ""))
    assert left == "", printed
