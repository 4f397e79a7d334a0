"""The queue of cases, the page of one case, and each step that moves it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import abort, current_app, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter import staffing
from charter.admin import answers, as_one_goes, staff_surveys
from charter.admin.answers import AnswerPages
from charter.admin.base import on
from charter.admin.case_forms import RestForm, fitting_phrases, saved_said, with_phrase
from charter.admin.forms import (
    DEEDS,
    AskForm,
    ConflictForm,
    ModerateForm,
    RecommendForm,
    TurnDownForm,
    entries,
    given_in,
    level_in,
    levels,
)
from charter.admin.meetings import recording
from charter.aftercare import queries as concerns
from charter.assessment import evidence_files, library
from charter.assessment.models import Evidence, PrivacyReason, ScanState
from charter.assessment.queries import ITS_OWN
from charter.clock import now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.permissions import Permission, allows
from charter.review import (
    desk,
    findings,
    moderation,
    more_information,
    moved_figures,
    privacy,
    queries,
    recommendation,
    rest,
    seen,
    telling,
)
from charter.review.handing_out import allocation
from charter.review.models import About, Review, Subject
from charter.review.record import explanation
from charter.review.second import beside
from charter.review.status import ReviewStatus
from charter.review.timing import working_days
from charter.web.access import the_user
from charter.web.forms import EmptyForm

TIME_TO_ANSWER = 10
"""Working days that an employer is offered to answer, unless the assessor changes it."""
BAD = 400
THE_ASSESSMENT = joinedload(Review.assessment)
WITH_ITS_OWN = THE_ASSESSMENT.options(*ITS_OWN)
"""So that the page of a case asks for its assessment once."""


class ReviewsView(AnswerPages):
    """Cases: the queue, one case, and its steps."""

    permission = Permission.SEE_QUEUE
    what = "The queue: assessments that employers have sent, the one due first at the top."

    # Look ----------------------------------------------------------------------------------------------------------

    @expose("/<uuid:review_id>")
    @on(Permission.VIEW_CASE, Review, WITH_ITS_OWN, joinedload(Review.turns))
    def case_view(self, review: Review) -> ResponseReturnValue:
        """One case, whole: what was said beside what shows it, and what was found.

        The address says what lies open: `at`, a criterion; `saved`, the one just saved, so the next without a finding;
        `open=all`, everything.
        """
        return self._case(review, g.get("typed_before"), {})

    def _case(self, review: Review, typed: Any, refused: dict[str, Refusal], *, phrases_for: str | None = None) -> str:
        case = queries.case(db.session, review, by=the_user(), on=today())
        boxes = entries(case, typed, refused)
        at, saved = request.args.get("at"), request.args.get("saved")
        editable = desk.is_of(case, the_user()) and allows(the_user(), Permission.REVIEW_CASE, case.assessment)
        following = desk.following(case, saved or at) if editable else None
        shut = evidence_files.shut(db.session, (piece for pieces in case.said.evidence.values() for piece in pieces))
        unsaved = frozenset(code for code, entry in boxes.items() if entry.is_unsaved)
        recommending = RecommendForm() if editable and not following and not case.asking else None
        if recommending is not None:
            recommending.level.choices = levels(case.content, case.level)
        return self.render(
            "admin/reviews/case.html",
            case=case,
            entries=boxes,
            refused=refused,
            form=EmptyForm(),
            editable=editable,
            following=following,
            opened=desk.lying_open(
                case, at=at, following=following, unsaved=unsaved, everything=request.args.get("open") == "all"
            ),
            saved=case.content.criterion(saved) if saved else None,
            panel_items=recording.of_case(review),
            upheld=concerns.upheld_of(db.session, review.assessment.organisation_id),
            explained=review.decided_at is not None
            or (bool(case.moderations) and explanation.is_there(db.session, review.id)),
            shut=shut,
            in_place=library.in_place_of(db.session, _gone(case, shut)),
            staff_said=staff_surveys.surveyed(case),
            moderates=_moderates(case),
            clock=telling.clock_of(review, on=today()),
            waits=answers.waiting(review),
            recommending=recommending,
            rest=rest.of_case(case, on=today()) if following else None,
            phrases_for=phrases_for,
            phrases=fitting_phrases(phrases_for, boxes[phrases_for].given.outcome) if phrases_for in boxes else (),
        )

    # Work ----------------------------------------------------------------------------------------------------------

    @expose("/<uuid:review_id>/findings", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def findings_view(self, review: Review) -> ResponseReturnValue:
        """Save the findings of the page. What can stand is kept; what cannot is shown again beside its criterion."""
        if request.method == "GET" and g.get("typed_before"):  # a session ended while somebody typed: nothing is lost
            return self._case(review, g.typed_before, {})
        if as_one_goes.is_asked():
            return as_one_goes.save_one(
                review.assessment.framework.content,
                lambda session, given: findings.save_all(
                    session, allocation.locked(session, review), given=given, by=the_user(), at=now()
                ),
                lambda criterion, refusal: saved_said(review, criterion, refusal, at=now()),
            )
        if not EmptyForm().validate_on_submit():
            return redirect(url_for(".case_view", review_id=review.id))
        criteria = review.assessment.framework.content.criteria
        asked_for = request.form.get("insert") or request.form.get("phrases")
        if asked_for:
            return self._case(review, with_phrase(request.form), {}, phrases_for=asked_for)
        with transaction() as session:
            again = allocation.locked(session, review)
            refused = findings.save_all(session, again, given=given_in(request.form, criteria), by=the_user(), at=now())
        if refused:
            return self._case(review, request.form, dict(refused)), BAD
        flash("Your findings are saved.", "success")
        if request.form.get("then") == "rest-met":
            return redirect(url_for(".rest_met_view", review_id=review.id))
        saved = request.form.get("at")
        saved = (
            saved if saved in {criterion.code for criterion in criteria} else None
        )  # what was saved last: the page opens at the next without a finding
        return redirect(url_for(".case_view", review_id=review.id, saved=saved, _anchor="next" if saved else None))

    @expose("/<uuid:review_id>/phrases.json")
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def phrases_view(self, review: Review) -> ResponseReturnValue:
        """The phrases that fit a criterion (`criterion`), those for a finding (`outcome`) first."""
        found = fitting_phrases(request.args.get("criterion", ""), request.args.get("outcome"))
        return jsonify(phrases=[{"text": one.text, "short": one.short} for one in found])

    @expose("/<uuid:review_id>/rest-met", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def rest_met_view(self, review: Review) -> ResponseReturnValue:
        """Find to be met all that has what the framework asks for, after it was listed."""
        case = queries.case(db.session, review, by=the_user(), on=today())
        left = rest.of_case(case, on=today())
        form = RestForm.about(left)
        if form.validate_on_submit():
            chosen = form.criteria.data or []
            try:
                with transaction() as session:
                    done = rest.find_met(session, review, criteria=chosen, by=the_user(), at=now(), on=today())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"Found to be met: {len(done)}.", "success")
                return redirect(url_for(".case_view", review_id=review.id, _anchor="next"))
        return self._step("rest_met", review, form, rest=left)

    @expose("/<uuid:review_id>/claim", methods=("GET", "POST"))
    @on(Permission.CLAIM_CASE, Review, THE_ASSESSMENT)
    def claim_view(self, review: Review) -> ResponseReturnValue:
        """Take a case that waits."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                allocation.claim(session, review, by=the_user(), at=now())
            flash("This case is yours now.", "success")
            return redirect(url_for(".case_view", review_id=review.id))
        return self._step("claim", review, form)

    @expose("/<uuid:review_id>/release", methods=("GET", "POST"))
    @on(Permission.CLAIM_CASE, Review, THE_ASSESSMENT)
    def release_view(self, review: Review) -> ResponseReturnValue:
        """Give a case back to the queue."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                allocation.release(session, review, by=the_user(), at=now())
            flash("The case is back in the queue. Its findings are kept.", "success")
            return redirect(url_for(".case_view", review_id=review.id))
        return self._step("release", review, form)

    @expose("/<uuid:review_id>/conflict", methods=("GET", "POST"))
    @on(Permission.DECLARE_CONFLICT, Review, THE_ASSESSMENT)
    def conflict_view(self, review: Review) -> ResponseReturnValue:
        """Say that one has an interest in the employer."""
        form = ConflictForm()
        if form.validate_on_submit():
            with transaction() as session:
                employer = allocation.locked(session, review).assessment.organisation
                staffing.declare_interest(session, employer, reason=form.reason.data, by=the_user(), at=now())
            flash("Thank you. Somebody else will work on this employer's cases.", "success")
            return redirect(url_for(".index_view"))
        return self._step("conflict", review, form)

    @expose("/<uuid:review_id>/ask", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def ask_view(self, review: Review) -> ResponseReturnValue:
        """Ask the employer for more on chosen criteria, declarations and figures."""
        case = queries.case(db.session, review, by=the_user(), on=today())
        form = AskForm.about(case, **suggested(case))
        if form.validate_on_submit():
            assert form.answer_by.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    more_information.ask(
                        session,
                        review,
                        questions=form.asked(),
                        answer_by=form.answer_by.data,
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
                return self._ask(review, form)
            flash("Your questions are on their way to the employer.", "success")
            return redirect(url_for(".case_view", review_id=review.id))
        return self._ask(review, form)

    @expose("/<uuid:review_id>/evidence/<uuid:evidence_id>/turn-down", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def turn_down_view(self, review: Review, evidence_id: UUID) -> ResponseReturnValue:
        """Turn down a piece of evidence for privacy: its content is deleted, and the employer asked for another."""
        piece = db.session.get(Evidence, evidence_id)
        if piece is None or piece.organisation_id != review.assessment.organisation_id:
            abort(404)
        form = TurnDownForm()
        if form.validate_on_submit():
            reason = next((one for one in PrivacyReason if one.value == form.reason.data), PrivacyReason.OTHER)
            with transaction() as session:
                gone = privacy.turn_down(session, review, piece, reason=reason, by=the_user(), at=now())
            if gone is not None:
                evidence_files.forget(db.session, current_app.extensions["charter_store"], gone)
            flash("It is turned down and its content deleted. The employer was asked for another.", "success")
            return redirect(url_for(".case_view", review_id=review.id))
        return self._step("turn_down", review, form, piece=piece)

    def _ask(self, review: Review, form: AskForm) -> ResponseReturnValue:
        case = queries.case(db.session, review, by=the_user(), on=today())
        large = moved_figures.missing(case.assessment, case.said)
        page = self.render("admin/reviews/ask.html", case=case, form=form, large=large)
        return page, BAD if form.errors else 200

    @expose("/<uuid:review_id>/recommend", methods=("GET", "POST"))
    @on(Permission.REVIEW_CASE, Review, THE_ASSESSMENT)
    def recommend_view(self, review: Review) -> ResponseReturnValue:
        """Recommend a level."""
        form = RecommendForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    recommendation.recommend(
                        session,
                        review,
                        level=level_in(form.level),
                        reasons=form.reasons.data or "",
                        unsure=form.doubt.data or "" if form.unsure.data else None,
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("Your recommendation is with the moderators.", "success")
                return redirect(url_for(".case_view", review_id=review.id))
        return self._step("recommend", review, form, open_points=recommendation.unfound(db.session, review, on=today()))

    @expose("/<uuid:review_id>/moderate", methods=("GET", "POST"))
    @on(Permission.MODERATE_CASE, Review, THE_ASSESSMENT)
    def moderate_view(self, review: Review) -> ResponseReturnValue:
        """Agree with a recommendation, change it, or send it back."""
        if beside.of_case(db.session, review, by=the_user()).hidden:
            return redirect(url_for("second_looks.look_view", review_id=review.id))
        form = ModerateForm(seen_case=seen.mark(db.session, review))
        news: Sequence[seen.News] = ()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    moderate(session, review, form)
            except Refusal as refusal:
                news = form.refuse_unseen(refusal)
            else:
                flash(_became(review), "success")
                return redirect(url_for(".case_view", review_id=review.id))
        why_not = moderation.why_not(db.session, review, the_user())
        return self._step("moderate", review, form, why_not=why_not, news=news)

    def _step(self, name: str, review: Review, form: Any, **more: Any) -> ResponseReturnValue:
        """The page of one step: what it will do, and its form, filled with what was typed."""
        case = queries.case(db.session, review, by=the_user(), on=today())
        if "deed" in form:
            form.deed.choices = DEEDS
        if "level" in form:
            form.level.choices = levels(case.content, case.level)
        page = self.render(f"admin/reviews/{name}.html", case=case, form=form, **more)
        return page, BAD if form.errors else 200


def _moderates(case: queries.Case) -> bool:
    """Whether the person who looks may change single findings of a recommended case."""
    review, person = case.review, the_user()
    return (
        review.status is ReviewStatus.RECOMMENDED
        and not (case.conflicted or case.second.hidden)
        and allows(person, Permission.MODERATE_CASE, case.assessment)
        and person.id not in {review.recommended_by_id, review.assessor_id}
    )


def _gone(case: queries.Case, shut: Mapping[UUID, ScanState]) -> set[UUID]:
    """The pieces of a case whose content was deleted, for privacy or for a virus."""
    removed = {piece.id for pieces in case.said.evidence.values() for piece in pieces if piece.removed}
    return removed | {key for key, state in shut.items() if state is ScanState.INFECTED}


def _became(review: Review) -> str:
    """What a moderator's decision made of a case."""
    if review.status is ReviewStatus.DECIDED:
        return "The case is decided and the employer has been told."
    if review.status is ReviewStatus.WITH_PANEL:
        return "The case waits for the panel. The employer is told when the panel has decided."
    return recording.is_back(review)


def moderate(session: Any, review: Review, form: ModerateForm) -> None:
    """Call the verb that a moderator chose. Raises `Refusal` when it was none, or the rules say no."""
    deed, reasons = form.deed.data, form.reasons.data or ""
    seen.check(session, allocation.locked(session, review), form.seen_case.data or "")
    if deed == "agree":
        with_plan.agree(session, review, reasons=reasons, by=the_user(), at=now(), on=today())
    elif deed == "change":
        level = level_in(form.level)
        with_plan.change(session, review, level=level, reasons=reasons, by=the_user(), at=now(), on=today())
    elif deed == "send_back":
        moderation.send_back(session, review, reasons=reasons, by=the_user(), at=now())
    else:
        raise Refusal("Choose what you decide.", field="deed")


def suggested(case: queries.Case) -> dict[str, Any]:
    """How the form that asks for more opens: the criteria found to need more, with the feedback as a first question."""
    asking = {
        Subject(About.CRITERION, one.criterion.code).key: one.finding.feedback if one.finding else ""
        for one in case.asking
    }
    return {
        "questions": list(asking),
        "answer_by": working_days.after(today(), TIME_TO_ANSWER),
        **{f"question-{key}": feedback for key, feedback in asking.items()},
    }
