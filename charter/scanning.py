"""Is a file free of viruses? Asks clamd, and takes nothing but its plain yes for a yes.

Every other answer, half an answer and none at all raise `Unanswered`: whoever asked keeps the file shut and asks again.
"""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol
from urllib.parse import urlsplit

from charter.clock import now

CHUNK = 64 * 1024
LONGEST = 200
"""The most characters that are kept of a signature's name, of a version, and of what went wrong."""
_LONGEST_ANSWER = 4096
_END = struct.pack(">I", 0)
_FOUND = re.compile(r"stream: (\S.*) FOUND", re.DOTALL)
_VERSION = re.compile(r"ClamAV [^/\s]+(?:/(?P<number>\d+)/(?P<made>[^/]+))?")


@dataclass(frozen=True)
class Clean:
    """The scanner knows of nothing bad in the content."""

    scanned_with: str
    """The version of the program and of its signatures, in the scanner's words."""


@dataclass(frozen=True)
class Infected:
    """The scanner found something bad in the content."""

    virus: str
    """The name of the signature that was found."""
    scanned_with: str


Verdict = Clean | Infected


class Unanswered(Exception):
    """The scanner did not say whether the content is clean; why not, in words for whoever runs the portal."""


class Scanner(Protocol):
    """What can tell whether content is clean."""

    def scan(self, content: Iterable[bytes]) -> Verdict:
        """What it finds in the content, which may come in pieces. Raises `Unanswered`."""
        ...

    def version(self) -> str:
        """The version of the program and of its signatures, when it is fit to be asked. Raises `Unanswered`."""
        ...


@dataclass(frozen=True)
class Patience:
    """How many seconds to wait: to be connected, for each step, and for the whole."""

    connect: float
    step: float
    whole: float


WHILE_SOMEBODY_WAITS = Patience(connect=1, step=4, whole=5)
IN_THE_BACKGROUND = Patience(connect=3, step=60, whole=180)
PAUSE = 30.0
"""Seconds for which nobody who waits is made to wait for a scanner that did not answer."""
REMEMBERED = 10.0
"""Seconds for which it is remembered whether the scanner answers."""


