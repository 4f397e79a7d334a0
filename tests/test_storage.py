"""The store of evidence files, on a folder and on an object store that is not a folder."""

import hashlib
import os
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from charter import storage
from charter.storage import Damaged, Missing, Store, open_store

CONTENT = b"A policy on flexible working." * 50_000  # more than one chunk
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "evidence")) if request.param == "folder" else Store(MemoryStore())


def test_content_is_kept_under_its_hash(store: Store) -> None:
    assert store.put(CONTENT) == HASH
    assert store.exists(HASH)
    assert store.size(HASH) == len(CONTENT)
    assert b"".join(store.open(HASH)) == CONTENT


def test_a_file_is_kept_like_its_bytes(store: Store, tmp_path: Path) -> None:
    (tmp_path / "policy.pdf").write_bytes(CONTENT)
    assert store.put(tmp_path / "policy.pdf") == HASH
    assert b"".join(store.open(HASH)) == CONTENT


def test_content_comes_out_in_chunks(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(CONTENT)
    chunks = list(store.open(HASH))
    assert len(chunks) > 1
    assert all(type(chunk) is bytes for chunk in chunks)


def test_the_same_content_twice_is_kept_once(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    assert store.put(CONTENT) == store.put(CONTENT)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [HASH]


def test_in_a_folder_the_first_two_letters_are_a_folder(tmp_path: Path) -> None:
    open_store(str(tmp_path)).put(CONTENT)
    assert (tmp_path / HASH[:2] / HASH).read_bytes() == CONTENT


def test_content_without_the_expected_hash_is_not_kept(store: Store) -> None:
    with pytest.raises(Damaged):
        store.put(CONTENT, expected="0" * 64)
    assert not store.exists(HASH)
    assert not store.exists("0" * 64)


def test_content_with_the_expected_hash_is_kept(store: Store) -> None:
    assert store.put(CONTENT, expected=HASH) == HASH


def test_a_file_that_changes_while_it_is_copied_is_not_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "policy.pdf"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(storage, "digest", lambda content: "1" * 64)  # what it was a moment ago
    with pytest.raises(Damaged):
        store.put(path)
    assert not store.exists("1" * 64)
    assert [found for found in (tmp_path / "evidence").rglob("*") if found.is_file()] == []


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path))

    def full(_descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(CONTENT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_in_a_folder_the_file_then_its_names_are_forced_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path))
    forced: list[str] = []
    monkeypatch.setattr(storage, "_force", lambda path: forced.append(path.relative_to(tmp_path).parts[0:1]))
    store.put(CONTENT)
    assert forced == [("incoming",), (HASH[:2],), ()]


def test_what_is_not_there_is_missing_at_once(store: Store) -> None:
    assert not store.exists(HASH)
    with pytest.raises(Missing):
        store.open(HASH)
    with pytest.raises(Missing):
        store.size(HASH)


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store) -> None:
    store.put(CONTENT)
    store.remove(HASH)
    assert not store.exists(HASH)
    store.remove(HASH)


def test_damaged_content_is_never_handed_out_whole(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(CONTENT)
    (tmp_path / HASH[:2] / HASH).write_bytes(CONTENT[:-1] + b"!")
    read: list[bytes] = []
    with pytest.raises(Damaged):
        read.extend(store.open(HASH))
    assert sum(map(len, read)) < len(CONTENT)


def test_storing_it_again_mends_damaged_content(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(CONTENT)
    (tmp_path / HASH[:2] / HASH).write_bytes(b"damaged")
    store.put(CONTENT)
    assert b"".join(store.open(HASH)) == CONTENT


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "G" * 64, "A" * 64, f"{'0' * 64}\n"])
def test_only_a_hash_is_a_name(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="named by its SHA-256"):
        store.open(name)


def test_a_folder_may_be_named_by_its_address(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/deep/down").put(CONTENT)
    assert (tmp_path / "deep/down" / HASH[:2] / HASH).is_file()


@pytest.mark.parametrize("url", ["https://example.org/evidence", "ftp://example.org/", ""])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="evidence is stored"):
        open_store(url)


def test_a_bucket_is_opened_without_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert isinstance(open_store("s3://bucket/prefix"), Store)
    assert list(tmp_path.iterdir()) == []
