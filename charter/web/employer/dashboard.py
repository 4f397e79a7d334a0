"""An employer's home: the one thing to do next, where the assessment stands, the awards held; and which employer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from charter.aftercare import queries as aftercare
from charter.assessment import moving, progress, queries, sharing, shelf, sign_off
from charter.assessment.evidence_dates import State
from charter.assessment.evidence_to_mend import ToMend, to_mend
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award import renewal
from charter.award.status import AwardStatus
from charter.award.yearly import queries as yearly
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.improvement import at_a_glance, plan
from charter.improvement.at_a_glance import Glance
from charter.organisation import choosing
from charter.organisation import queries as employers
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review import queries as cases
from charter.review import telling
from charter.succession import asking
from charter.succession import queries as succession
from charter.web.access import employer_home, is_about, requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.forms import chosen
from charter.web.forms import BaseForm

ONE_DAY = timedelta(days=1)
LEFT_LATELY = timedelta(days=90)
"""For how long somebody with no employer is reminded of the team they went out of."""


@blueprint.get("/dashboard")
@requires(Permission.SEE_DASHBOARD)
def dashboard() -> ResponseReturnValue:
    """What to do next for the employer that the person turned to last."""
    part = choosing.chosen(the_user().memberships)
    if part is None:
        waits = _comings()
        known = [] if waits else [match.organisation for match in asking.matches(db.session, the_user())]
        left = employers.left_lately(db.session, the_user(), since=now() - LEFT_LATELY)
        return render_template("employer/welcome.html", comings=waits, known=known, left=left)
    current = publishing.current(db.session)
    elsewhere = _elsewhere(current.content)
    return _home(part.organisation_id, elsewhere, current)


@blueprint.get("/dashboard/<uuid:organisation_id>")
@requires(Permission.VIEW_ORGANISATION, Organisation)
def employer_dashboard(organisation: Organisation) -> ResponseReturnValue:
    """What to do next for this employer. It stays a page of its own, so that two of them can be open side by side."""
    current = publishing.current(db.session)
    return _home(organisation.id, _elsewhere(current.content), current)


class SwitchForm(BaseForm):
    """Which employer to go to."""

    employer = RadioField(
        "Which employer do you want to go to?",
        validators=[chosen("Choose an employer.")],
        validate_choice=False,
    )


@blueprint.route("/dashboard/employers", methods=["GET", "POST"])
@requires(Permission.SEE_DASHBOARD)
def switch_employer() -> ResponseReturnValue:
    """Go to another of one's employers, and see that one first from now on."""
    here = choosing.chosen(the_user().memberships)
    form = SwitchForm(data={"employer": str(here.organisation_id) if here else None})
    all_mine = _employers(publishing.current(db.session).content)
    form.employer.choices = [SelectChoice(str(one.employer.id), one.employer.name) for one in all_mine]
    if form.validate_on_submit():
        try:
            with transaction() as session:
                choosing.turn_to(session, UUID(form.employer.data), by=the_user(), at=now())
        except Refusal as refusal:  # taken out of the team in this very moment
            form.refuse(refusal)
        else:
            return redirect(employer_home(None), 303)
    page = render_template("employer/switch.html", form=form, employers=all_mine)
    return page, 400 if form.errors else 200


def _employers(content: Content) -> list[Glance]:
    """The person's employers, each in a line (one query)."""
    return at_a_glance.of_person(db.session, the_user(), opens_days=content.renewal.opens_days, on=today())


def _elsewhere(content: Content) -> list[Glance]:
    """The same; none, and nothing asked, for somebody who belongs to one."""
    return _employers(content) if len(the_user().memberships) > 1 else []


def _comings() -> list[succession.Waiting]:
    """What waits for the person, or they for, about who may answer for an employer (one query)."""
    return succession.waiting_for(db.session, the_user(), at=now())


def _home(organisation_id: UUID, all_mine: list[Glance], current: Framework) -> ResponseReturnValue:
    own_tasks = sharing.of_person(db.session, the_user(), organisation_id)
    employer = db.session.get_one(Organisation, organisation_id)  # it came with its assessments, when there are any
    is_about(employer)
    assessments = [own.assessment for own in own_tasks]
    awards = renewal.of_organisation(db.session, employer.id)
    held = [award for award in awards if award.is_valid_on(today())]
    may_be_due = any(yearly.may_be_asked_for(award, on=today()) for award in held)
    yearly_due = yearly.asked_for(db.session, [employer.id], on=today()) if may_be_due else []
    under_way = next((assessment for assessment in assessments if assessment.status in OPEN), None)
    draft = under_way is not None and under_way.status is AssessmentStatus.DRAFT
    first = len(assessments) == 1  # nothing was promised in one before
    said = queries.material(db.session, under_way, first=first) if under_way and draft else None
    requests = cases.asked_now(db.session, under_way) if under_way else ()
    waits = under_way is not None and under_way.status is not AssessmentStatus.DRAFT
    case = cases.of_assessment(db.session, under_way) if under_way and waits else None
    newest = renewal.newest(awards, on=today())
    ending = renewal.ending(newest, current.content, on=today()) if newest else None
    found = progress.progress(said, on=today()) if said else None
    own = next((own for own in own_tasks if said and own.assessment is said.assessment), None)
    mine = sharing.mine(found, own.tasks) if own and found else None
    holders = sharing.board(db.session, own.assessment).holders if own and own.is_shared else {}
    mending = to_mend(said.evidence, on=today()) if said else ()
    outlook = plan.outlook(db.session, employer.id, on=today())
    asked = sign_off.last_asked(db.session, own.assessment) if own and own.was_read else None
    return render_template(
        "employer/dashboard.html",
        employer=employer,
        comings=_comings(),
        elsewhere=[one for one in all_mine if one.employer is not employer],
        ending=ending,
        assessment=under_way,
        others=[assessment for assessment in assessments if assessment is not under_way],
        newer=moving.newer_of(current, under_way) if under_way else None,
        progress=found,
        mine=mine,
        first_of_mine=sharing.address(said.assessment, mine.to_do[0]) if said and mine and mine.to_do else None,
        next=sharing.next_for(found, holders, the_user()) if found else None,
        holders=holders,
        approval=sign_off.standing(db.session, said, at=now(), on=today()) if said and asked else None,
        outlook=outlook,
        evidence_notes=_said_once(outlook.evidence, mending),
        yearly_due=yearly_due,
        case=case,
        clock=telling.clock_of(case, on=today()) if case is not None else None,
        requests=requests,
        draft=draft,
        to_mend=mending,
        held=held,
        suspended=[award for award in awards if award.status is AwardStatus.SUSPENDED and award.ends_on >= today()],
        to_answer=aftercare.waiting_for(db.session, employer.id) if awards else 0,
        coming=[award for award in awards if award.ended_on is None and award.starts_on > today()],
        past=[award for award in awards if (award.ended_on or award.ends_on + ONE_DAY) <= today()],
    )


def _said_once(counts: Mapping[State, int], mending: Sequence[ToMend]) -> dict[State, int]:
    """How many pieces of evidence need something, by why, without those that the page names already."""
    named = Counter(shelf.state_of(one.piece, is_used=True, on=today()) for one in mending)
    left = {why: number - named[why] for why, number in counts.items()}
    return {why: number for why, number in left.items() if number > 0}
