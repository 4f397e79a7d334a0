"""Messages leave, whole, once, with nothing smuggled in; to a real mail server."""

import socket
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlalchemy.orm import Session

from charter.database import writing
from charter.notification import outbox
from charter.notification.delivery import FileSender, SmtpSender, Unsendable, send_waiting
from charter.notification.models import Message, MessageStatus
from tests.conftest import AT


class Mailbox:
    """What the mail server got; `refuse` is its answer to every recipient."""

    def __init__(self):
        self.got = []
        self.refuse = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.got.append((envelope.mail_from, envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def server(mailbox):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpSender("127.0.0.1", port, tls=False)
    controller.stop()


@pytest.fixture
def transaction(engine):
    @contextmanager
    def block():
        with writing(), Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    return block


def write(transaction, **values):
    with transaction() as session:
        values = {"to": "olive@example.org", "subject": "Hello", "body": "Hello\n", "event_key": "one", **values}
        return outbox.enqueue(session, "hello", at=AT, **values)


def send(transaction, sender, at=AT, **values):
    return send_waiting(
        transaction,
        sender,
        base_url="https://charter.example",
        scheme_name="Good Employment Charter",
        mail_from="charter@example.org",
        now=lambda: at,
        **values,
    )


def stored(transaction):
    with transaction() as session:
        return session.scalars(sa.select(Message)).one()


def test_a_message_leaves_once_with_its_links_and_letters_whole(transaction, server, mailbox):
    written = write(
        transaction, subject="Llongyfarchiadau, Caffè Ŵy – [scheme]", body="Open:\n[portal]/dashboard\n£5 – ŵ\n.\nend\n"
    )
    assert send(transaction, server) == 1
    assert send(transaction, server) == 0
    [(sender, recipients, mail)] = mailbox.got
    assert (sender, recipients) == ("charter@example.org", ["olive@example.org"])
    assert mail["Subject"] == "Llongyfarchiadau, Caffè Ŵy – Good Employment Charter"
    assert mail["From"] == "Good Employment Charter <charter@example.org>"
    assert mail["To"] == "olive@example.org"
    assert mail["Message-ID"] == f"<{written.id}@example.org>"
    assert mail["Date"].datetime == AT
    assert mail.get_content().replace("\r\n", "\n") == "Open:\nhttps://charter.example/dashboard\n£5 – ŵ\n.\nend\n"
    assert stored(transaction).status is MessageStatus.SENT


@pytest.mark.parametrize(
    "name",
    [
        "Olive\r\nBcc: eve@example.org",
        "Olive\nBcc: eve@example.org\n\nbuy now",
        "Olive\rBcc: eve@example.org",
        "Olive\u2028Bcc: eve@example.org\x0b\x0cX: y\x85Z: z",
        "=?utf-8?q?Olive=0d=0aBcc:_eve@example.org?=",
        "\x00Olive",
    ],
)
def test_no_name_adds_a_header_or_a_recipient(transaction, server, mailbox, name):
    write(transaction, subject=f"We have received your assessment: {name}", body=f"{name}\n")
    assert send(transaction, server) == 1
    [(_, recipients, mail)] = mailbox.got
    assert recipients == ["olive@example.org"]
    assert set(mail.keys()) == {
        "To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    }  # fmt: skip
    assert "We have received your assessment" in mail["Subject"]


@pytest.mark.parametrize(
    "address",
    ["olive@example.org\r\nBcc: eve@example.org", "a@example.org, eve@example.org", "not an address", "", "<a@b>@c"],
)
def test_what_is_not_one_address_is_never_written_to(transaction, server, mailbox, address):
    write(transaction, to=address)
    assert send(transaction, server) == 0
    assert mailbox.got == []
    message = stored(transaction)
    assert message.status is MessageStatus.FAILED
    assert message.last_error.startswith("the address cannot be written to")


def test_a_server_that_is_away_is_tried_again_later(transaction, server, mailbox):
    write(transaction)
    assert send(transaction, SmtpSender("127.0.0.1", 1, tls=False)) == 0
    assert stored(transaction).last_error == "ConnectionRefusedError"
    assert send(transaction, server) == 0
    assert send(transaction, server, at=AT + timedelta(minutes=1)) == 1
    assert len(mailbox.got) == 1


def test_an_address_the_server_will_never_take_is_given_up_and_a_busy_one_is_not(transaction, server, mailbox):
    write(transaction)
    mailbox.refuse = "450 busy"
    assert send(transaction, server) == 0
    assert stored(transaction).status is MessageStatus.WAITING
    mailbox.refuse = "550 no such mailbox"
    assert send(transaction, server, at=AT + timedelta(minutes=1)) == 0
    assert stored(transaction).status is MessageStatus.FAILED


def test_a_password_never_crosses_a_connection_that_is_not_encrypted(transaction, server, mailbox):
    write(transaction)
    careful = SmtpSender(server.host, server.port, user="charter", password="secret", tls=True)
    assert send(transaction, careful) == 0
    assert mailbox.got == []
    assert stored(transaction).status is MessageStatus.WAITING


def test_one_message_that_fails_does_not_hold_up_the_others(transaction):
    class Choosy:
        def send(self, message):
            if message["To"] == "bad@example.org":
                raise Unsendable("no")

    write(transaction, to="bad@example.org", event_key="1")
    write(transaction, event_key="2")
    assert send(transaction, Choosy()) == 1


def test_nothing_is_locked_while_a_message_is_on_its_way(transaction):
    class Nosy:
        def send(self, message):
            write(transaction, event_key="meanwhile")

    write(transaction)
    assert send(transaction, Nosy()) == 1


def test_a_message_sent_again_after_a_crash_bears_the_same_id_and_is_one_file(transaction, tmp_path):
    written = write(transaction, subject="Hello\r\nthere", body="[portal]/confirm-email/t0ken\n")
    sender = FileSender(tmp_path / "mail")

    class Crash(Exception):
        pass

    class DiesAfter:
        def send(self, message):
            sender.send(message)
            raise Crash

    with pytest.raises(Crash):
        send(transaction, DiesAfter())
    assert send(transaction, sender, at=AT + timedelta(minutes=5), keep_links=True) == 1
    [file] = (tmp_path / "mail").iterdir()
    assert file.name == f"{written.id}.eml"
    mail = message_from_bytes(file.read_bytes(), policy=default)
    assert mail.get_content().strip() == "https://charter.example/confirm-email/t0ken"
    assert "t0ken" in stored(transaction).body


def test_a_batch_is_no_larger_than_asked(transaction, tmp_path):
    for number in range(5):
        write(transaction, event_key=str(number))
    assert send(transaction, FileSender(tmp_path), limit=3) == 3
    assert send(transaction, FileSender(tmp_path), limit=3) == 2
