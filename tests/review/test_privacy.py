"""Evidence turned down for privacy: its content goes everywhere, the fact stays, and the criterion does not fail."""

import json
from copy import deepcopy
from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from charter import worker
from charter.account.models import User
from charter.assessment import (
    evidence,
    evidence_files,
    evidence_kinds,
    library,
    queries,
    recognising,
    shelf,
    sign_off,
    snapshot,
)
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import (
    Assessment,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    PrivacyReason,
    SignOff,
    Submission,
)
from charter.audit import AuditEvent, verify
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import EvidenceRules
from charter.notification import emails
from charter.notification.models import Message
from charter.organisation import interests, recognition
from charter.organisation.models import Organisation, Recognition, RecognitionStatus
from charter.reporting import holdings
from charter.review import findings, privacy, submitted
from charter.review.models import Review
from charter.storage import Store
from tests.conftest import AT
from tests.factories import CLEAN, Factory

PDF = Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf")
CONTENT = b"Jane Doe was off sick in May"


@pytest.fixture
def store(app: Flask) -> Store:
    found: Store = app.extensions["charter_store"]
    return found


@pytest.fixture
def code(make: Factory) -> str:
    return make.framework().content.asked(1)[0].code


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


@pytest.fixture
def piece(draft: Assessment, code: str, owner: User, store: Store) -> Evidence:
    return added(draft, code, owner, store.put(CONTENT))


def added(assessment: Assessment, code: str, by: User, sha256: str) -> Evidence:
    with transaction() as session:
        return evidence.add_file(
            session,
            assessment,
            criteria=[code],
            title="Jane Doe",
            filename="jane doe.pdf",
            checked=PDF,
            sha256=sha256,
            size=len(CONTENT),
            dated_on=None,
            by=by,
            at=AT,
            scan=CLEAN,
        )


@pytest.fixture
def review(make: Factory, draft: Assessment, piece: Evidence, owner: User, assessor: User) -> Review:
    return make.claimed(make.submitted(draft, by=owner), by=assessor)


def turn_down(review: Review, piece: Evidence, by: User) -> str | None:
    with transaction() as session:
        return privacy.turn_down(session, review, piece, reason=PrivacyReason.HEALTH, by=by, at=AT)


def test_what_it_said_is_gone_from_the_store_the_piece_and_what_was_submitted(
    review: Review, piece: Evidence, code: str, store: Store, assessor: User, draft: Assessment
) -> None:
    before = db.session.scalars(sa.select(Submission.snapshot_hash)).one()
    gone = turn_down(review, piece, assessor)
    assert gone is not None
    assert gone == piece.sha256
    assert evidence_files.forget(db.session, store, gone)
    assert not store.exists(gone)
    assert (piece.title, piece.filename) == ("File removed for privacy", None)
    stored = db.session.scalars(sa.select(Submission)).one()
    assert "jane" not in json.dumps(stored.snapshot).lower()
    assert stored.snapshot_hash == snapshot.digest(stored.snapshot) != before
    shown = next(one for one in submitted.latest(db.session, draft).evidence[code] if one.id == piece.id)
    assert (shown.removed, shown.title) == (True, "File removed for privacy")


@pytest.mark.parametrize("decided", ["approved", "sent back"])
def test_what_it_said_is_gone_from_what_a_senior_person_decided_on(
    make: Factory, draft: Assessment, piece: Evidence, owner: User, assessor: User, decided: str
) -> None:
    asked, token = make.asks_for_sign_off(draft, by=owner)
    if decided == "approved":
        make.signs_off(asked, token)
    else:
        with transaction() as session:
            said = queries.material(session, session.get_one(Assessment, draft.id))
            seen = sign_off.standing(session, said, at=AT, on=AT.date()).content_hash
            sign_off.send_back(session, token, seen=seen, words="Not yet.", at=AT, on=AT.date())
    before = db.session.scalars(sa.select(SignOff.content_hash)).one()
    assert "jane" in json.dumps(db.session.scalars(sa.select(SignOff.content)).one()).lower()
    turn_down(make.claimed(make.submitted(draft, by=owner), by=assessor), piece, assessor)
    stored = db.session.scalars(sa.select(SignOff)).one()
    assert stored.content is not None
    assert "jane" not in json.dumps(stored.content).lower()
    now = snapshot.digest(stored.content) if decided == "approved" else None
    assert stored.content_hash == now
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:turn-down")).one()
    assert event.details["approvals"] == [{"sign_off": str(stored.id), "before": before, "after": now}]


