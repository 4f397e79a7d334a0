"""Awards: look one up, look at one again, propose to suspend or revoke one, restore one."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session, joinedload

from charter.admin.aftercare_forms import ProposeForm, ReasonsForm
from charter.admin.base import Chosen, ChosenNumber, RecordView, of_status, on
from charter.admin.organisations import NAMES, content, counties
from charter.aftercare import queries, steps
from charter.aftercare.models import Concern
from charter.aftercare.status import Deed
from charter.award import issuing
from charter.award.models import Award
from charter.award.status import REVOKE, AwardStatus
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import id_in


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
        ChosenNumber(Award.level, "Level", "level", levels),
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
    once_said = frozenset({"ended_on", "end_reason", "headcount"})
    details_template = "admin/records/award.html"

    def title(self, model: Award) -> str:
        """The heading of one award's page."""
        return model.number

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one award with the steps about it."""
        if template == self.details_template:
            values["steps"] = queries.steps_about(db.session, values["model"])
        html: str = super().render(template, **values)
        return html

    @expose("/<uuid:award_id>/review", methods=("GET", "POST"))
    @on(Permission.REVIEW_AWARD, Award)
    def review_view(self, award: Award) -> ResponseReturnValue:
        """Look at an award again; the public is told that we do."""
        return self._step(award, "review", issuing.open_review, "The award is under review.")

    @expose("/<uuid:award_id>/end-review", methods=("GET", "POST"))
    @on(Permission.REVIEW_AWARD, Award)
    def end_review_view(self, award: Award) -> ResponseReturnValue:
        """Leave an award that was looked at again as it is."""
        return self._step(award, "end-review", issuing.reinstate, "The review is over, and the award stays.")

    @expose("/<uuid:award_id>/restore", methods=("GET", "POST"))
    @on(Permission.REVIEW_AWARD, Award)
    def restore_view(self, award: Award) -> ResponseReturnValue:
        """Let a suspended award count again."""

        def deed(session: Session, award: Award, **values: Any) -> None:
            if award.status is not AwardStatus.SUSPENDED:
                raise Refusal("Only a suspended award can be restored here. A revoked one needs an appeal.")
            issuing.restore(session, award, **values, on=today())

        return self._step(award, "restore", deed, "The award counts again.")

    def _step(self, award: Award, step: str, deed: Callable[..., None], done: str) -> ResponseReturnValue:
        form = ReasonsForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    deed(session, award, reason=form.reason.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"{done} The employer’s owners are told.", "success")
                return redirect(url_for(".details_view", id=award.id))
        why_not = interests.why_not(db.session, the_user(), award.organisation_id, issuing.JUDGE)
        page = self.render("admin/aftercare/award_step.html", award=award, form=form, step=step, why_not=why_not)
        return page, 400 if form.errors else 200

    @expose("/<uuid:award_id>/propose", methods=("GET", "POST"))
    @on(Permission.REVOKE_AWARD, Award)
    def propose_view(self, award: Award) -> ResponseReturnValue:
        """Propose to suspend or revoke an award; a second person decides, after the employer could reply."""
        concern = _concern(award)
        form = ProposeForm()
        upheld = () if concern else queries.upheld_about(db.session, award)
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    step = steps.propose(
                        session,
                        award,
                        deed=Deed(form.deed.data) if form.deed.data in set(Deed) else Deed.SUSPEND,
                        reasons=form.reasons.data or "",
                        at_once=form.at_once.data or "",
                        concern=concern,
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
                    session.flush()  # for its id
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Proposed. Somebody else decides.", "success")
                return redirect(url_for("steps.details_view", id=step.id))
        page = self.render(
            "admin/aftercare/propose.html",
            award=award,
            form=form,
            concern=concern,
            upheld=upheld,
            possible=award.can(REVOKE) and award.ends_on >= today(),
            days=award.framework.content.after_award.reply_days,
            why_not=interests.why_not(db.session, the_user(), award.organisation_id, issuing.JUDGE),
        )
        return page, 400 if form.errors else 200


def _concern(award: Award) -> Concern | None:
    """The concern that leads to it, when the address names one about this employer."""
    named = id_in(request.args.get("concern"))
    found = db.session.get(Concern, named) if named else None
    return found if found is not None and found.organisation_id == award.organisation_id else None
