"""Take everything away: one archive with all that an employer holds, sent as it is made."""

import json
from collections.abc import Iterator
from functools import partial

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue

from charter.assessment.evidence_files import Entry, write_zip
from charter.award import documents
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.reporting import holdings
from charter.reporting.holdings import Holdings
from charter.storage import Store
from charter.web.access import press, requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import EmptyForm


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
    page = render_template("employer/organisation/export_index.html", found=found, lists=holdings.NAMES)
    store: Store = current_app.extensions["charter_store"]
    drawn = [Entry(one.name, documents.best(one.document, one.award, store, press())) for one in found.certificates]
    response = Response(write_zip(_archive(found, page, store, drawn), at=now()))
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="charter-everything-{today():%Y-%m-%d}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _archive(found: Holdings, page: str, store: Store, certificates: list[Entry]) -> Iterator[Entry]:
    """The files of the archive: the page, the document, the certificates, and the evidence as it was given."""
    document = json.dumps(found.document, ensure_ascii=False, indent=1)
    yield Entry("index.html", lambda: [page.encode()])
    yield Entry("everything.json", lambda: [document.encode()])
    yield from certificates
    for file in found.files:
        yield Entry(file.name, partial(store.open, file.sha256))
