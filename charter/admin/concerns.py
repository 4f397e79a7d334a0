"""Concerns of the public: which are open, what was told, and the steps that settle one."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.aftercare_forms import AskForm, NoteForm, SettleForm
from charter.admin.base import Chosen, RecordView, of_status, on
from charter.aftercare import concerns, queries
from charter.aftercare.models import Concern
from charter.aftercare.status import OPEN_CONCERNS, ConcernStatus
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.permissions import Permission, allows
from charter.web.access import the_user
from charter.web.employer.forms import number_in
from charter.web.forms import BaseForm, EmptyForm


class OpenOnly(Chosen):
    """A filter for concerns that are not settled."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Concern.status.in_(OPEN_CONCERNS)) if value else query


class Mine(Chosen):
    """A filter for concerns by who has them."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        if value == "mine":
            return query.filter(Concern.holder_id == the_user().id)
        return query.filter(Concern.status.in_(OPEN_CONCERNS), concerns.free()) if value else query


class ConcernsView(RecordView):
    """What the public told the scheme."""

    permission = Permission.VIEW_CONCERNS
    what = "What the public told us about employers. No employer sees anything of it before you ask it for its side."
    noun = "concern"
    searched = "By employer, certificate or reference"
    eager = (joinedload(Concern.organisation), joinedload(Concern.holder))
    column_list = ("raised_at", "organisation.name", "reference", "status", "holder", "answer_by")
    column_export_list = (  # what people wrote and who they are has no business in a spreadsheet
        *("reference", "organisation.name", "certificate", "raised_at", "status"),
        *("asked_at", "answer_by", "answered_at", "decided_at"),
    )
    column_labels = {
        "raised_at": "Raised",
        "organisation.name": "Employer",
        "holder": "Who has it",
        "answer_by": "Employer’s answer by",
        "what": "What is not right",
        "happened": "When",
        "known_by": "How they know",
        "raised_by": "Who told us",
        "email": "Their address",
        "links": "Links in it",
        "substance": "What we asked the employer",
        "asked_at": "Asked",
        "answer": "The employer’s side",
        "answered_at": "Answered",
        "decided_at": "Settled",
        "forgotten_at": "Erased",
    }
    words = {
        "holder": lambda concern: concern.holder.name if concern.holder else "",
        "links": lambda concern: concern.links or "",
        "raised_by": lambda concern: concern.raised_by or ("Erased" if concern.forgotten_at else "They did not say"),
        "email": lambda concern: concern.email or ("Erased" if concern.forgotten_at else "They gave none"),
    }
    column_sortable_list = ("raised_at", "answer_by")
    column_default_sort = ("raised_at", True)
    column_searchable_list = (Organisation.name, Concern.certificate, Concern.reference)
    column_filters = (
        Chosen(Concern.status, "Status", "status", of_status(ConcernStatus)),
        OpenOnly(Concern.raised_at, "Open", "open", lambda: [("yes", "Open ones only")]),
        Mine(Concern.holder_id, "Who has it", "who", lambda: [("mine", "I have it"), ("nobody", "Nobody has it")]),
    )
    column_details_list = (
        *("status", "holder", "reference", "certificate", "raised_at", "what", "happened", "known_by", "links"),
        *("raised_by", "email", "substance", "asked_at", "answer_by", "answer", "answered_at"),
        *("decided_at", "reasons", "forgotten_at"),
    )
    once_said = frozenset(
        {
            *("holder", "happened", "links", "substance", "asked_at", "answer_by", "answer", "answered_at"),
            *("decided_at", "reasons", "forgotten_at"),
        }
    )
    details_template = "admin/aftercare/concern.html"

    def title(self, model: Concern) -> str:
        """The heading of one concern's page."""
        return f"Concern about {model.organisation.name}"

    def render(self, template: str, **values: Any) -> str:
        """A page; that of one concern with its notes and what may be done."""
        if template == self.details_template:
            concern = values["model"]
            days = publishing.current(db.session).content.after_award.concern_kept_days
            values |= {
                "notes": queries.notes(db.session, concern),
                "why_not": why_not(concern),
                "may_handle": allows(the_user(), Permission.HANDLE_CONCERN, concern),
                "mine": concern.holder_id == the_user().id,
                "free": concerns.is_free(db.session, concern),
                "note_form": NoteForm(formdata=None),
                "erased_on": concerns.erased_on(concern, days),
                "award": queries.award_of(db.session, concern),
            }
        html: str = super().render(template, **values)
        return html

    @expose("/<uuid:concern_id>/take", methods=("GET", "POST"))
    @on(Permission.HANDLE_CONCERN, Concern)
    def take_view(self, concern: Concern) -> ResponseReturnValue:
        """Take a concern that nobody has."""
        return self._step(concern, EmptyForm(), "take", lambda session, _: concerns.take(session, concern, **by_me()))

    @expose("/<uuid:concern_id>/put-back", methods=("GET", "POST"))
    @on(Permission.HANDLE_CONCERN, Concern)
    def put_back_view(self, concern: Concern) -> ResponseReturnValue:
        """Give a concern back."""
        return self._step(
            concern, EmptyForm(), "put-back", lambda session, _: concerns.put_back(session, concern, **by_me())
        )

    @expose("/<uuid:concern_id>/note", methods=("GET", "POST"))
    @on(Permission.HANDLE_CONCERN, Concern)
    def note_view(self, concern: Concern) -> ResponseReturnValue:
        """Note something that only the scheme reads."""
        return self._step(
            concern,
            NoteForm(),
            "note",
            lambda session, form: concerns.note(session, concern, text=form.text.data or "", **by_me()),
        )

    @expose("/<uuid:concern_id>/ask", methods=("GET", "POST"))
    @on(Permission.HANDLE_CONCERN, Concern)
    def ask_view(self, concern: Concern) -> ResponseReturnValue:
        """Ask the employer for its side."""
        return self._step(
            concern,
            AskForm(),
            "ask",
            lambda session, form: concerns.ask(
                session, concern, substance=form.substance.data or "", on=today(), **by_me()
            ),
        )

    @expose("/<uuid:concern_id>/settle", methods=("GET", "POST"))
    @on(Permission.HANDLE_CONCERN, Concern)
    def settle_view(self, concern: Concern) -> ResponseReturnValue:
        """Say how it ends, and why."""
        return self._step(
            concern,
            SettleForm(data={"seen_version": concern.version}),
            "settle",
            lambda session, form: concerns.settle(
                session,
                concern,
                outcome=ConcernStatus(form.outcome.data) if form.outcome.data in set(ConcernStatus) else None,
                reasons=form.reasons.data or "",
                seen_version=number_in(form.seen_version),
                on=today(),
                **by_me(),
            ),
        )

    def _step(
        self, concern: Concern, form: BaseForm, step: str, deed: Callable[[Any, Any], object]
    ) -> ResponseReturnValue:
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    deed(session, form)
            except Refusal as refusal:
                if isinstance(refusal, Stale) and isinstance(form, SettleForm):
                    form.seen_version.data = str(concern.version)
                form.refuse(refusal)
            else:
                flash(DONE[step], "success")
                return redirect(url_for(".details_view", id=concern.id))
        page = self.render(
            "admin/aftercare/concern_step.html", form=form, concern=concern, step=step, why_not=why_not(concern)
        )
        return page, 400 if form.errors else 200


DONE = {
    "take": "The concern is yours.",
    "put-back": "Somebody else can take it now.",
    "note": "Noted.",
    "ask": "The employer’s owners are asked.",
    "settle": "Settled. Whoever raised it is told, if they left an address; and the employer, if it was asked.",
}


def by_me() -> dict[str, Any]:
    """Who does it, and when."""
    return {"by": the_user(), "at": now()}


def why_not(concern: Concern) -> str | None:
    """Why the person who looks at a concern may not work on it because of an interest in the employer, if so."""
    return interests.why_not(db.session, the_user(), concern.organisation_id, concerns.DEED)
