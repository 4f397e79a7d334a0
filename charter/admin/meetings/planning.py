"""When and where the panel meets: planned, changed, cancelled."""

from typing import Any

import sqlalchemy as sa
from flask import flash
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import on, shown
from charter.admin.meetings.steps import BAD, STALE, MeetingPages, back_to
from charter.admin.panel_forms import CancelForm, MeetingForm
from charter.clock import now, time_in_words
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.panel import planning
from charter.panel import queries as panel
from charter.panel.models import Meeting
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.employer.differing import differing
from charter.web.employer.forms import number_in


class PlanningPages(MeetingPages):
    """The pages of `MeetingsView` that plan a meeting."""

    @expose("/plan", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL)
    def plan_view(self) -> ResponseReturnValue:
        """Plan a meeting. The place, the chair and the quorum of the last one are offered."""
        last = db.session.scalars(sa.select(Meeting).order_by(Meeting.meets_on.desc(), Meeting.id.desc())).first()
        offered = {name: getattr(last, name) for name in ("begins", "place", "chair", "quorum")} if last else {}
        form = MeetingForm(data=offered)
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    made = planning.plan(session, form.details(), by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The meeting is planned. Now put cases on its agenda.", "success")
                return back_to(made)
        page = self.render("admin/meetings/form.html", form=form, meeting=None, differences=[])
        return page, BAD if form.errors else 200

    @expose("/<uuid:panel_meeting_id>/change", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def change_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Change when and where a meeting is."""
        saved = planning.details_of(panel_meeting)
        form = MeetingForm(data={**vars(saved), "seen_version": str(panel_meeting.version)})
        differences: Any = None
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    planning.change(
                        session,
                        panel_meeting,
                        form.details(),
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                    )
            except Stale:
                theirs = db.session.get_one(Meeting, panel_meeting.id, populate_existing=True)
                form.seen_version.data = str(theirs.version)
                mine = vars(form.details())
                differences = differing(
                    [
                        (form[name].label.text, _said(value), _said(mine[name]))
                        for name, value in vars(planning.details_of(theirs)).items()
                    ]
                )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The meeting is changed.", "success")
                return back_to(panel_meeting)
        page = self.render("admin/meetings/form.html", form=form, meeting=panel_meeting, differences=differences)
        return page, STALE if differences is not None else BAD if form.errors else 200

    @expose("/<uuid:panel_meeting_id>/cancel", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting, *panel.WHOLE)
    def cancel_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Cancel a meeting."""
        return self.step(
            "cancel",
            panel_meeting,
            CancelForm(),
            lambda session, form: planning.cancel(
                session, panel_meeting, reason=form.reason.data, by=the_user(), at=now()
            ),
            "The meeting is cancelled. Its cases wait for another.",
        )


def _said(value: Any) -> str:
    return time_in_words(value) if hasattr(value, "hour") else shown(value)
