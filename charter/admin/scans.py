"""Virus scans: whether the scanner answers, what waits for it and since when, and which viruses it found."""

from flask import current_app
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import ActionView
from charter.assessment import quarantine
from charter.extensions import db
from charter.permissions import Permission
from charter.scanning import Door

MOST = 50
"""How many of the files that wait, and of the viruses that were found, are listed."""


class ScansView(ActionView):
    """How the checking of files for viruses stands."""

    permission = Permission.SEE_SCANS
    what = "Files that wait to be checked for viruses, and viruses that were found."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The whole of it on one page (three queries). Nobody opens a file from here."""
        door: Door = current_app.extensions["charter_door"]
        page: str = self.render(
            "admin/scans.html",
            is_off=door.is_off,
            problem=door.problem(),
            waiting=quarantine.waiting(db.session),
            longest=quarantine.longest_waiting(db.session, MOST),
            findings=quarantine.findings(db.session, MOST),
            most=MOST,
        )
        return page
