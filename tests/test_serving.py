"""The server as an operator starts it: a real process, on a real port."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

PATIENCE = 60
pytestmark = pytest.mark.xdist_group("serving")  # one worker starts it


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo keeps its data."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[str]:
    """The address of `charter demo --serve`, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"ENVIRONMENT": "demo", "MAIL": "file", "VAR": str(folder), "BASE_URL": url}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHARTER_")}
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "charter.cli", "demo", "--employers", "3", "--serve"],
        env={**clean, **{f"CHARTER_{name}": value for name, value in settings.items()}, "PORT": str(port)},
        stdout=log,
        stderr=log,
    )
    try:
        for _ in range(PATIENCE * 5):
            assert process.poll() is None, (folder / "log.txt").read_text()
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def test_the_worker_of_a_demo_sends_what_waits(demo: str, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "charter.db", timeout=30)) as database:
        for _ in range(PATIENCE * 5):
            left, sent = database.execute("select sum(sent_at is null), count(sent_at) from message").fetchone()
            if sent and not left:
                break
            time.sleep(0.2)
    assert (left, sent > 0) == (0, True), (folder / "log.txt").read_text()


def test_the_first_file_of_a_fresh_demo_is_taken(demo: str, folder: Path) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def page(path: str, data: bytes | None = None, kind: str = "application/x-www-form-urlencoded") -> str:
        headers = {"Content-Type": kind, "Referer": demo + path}
        with browser.open(urllib.request.Request(demo + path, data, headers), timeout=20) as answer:
            return str(answer.read().decode())

    def first(pattern: str, text: str) -> str:
        found = re.search(pattern, text)
        assert found, text[:2000]
        return found[1]

    owner = json.loads((folder / "demo.json").read_text())["accounts"][0]
    token = r'name="csrf_token"[^>]*value="([^"]+)"'
    said = {"email": owner["email"], "password": owner["password"], "csrf_token": first(token, page("/sign-in"))}
    tasks = first(r'href="(/assessments/[0-9a-f-]+)"', page("/sign-in", urlencode(said).encode()))
    address = first(r'href="(/assessments/[^"]+/criteria/[^"#]+)"', page(tasks)) + "/evidence"
    parts = {"csrf_token": first(token, page(address)), "kind": "file", "title": "A note"}
    typed = {f'name="{name}"': value for name, value in parts.items()} | {'name="file"; filename="note.txt"': "We talk"}
    fields = [f"--edge\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n" for name, text in typed.items()]
    body = "".join(fields) + "--edge--\r\n"
    assert "Evidence added: A note." in page(address, body.encode(), "multipart/form-data; boundary=edge")
