"""The minutes of the panel's meetings: agreed, corrected by a note, and printed."""

import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import on
from charter.admin.meetings.steps import MeetingPages, as_pdf, scheme_name
from charter.admin.panel_forms import CorrectionForm
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db
from charter.panel import minutes, papers
from charter.panel import queries as panel
from charter.panel.models import Meeting, Minutes
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import EmptyForm


class MinutesPages(MeetingPages):
    """The pages of `MeetingsView` about minutes."""

    @expose("/<uuid:panel_meeting_id>/agree", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting, *panel.WHOLE)
    def agree_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Agree the minutes."""
        return self.step(
            "agree",
            panel_meeting,
            EmptyForm(),
            lambda session, form: minutes.agree(
                session, panel_meeting, scheme=scheme_name(), by=the_user(), at=now(), on=today()
            ),
            "The minutes are agreed. They stay as they are.",
            missing=minutes.missing(panel_meeting),
        )

    @expose("/<uuid:panel_meeting_id>/correct", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def correct_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Add a note to minutes that were agreed."""
        return self.step(
            "correct",
            panel_meeting,
            CorrectionForm(),
            lambda session, form: minutes.correct(session, panel_meeting, form.text.data, by=the_user(), at=now()),
            "Your note is added to the minutes.",
        )

    @expose("/<uuid:panel_meeting_id>/minutes.pdf")
    @on(Permission.SEE_PANEL, Meeting, *panel.WHOLE)
    def minutes_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """The minutes to print: the very document that was agreed, or a draft before."""
        hidden = panel.hidden_from(db.session, the_user(), panel_meeting)
        if hidden:
            name = next(papers.name_of(item) for item in panel_meeting.items if item.id in hidden)
            raise Refusal(f"You have an interest in {name}, so these minutes are not for you. This page says the rest.")
        agreed = db.session.scalars(sa.select(Minutes).where(Minutes.meeting_id == panel_meeting.id)).first()
        document = agreed.document if agreed else papers.minutes(panel_meeting, scheme=scheme_name(), agreed_on=None)
        return as_pdf(document, "minutes" if agreed else "draft-minutes", panel_meeting)
