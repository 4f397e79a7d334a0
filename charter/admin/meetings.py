"""Meetings of the panel: planned, put together, held, recorded item by item, and minuted."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload, selectinload

from charter.admin.base import Chosen, RecordView, of_status, on, shown
from charter.admin.panel_forms import (
    LEVEL,
    PUT_OFF,
    SEND_BACK,
    BusinessForm,
    CancelForm,
    CasesForm,
    CorrectionForm,
    DecideForm,
    MeetingForm,
    NoteForm,
    PersonForm,
    ReferForm,
)
from charter.assessment.models import Assessment
from charter.clock import now, time_in_words, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.panel import agenda, attending, minutes, papers, planning, recording, referring
from charter.panel import queries as panel
from charter.panel.attending import Tick
from charter.panel.models import Item, Meeting, Minutes, Partner, Seat
from charter.panel.status import MeetingStatus, Presence
from charter.permissions import Permission
from charter.reporting import exports
from charter.review import queries
from charter.review.models import Review
from charter.web.access import the_user
from charter.web.employer.differing import differing
from charter.web.employer.forms import number_in
from charter.web.filters import day
from charter.web.forms import BaseForm, EmptyForm, id_in

BAD, STALE = 400, 409
OF_CASE = joinedload(Item.review).joinedload(Review.assessment).joinedload(Assessment.organisation)
CASE_ITSELF = joinedload(Review.assessment).joinedload(Assessment.organisation)
PRESENCES = (Presence.PRESENT, Presence.APOLOGIES, Presence.ABSENT)


class InYear(Chosen):
    """A filter for meetings of one financial year."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(Meeting.meets_on.between(*panel.year_days(int(value)))) if value else query


def year_title(year: int) -> str:
    """A financial year in words."""
    return f"April {year} to March {year + 1}"


def _years() -> list[tuple[str, str]]:
    found = panel.years(db.session, on=today())
    return [(str(year), year_title(year)) for year in found]


def _partners_there(meeting: Meeting) -> str:
    if meeting.status in {MeetingStatus.PLANNED, MeetingStatus.CANCELLED}:
        return ""
    return str(len({seat.partner_id for seat in meeting.present}))


