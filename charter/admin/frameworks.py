"""Versions of the charter: to read, to keep as a file, and to close on a day. A published version is never edited."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import joinedload

from charter.admin.base import Chosen, RecordView, of_status, on
from charter.admin.draft_forms import CloseForm, LongerForm
from charter.admin.drafts import news, yaml_file
from charter.assessment import closing
from charter.assessment.closing import LongerGrace
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.clock import now, today
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing, writing
from charter.framework.models import Framework, FrameworkStatus
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import the_user
from charter.web.forms import page_asked_for

A_PAGE = 50


class FrameworksView(RecordView):
    """Published versions of the charter."""

    permission = Permission.VIEW_FRAMEWORKS
    what = "Every version of the charter that was published. A published version never changes."
    noun = "version"
    searched = "By version"
    column_list = ("title", "version", "status", "published_at", "closes_on")
    column_labels = {"published_at": "Published", "content_hash": "Fingerprint (SHA-256)", "closes_on": "Closes after"}
    column_sortable_list = ("version", "published_at")
    column_default_sort = ("published_at", True)
    column_searchable_list = ("version", "code")
    column_filters = (Chosen(Framework.status, "Status", "status", of_status(FrameworkStatus)),)
    column_details_list = ("code", "version", "status", "published_at", "closes_on", "content_hash")
    once_said = frozenset({"closes_on"})
    list_template = "admin/records/frameworks.html"
    details_template = "admin/records/framework.html"

    def title(self, model: Framework) -> str:
        """The heading of one version's page."""
        return f"Version {model.version}"

    @expose("/<uuid:framework_id>/export")
    @on(Permission.VIEW_FRAMEWORKS, Framework)
    def file_view(self, framework: Framework) -> ResponseReturnValue:
        """The version as a YAML file, from which a draft can begin."""
        return yaml_file(writing.as_text(framework.content), f"{framework.code}-{framework.version}.yaml")

    @expose("/<uuid:framework_id>/close", methods=("GET", "POST"))
    @on(Permission.CLOSE_FRAMEWORK, Framework)
    def close_view(self, framework: Framework) -> ResponseReturnValue:
        """Say on which day a version closes, or put the day off."""
        seen = framework.closes_on
        form = CloseForm(
            data={"closes_on": seen or today() + timedelta(days=90), "seen": seen.isoformat() if seen else ""}
        )
        if form.validate_on_submit():
            assert form.closes_on.data is not None
            try:
                with transaction() as session:
                    closing.close(
                        session,
                        framework,
                        closes_on=form.closes_on.data,
                        seen=form.seen_day,
                        by=the_user().id,
                        at=now(),
                        on=today(),
                    )
            except Stale as stale:
                form.seen.data = str(stale.current or "")
                form.refuse(stale)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash(f"The last day of version {framework.version} is kept. Employers are told by email.", "success")
                return redirect(url_for(".details_view", id=framework.id), 303)
        framework = db.session.get_one(Framework, framework.id, populate_existing=True)
        page = self.render(
            "admin/drafts/close.html",
            form=form,
            model=framework,
            drafts=closing.drafts_on(db.session, framework),
            earliest=closing.earliest(db.session, framework, on=today()),
            notice=closing.NOTICE.days,
            mail=news(framework.version, publishing.current(db.session), form.closes_on.data or today()),
            warn=closing.WARN_DAYS,
            why_not=_why_not(framework),
        )
        return page, 400 if form.errors else 200

    @expose("/<uuid:framework_id>/waiting")
    @on(Permission.VIEW_FRAMEWORKS, Framework)
    def waiting_view(self, framework: Framework) -> ResponseReturnValue:
        """The employers with answers on this version that are not sent, and until when each may send them."""
        mine = interests.of(the_user())
        drafts = sa.select(Assessment.id).where(
            Assessment.framework_id == framework.id, Assessment.status == AssessmentStatus.DRAFT
        )
        if mine:
            drafts = drafts.where(Assessment.organisation_id.not_in(mine))
        search = request.args.get("search", "").strip()
        drafts = drafts.join(Organisation, Organisation.id == Assessment.organisation_id)
        if search:
            drafts = drafts.where(Organisation.name.icontains(search, autoescape=True))
        total = db.session.scalar(sa.select(sa.func.count()).select_from(drafts.subquery())) or 0
        page, pages = page_asked_for(request.args.get("page")), max(1, -(-total // A_PAGE))
        rows = db.session.execute(
            sa.select(Assessment, LongerGrace)
            .join(Organisation, Organisation.id == Assessment.organisation_id)
            .outerjoin(
                LongerGrace,
                sa.and_(LongerGrace.assessment_id == Assessment.id, LongerGrace.framework_id == framework.id),
            )
            .where(Assessment.id.in_(drafts))
            .options(joinedload(Assessment.organisation))
            .order_by(Organisation.name, Assessment.id)
            .limit(A_PAGE)
            .offset((min(page, pages) - 1) * A_PAGE)
        ).all()
        return self.render(
            "admin/drafts/waiting.html",
            model=framework,
            rows=rows,
            total=total,
            page=min(page, pages),
            pages=pages,
            search=search,
            hides=bool(mine),
        )

    @expose("/longer/<uuid:assessment_id>", methods=("GET", "POST"))
    @on(Permission.GIVE_LONGER, Assessment)
    def longer_view(self, assessment: Assessment) -> ResponseReturnValue:
        """Give one employer longer than others."""
        framework = assessment.framework
        there = closing.longer_of(db.session, assessment)
        form = LongerForm(
            data={
                "until": there.until if there else None,
                "reason": there.reason if there else "",
                "seen_version": str(there.version if there else _version(assessment.id)),
            }
        )
        if form.validate_on_submit():
            assert form.until.data is not None
            typed = form.seen_version.data or ""
            try:
                with transaction() as session:
                    closing.give_longer(
                        session,
                        assessment,
                        until=form.until.data,
                        reason=form.reason.data or "",
                        seen_version=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1,
                        by=the_user(),
                        at=now(),
                        on=today(),
                    )
            except Stale as stale:
                form.seen_version.data = str(_version(assessment.id))
                form.refuse(stale)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                flash("The later day is kept. The employer is told by email.", "success")
                return redirect(url_for(".waiting_view", framework_id=framework.id), 303)
        db.session.expire_all()
        page = self.render(
            "admin/drafts/longer.html",
            form=form,
            assessment=assessment,
            model=assessment.framework,
            there=closing.longer_of(db.session, assessment),
            why_not=_why_none(assessment),
        )
        return page, 400 if form.errors else 200


def _version(assessment_id: UUID) -> int:
    """The version of the row about a draft, which may be about the version of the charter that it was on before."""
    found: Any = db.session.scalar(sa.select(LongerGrace.version).where(LongerGrace.assessment_id == assessment_id))
    return found or 0


def _why_not(framework: Framework) -> str | None:
    """Why a version cannot be given a last day."""
    if framework.status is FrameworkStatus.RETIRED:
        return "This version is closed already."
    if framework.id == publishing.current(db.session).id:
        return "This is the version that new assessments start on. Publish another before you close it."
    return None


def _why_none(assessment: Assessment) -> str | None:
    """Why an employer cannot be given longer."""
    if assessment.status is not AssessmentStatus.DRAFT:
        return "This employer has sent its answers, so it needs no more time."
    if assessment.framework.closes_on is None:
        return "This version has no last day, so nobody needs longer."
    return None
