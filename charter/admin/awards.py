"""Awards: look one up, take one back."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import Chosen, RecordView, of_status, on
from charter.admin.forms import ReasonForm
from charter.admin.organisations import NAMES, content, counties
from charter.award import issuing
from charter.award.models import Award
from charter.award.status import REVOKE, AwardStatus
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.permissions import Permission
from charter.web.access import the_user


def level_title(award: Award) -> str:
    """The level in the words of the version it was awarded on."""
    return award.framework.content.level_title(award.level)


def standing(award: Award) -> str:
    """How the award stands today, in words."""
    if award.is_valid_on(today()) or award.ended_on is not None:
        return award.status.label
    return "Expired" if award.ends_on < today() else "Not started"


def levels() -> list[tuple[str, str]]:
    """The levels to choose from."""
    return [(str(level.rank), level.title) for level in content().levels]


class AwardsView(RecordView):
    """Awards and their certificates."""

    permission = Permission.VIEW_AWARDS
    what = "Every award ever made, with its certificate."
    noun = "award"
    searched = "By certificate number or employer"
    eager = (joinedload(Award.framework),)
    column_list = ("number", "name", "level", "county", "starts_on", "ends_on", "status")
    column_labels = {
        "number": "Certificate",
        "name": "Employer",
        "starts_on": "From",
        "ends_on": "To",
        "ended_on": "Ended on",
        "end_reason": "Why it ended",
        "size_band": "Size",
        "headcount": "People",
        "scope": "Covers",
        "issued_at": "Issued",
    }
    words = {**NAMES, "level": level_title, "status": standing}
    column_sortable_list = ("number", "name", "starts_on", "ends_on")
    column_default_sort = ("issued_at", True)
    column_searchable_list = ("number", "name")
    column_filters = (
        Chosen(Award.status, "Status", "status", of_status(AwardStatus)),
        Chosen(Award.level, "Level", "level", levels),
        Chosen(Award.county, "County", "county", counties),
    )
    column_details_list = (
        "name",
        "level",
        "status",
        "starts_on",
        "ends_on",
        "ended_on",
        "end_reason",
        "scope",
        "county",
        "size_band",
        "sector",
        "headcount",
        "issued_at",
    )
    details_template = "admin/records/award.html"

    def title(self, model: Award) -> str:
        """The heading of one award's page."""
        return model.number

    @expose("/<uuid:award_id>/revoke", methods=("GET", "POST"))
    @on(Permission.REVOKE_AWARD, Award)
    def revoke_view(self, award: Award) -> ResponseReturnValue:
        """Take an award back, with the reason."""
        form = ReasonForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    issuing.revoke(session, award, reason=form.reason.data, by=the_user(), at=now(), on=today())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The award is revoked.", "success")
                return redirect(url_for(".details_view", id=award.id))
        page = self.render(
            "admin/records/revoke.html",
            award=award,
            form=form,
            possible=award.can(REVOKE),
            why_not=interests.why_not(db.session, the_user(), award.organisation_id, issuing.JUDGE),
        )
        return page, 400 if form.errors else 200
