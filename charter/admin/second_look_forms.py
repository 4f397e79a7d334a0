"""The forms of second looks: the lot, what a second person finds, what two people settle, and conversations."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import get_template_attribute
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from charter.account.models import User
from charter.admin import as_one_goes
from charter.admin.forms import Entry, given_in
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.framework.content import Criterion
from charter.review.findings import LONGEST, Given
from charter.review.models import Review
from charter.review.private import NO_NOTE
from charter.review.queries import Case
from charter.review.recommendation import LONGEST as LONGEST_REASONS
from charter.review.second import conversations, second_looks
from charter.review.second.second_looks import LONGEST_NOTE
from charter.review.second.second_models import ConversationKind, SecondFinding
from charter.web.forms import BaseForm, DateParts, at_most, needed, stripped

OWN = "admin/second_looks/_own.html"


class ShareForm(BaseForm):
    """How many cases in a hundred are drawn."""

    percent = IntegerField(
        "How many cases in 100 get a second look by lot?",
        description="A whole number from 0 to 100. It holds for cases that are recommended from now on.",
        validators=[InputRequired("Enter a whole number from 0 to 100.")],
    )


def entries(
    case: Case, own: Mapping[str, SecondFinding], typed: Any, refused: Mapping[str, Refusal]
) -> dict[str, Entry]:
    """The boxes of a second look: as typed when they were, else as saved."""
    criteria = [one.criterion for theme in case.themes for one in theme.criteria]
    sent = {given.criterion: given for given in given_in(typed or MultiDict(), criteria)}
    codes = [criterion.code for criterion in criteria]
    return {code: _entry(code, own.get(code), case, sent.get(code), refused.get(code)) for code in codes}


def _entry(code: str, own: SecondFinding | None, case: Case, sent: Given | None, refusal: Refusal | None) -> Entry:
    here = own is not None and own.round == case.assessment.round
    kept = Given(
        criterion=code,
        outcome=own.stands if own else None,
        feedback="",
        private_note=own.private_note if own else NO_NOTE,
        seen_version=own.version if own and here else 0,
    )
    unsaved = sent is not None and replace(sent, seen_version=kept.seen_version) != kept
    return Entry(sent or kept, refusal, is_unsaved=unsaved or refusal is not None)


def own_said(
    review: Review, criterion: Criterion, refusal: Refusal | None, *, by: User, at: datetime
) -> dict[str, Any]:
    """What the script of a second look is told about one finding: that it is saved, or why not and what is there
    instead. Nothing of anybody else's is in it."""
    case = {"content": review.assessment.framework.content}
    if isinstance(refusal, Stale) and isinstance(refusal.current, SecondFinding):
        there = refusal.current
        return {
            "error": str(refusal),
            "version": there.version,
            "html": str(get_template_attribute(OWN, "found")(case, there)),
            "theirs": {
                f"outcome-{criterion.code}": there.outcome or "",
                f"note-{criterion.code}": there.private_note.for_staff,
            },
        }
    if refusal is not None:
        return {"error": str(refusal)}
    own, stands = second_looks.on_criterion(db.session, review, criterion.code, by=by)
    value = stands.stands if stands else None
    asked = value is not None or criterion in second_looks.needed(db.session, review, on=local_date(at))
    tag = get_template_attribute(OWN, "outcome")(case, value, asked)
    return as_one_goes.kept(own.version if own else 0, str(tag), at=at)


class SettleForm(BaseForm):
    """What becomes of a difference between two assessors."""

    seen = HiddenField()
    deed = RadioField("What do you do?", validate_choice=False, validators=[needed("Choose what you do.")])
    reason = TextAreaField(
        "Why you two differ",
        description="Needed if you leave it open. Only staff and the panel read it.",
        filters=[stripped],
        validators=[at_most(LONGEST_NOTE, "The reason")],
    )


class ChangeForm(BaseForm):
    """Another finding on one criterion, by a moderator."""

    seen_outcome = HiddenField()
    seen_feedback = HiddenField(filters=[stripped])
    outcome = RadioField("What do you find?", validate_choice=False, validators=[needed("Choose what you found.")])
    feedback = TextAreaField(
        "Feedback: the employer reads this", filters=[stripped], validators=[at_most(LONGEST, "The feedback")]
    )
    reason = TextAreaField(
        "Why you change it: the employer never sees this",
        filters=[stripped],
        validators=[needed("Say why you change it. Only staff read this."), at_most(LONGEST_REASONS, "The reason")],
    )


class ConversationForm(BaseForm):
    """A visit to an employer, or a conversation with it."""

    held_on = DateParts("When was it?", validators=[needed("Enter the day.")])
    kind = RadioField(
        "What was it?",
        choices=[SelectChoice(kind.value, kind.label) for kind in ConversationKind],
        validate_choice=False,
        validators=[needed("Choose what it was.")],
    )
    for_employer = StringField(
        "Who took part for the employer?",
        description="Say what they do there. Do not name them. For example: the HR manager and four people from the "
        "night shift.",
        filters=[stripped],
        validators=[
            needed("Say who took part for the employer: what they do there, not their names."),
            at_most(conversations.LONGEST_WHO, "This"),
        ],
    )
    for_scheme = StringField(
        "Who took part for the scheme?",
        filters=[stripped],
        validators=[needed("Say who took part for the scheme."), at_most(conversations.LONGEST_WHO, "This")],
    )
    notes = TextAreaField(
        "Your notes: the employer never sees these",
        description="What you saw and heard. Do not write who said what.",
        filters=[stripped],
        validators=[needed("Write down what you saw and heard."), at_most(conversations.LONGEST, "Your notes")],
    )
    summary = TextAreaField(
        "Summary: the employer reads this",
        description="Two or three sentences.",
        filters=[stripped],
        validators=[
            needed("Write a short summary for the employer."),
            at_most(conversations.LONGEST_SUMMARY, "The summary"),
        ],
    )
