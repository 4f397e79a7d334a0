"""An owner asks a senior person to approve the answers before they are sent."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, StringField
from wtforms.validators import Email

from charter.assessment import metric_values, progress, queries, sign_off
from charter.assessment.models import Assessment, SignOff, SignOffStatus
from charter.assessment.queries import Material
from charter.assessment.sign_off import NAME_LIMIT, Standing, State
from charter.clock import local_date, now, today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.notification import emails
from charter.organisation import naming
from charter.permissions import Permission
from charter.review import differences, submitted
from charter.review.differences import Differences
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import BaseForm, EmptyForm, at_most, needed, stripped


class AskForm(BaseForm):
    """Whom to ask."""

    name = StringField(
        "Their full name",
        filters=[stripped],
        validators=[needed("Enter their full name."), at_most(NAME_LIMIT, "The name")],
    )
    role = StringField(
        "Their job",
        description="For example, director, chief executive or chair.",
        filters=[stripped],
        validators=[needed("Enter their job."), at_most(NAME_LIMIT, "The job")],
    )
    email = EmailField(
        "Their work email address",
        description="We email them a link. They need no account.",
        filters=[stripped],
        validators=[
            needed("Enter their email address."),
            at_most(254, "The address"),
            Email("Enter an email address, such as name@example.org."),
        ],
    )


def facts(said: Material) -> dict[str, Any]:
    """How the approval stands, for the page that sends the answers (two queries at most)."""
    standing = sign_off.standing(db.session, said, at=now(), on=today())
    return {
        "standing": standing,
        "State": State,
        "changed": changed_since(said.content, standing.asked, standing),
        "asked_by": _who_asked(said.assessment, standing.asked) if standing.asked else None,
    }


def _who_asked(assessment: Assessment, asked: SignOff) -> str:
    return naming.called(db.session, {asked.id: (assessment.organisation_id, asked.asked_by_id)})[asked.id]


def changed_since(content: Content, asked: SignOff | None, standing: Standing) -> Differences | None:
    """What reads differently now from what a person decided on; None when they decided on this, or on nothing."""
    if asked is None or asked.decided_at is None or asked.content is None:
        return None
    found = differences.between(content, submitted.read(asked.content), submitted.read(standing.content))
    return found or None


@blueprint.route("/assessments/<uuid:assessment_id>/sign-off", methods=["GET", "POST"])
@requires(Permission.SUBMIT_ASSESSMENT, Assessment)
def ask_for_sign_off(assessment: Assessment) -> ResponseReturnValue:
    """Say whom to ask."""
    queries.with_its_own(db.session, assessment)
    after = redirect(url_for(".submit_assessment", assessment_id=assessment.id), 303)
    if not assessment.is_editable:
        return after
    before = sign_off.last_asked(db.session, assessment)
    form = AskForm(data={"name": before.name, "role": before.role, "email": before.email} if before else None)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                asked, token = sign_off.ask(
                    session,
                    assessment,
                    name=form.name.data,
                    role=form.role.data,
                    email=form.email.data,
                    by=the_user(),
                    at=now(),
                    on=today(),
                )
                session.flush()  # the email names it
                if token is not None:  # else the button was pressed twice: the email is on its way
                    _mail(session, asked, token, again=False)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"We have emailed {asked.name}. We tell you when they decide.", "success")
            return after
    said = queries.material(db.session, assessment)
    found = progress.progress(said, on=today(), before=metric_values.last_time(db.session, said))
    page = render_template(
        "employer/sign_off/ask.html",
        form=form,
        assessment=assessment,
        content=assessment.framework.content,
        found=found,
        address=lambda gap: (
            f"/assessments/{assessment.id}/" + (f"criteria/{gap.code}" if gap.kind == "criterion" else gap.kind)
        ),
    )
    return page, 400 if form.errors else 200


@blueprint.route("/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/remind", methods=["GET", "POST"])
@requires(Permission.SUBMIT_ASSESSMENT, Assessment)
def remind_to_sign_off(assessment: Assessment, sign_off_id: UUID) -> ResponseReturnValue:
    """Email the person again, with a new link."""
    asked = _asked(assessment, sign_off_id)
    form = EmptyForm()
    if asked.status is not SignOffStatus.WAITING:  # decided or taken back a moment ago
        return redirect(url_for(".submit_assessment", assessment_id=assessment.id), 303)
    if form.validate_on_submit():
        with transaction() as session:
            token = sign_off.remind(session, asked, by=the_user(), at=now())
            if token is not None:
                _mail(session, asked, token, again=True)
        flash(f"We have emailed {asked.name} again.", "success")
        return redirect(url_for(".submit_assessment", assessment_id=assessment.id), 303)
    return render_template("employer/sign_off/confirm.html", form=form, assessment=assessment, asked=asked, remind=True)


@blueprint.route("/assessments/<uuid:assessment_id>/sign-off/<uuid:sign_off_id>/take-back", methods=["GET", "POST"])
@requires(Permission.SUBMIT_ASSESSMENT, Assessment)
def take_back_sign_off(assessment: Assessment, sign_off_id: UUID) -> ResponseReturnValue:
    """Let the link stop working."""
    asked = _asked(assessment, sign_off_id)
    form = EmptyForm()
    if asked.status is not SignOffStatus.WAITING:  # decided or taken back a moment ago
        return redirect(url_for(".submit_assessment", assessment_id=assessment.id), 303)
    if form.validate_on_submit():
        with transaction() as session:
            sign_off.take_back(session, asked, by=the_user(), at=now())
        flash(f"{asked.name} is not asked any more. The link no longer works.", "success")
        return redirect(url_for(".submit_assessment", assessment_id=assessment.id), 303)
    return render_template(
        "employer/sign_off/confirm.html", form=form, assessment=assessment, asked=asked, remind=False
    )


def _asked(assessment: Assessment, sign_off_id: UUID) -> SignOff:
    queries.with_its_own(db.session, assessment)
    found = db.session.get(SignOff, sign_off_id)
    return found if found is not None and found.assessment_id == assessment.id else abort(404)


def _mail(session: Any, asked: SignOff, token: str, *, again: bool) -> None:
    assessment = asked.assessment
    emails.sign_off_asked(
        session,
        to=asked.email,
        organisation_name=assessment.organisation.name,
        asked_by=the_user().name,
        level_title=assessment.framework.content.level_title(assessment.target_level),
        token=token,
        expires_on=local_date(asked.expires_at),
        again=again,
        event_key=f"sign-off:{asked.token_hash}",
        at=now(),
    )
