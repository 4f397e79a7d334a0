"""What the pages of the panel's meetings share: one step, and where it leads."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from charter.admin.base import RecordView
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.extensions import transaction
from charter.panel.models import Item, Meeting
from charter.review.models import Review
from charter.web.forms import BaseForm

BAD, STALE = 400, 409
OF_CASE = joinedload(Item.review).joinedload(Review.assessment).joinedload(Assessment.organisation)


class MeetingPages(RecordView):
    """The pages of `MeetingsView`: one class for each thing that is done there."""

    def step(
        self,
        name: str,
        meeting: Meeting,
        form: BaseForm,
        deed: Callable[[Any, Any], object],
        done: str,
        **values: Any,
    ) -> ResponseReturnValue:
        """The page of one step: what it will do, and its form, filled with what was typed."""
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    deed(session, form)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(done, "success")
                return back_to(meeting)
        page = self.render(f"admin/meetings/{name}.html", form=form, meeting=meeting, why_not=None, **values)
        return page, BAD if form.errors else 200


def back_to(meeting: Meeting, anchor: str | None = None) -> ResponseReturnValue:
    """Back to the page of a meeting, or to a place on it."""
    return redirect(url_for("meetings.details_view", id=meeting.id, _anchor=anchor))


def as_pdf(document: bytes, name: str, meeting: Meeting) -> Response:
    """A paper of a meeting, to print."""
    answer = Response(document, mimetype="application/pdf")
    filename = f"panel-{name}-{meeting.meets_on.isoformat()}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return answer


def scheme_name() -> str:
    """What the scheme is called on its papers."""
    name: str = current_app.extensions["charter_settings"].scheme_name
    return name
