"""Quarantine: what the scanner says settles every piece with that content, and nothing else opens one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter import worker
from charter.account.models import User
from charter.assessment import evidence, evidence_files, evidence_kinds, library, previews, quarantine, queries, shelf
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind, ScanState, VirusFinding
from charter.assessment.quarantine import LONGEST_WAIT, NOT_CHECKED, Scan
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.scanning import Clamd, Clean, Infected, Verdict
from charter.storage import Store, open_store
from tests.clamd import EICAR, FAULTS, PATIENT, QUICK, VIRUS, FakeClamd, honest
from tests.conftest import AT
from tests.factories import Factory

PDF = Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf")
CONTENT = b"%PDF-1.7 a policy"
GOOD, BAD = Clean("ClamAV 1/1/x"), Infected("Some.Virus", "ClamAV 1/1/x")
LATER = AT + timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def draft(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def code(draft: Assessment) -> str:
    return next(one.code for one in draft.framework.content.asked(1) if one.evidence_required)


def given(
    store: Store, assessment: Assessment, code: str, by: User, content: bytes = CONTENT, scan: Scan = NOT_CHECKED
) -> Evidence:
    """A file that somebody gave for a criterion."""
    with transaction() as session:
        return evidence.add_file(
            session,
            assessment,
            criteria=[code],
            title="Sick leave policy",
            filename="policy.pdf",
            checked=PDF,
            sha256=store.put(content),
            size=len(content),
            dated_on=None,
            by=by,
            at=AT,
            scan=scan,
        )


def settled(piece: Evidence, verdict: Verdict, at: datetime = LATER) -> bool:
    assert piece.sha256
    with transaction() as session:
        must_go = quarantine.settle(session, piece.sha256, verdict, at=at)
    db.session.refresh(piece)
    return must_go


def may_open(store: Store, piece: Evidence) -> bool:
    """Whether anything hands out the content: the file itself, a picture of it, or an archive."""
    try:
        evidence_files.content(store, piece)
    except Refusal:
        content = False
    else:
        content = True
    archived = not evidence_files.shut(db.session, [piece])
    assert content == archived == piece.opens
    return content or previews.can_have(piece)


def test_a_file_opens_only_once_the_scanner_says_that_it_is_clean(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    assert not may_open(store, piece)
    with pytest.raises(Refusal, match="being checked for viruses"):
        evidence_files.content(store, piece)
    assert not settled(piece, GOOD)
    assert may_open(store, piece)
    assert (piece.scanned_at, piece.scanned_with) == (LATER, GOOD.scanned_with)


def test_what_settles_one_settles_every_piece_with_that_content(
    store: Store, draft: Assessment, code: str, owner: User, stranger: User, make: Factory
) -> None:
    mine = given(store, draft, code, owner)
    other = db.session.get_one(Organisation, stranger.memberships[0].organisation_id)
    theirs = given(store, make.assessment(other, by=stranger), code, stranger)
    assert settled(mine, BAD)
    db.session.refresh(theirs)
    assert [mine.scan, theirs.scan] == [ScanState.INFECTED, ScanState.INFECTED]
    assert {one.organisation_id for one in quarantine.findings(db.session, 9)} == {
        mine.organisation_id,
        theirs.organisation_id,
    }


def test_a_virus_is_deleted_told_and_kept_in_the_trail_and_the_criterion_is_left_without_that_evidence(
    store: Store, draft: Assessment, code: str, owner: User, colleague: User
) -> None:
    piece = given(store, draft, code, owner)
    assert code in queries.material(db.session, draft).evidenced(AT.date())
    assert settled(piece, BAD)
    assert piece.sha256
    assert evidence_files.forget(db.session, store, piece.sha256)
    assert not store.exists(piece.sha256)
    assert not may_open(store, piece)
    assert (piece.virus, piece.title, piece.is_gone) == ("Some.Virus", "Sick leave policy", True)
    assert code not in queries.material(db.session, draft).evidenced(AT.date())
    messages = db.session.scalars(sa.select(Message).where(Message.kind == "virus_found")).all()
    assert {one.to_address for one in messages} == {owner.email, colleague.email}
    assert all("Sick leave policy (policy.pdf)" in one.body for one in messages)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:virus")).one()
    assert (event.actor_id, event.case_id, event.at) == (None, draft.id, LATER)
    assert event.details == {
        "virus": "Some.Virus",
        "scanned_with": BAD.scanned_with,
        "sha256": piece.sha256,
        "criteria": [code],
    }
    assert not settled(piece, BAD), "said twice, it is told once"
    assert db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.kind == "virus_found")) == 2


def test_the_same_file_is_refused_when_it_comes_back_and_is_not_offered_again(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    settled(piece, BAD)
    with pytest.raises(Refusal, match="had a virus in it") as raised:
        given(store, draft, code, owner)
    assert raised.value.field == "file"
    assert piece.id not in {one.id for one in shelf.reusable(db.session, draft.organisation).pieces}
    with pytest.raises(Refusal, match="had a virus"), transaction() as session:
        evidence.reuse(session, draft, piece, criteria=[code], by=owner, at=AT)
    with pytest.raises(Refusal, match="had a virus"), transaction() as session:
        library.remove(session, piece, by=owner, at=AT)


def test_only_a_yes_by_other_signatures_clears_what_was_found_before(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    settled(piece, BAD)
    assert piece.sha256
    found = quarantine.known(db.session, piece.sha256)
    assert quarantine.still_refused(found, None)
    assert quarantine.still_refused(found, GOOD), "the same signatures cannot have changed their mind"
    newer = Clean("ClamAV 1/2/y")
    assert not quarantine.still_refused(found, newer)
    again = given(store, draft, code, owner, scan=quarantine.at_the_door(newer, is_off=False, at=LATER))
    assert again.id == piece.id
    assert may_open(store, again)


def test_another_takes_the_place_of_a_file_with_a_virus_also_while_an_assessor_has_it(
    store: Store, make: Factory, employer: Organisation, owner: User, assessor: User
) -> None:
    draft = make.answered(make.assessment(employer, by=owner), by=owner)
    code = next(one.code for one in draft.framework.content.asked(1) if one.evidence_required)
    piece = given(store, draft, code, owner)
    make.claimed(make.submitted(draft, by=owner), by=assessor)
    settled(piece, BAD)
    rules = draft.framework.content.evidence_rules
    with transaction() as session:
        facts = evidence_kinds.of_file("clean.pdf", PDF, store.put(b"%PDF clean"), 10)
        newer = library.replace(session, piece, facts, rules=rules, dates=library.NO_DATES, by=owner, at=LATER)
    assert newer.scan is ScanState.WAITING
    assert [use.evidence_id for use in queries.uses(db.session, draft)[code]].count(newer.id) == 1
    assert code in queries.material(db.session, draft).evidenced(AT.date())


def test_a_piece_that_was_detached_everywhere_stays_on_record_once_it_had_a_virus(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    settled(piece, BAD)
    with transaction() as session:
        assert not evidence.detach(session, draft, piece, criterion=code, by=owner, at=LATER)
    assert db.session.get(Evidence, piece.id) is not None


def test_tries_come_at_longer_and_longer_intervals_for_ever(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    assert piece.sha256
    waits: list[timedelta] = []
    for _ in range(14):
        with transaction() as session:
            quarantine.postpone(session, piece.sha256, "busy", at=AT)
        db.session.refresh(piece)
        assert piece.scan_after
        waits.append(piece.scan_after - AT)
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert waits[-1] == LONGEST_WAIT
    assert (piece.scan, piece.scan_tries, piece.scan_problem) == (ScanState.WAITING, 14, "busy")
    assert quarantine.due(db.session, at=AT) == []
    assert quarantine.due(db.session, at=None) == [piece.sha256]
    assert quarantine.due(db.session, at=AT + LONGEST_WAIT) == [piece.sha256]


def test_what_waits_is_counted_with_since_when(store: Store, draft: Assessment, code: str, owner: User) -> None:
    assert quarantine.waiting(db.session).number == 0
    given(store, draft, code, owner)
    given(store, draft, code, owner, b"%PDF another", Scan(ScanState.UNSCANNED))
    with transaction() as session:
        evidence.add_link(session, draft, criteria=[code], title="", url="example.org", dated_on=None, by=owner, at=AT)
    found = quarantine.waiting(db.session)
    assert (found.number, found.since, found.unscanned) == (1, AT, 1)
    assert len(quarantine.longest_waiting(db.session, 9)) == 1


def test_a_portal_that_gets_a_scanner_lets_it_look_at_everything(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner, scan=Scan(ScanState.UNSCANNED))
    assert may_open(store, piece)
    with transaction() as session:
        quarantine.begin(session, has_scanner=True)
    db.session.refresh(piece)
    assert not may_open(store, piece)
    with transaction() as session:
        quarantine.begin(session, has_scanner=False)
    db.session.refresh(piece)
    assert piece.scan is ScanState.UNSCANNED


def test_what_other_signatures_found_clean_can_be_scanned_again_and_a_virus_found_then_shuts_it(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    settled(piece, GOOD)
    assert quarantine.scanned_otherwise(db.session, GOOD.scanned_with) == []
    assert quarantine.scanned_otherwise(db.session, "ClamAV 1/2/y") == [piece.sha256]
    assert settled(piece, BAD)
    assert not may_open(store, piece)


def test_a_file_that_was_turned_down_for_privacy_waits_for_nobody(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    with transaction() as session:
        session.execute(sa.update(Evidence).values(removed_at=AT, removed_by_id=owner.id, removed_for="names"))
    db.session.refresh(piece)
    assert quarantine.due(db.session, at=None) == []
    assert not settled(piece, BAD)
    assert db.session.scalar(sa.select(sa.func.count(VirusFinding.id))) == 0


def test_content_that_one_employer_must_lose_is_swept_when_the_portal_stopped_before_it_did(
    store: Store, draft: Assessment, code: str, owner: User
) -> None:
    piece = given(store, draft, code, owner)
    settled(piece, BAD)
    assert piece.sha256 in evidence_files.gone_since(db.session, LATER)
    assert piece.sha256 not in evidence_files.gone_since(db.session, LATER + timedelta(days=1))


# Several at once -----------------------------------------------------------------------------------------------------


def at_once(app: Flask, deed: Callable[[Session], Any]) -> list[Any]:
    """What each of four people, or workers, gets who do the same in the same moment."""
    db.session.rollback()
    together = Barrier(4)

    def go(_: int) -> Any:
        with app.app_context():
            together.wait(20)
            with transaction() as session:
                return deed(session)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(go, range(4)))
    db.session.expire_all()
    return found


def test_workers_that_find_one_virus_at_once_tell_it_once(
    app: Flask, store: Store, draft: Assessment, code: str, owner: User
) -> None:
    sha256 = given(store, draft, code, owner).sha256
    assert sha256
    found = at_once(app, lambda session: quarantine.settle(session, sha256, BAD, at=LATER))
    assert sorted(found) == [False, False, False, True]
    assert db.session.scalar(sa.select(sa.func.count(VirusFinding.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.kind == "virus_found")) == 1


def test_one_bad_file_brought_several_times_at_once_is_one_finding(
    app: Flask, draft: Assessment, employer: Organisation, owner: User
) -> None:
    def bring(session: Session) -> None:
        here, by = session.get_one(Organisation, employer_id), session.get_one(User, owner_id)
        quarantine.turn_away(session, here, "ab" * 32, virus="V", scanned_with="S", by=by, at=LATER)

    employer_id, owner_id = employer.id, owner.id
    assert at_once(app, bring) == [None] * 4
    assert db.session.scalar(sa.select(sa.func.count(VirusFinding.id))) == 1


# The worker and a daemon that misbehaves -----------------------------------------------------------------------------


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeClamd]:
    found = FakeClamd(tmp_path)
    yield found
    found.leave()


def test_no_fault_of_the_scanner_opens_a_file_and_each_is_scanned_when_it_is_well(
    store: Store, draft: Assessment, code: str, owner: User, fake: FakeClamd
) -> None:
    quick = Clamd(fake.address, patience=replace(QUICK, step=0.2, whole=0.3), max_age=timedelta(days=7))
    well = Clamd(fake.address, patience=PATIENT, max_age=timedelta(days=7))
    pieces = [
        given(store, draft, code, owner, b"%PDF " + bytes([size]) * size * 100_000 + EICAR * bad)
        for size, bad in ((1, False), (30, False), (2, True))
    ]
    clean, large, infected = pieces
    runs, released = 0, []
    for fault, behave in FAULTS.items():
        fake.behave = behave
        for piece in pieces:
            assert piece.sha256
            assert not worker.scan_one(quick, store, piece.sha256), fault
            db.session.refresh(piece)
            runs += 1
            if piece.scan is not ScanState.WAITING or may_open(store, piece) or not store.exists(piece.sha256):
                released.append((fault, piece.size))
    fake.leave()
    assert worker.scan(quick, store) == 0
    assert runs >= 50
    assert released == []
    assert all(piece.scan_tries == len(FAULTS) for piece in pieces)
    fake.listen()
    fake.behave = honest
    with transaction() as session:
        session.execute(sa.update(Evidence).values(scan_after=AT))
    assert worker.scan(well, store) == 3
    for piece in pieces:
        db.session.refresh(piece)
    assert [may_open(store, piece) for piece in pieces] == [True, True, False]
    assert (infected.virus, store.exists(infected.sha256 or "")) == (VIRUS, False)
    assert clean.scan_problem is large.scan_problem is None


def test_a_scanner_that_is_not_there_costs_no_file_a_try(
    store: Store, draft: Assessment, code: str, owner: User, fake: FakeClamd
) -> None:
    piece = given(store, draft, code, owner)
    fake.leave()
    assert worker.scan(Clamd(fake.address, patience=QUICK), store) == 0
    db.session.refresh(piece)
    assert (piece.scan, piece.scan_tries) == (ScanState.WAITING, 0)
    fake.listen()
    assert worker.scan(Clamd(fake.address, patience=PATIENT), store) == 1
    db.session.refresh(piece)
    assert piece.scan is ScanState.CLEAN


def test_a_file_that_is_not_in_the_store_as_it_was_given_never_opens(
    store: Store, draft: Assessment, code: str, owner: User, fake: FakeClamd, tmp_path: Path
) -> None:
    piece = given(store, draft, code, owner, b"%PDF " + b"q" * 600_000)
    assert piece.sha256
    (tmp_path / "store" / piece.sha256[:2] / piece.sha256).write_bytes(b"another")
    assert worker.scan(Clamd(fake.address, patience=PATIENT), store) == 0
    store.remove(piece.sha256)
    assert not worker.scan_one(Clamd(fake.address, patience=PATIENT), store, piece.sha256)
    db.session.refresh(piece)
    assert piece.scan is ScanState.WAITING
    assert piece.scan_problem == "It is not in the store as it was given."


def test_kinds_without_a_file_are_never_shut(store: Store, draft: Assessment, code: str, owner: User) -> None:
    with transaction() as session:
        link = evidence.add_link(
            session, draft, criteria=[code], title="", url="example.org", dated_on=None, by=owner, at=AT
        )
    assert link.opens
    assert not link.is_being_checked
    assert link.kind is EvidenceKind.LINK
    assert quarantine.due(db.session, at=None) == []
