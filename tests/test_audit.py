"""Every change is an event, and nobody can change an event unseen."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit, chain
from charter.audit import AuditEvent, AuditHead
from charter.database import writing
from charter.organisation.models import Organisation
from charter.orm import Base
from tests.conftest import AT


def subject() -> Base:
    return Organisation(name="An employer")


def keep(session: Session, *actions: str) -> None:
    """Record and commit one event for each action, as `transaction()` does."""
    for action in actions:
        audit.record(session, action, subject(), by=None, at=AT, note=action)
    audit.seal(session)
    session.commit()


def events(session: Session) -> list[AuditEvent]:
    return list(session.scalars(sa.select(AuditEvent).order_by(AuditEvent.sequence)))


def test_events_are_numbered_and_each_holds_the_hash_of_the_one_before(session: Session) -> None:
    keep(session, "one:made", "two:made")
    keep(session, "three:made")
    found = events(session)
    assert [event.sequence for event in found] == [1, 2, 3]
    assert [event.previous_hash for event in found] == [chain.GENESIS, found[0].hash, found[1].hash]
    verdict = audit.verify(session)
    assert (verdict.sound, verdict.events, verdict.head) == (True, 3, found[2].hash)


def test_what_is_undone_leaves_no_event(session: Session) -> None:
    keep(session, "one:made")
    audit.record(session, "two:made", subject(), by=None, at=AT)
    session.rollback()
    audit.forget(session)
    keep(session, "three:made")
    assert [event.action for event in events(session)] == ["one:made", "three:made"]
    assert audit.verify(session).sound


TAMPERINGS = {
    "changing an event": "UPDATE audit_event SET action = 'five:made' WHERE sequence = 3",
    "changing its details": "UPDATE audit_event SET details = '{}' WHERE sequence = 3",
    "changing when it was": "UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE sequence = 3",
    "removing one": "DELETE FROM audit_event WHERE sequence = 3",
    "removing the last": "DELETE FROM audit_event WHERE sequence = 4",
    "removing all": "DELETE FROM audit_event",
    "moving the end": "UPDATE audit_head SET sequence = 3",
    "renumbering": "UPDATE audit_event SET sequence = 9 WHERE sequence = 4",
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampering_is_found(session: Session, tampering: str) -> None:
    keep(session, "one:made", "two:made", "three:made", "four:made")
    assert audit.verify(session).sound
    session.execute(sa.text(tampering))
    session.expire_all()
    assert not audit.verify(session).sound


def test_swapping_two_events_is_found(session: Session) -> None:
    keep(session, "one:made", "two:made", "three:made")
    for old, new in ((2, 99), (3, 2), (99, 3)):
        session.execute(sa.text(f"UPDATE audit_event SET sequence = {new} WHERE sequence = {old}"))
    session.expire_all()
    assert not audit.verify(session).sound


def test_writers_at_the_same_moment_make_one_chain(engine: sa.Engine, session: Session) -> None:
    session.rollback()
    start = threading.Barrier(6)

    def work(number: int) -> None:
        start.wait()
        for count in range(8):
            with writing(), Session(engine) as mine:
                keep(mine, f"writer{number}:event{count}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = audit.verify(session)
    assert (verdict.events, verdict.faults) == (48, ())
    assert session.get_one(AuditHead, chain.HEAD_ID).sequence == 48
