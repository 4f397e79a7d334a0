"""Employers that are here twice: find them, choose what stays, see what would happen, merge them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from wtforms import HiddenField

from charter.admin.base import ActionView, on, shown
from charter.admin.organisations import content
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.merging import duplicates, merging
from charter.merging.duplicates import Reason
from charter.merging.merging import FIELDS, Choices
from charter.merging.models import LikelyPair
from charter.organisation import queries
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import refuse_interested, the_user
from charter.web.forms import BaseForm, EmptyForm, id_in

LABELS = {
    "name": "Name",
    "place": "County and district",
    "size_band": "Size",
    "sector": "Sector",
    "scope": "Answers cover",
    "company_number": "Company number",
    "charity_number": "Charity number",
    "website": "Website",
    "about": "About",
    "listed": "On the public register",
    "needs_sign_off": "Needs an approval before it sends",
}


class MergeForm(BaseForm):
    """The button, and what was looked at before it is pressed."""

    seen = HiddenField()


class DuplicatesView(ActionView):
    """Employers that may be here twice."""

    permission = Permission.MERGE_ORGANISATIONS
    what = "Employers that may be one and the same. Merge them, or say that they are two."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The pairs that the portal found, and a search for others."""
        text = request.args.get("q", "")[:160]
        return self._page(
            "index", pairs=duplicates.waiting(db.session), found=duplicates.search(db.session, text), q=text
        )

    @expose("/<uuid:organisation_id>")
    @on(Permission.MERGE_ORGANISATIONS, Organisation)
    def other_view(self, organisation: Organisation) -> ResponseReturnValue:
        """Choose the other entry of one employer."""
        text = request.args.get("q", organisation.name)[:160]
        found = duplicates.search(db.session, text, but=organisation.id)
        return self._page("other", organisation=organisation, found=found, q=text)

    @expose("/pairs/<uuid:likely_pair_id>/dismiss", methods=("GET", "POST"))
    @on(Permission.MERGE_ORGANISATIONS, LikelyPair)
    def dismiss_view(self, likely_pair: LikelyPair) -> ResponseReturnValue:
        """Say that a pair are two employers."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                duplicates.dismiss(session, likely_pair, by=the_user(), at=now())
            flash("Kept as two employers. We do not show this pair again.", "success")
            return redirect(url_for(".index_view"), 303)
        why_not = duplicates.why_not_dismiss(db.session, likely_pair, the_user())
        return self._page("dismiss", form=form, pair=likely_pair, why_not=why_not)

    @expose("/<uuid:first_id>/<uuid:second_id>")
    @on(Permission.MERGE_ORGANISATIONS)
    def choose_view(self, first_id: UUID, second_id: UUID) -> ResponseReturnValue:
        """Both side by side: which one stays, and which details it has."""
        first, second = sorted(self._both(first_id, second_id), key=lambda one: (one.registered_at, one.id))
        plan = merging.plan(db.session, first, second, Choices(), content=content())
        return self._page(
            "choose",
            first=first,
            second=second,
            plan=plan,
            why_not=merging.may_not(db.session, first, second, the_user()),
            teams={one.id: queries.team(db.session, one) for one in (first, second)},
            sites={one.id: queries.sites(db.session, one) for one in (first, second)},
        )

    @expose("/<uuid:first_id>/<uuid:second_id>/preview", methods=("GET", "POST"))
    @on(Permission.MERGE_ORGANISATIONS)
    def preview_view(self, first_id: UUID, second_id: UUID) -> ResponseReturnValue:
        """What would happen, line by line; then do it. The choices are in the address."""
        first, second = self._both(first_id, second_id)
        stays, goes = (second, first) if request.args.get("stays") == str(second.id) else (first, second)
        choices = _choices(goes)
        form = MergeForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    merging.merge(
                        session,
                        stays,
                        goes,
                        choices,
                        seen=form.seen.data or "",
                        content=content(),
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                db.session.expire_all()
                if stays.merged_into_id or goes.merged_into_id:  # the button was pressed twice
                    return redirect(url_for("organisations.details_view", id=stays.merged_into_id or stays.id), 303)
                form.refuse(refusal)
                overtaken = isinstance(refusal, Stale)
                page = self._preview(stays, goes, choices, form)
                return page, 409 if overtaken else 400
            flash(f"Merged into {stays.name}. The owners of both are told.", "success")
            return redirect(url_for("organisations.details_view", id=stays.id), 303)
        return self._preview(stays, goes, choices, form)

    def _preview(self, stays: Organisation, goes: Organisation, choices: Choices, form: MergeForm) -> str:
        plan = merging.plan(db.session, stays, goes, choices, content=content())
        form.seen.data = plan.seen
        why_not = merging.may_not(db.session, stays, goes, the_user())
        return self._page("preview", form=form, plan=plan, why_not=why_not)

    def _both(self, first_id: UUID, second_id: UUID) -> tuple[Organisation, Organisation]:
        found = [db.session.get(Organisation, one) or abort(404) for one in (first_id, second_id)]
        for one in found:
            refuse_interested(the_user(), one)
        if first_id == second_id:
            abort(404)
        for one in found:
            if one.merged_into_id is not None:  # somebody was here before
                abort(redirect(url_for("organisations.details_view", id=one.merged_into_id)))
        return found[0], found[1]

    def _page(self, name: str, **values: Any) -> str:
        html: str = self.render(
            f"admin/duplicates/{name}.html", content=content(), words=words, labels=LABELS, Reason=Reason, **values
        )
        return html


def _choices(goes: Organisation) -> Choices:
    """What the address chooses: for each detail, and of the open assessments, which employer's."""
    return Choices(
        fields=frozenset(name for name in FIELDS if request.args.get(f"of_{name}") == str(goes.id)),
        assessment=id_in(request.args.get("assessment")),
    )


_WORDS: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "place": lambda values: ", ".join(filter(None, (content().county_title(values[0]), values[1]))),
    "size_band": lambda values: content().size_title(values[0]),
    "sector": lambda values: content().sector_title(values[0]),
}


def words(field: str, values: tuple[Any, ...]) -> str:
    """A detail as people read it."""
    return _WORDS[field](values) if field in _WORDS else shown(values[0]) or "Nothing"
