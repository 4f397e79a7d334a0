"""Only a plain yes is a yes: the client of the virus scanner against a daemon that misbehaves in every way."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from charter.scanning import Clamd, Clean, Door, Infected, Patience, Unanswered, Verdict, where
from tests.clamd import EICAR, FAULTS, PATIENT, QUICK, VIRUS, FakeClamd, honest, judging, version

WEEK = timedelta(days=7)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeClamd]:
    found = FakeClamd(tmp_path)
    yield found
    found.leave()


def scanner(fake: FakeClamd, patience: Patience = PATIENT) -> Clamd:
    return Clamd(fake.address, patience=patience, max_age=WEEK)


def test_what_has_nothing_bad_is_clean_and_says_by_which_signatures(fake: FakeClamd) -> None:
    assert scanner(fake).scan([b"a policy", b"", b"and more"]) == Clean(fake.version)


def test_what_has_a_virus_is_infected_wherever_it_stands(fake: FakeClamd) -> None:
    content = b"x" * 200_000 + EICAR + b"y" * 70_000
    assert scanner(fake).scan([content[:100], content[100:]]) == Infected(VIRUS, fake.version)


@pytest.mark.parametrize(
    ("fault", "size"),
    # Ten bytes may all be on their way when an answer comes early: it cannot be told from one that comes in time.
    [(fault, size) for fault in FAULTS for size in (10, 3_000_000) if (fault, size) != ("answers early and stays", 10)],
)
def test_whatever_else_the_scanner_does_is_no_answer(fake: FakeClamd, fault: str, size: int) -> None:
    fake.behave = FAULTS[fault]
    began = time.monotonic()
    with pytest.raises(Unanswered) as raised:
        scanner(fake, QUICK).scan([b"q" * size])
    assert str(raised.value), "it says why"
    assert time.monotonic() - began < 5
    fake.behave = honest
    assert isinstance(scanner(fake).scan([b"q" * size]), Clean)


def test_nobody_there_is_no_answer(fake: FakeClamd) -> None:
    fake.leave()
    with pytest.raises(Unanswered, match="It cannot be reached"):
        scanner(fake).scan([b"a policy"])
    fake.listen()
    assert isinstance(scanner(fake).scan([b"a policy"]), Clean)


def test_a_port_that_refuses_is_no_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(Unanswered, match="It cannot be reached"):
        Clamd(address, patience=QUICK).scan([b"a policy"])


def test_nothing_is_not_clean(fake: FakeClamd) -> None:
    with pytest.raises(Unanswered, match="nothing to scan"):
        scanner(fake).scan([])


def test_what_breaks_while_the_content_is_read_is_not_the_scanners_fault(fake: FakeClamd) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise LookupError("gone")

    with pytest.raises(LookupError):
        scanner(fake).scan(broken())


def test_a_name_that_could_upset_a_page_or_an_email_is_made_plain(fake: FakeClamd) -> None:
    fake.behave = judging("stream: Bad\r\nBcc: somebody\x1b[0m" + "x" * 400 + " FOUND")
    found = scanner(fake).scan([b"a policy"])
    assert isinstance(found, Infected)
    assert found.virus.isprintable()
    assert len(found.virus) <= 200


def test_signatures_are_trusted_for_so_long_and_their_age_can_be_left_out(fake: FakeClamd) -> None:
    assert scanner(fake).version() == fake.version
    fake.version = version(age=timedelta(days=8))
    with pytest.raises(Unanswered, match="too old"):
        scanner(fake).version()
    assert Clamd(fake.address, patience=QUICK).version() == fake.version


@pytest.mark.parametrize(
    "address", ["", "clamd", "tcp://host", "unix://relative/path", "http://host:3310", "tcp://h:1/x"]
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="tcp://"):
        where(address)


def test_addresses_are_sockets_or_hosts_with_ports() -> None:
    assert where("unix:///run/clamav/clamd.ctl") == "/run/clamav/clamd.ctl"
    assert where("tcp://[::1]:3310") == ("::1", 3310)


# Somebody waits ------------------------------------------------------------------------------------------------------


class Counted:
    """A scanner that counts how often it is asked."""

    def __init__(self, answer: Verdict | None) -> None:
        self.answer, self.asked = answer, 0

    def scan(self, content: object) -> Verdict:
        self.asked += 1
        if self.answer is None:
            raise Unanswered("busy")
        return self.answer

    def version(self) -> str:
        self.asked += 1
        if self.answer is None:
            raise Unanswered("busy")
        return "ClamAV 1.4.6"


def test_after_a_silence_nobody_is_made_to_wait_for_a_while() -> None:
    scanner, moment = Counted(None), [100.0]
    door = Door(scanner, clock=lambda: moment[0])
    assert [door.look(b"x"), door.look(b"x")] == [None, None]
    assert scanner.asked == 1
    moment[0], scanner.answer = 131.0, Clean("1")
    assert door.look(b"x") == Clean("1")


def test_an_empty_file_silences_nobody() -> None:
    scanner = Counted(Clean("1"))
    door = Door(scanner)
    assert door.look(b"") is None
    assert door.look(b"x") == Clean("1")


def test_whether_the_scanner_answers_is_asked_now_and_then() -> None:
    scanner, moment = Counted(None), [100.0]
    door = Door(scanner, clock=lambda: moment[0])
    assert [door.problem(), door.problem()] == ["busy", "busy"]
    assert scanner.asked == 1
    moment[0], scanner.answer = 111.0, Clean("1")
    assert door.problem() is None
    assert Door(None).problem() is None
