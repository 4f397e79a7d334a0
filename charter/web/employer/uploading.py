"""Taking in a file: checked, looked at by the virus scanner and stored, before any row names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app
from werkzeug.datastructures import FileStorage

from charter.assessment import evidence_files, evidence_kinds, file_checks, quarantine
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.scanning import Door, Infected
from charter.storage import Store, digest
from charter.web.access import settings, the_user

CHOOSE_AGAIN = "Choose your file again. A browser does not keep it when there is a problem on the page."


@dataclass(frozen=True)
class Stored:
    """A file that was checked and lies in the store."""

    filename: str
    checked: file_checks.Checked
    sha256: str
    size: int
    scan: quarantine.Scan
    """What the virus scanner said of it, when it answered in time."""

    @property
    def given(self) -> evidence_kinds.Given:
        """What makes a piece of evidence of it."""
        return evidence_kinds.of_file(self.filename, self.checked, self.sha256, self.size, self.scan)


@contextmanager
def keep(upload: FileStorage | None, organisation: Organisation) -> Iterator[Stored]:
    """Check an upload and put it into the store, then do the block that names it in a row.

    When the virus scanner does not answer while the person waits, the file is kept as not checked yet, and the worker
    asks again. The same content may be removed at that moment, which looks for rows that name it: so it is stored again
    after the block when it is gone by then. Raises Refusal on "file" when there is none, or it is not fit to keep.
    """
    if upload is None or not upload.filename:
        raise Refusal("Choose a file.", field="file")
    content = upload.stream.read(upload_limit() + 1)
    checked = file_checks.check(upload.filename, content, limit=upload_limit())
    scan = looked_at(content, organisation)
    stored = Stored(upload.filename, checked, evidence_store().put(content), len(content), scan)
    yield stored
    if not evidence_store().exists(stored.sha256):
        evidence_store().put(content)


def looked_at(content: bytes, organisation: Organisation) -> quarantine.Scan:
    """What the virus scanner says of content that somebody of this employer brings.

    Raises Refusal on "file" when there is a virus in it, or was when anybody gave the same before; that is kept.
    """
    door: Door = current_app.extensions["charter_door"]
    verdict = door.look(content)
    sha256 = digest(content)
    before = quarantine.known(db.session, sha256)
    if isinstance(verdict, Infected):
        found = (verdict.virus, verdict.scanned_with)
    elif before is not None and quarantine.still_refused(before, verdict):
        found = (before.virus, before.scanned_with)
    else:
        return quarantine.at_the_door(verdict, is_off=door.is_off, at=now())
    with transaction() as session:  # what was taken in before with the same content goes too
        must_go = isinstance(verdict, Infected) and quarantine.settle(session, sha256, verdict, at=now())
        quarantine.turn_away(
            session, organisation, sha256, virus=found[0], scanned_with=found[1], by=the_user(), at=now()
        )
    if must_go:
        evidence_files.forget(db.session, evidence_store(), sha256)
    raise Refusal(quarantine.HAS_VIRUS, field="file")


def upload_limit() -> int:
    """The most bytes that one file may have."""
    return settings().upload_limit_mb * 1_000_000


def evidence_store() -> Store:
    """Where the application keeps evidence."""
    store: Store = current_app.extensions["charter_store"]
    return store