def test_what_an_employer_takes_away_has_no_text_of_an_approval(
    make: Factory, draft: Assessment, piece: Evidence, owner: User
) -> None:
    make.signs_off(*make.asks_for_sign_off(draft, by=owner))
    (taken,) = holdings.gather(db.session, draft.organisation, at=AT).list_of("approvals")
    assert taken["content_hash"]
    assert "content" not in taken


def test_an_approval_is_still_of_exactly_what_was_sent_when_a_piece_of_both_is_gone(
    make: Factory, draft: Assessment, piece: Evidence, owner: User, assessor: User
) -> None:
    make.signs_off(*make.asks_for_sign_off(draft, by=owner))
    turn_down(make.claimed(make.submitted(draft, by=owner), by=assessor), piece, assessor)
    sent = db.session.scalars(sa.select(Submission)).one()
    assert sent.sign_off is not None
    assert sent.sign_off.content_hash == sent.snapshot_hash


@pytest.mark.parametrize("title", ["Jane Doe", "in date"])
def test_our_copies_of_emails_about_it_no_longer_name_it(
    review: Review, piece: Evidence, employer: Organisation, assessor: User, owner: User, title: str
) -> None:
    with transaction() as session:
        session.get_one(Evidence, piece.id).title = title
        emails.evidence_ending(
            session,
            to=owner,
            organisation_name=employer.name,
            pieces=[(title, AT.date(), piece.id)],
            organisation_id=employer.id,
            event_key="ending",
            at=AT,
        )
        emails.virus_found(
            session,
            to=[owner],
            organisation_name=employer.name,
            title=title,
            filename="jane doe.pdf",
            virus="Eicar",
            criteria=[],
            organisation_id=employer.id,
            evidence_id=piece.id,
            event_key="virus",
            at=AT,
        )
    turn_down(review, piece, assessor)
    kinds = ["evidence_ending", "virus_found"]
    bodies = db.session.scalars(sa.select(Message.body).where(Message.kind.in_(kinds))).all()
    assert len(bodies) == 2
    for body in bodies:
        assert "jane" not in body.lower()
        assert "File removed for privacy" in body
    assert any("File removed for privacy: in date until 22 November 2026" in body for body in bodies)


def test_the_trail_keeps_who_when_why_and_both_hashes_of_the_submission(
    review: Review, piece: Evidence, assessor: User
) -> None:
    before = db.session.scalars(sa.select(Submission.snapshot_hash)).one()
    turn_down(review, piece, assessor)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:turn-down")).one()
    assert (event.actor_id, event.at, event.details["reason"]) == (assessor.id, AT, "health")
    assert event.details["submissions"][0]["before"] == before
    assert "jane" not in str(event.details).lower()
    assert verify(db.session).sound


def test_the_employer_is_asked_for_another_without_repeating_what_it_was(
    review: Review, piece: Evidence, assessor: User, owner: User
) -> None:
    turn_down(review, piece, assessor)
    message = db.session.scalars(sa.select(Message).where(Message.kind == "evidence_turned_down")).one()
    assert message.to_address == owner.email
    assert f"/evidence/{piece.id}" in message.body
    assert "does not count against you" in message.body
    assert "jane" not in message.body.lower()


def test_no_finding_is_made_and_the_criterion_still_counts_as_shown(
    review: Review, piece: Evidence, code: str, assessor: User, draft: Assessment
) -> None:
    turn_down(review, piece, assessor)
    assert findings.of_review(db.session, review) == []
    assert piece in evidence.of(db.session, draft)[code]


def test_where_to_look_goes_too_wherever_it_was_said(
    review: Review, piece: Evidence, code: str, assessor: User, draft: Assessment, make: Factory
) -> None:
    with transaction() as session:
        use = session.scalars(sa.select(EvidenceUse).where(EvidenceUse.evidence_id == piece.id)).one()
        use.place = "the lines on Jane Doe"
        submission = session.scalars(sa.select(Submission)).one()
        said = deepcopy(submission.snapshot)
        next(one for one in said["evidence"] if one["id"] == str(piece.id))["places"] = {code: use.place}
        submission.snapshot = said
    turn_down(review, piece, assessor)
    db.session.rollback()
    assert db.session.scalars(sa.select(EvidenceUse.place).where(EvidenceUse.evidence_id == piece.id)).all() == [""]
    assert [one.place for one in submitted.latest(db.session, draft).evidence[code] if one.id == piece.id] == [""]
    assert "Jane" not in str(db.session.scalars(sa.select(Submission.snapshot)).one())


