"""The quality of work: how much, how fast, how often employers were asked, and whether it is fair to all of them."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import ActionView
from charter.clock import today
from charter.extensions import db
from charter.framework import publishing
from charter.permissions import Permission, allows
from charter.reporting import exports, quality
from charter.reporting.quality import Quality
from charter.review.timing import pace
from charter.review.timing.pace import Period
from charter.web.access import the_user

MONTHS = (3, 6, 12, 24)
"""Periods that are one link away."""


class QualityView(ActionView):
    """Figures on casework, of everybody for the lead, and of their own cases for an assessor."""

    permission = Permission.SEE_QUALITY
    what = "How much work there is, how fast it goes, and whether it is fair to employers of every kind."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """All tables for the period in the address."""
        period = asked_for(request.args)
        return self.render(
            "admin/quality/index.html",
            found=_found(period),
            all=_of() is None,
            means=quality.MEANS,
            most=quality.MOST,
            few=quality.FEW,
            periods=[(months, months_back(months, today())) for months in MONTHS],
        )

    @expose("/<figures>.csv")
    def file_view(self, figures: str) -> ResponseReturnValue:
        """One table as a file."""
        if figures not in quality.FILES:
            abort(404)
        period = asked_for(request.args)
        response = Response(exports.as_csv(quality.table(_found(period), figures)), mimetype="text/csv")
        filename = f"quality-{figures}-{period.first.isoformat()}-to-{period.last.isoformat()}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _found(period: Period) -> Quality:
    return quality.of_period(db.session, period, content=publishing.current(db.session).content, of=_of())


def _of() -> UUID | None:
    """Whose cases the person may see figures of: None for everybody's."""
    return None if allows(the_user(), Permission.SEE_ALL_QUALITY) else the_user().id


def months_back(months: int, on: date) -> Period:
    """So many months that end with a day."""
    years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    for day in (on.day, 30, 29, 28):  # 31 August and six months back: 28 February
        try:
            return Period(date(years, month + 1, day), on)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def asked_for(args: Any) -> Period:
    """The period in the address; the last twelve months when it says none that makes sense."""
    whole = pace.twelve_months(today())
    try:
        found = Period(
            date.fromisoformat(args.get("from") or whole.first.isoformat()),
            date.fromisoformat(args.get("to") or whole.last.isoformat()),
        )
    except ValueError:
        return whole
    sensible = found.first <= found.last and found.first.year >= 2000 and found.last.year < 3000
    return found if sensible else whole
