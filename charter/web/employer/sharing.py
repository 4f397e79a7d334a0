"""Whose each task of an assessment is: all at once, or one; and who did what."""

from collections.abc import Mapping
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from charter.assessment import history, progress, queries, sharing
from charter.assessment.models import Assessment
from charter.assessment.progress import TaskState
from charter.assessment.sharing import Board, Holder
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.organisation import queries as organisations
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import BaseForm, choice_in, page_asked_for

NOBODY = ""
REST = "rest"
"""All tasks that nobody has yet and that are to do; else a theme is named."""
THEME = "theme-"


@blueprint.route("/assessments/<uuid:assessment_id>/sharing", methods=["GET", "POST"])
@requires(Permission.SHARE_ASSESSMENT, Assessment)
def share_assessment(assessment: Assessment) -> ResponseReturnValue:
    """Give every task to somebody, one select each, or many at once. What a colleague changed meanwhile stays."""
    queries.with_its_own(db.session, assessment)
    board = sharing.board(db.session, assessment)
    if not assessment.is_open:
        return _table(assessment, board, None), 409 if request.method == "POST" else 200
    form = _form(assessment, board)
    if not form.validate_on_submit():
        return _table(assessment, board, form), 400 if form.errors else 200
    several, to = form["several"], form["several_to"]
    for missing, other, sentence in (
        (to, several, "Choose who answers them."),
        (several, to, "Choose which ones."),
    ):
        if other.data and not missing.data:
            missing.errors = [sentence]
            return _table(assessment, board, form), 400
    wanted, seen = _wanted(form, "who-"), _wanted(form, "seen-")
    wanted |= _several(assessment, form, wanted, seen)
    try:
        with transaction() as session:
            outcome = sharing.assign(session, assessment, wanted=wanted, seen=seen, by=the_user(), at=now())
    except Refusal as refusal:
        form.refuse(refusal)
        return _table(assessment, board, form), 400
    if outcome.overtaken:
        board = sharing.board(db.session, assessment)
        for task, person_id in wanted.items():  # the form is about what is so now, but for what has to be chosen
            form[f"seen-{task}"].data = _holder(board, task)
            there = str(person_id or NOBODY) if task in outcome.overtaken else _holder(board, task)
            form[f"who-{task}"].data = there
        form["several"].data = form["several_to"].data = NOBODY
        return _table(assessment, board, form, overtaken=outcome.overtaken, changed=outcome.changed), 409
    flash(_said(outcome.changed), "success")
    return redirect(url_for(".share_assessment", assessment_id=assessment.id), 303)


def _said(changed: int) -> str:
    if not changed:
        return "Saved. Nothing changed."
    return "Saved: 1 question changed hands." if changed == 1 else f"Saved: {changed} questions changed hands."


def _wanted(form: BaseForm, prefix: str) -> dict[str, UUID | None]:
    """Whom each select (or hidden field) names, by task."""
    return {field.name.removeprefix(prefix): choice_in(field.data) for field in form if field.name.startswith(prefix)}


def _several(
    assessment: Assessment, form: BaseForm, wanted: Mapping[str, UUID | None], seen: Mapping[str, UUID | None]
) -> dict[str, UUID | None]:
    """What the choice for many at once adds: it leaves alone what was also chosen one by one."""
    what, to = form["several"].data, form["several_to"].data
    if not what or not to:
        return {}
    content = assessment.framework.content
    untouched = [task for task in wanted if wanted[task] == seen.get(task)]
    if what == REST:
        states = sharing.states(progress.progress(queries.material(db.session, assessment), on=today()))
        done = {task for task, state in states.items() if state is TaskState.COMPLETED}
        chosen = [task for task in untouched if seen.get(task) is None and task not in done]
    else:
        chosen = [
            task for task in untouched if (criterion := content.criterion(task)) and f"{THEME}{criterion.theme}" == what
        ]
    return dict.fromkeys(chosen, choice_in(to))


def _form(assessment: Assessment, board: Board) -> BaseForm:
    content, tasks = assessment.framework.content, sharing.tasks(assessment)
    people = _people(assessment)
    themes = [theme for theme in content.themes if any(_theme(content, task) == theme.code for task in tasks)]
    fields: dict[str, object] = {
        "several": SelectField(
            "Which ones?",
            choices=[
                SelectChoice(NOBODY, "Choose"),
                SelectChoice(REST, "All that nobody has yet and that are not done"),
                *(SelectChoice(f"{THEME}{theme.code}", f"All of {theme.title}") for theme in themes),
            ],
        ),
        "several_to": SelectField("Who answers them?", choices=[SelectChoice(NOBODY, "Choose"), *people]),
    }
    for task in tasks:
        holder = _holder(board, task)
        fields[f"who-{task}"] = SelectField(
            sharing.title(content, task),
            choices=[SelectChoice(NOBODY, "Nobody yet"), *people],
            default=holder,
            validate_choice=False,
        )
        fields[f"seen-{task}"] = HiddenField(default=holder)
    made: BaseForm = type("SharingForm", (BaseForm,), fields)()
    return made


