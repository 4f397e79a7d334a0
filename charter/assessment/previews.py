"""Pictures of what a file shows, so that nobody opens an untrusted document just to see what it is.

They are drawn in a process with limits the first time somebody looks, and kept beside the file under its hash. A file
that cannot be drawn has none, and that is remembered too.
"""

import subprocess
import sys
from pathlib import Path

from charter.assessment.evidence_files import content
from charter.assessment.file_checks import KIND_OF, FileKind, extension_of
from charter.assessment.models import Evidence, EvidenceKind
from charter.storage import Damaged, Missing, Store

WAIT = 30
"""Seconds after which a document that is not drawn counts as one that cannot be."""
MOST = 20_000_000
"""More bytes of pictures than this are no preview."""
_COUNT = "previews"
_DRAWN = {FileKind.PDF: "pdf", FileKind.PNG: "picture", FileKind.JPEG: "picture"}
_KIND = {kind.media_type: how for kind, how in _DRAWN.items()}


def by_name(filename: str | None) -> bool:
    """Whether a file of this name is of a kind that can be shown as a picture."""
    return filename is not None and KIND_OF.get(extension_of(filename)) in _DRAWN


def can_have(piece: Evidence) -> bool:
    """Whether a piece is of a kind that can be shown as a picture, and may be opened."""
    return piece.kind is EvidenceKind.FILE and piece.opens and piece.media_type in _KIND


def pages(store: Store, piece: Evidence) -> int:
    """How many pictures a piece has, drawn now when nobody did before: none when it cannot be drawn."""
    if not can_have(piece) or piece.sha256 is None or piece.media_type is None:
        return 0
    known = store.beside(piece.sha256, _COUNT)
    if known is not None:
        return int(known)
    try:
        drawn = draw(_KIND[piece.media_type], b"".join(content(store, piece)))
    except (Missing, Damaged):
        return 0
    for number, picture in enumerate(drawn, 1):
        store.put_beside(piece.sha256, _page(number), picture)
    store.put_beside(piece.sha256, _COUNT, str(len(drawn)).encode())
    return len(drawn)


def page(store: Store, piece: Evidence, number: int) -> bytes | None:
    """One picture (PNG), the first has the number 1; None when there is none."""
    if not 1 <= number <= pages(store, piece) or piece.sha256 is None:
        return None
    return store.beside(piece.sha256, _page(number))


def draw(kind: str, document: bytes) -> list[bytes]:
    """The pictures of a document; none when it cannot be drawn in time and memory."""
    try:
        done = subprocess.run(  # noqa: S603 - our own code; what it reads is the document, which has limits there
            [sys.executable, "-I", "-c", _START, kind],
            input=document,
            capture_output=True,
            timeout=WAIT,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        return []
    out = done.stdout
    if done.returncode or len(out) > MOST:
        return []
    found: list[bytes] = []
    while out:
        length = int.from_bytes(out[:8], "big")
        found.append(out[8 : 8 + length])
        out = out[8 + length :]
    return found


_START = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
    "from charter.assessment.drawing_pages import main; main()"
)
"""Isolated: nothing of the environment or the folder it is started in reaches it, only the package itself."""


def _page(number: int) -> str:
    return f"preview-{number}.png"
