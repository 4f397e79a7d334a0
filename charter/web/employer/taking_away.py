"""Take everything away: one archive with all that an employer holds, sent as it is made."""

import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue

from charter.clock import LOCAL, now, today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.reporting import holdings
from charter.reporting.holdings import Holdings
from charter.storage import Damaged, Missing, Store
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import EmptyForm

PACKED = {"pdf", "docx", "xlsx", "png", "jpg", "jpeg", "zip"}
"""Kinds of file that packing does not make smaller."""


@blueprint.route("/organisations/<uuid:organisation_id>/export", methods=["GET", "POST"])
@requires(Permission.EXPORT_ORGANISATION, Organisation)
def export_organisation(organisation: Organisation) -> ResponseReturnValue:
    """Say what the archive holds; on the button, send it."""
    form = EmptyForm()
    if not form.validate_on_submit():
        files, size = holdings.files_of(db.session, organisation)
        return render_template(
            "employer/organisation/export.html", organisation=organisation, form=form, files=files, size=size
        )
    found = holdings.gather(db.session, organisation, at=now())
    with transaction() as session:
        holdings.note(session, organisation, files=len(found.files), by=the_user(), at=now())
    page = render_template("employer/organisation/export_index.html", found=found, parts=holdings.PARTS)
    store: Store = current_app.extensions["charter_store"]
    response = Response(_archive(found, page, store, now()))
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="charter-everything-{today():%Y-%m-%d}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


class _Pipe(io.RawIOBase):
    """A file that only grows: what was written is taken out again as it goes."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        """What waits; afterwards nothing does."""
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def _archive(found: Holdings, page: str, store: Store, at: datetime) -> Iterator[bytes]:
    """The archive, a piece at a time: no file is ever held whole. A file that is not there or not sound is named."""
    pipe, lost = _Pipe(), []
    moment = at.astimezone(LOCAL).timetuple()[:6]
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        document = json.dumps(found.document, ensure_ascii=False, indent=1)
        for name, text in (("index.html", page), ("everything.json", document)):
            info = ZipInfo(name, moment)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, text)
            yield pipe.take()
        for file in found.files:
            info = ZipInfo(file.name, moment)
            packed = file.name.rpartition(".")[2].lower() in PACKED
            info.compress_type = ZIP_STORED if packed else ZIP_DEFLATED
            try:
                chunks = store.open(file.sha256)
            except Missing:
                lost.append(file.name)
                continue
            try:
                with archive.open(info, "w") as opened:
                    for chunk in chunks:
                        opened.write(chunk)
                        yield pipe.take()
            except Damaged:
                lost.append(file.name)
        if lost:
            archive.writestr(
                ZipInfo("missing-files.txt", moment),
                "These files could not be read in full. Ask the scheme about them.\n" + "\n".join(lost) + "\n",
            )
    yield pipe.take()
