"""The people at the desk: how many cases each has, when each is away, and the most for one person."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.account import away
from charter.account.away import Away
from charter.account.models import User
from charter.admin.base import ActionView, on
from charter.admin.desk_forms import AwayForm, WorkloadForm
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.permissions import Permission, allows
from charter.review.handing_out import workload
from charter.web.access import the_user
from charter.web.forms import EmptyForm

BAD = 400


class DeskView(ActionView):
    """Who can take work."""

    permission = Permission.SEE_DESK
    what = "Who has how many cases, who is overdue or away, and the most cases for one person."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """Everybody at the desk, on one page (six queries)."""
        page: str = self.render(
            "admin/desk/index.html",
            at_desk=workload.desk(db.session, on=today()),
            overdue=workload.overdue(db.session, on=today()),
            most=workload.most(db.session),
        )
        return page

    @expose("/workload", methods=("GET", "POST"))
    @on(Permission.SET_WORKLOAD)
    def workload_view(self) -> ResponseReturnValue:
        """Set the most cases for one person."""
        form = WorkloadForm(data={"cases": workload.most(db.session)})
        if form.validate_on_submit():
            assert form.cases.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    workload.set_most(session, form.cases.data, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The most cases for one person is saved.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/desk/workload.html", form=form, limits=workload.limits(db.session))
        return page, BAD if form.errors else 200

    @expose("/away", methods=("GET", "POST"))
    @on(Permission.SEE_DESK)
    def my_away_view(self) -> ResponseReturnValue:
        """One's own away dates."""
        return self._away(the_user())

    @expose("/<uuid:user_id>/away", methods=("GET", "POST"))
    @on(Permission.SET_AWAY, User)
    def away_view(self, user: User) -> ResponseReturnValue:
        """Somebody's away dates."""
        return self._away(user)

    @expose("/<uuid:user_id>/away/<uuid:away_id>/end", methods=("GET", "POST"))
    @on(Permission.SET_AWAY, User)
    def end_view(self, user: User, away_id: UUID) -> ResponseReturnValue:
        """Take away dates out, or end them when they have begun."""
        home = url_for(".my_away_view") if user.id == the_user().id else url_for(".away_view", user_id=user.id)
        one = db.session.get(Away, away_id)
        if one is None or one.user_id != user.id:
            if request.method == "GET":
                abort(404)
            flash("These away dates are no longer there.", "notice")
            return redirect(home)
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                away.end(session, one, by=the_user(), at=now(), on=today())
            flash("The away dates are changed.", "success")
            return redirect(home)
        page: str = self.render("admin/desk/end_away.html", form=form, one=one, person=user, home=home)
        return page

    def _away(self, person: User) -> ResponseReturnValue:
        form = AwayForm()
        if form.validate_on_submit():
            assert form.starts_on.data is not None, "the form needs it"
            assert form.ends_on.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    away.add(
                        session,
                        person,
                        starts_on=form.starts_on.data,
                        ends_on=form.ends_on.data,
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The away dates are saved. Nobody gives out work on these days.", "success")
                mine = person.id == the_user().id
                return redirect(url_for(".my_away_view") if mine else url_for(".away_view", user_id=person.id))
        page = self.render(
            "admin/desk/away.html",
            form=form,
            person=person,
            mine=person.id == the_user().id,
            dates=away.of(db.session, person),
            others=allows(the_user(), Permission.ALLOCATE_CASES),
        )
        return page, BAD if form.errors else 200
