"""The pages of a case whose employer was asked for more and has not answered."""

from datetime import date
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.answer_forms import MoreTimeForm, PatienceForm
from charter.admin.base import on
from charter.admin.queue import BAD, QueuePages
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.review import telling
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.review.timing import patience, silence, working_days
from charter.web.access import the_user
from charter.web.forms import EmptyForm

THE_ASSESSMENT = joinedload(Review.assessment)
MORE = 5
"""Working days of more time that are offered, unless the assessor changes it."""


class AnswerPages(QueuePages):
    """The pages of `ReviewsView` about an employer that is asked for more: more time, or going on without it."""

    @expose("/<uuid:review_id>/more-time", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def more_time_view(self, review: Review) -> ResponseReturnValue:
        """Give the employer a later day to answer by."""
        waits = waiting(review)
        later = working_days.after(max(today(), waits["answer_by"]) if waits else today(), MORE)
        form = MoreTimeForm(data={"answer_by": later, "seen": waits["answer_by"].isoformat() if waits else ""})
        if form.validate_on_submit():
            assert form.answer_by.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    silence.more_time(
                        session,
                        review,
                        answer_by=form.answer_by.data,
                        seen=_day(form.seen.data),
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The employer has a later day to answer by, and is told.", "success")
                return redirect(url_for(".case_view", review_id=review.id))
        page = self.render("admin/reviews/more_time.html", review=review, form=form, waits=waits)
        return page, BAD if form.errors else 200

    @expose("/<uuid:review_id>/go-on", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def go_on_view(self, review: Review) -> ResponseReturnValue:
        """Take the case up again without the answer."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                silence.go_on(session, review, by=the_user(), at=now(), on=today())
            flash("The case is in review again. The employer is told.", "success")
            return redirect(url_for(".case_view", review_id=review.id))
        return self.render("admin/reviews/go_on.html", review=review, form=form, waits=waiting(review))

    @expose("/patience", methods=("GET", "POST"))
    @on(Permission.SET_PATIENCE)
    def patience_view(self) -> ResponseReturnValue:
        """Set how long an employer that does not answer is waited for."""
        form = PatienceForm(data={"days": patience.days(db.session)})
        if form.validate_on_submit():
            assert form.days.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    patience.set_days(session, form.days.data, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("How long we wait for an answer is saved.", "success")
                return redirect(url_for("desk.index_view"))
        page = self.render("admin/reviews/patience.html", form=form, history=patience.history(db.session))
        return page, BAD if form.errors else 200


def waiting(review: Review) -> dict[str, Any]:
    """Of a case that is with its employer: by which day it was to answer, until when we wait, whether that is over, and
    the clock (two queries). Empty for any other case."""
    requests = silence.asked(db.session, review) if review.status is ReviewStatus.WITH_EMPLOYER else ()
    if not requests:
        return {}
    day = max(one.answer_by for one in requests)
    until = patience.ends_on(db.session, day)
    return {
        "answer_by": day,
        "until": until,
        "is_late": day < today(),
        "may_go_on": until < today(),
        "clock": telling.clock_of(review, on=today()),
    }


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise Refusal("This page was changed on its way. Open it again.") from None
