"""One criterion a page: answer it, see its evidence, go on to the next."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.assessment import answers, changing, comments, level, progress, queries, sign_off
from charter.assessment.models import Answer, Assessment
from charter.assessment.standing_in import done_for
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.asking import standing
from charter.framework.content import Content, Criterion, Extent, Need
from charter.permissions import Permission
from charter.review import queries as cases
from charter.review.models import About, InformationRequest, Subject
from charter.web.access import requires, the_user
from charter.web.employer import blueprint, commenting, timing
from charter.web.employer.commenting import CriterionForm
from charter.web.employer.forms import MAXIMUM, number_in


@blueprint.route("/assessments/<uuid:assessment_id>/criteria/<code>", methods=["GET", "POST"])
@requires(Permission.ANSWER_ASSESSMENT, Assessment, *queries.ITS_OWN)
def answer_criterion(assessment: Assessment, code: str) -> ResponseReturnValue:
    """Answer one criterion. What can be saved is, also when something else on the page is wrong."""
    criterion = asked_criterion(assessment, code)
    requests = cases.asked_now(db.session, assessment)
    open_criteria = cases.opened_by(assessment, requests)
    stored = queries.one_answer(db.session, assessment, code)
    form = CriterionForm.on(assessment.framework.content, criterion, stored.answer)
    only_comment = request.form.get("then") == "comment"
    if not answers.is_open(assessment, code, open_criteria):
        if only_comment and _commented(assessment, code, form):
            return redirect(_comments(assessment, code), 303)
        status = 400 if form.comment.errors else 409 if request.method == "POST" else 200
        return _page(assessment, requests, criterion, form, stored, frozen=True), status
    if not form.is_submitted():
        return _page(assessment, requests, criterion, form, stored)

    form.validate()
    said = form.said()
    if only_comment:
        added = _commented(assessment, code, form)
        if added and not _differs(said, stored.answer):
            return redirect(_comments(assessment, code), 303)
        page = _page(assessment, requests, criterion, form, stored, commented=added)
        return page, 200 if added else 400
    commenting.take(assessment, code, form)  # whatever button was pressed, a comment that was typed is kept
    wrong = answers.faults(assessment.framework.content, **said, on=today())
    wrong |= {name: str(errors[0]) for name, errors in form.errors.items() if name in said}
    for name in wrong:  # what cannot be saved stays as it was, and stays in its box
        said[name] = getattr(stored.answer, name) if stored.answer else NOTHING[name]
    saved: Answer | None = None
    try:
        if not wrong or any(said.values()):
            with transaction() as session:
                saved = answers.save(
                    session,
                    assessment,
                    criterion=code,
                    **said,
                    seen_version=number_in(form.seen_version),
                    seen=form.seen.data,
                    by=the_user(),
                    at=now(),
                    open_criteria=cases.open_criteria(session, assessment),
                )
                timing.count(session, assessment, code)
    except Stale:
        stored = queries.one_answer(db.session, assessment, code)
        form.saw(stored.answer)
        return _page(assessment, requests, criterion, form, stored, overtaken=True), 409
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(assessment, requests, criterion, form, queries.one_answer(db.session, assessment, code)), 400
    if wrong:
        for name, fault in wrong.items():
            form[name].errors = [fault]
        form.saw(saved)
        stored = queries.one_answer(db.session, assessment, code)
        return _page(assessment, requests, criterion, form, stored, rest_saved=saved is not None), 400
    if form.comment.errors:
        form.saw(saved)
        stored = queries.one_answer(db.session, assessment, code)
        return _page(assessment, requests, criterion, form, stored, rest_saved=saved is not None), 400
    onward = _onward(assessment, criterion, open_criteria)
    if request.form.get("then") != "evidence":
        _say_what_it_needs(assessment, criterion, saved)
    return redirect(onward, 303)


def _commented(assessment: Assessment, code: str, form: CriterionForm) -> bool:
    """Add the comment that the button is for."""
    if not form.comment.data:
        form.comment.errors = ["Write your comment."]
        return False
    return commenting.take(assessment, code, form)


def _comments(assessment: Assessment, code: str) -> str:
    return url_for(".answer_criterion", assessment_id=assessment.id, code=code, _anchor="comments")


def _differs(said: dict[str, Any], answer: Answer | None) -> bool:
    """Whether what was typed is something else than what is saved."""
    return any(new != (getattr(answer, name) if answer else NOTHING[name]) for name, new in said.items())


def _say_what_it_needs(assessment: Assessment, criterion: Criterion, answer: Answer | None) -> None:
    """When the answer was saved and is too little for its level, say so on the page that follows."""
    last = cases.last_feedback(db.session, assessment, criterion.code)
    needs = _more_needed(assessment, criterion, answer, last.promised if last else None)
    if needs is not None:
        found = progress.attainment(queries.material(db.session, assessment), on=today())
        reached = assessment.framework.content.level_title(found.level)
        flash(f"Saved: “{criterion.title}”. {needs} So far your answers reach: {reached}.", "notice")


def _more_needed(
    assessment: Assessment, criterion: Criterion, answer: Answer | None, promised: date | None
) -> str | None:
    """What a must, or what was planned at the last award by a day that is past, needs beyond its answer before its
    level can be reached, in a sentence; None when the answer does."""
    content = assessment.framework.content
    stands = standing(content, criterion, assessment.target_level)
    value = content.scale_value(answer.value) if answer else None
    if value is None or value.extent in {Extent.MET, Extent.NOT_APPLICABLE} or not level.counts_on(criterion, today()):
        return None
    broken = level.broken_promise(content, promised, today())
    if broken is not None:
        return f"{broken} Planning it once more is not enough."
    if not stands.is_must:
        return None
    enough = [one for one in content.scale if one.extent is Extent.MET]
    labels = "” or “".join(one.label for one in enough)
    hint = f" “{labels}” means: {enough[0].hint}" if len(enough) == 1 and enough[0].hint else ""
    return f"You said “{value.label}”. It is a must, so {stands.level.title} needs “{labels}”.{hint}"


NOTHING: dict[str, Any] = {
    "value": None,
    "explanation": "",
    "action": "",
    "action_owner": "",
    "action_due": None,
    "reason": "",
}


def asked_criterion(assessment: Assessment, code: str) -> Criterion:
    """The criterion, when it is one that this employer is asked."""
    queries.with_its_own(db.session, assessment)
    criterion = next((criterion for criterion in asked(assessment) if criterion.code == code), None)
    if criterion is None:
        abort(404)
    return criterion


def asked(assessment: Assessment) -> tuple[Criterion, ...]:
    """The criteria this employer is asked, theme by theme."""
    content = assessment.framework.content
    return queries.in_order(content, content.asked(assessment.target_level, queries.headcount_ceiling(assessment)))


def _onward(assessment: Assessment, criterion: Criterion, open_criteria: frozenset[str] | None) -> str:
    """Where the button that was pressed leads."""
    then = request.form.get("then")
    if then == "evidence":
        return f"/assessments/{assessment.id}/criteria/{criterion.code}/evidence"
    order = [item for item in asked(assessment) if open_criteria is None or item.code in open_criteria]
    place = order.index(criterion) + 1
    if then == "list" or place >= len(order):
        flash(f"Saved: {criterion.title}.", "success")
        return url_for(".show_assessment", assessment_id=assessment.id)
    return url_for(".answer_criterion", assessment_id=assessment.id, code=order[place].code)


def _page(
    assessment: Assessment,
    requests: Sequence[InformationRequest],
    criterion: Criterion,
    form: CriterionForm,
    stored: queries.OneAnswer,
    *,
    frozen: bool = False,
    overtaken: bool = False,
    rest_saved: bool = False,
    commented: bool = False,
) -> str:
    content = assessment.framework.content
    order = asked(assessment)
    stand_in = stored.stand_in(content, criterion.code, on=today())
    own = {criterion.code: stored.answer.value if stored.answer else None}
    done = stand_in is not None and criterion.code in done_for({criterion.code: stand_in}, own)
    evidenced = any(not use.evidence.is_infected for use in stored.evidence) or stand_in is not None
    last = cases.last_feedback(db.session, assessment, criterion.code)
    due = last.promised if last else None
    lacks = None if done else level.why_not(content, criterion, stored.answer, evidenced, today(), promised=due)
    return render_template(
        "employer/assessment/criterion.html",
        assessment=assessment,
        content=content,
        criterion=criterion,
        place=order.index(criterion) + 1,
        places=len(order),
        form=form,
        stored=stored,
        scale=[(value, asks(value.value, content)) for value in content.scale if _offered(value.value, form)],
        needed_for=lambda what: [value.label for value in content.scale if what in asks(value.value, content)],
        lacks=lacks,
        more_needed=_more_needed(assessment, criterion, stored.answer, due),
        standing=standing(content, criterion, assessment.target_level),
        stand_in=stand_in,
        done=done,
        change=(found.of_criterion.get(criterion.code) if (found := changing.since(assessment)) else None),
        to_check=stored.answer is not None and stored.answer.is_to_check and lacks is None,
        last=last,
        evidence_types=[kind.title for kind in content.evidence_rules.types if kind.code in criterion.evidence_types],
        request_for_more=next(
            (one for one in requests if one.subject == Subject(About.CRITERION, criterion.code)), None
        ),
        frozen=frozen,
        overtaken=overtaken,
        rest_saved=rest_saved,
        commented=commented,
        talk=comments.about(db.session, assessment, criterion.code),
        comment_limit=comments.TEXT_LIMIT,
        person=the_user(),
        maximum=MAXIMUM,
        approval=None if frozen else sign_off.approved_as_it_is(db.session, assessment, at=now(), on=today()),
    )


def _offered(value: str, form: CriterionForm) -> bool:
    return any(value == choice.value for choice in form.value.choices)


def asks(value: str, content: Content) -> list[str]:
    """What a value of the scale asks for besides itself, or makes room for: parts of the answer's form."""
    chosen = content.scale_value(value)
    assert chosen is not None
    parts = []
    if chosen.needs is Need.EXPLANATION or chosen.extent is Extent.MET:
        parts.append("explanation")
    if answers.plans(content, value):
        parts.append("action")
    if chosen.needs is Need.REASON or chosen.extent is Extent.NOT_APPLICABLE:
        parts.append("reason")
    return parts
