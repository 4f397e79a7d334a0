"""Second looks at cases: the lot, a second person's own findings, what two people settle, and how far they agree."""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin import as_one_goes
from charter.admin.base import ActionView, on
from charter.admin.forms import given_in
from charter.admin.reviews import BAD, THE_ASSESSMENT, WITH_ITS_OWN
from charter.admin.second_look_forms import ChangeForm, ConversationForm, SettleForm, ShareForm, entries, own_said
from charter.assessment import evidence_files
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.organisation import interests
from charter.permissions import Permission
from charter.reporting import exports
from charter.review import queries
from charter.review.findings import of_review, requests_of, standing
from charter.review.models import Review
from charter.review.second import agreement, beside, conversations, kappa, overruling, sampling, second_looks
from charter.review.second.conversations import Details
from charter.review.second.second_models import ConversationKind, LookKind, SecondFinding, SecondLook
from charter.review.status import ReviewStatus
from charter.web.access import the_user
from charter.web.forms import EmptyForm, page_asked_for


class SecondLooksView(ActionView):
    """Which cases get a second look, what it finds, and what that says of the criteria."""

    permission = Permission.SEE_QUEUE
    what = "Which cases a second person looks at question by question, and how far the two agree."

    # The lot -------------------------------------------------------------------------------------------------------

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The share, its history, and the lots drawn, so that anybody can work them out again."""
        page = page_asked_for(request.args.get("page"))
        asked = lots_asked(request.args)
        found, total = sampling.draws(db.session, asked, page=page)
        return self.render(
            "admin/second_looks/index.html",
            share=sampling.share(db.session, at=now()),
            history=sampling.history(db.session),
            found=found,
            total=total,
            asked=asked,
            kept=kept(asked),
            page=page,
            pages=max(1, -(-total // sampling.LISTED)),
            content=publishing.current(db.session).content,
        )

    @expose("/lots.csv")
    def lots_view(self) -> ResponseReturnValue:
        """Every lot as a file, narrowed as the list is."""
        columns = ("drawn_at", "case", "seed", "share_in_100", "value_of_10000", "second_look")
        rows = [
            (_moment(one.at), str(one.review_id), one.seed, one.percent, one.value, "yes" if one.drawn else "no")
            for one in sampling.all_draws(db.session, lots_asked(request.args))
        ]
        return _file("second-looks", exports.Table(columns, rows))

    @expose("/share", methods=("GET", "POST"))
    @on(Permission.SET_SAMPLE)
    def share_view(self) -> ResponseReturnValue:
        """Draw another share of the cases from now on."""
        form = ShareForm(percent=sampling.share(db.session, at=now()))
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    sampling.set_share(session, form.percent.data or 0, by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The new share holds for cases that are recommended from now on.", "success")
                return redirect(url_for(".index_view"))
        page = self.render("admin/second_looks/share.html", form=form)
        return page, BAD if form.errors else 200

    # Agreement -----------------------------------------------------------------------------------------------------

    @expose("/agreement")
    @on(Permission.SEE_AGREEMENT)
    def agreement_view(self) -> ResponseReturnValue:
        """How far the two people who look at a case agree, criterion by criterion, the least clear first."""
        kind = _kind(request.args.get("kind"))
        content = publishing.current(db.session).content
        return self.render(
            "admin/second_looks/agreement.html",
            found=agreement.by_criterion(db.session, content, kind=kind),
            kind=kind,
            kinds=LookKind,
            fewest=kappa.FEWEST,
        )

    @expose("/agreement.csv")
    @on(Permission.SEE_AGREEMENT)
    def agreement_file_view(self) -> ResponseReturnValue:
        """The same as a file."""
        kind = _kind(request.args.get("kind"))
        found = agreement.by_criterion(db.session, publishing.current(db.session).content, kind=kind)
        columns = ("code", "title", "theme", "pairs", "same", "kappa", "standard_error", "low_95", "high_95")
        listed = [(one.code, one.title, one.theme, one.agreement) for one in found.criteria]
        rows = [
            (
                code,
                title,
                theme,
                one.pairs,
                one.same,
                *(_decimals(value) for value in (one.kappa, one.error, *(one.interval or (None, None)))),
            )
            for code, title, theme, one in [*listed, ("", "All criteria together", "", found.together)]
        ]
        return _file("agreement", exports.Table(columns, rows))

    # One case ------------------------------------------------------------------------------------------------------

    @expose("/<uuid:review_id>", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, WITH_ITS_OWN)
    def look_view(self, review: Review) -> ResponseReturnValue:
        """Make one's own findings without seeing the first ones; then both, side by side."""
        if request.method == "GET":
            return self._look(review, g.get("typed_before"), {})
        if as_one_goes.is_asked():
            return as_one_goes.save_one(
                review.assessment.framework.content,
                lambda session, given: second_looks.save_all(session, review, given=given, by=the_user(), at=now()),
                lambda criterion, refusal: own_said(review, criterion, refusal, by=the_user(), at=now()),
            )
        if not EmptyForm().validate_on_submit():
            return redirect(url_for(".look_view", review_id=review.id))
        criteria = review.assessment.framework.content.criteria
        with transaction() as session:
            refused = second_looks.save_all(
                session, review, given=given_in(request.form, criteria), by=the_user(), at=now()
            )
        if refused:
            return self._look(review, request.form, dict(refused)), BAD
        if request.form.get("deed") == "compare":
            with transaction() as session:
                second_looks.compare(session, review, by=the_user(), at=now())
            flash("Your findings are saved. Here are both, side by side.", "success")
            return redirect(url_for(".look_view", review_id=review.id))
        flash("Your findings are saved.", "success")
        saved = request.form.get("at")
        saved = saved if saved in {one.code for one in criteria} else None
        return redirect(url_for(".look_view", review_id=review.id, saved=saved, _anchor="next" if saved else None))

    def _look(self, review: Review, typed: Any, refused: dict[str, Refusal]) -> str:
        case = queries.case(db.session, review, by=the_user(), on=today())
        mine = case.second.of(the_user(), case.assessment.round)
        why_not = None
        if mine is None or mine.compared_at is None:
            try:
                second_looks.kind_now(db.session, review, the_user())
            except Refusal as refusal:
                why_not = str(refusal)
            else:
                return self._form(case, typed, refused)
        look = mine or _shown(case)
        if look is None or look.compared_at is None or case.second.hidden:
            return str(self.render("admin/second_looks/nothing.html", case=case, why_not=why_not, look=look))
        found = [one for one in case.second.found if one.look.by_id == look.by_id]
        second = standing(found, case.requests, case.assessment.round)
        first = {one.criterion.code: one.finding for one in _criteria(case) if one.finding}
        pairs = second_looks.pairs(first, second, [one.criterion.code for one in _criteria(case)])
        return str(
            self.render(
                "admin/second_looks/compare.html",
                case=case,
                look=look,
                differing=[one for one in pairs if one.differs],
                same=[one for one in pairs if not (one.differs or one.is_alone)],
                alone=[one for one in pairs if one.is_alone],
                settles=review.status is ReviewStatus.IN_REVIEW
                and look.kind is LookKind.ASSESSOR
                and the_user().id in {look.by_id, review.assessor_id},
                moderates=review.status is ReviewStatus.RECOMMENDED and look.by_id == the_user().id,
            )
        )

    def _form(self, case: queries.Case, typed: Any, refused: dict[str, Refusal]) -> str:
        mine = [one for one in case.second.found if one.look.by_id == the_user().id]
        own = standing(mine, case.requests, case.assessment.round)
        boxes = entries(case, own, typed, refused)
        needed = {one.code for one in second_looks.needed(db.session, case.review, on=today())}
        order = [one.criterion.code for one in _criteria(case)]
        left = [code for code in order if code in needed and (code not in own or own[code].outcome is None)]
        asked = request.args.get("saved")
        below = order[order.index(asked) + 1 :] if asked in order else order
        following = next((code for code in left if code in below), left[0] if left else None)
        opened = {following, request.args.get("at"), *refused, *(code for code, box in boxes.items() if box.is_unsaved)}
        return str(
            self.render(
                "admin/second_looks/look.html",
                case=case,
                form=EmptyForm(),
                entries=boxes,
                refused=refused,
                needed=needed,
                left=left,
                following=following,
                opened=order if request.args.get("open") == "all" else opened,
                editable=False,
                shut=evidence_files.shut(db.session, (one for all in case.said.evidence.values() for one in all)),
                in_place={},
            )
        )

    @expose("/<uuid:review_id>/take", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, THE_ASSESSMENT)
    def take_view(self, review: Review) -> ResponseReturnValue:
        """Become the second assessor of a case."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                second_looks.take(session, review, by=the_user(), at=now())
            flash("You are the second assessor of this case.", "success")
            return redirect(url_for(".look_view", review_id=review.id))
        why_not = None
        try:
            second_looks.check_takes(db.session, review, the_user())
        except Refusal as refusal:
            why_not = str(refusal)
        return self._step("take", review, form, why_not=why_not)

    @expose("/<uuid:review_id>/give-back", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, THE_ASSESSMENT)
    def give_back_view(self, review: Review) -> ResponseReturnValue:
        """Step back as the second assessor."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                second_looks.give_back(session, review, by=the_user(), at=now())
            flash("The case needs another second assessor now.", "success")
            return redirect(url_for("reviews.case_view", review_id=review.id))
        return self._step("give_back", review, form)

    @expose("/<uuid:review_id>/compare", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, THE_ASSESSMENT)
    def compare_view(self, review: Review) -> ResponseReturnValue:
        """Put both people's findings side by side."""
        form = EmptyForm()
        if form.validate_on_submit():
            with transaction() as session:
                second_looks.compare(session, review, by=the_user(), at=now())
            flash("Here are both findings, side by side.", "success")
            return redirect(url_for(".look_view", review_id=review.id))
        return self._step("compare_now", review, form)

    @expose("/<uuid:review_id>/settle/<criterion>", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, THE_ASSESSMENT)
    def settle_view(self, review: Review, criterion: str) -> ResponseReturnValue:
        """Settle where two assessors differ on one criterion."""
        look = second_looks.second_assessor(db.session, review)
        own = self._own(review, look, criterion)
        if own is None:
            return redirect(url_for(".look_view", review_id=review.id))
        first = _first(review).get(criterion)
        is_second = look is not None and look.by_id == the_user().id
        form = SettleForm(seen=str(own.version))
        if form.validate_on_submit():
            seen = int(form.seen.data) if (form.seen.data or "").isdigit() else 0
            try:
                with transaction() as session:
                    if form.deed.data == "come_round":
                        second_looks.come_round(session, review, criterion, seen_version=seen, by=the_user(), at=now())
                    elif form.deed.data == "leave":
                        second_looks.leave_open(
                            session,
                            review,
                            criterion,
                            reason=form.reason.data or "",
                            seen_version=seen,
                            by=the_user(),
                            at=now(),
                        )
                    else:
                        raise Refusal("Choose what you do.", field="deed")
            except Refusal as refusal:
                if isinstance(refusal, Stale):
                    db.session.expire_all()
                    form.seen.data = str(own.version)
                form.refuse(refusal)
            else:
                flash("Settled.", "success")
                return redirect(url_for(".look_view", review_id=review.id))
        form.deed.choices = [
            *([("come_round", "Take the first assessor’s finding")] if is_second else []),
            ("leave", "Leave both findings as they are, with a note"),
        ]
        return self._step("settle", review, form, code=criterion, first=first, own=own, is_second=is_second)

    def _own(self, review: Review, look: SecondLook | None, criterion: str) -> SecondFinding | None:
        """What the second assessor found on a criterion, for those who may see it."""
        if look is None or look.compared_at is None:
            return None
        shown = beside.of_case(db.session, review, by=the_user())
        found = [one for one in shown.found if one.look.by_id == look.by_id]
        own = standing(found, requests_of(db.session, review.id), review.assessment.round).get(criterion)
        return None if shown.hidden else own

    @expose("/<uuid:review_id>/change/<criterion>", methods=("GET", "POST"))
    @on(Permission.MODERATE_CASE, Review, THE_ASSESSMENT)
    def change_view(self, review: Review, criterion: str) -> ResponseReturnValue:
        """Change the finding on one criterion, with a reason."""
        if beside.of_case(db.session, review, by=the_user()).hidden:
            return redirect(url_for(".look_view", review_id=review.id))
        first = _first(review).get(criterion)
        content = review.assessment.framework.content
        asked = content.criterion(criterion)
        if first is None or asked is None:
            return redirect(url_for("reviews.case_view", review_id=review.id))
        form = ChangeForm(
            outcome=first.outcome,
            feedback=first.feedback,
            seen_outcome=first.outcome or "",
            seen_feedback=first.feedback,
        )
        form.outcome.choices = [
            (one.value, one.label)
            for one in content.outcomes
            if not one.asks_employer and (one.extent.value != "not_applicable" or asked.not_applicable_allowed)
        ]
        current = None
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    overruling.change_finding(
                        session,
                        review,
                        criterion=criterion,
                        outcome=form.outcome.data,
                        feedback=form.feedback.data or "",
                        reason=form.reason.data or "",
                        seen=(form.seen_outcome.data or None, form.seen_feedback.data or ""),
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                if isinstance(refusal, Stale):
                    current = _first(review).get(criterion)
                    assert current is not None, "somebody changed it"
                    form.seen_outcome.data, form.seen_feedback.data = current.outcome or "", current.feedback
                form.refuse(refusal)
            else:
                flash("The finding is changed. What it said before is kept.", "success")
                return redirect(url_for("reviews.case_view", review_id=review.id, at=criterion, _anchor=criterion))
        return self._step("change", review, form, code=criterion, first=first, current=current)

    @expose("/<uuid:review_id>/conversation", methods=("GET", "POST"))
    @on(Permission.LOOK_AGAIN, Review, THE_ASSESSMENT)
    def conversation_view(self, review: Review) -> ResponseReturnValue:
        """Write down a visit to the employer, or a conversation with it."""
        form = ConversationForm()
        if form.validate_on_submit():
            assert form.held_on.data is not None, "the form needs it"
            try:
                with transaction() as session:
                    conversations.record(
                        session,
                        review,
                        Details(
                            form.held_on.data,
                            next(
                                (one for one in ConversationKind if one.value == form.kind.data), ConversationKind.VISIT
                            ),
                            form.for_employer.data or "",
                            form.for_scheme.data or "",
                            form.notes.data or "",
                            form.summary.data or "",
                        ),
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("It is on record. The employer reads the summary on its pages.", "success")
                return redirect(url_for("reviews.case_view", review_id=review.id))
        return self._step("conversation", review, form)

    def _step(self, name: str, review: Review, form: Any, **more: Any) -> ResponseReturnValue:
        """The page of one step: what it will do, and its form, filled with what was typed."""
        case = queries.case(db.session, review, by=the_user(), on=today())
        page = self.render(f"admin/second_looks/{name}.html", case=case, form=form, **more)
        return page, BAD if form.errors else 200


def lots_asked(args: Mapping[str, str]) -> sampling.Asked:
    """Which lots an address asks for. Those of employers that one has an interest in are never among them."""
    drawn = {"yes": True, "no": False}.get(args.get("drawn", ""))
    return sampling.Asked(args.get("search", "").strip(), drawn, interests.of(the_user()))


def kept(asked: sampling.Asked) -> dict[str, str]:
    """What an address says of the lots that are listed, to say it again."""
    drawn = None if asked.drawn is None else "yes" if asked.drawn else "no"
    return {name: value for name, value in (("search", asked.search), ("drawn", drawn)) if value}


def _criteria(case: queries.Case) -> list[queries.CriterionCase]:
    return [one for theme in case.themes for one in theme.criteria]


def _first(review: Review) -> Mapping[str, Any]:
    """The findings that stand in a case, by criterion."""
    found, asked = of_review(db.session, review), requests_of(db.session, review.id)
    return standing(found, asked, review.assessment.round)


def _shown(case: queries.Case) -> SecondLook | None:
    """The look that somebody who made none reads: the newest that was compared, else the newest."""
    looks = [*case.second.looks]
    return next((one for one in reversed(looks) if one.compared_at is not None), looks[-1] if looks else None)


def _kind(asked: str | None) -> LookKind | None:
    if asked == "both":
        return None
    return LookKind.ASSESSOR if asked == LookKind.ASSESSOR.value else LookKind.MODERATOR


def _decimals(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _moment(at: Any) -> str:
    return str(at.isoformat(timespec="seconds").replace("+00:00", "Z"))


def _file(name: str, table: exports.Table) -> Response:
    response = Response(exports.as_csv(table), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{today().isoformat()}.csv"'
    return response
