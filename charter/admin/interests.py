"""Interests in employers: each person's own, and for moderators and administrators everybody's."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter import staffing
from charter.account.models import User
from charter.admin.base import ActionView, Chosen, RecordView, of_status, on
from charter.admin.desk_forms import AnswerForm, EndForm, InterestForm, InterestToComeForm
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.interests import InterestToCome
from charter.organisation.models import Conflict, InterestKind, Organisation
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import EmptyForm

BAD = 400


class InterestsView(ActionView):
    """What somebody declared, declares and asks to end."""

    permission = Permission.DECLARE_INTERESTS
    what = "Employers that you work for, used to work for, or know well. You are not shown or given their cases."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """All that one declared."""
        page: str = self.render("admin/interests/index.html", declared=interests.declared_by(db.session, the_user()))
        return page

    @expose("/add")
    def add_view(self) -> ResponseReturnValue:
        """Look an employer up, to declare an interest in it."""
        words = (request.args.get("search") or "").strip()[:100]
        page: str = self.render(
            "admin/interests/add.html",
            words=words,
            found=interests.search(db.session, words),
            declared=interests.of(the_user()),
        )
        return page

    @expose("/add/not-registered", methods=("GET", "POST"))
    @on(Permission.DECLARE_INTERESTS)
    def to_come_view(self) -> ResponseReturnValue:
        """Declare an interest in an employer that has not registered."""
        form = InterestToComeForm(data={"name": (request.args.get("name") or "").strip()[:100]})
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    interests.declare_to_come(
                        session,
                        name=form.name.data or "",
                        company_number=form.company_number.data,
                        kind=form.chosen,
                        reason=form.reason.data or "",
                        since=form.since.data,
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Your interest is kept. It counts from the moment this employer registers.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/interests/to_come.html", form=form)
        return page, BAD if form.errors else 200

    @expose("/add/<uuid:employer_id>", methods=("GET", "POST"))
    @on(Permission.DECLARE_INTERESTS)
    def declare_view(self, employer_id: UUID) -> ResponseReturnValue:
        """Declare an interest in an employer that was looked up. Of it the page shows only its name."""
        employer = db.session.get(Organisation, employer_id)
        if employer is None or employer.merged_into_id is not None or employer.id in interests.of(the_user()):
            return _gone("You declared an interest in this employer already, or it is no longer here.")
        form = InterestForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    staffing.declare_interest(
                        session,
                        employer,
                        reason=form.reason.data or "",
                        kind=form.chosen,
                        since=form.since.data,
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Thank you. Somebody else will work on this employer’s cases.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/interests/declare.html", form=form, employer=employer)
        return page, BAD if form.errors else 200

    @expose("/<uuid:interest_id>/ask-to-end", methods=("GET", "POST"))
    @on(Permission.DECLARE_INTERESTS)
    def ask_to_end_view(self, interest_id: UUID) -> ResponseReturnValue:
        """Ask for the end of one's own interest."""
        one = db.session.get(Conflict, interest_id, options=[joinedload(Conflict.organisation)])
        if one is None:
            return _gone("This interest is no longer there.")
        if one.user_id != the_user().id:
            abort(404)
        form = EndForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    interests.ask_to_end(session, one, because=form.because.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("A moderator or an administrator will look at it. Until then your interest stands.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/interests/ask_to_end.html", form=form, one=one)
        return page, BAD if form.errors else 200

    @expose("/to-come/<uuid:interest_id>/take-back", methods=("GET", "POST"))
    @on(Permission.DECLARE_INTERESTS)
    def take_back_view(self, interest_id: UUID) -> ResponseReturnValue:
        """Take back one's interest in an employer that has not registered."""
        one = db.session.get(InterestToCome, interest_id)
        if one is None:
            return _gone("This interest is no longer there.")
        if one.user_id != the_user().id:
            abort(404)
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                interests.take_back(session, one, by=the_user(), at=now())
            flash("It is taken back.", "success")
            return redirect(url_for(".index_view"))
        page: str = self.render("admin/interests/take_back.html", form=form, one=one)
        return page


def _gone(why: str) -> ResponseReturnValue:
    """Of what is not there: 404, but who sent a form twice is led back and told."""
    if request.method == "GET":
        abort(404)
    flash(why, "notice")
    return redirect(url_for("interests.index_view"))


class DeclaredView(RecordView):
    """Who declared an interest in what. Those who look are not shown the employers of their own interests."""

    permission = Permission.SEE_INTERESTS
    what = "Interests in employers that the scheme’s staff declared, and those that somebody asks to end."
    noun = "interest"
    searched = "By employer or person"
    eager = (joinedload(Conflict.organisation), joinedload(Conflict.user))
    column_list = ("user", "organisation", "kind", "since", "declared_at", "end_asked_at")
    column_labels = {
        "user": "Who",
        "organisation": "Employer",
        "kind": "What it is",
        "since": "Since",
        "declared_at": "Declared",
        "end_asked_at": "Asks to end it since",
        "end_because": "Why it has ended, they say",
        "kept_because": "Why its end was refused last",
    }
    words = {
        "user": lambda one: one.user.name,
        "organisation": lambda one: one.organisation.name,
        "kind": lambda one: one.kind.told,
    }
    column_sortable_list = ("declared_at", "end_asked_at")
    column_default_sort = ("declared_at", True)
    column_searchable_list = (Organisation.name, User.name)
    column_filters = (Chosen(Conflict.kind, "What it is", "kind", of_status(InterestKind)),)
    column_details_list = (
        "user",
        "organisation",
        "kind",
        "reason",
        "since",
        "declared_at",
        "end_asked_at",
        "end_because",
        "kept_because",
    )
    once_said = frozenset({"since", "end_asked_at", "end_because", "kept_because"})
    column_export_list = ("user", "organisation", "kind", "reason", "since", "declared_at", "end_asked_at")
    details_template = "admin/interests/details.html"

    def title(self, model: Conflict) -> str:
        """The heading of one interest's page."""
        return f"{model.user.name} and {model.organisation.name}"

    @expose("/<uuid:conflict_id>/answer", methods=("GET", "POST"))
    @on(Permission.END_INTEREST, Conflict)
    def answer_view(self, conflict: Conflict) -> ResponseReturnValue:
        """Say whether an interest has ended, when its person asked."""
        form = AnswerForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    if form.answer.data == "ended":
                        interests.agree_to_end(session, conflict, by=the_user(), at=now())
                    else:
                        because = form.because.data or ""
                        interests.refuse_to_end(session, conflict, because=because, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                ended = form.answer.data == "ended"
                flash("The interest has ended." if ended else "The interest stands. Its person reads why.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/interests/answer.html", form=form, one=conflict)
        return page, BAD if form.errors else 200
