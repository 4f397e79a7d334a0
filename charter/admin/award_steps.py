"""Suspending and revoking: what is proposed, what the employer replied, and the decision by a second person."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.aftercare_forms import CarryOutForm, ReasonsForm
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.aftercare import steps
from charter.aftercare.models import AwardStep
from charter.aftercare.status import Deed, StepStatus
from charter.award import issuing
from charter.award.models import Award
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.permissions import Permission, allows
from charter.web.access import the_user
from charter.web.employer.forms import number_in


class StepsView(RecordView):
    """Steps against awards."""

    permission = Permission.VIEW_STEPS
    what = "Awards that somebody proposed to suspend or revoke. Somebody else decides, after the employer could reply."
    noun = "proposal"
    searched = "By employer or certificate"
    eager = (joinedload(AwardStep.award), joinedload(AwardStep.proposed_by), joinedload(AwardStep.decided_by))
    column_list = ("proposed_at", "award.name", "deed", "reply_by", "replied_at", "status")
    column_export_list = (
        *("award.number", "award.name", "deed", "proposed_at", "reply_by", "replied_at", "status", "decided_at"),
    )
    column_labels = {
        "proposed_at": "Proposed",
        "award.name": "Employer",
        "award.number": "Certificate",
        "deed": "What",
        "reply_by": "Reply by",
        "replied_at": "Replied",
        "proposed_by": "Proposed by",
        "at_once": "Why it cannot wait",
        "reply": "The employer’s reply",
        "decided_by": "Decided by",
        "decided_at": "Decided",
        "decision": "Reasons of the decision",
    }
    words = {
        "proposed_by": lambda step: step.proposed_by.name,
        "reply": lambda step: step.reply or "It has not replied.",
        "decided_by": lambda step: step.decided_by.name if step.decided_by else "",
    }
    column_sortable_list = ("proposed_at", "reply_by")
    column_default_sort = ("proposed_at", True)
    column_searchable_list = (Award.name, Award.number)
    column_filters = (
        Chosen(AwardStep.status, "Status", "status", of_status(StepStatus)),
        Chosen(AwardStep.deed, "What", "deed", of_status(Deed)),
    )
    column_details_list = (
        *("status", "deed", "award.number", "award.name", "proposed_at", "proposed_by", "reasons", "at_once"),
        *("reply_by", "reply", "replied_at", "decided_at", "decided_by", "decision"),
    )
    once_said = frozenset({"at_once", "replied_at", "decided_at", "decided_by", "decision"})
    details_template = "admin/aftercare/step.html"

    def title(self, model: AwardStep) -> str:
        """The heading of one proposal's page."""
        if model.status is StepStatus.PROPOSED:
            return f"{model.deed.label} {model.award.number}?"
        done = model.deed.done if model.status is StepStatus.CARRIED_OUT else f"not {model.deed.done}"
        return f"{model.award.number} was {done}"

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one proposal with what may be done."""
        if template == self.details_template:
            step = values["model"]
            values |= {
                "may_decide": allows(the_user(), Permission.REVOKE_AWARD, step),
                "why_not": steps.why_not(db.session, step, the_user()),
                "waits": step.why_wait(today()),
            }
        html: str = super().render(template, **values)
        return html

    @expose("/<uuid:award_step_id>/carry-out", methods=("GET", "POST"))
    @on(Permission.REVOKE_AWARD, AwardStep)
    def carry_out_view(self, award_step: AwardStep) -> ResponseReturnValue:
        """Suspend or revoke the award, with the employer's reply read."""
        form = CarryOutForm(data={"seen_version": award_step.version, "reasons": award_step.reasons})
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    steps.carry_out(
                        session,
                        award_step,
                        reasons=form.reasons.data or "",
                        reply_read=bool(form.reply_read.data),
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Refusal as refusal:
                if isinstance(refusal, Stale):
                    form.seen_version.data = str(award_step.version)
                form.refuse(refusal)
            else:
                flash(f"The award is {award_step.deed.done}. The employer’s owners are told.", "success")
                return redirect(url_for(".details_view", id=award_step.id))
        page = self.render(
            "admin/aftercare/carry_out.html",
            step=award_step,
            form=form,
            waits=award_step.why_wait(today()),
            open=award_step.status is StepStatus.PROPOSED,
            why_not=steps.why_not(db.session, award_step, the_user()),
        )
        return page, 400 if form.errors else 200

    @expose("/<uuid:award_step_id>/drop", methods=("GET", "POST"))
    @on(Permission.REVOKE_AWARD, AwardStep)
    def drop_view(self, award_step: AwardStep) -> ResponseReturnValue:
        """Do nothing to the award after all."""
        form = ReasonsForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    steps.drop(session, award_step, reasons=form.reason.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Nothing is done to the award.", "success")
                return redirect(url_for(".details_view", id=award_step.id))
        why_not = interests.why_not(db.session, the_user(), award_step.organisation_id, issuing.JUDGE)
        page = self.render("admin/aftercare/drop.html", step=award_step, form=form, why_not=why_not)
        return page, 400 if form.errors else 200
