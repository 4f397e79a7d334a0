"""clamd for tests: the real daemon with one signature, and a small one of our own that misbehaves on request."""

import contextlib
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from charter.clock import now
from charter.scanning import Clamd, Patience, Unanswered

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every virus scanner takes for a virus. The real daemon knows it by the signature below."""
SIGNATURE = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n"
VIRUS = "Eicar-Test-Signature.UNOFFICIAL"
"""How the real daemon calls it: the signature is ours."""
PATIENT = Patience(connect=5, step=10, whole=20)
QUICK = Patience(connect=0.3, step=0.3, whole=0.5)
CONFIGURATION = """
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength 30M
MaxScanSize 100M
MaxFileSize 30M
AlertExceedsMax yes
"""


# The real one ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """The real daemon, started for the block; its address. What it says is in `folder`."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
    assert program, "No clamd: install clamav-daemon with your package manager. These tests are not skipped."
    (folder / "signatures").mkdir(parents=True)
    (folder / "signatures" / "eicar.hdb").write_text(SIGNATURE)
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
    with (folder / "clamd.log").open("wb") as said:
        daemon = subprocess.Popen([program, "--config-file", folder / "clamd.conf"], stdout=said, stderr=said)
    address = f"unix://{folder}/clamd.sock"
    try:
        for _ in range(600):
            try:
                Clamd(address).version()
                break
            except Unanswered:
                assert daemon.poll() is None, (folder / "clamd.log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait(10)


# The small one -----------------------------------------------------------------------------------------------------


class Call:
    """One conversation, from the daemon's side."""

    def __init__(self, line: socket.socket, version: str) -> None:
        self.line = line
        self.version = version
        self.heard = b""

    def more(self) -> None:
        part = self.line.recv(65536)
        if not part:
            raise ConnectionError("the other side hung up")
        self.heard += part

    def command(self) -> str:
        """The next command, without its z."""
        while b"\0" not in self.heard:
            self.more()
        said, _, self.heard = self.heard.partition(b"\0")
        return said.decode().removeprefix("z")

    def chunk(self) -> bytes:
        """The next piece of what is streamed; empty at its end."""
        while len(self.heard) < 4 or len(self.heard) < 4 + struct.unpack(">I", self.heard[:4])[0]:
            self.more()
        size = struct.unpack(">I", self.heard[:4])[0]
        part, self.heard = self.heard[4 : 4 + size], self.heard[4 + size :]
        return part

    def stream(self) -> bytes:
        """All that is streamed."""
        return b"".join(iter(self.chunk, b""))

    def say(self, words: str, *, end: bytes = b"\0") -> None:
        self.line.sendall(words.encode() + end)

    def reset(self) -> None:
        """Break the connection off, so that the other side's system says so."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()


Behaviour = Callable[[Call], None]


class FakeClamd:
    """A daemon on a real socket that behaves as `behave` says; it can be changed at any time."""

    def __init__(self, folder: Path) -> None:
        self.behave: Behaviour = honest
        self.version = version()
        self.calls = 0
        self.path = folder / "fake.sock"
        self.address = f"unix://{self.path}"
        self.server: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        self.path.unlink(missing_ok=True)
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(self.path))
        self.server.listen()
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def leave(self) -> None:
        """Nobody listens any more, until `listen`."""
        if self.server is None:
            return
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.server = None
        self.path.unlink(missing_ok=True)

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            self.calls += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            line.settimeout(5)
            self.behave(Call(line, self.version))


def version(*, age: timedelta = timedelta(hours=5)) -> str:
    """What the daemon says of itself, with signatures of this age."""
    return f"ClamAV 1.4.6/27800/{(now() - age):%a %b %d %H:%M:%S %Y}"


def verdict(content: bytes) -> str:
    return f"stream: {VIRUS} FOUND" if EICAR in content else "stream: OK"


def honest(call: Call) -> None:
    """As the real one behaves."""
    _session(call, lambda content: verdict(content), lambda: call.version)


def _session(call: Call, judged: Callable[[bytes], str | None], versioned: Callable[[], str | None]) -> None:
    assert call.command() == "IDSESSION"
    number = 0
    while (asked := call.command()) != "END":
        number += 1
        said = judged(call.stream()) if asked == "INSTREAM" else versioned()
        if said is None:
            return
        call.say(f"{number}: {said}")


def judging(words: str) -> Behaviour:
    """Says this as its verdict on everything, and is well otherwise."""
    return lambda call: _session(call, lambda _: words, lambda: call.version)


def saying(words: str, *, end: bytes = b"\0") -> Behaviour:
    """Says exactly this after a file, and goes."""

    def behave(call: Call) -> None:
        if _asked_for_a_file(call):
            call.stream()
            call.say(words, end=end)

    return behave


def _asked_for_a_file(call: Call) -> bool:
    """Whether it is to scan a file. The question how it is gets an honest answer, so that the fault comes later."""
    assert call.command() == "IDSESSION"
    if (asked := call.command()) == "INSTREAM":
        return True
    assert asked == "VERSION"
    call.say(f"1: {call.version}")
    call.command()
    return False


def _early(call: Call) -> None:
    if _asked_for_a_file(call):
        call.say("1: stream: OK")
        time.sleep(0.05)


def _early_and_stays(call: Call) -> None:
    if _asked_for_a_file(call):
        call.say("1: stream: OK")
        call.stream()
        call.command()
        call.say(f"2: {call.version}")


def _misnumbered(call: Call) -> None:
    if _asked_for_a_file(call):
        call.stream()
        call.say("7: stream: OK")
        call.command()
        call.say(f"2: {call.version}")


def _versioned(words: str | None) -> Behaviour:
    """Clean, and then this in the place of its version."""

    def behave(call: Call) -> None:
        if _asked_for_a_file(call):
            call.stream()
            call.say("1: stream: OK")
            call.command()
            if words is not None:
                call.say(f"2: {words}")

    return behave


def _mid_stream(then: Behaviour) -> Behaviour:
    def behave(call: Call) -> None:
        if _asked_for_a_file(call):
            call.chunk()
            then(call)

    return behave


def _silent(call: Call) -> None:
    if _asked_for_a_file(call):
        call.stream()
        time.sleep(0.7)


def _drips(call: Call) -> None:
    if _asked_for_a_file(call):
        call.stream()
        for letter in "1: stream: OK":
            call.say(letter, end=b"")
            time.sleep(0.1)
        call.say("")


def _endless(call: Call) -> None:
    if _asked_for_a_file(call):
        call.stream()
        while True:
            call.say("OK" * 500, end=b"")


FAULTS: dict[str, Behaviour] = {
    "hangs up at once": lambda call: None,
    "breaks off at once": Call.reset,
    "never reads": lambda call: time.sleep(0.7),
    "never answers": _silent,
    "hangs up in the middle": _mid_stream(lambda call: None),
    "breaks off in the middle": _mid_stream(Call.reset),
    "hangs in the middle": _mid_stream(lambda call: time.sleep(0.7)),
    "takes no more": _mid_stream(lambda call: call.say("1: INSTREAM size limit exceeded. ERROR")),
    "answers with an error": judging("stream: Can't allocate memory ERROR"),
    "answers with the limit": judging("INSTREAM size limit exceeded. ERROR"),
    "answers with nonsense": judging("everything is fine"),
    "answers nothing": judging(""),
    "answers in small letters": judging("stream: ok"),
    "answers for another file": judging("file: OK"),
    "answers with more than yes": judging("stream: OK, I think"),
    "does not know the command": saying("1: UNKNOWN COMMAND"),
    "was waiting too long": saying("COMMAND READ TIMED OUT"),
    "answers without a session": saying("stream: OK"),
    "answers another question": saying("7: stream: OK"),
    "answers another question and stays": _misnumbered,
    "answers half": saying("1: stream: OK", end=b""),
    "answers a line": saying("1: stream: OK", end=b"\n"),
    "answers what is no text": saying("\udcff".encode("utf-8", "surrogateescape").decode("latin-1")),
    "answers before it has the file": _early,
    "answers early and stays": _early_and_stays,
    "says clean and goes": _versioned(None),
    "says clean and then nonsense": _versioned("hello"),
    "says clean, with old signatures": _versioned(version(age=timedelta(days=30))),
    "says clean, with signatures of no age": _versioned("ClamAV 1.4.6"),
    "says clean, with signatures of a wrong date": _versioned("ClamAV 1.4.6/27800/yesterday"),
    "answers a letter at a time": _drips,
    "answers without end": _endless,
}
"""What may go wrong with a daemon that listens, each with how it behaves then."""
