"""The crosswalk to other schemes: what criteria have to do with each item, to read, and to edit as data."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.admin.base import ActionView, on
from charter.admin.crosswalk_forms import AddForm, ItemForm, TakeOutForm, WhyForm
from charter.admin.organisations import content
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import crosswalk
from charter.framework import crosswalk_changes as changes
from charter.framework.crosswalk import Item, Scheme
from charter.framework.crosswalk_changes import Draft
from charter.permissions import Permission
from charter.web.access import the_user

WORDS = {
    "change": "Changed",
    "add": "Added",
    "take-out": "Taken out",
    "put-back": "Put back",
    "back-to-published": "Put back to what is published",
}
"""What was done to an item, in words."""

Done = Callable[[Session], object]


class CrosswalkView(ActionView):
    """Other schemes, item by item."""

    permission = Permission.VIEW_FRAMEWORKS
    what = "What our criteria have to do with other schemes. Employers see it item by item."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """Every item of every other scheme, as it stands today, and those that were taken out."""
        schemes = crosswalk.of(db.session, content())
        return self.render("admin/crosswalk/index.html", schemes=schemes, content=content())

    @expose("/<scheme>/items/add", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def add_view(self, scheme: str) -> ResponseReturnValue:
        """Add an item to a scheme."""
        there = _scheme(scheme)
        form = AddForm.within(there, content())
        meaning: tuple[str, ...] = ()
        if form.validate_on_submit():
            facts: dict[str, Any] = {"scheme": scheme, "item": form.code.data or "", "details": form.details}
            if _is_preview():
                meaning = _meaning(
                    form, lambda: changes.draft_of_addition(db.session, content(), **facts), form.code.data
                )
            elif _kept(
                form,
                lambda session: changes.add(session, content(), **facts, why=form.why, by=the_user().id, at=now()),
            ):
                return self._saved(f"Added: {form.label.data}.", scheme)
        html = self.render("admin/crosswalk/add.html", scheme=there, form=form, meaning=meaning)
        return html, 400 if form.errors else 200

    @expose("/<scheme>/<item>", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def item_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """One item: what it is, which criteria it stands beside, how sure we are, and why."""
        there, found = _found(scheme, item)
        form = ItemForm.about(there, found, content())
        meaning: tuple[str, ...] = ()
        if form.validate_on_submit():
            facts: dict[str, Any] = {"scheme": scheme, "item": item, "details": form.details}
            if _is_preview():
                meaning = _meaning(form, lambda: changes.draft_of_change(db.session, content(), **facts), item)
            elif _kept(
                form,
                lambda session: changes.change(session, content(), **facts, **_by(form)),
            ):
                return self._saved(f"Saved: {form.label.data}.", scheme)
        return self._page("item", scheme, item, form, meaning)

    @expose("/<scheme>/<item>/take-out", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def take_out_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """Take an item out, so that it counts nowhere, after saying what that means."""
        _, found = _found(scheme, item)
        form = TakeOutForm(data={"seen_version": str(found.version)})
        facts: dict[str, Any] = {"scheme": scheme, "item": item}
        if form.validate_on_submit() and _kept(
            form,
            lambda session: changes.take_out(session, content(), **facts, status=form.status.data, **_by(form)),
        ):
            return self._saved(f"Taken out: {found.label}.", scheme)
        if found.taken_out is not None and not form.is_submitted():
            flash("This item is taken out already.")
            return redirect(url_for(".index_view"), 303)
        draft = lambda: changes.draft_of_taking_out(db.session, content(), **facts, status=found.status)  # noqa: E731
        return self._page("take_out", scheme, item, form, _meaning(form, draft, item))

    @expose("/<scheme>/<item>/put-back", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def put_back_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """Put back an item that was taken out, after saying what that means."""
        _, found = _found(scheme, item)
        form = WhyForm(data={"seen_version": str(found.version)})
        facts: dict[str, Any] = {"scheme": scheme, "item": item}
        if form.validate_on_submit() and _kept(
            form, lambda session: changes.put_back(session, content(), **facts, **_by(form))
        ):
            return self._saved(f"Put back: {found.label}.", scheme)
        if found.taken_out is None and not form.is_submitted():
            flash("This item is not taken out.")
            return redirect(url_for(".index_view"), 303)
        draft = lambda: changes.draft_of_putting_back(db.session, content(), **facts)  # noqa: E731
        return self._page("put_back", scheme, item, form, _meaning(form, draft, item))

    @expose("/<scheme>/<item>/published", methods=("GET", "POST"))
    @on(Permission.EDIT_CROSSWALK)
    def published_view(self, scheme: str, item: str) -> ResponseReturnValue:
        """Put an item back to what the published version says, after a question."""
        _, found = _found(scheme, item)
        if _published(scheme, item) is None:
            abort(404)
        form = WhyForm(data={"seen_version": str(found.version)})
        facts: dict[str, Any] = {"scheme": scheme, "item": item}
        if form.validate_on_submit() and _kept(
            form, lambda session: changes.back_to_published(session, content(), **facts, **_by(form))
        ):
            return self._saved(f"As published again: {found.label}.", scheme)
        return self._page("published", scheme, item, form)

    def _saved(self, said: str, scheme: str) -> ResponseReturnValue:
        flash(said, "success")
        return redirect(url_for(".index_view", _anchor=scheme), 303)

    def _page(
        self, name: str, scheme: str, item: str, form: WhyForm, meaning: tuple[str, ...] = ()
    ) -> ResponseReturnValue:
        """A page about an item as it is now, which may be what somebody else just saved."""
        there, found = _found(scheme, item)
        edits = changes.history(db.session, scheme=scheme, item=item)
        html = self.render(
            f"admin/crosswalk/{name}.html",
            scheme=there,
            entry=found,  # the layout has a macro called item
            published=_published(scheme, item),
            form=form,
            content=content(),
            statuses=crosswalk.STATUSES,
            words=WORDS,
            edits=edits,
            names=_names(edit.edited_by_id for edit in edits),
            meaning=meaning,
            overtaken=changes.CHANGED in form.form_errors,
        )
        return html, 400 if form.is_submitted() and form.errors else 200


def _by(form: WhyForm) -> dict[str, Any]:
    return {"why": form.why, "seen_version": form.seen, "by": the_user().id, "at": now()}


def _is_preview() -> bool:
    """Whether the person asked what it means, and not yet to keep it."""
    return "preview" in request.form


def _kept(form: WhyForm, done: Done) -> bool:
    """Whether it was done. What was refused is said in the form, which then knows the version that is there now."""
    try:
        with transaction() as session:
            done(session)
    except Stale as stale:
        current = stale.current
        form.seen_version.data = str(current.version if isinstance(current, Item) else 0)
        form.refuse(stale)
        return False
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


def _meaning(form: WhyForm, draft: Callable[[], Draft], item: str | None) -> tuple[str, ...]:
    """What an edit means for employers; nothing where it is refused, which the form then says."""
    try:
        found = draft()
    except Refusal as refusal:
        if str(refusal) not in form.form_errors:
            form.refuse(refusal)
        return ()
    return crosswalk.effects(found.before, found.after, item or "")


def _scheme(scheme: str) -> Scheme:
    return crosswalk.scheme_of(crosswalk.of(db.session, content()), scheme) or abort(404)


def _found(scheme: str, item: str) -> tuple[Scheme, Item]:
    there = _scheme(scheme)
    found = there.item(item)
    return (there, found) if found else abort(404)


def _published(scheme: str, item: str) -> Item | None:
    """What the newest version says of an item; None when it was added on top."""
    there = crosswalk.scheme_of(crosswalk.merged(content()), scheme)
    return there.item(item) if there else None


def _names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these people (one query)."""
    people = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(set(ids))))
    return {row.id: row.name for row in people}