def to_replace(organisation: Organisation, rules: EvidenceRules) -> list[UUID]:
    """What the library lists as turned down, with nothing in its place."""
    wanted = shelf.Wanted(state=State.REMOVED)
    found = shelf.read(db.session, organisation, rules, wanted, on=AT.date())
    assert found.counts[State.REMOVED] == len(found.entries)
    return [one.piece.id for one in found.entries]


def test_another_given_in_its_place_supports_the_same_while_the_case_is_with_the_assessor(
    review: Review, piece: Evidence, code: str, assessor: User, owner: User, draft: Assessment, make: Factory
) -> None:
    turn_down(review, piece, assessor)
    rules = make.framework().content.evidence_rules
    assert to_replace(draft.organisation, rules) == [piece.id]
    given = evidence_kinds.of_file("totals.pdf", PDF, "cd" * 32, 10)
    with transaction() as session:
        newer = library.replace(session, piece, given, rules=rules, dates=Dates(), by=owner, at=AT)
    assert newer.title == "totals.pdf"
    assert newer in [use.evidence for use in queries.uses(db.session, draft)[code]]
    assert to_replace(draft.organisation, rules) == []
    assert library.in_place_of(db.session, [piece.id]) == {piece.id: newer}
    assert turn_down(review, newer, assessor) == "cd" * 32, "what came in its place can be turned down too"


def test_the_same_content_cannot_come_back(
    review: Review, piece: Evidence, assessor: User, owner: User, make: Factory, employer: Organisation
) -> None:
    turn_down(review, piece, assessor)
    assert piece.sha256 is not None
    given = evidence_kinds.of_file("again.pdf", PDF, piece.sha256, 10)
    rules = make.framework().content.evidence_rules
    with pytest.raises(Refusal, match="turned this down"), transaction() as session:
        library.give(session, employer, EvidenceKind.FILE, given, rules=rules, by=owner, at=AT)


def test_content_that_another_employer_gave_too_stays(
    review: Review, piece: Evidence, code: str, store: Store, assessor: User, stranger: User, make: Factory
) -> None:
    other = db.session.get_one(Organisation, stranger.memberships[0].organisation_id)
    assert piece.sha256 is not None
    theirs = added(make.assessment(other, by=stranger), code, stranger, piece.sha256)
    gone = turn_down(review, piece, assessor)
    assert gone is not None
    assert not evidence_files.forget(db.session, store, gone)
    assert b"".join(evidence_files.content(store, theirs)) == CONTENT
    with pytest.raises(Refusal, match="removed for privacy"):
        evidence_files.content(store, piece)


def test_content_named_again_while_it_is_removed_is_put_back(
    review: Review, piece: Evidence, store: Store, assessor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = turn_down(review, piece, assessor)
    assert gone is not None
    answers = iter([False, True])  # nobody names it before, somebody does after
    monkeypatch.setattr(evidence_files, "is_shared", lambda *_: next(answers))
    assert not evidence_files.forget(db.session, store, gone)
    assert store.exists(gone)


def test_only_the_assessor_of_an_open_case_turns_down_a_piece_of_it_and_once(
    review: Review, piece: Evidence, assessor: User, moderator: User, draft: Assessment, owner: User
) -> None:
    with pytest.raises(Refusal, match="Somebody else has this case"):
        turn_down(review, piece, moderator)
    with transaction() as session:
        organisation = draft.organisation
        given = evidence_kinds.of_file("other.pdf", PDF, "ef" * 32, 10)
        rules = draft.framework.content.evidence_rules
        unused, _ = library.give(session, organisation, EvidenceKind.FILE, given, rules=rules, by=owner, at=AT)
    with pytest.raises(Refusal, match="not part of the case"):
        turn_down(review, unused, assessor)
    turn_down(review, piece, assessor)
    with pytest.raises(Refusal, match="turned down already"):
        turn_down(review, piece, assessor)


def test_what_a_stop_of_the_portal_left_in_the_store_is_deleted_by_the_worker(
    review: Review, piece: Evidence, store: Store, assessor: User
) -> None:
    gone = turn_down(review, piece, assessor)
    assert gone is not None
    assert store.exists(gone)
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        worker.forget_files(store)
    assert not store.exists(gone)


# The proof of an award of another scheme -----------------------------------------------------------------------------


@pytest.fixture
def stated(make: Factory, employer: Organisation, owner: User, store: Store) -> Recognition:
    """An award that waits to be checked, with a scan that names a person as its proof."""
    passport = make.framework().content.passports[1]
    given = evidence_kinds.of_file("jane doe.pdf", PDF, store.put(CONTENT), len(CONTENT), CLEAN)
    with transaction() as session:
        found = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=AT.date() - timedelta(days=30), ends_on=AT.date() + timedelta(days=300),
            by=owner, at=AT,
        )  # fmt: skip
        session.flush()
        recognising.prove(session, found, EvidenceKind.FILE, given, by=owner, at=AT)
    return found


