"""Meetings of the panel: the list of them, and the page of one."""

from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy.orm import selectinload

from charter.admin.base import Chosen, of_status
from charter.admin.meetings.agenda import AgendaPages
from charter.admin.meetings.attending import AttendingPages, years
from charter.admin.meetings.minutes import MinutesPages
from charter.admin.meetings.planning import PlanningPages
from charter.admin.meetings.recording import RecordingPages
from charter.clock import time_in_words, today
from charter.extensions import db
from charter.panel import minutes, papers
from charter.panel import queries as panel
from charter.panel.models import Item, Meeting
from charter.panel.status import MeetingStatus
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.filters import day
from charter.web.forms import EmptyForm


class InYear(Chosen):
    """A filter for meetings of one financial year."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Meeting.meets_on.between(*panel.year_days(int(value)))) if value else query


def _partners_there(meeting: Meeting) -> str:
    if meeting.status in {MeetingStatus.PLANNED, MeetingStatus.CANCELLED}:
        return ""
    return str(len({seat.partner_id for seat in meeting.present}))


class MeetingsView(PlanningPages, AgendaPages, AttendingPages, RecordingPages, MinutesPages):
    """Meetings of the panel."""

    permission = Permission.SEE_PANEL
    what = "Meetings of the panel, where partners decide together: agenda, who came, decisions and minutes."
    noun = "meeting"
    searched = "By place or chair"
    eager = (selectinload(Meeting.seats), selectinload(Meeting.items).joinedload(Item.review))
    column_list = ("meets_on", "place", "chair", "cases", "partners_there", "status")
    column_labels = {
        "meets_on": "Day",
        "begins": "Begins",
        "cases": "Cases",
        "recorded": "Recorded",
        "partners_there": "Partners who came",
        "quorum": "Partners needed",
    }
    words = {
        "cases": lambda meeting: str(sum(item.review_id is not None for item in meeting.items)),
        "recorded": lambda meeting: str(
            sum(item.review_id is not None and item.outcome is not None for item in meeting.items)
        ),
        "partners_there": _partners_there,
        "begins": lambda meeting: f"{meeting.begins:%H:%M}",
    }
    exported = {"meets_on": lambda meeting: meeting.meets_on.isoformat()}
    column_export_list = (
        "meets_on",
        "begins",
        "place",
        "chair",
        "quorum",
        "cases",
        "recorded",
        "partners_there",
        "status",
    )
    column_sortable_list = ("meets_on", "place", "chair")
    column_default_sort = ("meets_on", True)
    column_searchable_list = ("place", "chair")
    column_filters = (
        Chosen(Meeting.status, "Status", "status", of_status(MeetingStatus)),
        InYear(Meeting.meets_on, "Year", "year", years),
    )
    list_template = "admin/meetings/list.html"
    details_template = "admin/meetings/meeting.html"

    def title(self, model: Meeting) -> str:
        """The heading of one meeting's page."""
        return f"Panel meeting, {day(model.meets_on)}"

    def get_one(self, id: Any) -> Any:
        """One meeting with all that belongs to it."""
        try:
            found = db.session.get(Meeting, UUID(str(id)), options=panel.WHOLE, populate_existing=True)
        except ValueError:
            found = None
        return found if found is not None else abort(404)

    def render(self, template: str, **values: Any) -> str:
        """A page; the list with what waits, that of one meeting with its minutes."""
        if template == self.list_template:
            values["glance"] = panel.glance(db.session, on=today())
        if template == self.details_template:
            values |= about(values["model"])
        html: str = super().render(template, **values)
        return html


def about(meeting: Meeting) -> dict[str, Any]:
    """What the page of one meeting shows beside it, in three queries."""
    agreed = panel.minutes_of(db.session, meeting)
    return {
        "agreed": agreed,
        "corrections": panel.corrections(db.session, meeting) if agreed else (),
        "hidden": panel.hidden_from(db.session, the_user(), meeting),
        "decided": papers.decided,
        "recommended": papers.recommended,
        "hour": time_in_words,
        "missing": minutes.missing(meeting) if meeting.status is MeetingStatus.HELD else [],
        "form": EmptyForm(),
    }
