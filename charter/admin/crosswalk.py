"""The crosswalk to other schemes: what criteria have to do with each item, to read, to change, and to put back."""

from typing import Any

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from wtforms import HiddenField, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice

from charter.account.models import User
from charter.admin.base import ActionView, on
from charter.admin.organisations import content
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import crosswalk
from charter.framework.crosswalk import Item, Scheme
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import BaseForm, EmptyForm, at_most, needed, stripped


class ItemForm(BaseForm):
    """What an item of another scheme stands beside, and how sure we are."""

    criteria = SelectMultipleField("Which criteria does it stand beside?", validate_choice=False)
    status = RadioField("How sure are we?", validate_choice=False, validators=[needed("Choose how sure we are.")])
    note = TextAreaField(
        "Note for employers",
        description="You can leave this empty. Say where you have it from.",
        filters=[stripped],
        validators=[at_most(crosswalk.NOTE_LENGTH, "The note")],
    )
    seen_version = HiddenField()

    @classmethod
    def about(cls, item: Item) -> "ItemForm":
        """The form, with what is said of an item now."""
        form = cls(
            data={
                "criteria": list(item.criteria),
                "status": item.status,
                "note": item.note,
                "seen_version": str(item.version),
            }
        )
        form.criteria.choices = [(one.code, f"{one.code} {one.title}") for one in content().criteria]
        form.status.choices = [SelectChoice(code, words) for code, words in crosswalk.STATUSES.items()]
        return form

    @property
    def seen(self) -> int:
        """The version of the item that the person saw."""
        typed = str(self.seen_version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


class CrosswalkView(ActionView):
    """Other schemes, item by item."""

    permission = Permission.VIEW_FRAMEWORKS
    what = "What our criteria have to do with other schemes. Employers see it item by item."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """Every item of every other scheme, as it stands today."""
        schemes = crosswalk.of(db.session, content())
        return self.render("admin/crosswalk/index.html", schemes=schemes, content=content())

    @expose("/<scheme>/<item>", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def item_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """One item: which criteria it stands beside, how sure we are, and a note."""
        there, found = _found(scheme, item)
        form = ItemForm.about(found)
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    crosswalk.change(
                        session,
                        content(),
                        scheme=scheme,
                        item=item,
                        criteria=form.criteria.data or [],
                        status=form.status.data,
                        note=form.note.data or "",
                        seen_version=form.seen,
                        by=the_user().id,
                        at=now(),
                    )
            except Stale as stale:
                there, found = _found(scheme, item)
                form.seen_version.data = str(found.version)
                form.criteria.errors = [str(stale)]
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"Saved: {found.label}.", "success")
                return redirect(url_for(".index_view"), 303)
        return self._page("item", there, found, form), 400 if form.errors else 200

    @expose("/<scheme>/<item>/published", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def published_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """Put an item back to what the published version says, after a question."""
        there, found = _found(scheme, item)
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                crosswalk.back_to_published(session, scheme=scheme, item=item, by=the_user().id, at=now())
            flash(f"As published again: {found.label}.", "success")
            return redirect(url_for(".index_view"), 303)
        return self._page("published", there, found, form)

    def _page(self, name: str, scheme: Scheme, item: Item, form: BaseForm) -> str:
        original = crosswalk.scheme_of(crosswalk.merged(content()), scheme.code)
        html: str = self.render(
            f"admin/crosswalk/{name}.html",
            scheme=scheme,
            entry=item,  # the layout has a macro called item
            published=original.item(item.code) if original else None,
            form=form,
            content=content(),
            statuses=crosswalk.STATUSES,
            who=_who(item),
        )
        return html


def _found(scheme: str, item: str) -> tuple[Scheme, Item]:
    there = crosswalk.scheme_of(crosswalk.of(db.session, content()), scheme)
    found = there.item(item) if there else None
    return (there, found) if there and found else abort(404)


def _who(item: Item) -> str:
    """Who changed an item last; empty while it is as published."""
    if item.changed_by is None:
        return ""
    person: Any = db.session.get(User, item.changed_by)
    return person.name if person else ""