class MeetingsView(RecordView):
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
        InYear(Meeting.meets_on, "Year", "year", _years),
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

    # Plan ----------------------------------------------------------------------------------------------------------

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
                return _to(made)
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
                return _to(panel_meeting)
        page = self.render("admin/meetings/form.html", form=form, meeting=panel_meeting, differences=differences)
        return page, STALE if differences is not None else BAD if form.errors else 200

    @expose("/<uuid:panel_meeting_id>/cancel", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting, *panel.WHOLE)
    def cancel_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Cancel a meeting."""
        return self._step(
            "cancel",
            panel_meeting,
            CancelForm(),
            lambda session, form: planning.cancel(
                session, panel_meeting, reason=form.reason.data, by=the_user(), at=now()
            ),
            "The meeting is cancelled. Its cases wait for another.",
        )

    @expose("/<uuid:panel_meeting_id>/cases", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def cases_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Put cases that wait on the agenda."""
        waiting = panel.waiting(db.session)

        def put(session: Any, form: CasesForm) -> None:
            chosen = set(form.cases.data or ())
            agenda.put(session, panel_meeting, _reviews(chosen), by=the_user(), at=now())

        return self._step(
            "cases", panel_meeting, CasesForm.of(waiting), put, "Your choice is on the agenda.", waiting=waiting
        )

    @expose("/<uuid:panel_meeting_id>/business", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def business_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Put something else on the agenda."""
        return self._step(
            "business",
            panel_meeting,
            BusinessForm(),
            lambda session, form: agenda.add_business(session, panel_meeting, form.title.data, by=the_user(), at=now()),
            "It is on the agenda.",
        )

    @expose("/items/<uuid:panel_item_id>/take-off", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Item, OF_CASE)
    def take_off_view(self, panel_item: Item) -> ResponseReturnValue:
        """Take something off the agenda."""
        return self._step(
            "take_off",
            panel_item.meeting,
            EmptyForm(),
            lambda session, form: agenda.take_off(session, panel_item, by=the_user(), at=now()),
            "It is off the agenda.",
            panel_item=panel_item,
            called=papers.name_of(panel_item),
        )

    @expose("/items/<uuid:panel_item_id>/up", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Item, OF_CASE)
    def up_view(self, panel_item: Item) -> ResponseReturnValue:
        """Let an item come earlier."""
        if EmptyForm().validate_on_submit():
            with transaction() as session:
                seen = request.form.get("position", type=int) or 0
                agenda.move_up(session, panel_item, seen_position=seen, by=the_user(), at=now())
        return _to(panel_item.meeting, "agenda")

    @expose("/refer/<uuid:review_id>", methods=("GET", "POST"))
    @on(Permission.MODERATE_CASE, Review, CASE_ITSELF)
    def refer_view(self, review: Review) -> ResponseReturnValue:
        """Put a case before the panel though its level does not ask for it."""
        form, why_not = ReferForm(), referring.why_not(db.session, review, the_user())
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    referring.refer(session, review, reasons=form.reasons.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The case waits for the panel.", "success")
                return redirect(url_for("reviews.case_view", review_id=review.id))
        page = self.render("admin/meetings/refer.html", form=form, review=review, why_not=why_not)
        return page, BAD if form.errors else 200

    # The day -------------------------------------------------------------------------------------------------------

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

        return self._step(
            "person", panel_meeting, PersonForm.of(partners), expect, "They are on the list.", partners=partners
        )

    @expose("/people/<uuid:panel_seat_id>/remove", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Seat)
    def remove_person_view(self, panel_seat: Seat) -> ResponseReturnValue:
        """Take somebody off the list."""
        return self._step(
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
                return _to(panel_meeting)
        page = self.render(
            "admin/meetings/who_came.html",
            form=form,
            meeting=panel.whole(db.session, panel_meeting.id),
            ticks=ticks,
            differ={seat.id for seat in differ},
            presences=PRESENCES,
        )
        return page, STALE if differ else BAD if form.errors else 200

    @expose("/items/<uuid:panel_item_id>/record", methods=("GET", "POST"))
    @on(Permission.DECIDE_TOGETHER, Item, OF_CASE)
    def record_view(self, panel_item: Item) -> ResponseReturnValue:
        """Record what the panel made of one item."""
        panel.whole(db.session, panel_item.meeting_id)
        if panel_item.review is None:
            return self._note(panel_item)
        why_not = recording.why_not(db.session, panel_item, the_user())
        case = None if why_not else queries.case(db.session, panel_item.review, by=the_user(), on=today())
        form = DecideForm.of(
            panel_item.review.assessment.framework.content,
            case.level if case else 0,
            panel_item.review.recommended_level,
            panel_item.meeting.present,
            panel.planned(db.session, but=panel_item.meeting_id),
        )
        status = 200
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    record(session, panel_item, form)
            except Stale as stale:
                form.form_errors.append(str(stale))
                status = STALE
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(_done(form.outcome.data, panel_item), "success")
                return _to(panel_item.meeting, "agenda")
            panel.whole(db.session, panel_item.meeting_id)
        page = self.render(
            "admin/meetings/record.html",
            form=form,
            panel_item=panel_item,
            meeting=panel_item.meeting,
            case=case,
            why_not=why_not,
            decided=papers.decided,
            done=panel_item.outcome is not None,
        )
        return page, status if status != 200 or not form.errors else BAD

    def _note(self, item: Item) -> ResponseReturnValue:
        form = NoteForm(data={"discussion": item.discussion, "seen_version": str(item.version)})
        theirs = None
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    recording.note(
                        session,
                        item,
                        discussion=form.discussion.data or "",
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                    )
            except Stale:
                theirs = db.session.get_one(Item, item.id, populate_existing=True)
                form.seen_version.data = str(theirs.version)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("It is written down.", "success")
                return _to(item.meeting, "agenda")
        page = self.render(
            "admin/meetings/note.html", form=form, panel_item=item, meeting=item.meeting, theirs=theirs, why_not=None
        )
        return page, STALE if theirs else BAD if form.errors else 200

    # After it ------------------------------------------------------------------------------------------------------

    @expose("/<uuid:panel_meeting_id>/agree", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting, *panel.WHOLE)
    def agree_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Agree the minutes."""
        return self._step(
            "agree",
            panel_meeting,
            EmptyForm(),
            lambda session, form: minutes.agree(
                session, panel_meeting, scheme=_scheme(), by=the_user(), at=now(), on=today()
            ),
            "The minutes are agreed. They stay as they are.",
            missing=minutes.missing(panel_meeting),
        )

    @expose("/<uuid:panel_meeting_id>/correct", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def correct_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Add a note to minutes that were agreed."""
        return self._step(
            "correct",
            panel_meeting,
            CorrectionForm(),
            lambda session, form: minutes.correct(session, panel_meeting, form.text.data, by=the_user(), at=now()),
            "Your note is added to the minutes.",
        )

    @expose("/<uuid:panel_meeting_id>/agenda.pdf")
    @on(Permission.SEE_PANEL, Meeting, *panel.WHOLE)
    def agenda_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """The agenda to print. Cases of employers in which the reader has an interest are left out of their copy."""
        hidden = panel.hidden_from(db.session, the_user(), panel_meeting)
        return _pdf(papers.agenda(panel_meeting, scheme=_scheme(), hidden=hidden), "agenda", panel_meeting)

    @expose("/<uuid:panel_meeting_id>/minutes.pdf")
    @on(Permission.SEE_PANEL, Meeting, *panel.WHOLE)
    def minutes_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """The minutes to print: the very document that was agreed, or a draft before."""
        hidden = panel.hidden_from(db.session, the_user(), panel_meeting)
        if hidden:
            name = next(papers.name_of(item) for item in panel_meeting.items if item.id in hidden)
            raise Refusal(f"You have an interest in {name}, so these minutes are not for you. This page says the rest.")
        agreed = db.session.scalars(sa.select(Minutes).where(Minutes.meeting_id == panel_meeting.id)).first()
        document = agreed.document if agreed else papers.minutes(panel_meeting, scheme=_scheme(), agreed_on=None)
        return _pdf(document, "minutes" if agreed else "draft-minutes", panel_meeting)

    # Attendance ----------------------------------------------------------------------------------------------------

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
            years=_years(),
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

    def _step(
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
                return _to(meeting)
        page = self.render(f"admin/meetings/{name}.html", form=form, meeting=meeting, why_not=None, **values)
        return page, BAD if form.errors else 200


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


def of_case(review: Review) -> list[tuple[Item, str]]:
    """What the panel made of a case, for its page: each item with the outcome in words, the newest first."""
    return [(item, papers.decided(item)) for item in panel.of_case(db.session, review)]


def record(session: Any, item: Item, form: DecideForm) -> None:
    """Call the verb that fits what was chosen. Raises `Refusal` when it was none, or the rules say no."""
    outcome = form.outcome.data or ""
    given: dict[str, Any] = {
        "reasons": form.reasons.data or "",
        "discussion": form.discussion.data or "",
        "left": [key for key in map(id_in, form.left.data or ()) if key],
        "by": the_user(),
        "at": now(),
    }
    level = outcome.removeprefix(LEVEL)
    if outcome == PUT_OFF:
        key = id_in(form.put_off_to.data)
        recording.put_off(session, item, to=session.get(Meeting, key) if key else None, **given)
    elif outcome == SEND_BACK:
        recording.send_back(session, item, **given)
    elif level != outcome and level.isascii() and level.isdigit() and len(level) < 4:
        with_plan.decide_together(session, item, level=int(level), on=today(), **given)
    else:
        raise Refusal("Choose one of these.", field="outcome")


def is_back(review: Review) -> str:
    """Where a case is that was sent back."""
    if review.assessor_id is None:
        return "The case is back in the queue: its assessor cannot work on it any more."
    return "The case is back with its assessor."


def _done(outcome: str, panel_item: Item) -> str:
    if outcome == PUT_OFF:
        return "It is put off. The case waits for another meeting."
    if outcome == SEND_BACK and panel_item.review is not None:
        return is_back(panel_item.review)
    return "The decision is recorded, and the employer has been told."


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


def _reviews(chosen: set[str]) -> list[Review]:
    """The cases that were chosen, in the order in which they were recommended."""
    keys = [key for key in map(id_in, chosen) if key]
    found = db.session.scalars(
        sa.select(Review).where(Review.id.in_(keys)).order_by(Review.recommended_at, Review.id)
    ).all()
    return list(found)


def _said(value: Any) -> str:
    return time_in_words(value) if hasattr(value, "hour") else shown(value)


def year_in(typed: str | None) -> int:
    """The financial year that an address asks for; this one when it asks for none that can be."""
    if typed and typed.isascii() and typed.isdigit() and len(typed) == 4 and 2000 <= int(typed) <= 2200:
        return int(typed)
    return panel.year_of(today())


def _scheme() -> str:
    name: str = current_app.extensions["charter_settings"].scheme_name
    return name


def _to(meeting: Meeting, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("meetings.details_view", id=meeting.id, _anchor=anchor))


def _pdf(document: bytes, name: str, meeting: Meeting) -> Response:
    answer = Response(document, mimetype="application/pdf")
    filename = f"panel-{name}-{meeting.meets_on.isoformat()}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return answer
