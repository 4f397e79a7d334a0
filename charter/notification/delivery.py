"""Sends what the outbox holds: claims messages, sends them with no transaction open, and notes how it went."""

import os
import smtplib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from charter.notification import outbox
from charter.notification.models import Message

BATCH = 20
TIMEOUT = 10
"""Seconds. A batch against a mail server that does not answer ends before its claim does."""
Transaction = Callable[[], AbstractContextManager[Session]]


class Unsendable(Exception):
    """No later try can help: the address cannot be written to."""


class Sender(Protocol):
    """A way for messages to leave."""

    def send(self, message: EmailMessage) -> None:
        """Send it, or raise: `Unsendable` when it can never be sent, OSError when a later try may do."""


class SmtpSender:
    """Hands messages to a mail server."""

    def __init__(self, host: str, port: int, *, user: str = "", password: str = "", tls: bool = True) -> None:
        self.host, self.port, self.user, self.password, self.tls = host, port, user, password, tls

    def send(self, message: EmailMessage) -> None:
        """See `Sender`. One connection a message: a server that drops one harms no other."""
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT) as server:
            if self.tls:
                server.starttls(context=ssl.create_default_context())
            if self.user:
                server.login(self.user, self.password)
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as refused:
                codes = [code for code, _ in refused.recipients.values()]
                if all(500 <= code < 600 for code in codes):
                    raise Unsendable(f"the mail server refused the address ({codes[0]})") from refused
                raise


class FileSender:
    """Writes messages to files, for demos."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """See `Sender`. A message sent twice is one file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").split("@")[0]
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(message.as_bytes(policy=SMTP))
        os.replace(unfinished, self.folder / f"{name}.eml")  # noqa: PTH105 - atomic, and says so


def send_waiting(
    transaction: Transaction,
    sender: Sender,
    *,
    base_url: str,
    scheme_name: str,
    mail_from: str,
    now: Callable[[], datetime],
    keep_links: bool = False,
    limit: int = BATCH,
) -> int:
    """Send up to `limit` messages that are due; return how many left.

    A message that fails is tried again later. One that left although we could not note it (the machine stopped in
    between) is sent again with the same Message-ID, which mail programs show once. `keep_links` leaves single-use
    links readable in the outbox, for a demo.
    """
    with transaction() as session:
        claimed = [
            (message.id, compose(message, base_url=base_url, scheme_name=scheme_name, mail_from=mail_from))
            for message in outbox.claim(session, at=now(), limit=limit)
        ]
    sent = 0
    for message_id, composed in claimed:
        error: Exception | None = None
        try:
            if isinstance(composed, Unsendable):
                raise composed
            sender.send(composed)
        except (Unsendable, OSError, smtplib.SMTPException, ValueError) as failure:
            error = failure
        with transaction() as session:
            message = session.get(Message, message_id)
            if message is None:
                continue
            if error is None:
                outbox.mark_sent(message, at=now(), keep_links=keep_links)
                sent += 1
            else:
                said = str(error) if isinstance(error, Unsendable) else type(error).__name__
                outbox.mark_failed(message, error=said, at=now(), for_good=isinstance(error, Unsendable))
    return sent


def compose(message: Message, *, base_url: str, scheme_name: str, mail_from: str) -> EmailMessage | Unsendable:
    """The email as it leaves, or why it cannot."""
    made = EmailMessage()
    try:
        # built from an Address, never from a string: what is not one mailbox is an error and not a second header
        made["To"] = Address(addr_spec=message.to_address)
        made["From"] = Address(_header(scheme_name), addr_spec=mail_from)
    except (ValueError, IndexError, MessageError) as wrong:
        return Unsendable(f"the address cannot be written to ({type(wrong).__name__})")
    made["Subject"] = _header(outbox.filled(message.subject, base_url=base_url, scheme_name=scheme_name))
    made["Date"] = message.written_at
    made["Message-ID"] = f"<{message.id}@{mail_from.rsplit('@', 1)[-1]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(outbox.filled(message.body, base_url=base_url, scheme_name=scheme_name), cte="quoted-printable")
    return made


def _header(text: str) -> str:
    """Text that is safe as a header: one line, and no encoded word.

    Python's email package decodes encoded words in what it is given, and would write the line breaks hidden in them.
    """
    return outbox.one_line(text).replace("=?", "= ?")
