"""Values of the strategy's measures, as their owners report them: read them, enter one."""

from decimal import Decimal, InvalidOperation

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import ChosenRow, RecordView, on
from charter.admin.forms import ReturnForm
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.reporting import returns
from charter.reporting.models import Measure, Return
from charter.web.access import the_user
from charter.web.filters import number
from charter.web.forms import id_in


class ReturnsView(RecordView):
    """What was reported for each measure."""

    permission = Permission.ENTER_RETURNS
    what = "Values reported for the strategy’s measures. A correction is a new value for the same day; both are kept."
    noun = "value"
    searched = "By measure, place or source"
    eager = (joinedload(Return.measure),)
    column_list = ("measure.title", "measure.geography", "value", "measure.unit", "as_at", "source", "entered_at")
    column_labels = {
        "measure.title": "Measure",
        "measure.geography": "Place",
        "measure.unit": "Unit",
        "as_at": "As at",
        "entered_at": "Entered",
    }
    words = {"value": lambda found: number(found.value)}
    exported = {"value": lambda found: f"{found.value.normalize():f}"}
    column_sortable_list = ("as_at", "entered_at")
    column_default_sort = ("as_at", True)
    column_searchable_list = ("measure.title", "measure.geography", "source")
    column_filters = (ChosenRow(Return.measure_id, "Measure", "measure", lambda: measures()),)
    column_details_list = column_list
    list_template = "admin/records/returns.html"

    def title(self, model: Return) -> str:
        """The heading of one value's page."""
        return f"{model.measure.title}, {model.measure.geography}"

    @expose("/add", methods=("GET", "POST"))
    @on(Permission.ENTER_RETURNS)
    def add_view(self) -> ResponseReturnValue:
        """Enter a value."""
        form = ReturnForm()
        form.measure.choices = [("", "Choose a measure"), *measures()]
        if form.validate_on_submit():
            try:
                enter(form)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The value is kept.", "success")
                return redirect(url_for(".index_view"))
        return self.render("admin/records/enter.html", form=form), 400 if form.errors else 200


def measures() -> list[tuple[str, str]]:
    """The measures that values are reported for, in the strategy's order."""
    found = db.session.scalars(sa.select(Measure).order_by(Measure.position, Measure.geography))
    return [(str(one.id), f"{one.title} ({one.geography}, {one.unit})") for one in found if one.takes_returns]


def enter(form: ReturnForm) -> None:
    """Keep the value that was typed. Raises `Refusal` when it is no number, or the rules say no."""
    try:
        value = Decimal((form.value.data or "").replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise Refusal("The value must be a number, such as 1,250 or 81.5.", field="value") from None
    assert form.as_at.data is not None, "the form needs it"
    with transaction() as session:
        chosen = id_in(form.measure.data)
        measure = session.get(Measure, chosen) if chosen else None
        if measure is None:
            raise Refusal("Choose a measure.", field="measure")
        returns.enter(
            session,
            measure,
            value=value,
            as_at=form.as_at.data,
            source=form.source.data,
            by=the_user(),
            at=now(),
        )