def turn_down_proof(stated: Recognition, by: User, seen: str | None = None) -> str | None:
    with transaction() as session:
        seen = str(stated.proof_id) if seen is None else seen
        return privacy.turn_down_proof(session, stated, seen=seen, reason=PrivacyReason.NAMES, by=by, at=AT)


def test_proof_of_an_award_that_names_a_person_is_gone_everywhere_and_the_award_waits_for_other(
    stated: Recognition, store: Store, assessor: User, owner: User, employer: Organisation, draft: Assessment, code: str
) -> None:
    piece = db.session.get_one(Evidence, stated.proof_id)
    with transaction() as session:
        evidence.reuse(session, draft, piece, criteria=[code], places={code: "by Jane Doe"}, by=owner, at=AT)
    gone = turn_down_proof(stated, assessor)
    assert gone == piece.sha256
    assert evidence_files.forget(db.session, store, gone)
    assert not store.exists(gone)
    taken = holdings.gather(db.session, employer, at=AT)
    titles = {one.code: one.title for one in draft.framework.content.criteria}
    of_library = evidence_files.of_library(db.session, employer, titles)
    of_case = evidence_files.supports({code: [(piece, "")]}, titles.items())
    for pieces in (of_library, of_case):
        archive = b"".join(evidence_files.write_zip(evidence_files.entries(store, pieces, {}), at=AT))
        with ZipFile(BytesIO(archive)) as opened:
            assert not any(b"jane" in opened.read(name).lower() for name in opened.namelist())
            assert "left-out.txt" in opened.namelist()
            assert not any(name.endswith(".pdf") for name in opened.namelist())
    assert (taken.files, "jane" in json.dumps(taken.document).lower()) == ((), False)
    rows = [str(row) for row in db.session.execute(sa.select(Evidence.__table__))]
    assert [row for row in rows + [one.body for one in db.session.scalars(sa.select(Message))] if "jane" in row] == []
    db.session.refresh(stated)
    assert (stated.status, stated.proof_id) == (RecognitionStatus.STATED, piece.id)
    with pytest.raises(Refusal, match="no proof that you can open"), transaction() as session:
        recognising.check(session, session.get_one(Recognition, stated.id), by=assessor, at=AT)
    told = db.session.scalars(sa.select(Message).where(Message.kind == "evidence_turned_down")).all()
    assert owner.email in {one.to_address for one in told}
    assert f"/recognitions/{stated.id}/proof" in told[0].body
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:turn-down")).one()
    assert (event.details["award"], event.case_id) == (str(stated.id), None)
    other = evidence_kinds.of_file("totals.pdf", PDF, "cd" * 32, 10, CLEAN)
    with transaction() as session:
        held = session.get_one(Recognition, stated.id)
        recognising.prove(session, held, EvidenceKind.FILE, other, by=owner, at=AT)
        recognising.check(session, held, by=assessor, at=AT)


def test_an_award_that_was_checked_stays_so_when_its_proof_is_turned_down(
    stated: Recognition, assessor: User, owner: User
) -> None:
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, stated.id), by=assessor, at=AT)
    turn_down_proof(stated, assessor)
    db.session.refresh(stated)
    assert stated.status is RecognitionStatus.CHECKED
    told = db.session.scalars(sa.select(Message).where(Message.kind == "evidence_turned_down")).all()
    assert "you need give no other" in told[0].body
    assert "give other" not in told[0].subject


def test_proof_is_turned_down_once_by_who_saw_it_and_has_no_part_or_interest_in_the_employer(
    stated: Recognition, assessor: User, moderator: User, owner: User
) -> None:
    with pytest.raises(Refusal, match="You belong to this employer"):
        turn_down_proof(stated, owner)
    with transaction() as session:
        employer = session.get_one(Organisation, stated.organisation_id)
        interests.declare(session, employer, reason="My sister works there.", by=moderator, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        turn_down_proof(stated, moderator)
    with pytest.raises(Refusal, match="gave other proof"):
        turn_down_proof(stated, assessor, seen="")
    turn_down_proof(stated, assessor)
    with pytest.raises(Refusal, match="turned down already"):
        turn_down_proof(stated, assessor)