class Clamd:
    """The daemon of ClamAV, at `tcp://host:port` or `unix:///path/of/the/socket`.

    Signatures made more than `max_age` ago are not trusted; None trusts them at any age. Raises ValueError for an
    address of another form.
    """

    def __init__(
        self,
        address: str,
        *,
        patience: Patience = IN_THE_BACKGROUND,
        max_age: timedelta | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._to = where(address)
        self._patience = patience
        self._max_age = max_age
        self._clock = clock

    def scan(self, content: Iterable[bytes]) -> Verdict:
        """What clamd finds in the content, which is sent as it comes. Raises `Unanswered`.

        Both questions go through one session: that clamd can say its version after its verdict proves that it read the
        content to its end and was there all the time. What the content itself raises comes through.
        """
        with _Line(self._to, self._patience) as line:
            line.say(b"zIDSESSION\0zINSTREAM\0")
            size = 0
            for piece in content:
                for start in range(0, len(piece), CHUNK):
                    part = piece[start : start + CHUNK]
                    line.say(struct.pack(">I", len(part)) + part)
                    size += len(part)
            if not size:
                raise Unanswered("There was nothing to scan.")
            line.check_silent()
            line.say(_END)
            said = line.hear(1)
            line.say(b"zVERSION\0")
            version = self._fit(line.hear(2))
            line.say(b"zEND\0")
        if said == "stream: OK":
            return Clean(version)
        found = _FOUND.fullmatch(said)
        if found is None:
            raise Unanswered(_plain(f"It said: {said}"))
        return Infected(_plain(found[1]), version)

    def version(self) -> str:
        """The version of clamd and of its signatures, when they are fit to be trusted. Raises `Unanswered`."""
        with _Line(self._to, self._patience) as line:
            line.say(b"zIDSESSION\0zVERSION\0")
            return self._fit(line.hear(1))

    def _fit(self, version: str) -> str:
        said = _VERSION.fullmatch(version)
        if said is None:
            raise Unanswered(_plain(f"It does not say its version but: {version}"))
        if self._max_age is not None:
            try:
                made = datetime.strptime(said["made"] or "", "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007 - it says no zone
            except ValueError:
                raise Unanswered(_plain(f"It does not say how old its signatures are: {version}")) from None
            if self._clock().replace(tzinfo=None) - made > self._max_age:
                raise Unanswered(_plain(f"Its signatures are too old: {version}"))
        return _plain(version)


class Door:
    """Scans what people bring while they wait: for a moment only, and not at all just after the scanner was silent."""

    def __init__(self, scanner: Scanner | None, *, clock: Callable[[], float] = monotonic) -> None:
        self.is_off = scanner is None
        """Whether this portal has no scanner, as a demo may."""
        self._scanner = scanner
        self._clock = clock
        self._lock = threading.Lock()
        self._silent_until = float("-inf")
        self._known: tuple[float, str | None] | None = None

    def look(self, content: bytes) -> Verdict | None:
        """What the scanner finds in the content; None when there is no answer now."""
        if self._scanner is None or not content or self._clock() < self._silent_until:
            return None
        try:
            return self._scanner.scan([content])
        except Unanswered:
            with self._lock:
                self._silent_until = self._clock() + PAUSE
            return None

    def problem(self) -> str | None:
        """Why the scanner cannot be asked; None when it can, or when there is none. What it was lately stands."""
        if self._scanner is None:
            return None
        with self._lock:
            known, moment = self._known, self._clock()
        if known is not None and moment - known[0] < REMEMBERED:
            return known[1]
        try:
            self._scanner.version()
            why = None
        except Unanswered as unanswered:
            why = str(unanswered)
        with self._lock:
            self._known = (self._clock(), why)
        return why


def where(address: str) -> str | tuple[str, int]:
    """The path of a Unix socket, or host and port. Raises ValueError when the address is neither."""
    parts = urlsplit(address)
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return parts.path
    if parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
        return parts.hostname, parts.port
    raise ValueError("clamd is at tcp://host:port or unix:///path/of/its/socket")


class _Line:
    """One conversation, with an end to every wait. Whatever goes wrong in it is `Unanswered`."""

    def __init__(self, to: str | tuple[str, int], patience: Patience) -> None:
        self._patience = patience
        self._ends = monotonic() + patience.whole
        self._heard = b""
        try:
            if isinstance(to, str):
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._socket.settimeout(patience.connect)
                self._socket.connect(to)
            else:
                self._socket = socket.create_connection(to, timeout=patience.connect)
        except OSError as error:
            if hasattr(self, "_socket"):
                self._socket.close()
            raise Unanswered(_plain(f"It cannot be reached: {error}")) from error

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, words: bytes) -> None:
        """Send something."""
        self._socket.settimeout(self._left())
        try:
            self._socket.sendall(words)
        except OSError as error:
            raise Unanswered(_plain(f"It stopped listening: {self._last_words() or error}")) from error

    def hear(self, number: int) -> str:
        """The whole answer to the question of this number, without the number."""
        while b"\0" not in self._heard:
            if len(self._heard) > _LONGEST_ANSWER:
                raise Unanswered("It answered at too great a length.")
            self._socket.settimeout(self._left())
            try:
                more = self._socket.recv(_LONGEST_ANSWER)
            except OSError as error:
                raise Unanswered(_plain(f"It did not answer: {error}")) from error
            if not more:
                raise Unanswered(_plain(f"It hung up in the middle: {self._last_words()}"))
            self._heard += more
        said, _, self._heard = self._heard.partition(b"\0")
        start, words = f"{number}: ", said.decode("utf-8", "replace")
        if not words.startswith(start):
            raise Unanswered(_plain(f"It said: {words}"))
        return words[len(start) :]

    def check_silent(self) -> None:
        """See that it said nothing yet: a verdict on half a file is none."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            raise Unanswered(_plain(f"It stopped listening: {error}")) from error
        raise Unanswered(_plain(f"It answered before it had the whole file: {self._last_words()}"))

    def _left(self) -> float:
        left = self._ends - monotonic()
        if left <= 0:
            raise Unanswered("It took too long.")
        return min(left, self._patience.step)

    def _last_words(self) -> str:
        """What it said before it went, when that can be had at once."""
        try:
            self._socket.settimeout(0.2)
            self._heard += self._socket.recv(_LONGEST_ANSWER)
        except OSError:
            pass
        return self._heard.rstrip(b"\0").decode("utf-8", "replace")


def _plain(text: str) -> str:
    """Words of a program fit to keep and to show."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:LONGEST]
