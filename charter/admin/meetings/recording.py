"""What the panel made of each item, and where it leads."""

from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import on
from charter.admin.meetings.steps import BAD, OF_CASE, STALE, MeetingPages, back_to
from charter.admin.panel_forms import LEVEL, PUT_OFF, SEND_BACK, DecideForm, NoteForm
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.panel import papers, recording
from charter.panel import queries as panel
from charter.panel.models import Item, Meeting
from charter.permissions import Permission
from charter.review import queries
from charter.review.models import Review
from charter.web.access import the_user
from charter.web.employer.forms import number_in
from charter.web.forms import id_in


class RecordingPages(MeetingPages):
    """The pages of `MeetingsView` that record what the panel made of an item."""

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
                return back_to(panel_item.meeting, "agenda")
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
                return back_to(item.meeting, "agenda")
        page = self.render(
            "admin/meetings/note.html", form=form, panel_item=item, meeting=item.meeting, theirs=theirs, why_not=None
        )
        return page, STALE if theirs else BAD if form.errors else 200


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
    return "The case is back with its assessor, who has been told."


def _done(outcome: str, panel_item: Item) -> str:
    if outcome == PUT_OFF:
        return "It is put off. The case waits for another meeting."
    if outcome == SEND_BACK and panel_item.review is not None:
        return is_back(panel_item.review)
    return "The decision is recorded, and the employer has been told."
