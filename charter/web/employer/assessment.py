"""An assessment from start to end: choose a level, the task list, check, submit, follow, withdraw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from charter.aftercare import appeals
from charter.assessment import (
    answers,
    changing,
    closing,
    declarations,
    groups,
    level,
    metric_values,
    moving,
    progress,
    queries,
    returns,
    sharing,
    short_path,
    submission,
)
from charter.assessment.evidence_to_mend import to_mend
from charter.assessment.level import Attainment, Step
from charter.assessment.models import Assessment
from charter.assessment.queries import Material
from charter.assessment.status import AssessmentStatus
from charter.assessment.year_on_year import Before
from charter.award import renewal
from charter.clock import local_date, now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.asking import Ask, asks, rules_up_to, standing
from charter.framework.changes import NOTHING
from charter.framework.content import Content
from charter.improvement import with_plan
from charter.organisation.models import Organisation
from charter.panel import queries as panel
from charter.permissions import Permission
from charter.review import findings, intake, more_information, moved_figures, telling
from charter.review import queries as cases
from charter.review.attainment import of_findings
from charter.review.models import About, InformationRequest, Subject
from charter.review.second import conversations
from charter.review.status import ReviewStatus
from charter.review.submitted import Submitted, asked, latest
from charter.time_spent import adding, typical
from charter.time_spent.typical import Typical
from charter.web.access import employer_home, requires, the_user
from charter.web.employer import blueprint, sign_off, timing
from charter.web.employer.forms import SubmitForm, TargetForm, number_in
from charter.web.employer.succession_forms import SecondOwnerForm
from charter.web.forms import EmptyForm


@blueprint.route("/organisations/<uuid:organisation_id>/assessments/new", methods=["GET", "POST"])
@requires(Permission.START_ASSESSMENT, Organisation)
def start_assessment(organisation: Organisation) -> ResponseReturnValue:
    """Choose the level to aim for, and start."""
    under_way = queries.open_one(db.session, organisation.id)
    if under_way is not None:  # also when the form is sent twice
        return redirect(url_for(".show_assessment", assessment_id=under_way.id), 303)
    content = publishing.current(db.session).content
    form = _target_form(content)
    if form.validate_on_submit():
        with transaction() as session:
            assessment = renewal.start(
                session,
                organisation,
                publishing.current(session),
                target_level=int(form.target_level.data),
                by=the_user(),
                at=now(),
            )
        if queries.is_begun(db.session, assessment):
            flash("What you said last time is here. Look at each answer again before you send them.", "success")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    page = render_template(
        "employer/assessment/start.html",
        form=form,
        content=content,
        organisation=organisation,
        asks=_asks(content, organisation.size_band),
        typical=timing.took(organisation.size_band),
        closed=_closed(content, organisation),
    )
    return page, 400 if form.errors else 200


@blueprint.route("/assessments/<uuid:assessment_id>/target", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def change_target(assessment: Assessment) -> ResponseReturnValue:
    """Aim for another level; the answers stay."""
    queries.with_its_own(db.session, assessment)
    if assessment.status is not AssessmentStatus.DRAFT:
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    content = assessment.framework.content
    form = _target_form(content, target_level=str(assessment.target_level))
    if form.validate_on_submit():
        with transaction() as session:
            renewal.change_target(
                session, assessment, target_level=int(form.target_level.data), by=the_user(), at=now()
            )
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    page = render_template(
        "employer/assessment/start.html",
        form=form,
        content=content,
        organisation=assessment.organisation,
        assessment=assessment,
        asks=_asks(content, assessment.organisation.size_band),
        typical=timing.took(assessment.organisation.size_band),
        closed={
            rank: why
            for rank, why in _closed(content, assessment.organisation).items()
            if rank != assessment.target_level
        },
    )
    return page, 400 if form.errors else 200


def _closed(content: Content, organisation: Organisation) -> dict[int, str]:
    """The levels that this employer cannot be given, by rank, and why (one query)."""
    held = renewal.levels_held(db.session, organisation.id)
    return {one.rank: why for one in content.levels if (why := renewal.why_not(content, one.rank, held))}


def _target_form(content: Content, **values: Any) -> TargetForm:
    form = TargetForm(**values)
    form.target_level.choices = [SelectChoice(str(level.rank), level.title) for level in content.levels]
    return form


def _asks(content: Content, size_band: str) -> dict[int, Ask]:
    """For each level, by rank: what it asks of an employer of this size."""
    band = content.size_band(size_band)
    return {ask.level.rank: ask for ask in asks(content, band.max if band else None)}


@blueprint.get("/assessments/<uuid:assessment_id>")
@requires(Permission.VIEW_ASSESSMENT, Assessment, *queries.ITS_OWN)
def show_assessment(assessment: Assessment) -> ResponseReturnValue:
    """The task list; after submission, where the case stands and what was decided."""
    if assessment.status is AssessmentStatus.DECIDED:
        return _show_decision(assessment)
    said = queries.material(db.session, assessment)
    if assessment.status is AssessmentStatus.DRAFT:
        newer = moving.newer(db.session, assessment)
        return render_template(
            "employer/assessment/tasks.html",
            basics_in_the_way=declarations.in_the_way(said.declarations, said.content),
            **(facts := _facts(said)),
            **_shared(said, facts["progress"]),
            changes=changing.since(assessment),
            newer=newer,
            closing=closing.of(db.session, assessment, on=today()) if newer else None,
            waiting=len(facts["progress"].to_check),
            lacking=_from_last_time_lacking(said, facts["progress"]),
            short=short_path.offered(assessment),
            short_next=short_path.next_page(facts["progress"]),
            rules=rules_up_to(said.content, assessment.target_level),
            announced=any(not level.counts_on(criterion, today()) for criterion in said.asked),
            time=_time(assessment),
            ask_of_awards=_awards_to_ask_of(said),
        )
    requests = cases.asked_now(db.session, assessment)
    before = latest(db.session, assessment) if requests else None
    facts = _facts(said)
    case = cases.of_assessment(db.session, assessment)
    with_panel = case is not None and case.status is ReviewStatus.WITH_PANEL
    return render_template(
        "employer/assessment/follow.html",
        **facts,
        case=case,
        panel_on=panel.day_for(db.session, case) if case is not None and with_panel else None,
        sent=queries.last_submission(db.session, assessment),
        conversations=conversations.for_employer(db.session, assessment),
        questions=_questions(said, requests, before, facts["progress"].figures) if before else (),
        answer_by=requests[0].answer_by if requests else None,
        clock=telling.clock_of(case, on=today()) if case is not None and case.is_open else None,
        pace=timing.pace().get(assessment.target_level),
    )


def _awards_to_ask_of(said: Material) -> list[str]:
    """Awards of other schemes to name to an employer that has answered nothing and told of none; else none at all."""
    if said.answers or said.told_of_awards:
        return []
    return list(dict.fromkeys(passport.title for passport in said.content.passports))[:2]


def _from_last_time_lacking(said: Material, found: progress.Progress) -> int:
    """How many answers came from last time that nobody has looked at and that are not whole, so cannot just hold."""
    states = sharing.states(found)
    incomplete = {code for code, state in states.items() if state is progress.TaskState.INCOMPLETE}
    return sum(answer.is_to_check for code, answer in said.answers.items() if code in incomplete)


def _shared(said: Material, found: progress.Progress) -> dict[str, Any]:
    """Whose each task is, and which of them the list shows: it can be narrowed by its address (one query)."""
    board, person, whose = sharing.board(db.session, said.assessment), the_user(), request.args.get("whose")
    shown = sharing.narrowed(sharing.states(found), board, to=whose, person=person)
    own = sharing.narrowed(sharing.states(found), board, to="mine", person=person)
    mine = sharing.mine(found, own or ())
    return {
        "board": board,
        "person": person,
        "whose": whose if shown is not None else None,
        "shown": shown,
        "mine": mine.tasks,
        "nobodys": len(sharing.narrowed(sharing.states(found), board, to="nobody", person=person) or ()),
        "first_of_mine": _linked(said, mine.to_do) if whose == "mine" else None,
    }


def _linked(said: Material, tasks: Sequence[str]) -> tuple[str, str] | None:
    """The title and the address of the first of some tasks."""
    if not tasks:
        return None
    return sharing.title(said.content, tasks[0]), sharing.address(said.assessment, tasks[0])


@dataclass(frozen=True)
class Time:
    """What the task list says of time: what it took so far, and what it takes in all."""

    so_far: str | None
    """None when it is less than a minute."""
    others: Typical | None
    """What others of the same size took; None when too few were counted."""
    estimate: str
    """What the charter itself allows for it."""


def _time(assessment: Assessment) -> Time:
    """How long it took so far, and how long others took or, when too few did, what we think (one query)."""
    band, level = assessment.organisation.size_band, assessment.target_level
    spent = adding.so_far(db.session, assessment)
    return Time(
        so_far=typical.said(spent) if spent >= 60 else None,
        others=timing.took(band).get(level),
        estimate=_asks(assessment.framework.content, band)[level].time,
    )


def _show_decision(assessment: Assessment) -> ResponseReturnValue:
    """What was decided and why, with what stood in the way of the next level, from the findings themselves."""
    case = cases.of_assessment(db.session, assessment)
    assert case is not None
    assert case.decided_at is not None
    content = assessment.framework.content
    said = latest(db.session, assessment)
    stands = cases.feedback(db.session, assessment, case)
    decided_on = local_date(case.decided_at)
    stand_ins = findings.stand_ins(db.session, case, on=decided_on)
    met = findings.met_by_awards(case, said, stand_ins)
    found = of_findings(assessment, stands.values(), said, on=decided_on, met=met)
    return render_template(
        "employer/assessment/decision.html",
        appeal_way=appeals.way(db.session, case),
        assessment=assessment,
        conversations=conversations.for_employer(db.session, assessment),
        content=content,
        case=case,
        clock=telling.clock_of(case, on=decided_on),
        findings=stands,
        met_by={code: stand_ins[code] for code in met},
        missing=found.missing_for((case.decided_level or 0) + 1),
        standing=lambda criterion: standing(content, criterion, assessment.target_level),
        themes=[
            (content.theme(code), list(criteria))
            for code, criteria in groupby(asked(assessment, said), lambda criterion: criterion.theme)
        ],
    )


PLACES = {About.CRITERION: "criteria/{}", About.DECLARATION: "declarations#asked-{}", About.FIGURE: "figures#metric-{}"}


@dataclass(frozen=True)
class Question:
    """What is asked: on what, in which words, where it is answered, and whether anything was done about it."""

    subject: Subject
    title: str
    href: str
    text: str
    touched: bool
    by_rule: bool = False
    """Whether the rules ask it, and not the assessor: why a figure changed so much."""


def _questions(
    said: Material, requests: Sequence[InformationRequest], before: Submitted, numbers: progress.Figures
) -> list[Question]:
    """What is asked now, in the order of the pages: by the assessor, then by the rules. `before` was sent last."""
    notes, labels = said.figures.notes if said.figures else {}, more_information.titles(said.content)
    untouched = cases.unchanged(said, requests, before)
    asked_now = {one.subject: one for one in requests}
    home = f"/assessments/{said.assessment.id}"
    return [
        Question(
            subject, title, f"{home}/{PLACES[subject.about].format(subject.code)}", one.question, one not in untouched
        )
        for subject, title in labels.items()
        if (one := asked_now.get(subject))
    ] + [
        Question(
            subject, labels[subject], f"{home}/figures#note-{code}", change.question or "", code in notes, by_rule=True
        )
        for code, change in moved_figures.without_reason(numbers.changes, before.notes).items()
        if (subject := Subject(About.FIGURE, code)) not in asked_now
    ]


def _facts(said: Material, before: Mapping[str, Before] | None = None) -> dict[str, Any]:
    """What every page about one assessment shows. In a round of more information it matters what changed."""
    if before is None and said.assessment.status is AssessmentStatus.MORE_INFORMATION:
        before = metric_values.last_time(db.session, said)
    found = progress.progress(said, on=today(), before=before)
    target = said.assessment.target_level
    return {
        "assessment": said.assessment,
        "content": said.content,
        "said": said,
        "progress": found,
        "between": groups.of_missing(said, found.attainment.missing_for(min(found.attainment.level + 1, target))),
    }


@blueprint.get("/assessments/<uuid:assessment_id>/level")
@requires(Permission.VIEW_ASSESSMENT, Assessment, *queries.ITS_OWN)
def show_level(assessment: Assessment) -> ResponseReturnValue:
    """What each level needs on top of the one below, and what of that is missing."""
    said = queries.material(db.session, assessment)
    facts = _facts(said)
    attainment = facts["progress"].attainment
    own = {
        one.rank: groups.of_missing(
            said,
            [item for item in attainment.missing_for(one.rank) if item.level == one.rank],
            known=attainment.missing_for(one.rank - 1),
        )
        for one in said.content.levels
    }
    return render_template(
        "employer/assessment/level.html",
        **facts,
        missing=own,
        steps=_steps(attainment),
        asks=_asks(said.content, said.assessment.organisation.size_band),
        typical=timing.took(said.assessment.organisation.size_band),
    )


def _steps(attainment: Attainment) -> dict[int, list[Step]]:
    """For each level, by rank: its rules, without the legal basics where a lower level asks for them already."""
    found: dict[int, list[Step]] = {}
    asked_for = False
    for step in attainment.steps:
        own = found.setdefault(step.level, [])
        if step.rule != "declarations" or not asked_for:
            own.append(step)
        asked_for = asked_for or step.rule == "declarations"
    return found


@blueprint.get("/assessments/<uuid:assessment_id>/check")
@requires(Permission.VIEW_ASSESSMENT, Assessment, *queries.ITS_OWN)
def check_assessment(assessment: Assessment) -> ResponseReturnValue:
    """Everything that was said, on one page, with what is missing on top."""
    said = queries.material(db.session, assessment)
    requests = cases.asked_now(db.session, assessment)
    open_criteria, open_declarations, open_figures = (cases.opened_by(assessment, requests, about) for about in About)
    numbers = returns.opened(assessment, open_figures, said.figures)
    facts = _facts(said, metric_values.last_time(db.session, said))
    before = latest(db.session, assessment) if requests else None
    changed = changing.since(assessment) or NOTHING
    return render_template(
        "employer/assessment/check.html",
        **facts,
        gaps=groups.of_gaps(said, facts["progress"].gaps),
        gone=[
            (one.before, said.answers[one.code])
            for one in changed.criteria
            if one.before is not None and one.is_gone and one.code in said.answers
        ],
        questions=_questions(said, requests, before, facts["progress"].figures) if before else (),
        may_change=lambda code: answers.is_open(assessment, code, open_criteria),
        may_declare=lambda code: answers.is_open(assessment, code, open_declarations),
        may_give=lambda name: name in numbers,
        draft=assessment.status is AssessmentStatus.DRAFT,
        to_mend=to_mend(said.evidence, on=today()),
        places=_short_places(assessment, facts["progress"]),
    )


def _short_places(assessment: Assessment, found: progress.Progress) -> dict[str, str]:
    """Where each question is answered on the short way, by its code, after the address of the assessment; none for an
    employer that is not offered it."""
    if short_path.offered(assessment) is None:
        return {}
    codes = [task.criterion.code for theme in found.themes for task in theme.tasks]
    places = {code: short_path.place(found, code) for code in codes}
    return {code: f"quick/{place[0]}#{place[1]}" for code, place in places.items() if place is not None}


@blueprint.route("/assessments/<uuid:assessment_id>/submit", methods=["GET", "POST"])
@requires(Permission.SUBMIT_ASSESSMENT, Assessment)
def submit_assessment(assessment: Assessment) -> ResponseReturnValue:
    """Declare the answers true, and send them. A form sent twice shows the same confirmation."""
    after = redirect(url_for(".submitted", assessment_id=assessment.id), 303)
    again = assessment.status is AssessmentStatus.MORE_INFORMATION
    coming = assessment.round + 1 if again else 1
    if not assessment.is_editable:
        return after
    form, second = SubmitForm(data={"declared_by": the_user().name, "round": str(coming)}), SecondOwnerForm()
    lonely = submission.second_owner_missing(db.session, assessment)
    if form.is_submitted() and number_in(form.round) != coming:
        return after  # the form of a submission that was made already
    said = queries.material(db.session, assessment)
    facts = _facts(said, metric_values.last_time(db.session, said))
    gaps: Sequence[progress.Gap] = facts["progress"].gaps
    if gaps:
        if form.is_submitted():
            flash("Your assessment was not sent, because something is missing. It is listed below.", "error")
        if all(gap.kind == "figures" and gap.code for gap in gaps):  # each is a reason to give, beside its field
            return redirect(url_for(".answer_figures", assessment_id=assessment.id, missing="why"), 303)
        return redirect(url_for(".check_assessment", assessment_id=assessment.id), 303)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                with_plan.submit(
                    session,
                    assessment,
                    declared_by=form.declared_by.data,
                    declared_role=form.declared_role.data,
                    by=the_user(),
                    at=now(),
                    on=today(),
                    only_owner=bool(second.only_owner.data) if lonely else None,
                )
        except Refusal as refusal:
            if not assessment.is_editable:  # the same form came a moment earlier
                return after
            form.refuse(refusal)
        else:
            return after
    page = render_template(
        "employer/assessment/submit.html",
        form=form,
        **facts,
        **sign_off.facts(said),
        again=again,
        second=second if lonely else None,
    )
    return page, 400 if form.errors or form.form_errors else 200


@blueprint.get("/assessments/<uuid:assessment_id>/submitted")
@requires(Permission.VIEW_ASSESSMENT, Assessment, *queries.ITS_OWN)
def submitted(assessment: Assessment) -> ResponseReturnValue:
    """We have it: its reference, what happens next, and by when."""
    last = queries.last_submission(db.session, assessment)
    if last is None or assessment.status is not AssessmentStatus.SUBMITTED:
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    return render_template(
        "employer/assessment/submitted.html",
        assessment=assessment,
        content=assessment.framework.content,
        submission=last,
        case=cases.of_assessment(db.session, assessment),
        pace=timing.pace().get(assessment.target_level),
        reference=reference(assessment),
    )


@blueprint.route("/assessments/<uuid:assessment_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.WITHDRAW_ASSESSMENT, Assessment)
def withdraw_assessment(assessment: Assessment) -> ResponseReturnValue:
    """Take the assessment back for good."""
    queries.with_its_own(db.session, assessment)
    if not assessment.is_open:
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    form = EmptyForm()
    if form.validate_on_submit():
        with transaction() as session:
            intake.withdraw(session, assessment, by=the_user(), at=now())
        flash("Your assessment is withdrawn. You can start a new one when you are ready.", "success")
        return redirect(employer_home(assessment.organisation), 303)
    return render_template(
        "employer/assessment/withdraw.html", form=form, assessment=assessment, content=assessment.framework.content
    )


def reference(assessment: Assessment) -> str:
    """A short name for an assessment that a person can read out on the phone: the random end of its id."""
    text = assessment.id.hex[-8:].upper()
    return f"{text[:4]}-{text[4:]}"


blueprint.add_app_template_global(reference, "assessment_reference")


@blueprint.app_template_filter("task_state")
def task_state(state: progress.TaskState) -> str:
    """How far a task is, in words."""
    return {
        "not_started": "Not started",
        "incomplete": "Incomplete",
        "to_check": "From last time",
        "completed": "Completed",
    }[state.value]
