"""Servers for a measurement: started as an operator would, one worker each, and stopped again."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from charter.cli import _serve

HOST = "127.0.0.1"
PORTAL = "charter.app:create_app"
FLOOR = "benchmarks.floor:create_app"
STARTS_WITHIN = 60
ROOT = Path(__file__).parents[1]


def as_served(target: str, port: int) -> list[str]:
    """The command that serves `target` exactly as `charter serve --workers 1` does."""
    return [sys.executable, "-m", "benchmarks.serving", target, str(port)]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
    return port


@contextlib.contextmanager
def started(command: Sequence[str], port: int, environment: Mapping[str, str]) -> Iterator[int]:
    """Run a server for as long as the block lasts; gives the id of its first process.

    Raises RuntimeError, with what it printed, when it does not answer in time.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _answers(process, port):
                said.seek(0)
                raise RuntimeError(f"the server did not start: {said.read().decode(errors='replace')[-2000:]}")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=STARTS_WITHIN)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return False


def peak_memory(pid: int) -> float:
    """The most memory (resident, in MB) that a server's worker ever had: the largest of its processes."""
    return max(_high_water(one) for one in (pid, *_descendants(pid))) / 1000


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _high_water(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    _serve(host=HOST, port=int(sys.argv[2]), workers=1, worker=False, target=sys.argv[1])
