"""Who comes to the panel's meetings: expected, written down, and counted over a year."""

from typing import Any
from uuid import UUID

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import on
from charter.admin.meetings.steps import BAD, STALE, MeetingPages, back_to
from charter.admin.panel_forms import PersonForm
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.panel import attending, planning
from charter.panel import queries as panel
from charter.panel.attending import Tick
from charter.panel.models import Meeting, Partner, Seat
from charter.panel.status import Presence
from charter.permissions import Permission
from charter.reporting import exports
from charter.web.access import the_user
from charter.web.forms import EmptyForm

PRESENCES = (Presence.PRESENT, Presence.APOLOGIES, Presence.ABSENT)


class AttendingPages(MeetingPages):
    """The pages of `MeetingsView` about people."""

    @expose("/<uuid:panel_meeting_id>/people/add", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def add_person_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Somebody speaks for a partner."""
        partners = panel.partners(db.session)

        def expect(session: Any, form: PersonForm) -> None:
            partner = next((one for one in partners if str(one.id) == form.partner.data), None)
            if partner is None:
                raise Refusal("Choose a partner.", field="partner")
            planning.expect(
                session,
                panel_meeting,
                session.get_one(Partner, partner.id),
                person=form.person.data,
                role=form.role.data or "",
                by=the_user(),
                at=now(),
            )

        return self.step(
            "person", panel_meeting, PersonForm.of(partners), expect, "They are on the list.", partners=partners
        )

    @expose("/people/<uuid:panel_seat_id>/remove", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Seat)
    def remove_person_view(self, panel_seat: Seat) -> ResponseReturnValue:
        """Take somebody off the list."""
        return self.step(
            "remove_person",
            panel_seat.meeting,
            EmptyForm(),
            lambda session, form: planning.not_expect(session, panel_seat, by=the_user(), at=now()),
            "They are off the list.",
            seat=panel_seat,
        )

    @expose("/<uuid:panel_meeting_id>/who-came", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting, *panel.WHOLE)
    def who_came_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Write down who came."""
        form, ticks, differ = EmptyForm(), ticks_in(request.form, panel_meeting), []
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    attending.record(session, panel_meeting, ticks, by=the_user(), at=now(), on=today())
            except Stale as stale:
                differ = list(stale.current) if isinstance(stale.current, list) else []
                form.form_errors.append(str(stale))
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Saved who came.", "success")
                return back_to(panel_meeting)
        page = self.render(
            "admin/meetings/who_came.html",
            form=form,
            meeting=panel.whole(db.session, panel_meeting.id),
            ticks=ticks,
            differ={seat.id for seat in differ},
            presences=PRESENCES,
        )
        return page, STALE if differ else BAD if form.errors else 200

    @expose("/attendance")
    @on(Permission.SEE_PANEL)
    def attendance_view(self) -> ResponseReturnValue:
        """Who came to how many of how many meetings in a financial year."""
        year = year_in(request.args.get("year"))
        rows = panel.attendance(db.session, year)
        return self.render(
            "admin/meetings/attendance.html",
            rows=rows,
            year=year,
            held=panel.held_in(db.session, year),
            years=years(),
            title=year_title(year),
        )

    @expose("/attendance.csv")
    @on(Permission.SEE_PANEL)
    def attendance_csv_view(self) -> ResponseReturnValue:
        """The same as a spreadsheet."""
        year = year_in(request.args.get("year"))
        table = exports.Table(
            ("year", "partner", "person", "came", "meetings", "per_cent"),
            [
                (year_title(year), one.partner, one.person or "all", one.came, one.meetings, one.share)
                for one in panel.attendance(db.session, year)
            ],
        )
        answer = Response(exports.as_csv(table), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="panel-attendance-{year}.csv"'
        return answer


def ticks_in(typed: Any, meeting: Meeting) -> dict[UUID, Tick]:
    """What was ticked for the people of a meeting; with the second button, everybody else came."""
    rest = typed.get("rest") == Presence.PRESENT.value
    found = {}
    for seat in meeting.seats:
        seen = _presence(typed.get(f"seen-{seat.id}")) or seat.presence
        chosen = _presence(typed.get(f"seat-{seat.id}"))
        if chosen is None and rest and seen is Presence.EXPECTED:
            chosen = Presence.PRESENT
        found[seat.id] = Tick(seen, chosen or seen)
    return found


def _presence(value: str | None) -> Presence | None:
    return next((one for one in Presence if one.value == value), None)


def year_title(year: int) -> str:
    """A financial year in words."""
    return f"April {year} to March {year + 1}"


def years() -> list[tuple[str, str]]:
    """The financial years that a list of meetings offers."""
    found = panel.years(db.session, on=today())
    return [(str(year), year_title(year)) for year in found]


def year_in(typed: str | None) -> int:
    """The financial year that an address asks for; this one when it asks for none that can be."""
    if typed and typed.isascii() and typed.isdigit() and len(typed) == 4 and 2000 <= int(typed) <= 2200:
        return int(typed)
    return panel.year_of(today())
