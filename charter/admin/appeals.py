"""Appeals of employers: which wait, by when they are to be answered, and the answer by somebody who had no part."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.aftercare_forms import AppealForm
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.aftercare import appeals
from charter.aftercare.models import Appeal, AwardStep
from charter.aftercare.status import OPEN_APPEALS, AppealStatus
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.permissions import Permission, allows
from charter.web.access import the_user
from charter.web.forms import EmptyForm


class Late(Chosen):
    """A filter for appeals that should have been answered."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Appeal.status.in_(OPEN_APPEALS), Appeal.due_on < today()) if value else query


class NobodyHas(Chosen):
    """A filter for open appeals that somebody can take."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Appeal.status.in_(OPEN_APPEALS), appeals.free()) if value else query


def days_taken(appeal: Appeal) -> str:
    """How many days it took, or has taken so far, in words."""
    days = ((appeal.decided_at or now()) - appeal.raised_at).days
    return f"{days} {'day' if days == 1 else 'days'}{'' if appeal.decided_at else ' so far'}"


class AppealsView(RecordView):
    """Appeals against decisions."""

    permission = Permission.VIEW_APPEALS
    what = "Employers that ask us to look at a decision again. Whoever had a part in the decision does not handle it."
    noun = "appeal"
    searched = "By employer"
    eager = (
        joinedload(Appeal.organisation),
        joinedload(Appeal.handler),
        joinedload(Appeal.award_step).joinedload(AwardStep.award),
        joinedload(Appeal.review),
    )
    column_list = ("raised_at", "organisation.name", "about", "due_on", "taken", "status", "handler")
    column_export_list = ("organisation.name", "about", "raised_at", "due_on", "taken", "status", "decided_at")
    column_labels = {
        "raised_at": "Sent",
        "organisation.name": "Employer",
        "due_on": "Answer by",
        "taken": "Time taken",
        "handler": "Who has it",
        "decision_at": "Decided first",
        "decision_said": "What was decided",
        "grounds": "Why the employer appeals",
        "decided_at": "Answered",
    }
    words = {
        "taken": days_taken,
        "handler": lambda appeal: appeal.handler.name if appeal.handler else "",
    }
    column_sortable_list = ("raised_at", "due_on")
    column_default_sort = ("due_on", False)
    column_searchable_list = (Organisation.name,)
    column_filters = (
        Chosen(Appeal.status, "Status", "status", of_status(AppealStatus)),
        Late(Appeal.due_on, "Late", "late", lambda: [("yes", "Late ones only")]),
        NobodyHas(Appeal.handler_id, "Who has it", "who", lambda: [("nobody", "Nobody has it")]),
    )
    column_details_list = (
        *("status", "handler", "about", "decision_at", "decision_said", "raised_at", "grounds", "due_on", "taken"),
        *("decided_at", "reasons"),
    )
    once_said = frozenset({"handler", "decided_at", "reasons"})
    details_template = "admin/aftercare/appeal.html"

    def title(self, model: Appeal) -> str:
        """The heading of one appeal's page."""
        return f"Appeal of {model.organisation.name}"

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one appeal with what may be done."""
        if template == self.details_template:
            values |= {
                "may_handle": allows(the_user(), Permission.HANDLE_APPEAL, values["model"]),
                "why_not": appeals.why_not(db.session, values["model"], the_user()),
                "mine": values["model"].handler_id == the_user().id,
                "free": appeals.is_free(db.session, values["model"]),
            }
        html: str = super().render(template, **values)
        return html

    @expose("/<uuid:appeal_id>/take", methods=("GET", "POST"))
    @on(Permission.HANDLE_APPEAL, Appeal)
    def take_view(self, appeal: Appeal) -> ResponseReturnValue:
        """Take an appeal."""
        return self._hand(appeal, takes=True)

    @expose("/<uuid:appeal_id>/give-back", methods=("GET", "POST"))
    @on(Permission.HANDLE_APPEAL, Appeal)
    def give_back_view(self, appeal: Appeal) -> ResponseReturnValue:
        """Give an appeal back."""
        return self._hand(appeal, takes=False)

    def _hand(self, appeal: Appeal, *, takes: bool) -> ResponseReturnValue:
        form = EmptyForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    (appeals.take if takes else appeals.give_back)(session, appeal, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The appeal is yours." if takes else "Somebody else can take it now.", "success")
                return redirect(url_for(".details_view", id=appeal.id))
        why_not = appeals.why_not(db.session, appeal, the_user())
        page = self.render("admin/aftercare/appeal_hand.html", appeal=appeal, form=form, takes=takes, why_not=why_not)
        return page, 400 if form.errors else 200

    @expose("/<uuid:appeal_id>/decide", methods=("GET", "POST"))
    @on(Permission.HANDLE_APPEAL, Appeal)
    def decide_view(self, appeal: Appeal) -> ResponseReturnValue:
        """Say what comes of it, and why."""
        form = AppealForm()
        if form.validate_on_submit():
            given: dict[str, Any] = {"reasons": form.reasons.data or "", "by": the_user(), "at": now()}
            try:
                with transaction() as session:
                    if form.outcome.data == "changed":
                        appeals.overturn(session, appeal, **given, on=today())
                    else:
                        appeals.stands(session, appeal, **given)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Decided. The employer’s owners are told.", "success")
                return redirect(url_for(".details_view", id=appeal.id))
        why_not = appeals.why_not(db.session, appeal, the_user())
        page = self.render("admin/aftercare/appeal_decide.html", appeal=appeal, form=form, why_not=why_not)
        return page, 400 if form.errors else 200
