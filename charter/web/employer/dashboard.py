"""An employer's home: the one thing to do next, where the assessment stands, the awards held."""

from datetime import timedelta

import sqlalchemy as sa
from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from charter.assessment import moving, progress, queries, sharing
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award import renewal
from charter.award.models import Award
from charter.award.yearly import queries as yearly
from charter.clock import now, today
from charter.extensions import db
from charter.framework import publishing
from charter.improvement import plan
from charter.organisation import queries as organisations
from charter.permissions import Permission
from charter.review import queries as cases
from charter.succession import queries as succession
from charter.web.access import requires, the_user
from charter.web.employer import blueprint

ONE_DAY = timedelta(days=1)


@blueprint.get("/dashboard")
@requires(Permission.SEE_DASHBOARD)
def dashboard() -> ResponseReturnValue:
    """What to do next."""
    employers = organisations.organisations_of(db.session, the_user())
    comings = succession.waiting_for(db.session, the_user(), at=now())
    if not employers:
        return render_template("employer/welcome.html", comings=comings)
    own_tasks = sharing.of_person(db.session, the_user())
    assessments = [assessment for assessment, _ in own_tasks]
    awards = db.session.scalars(
        sa.select(Award)
        .where(Award.organisation_id.in_([employer.id for employer in employers]))
        .options(joinedload(Award.framework))
        .order_by(Award.starts_on.desc(), Award.issued_at.desc())
    ).all()
    under_way = next((assessment for assessment in assessments if assessment.status in OPEN), None)
    draft = under_way is not None and under_way.status is AssessmentStatus.DRAFT
    said = queries.material(db.session, under_way) if under_way and draft else None
    requests = cases.asked_now(db.session, under_way) if under_way else ()
    waits = under_way is not None and under_way.status is AssessmentStatus.SUBMITTED
    case = cases.of_assessment(db.session, under_way) if under_way and waits else None
    employer = under_way.organisation if under_way else employers[0]
    newest = renewal.newest([award for award in awards if award.organisation_id == employer.id])
    current = publishing.current(db.session) if newest or under_way else None
    found = progress.progress(said, on=today()) if said else None
    mine = sharing.mine(found, dict(own_tasks)[said.assessment]) if said and found else None
    return render_template(
        "employer/dashboard.html",
        employers=employers,
        employer=employer,
        comings=comings,
        ending=renewal.ending(newest, current.content, on=today()) if newest and current else None,
        assessment=under_way,
        others=[assessment for assessment in assessments if assessment is not under_way],
        newer=moving.newer_of(current, under_way) if under_way and current else None,
        progress=found,
        mine=mine,
        first_of_mine=sharing.address(said.assessment, mine.to_do[0]) if said and mine and mine.to_do else None,
        outlook=plan.outlook(db.session, employer.id),
        yearly_due=yearly.asked_for(db.session, [one.id for one in employers], on=today()) if awards else (),
        case=case,
        requests=requests,
        draft=draft,
        held=[award for award in awards if award.is_valid_on(today())],
        coming=[award for award in awards if award.ended_on is None and award.starts_on > today()],
        past=[award for award in awards if (award.ended_on or award.ends_on + ONE_DAY) <= today()],
    )
