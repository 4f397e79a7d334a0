"""What comes after an award: renew it or go on to the next level, and look again at what was said last time."""

from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice

from charter.assessment import carrying, changing, closing, moving, progress, promises, queries
from charter.assessment.models import Answer, Assessment
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.award import renewal
from charter.award.renewal import Ending
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.changes import Change, Changes, changes
from charter.framework.content import Content, Criterion, Level
from charter.framework.models import Framework
from charter.organisation import queries as organisations
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.review.timing import working_days
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.forms import TargetForm
from charter.web.forms import BaseForm, EmptyForm


@dataclass(frozen=True)
class Choice:
    """A level that may come next, and the day by which to send the answers so that there is no gap."""

    level: Level
    renews: bool
    send_by: date | None


def choices(found: Ending, content: Content, on: date) -> list[Choice]:
    """The same level, once it can be renewed, and the one above it."""
    levels = [found.level] if found.level.renewable and (found.is_near or found.has_ended) else []
    return [
        Choice(level, level is found.level, _send_by(found.award.ends_on, level, on))
        for level in [*levels, *([found.next] if found.next else [])]
    ]


def _send_by(ends_on: date, level: Level, on: date) -> date | None:
    day = working_days.before(ends_on, level.target_decision_working_days)
    return day if day >= on else None


@blueprint.route("/organisations/<uuid:organisation_id>/renew", methods=["GET", "POST"])
@requires(Permission.START_ASSESSMENT, Organisation)
def renew(organisation: Organisation) -> ResponseReturnValue:
    """How long the award lasts, what can come next, and what comes along."""
    under_way = queries.open_one(db.session, organisation.id)
    if under_way is not None and request.method == "POST":
        return redirect(url_for(".show_assessment", assessment_id=under_way.id), 303)
    content = publishing.current(db.session).content
    award = renewal.newest(renewal.of_organisation(db.session, organisation.id), on=today())
    found = renewal.ending(award, content, on=today()) if award else None
    if found is None:
        flash("You hold no award yet. Choose the level you are aiming for.", "notice")
        return redirect(url_for(".start_assessment", organisation_id=organisation.id), 303)
    offered = choices(found, content, today())
    form = TargetForm(target_level=str(offered[0].level.rank) if len(offered) == 1 else None)
    form.target_level.choices = [SelectChoice(str(one.level.rank), one.level.title) for one in offered]
    if form.validate_on_submit():
        try:
            with transaction() as session:
                assessment = renewal.start(
                    session,
                    organisation,
                    publishing.current(session),
                    target_level=int(form.target_level.data),
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("What you said last time is here. Say of each answer that it still holds, or change it.", "success")
            return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    last = carrying.last_answered(db.session, organisation.id)
    owners = organisations.owners(db.session, [organisation.id]).get(organisation.id, [])
    page = render_template(
        "employer/renewing/renew.html",
        organisation=organisation,
        found=found,
        content=content,
        offered=offered,
        under_way=under_way,
        form=form,
        brought=carrying.brought(db.session, last, content) if last else None,
        changes=_since(last, content, offered[-1].level.rank) if last and offered else None,
        only_owner=len(owners) == 1,
        overdue=[] if under_way else _overdue(organisation, content),
    )
    return page, 400 if form.errors else 200


def _overdue(organisation: Organisation, content: Content) -> list[tuple[Criterion, date]]:
    """What was planned at the last award by a day that is past, in the charter's order (one query)."""
    promised = promises.of_last_award(db.session, organisation.id, content)
    return [(one, due) for one in content.criteria if (due := promised.get(one.code)) is not None and due < today()]


def _since(last: Assessment, content: Content, rank: int) -> Changes | None:
    """What changed since the version of the last assessment, as far as it asked; None when it was this one."""
    before = last.framework.content
    if before.meta.version == content.meta.version:
        return None
    return changes(before, content, rank=rank, headcount_ceiling=queries.headcount_ceiling(last))


# What was said last time ---------------------------------------------------------------------------------------------


class HoldsForm(BaseForm):
    """Which of the answers from last time still hold."""

    criteria = SelectMultipleField("Which of these answers still hold?", validate_choice=False)


@dataclass(frozen=True)
class FromLastTime:
    """An answer that nobody has looked at again yet."""

    criterion: Criterion
    answer: Answer
    change: Change[Criterion] | None


@blueprint.route("/assessments/<uuid:assessment_id>/last-time", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def check_last_time(assessment: Assessment) -> ResponseReturnValue:
    """The answers from last time that are still to be checked, on one page: tick those that hold."""
    queries.with_its_own(db.session, assessment)
    if assessment.status is not AssessmentStatus.DRAFT:
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    form = HoldsForm()
    if form.validate_on_submit():
        chosen = form.criteria.data or []
        if not chosen:
            form.criteria.errors = ["Tick each answer that still holds."]
        else:
            with transaction() as session:
                count = carrying.confirm(session, assessment, criteria=chosen, by=the_user(), at=now())
            flash(f"Confirmed: {count} {'answer' if count == 1 else 'answers'} from last time.", "success")
            left = waiting(queries.material(db.session, assessment))
            if left and request.form.get("then") == "next":
                code = left[0].criterion.code
                return redirect(url_for(".answer_criterion", assessment_id=assessment.id, code=code), 303)
            target = ".check_last_time" if left else ".show_assessment"
            return redirect(url_for(target, assessment_id=assessment.id), 303)
    said = queries.material(db.session, assessment)
    page = render_template(
        "employer/renewing/last_time.html",
        assessment=assessment,
        content=said.content,
        said=said,
        waiting=waiting(said),
        form=form,
    )
    return page, 400 if form.errors else 200


def waiting(said: Material) -> list[FromLastTime]:
    """The asked criteria whose answers from last time are still to be checked, in the order of the pages."""
    found = changing.since(said.assessment)
    differ = found.of_criterion if found else {}
    return [
        FromLastTime(task.criterion, said.answers[task.criterion.code], differ.get(task.criterion.code))
        for task in progress.progress(said, on=today()).to_check
    ]


# A newer version of the charter --------------------------------------------------------------------------------------


@blueprint.route("/assessments/<uuid:assessment_id>/newer-version", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def move_to_newer_version(assessment: Assessment) -> ResponseReturnValue:
    """What moving to the newest version would do, and the button that does it."""
    queries.with_its_own(db.session, assessment)
    newer = moving.newer(db.session, assessment)
    if newer is None:  # also when a colleague has just moved it, or sent it
        if assessment.status is not AssessmentStatus.DRAFT:
            flash(moving.STAYS, "notice")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            target = session.get_one(Framework, newer.id)
            moving.move_to(session, assessment, target, by=the_user(), at=now())
        flash(f"Your assessment is on version {newer.version} of the charter now.", "success")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    said = queries.material(db.session, assessment)
    return render_template(
        "employer/renewing/newer_version.html",
        assessment=assessment,
        content=assessment.framework.content,
        newer=newer,
        ahead=moving.look_ahead(assessment, newer, said.answers),
        said=said,
        closing=closing.of(db.session, assessment, on=today()),
        form=form,
    )
