"""Messages are written with the change they tell of, and taken by one sender."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import Role, User
from charter.database import writing
from charter.notification import outbox
from charter.notification.models import Message, MessageStatus
from tests.conftest import AT


def write(session, key="one", **values):
    values = {"to": "olive@example.org", "subject": "Hello", "body": "Hello", **values}
    return outbox.enqueue(session, "hello", event_key=key, at=AT, **values)


def stored(session):
    return session.scalars(sa.select(Message).order_by(Message.event_key)).all()


def test_one_event_is_one_message(session):
    assert write(session) is not None
    assert write(session, subject="Hello again") is None
    assert write(session, "two") is not None
    assert [message.subject for message in stored(session)] == ["Hello", "Hello"]


def test_a_person_is_written_to_at_their_address(session):
    olive = User(email="olive@example.org", name="Olive", role=Role.EMPLOYER, created_at=AT)
    session.add(olive)
    session.flush()
    message = write(session, to=olive)
    assert (message.to_address, message.to_user_id) == ("olive@example.org", olive.id)


def test_nothing_is_written_when_the_change_is_undone(session):
    write(session)
    session.rollback()
    assert stored(session) == []


def test_a_subject_is_one_line_of_at_most_200_characters(session):
    assert write(session, subject="Hello\r\nBcc: eve@example.org\u2028\x00  there").subject == (
        "Hello Bcc: eve@example.org there"
    )
    assert len(write(session, "two", subject="long " * 100).subject) <= 200


def test_two_requests_that_tell_the_same_event_at_once_write_one_message(engine):
    ready, written = Barrier(4), []

    def request():
        ready.wait()
        with writing(), Session(engine) as session:
            written.append(write(session) is not None)
            session.commit()

    run_all([request] * 4)
    assert sorted(written) == [False, False, False, True]


def test_each_message_is_claimed_by_one_of_two_workers(engine):
    with writing(), Session(engine) as session:
        for number in range(40):
            write(session, f"{number:02}")
        session.commit()
    ready, claimed = Barrier(2), []

    def worker():
        ready.wait()
        for _ in range(5):
            with writing(), Session(engine) as session:
                claimed.extend(message.event_key for message in outbox.claim(session, at=AT, limit=5))
                session.commit()

    run_all([worker] * 2)
    assert sorted(claimed) == [f"{number:02}" for number in range(40)]


def run_all(targets):
    threads = [Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_claim_ends_when_its_worker_died(session):
    write(session)
    assert len(outbox.claim(session, at=AT)) == 1
    assert outbox.claim(session, at=AT + timedelta(minutes=4)) == []
    again = outbox.claim(session, at=AT + timedelta(minutes=5))
    assert [message.attempts for message in again] == [2]


def test_a_message_that_left_is_not_claimed_again(session):
    write(session)
    [message] = outbox.claim(session, at=AT)
    outbox.mark_sent(message, at=AT)
    session.flush()
    assert outbox.claim(session, at=AT + timedelta(days=1)) == []
    assert (message.status, message.sent_at, message.claimed_until) == (MessageStatus.SENT, AT, None)


def test_a_message_is_tried_eight_times_each_after_twice_as_long(session):
    write(session)
    at, waits = AT, []
    while True:
        [message] = outbox.claim(session, at=at)
        outbox.mark_failed(message, error="ConnectionRefusedError", at=at)
        session.flush()
        if message.status is MessageStatus.FAILED:
            break
        assert outbox.claim(session, at=message.not_before - timedelta(seconds=1)) == []
        waits.append(int((message.not_before - at) / timedelta(minutes=1)))
        at = message.not_before
    assert (message.attempts, waits) == (8, [1, 2, 4, 8, 16, 32, 64])
    assert message.last_error == "ConnectionRefusedError"
    assert outbox.claim(session, at=at + timedelta(days=365)) == []


def test_what_can_never_be_sent_is_tried_once(session):
    write(session)
    [message] = outbox.claim(session, at=AT)
    outbox.mark_failed(message, error="no such address", at=AT, for_good=True)
    assert message.status is MessageStatus.FAILED


@pytest.mark.parametrize("page", ["confirm-email", "reset-password", "invitations"])
def test_a_single_use_link_cannot_be_read_once_its_message_left(session, page):
    body = f"Hello\n[portal]/{page}/Ab-c_123\n[portal]/sign-in"
    message = write(session, body=body)
    outbox.mark_sent(message, at=AT)
    assert message.body == f"Hello\n[portal]/{page}/(hidden)\n[portal]/sign-in"
    kept = write(session, "demo", body=body)
    outbox.mark_sent(kept, at=AT, keep_links=True)
    assert kept.body == body
