"""The shorter way for small employers: a theme on one page, each question saved by itself."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, TextAreaField

from charter.assessment import answers, progress, queries, short_path, sign_off
from charter.assessment.models import Assessment, EvidenceUse
from charter.assessment.progress import CriterionTask
from charter.assessment.queries import Material
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Criterion, Extent, Need
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint, timing
from charter.web.employer.answering import NOTHING, asks
from charter.web.employer.forms import MAXIMUM, AnswerForm, number_in
from charter.web.forms import BaseForm, EmptyForm, stripped


class QuickForm(AnswerForm):
    """One answer, and a short account where it needs evidence."""

    account = TextAreaField("Write how you would show it", filters=[stripped])
    keep_theirs = BooleanField("Keep this one and drop mine")


@dataclass
class Question:
    """One question of the page."""

    task: CriterionTask
    form: BaseForm
    evidence: tuple[EvidenceUse, ...]
    stood_in: bool
    """Whether another scheme's award stands in for evidence."""
    overtaken: str | None = None
    """Who saved another answer meanwhile: the name, or words for it."""
    dropped: bool = False
    """Whether the person chose the answer of a colleague over their own."""
    saved: bool = False

    @property
    def criterion(self) -> Criterion:
        """What is asked."""
        return self.task.criterion

    @property
    def takes_account(self) -> bool:
        """Whether there is room for a short account."""
        return (
            self.criterion.evidence_required
            and not self.stood_in
            and all(use.evidence.is_infected for use in self.evidence)
        )


@blueprint.route("/assessments/<uuid:assessment_id>/quick/<theme>", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment)
def answer_theme(assessment: Assessment, theme: str) -> ResponseReturnValue:
    """Answer the questions of one theme. What can be saved of each is, whatever is wrong with the others."""
    queries.with_its_own(db.session, assessment)
    if short_path.offered(assessment) is None:
        flash(short_path.CLOSED, "notice")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    said = queries.material(db.session, assessment)
    pages = [page.theme.code for page in short_path.pages(progress.progress(said, on=today()))]
    if theme not in pages:
        abort(404)
    form = EmptyForm()
    questions = _questions(said, theme)
    if not form.validate_on_submit():
        return _page(said, theme, pages, form, questions)
    for question in questions:
        _save(assessment, said, question)
    if any(question.saved for question in questions):
        with transaction() as session:
            timing.count(session, assessment, theme, [question.criterion.code for question in questions])
    if any(question.form.errors or question.overtaken for question in questions):
        again = queries.material(db.session, assessment)
        for question, fresh in zip(questions, _questions(again, theme, unsent=True), strict=True):
            question.task, question.evidence = fresh.task, fresh.evidence
            if question.dropped:
                question.form = fresh.form
            question.form["seen_version"].data = fresh.form["seen_version"].data
            question.form["seen"].data = fresh.form["seen"].data
        stale = any(question.overtaken for question in questions)
        return _page(again, theme, pages, form, questions), 409 if stale else 400
    found = progress.progress(queries.material(db.session, assessment), on=today())
    unfinished = short_path.unfinished(found)
    place = pages.index(theme) + 1
    if place < len(pages) or request.form.get("then") == "list":
        here = [task for task in unfinished if task.criterion.theme == theme and task.lacks]
        if here:
            flash(
                f"Saved, but not finished. {' '.join(f'“{one.criterion.title}”: {one.lacks}' for one in here)}",
                "notice",
            )
    if request.form.get("then") == "list":
        if not here:
            flash(f"Saved: {said.content.theme(theme).title}.", "success")
        return redirect(url_for(".show_assessment", assessment_id=assessment.id), 303)
    if place < len(pages):
        return redirect(url_for(".answer_theme", assessment_id=assessment.id, theme=pages[place]), 303)
    if unfinished:
        return redirect(url_for(".answer_declarations", assessment_id=assessment.id, after="short-way"), 303)
    flash("That was the last theme. Now the legal basics and a few numbers.", "success")
    return redirect(url_for(".answer_declarations", assessment_id=assessment.id), 303)


def _questions(said: Material, theme: str, *, unsent: bool = False) -> list[Question]:
    """The questions of a theme that count today, with their forms. `unsent` forms hold only what is saved."""
    found = progress.progress(said, on=today())
    evidenced = said.evidenced(today())
    options: dict[str, Any] = {"meta": {"csrf": False}} | ({"formdata": None} if unsent else {})
    return [
        Question(
            task,
            QuickForm.on(
                said.content,
                task.criterion,
                said.answers.get(task.criterion.code),
                prefix=f"{task.criterion.code}-",
                **options,
            ),
            said.evidence.get(task.criterion.code, ()),
            task.criterion.code in evidenced - queries.supported(said.evidence),
        )
        for page in found.themes
        if page.theme.code == theme
        for task in page.tasks
        if task.counts
    ]


def _save(assessment: Assessment, said: Material, question: Question) -> None:
    """Save what can be saved of one question; put what is wrong beside its fields."""
    form, code = question.form, question.criterion.code
    if form.keep_theirs.data:
        question.dropped = True
        return
    there = said.answers.get(code)
    form.validate()
    typed = form.said()
    wrong = answers.faults(said.content, **typed, on=today())
    wrong |= {name: str(errors[0]) for name, errors in form.errors.items() if name in typed}
    for name in wrong:
        typed[name] = getattr(there, name) if there else NOTHING[name]
    account = form.account.data if question.takes_account else ""
    try:
        if any(typed.values()):
            with transaction() as session:
                answers.save(
                    session,
                    assessment,
                    criterion=code,
                    **typed,
                    seen_version=number_in(form.seen_version),
                    seen=form.seen.data,
                    by=the_user(),
                    at=now(),
                )
                question.saved = True
        if account:
            with transaction() as session:
                short_path.add_account(session, assessment, question.criterion, text=account, by=the_user(), at=now())
            form.account.data = ""
    except Stale:
        theirs = queries.one_answer(db.session, assessment, code)
        own = theirs.answer is not None and theirs.answer.saved_by_id == the_user().id
        question.overtaken = "You" if own else theirs.saved_by or "A colleague"
    except Refusal as refusal:
        form.refuse(refusal)
    for name, fault in wrong.items():
        form[name].errors = [fault]


def _page(said: Material, theme: str, pages: list[str], form: BaseForm, questions: list[Question]) -> str:
    content = said.content
    met = [value.value for value in content.scale if value.extent is Extent.MET]

    def parts(question: Question, value: str) -> list[str]:
        """What a value makes room for. A short account says already what is in place."""
        found = asks(value, content)
        if value in met and question.takes_account:
            return [part for part in found if part != "explanation"] + ["account"]
        return found

    return render_template(
        "employer/assessment/quick.html",
        assessment=said.assessment,
        content=content,
        theme=content.theme(theme),
        approval=sign_off.approved_as_it_is(db.session, said.assessment, at=now(), on=today()),
        place=pages.index(theme) + 1,
        places=len(pages),
        short=short_path.offered(said.assessment),
        form=form,
        questions=questions,
        answers=said.answers,
        scale={
            question.criterion.code: [
                (value, parts(question, value.value))
                for value in content.scale
                if any(value.value == choice.value for choice in question.form.value.choices)
            ]
            for question in questions
        },
        optional="” or “".join(
            value.label
            for value in content.scale
            if "explanation" in asks(value.value, content) and value.needs is not Need.EXPLANATION
        ),
        maximum=MAXIMUM,
    )
