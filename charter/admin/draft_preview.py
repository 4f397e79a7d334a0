"""A draft as an employer would see it: with the employer's own templates, clearly marked, and nothing saved."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from uuid_utils.compat import uuid7

from charter.admin.base import on
from charter.assessment import comments, declarations, groups, level, progress, queries, sharing, short_path
from charter.assessment.models import Assessment
from charter.assessment.queries import Material, OneAnswer
from charter.assessment.status import AssessmentStatus
from charter.clock import now, today
from charter.errors import Refusal
from charter.framework.asking import asks, rule_in_words, rules_up_to, standing
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.organisation.models import Organisation, Scope
from charter.permissions import Permission
from charter.versions import drafting
from charter.versions.models import FrameworkDraft
from charter.web.access import the_user
from charter.web.employer import answering
from charter.web.employer.assessment import Time
from charter.web.employer.commenting import CriterionForm
from charter.web.employer.forms import MAXIMUM

NOBODY = sharing.Board({}, {}, 1)
"""There is one person in the team, with whom nothing is shared."""


class Previews:
    """The pages of a draft as an employer sees them."""

    @expose("/<uuid:framework_draft_id>/preview/")
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def preview_tasks_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """The task list of an employer that starts on it."""
        framework = _framework(framework_draft)
        if framework is None:
            return _back(framework_draft)
        assessment = _made_up(framework)
        said = Material(assessment, {}, {}, {}, None)
        found = progress.progress(said, on=today())
        target = assessment.target_level
        ceiling = queries.headcount_ceiling(assessment)
        time = next(one for one in asks(framework.content, ceiling) if one.level.rank == target).time
        return render_template(
            "employer/assessment/tasks.html",
            **_marks(framework_draft, framework, assessment),
            content=framework.content,
            said=said,
            progress=found,
            between=groups.of_missing(said, found.attainment.missing_for(min(found.attainment.level + 1, target))),
            basics_in_the_way=declarations.in_the_way(said.declarations, framework.content),
            board=NOBODY,
            person=the_user(),
            shown=None,
            mine=(),
            waiting=0,
            lacking=0,
            nobodys=0,
            short=short_path.offered(assessment),
            short_next=short_path.next_page(found),
            rules=rules_up_to(framework.content, target),
            announced=any(not level.counts_on(one, today()) for one in said.asked),
            time=Time(None, None, time),
            ask_of_awards=[],
        )

    @expose("/<uuid:framework_draft_id>/preview/criteria/<piece>", methods=("GET", "POST"))
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def preview_question_view(self, framework_draft: FrameworkDraft, piece: str) -> ResponseReturnValue:
        """One question of it. What is typed here goes nowhere."""
        framework = _framework(framework_draft)
        if framework is None:
            return _back(framework_draft)
        content = framework.content
        asked = content.criterion(piece) or abort(404)
        assessment = _made_up(framework, least=asked.level)
        order = answering.asked(assessment)
        if asked not in order:  # it is for larger employers
            assessment.organisation.size_band = content.size_bands[-1].code
            order = answering.asked(assessment)
        place = order.index(asked) + 1
        if request.method == "POST":
            flash("This is a draft: what you type is saved nowhere.")
            then = order[place % len(order)].code
            return redirect(
                url_for(
                    ".preview_question_view",
                    framework_draft_id=framework_draft.id,
                    piece=then,
                    level=assessment.target_level,
                ),
                303,
            )
        form = CriterionForm.on(content, asked, None)
        offered = {choice.value for choice in form.value.choices}
        scale = [(one, answering.asks(one.value, content)) for one in content.scale if one.value in offered]
        return render_template(
            "employer/assessment/criterion.html",
            **_marks(framework_draft, framework, assessment),
            content=content,
            criterion=asked,
            place=place,
            places=len(order),
            form=form,
            stored=OneAnswer(None, None, (), ()),
            scale=scale,
            needed_for=lambda what: [one.label for one, parts in scale if what in parts],
            standing=standing(content, asked, assessment.target_level),
            evidence_types=[one.title for one in content.evidence_rules.types if one.code in asked.evidence_types],
            talk=comments.Talk(None, (), 1),
            comment_limit=comments.TEXT_LIMIT,
            person=the_user(),
            maximum=MAXIMUM,
        )

    @expose("/<uuid:framework_draft_id>/preview/criteria")
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def preview_criteria_view(self, framework_draft: FrameworkDraft) -> ResponseReturnValue:
        """The public page of what the charter asks."""
        framework = _framework(framework_draft)
        if framework is None:
            return _back(framework_draft)
        content = framework.content
        typed = request.args.get("level", "")
        chosen = content.level(int(typed)) if typed.isdecimal() and len(typed) < 3 else None
        top = max(one.rank for one in content.levels)
        return render_template(
            "public/criteria/show.html",
            **_marks(framework_draft, framework, None),
            framework=framework,
            current=framework,
            versions=[],
            content=content,
            level=chosen,
            criteria=[one for one in content.criteria if chosen is None or one.level <= chosen.rank],
            rules={one.rank: [rule_in_words(rule, content) for rule in one.rules] for one in content.levels},
            asks={ask.level.rank: ask for ask in asks(content)},
            paces={},  # nobody was decided by a draft
            standing=lambda one: standing(content, one, chosen.rank if chosen else top),
        )

    @expose("/<uuid:framework_draft_id>/preview/<path:rest>")
    @on(Permission.VIEW_FRAMEWORKS, FrameworkDraft)
    def preview_rest_view(self, framework_draft: FrameworkDraft, rest: str) -> ResponseReturnValue:
        """Any other page of an employer: it is not part of the preview."""
        flash("This page is not shown for a draft. The task list, each question and the criteria are.")
        return redirect(url_for(".preview_tasks_view", framework_draft_id=framework_draft.id), 303)


def _framework(draft: FrameworkDraft) -> Framework | None:
    try:
        return drafting.framework_of(draft)
    except Refusal as refusal:
        flash(str(refusal), "error")
        return None


def _back(draft: FrameworkDraft) -> ResponseReturnValue:
    return redirect(url_for(".draft_view", framework_draft_id=draft.id), 303)


def _made_up(framework: Framework, *, least: int = 0) -> Assessment:
    """An assessment of a made-up employer, in no session: for the level and the size that the address names."""
    content = framework.content
    typed, ranks = request.args.get("level", ""), [one.rank for one in content.levels]
    chosen = int(typed) if typed.isdecimal() and len(typed) < 3 else max(least, ranks[0])
    band = content.size_band(request.args.get("size", "")) or _middle(content)
    organisation = Organisation(
        id=uuid7(),
        name="An employer",
        county=content.counties[0].code,
        size_band=band.code,
        sector=content.sectors[0].code,
        scope=Scope.WHOLE,
        registered_at=now(),
        listed=False,
    )
    return Assessment(
        id=uuid7(),
        organisation=organisation,
        organisation_id=organisation.id,
        framework=framework,
        framework_id=framework.id,
        came_from=None,
        target_level=min(max(chosen, least), ranks[-1]),
        status=AssessmentStatus.DRAFT,
        round=1,
        started_at=now(),
    )


def _middle(content: Content) -> Any:
    """The size band of most employers that are asked everything but what is for the largest."""
    return content.size_bands[len(content.size_bands) // 2]


def _marks(draft: FrameworkDraft, framework: Framework, assessment: Assessment | None) -> dict[str, Any]:
    """What marks a page as one of a draft, and keeps its links within the preview."""
    return {
        "previewed": draft,
        "preview_version": framework.version,
        "preview_home": f"/admin/framework-drafts/{draft.id}/preview",
        "preview_content": framework.content,
        **({"assessment": assessment} if assessment else {}),
    }
