"""The partners of the panel: administrators keep the list."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import Chosen, RecordView, on, shown
from charter.admin.panel_forms import PartnerForm
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import transaction
from charter.panel import partners
from charter.panel.models import Partner
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.employer.forms import number_in
from charter.web.forms import EmptyForm


class TakesPart(Chosen):
    """A filter on whether a partner takes part today."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        if not value:
            return query
        return query.filter(Partner.retired_at.is_(None) if value == "yes" else Partner.retired_at.is_not(None))


class PartnersView(RecordView):
    """Who decides together."""

    permission = Permission.KEEP_PARTNERS
    what = "The organisations that decide together. One that takes part no more is retired, and old minutes keep it."
    noun = "partner"
    searched = "By name"
    column_list = ("name", "added_at", "retired_at")
    column_labels = {"added_at": "Added", "retired_at": "Retired"}
    words = {"retired_at": lambda partner: shown(partner.retired_at) or "Takes part"}
    exported = {"retired_at": lambda partner: shown(partner.retired_at)}
    column_sortable_list = ("name", "added_at")
    column_default_sort = "name"
    column_searchable_list = ("name",)
    column_filters = (
        TakesPart(Partner.retired_at, "Takes part", "part", lambda: [("yes", "Takes part"), ("no", "Retired")]),
    )
    column_details_list = ("name", "added_at", "retired_at")
    list_template = "admin/partners/list.html"
    details_template = "admin/partners/partner.html"

    def title(self, model: Partner) -> str:
        """The heading of one partner's page."""
        return model.name

    @expose("/add", methods=("GET", "POST"))
    @on(Permission.KEEP_PARTNERS)
    def add_view(self) -> ResponseReturnValue:
        """Add a partner."""
        form = PartnerForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    made = partners.add(session, form.name.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"{made.name} is a partner now.", "success")
                return redirect(url_for(".details_view", id=made.id))
        return self.render("admin/partners/form.html", form=form, partner=None), 400 if form.errors else 200

    @expose("/<uuid:panel_partner_id>/rename", methods=("GET", "POST"))
    @on(Permission.KEEP_PARTNERS, Partner)
    def rename_view(self, panel_partner: Partner) -> ResponseReturnValue:
        """Call a partner something else."""
        form = PartnerForm(data={"name": panel_partner.name, "seen_version": str(panel_partner.version)})
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    partners.rename(
                        session,
                        panel_partner,
                        form.name.data or "",
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                    )
            except Stale as stale:
                form.refuse(Refusal(f"{stale} Save again to keep what you typed.", field="name"))
                form.seen_version.data = str(panel_partner.version)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The name is changed.", "success")
                return redirect(url_for(".details_view", id=panel_partner.id))
        page = self.render("admin/partners/form.html", form=form, partner=panel_partner)
        return page, 400 if form.errors else 200

    @expose("/<uuid:panel_partner_id>/retire", methods=("GET", "POST"))
    @on(Permission.KEEP_PARTNERS, Partner)
    def retire_view(self, panel_partner: Partner) -> ResponseReturnValue:
        """A partner takes part no more, or takes part again."""
        form = EmptyForm()
        if form.validate_on_submit():
            leaves = request.form.get("deed") != "bring-back"  # said by the button, so that two clicks do it once
            with transaction() as session:
                (partners.retire if leaves else partners.bring_back)(session, panel_partner, by=the_user(), at=now())
            flash("The partner is retired." if leaves else "The partner takes part again.", "success")
            return redirect(url_for(".details_view", id=panel_partner.id))
        return self.render("admin/partners/retire.html", form=form, partner=panel_partner)
