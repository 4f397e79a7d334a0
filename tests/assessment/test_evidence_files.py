"""One archive of evidence: safe names, a list of what is in it, links and accounts as text, never held whole."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest

from charter.assessment import evidence_files
from charter.assessment.evidence_files import Entry, Opened, Supports
from charter.assessment.models import Evidence, EvidenceKind
from charter.storage import Store, open_store
from tests.conftest import AT


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


def piece(kind: EvidenceKind = EvidenceKind.FILE, **facts: Any) -> Opened:
    return Evidence(id=uuid4(), kind=kind, **{"title": "Policy", "filename": "policy.pdf", **facts})


def opened(store: Store, *pieces: Supports) -> ZipFile:
    chunks = evidence_files.write_zip(evidence_files.entries(store, pieces, {}), at=AT)
    return ZipFile(io.BytesIO(b"".join(chunks)))


def listed(archive: ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(evidence_files.CONTENTS).decode("utf-8-sig"))))


def test_a_file_is_named_by_its_first_criterion_and_its_title_and_listed_for_each(store: Store) -> None:
    one = piece(sha256=store.put(b"%PDF"), title="Sick leave policy.pdf", ends_on=date(2027, 3, 1))
    archive = opened(store, Supports(one, [("A-01", "Sick pay", "page 4"), ("B-02", "Health", "")]))
    assert archive.testzip() is None
    assert archive.namelist() == ["contents.csv", "A-01 Sick leave policy.pdf"]
    assert archive.read("A-01 Sick leave policy.pdf") == b"%PDF"
    assert [(row["File"], row["Criterion"], row["Where to look"]) for row in listed(archive)] == [
        ("A-01 Sick leave policy.pdf", "A-01", "page 4"),
        ("A-01 Sick leave policy.pdf", "B-02", ""),
    ]
    assert listed(archive)[0]["In date until"] == "2027-03-01"


def test_links_and_accounts_are_text(store: Store) -> None:
    link = piece(EvidenceKind.LINK, title="Our page", filename=None, url="https://example.org/a")
    account = piece(EvidenceKind.ACCOUNT, title="What we do", filename=None, text="We talk.\nDaily.")
    archive = opened(store, Supports(link, [("A-01", "", "")]), Supports(account, []))
    assert archive.read("A-01 Our page.txt").decode("utf-8-sig") == "Our page\r\n\r\nhttps://example.org/a\r\n"
    assert archive.read("What we do.txt").decode("utf-8-sig").endswith("We talk.\r\nDaily.\r\n")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc_passwd.pdf"),
        ("a/b\\c:d*e?", "a_b_c_d_e.pdf"),
        ("CON", "_CON.pdf"),
        ("", "evidence.pdf"),
        ("x" * 300, "x" * 80 + ".pdf"),
        ("Contents", "Contents.pdf"),
    ],
)
def test_no_name_leads_out_of_the_folder_or_upsets_a_system(store: Store, title: str, name: str) -> None:
    archive = opened(store, Supports(piece(title=title, sha256=store.put(b"x")), []))
    assert archive.namelist()[1] == name


def test_two_of_one_name_are_told_apart_whatever_the_case(store: Store) -> None:
    pieces = [Supports(piece(title=title, sha256=store.put(title.encode())), []) for title in ("Policy", "POLICY")]
    assert opened(store, *pieces).namelist()[1:] == ["Policy.pdf", "POLICY (2).pdf"]


def test_no_cell_of_the_list_is_a_formula(store: Store) -> None:
    one = piece(title="\n=1+1", sha256=store.put(b"x"))
    assert listed(opened(store, Supports(one, [("A-01", "", "@here")])))[0]["Title"] == "'\n=1+1"


def test_what_was_removed_for_privacy_is_in_the_list_and_no_file(store: Store) -> None:
    archive = opened(store, Supports(piece(removed_at=AT, sha256="ab" * 32), [("A-01", "", "")]))
    assert archive.namelist() == ["contents.csv", "left-out.txt"]
    assert listed(archive)[0]["Note"] == "Removed for privacy"


def test_a_file_that_is_not_there_or_not_sound_is_named_and_the_others_are_whole(store: Store, tmp_path: Path) -> None:
    damaged = store.put(b"y" * 600_000)
    (tmp_path / damaged[:2] / damaged).write_bytes(b"z" * 600_000)
    pieces = [
        piece(title=title, sha256=sha) for title, sha in (("A", "ab" * 32), ("B", damaged), ("C", store.put(b"c")))
    ]
    archive = opened(store, *(Supports(one, []) for one in pieces))
    said = archive.read(evidence_files.MISSING).decode()
    assert "A.pdf" in said
    assert "B.pdf" in said
    assert archive.read("C.pdf") == b"c"


def test_a_large_archive_is_never_held_whole() -> None:
    chunk = b"q" * 250_000

    def read() -> Any:
        return (chunk for _ in range(200))

    largest = total = 0
    for piece in evidence_files.write_zip([Entry("large.pdf", read)], at=AT):
        largest, total = max(largest, len(piece)), total + len(piece)
    assert total > 50_000_000
    assert largest < 1_000_000
