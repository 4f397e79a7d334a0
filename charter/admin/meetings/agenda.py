"""What a meeting of the panel speaks about: cases, other business, and their order."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import on
from charter.admin.meetings.steps import BAD, OF_CASE, MeetingPages, as_pdf, back_to, scheme_name
from charter.admin.panel_forms import BusinessForm, CasesForm, ReferForm
from charter.assessment.models import Assessment
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.panel import agenda, papers, referring
from charter.panel import queries as panel
from charter.panel.models import Item, Meeting
from charter.permissions import Permission
from charter.review import seen
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.second import beside
from charter.web.access import the_user
from charter.web.forms import EmptyForm, id_in

CASE_ITSELF = joinedload(Review.assessment).joinedload(Assessment.organisation)


class AgendaPages(MeetingPages):
    """The pages of `MeetingsView` that put an agenda together."""

    @expose("/<uuid:panel_meeting_id>/cases", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def cases_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Put cases that wait on the agenda."""
        waiting = panel.waiting(db.session)

        def put(session: Any, form: CasesForm) -> None:
            chosen = set(form.cases.data or ())
            agenda.put(session, panel_meeting, _reviews(chosen), by=the_user(), at=now())

        return self.step(
            "cases", panel_meeting, CasesForm.of(waiting), put, "Your choice is on the agenda.", waiting=waiting
        )

    @expose("/<uuid:panel_meeting_id>/business", methods=("GET", "POST"))
    @on(Permission.RUN_PANEL, Meeting)
    def business_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """Put something else on the agenda."""
        return self.step(
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
        return self.step(
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
                position = request.form.get("position", type=int) or 0
                agenda.move_up(session, panel_item, seen_position=position, by=the_user(), at=now())
        return back_to(panel_item.meeting, "agenda")

    @expose("/refer/<uuid:review_id>", methods=("GET", "POST"))
    @on(Permission.MODERATE_CASE, Review, CASE_ITSELF)
    def refer_view(self, review: Review) -> ResponseReturnValue:
        """Put a case before the panel though its level does not ask for it."""
        if beside.of_case(db.session, review, by=the_user()).hidden:  # it would show what was recommended
            return redirect(url_for("second_looks.look_view", review_id=review.id))
        form = ReferForm(seen_case=seen.mark(db.session, review))
        news: Sequence[seen.News] = ()
        why_not = referring.why_not(db.session, review, the_user())
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    seen.check(session, allocation.locked(session, review), form.seen_case.data or "")
                    referring.refer(session, review, reasons=form.reasons.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                news = form.refuse_unseen(refusal)
            else:
                flash("The case waits for the panel.", "success")
                return redirect(url_for("reviews.case_view", review_id=review.id))
        page = self.render("admin/meetings/refer.html", form=form, review=review, why_not=why_not, news=news)
        return page, BAD if form.errors else 200

    @expose("/<uuid:panel_meeting_id>/agenda.pdf")
    @on(Permission.SEE_PANEL, Meeting, *panel.WHOLE)
    def agenda_view(self, panel_meeting: Meeting) -> ResponseReturnValue:
        """The agenda to print. Cases of employers in which the reader has an interest are left out of their copy."""
        hidden = panel.hidden_from(db.session, the_user(), panel_meeting)
        return as_pdf(papers.agenda(panel_meeting, scheme=scheme_name(), hidden=hidden), "agenda", panel_meeting)


def _reviews(chosen: set[str]) -> list[Review]:
    """The cases that were chosen, in the order in which they were recommended."""
    keys = [key for key in map(id_in, chosen) if key]
    found = db.session.scalars(
        sa.select(Review).where(Review.id.in_(keys)).order_by(Review.recommended_at, Review.id)
    ).all()
    return list(found)
