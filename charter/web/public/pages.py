"""Home, what the charter asks, and what a public body must say about its pages."""

import re

import sqlalchemy as sa
from flask import abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from charter.assessment import sign_off
from charter.award import register
from charter.clock import today
from charter.extensions import db
from charter.framework import publishing
from charter.framework.asking import asks, rule_in_words, standing
from charter.framework.models import Framework
from charter.organisation import team
from charter.time_spent import adding, typical
from charter.web.access import public
from charter.web.employer import timing
from charter.web.public import blueprint, memory


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """What the charter is, in a minute, and the ways in."""
    content = publishing.current(db.session).content
    held = register.total(db.session, on=today(), memory=memory())
    return render_template("public/home.html", content=content, held=held)


@blueprint.get("/criteria")
@public
def show_criteria() -> ResponseReturnValue:
    """What the charter asks, in the version that new assessments start on."""
    return _criteria(publishing.current(db.session))


@blueprint.get("/criteria/<version>")
@public
def show_version(version: str) -> ResponseReturnValue:
    """What one published version asks: assessments under way and awards stay on the version they started on."""
    if not re.fullmatch(r"[0-9.]{1,32}", version):
        abort(404)
    current = publishing.current(db.session)
    query = sa.select(Framework).where(Framework.code == current.code, Framework.version == version)
    framework = db.session.scalars(query).one_or_none()
    if framework is None:
        abort(404)
    return _criteria(framework, current)


def _criteria(framework: Framework, current: Framework | None = None) -> ResponseReturnValue:
    content = framework.content
    asked = request.args.get("level", "")
    level = content.level(int(asked)) if asked.isdecimal() and len(asked) < 3 else None
    top = max(one.rank for one in content.levels)
    versions = db.session.scalars(
        sa.select(Framework).where(Framework.code == framework.code).order_by(Framework.published_at.desc())
    ).all()
    return render_template(
        "public/criteria/show.html",
        framework=framework,
        current=current or framework,
        versions=versions,
        content=content,
        level=level,
        criteria=[one for one in content.criteria if level is None or one.level <= level.rank],
        rules={one.rank: [rule_in_words(rule, content) for rule in one.rules] for one in content.levels},
        asks={ask.level.rank: ask for ask in asks(content)},
        paces=timing.pace(),
        standing=lambda criterion: standing(content, criterion, level.rank if level else top),
    )


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render_template("public/statements/accessibility.html")


@blueprint.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What we keep about people, why, and what they can ask."""
    return render_template(
        "public/statements/privacy.html",
        longest_page=adding.LONGEST.seconds // 60,
        fewest=typical.FEWEST,
        time_kept_days=adding.KEPT.days,
        invitation_days=team.INVITATION_KEPT.days,
        approver_days=sign_off.ADDRESS_KEPT.days,
    )


@blueprint.get("/cookies")
@public
def cookies() -> ResponseReturnValue:
    """The cookies we set."""
    return render_template("public/statements/cookies.html", name=current_app.config["SESSION_COOKIE_NAME"])


@blueprint.get("/security")
@public
def security() -> ResponseReturnValue:
    """How to report a weakness, and what we promise those who do."""
    return render_template("public/statements/security.html")
