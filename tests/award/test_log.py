"""The public log of awards: every deed is in it, nothing in it can be changed unseen, and it names no employer."""

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from charter import worker
from charter.account.models import User
from charter.award import documents, issuing, log
from charter.award.documents import AwardDocument
from charter.award.log import LogEntry, LogHead, LogKind
from charter.award.models import Award
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.review.models import Review
from charter.review.record.record_models import DecisionRecord
from charter.storage import Store, digest
from tests.conftest import AT
from tests.factories import Factory

FIRST = date(2026, 11, 22)
ONE = timedelta(days=1)


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, level=1, on=FIRST, by=moderator)


def do(verb: Callable[..., None], award: Award, **values: object) -> None:
    with transaction() as session:
        verb(session, session.get_one(Award, award.id), reason="A private reason.", at=AT, **values)


def kinds(number: str) -> list[LogKind]:
    return [one.kind for one in log.of(db.session, number)]


def test_an_award_is_written_with_the_hash_of_its_certificate(award: Award) -> None:
    (entry,) = log.of(db.session, award.number)
    document = documents.of(db.session, award.id)
    assert document is not None
    assert document.drawn is not None
    assert entry.document_sha256 == document.sha256 == digest(document.drawn)
    assert (entry.kind, entry.level, entry.on) == (LogKind.ISSUED, 1, FIRST)
    assert (entry.starts_on, entry.ends_on) == (award.starts_on, award.ends_on)


def test_each_deed_adds_one_entry_from_its_day(award: Award, moderator: User) -> None:
    do(issuing.open_review, award, by=moderator)
    do(issuing.reinstate, award, by=moderator)
    do(issuing.suspend, award, by=moderator, on=FIRST + ONE)
    do(issuing.restore, award, by=moderator, on=FIRST + 2 * ONE)
    do(issuing.revoke, award, by=moderator, on=FIRST + 3 * ONE)
    K = LogKind
    deeds = [K.ISSUED, K.REVIEW_OPENED, K.REVIEW_CLOSED, K.SUSPENDED, K.RESTORED, K.REVOKED]
    assert kinds(award.number) == deeds
    assert [one.on for one in log.of(db.session, award.number)][3:] == [FIRST + n * ONE for n in (1, 2, 3)]
    assert log.verify(db.session).faults == ()


def test_a_higher_level_names_the_one_it_took_the_place_of_and_a_renewal_the_one_it_renews(
    make: Factory, award: Award, moderator: User
) -> None:
    higher = make.award(award.organisation, level=2, on=FIRST + ONE, by=moderator)
    assert kinds(award.number) == [LogKind.ISSUED, LogKind.SUPERSEDED]
    assert log.of(db.session, award.number)[-1].other == higher.number
    again = make.award(award.organisation, level=2, on=higher.ends_on, by=moderator)
    (renewed,) = log.of(db.session, again.number)
    assert (renewed.kind, renewed.other, renewed.on) == (LogKind.RENEWED, higher.number, again.starts_on)


def test_an_award_rests_on_the_record_of_its_decision(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User
) -> None:
    answered = make.answered(make.assessment(employer, by=owner), by=owner)
    found = make.found(make.claimed(make.submitted(answered, by=owner), by=assessor), by=assessor)
    review = make.recommended(found, by=assessor)
    with transaction() as session:
        moderation.agree(
            session, session.get_one(Review, review.id), reasons="Well done.", by=moderator, at=AT, on=FIRST
        )
    (entry,) = db.session.scalars(sa.select(LogEntry)).all()
    assert entry.record_sha256 == db.session.scalar(sa.select(DecisionRecord.sha256))


