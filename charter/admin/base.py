"""What every view of the panel shares: closed unless a permission opens it, in our own look, kept in the trail."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Response, abort, g, request
from flask_admin import AdminIndexView, BaseView
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.filters import BaseSQLAFilter
from sqlalchemy.orm import Session

from charter import audit
from charter.admin import before_it_leaves, waiting
from charter.clock import now, today
from charter.csv_cells import MARK, harmless
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.lifecycle import Status
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.orm import Base
from charter.panel import queries as panel
from charter.permissions import Permission, allows
from charter.review.handing_out import queue
from charter.web import filters
from charter.web.access import ask_to_sign_in, refuse_interested, requires, signed_in_user, the_user
from charter.web.forms import BaseForm

Page = TypeVar("Page", bound=Callable[..., Any])


class Guarded:
    """A view that opens to those its `permission` allows; the index and every page of it alike."""

    permission: Permission

    def is_accessible(self) -> bool:
        """Whether the person who is signed in may open this view."""
        return allows(signed_in_user(), self.permission)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """Ask to sign in, or refuse."""
        if signed_in_user() is None:
            return ask_to_sign_in()
        return abort(403)

    def _run_view(self, page: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a page, or show first what it would mail (`before_it_leaves`).

        Flask-Admin's own catches a TypeError and calls again in another way, which hides the mistake.
        """
        if before_it_leaves.wants_to_change():
            return before_it_leaves.back_to_the_form()
        before_it_leaves.begin()
        try:
            return page(self, *args, **kwargs)
        except before_it_leaves.ShownFirst as shown:
            values = before_it_leaves.page(shown)
            told: Any = self.render("admin/before_it_leaves.html", **values)  # type: ignore[attr-defined]
            unfit = shown.overtaken or any(one.error for one in values["shown"])
            return told, 409 if unfit else 200


class ActionView(Guarded, BaseView):
    """A view whose pages call verbs."""


def on(permission: Permission, model: type[Base] | None = None, *eager: Any) -> Callable[[Page], Page]:
    """What one page of a view asks besides the view's own permission; `charter.web.access.requires` for methods.

    `eager` are loader options for what the permission looks at, so that finding out costs one query.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        def checked(self: Any, **values: Any) -> Any:
            def view(**found: Any) -> Any:
                return page(self, **found)

            loaded = db.session.get(model, values[f"{model.__tablename__}_id"], options=eager) if model else None
            answer = requires(permission, model)(view)(**values)
            del loaded  # kept until here, so that `requires` finds it in the session
            return answer

        checked.permission = permission  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


class PanelHome(Guarded, AdminIndexView):
    """The first page of the panel: how much work there is, and where."""

    permission = Permission.ENTER_PANEL

    def __init__(self) -> None:
        super().__init__(name="Overview", template="admin/home.html")
        self.static_folder = None  # nothing of Flask-Admin's own look is served

    def render(self, template: str, **values: Any) -> str:
        """The page with its numbers, for those who have cases to work on."""
        values["glance"] = panel.glance(db.session, on=today())
        if allows(signed_in_user(), Permission.SEE_QUEUE):
            values["counts"] = queue.counts(db.session, the_user(), on=today())
        values["waits"] = waiting.for_person(db.session, the_user(), on=today())
        html: str = super().render(template, **values)
        return html


class PanelForm(BaseForm):
    """The form of a record: with the token, and with the record it is about as Flask-Admin expects."""

    def __init__(self, formdata: Any = None, obj: Any = None, prefix: str = "", **values: Any) -> None:
        self._obj = obj
        given = {} if formdata is None else {"formdata": formdata}
        super().__init__(**given, obj=obj, prefix=prefix, **values)


class Chosen(BaseSQLAFilter):
    """A filter with a list to choose from; `key` names it in the address. Choosing nothing filters nothing."""

    def __init__(self, column: Any, name: str, key: str, options: Callable[[], list[tuple[str, str]]]) -> None:
        super().__init__(column, name, options=options)
        self.key = key

    def get_options(self, view: Any) -> list[tuple[str, str]] | None:
        """Nothing when the panel is built: `choices` says them when a page is drawn, for they may change."""
        return None

    def choices(self) -> list[tuple[str, str]]:
        """The values that may be chosen, each with its words."""
        found: list[tuple[str, str]] = self.options()
        return found

    def validate(self, value: str) -> bool:
        """Whether the value is one of the list, or nothing."""
        return value == "" or value in {code for code, _ in self.choices()}

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(self.get_column(alias) == value) if value else query

    def operation(self) -> str:
        """What the filter does, in a word."""
        return "is"


class ChosenRow(Chosen):
    """A filter whose list to choose from are rows of another table, by their ids."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(self.get_column(alias) == UUID(value)) if value else query


