"""Comments among the employer's own people: added on a criterion's page, changed and deleted on a page of their own."""

from uuid import UUID, uuid4

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField

from charter.assessment import comments, queries
from charter.assessment.models import Assessment
from charter.clock import now
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.permissions import Permission
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.employer.forms import AnswerForm, number_in
from charter.web.forms import BaseForm, stripped


def _new_name() -> str:
    return uuid4().hex


class CriterionForm(AnswerForm):
    """The answer to a criterion, and a comment for colleagues: one form, so that sending either loses neither."""

    comment = TextAreaField("Add a comment", filters=[stripped])
    sent_as = HiddenField(default=_new_name)
    """Names this form, so that it can be sent twice and makes one comment."""


def take(assessment: Assessment, code: str, form: CriterionForm) -> bool:
    """Add the comment that was typed, if one was; says whether there is one more now.

    What is wrong with it is put beside it, and it stays in its box. Otherwise the box is empty again.
    """
    if not form.comment.data:
        return False
    try:
        with transaction() as session:
            comments.add(
                session,
                assessment,
                criterion=code,
                text=form.comment.data,
                sent_as=form.sent_as.data or "",
                by=the_user(),
                at=now(),
            )
    except Refusal as refusal:
        form.comment.errors = [str(refusal)]
        return False
    form.comment.data, form.sent_as.data = "", _new_name()
    return True


class CommentForm(BaseForm):
    """Other words for a comment."""

    comment = TextAreaField("Your comment", description="Do not write about anyone’s health.", filters=[stripped])
    seen_version = HiddenField()


@blueprint.route(
    "/assessments/<uuid:assessment_id>/criteria/<code>/comments/<uuid:comment_id>", methods=["GET", "POST"]
)
@requires(Permission.DISCUSS_ASSESSMENT, Assessment)
def change_comment(assessment: Assessment, code: str, comment_id: UUID) -> ResponseReturnValue:
    """Change one's own comment, or delete it."""
    queries.with_its_own(db.session, assessment)
    comment = comments.one(db.session, assessment, code, comment_id)
    criterion = assessment.framework.content.criterion(code)
    if comment is None or criterion is None:
        abort(404)
    back = url_for(".answer_criterion", assessment_id=assessment.id, code=code, _anchor="comments")
    if comment.author_id != the_user().id:
        flash(comments.NOT_YOURS, "error")
        return redirect(back, 303)
    if comment.deleted_at is not None:  # also when the button is pressed twice
        return redirect(back, 303)
    form = CommentForm(data={"comment": comment.text, "seen_version": str(comment.version)})
    theirs = None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                if request.form.get("do") == "delete":
                    comments.delete(session, comment, by=the_user(), at=now())
                    said = "Your comment is deleted."
                else:
                    comments.change(
                        session,
                        comment,
                        text=form.comment.data or "",
                        seen_version=number_in(form.seen_version),
                        by=the_user(),
                        at=now(),
                    )
                    said = "Your comment is changed."
        except Stale:
            theirs = comments.one(db.session, assessment, code, comment_id)
            form.seen_version.data = str(theirs.version if theirs else 0)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(said, "success")
            return redirect(back, 303)
    page = render_template(
        "employer/sharing/comment.html",
        assessment=assessment,
        criterion=criterion,
        form=form,
        comment=comment,
        theirs=theirs,
        back_to=back,
        limit=comments.TEXT_LIMIT,
    )
    return page, 409 if theirs else 400 if form.errors else 200
