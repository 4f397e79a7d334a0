"""Versions of the charter in the making: drafted, compared, tried against the past, published."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from charter.admin.base import ActionView, on
from charter.admin.draft_forms import (
    PieceForm,
    PublishForm,
    StartForm,
    TakeInForm,
    TextForm,
    TryForm,
    piece_form,
    typed,
)
from charter.admin.draft_preview import Previews
from charter.admin.messages import filled
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.checking import Fault, Faulty
from charter.framework.content import Content
from charter.framework.models import Framework, FrameworkStatus
from charter.notification.emails.versions import version_closes_ahead
from charter.organisation import interests
from charter.permissions import Permission
from charter.reporting import exports
from charter.versions import comparing, drafting, parts, rehearsing, releasing, trying
from charter.versions.models import FrameworkDraft, TrialState
from charter.versions.parts import KINDS, Kind
from charter.web.access import the_user
from charter.web.forms import EmptyForm

USUAL_GRACE = timedelta(days=90)
"""What the page proposes for the last day of the versions before."""


class DraftsView(Previews, ActionView):
    """Drafts of the next version."""

    permission = Permission.VIEW_FRAMEWORKS
    what = "The next version of the charter: draft it, see it as employers would, try it on past decisions, publish it."

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The drafts there are."""
        return self.render("admin/drafts/index.html", drafts=drafting.in_the_making(db.session))

    @expose("/start", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK)
    def start_view(self) -> ResponseReturnValue:
        """Begin a draft from a published version."""
        form = StartForm()
        versions = _versions()
        form.offer(versions)
        if form.validate_on_submit():
            base = next(one for one in versions if str(one.id) == form.base.data)
            try:
                with transaction() as session:
                    draft = drafting.start(
                        session, session.get_one(Framework, base.id), name=form.name.data or "", by=the_user(), at=now()
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                return redirect(url_for(".draft_view", framework_draft_id=draft.id), 303)
        return self.render("admin/drafts/start.html", form=form), 400 if form.errors else 200

    @expose("/import", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK)
    def import_view(self) -> ResponseReturnValue:
        """Begin a draft from a file."""
        form = TakeInForm()
        faults: tuple[Fault, ...] = ()
        if form.validate_on_submit() and (text := form.text()) is not None:
            try:
                with transaction() as session:
                    draft = drafting.take_in(session, text, name=form.name.data or "", by=the_user(), at=now())
            except Refusal as refusal:
                form.refuse(refusal)
            except Faulty as faulty:
                faults = faulty.faults
                form.file.errors = ["This file cannot be read. Mend it as said below, then choose it once more."]
            else:
                if draft.faults:
                    flash("The file is here as a draft. It has mistakes, which are listed below.")
                return redirect(url_for(".draft_view", framework_draft_id=draft.id), 303)
        page = self.render("admin/drafts/import.html", form=form, faults=faults)
        return page, 400 if form.errors else 200

    @expose("/<uuid:framework_draft_id>/")
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def draft_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """One draft: what is wrong, what it changes, and each piece of it."""
        if framework_draft.framework_id is not None:
            flash("This draft was published. This is the version that it became.")
            return redirect(url_for("frameworks.details_view", id=framework_draft.framework_id), 303)
        found = drafting.read(framework_draft.text)
        groups = comparing.compare(framework_draft.base.content, found.content) if found.content else ()
        return self.render(
            "admin/drafts/draft.html",
            draft=framework_draft,
            faults=found.faults,
            groups=groups,
            kinds=KINDS.values(),
            pieces=[(kind, _listed(found.document, kind)) for kind in KINDS.values()],
            trial=trying.latest(db.session, framework_draft),
            why_not=releasing.why_not(db.session, framework_draft),
        )

    @expose("/<uuid:framework_draft_id>/text", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK, FrameworkDraft)
    def text_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """The whole draft as text."""
        if framework_draft.framework_id is not None:
            return self._published(framework_draft)
        form = TextForm(data={"text": framework_draft.text, "seen": drafting.seen(framework_draft.text)})
        faults: tuple[Fault, ...] = () if form.is_submitted() else drafting.read(framework_draft.text).faults
        theirs: tuple[comparing.Piece, ...] = ()
        if form.validate_on_submit():
            typed_text = (form.text.data or "").replace("\r\n", "\n")
            try:
                with transaction() as session:
                    found = drafting.change_text(
                        session, framework_draft, text=typed_text, seen_as=form.seen.data or "", by=the_user(), at=now()
                    )
            except Faulty as faulty:
                faults = faulty.faults
                form.text.errors = ["Nothing is saved yet. Your text is below. Mend what is listed, then save again."]
            except Stale as stale:
                theirs = comparing.by_line(str(stale.current), typed_text)
                form.seen.data = drafting.seen(stale.current)
                form.refuse(stale)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                if found.faults:
                    flash("Saved. There are mistakes to mend before it can be published. They are listed below.")
                    return redirect(url_for(".text_view", framework_draft_id=framework_draft.id), 303)
                flash("The draft is saved.", "success")
                return redirect(url_for(".draft_view", framework_draft_id=framework_draft.id), 303)
        page = self.render("admin/drafts/text.html", form=form, draft=framework_draft, faults=faults, theirs=theirs)
        return page, 409 if theirs else 400 if form.errors else 200

    @expose("/<uuid:framework_draft_id>/export")
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def export_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """The draft as a file, as it stands."""
        return yaml_file(framework_draft.text, f"charter-draft-{framework_draft.changed_at:%Y-%m-%d}.yaml")

    # Pieces ----------------------------------------------------------------------------------------------------------

    @expose("/<uuid:framework_draft_id>/parts/<part>/add", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK, FrameworkDraft)
    def add_view(self, framework_draft: FrameworkDraft, part: str) -> ResponseReturnValue:
        """Add a piece."""
        kind = _kind(part)
        if not kind.may_add:
            abort(404)
        return self._piece(framework_draft, kind, None)

    @expose("/<uuid:framework_draft_id>/parts/<part>/<piece>", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK, FrameworkDraft)
    def piece_view(self, framework_draft: FrameworkDraft, part: str, piece: str) -> ResponseReturnValue:
        """One piece: a criterion, a theme, a level, a legal basic, an award of another scheme."""
        return self._piece(framework_draft, _kind(part), piece)

    def _piece(self, draft: FrameworkDraft, kind: Kind, code: str | None) -> ResponseReturnValue:
        if draft.framework_id is not None:
            return self._published(draft)
        document = drafting.read(draft.text).document
        there = parts.piece(document, kind, code) if code is not None else None
        if code is not None and there is None and request.method == "GET":
            abort(404)
        form = piece_form(kind, document, there)
        theirs: Mapping[str, Any] | None = None
        if form.validate_on_submit():
            said = form.said()
            try:
                if not form.errors:
                    with transaction() as session:
                        drafting.change_piece(
                            session,
                            draft,
                            kind,
                            code,
                            said=said,
                            seen_as=form.seen.data or "",
                            by=the_user(),
                            at=now(),
                        )
            except parts.Misfit as misfit:
                form.refuse_all(misfit.wrong)
            except Stale as stale:
                theirs = stale.current if isinstance(stale.current, Mapping) else {}
                form.seen.data = drafting.seen(stale.current)
                form.refuse(stale)
            except Refusal as refusal:
                form.refuse(refusal)
            if not form.errors:
                flash(f"Saved in the draft: the {kind.noun}.", "success")
                return redirect(url_for(".draft_view", framework_draft_id=draft.id, _anchor=kind.key), 303)
        page = self.render(
            "admin/drafts/piece.html",
            form=form,
            draft=draft,
            kind=kind,
            code=code,
            there=there,
            says=[(asked.label, _shown(form, asked.name, theirs)) for asked in kind.fields] if theirs else [],
            overtaken=theirs is not None,
            has_notes="#" in draft.text,
        )
        return page, 409 if theirs is not None else 400 if form.errors else 200

    @expose("/<uuid:framework_draft_id>/parts/<part>/<piece>/take-out", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK, FrameworkDraft)
    def take_out_view(self, framework_draft: FrameworkDraft, part: str, piece: str) -> ResponseReturnValue:
        """Take a piece out of a draft."""
        kind = _kind(part)
        back = url_for(".draft_view", framework_draft_id=framework_draft.id, _anchor=kind.key)
        if framework_draft.framework_id is not None or not kind.may_add:
            return redirect(back, 303)
        there = parts.piece(drafting.read(framework_draft.text).document, kind, piece)
        form = EmptyForm()
        if there is None:  # also when the form is sent twice
            flash(f"This {kind.noun} is not in the draft any more.")
            return redirect(back, 303)
        if form.validate_on_submit():
            with transaction() as session:
                drafting.take_out(session, framework_draft, kind, piece, by=the_user(), at=now())
            flash(f"The {kind.noun} is out of the draft.", "success")
            return redirect(back, 303)
        return self.render(
            "admin/drafts/take_out.html", form=form, draft=framework_draft, kind=kind, there=there, code=piece
        )

    @expose("/<uuid:framework_draft_id>/discard", methods=("GET", "POST"))
    @on(Permission.DRAFT_FRAMEWORK, FrameworkDraft)
    def discard_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """Throw a draft away."""
        form = EmptyForm()
        if framework_draft.framework_id is not None:
            return self._published(framework_draft)
        if form.validate_on_submit():
            with transaction() as session:
                drafting.discard(session, framework_draft, by=the_user(), at=now())
            flash("The draft is gone.", "success")
            return redirect(url_for(".index_view"), 303)
        return self.render("admin/drafts/discard.html", form=form, draft=framework_draft)

    # Compare, try, publish -------------------------------------------------------------------------------------------

    @expose("/compare")
    @on(Permission.VIEW_FRAMEWORKS)
    def compare_view(self) -> ResponseReturnValue:
        """Two versions, published or not, item by item."""
        versions, drafts = _versions(), [one for one in drafting.in_the_making(db.session) if one.is_sound]
        choices = [(str(one.id), f"Version {one.version}") for one in versions]
        choices += [(str(one.id), f"Draft: {one.name}") for one in drafts]
        fit: dict[str, Framework | FrameworkDraft] = {str(one.id): one for one in versions}
        fit.update({str(one.id): one for one in drafts})
        done = sa.select(FrameworkDraft.id, FrameworkDraft.framework_id).where(FrameworkDraft.framework_id.is_not(None))
        for draft_id, framework_id in db.session.execute(done):  # a kept address leads on to what was published
            fit[str(draft_id)] = fit[str(framework_id)]
        before = fit.get(request.args.get("before", "")) or versions[min(1, len(versions) - 1)]
        after = fit.get(request.args.get("after", "")) or (drafts[0] if drafts else versions[0])
        groups = comparing.compare(_content(before), _content(after))
        return self.render(
            "admin/drafts/compare.html",
            choices=choices,
            before=before,
            after=after,
            titles=dict(choices),
            groups=groups,
            states=comparing.STATES,
        )

    @expose("/<uuid:framework_draft_id>/trial", methods=("GET", "POST"))
    @on(Permission.TRY_FRAMEWORK, FrameworkDraft)
    def trial_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """Try the draft's rules on past decisions, and what came of it last time."""
        form = TryForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    trying.ask(
                        session,
                        session.get_one(FrameworkDraft, framework_draft.id),
                        decided_from=form.decided_from.data,
                        decided_to=form.decided_to.data,
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                return redirect(url_for(".trial_view", framework_draft_id=framework_draft.id), 303)
        trial = trying.latest(db.session, framework_draft)
        strict, lenient = trying.outcomes(trial) if trial else (None, None)
        moved = {one.review_id: one for outcome in (strict, lenient) if outcome for one in outcome.moved}
        content = Content.model_validate(trial.document) if trial else None
        page = self.render(
            "admin/drafts/trial.html",
            form=form,
            draft=framework_draft,
            trial=trial,
            running=trial is not None and trial.state is not TrialState.DONE,
            readings=[one for one in (strict, lenient) if one],
            names=trying.names(db.session, moved.values()),
            hidden=interests.of(the_user()),
            content=content,
            why_not=None if framework_draft.is_sound else "Mend the mistakes in the draft first.",
            at_once=trying.AT_ONCE,
        )
        return page, 400 if form.errors else 200

    @expose("/<uuid:framework_draft_id>/trial.csv")
    @on(Permission.TRY_FRAMEWORK, FrameworkDraft)
    def trial_file_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """Each case of the last trial, in both readings."""
        trial = trying.latest(db.session, framework_draft)
        if trial is None:
            flash("Nothing was tried yet.")
            return redirect(url_for(".trial_view", framework_draft_id=framework_draft.id), 303)
        strict, _ = trying.outcomes(trial)
        hidden = interests.of(the_user())
        tried = [one for one in strict.tried if one.organisation_id not in hidden]
        names = trying.names(db.session, tried)
        columns = (
            *("Employer", "Aimed at", "Decided", "Own rules", "Draft, new not in place", "Draft, new left out"),
            *("Why, new not in place", "Why, new left out", "Not looked at"),
        )
        rows: list[tuple[exports.Value, ...]] = []
        for one in tried:
            why = [" ".join((*reading.criteria, *reading.other)) for reading in (one.strict, one.lenient)]
            own = (names.get(one.organisation_id, ""), one.target, one.decided, one.own)
            rows.append((*own, one.strict.level, one.lenient.level, *why, " ".join(one.not_found)))
        name = f"trial-{trial.asked_at:%Y-%m-%d}.csv"
        return Response(
            exports.as_csv(exports.Table(columns, rows)),
            mimetype="text/csv",
            headers={"Content-Disposition": f"attachment; filename={name}"},
        )

    @expose("/<uuid:framework_draft_id>/publish", methods=("GET", "POST"))
    @on(Permission.PUBLISH_FRAMEWORK, FrameworkDraft)
    def publish_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """What publishing would do, and the button that does it."""
        if framework_draft.framework_id is not None:  # also when the form is sent twice
            return self._published(framework_draft)
        form = PublishForm(data={"seen": framework_draft.content_hash, "closes_on": today() + USUAL_GRACE})
        if form.validate_on_submit():
            assert form.closes_on.data is not None
            try:
                with transaction() as session:
                    framework = releasing.publish(
                        session,
                        framework_draft,
                        closes_on=form.closes_on.data,
                        seen_hash=form.seen.data or "",
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Stale as stale:
                form.seen.data = str(stale.current or "")
                form.sure.data = False
                form.refuse(stale)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"Version {framework.version} is published. New assessments start on it from now on.", "success")
                return redirect(url_for("frameworks.details_view", id=framework.id), 303)
        draft = db.session.get_one(FrameworkDraft, framework_draft.id, populate_existing=True)
        why_not = releasing.why_not(db.session, draft)
        coming = drafting.framework_of(draft) if draft.is_sound else None
        page = self.render(
            "admin/drafts/publish.html",
            form=form,
            draft=draft,
            why_not=why_not,
            coming=coming,
            current=publishing.current(db.session),
            mail=news(publishing.current(db.session).version, coming, form.closes_on.data or today() + USUAL_GRACE)
            if coming
            else None,
            groups=comparing.compare(publishing.current(db.session).content, coming.content) if coming else (),
            rehearsal=rehearsing.rehearse(db.session, coming) if coming and not why_not else None,
            closing=[one for one in _versions() if one.closes_on and one.status is FrameworkStatus.PUBLISHED],
            first_day=releasing.first_day(today()),
        )
        return page, 400 if form.errors else 200

    def _published(self, draft: FrameworkDraft) -> ResponseReturnValue:
        flash(drafting.PUBLISHED)
        return redirect(url_for("frameworks.details_view", id=draft.framework_id), 303)


def news(version: str, newest: Framework, until: date) -> tuple[str, str]:
    """What owners who are at work on a version are told when its last day is set, as they read it."""
    changes = newest.content.meta.changes
    subject, body = version_closes_ahead(version=version, newest=newest.version, changes=changes, until=until)
    return subject, filled(body)


def yaml_file(text: str, name: str) -> Response:
    """A YAML file to keep."""
    return Response(text, mimetype="application/yaml", headers={"Content-Disposition": f"attachment; filename={name}"})


def _versions() -> list[Framework]:
    """The published versions, the newest first, closed ones too."""
    return list(db.session.scalars(sa.select(Framework).order_by(Framework.published_at.desc(), Framework.id.desc())))


def _content(one: Framework | FrameworkDraft) -> Content:
    return one.content if isinstance(one, Framework) else drafting.content_of(one)


def _kind(part: str) -> Kind:
    return KINDS.get(part) or abort(404)


def _listed(document: parts.Document, kind: Kind) -> list[tuple[str, str, parts.Document]]:
    """The pieces of a kind: what each is called in an address, and to people."""
    found = []
    for piece in parts.pieces(document, kind):
        code = parts.code_of(kind, piece) if kind.many else kind.key
        found.append((code, str(piece.get(kind.name) or code), piece))
    return found


def _shown(form: PieceForm, name: str, theirs: Mapping[str, Any]) -> str:
    asked = next(one for one in form.asked if one.name == name)
    found = typed(asked, parts.value(dict(theirs), asked))
    return ("Yes" if found else "No") if isinstance(found, bool) else str(found or "")
