"""A small load generator: a few connections, each sending its next request when the last is answered.

One thread waits on all connections, so that measuring costs as little as possible of the machine that is measured.
"""

import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

from benchmarks.serving import HOST

CONNECTIONS = 4
AGENT = "charter-benchmarks"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r\n]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Visit:
    """One address, and the cookie (name=value) of the person who opens it."""

    path: str
    cookie: str = ""


@dataclass(frozen=True)
class Load:
    """How much to ask: until `requests` are answered or `seconds` are over, whichever is first."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What one page's load came to."""

    requests: int
    seconds: float
    times: Sequence[float]
    size: int
    """Bytes of the page, on average."""

    @property
    def rate(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """The milliseconds within which that share of the requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


@dataclass
class _Connection:
    socket: socket.socket
    since: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    ends_at: int = 0
    body: int = 0
    closes: bool = False
    """Whether the server ends the connection after this response."""

    def send(self, message: bytes) -> None:
        self.received.clear()
        self.ends_at = 0
        self.since = time.perf_counter()
        self.socket.sendall(message)

    def is_done(self, path: str) -> bool:
        """Take in what arrived; whether the response is whole. Raises RuntimeError when it is not a good one."""
        arrived = self.socket.recv(1 << 18)
        if not arrived:
            raise RuntimeError(f"{path}: the server closed the connection")
        self.received += arrived
        if not self.ends_at:
            head = self.received.find(b"\r\n\r\n")
            if head < 0:
                return False
            status = bytes(self.received[9:12])
            length = _LENGTH.search(self.received, 0, head)
            if status != b"200" or length is None:
                raise RuntimeError(f"{path} answered {bytes(self.received[:head])!r}")
            self.body = int(length[1])
            self.closes = _CLOSES.search(self.received, 0, head) is not None
            self.ends_at = head + 4 + self.body
        return len(self.received) >= self.ends_at


def _message(port: int, visit: Visit) -> bytes:
    lines = [f"GET {visit.path} HTTP/1.1", f"Host: {HOST}:{port}", f"User-Agent: {AGENT}", "Accept: text/html"]
    if visit.cookie:
        lines.append(f"Cookie: {visit.cookie}")
    return "\r\n".join([*lines, "", ""]).encode()


def _connected(port: int) -> socket.socket:
    made = socket.create_connection((HOST, port), timeout=60)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _warmed(port: int, visit: Visit) -> Visit:
    """The visit after a first one, with the cookie that a browser would have by then."""
    with socket.create_connection((HOST, port), timeout=60) as one:
        connection = _Connection(one)
        connection.send(_message(port, visit))
        while not connection.is_done(visit.path):
            pass
    given = _COOKIE.search(connection.received, 0, connection.ends_at - connection.body)
    return Visit(visit.path, given[1].decode()) if given and visit.cookie else visit


def run(port: int, visits: Sequence[Visit], load: Load) -> Outcome:
    """Open the addresses in turn, over `CONNECTIONS` connections. Raises RuntimeError when one does not answer 200."""
    messages = cycle([(_message(port, visit), visit.path) for visit in (_warmed(port, one) for one in visits)])
    times: list[float] = []
    size = 0
    with selectors.DefaultSelector() as waiting:
        asked: dict[int, str] = {}

        def ask(connection: _Connection) -> None:
            message, asked[id(connection)] = next(messages)
            connection.send(message)

        connections = [_Connection(_connected(port)) for _ in range(CONNECTIONS)]
        try:
            begun = time.perf_counter()
            for connection in connections:
                waiting.register(connection.socket, selectors.EVENT_READ, connection)
                ask(connection)
            while len(times) < load.requests and time.perf_counter() - begun < load.seconds:
                for key, _ in waiting.select(timeout=60):
                    connection = key.data
                    if connection.is_done(asked[id(connection)]):
                        times.append(time.perf_counter() - connection.since)
                        size += connection.body
                        if connection.closes:
                            waiting.unregister(connection.socket)
                            connection.socket.close()
                            connection.socket = _connected(port)
                            waiting.register(connection.socket, selectors.EVENT_READ, connection)
                        ask(connection)
            ended = time.perf_counter()
        finally:
            for connection in connections:
                connection.socket.close()
    if not times:
        raise RuntimeError(f"{visits[0].path} was not answered within {load.seconds} s")
    return Outcome(len(times), ended - begun, times, size // len(times))