def _theme(content: Content, task: str) -> str | None:
    criterion = content.criterion(task)
    return criterion.theme if criterion else None


def _holder(board: Board, task: str) -> str:
    holder = board.holders.get(task)
    return str(holder.id) if holder else NOBODY


def _people(assessment: Assessment) -> list[SelectChoice]:
    """The team, oneself first."""
    me = the_user().id
    team = sorted(organisations.team(db.session, assessment.organisation), key=lambda one: one.user_id != me)
    return [
        SelectChoice(str(one.user_id), f"{one.user.name} (you)" if one.user_id == me else one.user.name)
        for one in team
        if one.user.disabled_at is None
    ]


def _table(
    assessment: Assessment,
    board: Board,
    form: BaseForm | None,
    *,
    overtaken: Mapping[str, Holder | None] | None = None,
    changed: int = 0,
) -> str:
    content, tasks = assessment.framework.content, sharing.tasks(assessment)
    groups = [
        (theme.title, own)
        for theme in content.themes
        if (own := [task for task in tasks if _theme(content, task) == theme.code])
    ]
    found = progress.progress(queries.material(db.session, assessment), on=today())
    return render_template(
        "employer/sharing/table.html",
        assessment=assessment,
        content=content,
        board=board,
        form=form,
        groups=[*groups, ("The basics and your numbers", list(sharing.PAGES))],
        states=sharing.states(found),
        title_of=lambda task: sharing.title(content, task),
        overtaken=overtaken or {},
        changed=changed,
        alone=len(form["several_to"].choices) <= 2 if form else False,
    )


class GiveForm(BaseForm):
    """Whose one task is."""

    who = RadioField("Who answers it?", validate_choice=False)
    seen = HiddenField()


@blueprint.route("/assessments/<uuid:assessment_id>/sharing/<code>", methods=["GET", "POST"])
@requires(Permission.SHARE_ASSESSMENT, Assessment)
def give_task(assessment: Assessment, code: str) -> ResponseReturnValue:
    """Give one task to somebody, or take it back."""
    queries.with_its_own(db.session, assessment)
    if code not in sharing.tasks(assessment):
        abort(404)
    content, back = assessment.framework.content, sharing.address(assessment, code)
    if not assessment.is_open:
        flash(sharing.CLOSED, "notice")
        return redirect(back, 303)
    board = sharing.board(db.session, assessment)
    holder = _holder(board, code)
    form = GiveForm(data={"who": holder, "seen": holder})
    form.who.choices = [*_people(assessment), SelectChoice(NOBODY, "Nobody yet")]
    overtaken: Mapping[str, Holder | None] = {}
    if form.validate_on_submit():
        try:
            with transaction() as session:
                outcome = sharing.assign(
                    session,
                    assessment,
                    wanted={code: choice_in(form.who.data)},
                    seen={code: choice_in(form.seen.data)},
                    by=the_user(),
                    at=now(),
                )
        except Refusal as refusal:
            form.refuse(Refusal(str(refusal), field="who"))
        else:
            overtaken = outcome.overtaken
            if not overtaken:
                flash(f"Saved: {sharing.title(content, code)}.", "success")
                return redirect(back, 303)
            form.seen.data = str(there.id) if (there := overtaken[code]) else NOBODY
    page = render_template(
        "employer/sharing/give.html",
        assessment=assessment,
        title=sharing.title(content, code),
        form=form,
        back_to=back,
        overtaken=code in overtaken,
        theirs=overtaken.get(code),
    )
    return page, 409 if overtaken else 400 if form.errors else 200


@blueprint.get("/assessments/<uuid:assessment_id>/history")
@requires(Permission.VIEW_ASSESSMENT, Assessment)
def show_history(assessment: Assessment) -> ResponseReturnValue:
    """Who saved each answer last, and everything that happened, the newest first."""
    queries.with_its_own(db.session, assessment)
    known = history.names(db.session, assessment)
    return render_template(
        "employer/sharing/history.html",
        assessment=assessment,
        content=assessment.framework.content,
        saved=history.last_saved(db.session, assessment, known),
        found=history.happened(db.session, assessment, known, page=page_asked_for(request.args.get("page"))),
        address=lambda task: sharing.address(assessment, task),
        url=lambda page: url_for(".show_history", assessment_id=assessment.id, page=page, _anchor="happened"),
    )
