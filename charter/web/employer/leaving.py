"""Leave an employer's team, after a page that says what happens."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from charter.clock import now
from charter.extensions import db, transaction
from charter.improvement import leaving
from charter.organisation import queries
from charter.organisation.models import MemberRole, Organisation
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import EmptyForm


@blueprint.route("/organisations/<uuid:organisation_id>/leave", methods=["GET", "POST"])
@requires(Permission.LEAVE_ORGANISATION, Organisation)
def leave_organisation(organisation: Organisation) -> ResponseReturnValue:
    """Leave the team. The last owner is told what to do first."""
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            leaving.leave(session, organisation, person_id=the_user().id, by=the_user(), at=now())
        flash(f"You have left the team of {organisation.name}.", "success")
        return redirect(url_for(".dashboard"), 303)
    team = queries.team(db.session, organisation)
    mine = next(one for one in team if one.user_id == the_user().id)
    owners = [one for one in team if one.role is MemberRole.OWNER and one.user.can_sign_in]
    return render_template(
        "employer/organisation/leave.html",
        organisation=organisation,
        form=form,
        left=leaving.look_ahead(db.session, mine),
        last_owner=owners == [mine],
        alone=len(team) == 1,
        owners=[one.user.name for one in owners if one is not mine],
    )