def test_work_that_is_undone_leaves_neither_entry_nor_certificate(
    make: Factory, employer: Organisation, moderator: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_certificate(*_: object, **__: object) -> bytes:
        raise Refusal("The certificate cannot be drawn.")

    monkeypatch.setattr(documents.Press, "draw", no_certificate)
    with pytest.raises(Refusal, match="cannot be drawn"):
        make.award(employer, on=FIRST, by=moderator)
    for table in (LogEntry, AwardDocument, Award):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    monkeypatch.undo()
    award = make.award(employer, on=FIRST, by=moderator)
    assert "-000001-" in award.number  # the try used up no number
    assert kinds(award.number) == [LogKind.ISSUED]


def test_it_names_no_employer_and_no_reason(award: Award, moderator: User) -> None:
    do(issuing.revoke, award, by=moderator, on=FIRST)
    said = json.dumps(list(log.entries(db.session, most=9)))
    assert "Teme Valley" not in said
    assert "reason" not in said
    assert str(award.organisation_id) not in said
    assert award.code not in said


def test_every_way_to_change_it_is_found(make: Factory, moderator: User) -> None:
    """By somebody with the whole database: an entry changed, removed, added, moved, or the end cut off."""
    for number in range(6):
        make.award(make.organisation(f"Employer {number}"), on=FIRST, by=moderator)
    assert log.verify(db.session).faults == ()
    chance = random.Random(7)
    for _ in range(25):
        with db.session.begin_nested() as undone:
            one, another = chance.sample(range(1, 7), 2)
            how = chance.choice(["level", "ends_on", "at", "document", "remove", "swap", "cut"])
            at = sa.update(LogEntry).where(LogEntry.sequence == one).execution_options(synchronize_session=False)
            if how == "level":
                db.session.execute(at.values(level=3))
            elif how == "ends_on":
                db.session.execute(at.values(ends_on=date(2040, 1, 1)))
            elif how == "at":
                db.session.execute(at.values(at=AT - ONE))
            elif how == "document":
                db.session.execute(at.values(document_sha256="0" * 64))
            elif how == "remove":
                db.session.execute(sa.delete(LogEntry).where(LogEntry.sequence == one))
            elif how == "swap":
                for wanted, number in ((99, one), (one, another), (another, 99)):
                    moved = sa.update(LogEntry).where(LogEntry.sequence == number).values(sequence=wanted)
                    db.session.execute(moved.execution_options(synchronize_session=False))
            else:
                db.session.execute(sa.delete(LogEntry).where(LogEntry.sequence >= one))
            db.session.expire_all()
            assert log.verify(db.session).faults, how
            undone.rollback()
        db.session.expire_all()
    assert log.verify(db.session).faults == ()


def test_an_award_changed_behind_the_logs_back_is_found(award: Award, make: Factory, moderator: User) -> None:
    change = sa.update(Award).where(Award.id == award.id).execution_options(synchronize_session=False)
    with transaction() as session:
        session.execute(change.values(ends_on=date(2040, 1, 1)))
    assert any("another level or other days" in one for one in log.verify(db.session).faults)
    with transaction() as session:
        session.execute(change.values(ends_on=award.ends_on, number="GEC-2026-999999-00"))
    faults = log.verify(db.session).faults
    assert any("the award is gone" in one for one in faults)
    assert any("the log does not know" in one for one in faults)


def test_awards_of_before_are_written_down_once_with_the_day_from_which_they_hold(
    app: Flask, make: Factory, award: Award, moderator: User
) -> None:
    do(issuing.revoke, award, by=moderator, on=FIRST + ONE)
    with transaction() as session:
        for table in (LogEntry, LogHead, AwardDocument):
            session.execute(sa.delete(table))
    assert worker.enter_awards_of_before(app) == 1
    assert worker.seal_certificates(app) == 1
    assert worker.enter_awards_of_before(app) == 0
    assert worker.seal_certificates(app) == 0
    issued, revoked = log.of(db.session, award.number)
    assert (issued.kind, issued.on, revoked.kind, revoked.on) == (LogKind.ISSUED, FIRST, LogKind.REVOKED, FIRST + ONE)
    assert log.verify(db.session).faults == ()


# The certificates, sealed -----------------------------------------------------------------------------------------


def sealed_file(app: Flask, award: Award) -> bytes:
    document = documents.of(db.session, award.id)
    assert document is not None
    return b"".join(documents.content(document, app.extensions["charter_store"]))


def test_the_sealed_file_begins_with_the_bytes_of_the_log_and_names_its_entry(app: Flask, award: Award) -> None:
    assert worker.seal_certificates(app) == 1
    (entry,) = log.of(db.session, award.number)
    document = documents.of(db.session, award.id)
    file = sealed_file(app, award)
    assert document is not None
    assert document.drawn is None  # it is in the store now
    assert digest(file[: document.size]) == entry.document_sha256
    assert entry.hash.encode() in file


def test_stopped_between_sealing_and_noting_it_the_certificate_is_sealed_again_and_no_file_is_left_behind(
    app: Flask, award: Award, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    store: Store = app.extensions["charter_store"]
    stored: list[str] = []

    class Stopped(RuntimeError):
        pass

    def put_and_stop(self: Store, content: bytes) -> str:
        stored.append(put(self, content))
        raise Stopped

    put = Store.put
    monkeypatch.setattr(Store, "put", put_and_stop)
    with pytest.raises(Stopped):
        worker.seal_certificates(app)
    document = documents.of(db.session, award.id)
    assert document is not None
    assert not document.is_sealed
    monkeypatch.undo()
    db.session.expire_all()
    assert worker.seal_certificates(app) == 1
    assert sealed_file(app, award).startswith(b"%PDF-")
    assert not store.exists(stored[0])


def test_two_that_seal_at_once_keep_one_seal(app: Flask, award: Award) -> None:
    """The second finds the first's work done, and takes nothing away from it."""
    store: Store = app.extensions["charter_store"]
    keys = app.extensions["charter_keys"]
    again: list[int] = []

    def meanwhile(session: object, document: AwardDocument) -> str:
        if not again:
            again.append(0)
            again[0] = worker.seal_certificates(app)
        return "Sealed by the slower one"

    late = documents.seal_waiting(db.session, transaction, store, keys.seal, reason=meanwhile, now=lambda: AT)
    assert (again, late) == ([1], 0)
    assert b"the slower one" not in sealed_file(app, award)


def test_the_drawn_certificate_waits_in_the_database_and_no_file_is_needed(award: Award, tmp_path: Path) -> None:
    document = documents.of(db.session, award.id)
    assert document is not None
    assert documents.count_waiting(db.session) == 1
    assert (document.version, document.name) == (1, "Teme Valley Orchards Ltd")
