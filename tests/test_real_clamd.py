"""The real clamd, with the test virus: in every kind of file that may hold it, and genuine files beside it.

All on one worker, which starts one daemon.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest

from charter.assessment.file_checks import FileKind, check
from charter.scanning import Clamd, Clean, Infected, Unanswered
from tests.assessment.test_file_checks import GENUINE, excel, pdf_with, repacked, word
from tests.clamd import EICAR, PATIENT, VIRUS, running

pytestmark = pytest.mark.xdist_group("clamd")
LIMIT = 10_000_000


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    """The daemon, in a folder whose name is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, running(Path(folder) / "d") as address:
        yield Clamd(address, patience=PATIENT)


def hidden_in_a_pdf() -> bytes:
    def hide(document: pikepdf.Pdf) -> None:
        document.Root.Thing = document.make_stream(EICAR)

    return pdf_with(hide)


HOLDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a text file": ("note.txt", lambda: EICAR),
    "a picture of a document": ("a.docx", lambda: repacked(word(), {"word/media/image1.png": EICAR})),
    "a property of a document": ("a.docx", lambda: repacked(word(), {"docProps/custom.xml": EICAR})),
    "a picture of a workbook": ("a.xlsx", lambda: repacked(excel(), {"xl/media/image1.png": EICAR})),
    "a part of a pdf": ("a.pdf", hidden_in_a_pdf),
}
"""Files that our own checks take for genuine: what is bad in them only the scanner knows."""


@pytest.mark.parametrize("case", HOLDS)
def test_the_test_virus_is_found_in_what_our_own_checks_let_through(clamd: Clamd, case: str) -> None:
    filename, content = HOLDS[case]
    assert check(filename, content(), limit=LIMIT)
    found = clamd.scan([content()])
    assert isinstance(found, Infected)
    assert found.virus == VIRUS
    assert found.scanned_with.startswith("ClamAV ")


def test_genuine_files_of_every_kind_are_clean(clamd: Clamd) -> None:
    assert {kind for _, _, kind in GENUINE.values()} == set(FileKind)
    found = {case: clamd.scan([content()]) for case, (_, content, _) in GENUINE.items()}
    assert {case: verdict for case, verdict in found.items() if not isinstance(verdict, Clean)} == {}


def test_a_file_of_the_largest_size_is_scanned_and_one_beyond_the_scanners_limit_is_not_clean(clamd: Clamd) -> None:
    assert isinstance(clamd.scan([b"q" * LIMIT]), Clean)
    with pytest.raises(Unanswered, match="size limit exceeded"):
        clamd.scan(b"q" * 1_000_000 for _ in range(40))


def test_a_scanner_that_stops_is_no_answer() -> None:
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, running(Path(folder) / "d") as address:
        scanner = Clamd(address, patience=PATIENT)
        assert isinstance(scanner.scan([b"a policy"]), Clean)
    with pytest.raises(Unanswered):
        scanner.scan([b"a policy"])
