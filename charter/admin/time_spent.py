"""Where employers stop: how long each question takes, where drafts were left, and what assessors ask about."""

from datetime import datetime

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import ActionView
from charter.clock import local_date, now
from charter.extensions import db
from charter.framework import publishing
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.permissions import Permission
from charter.reporting import exports
from charter.time_spent import adding, stopping, typical
from charter.time_spent.stopping import Stops
from charter.web.employer import timing


class StopsView(ActionView):
    """Question by question, what takes long and where drafts were left."""

    permission = Permission.SEE_STOPS
    what = "How long each question takes, and after which one employers stop. It is there to make the guidance better."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The newest version, question by question. The size and the order are in the address."""
        framework, size = _asked()
        found = _count(framework, size)
        sort = request.args.get("sort", "")
        return self.render(
            "admin/stops/index.html",
            framework=framework,
            content=framework.content,
            found=found,
            tasks=stopping.in_the_order_of(found.tasks, sort),
            sort=sort if sort in stopping.SORTS else "order",
            size=size,
            said=typical.to_ten_seconds,
            recent=stopping.RECENT,
            days=stopping.STOPPED.days,
            fewest=typical.FEWEST,
            longest=adding.LONGEST.seconds // 60,
        )

    @expose("/questions.csv")
    def questions_view(self) -> ResponseReturnValue:
        """The same as a file."""
        framework, size = _asked()
        found = _count(framework, size)
        response = Response(exports.as_csv(_table(framework, size, found)), mimetype="text/csv")
        name = f"where-employers-stop-{local_date(found.at).isoformat()}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _asked() -> tuple[Framework, str | None]:
    """The newest version, and the size band in the address if there is one of that name."""
    framework = publishing.current(db.session)
    size = request.args.get("size", "")
    return framework, size if _known(framework.content, size) else None


def _known(content: Content, size: str) -> bool:
    return any(band.code == size for band in content.size_bands)


def _count(framework: Framework, size: str | None) -> Stops:
    """Counted at most once an hour: it looks at every draft."""
    at: datetime = now()
    return timing.within_the_hour(
        ("stops", framework.id, size), lambda: stopping.count(db.session, framework, size_band=size, at=at)
    )


def _table(framework: Framework, size: str | None, found: Stops) -> exports.Table:
    columns = (
        "counted_at",
        "charter_version",
        "size_band",
        "code",
        "title",
        "theme",
        "median_seconds",
        "employers_timed",
        "drafts_left_after_it",
        "stopped_drafts_without_it",
        "stopped_drafts_that_ask_it",
        "cases_asked_about",
        "cases_that_ask_it",
    )
    moment = found.at.isoformat(timespec="minutes").replace("+00:00", "Z")
    rows = [
        (
            moment,
            framework.version,
            size or "all",
            task.code,
            task.title,
            task.theme,
            task.seconds,
            task.employers,
            task.stopped_after,
            task.open,
            task.stopped,
            task.asked_about,
            task.cases,
        )
        for task in found.tasks
    ]
    return exports.Table(columns, rows)