class ChosenNumber(Chosen):
    """A filter whose list to choose from are numbers. PostgreSQL compares no number with a text."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(self.get_column(alias) == int(value)) if value else query


def of_status(kind: type[Status]) -> Callable[[], list[tuple[str, str]]]:
    """The choices of a filter on a status."""
    return lambda: [(member.value, member.label) for member in kind]


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Status):
        return value.label
    if isinstance(value, datetime):
        return filters.moment(value)
    if isinstance(value, date):
        return filters.day(value)
    return str(value)


def plain(value: Any) -> str:
    """A value as a spreadsheet or a programme reads it, never as a formula."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return harmless(shown(value))


CHANGED = (
    "Somebody else changed this record after you opened it. Open it again to see what it says now, "
    "or save again to keep what you typed."
)
Record = TypeVar("Record", bound=Base)


def locked(session: Session, record: Record) -> Record:
    """The record as it is now, held until the transaction ends. Raises `Refusal` when it is gone.

    The lock is taken first and the record read after: reading it with the lock raises StaleDataError for whoever
    waited, when its table counts versions.
    """
    model = type(record)
    (key,) = sa.inspect(record).identity or (record.id,)  # what was loaded of a row that is gone cannot be read
    if session.scalars(sa.select(model.id).where(model.id == key).with_for_update()).first() is None:
        raise Refusal("This record is no longer here.")
    again = session.get_one(model, key)
    session.refresh(again)
    return again


