"""Where evidence files live: a folder or an S3 bucket, each file under the hash of its content.

A file is whole and on the disk before `put` returns, so that a row committed after it never names a file that is not
there. The same content has the same name, so storing it twice keeps one.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

CHUNK = 256 * 1024
_HASH = re.compile(r"[0-9a-f]{64}")


class Missing(LookupError):
    """The store has no file with this hash."""


class Damaged(RuntimeError):
    """A file's content is not what its hash says."""


class Store:
    """Files by the SHA-256 of their content, in hexadecimal. Made by `open_store`."""

    def __init__(self, backend: ObjectStore, folder: Path | None = None) -> None:
        self._backend = backend
        self._folder = folder
        """The folder behind the backend, when it is one: then what is written is forced to the disk."""

    def put(self, content: bytes | Path, *, expected: str | None = None) -> str:
        """Keep this content (or a copy of the file at this path) and return its hash, which is its name.

        Raises `Damaged` when the hash is not the one `expected`, or when the file changes while it is copied; then
        nothing is kept. Content that is there already is written again, which mends a damaged copy.
        """
        found = digest(content)
        if expected is not None and found != expected:
            raise Damaged(f"the content has the hash {found}, not {expected}")
        source = content if isinstance(content, bytes) else _sound(_chunks(content), found)
        if self._folder is None:
            obstore.put(self._backend, _name(found), source)  # an object store shows an object only when it is whole
        else:
            self._put_in_folder(self._folder, found, source)
        return found

    def _put_in_folder(self, folder: Path, found: str, source: bytes | Iterator[bytes]) -> None:
        """Write under a passing name, force it to the disk, then give it its own name and force that too."""
        passing = f"incoming/{uuid4().hex}"
        try:
            obstore.put(self._backend, passing, source)
            _force(folder / passing)
            new_folder = not (folder / found[:2]).is_dir()
            obstore.rename(self._backend, passing, _name(found))
        except BaseException:
            (folder / passing).unlink(missing_ok=True)
            raise
        _force(folder / found[:2])
        if new_folder:
            _force(folder)

    def open(self, sha256: str) -> Iterator[bytes]:
        """The content in chunks, to stream.

        Raises `Missing` at once when it is not there, and `Damaged` before the last chunk when the content is not what
        its hash says: a reader who knows the size sees that it is cut short.
        """
        try:
            stored = obstore.get(self._backend, _name(sha256))
        except FileNotFoundError as error:
            raise Missing(sha256) from error
        return _sound((bytes(chunk) for chunk in stored.stream(CHUNK)), sha256)

    def size(self, sha256: str) -> int:
        """How many bytes the content has. Raises `Missing`."""
        try:
            return obstore.head(self._backend, _name(sha256))["size"]
        except FileNotFoundError as error:
            raise Missing(sha256) from error

    def exists(self, sha256: str) -> bool:
        """Whether the content is there."""
        try:
            self.size(sha256)
        except Missing:
            return False
        return True

    def put_beside(self, sha256: str, name: str, content: bytes) -> None:
        """Keep something made from the content, such as a preview, beside it. It can be made again, so nothing forces
        it to the disk, and it goes when the content does."""
        obstore.put(self._backend, _beside(sha256, name), content)

    def beside(self, sha256: str, name: str) -> bytes | None:
        """What was made from the content under this name; None when nobody made it."""
        try:
            return bytes(obstore.get(self._backend, _beside(sha256, name)).bytes())
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        """Take the content away, and all that was made from it. To remove what is not there is no mistake."""
        made = [item["path"] for batch in obstore.list(self._backend, prefix=_beside(sha256)) for item in batch]
        if made:
            obstore.delete(self._backend, made)
        try:
            obstore.delete(self._backend, _name(sha256))
        except FileNotFoundError:
            return
        if self._folder is not None:
            _force(self._folder / sha256[:2])


def open_store(url: str) -> Store:
    """The store behind `url`: a folder (made when it is not there), `file://...`, or `s3://bucket/prefix`.

    An S3 bucket's keys, region and endpoint come from the usual `AWS_...` variables of the environment. Raises
    ValueError for any other kind of address.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return Store(S3Store.from_url(url))
    if parts.scheme not in {"", "file"} or not parts.path:
        raise ValueError(f"evidence is stored in a folder or under s3://, not {parts.scheme}://")
    folder = Path(parts.path if parts.scheme else url).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return Store(LocalStore(folder), folder)


def digest(content: bytes | Path) -> str:
    """The SHA-256 of some bytes or of a file, in hexadecimal."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    summed = hashlib.sha256()
    for chunk in _chunks(content):
        summed.update(chunk)
    return summed.hexdigest()


def _name(sha256: str) -> str:
    if not _HASH.fullmatch(sha256):
        raise ValueError("a stored file is named by its SHA-256 in hexadecimal")
    return f"{sha256[:2]}/{sha256}"


def _beside(sha256: str, name: str = "") -> str:
    return f"made/{_name(sha256)}/{name}" if name else f"made/{_name(sha256)}"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _sound(chunks: Iterator[bytes], expected: str) -> Iterator[bytes]:
    """The same chunks; the last one comes only when all of them together have the hash `expected`."""
    summed = hashlib.sha256()
    held: bytes | None = None
    for chunk in chunks:
        summed.update(chunk)
        if held is not None:
            yield held
        held = chunk
    if summed.hexdigest() != expected:
        raise Damaged(f"the content has the hash {summed.hexdigest()}, not {expected}")
    if held is not None:
        yield held


def _force(path: Path) -> None:
    """Have the system write a file's content, or a folder's list of names, to the disk now."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
