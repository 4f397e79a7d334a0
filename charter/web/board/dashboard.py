"""The board's figures as at a day: the dashboard, what each figure means, and each table as a file."""

from itertools import groupby

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.clock import today
from charter.extensions import db
from charter.framework import publishing
from charter.permissions import Permission
from charter.reporting import charts, engagement, exports, measures, overview, targets
from charter.reporting.exports import TABLES
from charter.reporting.overview import FIGURES
from charter.reporting.targets import Standing
from charter.web.access import requires
from charter.web.board import blueprint
from charter.web.board.forms import AsAtForm


@blueprint.get("/board")
@requires(Permission.SEE_BOARD)
def show_board() -> ResponseReturnValue:
    """The dashboard. The day is kept in the address as `?as-at=2027-03-31`, so that a link shows the same figures."""
    form = AsAtForm.asked(request.args, today=today())
    if form.errors:
        return render_template("board/dashboard.html", form=form, figures=None), 400
    on = form.day
    if form.typed_in_boxes(request.args):
        return redirect(f"{url_for('.show_board')}?as-at={on.isoformat()}")
    content = publishing.current(db.session).content
    figures = overview.overview(db.session, content, on, _memory())
    return render_template(
        "board/dashboard.html",
        form=form,
        figures=figures,
        on=on,
        year=targets.financial_year(on),
        small=measures.SMALL,
        with_target=sum(1 for one in figures.standings if one.target is not None),
        content=content,
        named={figure.code: figure for figure in FIGURES},
        levels=exports.levels(content, figures.accredited),
        counties=exports.counties(content, (cell.county for cell in figures.accredited.cells)),
        sizes=exports.in_order((band.code for band in content.size_bands), figures.accredited.by_size),
        sectors=sorted(figures.accredited.by_sector.items(), key=lambda item: (-item[1], item[0])),
        engaged_counties=exports.counties(content, figures.funnel.counties),
        stages=engagement.STAGES,
        priorities=[(heading, list(group)) for heading, group in groupby(figures.standings, key=_heading)],
        statuses=targets.TargetStatus,
        accredited_chart=charts.accredited(content, figures.accredited),
        funnel_chart=charts.funnel(figures.funnel),
        percentage=charts.percentage,
        rounded=targets.rounded,
    )


@blueprint.get("/board/definitions")
@requires(Permission.SEE_BOARD)
def show_definitions() -> ResponseReturnValue:
    """What each figure means."""
    return render_template("board/definitions.html", figures=FIGURES)


@blueprint.get("/board/<table>.csv")
@requires(Permission.SEE_BOARD)
def download_table(table: str) -> ResponseReturnValue:
    """One table as at a day, as CSV. A day that cannot be read goes back to the dashboard, which says why."""
    make = TABLES.get(table)
    if make is None:
        abort(404)
    form = AsAtForm.asked(request.args, today=today())
    if form.errors:
        return redirect(f"{url_for('.show_board')}?{request.query_string.decode('ascii', 'replace')}")
    on = form.day
    made = make(db.session, publishing.current(db.session).content, on)
    response = Response(exports.as_csv(made), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{table}-{on.isoformat()}.csv"'
    return response


def _memory() -> overview.Memory:
    """What this application counted before."""
    found: overview.Memory = current_app.extensions.setdefault("charter_board_memory", overview.Memory())
    return found


def _heading(standing: Standing) -> str:
    """A priority's heading, in the words of the strategy's own section."""
    priority, words = standing.measure.priority, standing.measure.source.partition(" ")[2]
    return f"Priority {priority}: {words}" if priority.isdigit() else words.capitalize()