class RecordView(Guarded, ModelView):
    """Records to search, sort, filter, read and export. Read-only unless a subclass says otherwise.

    A change made through its forms and the audit event that tells of it, with what was there before and after, are
    one transaction. What has an audit event of its own is changed by the scheme's verbs instead.
    """

    can_create = can_edit = can_delete = False
    can_view_details = can_export = True
    page_size = 50
    can_set_page_size = False
    action_disallowed_list = ("delete",)
    export_max_rows = 0
    form_base_class = PanelForm
    list_template = "admin/records/list.html"
    details_template = "admin/records/details.html"
    create_template = "admin/records/form.html"
    edit_template = "admin/records/form.html"

    once_said: frozenset[str] = frozenset()
    """Columns that one record's page leaves out while they say nothing."""
    eager: tuple[Any, ...] = ()
    """Loader options, so that a list takes the same number of queries whatever its length."""
    what = ""
    """A sentence under the heading of the list, which the panel's first page shows too."""
    noun = "record"
    plural: str | None = None
    """The noun's plural, when it is not made with an s."""
    searched = ""
    """What the search looks in, in words."""
    words: Mapping[str, Callable[[Any], str]] = {}
    """Columns that are shown in other words than their values: from the record to the words."""
    exported: Mapping[str, Callable[[Any], str]] = {}
    """Columns that are exported in other words than they are shown."""
    sensitive: frozenset[str] = frozenset()
    """Columns whose values never go into the trail, which keeps no personal data."""

    def get_query(self) -> Any:
        """All the records, with what the list shows of others."""
        return super().get_query().options(*self.eager).where(*self._not_hidden())

    def get_count_query(self) -> Any:
        """How many there are."""
        return super().get_count_query().where(*self._not_hidden())

    def _not_hidden(self) -> list[sa.ColumnElement[bool]]:
        """Nobody is shown the records of employers that they have an interest in, in a list or in an export."""
        owner = self.model.id if self.model is Organisation else getattr(self.model, "organisation_id", None)
        return [] if owner is None or not (mine := self.hidden()) else [owner.not_in(mine)]

    def hides(self) -> bool:
        """Whether something is left out of the list for that."""
        return bool(self.hidden()) and bool(self._not_hidden())

    def hidden(self) -> frozenset[UUID]:
        """The employers whose records the person who looks is not shown."""
        user = signed_in_user()
        return interests.of(user) if user is not None and user.is_staff else frozenset()

    def get_one(self, id: Any) -> Any:
        """One record by the id in the address; 404 when there is none, and why not when one has an interest in its
        employer."""
        try:
            found = db.session.get(self.model, UUID(str(id)), options=self.eager)
        except ValueError:
            found = None
        if found is None:
            abort(404)
        refuse_interested(the_user(), found)
        return found

    def get_filter_arg(self, index: int, flt: Any) -> str:
        """The filter's name in the address, which stays when filters are added."""
        key: str = flt.key
        return key

    def _get_list_value(self, context: Any, model: Any, name: Any, *formatters: Any) -> str:
        return self.value(model, name)

    def value(self, model: Any, name: str) -> str:
        """What a page shows in one column of a record."""
        words = self.words.get(name)
        return words(model) if words else shown(self._get_field_value(model, name))

    def get_export_value(self, model: Any, name: Any) -> str:
        """What the export holds in one column of a record."""
        words = self.exported.get(name) or self.words.get(name)
        return plain(words(model) if words else self._get_field_value(model, name))

    def get_export_name(self, export_type: str = "csv") -> str:
        """The file's name: what and when."""
        return f"{self.endpoint}-{today().isoformat()}.{export_type}"

    def _export_data(self) -> tuple[int, Iterator[Any]]:
        """Every record of the list as it is filtered, read a thousand at a time however many there are."""
        args = self._get_list_extra_args()
        column = self._get_column_by_idx(args.sort)
        count, query = self.get_list(
            0, column[0] if column else None, args.sort_desc, args.search, args.filters, execute=False, page_size=0
        )
        return count or 0, iter(query.yield_per(1000))

    def _export_csv(self, return_url: Any) -> Response:
        """The file begins with the mark that spreadsheets need, as every other download here does."""
        answer: Response = super()._export_csv(return_url)

        def marked(pieces: Any) -> Iterator[Any]:
            yield MARK.encode()
            yield from pieces

        answer.response = marked(answer.response)
        return answer

    def chosen(self) -> Mapping[str, str]:
        """The filters in use, by key."""
        return {self._filters[index].key: value for index, _, value in self._get_list_filter_args() or ()}

    # Changes: each is one transaction with its audit event -----------------------------------------------------------

    def create_model(self, form: Any) -> Any:
        """A new record from a form, or False with the reason on the form."""
        try:
            with transaction() as session:
                model = self.model()
                form.populate_obj(model)
                session.add(model)
                session.flush()  # the defaults, for the trail
                self._record("create", model, after=self._values(model))
        except Refusal as refusal:
            form.refuse(refusal)
            return False
        return model

    def seen(self, model: Any) -> str:
        """For the form: the record as the person saw it, in a few characters.

        It stays what it was when the form comes back with a mistake in it; once they are told of somebody else's
        change, it is the record with that change.
        """
        told: str | None = g.get("panel_seen") or request.form.get("seen")
        return told or self._fingerprint(model)

    def _fingerprint(self, model: Any) -> str:
        columns = [column.key for column in self.model.__mapper__.column_attrs]
        return hashlib.sha256(repr([(name, getattr(model, name)) for name in columns]).encode()).hexdigest()[:32]

    def update_model(self, form: Any, model: Any) -> bool:
        """Change a record as a form says, or False with the reason on the form.

        Who opened the form before somebody else's change is told, and changes nothing until they save again.
        """
        try:
            with transaction() as session:
                again = locked(session, model)
                before = self._values(again)
                if request.form.get("seen") != self._fingerprint(again):
                    g.panel_seen = self._fingerprint(again)
                    raise Refusal(CHANGED)
                form.populate_obj(again)
                session.flush()  # so that values read back as they are stored
                after = self._values(again)
                changed = sorted(name for name in after if before[name] != after[name])
                if changed:
                    self._record(
                        "change",
                        again,
                        before={name: before[name] for name in changed},
                        after={name: after[name] for name in changed},
                    )
        except Refusal as refusal:
            form.refuse(refusal)
            return False
        return True

    def delete_model(self, model: Any) -> bool:
        """Remove a record, keeping in the trail what it was."""
        with transaction() as session:
            again = locked(session, model)
            self._record("delete", again, before=self._values(again))
            session.delete(again)
        return True

    def _record(self, deed: str, model: Any, **details: Any) -> None:
        audit.record(db.session, f"{model.__tablename__}:{deed}", model, by=the_user().id, at=now(), **details)

    def _values(self, model: Any) -> dict[str, str]:
        columns = [column.key for column in self.model.__mapper__.column_attrs]
        return {
            name: "(kept out of the trail)" if name in self.sensitive else plain(getattr(model, name))
            for name in columns
            if name not in {"id", "version"}
        }
